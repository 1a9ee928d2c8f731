"""Trust between municipalities and care providers: instrument, scales, models."""

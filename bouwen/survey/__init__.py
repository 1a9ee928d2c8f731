"""What was asked and what was answered."""

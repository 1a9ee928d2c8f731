"""Model and moments -> fit."""

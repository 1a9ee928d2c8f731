"""Rows in ordered categories -> thresholds, polychoric correlations and their discrepancy."""

"""Findings -> something to read."""

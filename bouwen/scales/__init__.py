"""Answers -> scales."""

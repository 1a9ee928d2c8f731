"""Editions of a book: what each published, and what two of them would tell together."""

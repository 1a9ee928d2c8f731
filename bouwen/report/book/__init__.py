"""Chapters -> a book: run by papermill, rendered by Jupyter Book, swapped in whole."""

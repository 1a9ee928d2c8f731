"""Numbers and phrases in the reader's language."""

from bouwen.words.forms import interval, listing, number, percent, pvalue

__all__ = ["interval", "listing", "number", "percent", "pvalue"]

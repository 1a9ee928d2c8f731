"""Numbers and phrases in a named language; see `bouwen.words.Words`."""

from __future__ import annotations

from bouwen.words.files import ENGLISH, words


def number(value: float, digits: int = 2, language: str = ENGLISH) -> str:
    """A number with a fixed count of decimals."""
    return words(language).number(value, digits)


def percent(share: float, language: str = ENGLISH, digits: int = 0) -> str:
    """A share as a percentage."""
    return words(language).percent(share, digits)


def interval(lower: float, upper: float, digits: int = 2, language: str = ENGLISH) -> str:
    """An interval in brackets."""
    return words(language).interval(lower, upper, digits)


def pvalue(p: float, language: str = ENGLISH) -> str:
    """A p-value to three decimals, never zero."""
    return words(language).pvalue(p)


def listing(parts: list[str], language: str = ENGLISH) -> str:
    """Words with commas and a closing *and*."""
    return words(language).listing(parts)

"""Numbers and phrases in the reader's language."""

from __future__ import annotations

import math


def number(value: float, digits: int = 2, language: str = "en") -> str:
    """A number with a fixed count of decimals; Dutch writes a decimal comma.

    >>> number(1234.5, 1), number(1234.5, 1, "nl"), number(float("nan"))
    ('1,234.5', '1.234,5', '–')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:,.{digits}f}".replace("-", "−")
    if float(f"{value:.{digits}f}") == 0:
        text = text.lstrip("−")
    return text.translate(str.maketrans(",.", ".,")) if language == "nl" else text


def percent(share: float, language: str = "en", digits: int = 0) -> str:
    """A share as a percentage.

    >>> percent(0.254), percent(0.254, "nl", 1)
    ('25%', '25,4%')
    """
    return number(100 * share, digits, language) + "%"


def interval(lower: float, upper: float, digits: int = 2, language: str = "en") -> str:
    """An interval in brackets.

    >>> print(interval(-0.1, 0.25), interval(-0.1, 0.25, language="nl"))
    [−0.10, 0.25] [−0,10; 0,25]
    """
    comma = ";\u00a0" if language == "nl" else ",\u00a0"  # an interval stays on one line
    return f"[{number(lower, digits, language)}{comma}{number(upper, digits, language)}]"


def pvalue(p: float, language: str = "en") -> str:
    """A p-value to three decimals, never zero.

    >>> pvalue(0.0123), pvalue(1e-9), pvalue(1e-9, "nl")
    ('0.012', '<0.001', '<0,001')
    """
    if not math.isfinite(p):
        return "–"
    return "<" + number(0.001, 3, language) if p < 0.0005 else number(p, 3, language)


def listing(words: list[str], language: str = "en") -> str:
    """Words with commas and a closing *and*.

    >>> listing(["a", "b", "c"]), listing(["a", "b"], "nl"), listing([])
    ('a, b and c', 'a en b', '–')
    """
    if len(words) < 2:
        return words[0] if words else "–"
    return ", ".join(words[:-1]) + (" en " if language == "nl" else " and ") + words[-1]

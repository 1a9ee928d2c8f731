"""Numbers and phrases in the reader's language, and numbers glued into prose."""

from __future__ import annotations

import math
from typing import Any

GLUE = "application/papermill.record/text/plain"


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


def tell(language: str = "en", **values: Any) -> None:
    """Glue values into the prose of a chapter, where ``{glue:text}`` names them.

    Whole numbers and texts are written as they are, other numbers with two decimals; a value
    that needs another form is passed as ``(value, text)``. The bare value travels in the
    output's metadata, so that builds can be compared.
    """
    from IPython.display import display

    publish: Any = display

    for name, value in values.items():
        value, text = value if isinstance(value, tuple) else (value, say(value, language))
        metadata = {"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}}
        bare = value.item() if hasattr(value, "item") else value
        publish({GLUE: repr(text)}, metadata={**metadata, "bouwen": {"value": bare}}, raw=True)


def say(value: Any, language: str) -> str:
    """A value as prose would have it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return listing([str(v) for v in value], language)
    return number(float(value), 0 if float(value).is_integer() else 2, language)

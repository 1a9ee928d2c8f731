"""What every result shows of itself: one line, a table, and a picture where there is one.

A class gives its line (`Result._line`) and its table; text, HTML and picture follow. Pictures are the
business of one room, named here as pandas names its plotting backend: the first picture loads it, and its
``draw`` knows which figure belongs to which class. Nothing here knows a figure.
"""

from __future__ import annotations

import html
import importlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from bouwen.errors import BouwenError

if TYPE_CHECKING:
    from plotnine import ggplot

#: The room that draws results; ``draw(result, **options)`` is what is asked of it.
PLOTS = "bouwen.report.plots"

LONGEST = 180  # letters of a result's line
MOST_ROWS = 60  # of a table in a notebook


class NoPicture(BouwenError):
    """A result has no figure of its own."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"there is no picture of {kind}; its numbers are in .table()")


def at_level(found: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """A table that remembers the level of its intervals, for the head above them."""
    found.attrs["confidence"] = confidence
    return found


def interval_level(found: object) -> float | None:
    """The level of a result's own intervals; None where it has none, or does not say."""
    level = (
        found.attrs.get("confidence") if isinstance(found, pd.DataFrame) else vars(found).get("confidence")
    )
    return None if level is None else float(level)


class Result(ABC):
    """A result that shows itself: ``repr``, HTML in a notebook, `table` and `plot`.

    Results are equal to themselves only, and hash; a subclass that is a dataclass says ``eq=False,
    repr=False``. None of what is shown holds an answer or an id of a respondent.
    """

    @abstractmethod
    def _line(self) -> str:
        """The result in one line, without its class."""

    @abstractmethod
    def table(self) -> pd.DataFrame:
        """The numbers, unrounded."""

    def plot(self, **options: Any) -> ggplot:
        """The figure of this result.

        Parameters
        ----------
        **options
            Those of the figure; all take ``study``, ``language`` and ``labels``, for whom it is drawn.

        Raises
        ------
        NoPicture
            Where the table says it all.
        """
        return importlib.import_module(PLOTS).draw(self, **options)

    def __repr__(self) -> str:
        return f"<{self._heading()}>"

    def _repr_html_(self) -> str:
        return html_table(self.table(), self._heading())

    def _heading(self) -> str:
        line = " ".join(self._line().split())
        line = line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
        return f"{type(self).__name__}: {line}"


# -------------------------------------------------------------------- numbers as text


def rounded(value: float, digits: int = 3) -> str:
    """A number with so many decimals, with more than three without zeros at the end; nothing for NaN.

    >>> rounded(0.5), rounded(2.5, 6), rounded(-0.0001), rounded(float("nan"))
    ('0.500', '2.5', '0.000', '')
    """
    if not math.isfinite(value):
        return ""
    text = f"{value:z.{digits}f}"
    return text.rstrip("0").rstrip(".") if digits > 3 else text


def chance(value: float) -> str:
    """A p-value to three decimals, never zero.

    >>> chance(0.0123), chance(1e-9)
    ('0.012', '< .001')
    """
    return "" if not math.isfinite(value) else "< .001" if value < 0.0005 else f"{value:.3f}"


def short(value: float) -> str:
    """A number that is mostly between -1 and 1, without the zero before its point.

    >>> short(0.781), short(-0.05), short(-0.001), short(1.0), short(float("nan"))
    ('.78', '-.05', '.00', '1.00', '–')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:z.2f}"
    return text.replace("0.", ".", 1) if abs(float(text)) < 1 else text


def within(value: float, lower: float, upper: float) -> str:
    """A share with its interval, where it has one.

    >>> within(0.78, 0.73, 0.81), within(0.78, float("nan"), float("nan"))
    ('.78 [.73, .81]', '.78')
    """
    known = math.isfinite(lower) or math.isfinite(upper)
    return short(value) + (f" [{short(lower)}, {short(upper)}]" if known else "")


def p_line(pvalue: float) -> str:
    """A p-value in words; nothing for NaN.

    >>> p_line(0.0123), p_line(1e-9), p_line(float("nan"))
    ('p = .012', 'p < .001', '')
    """
    text = chance(pvalue).replace("0.", ".", 1)
    return f"p {text}" if text.startswith("<") else f"p = {text}" if text else ""


def chisq_line(chisq: float, df: float, pvalue: float) -> str:
    """A chi-square test in words.

    >>> chisq_line(12.345, 8, 0.136), chisq_line(99.0, 8, 1e-9), chisq_line(0.0, 0, float("nan"))
    ('chi-square 12.35 on 8 df, p = .136', 'chi-square 99.00 on 8 df, p < .001', 'chi-square 0.00 on 0 df')
    """
    parts = [f"chi-square {rounded(chisq, 2)} on {rounded(df, 6)} df", p_line(pvalue)]
    return ", ".join(part for part in parts if part)


def how_many(number: int, one: str, many: str | None = None) -> str:
    """A count with its noun.

    >>> how_many(1, "item"), how_many(3, "item"), how_many(2, "study", "studies")
    ('1 item', '3 items', '2 studies')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


# -------------------------------------------------------------------- tables as HTML


def html_table(frame: pd.DataFrame, caption: str, *, kind: str = "bouwen-result") -> str:
    """A table as HTML: rounded, escaped, its caption above it, its heads marked as such.

    Parameters
    ----------
    frame : DataFrame
        Of more than `MOST_ROWS` rows the first are shown. The index is shown where it names the rows.
    caption : str
    kind : str
        The table's CSS class.
    """
    shown = frame.head(MOST_ROWS)
    named = not (isinstance(frame.index, pd.RangeIndex) and frame.index.name is None)
    keys, names = _keys(shown.index) if named else ([[]] * len(shown), [])
    columns = [_texts(shown.iloc[:, k]) for k in range(shown.shape[1])]
    cells = list(zip(*columns, strict=True)) if columns else [()] * len(shown)
    top = "".join(_head(name, "col") for name in [*names, *map(str, shown.columns)])
    rows = [
        "".join(_head(part, "row") for part in key) + "".join(f"<td>{html.escape(text)}</td>" for text in row)
        for key, row in zip(keys, cells, strict=True)
    ]
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    more = len(frame) - len(shown)
    note = f"<p role='note'>{how_many(more, 'more row')}; all are in .table().</p>" if more else ""
    return (
        f"<table class='{kind}'><caption>{html.escape(caption)}</caption>"
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>{note}"
    )


def _keys(index: pd.Index[Any]) -> tuple[list[list[str]], list[str]]:
    """The names of the rows, one text for each level of the index, and of the levels."""
    keys = [[str(part) for part in (key if isinstance(key, tuple) else (key,))] for key in index]
    return keys, ["" if name is None else str(name) for name in index.names]


def _head(text: str, scope: str) -> str:
    return f"<th scope='{scope}'>{html.escape(text)}</th>"


def _texts(column: pd.Series[Any]) -> list[str]:
    """The values of a column as they are read: whole numbers whole, others to three decimals."""
    values = list(column)
    if not pd.api.types.is_float_dtype(column):
        return [_text(value) for value in values]
    if "pvalue" in str(column.name):
        return [chance(value) for value in values]
    whole = all(float(value).is_integer() for value in values if math.isfinite(value))
    return [rounded(value, 0 if whole else 3) for value in values]


def _text(value: object) -> str:
    if isinstance(value, float):
        return rounded(value)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)

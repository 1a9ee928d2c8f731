"""One cell of a data file -> a number, a text, or no answer."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any, TypeVar

import numpy as np

from bouwen.checks import Ints

NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")
T = TypeVar("T")


class Labelled(float):
    """A code together with the label that an SPSS file gives it."""

    label: str

    def __new__(cls, code: float, label: str) -> Labelled:
        """Join code and label; the result counts as the code."""
        cell = super().__new__(cls, code)
        cell.label = label
        return cell


class LabelledText(str):
    """A code that is a text, together with the label that a file gives it."""

    label: str

    def __new__(cls, code: str, label: str) -> LabelledText:
        """Join code and label; the result counts as the code."""
        cell = super().__new__(cls, code)
        cell.label = label
        return cell


@dataclass(frozen=True)
class Unreadable:
    """What stands in a cell instead of an answer; refused where its column is used."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return ""


FORMULA = Unreadable(
    "a formula without a stored value", "open the file in Excel, save it there and read it again"
)
DATE = Unreadable("a date that cannot be", 'correct them, or list the column under "ignore"')
SAME_SIGNS = {ord("’"): "'", ord("‘"): "'", ord("–"): "-", ord("—"): "-", ord("“"): '"', ord("”"): '"'}
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")


def as_seen(name: str) -> str:
    r"""A name as people see it: composed accents, single blanks, nothing invisible.

    >>> as_seen("Ik\u00a0ken\n de  buurt. ") == "Ik ken de buurt."
    True
    """
    return " ".join(INVISIBLE.sub("", unicodedata.normalize("NFC", str(name))).split())


def distinct(cells: Sequence[Any]) -> tuple[Ints, list[Any]]:
    """The different cells of a column, and which of them stands in each row.

    Six answers and their gaps are typed once each, however many gave them. Cells are the same where type,
    value and label are; all empty ones may count as one.

    >>> distinct(["3", None, "often", "3"])[1], distinct([1, 1.0, True, Labelled(1, "yes"), 1])[0].tolist()
    (['3', None, 'often'], [0, 1, 2, 3, 0])
    """
    kinds = set(map(type, cells)) - {type(None)}
    if any(kinds <= {one} for one in (str, int, float)):
        keys, kept = cells, list(dict.fromkeys(cells))
        numbers = dict(zip(kept, range(len(kept)), strict=True))
    else:
        keys = [identity(cell, n) for n, cell in enumerate(cells)]
        known = dict(zip(keys, cells, strict=True))
        kept, numbers = list(known.values()), dict(zip(known, range(len(known)), strict=True))
    return np.fromiter(map(numbers.__getitem__, keys), dtype=np.intp, count=len(cells)), kept


def identity(cell: Any, row: int) -> Hashable:
    """What two cells have in common that are the same; a list or dictionary is like no other cell."""
    if isinstance(cell, Hashable):
        return type(cell), cell, getattr(cell, "label", None)
    return row


def is_empty(cell: Any) -> bool:
    """Whether nothing was filled in; "NA" and "None" are text like any other.

    >>> is_empty(" "), is_empty(float("nan")), is_empty("NA")
    (True, True, False)
    """
    if isinstance(cell, str):
        return not cell.strip()
    return cell is None or cell != cell  # NaN and NaT differ from themselves


def number_in(cell: Any) -> float | None:
    """The number in a cell, or None where it holds something else.

    A decimal point and a decimal comma mean the same.

    >>> number_in("3,5"), number_in(4), number_in("often"), number_in("1e999"), number_in(True)
    (3.5, 4.0, None, None, None)
    """
    if isinstance(cell, str) and NUMBER.fullmatch(cell.strip()):
        value = float(cell.replace(",", "."))
    elif isinstance(cell, Number) and not isinstance(cell, bool | complex):
        value = float(cell)  # type: ignore[arg-type]  # numbers.Number promises nothing to mypy
    else:
        return None
    return value if math.isfinite(value) else None


def text(cell: Any) -> str:
    """What a cell says, without blanks around it; whole numbers without decimals.

    >>> text(3.0), text(" Utrecht "), text(Labelled(344, "Utrecht"))
    ('3', 'Utrecht', 'Utrecht')
    """
    if isinstance(cell, Labelled | LabelledText):
        return cell.label.strip()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def fold(words: str) -> str:
    """A text without differences in case, blanks, signs and final stops, for comparing.

    >>> fold("  Helemaal  MEE eens ")
    'helemaal mee eens'
    """
    plain = " ".join(unicodedata.normalize("NFC", words).casefold().translate(SAME_SIGNS).split())
    return re.sub(r"(?<=\w)[.!]+$", "", re.sub(r" ?/ ?", "/", plain))


def lookup(pairs: Iterable[tuple[str, T]]) -> dict[str, T]:
    """Folded text -> what it stands for; a text that stands for two things is left out.

    >>> lookup([("Yes", 1), ("Ja", 1), ("no", 0), ("JA", 0)])
    {'yes': 1, 'no': 0}
    """
    meanings: dict[str, set[T]] = {}
    for words, meaning in pairs:
        meanings.setdefault(fold(words), set()).add(meaning)
    return {words: found.pop() for words, found in meanings.items() if len(found) == 1}

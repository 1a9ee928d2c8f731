"""Single figures and names as a reader meets them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from bouwen.report.claims import variable_label
from bouwen.report.words import number, percent
from bouwen.survey import Study

if TYPE_CHECKING:
    from IPython.display import Markdown


def markdown(text: str) -> Markdown:
    """Text that a notebook shows as Markdown."""
    import IPython.display

    shown: Markdown = IPython.display.Markdown(text)  # type: ignore[no-untyped-call]
    return shown


def guarded(study: Study, count: int) -> int | str:
    """A count, or words where it is too small to be shown."""
    if 0 < count < study.settings.min_cell:
        words = {"en": "fewer than {}", "nl": "minder dan {}"}
        return words[study.language].format(study.settings.min_cell)
    return count


def share(study: Study, value: float, digits: int = 0) -> str:
    """A share as a percentage in the language of the book."""
    return percent(value, study.language, digits)


def guarded_share(study: Study, count: int, total: int) -> str:
    """A share of respondents, or its upper bound where the count is too small to be shown."""
    if 0 < count < study.settings.min_cell:
        bound = math.ceil(1000 * study.settings.min_cell / total) / 10
        return "<" + number(bound, 1, study.language) + "%"
    return share(study, count / total, 1)


def power_of_ten(value: float) -> str:
    """The power of ten that a small number does not exceed, so that rounding noise is not told.

    >>> power_of_ten(3.1e-7)
    '1e-06'
    """
    return f"{10.0 ** math.ceil(math.log10(value)):.0e}" if value > 0 else "0"


def chain(study: Study, names: Sequence[str]) -> str:
    """Variables in a row as a reader names them; ``…`` stands for itself."""
    return " → ".join(name if name == "…" else variable_label(study, name) for name in names)


def arrow(study: Study, source: str, target: str) -> str:
    """A path as a reader names it."""
    return chain(study, (source, target))

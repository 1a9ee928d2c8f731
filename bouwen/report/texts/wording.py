"""Single figures and names as a reader meets them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bouwen.claims import variable_label
from bouwen.survey import Study
from bouwen.words import number, percent, pvalue

if TYPE_CHECKING:
    from IPython.display import Markdown


def markdown(text: str) -> Markdown:
    """Text that a notebook shows as Markdown."""
    import IPython.display

    shown: Markdown = IPython.display.Markdown(text)  # type: ignore[no-untyped-call]
    return shown


def guarded(study: Study, count: int, total: int | None = None) -> int | str:
    """A count, or words where it is too small to be shown, or so near a known total that the rest is."""
    least = study.settings.min_cell
    if 0 < count < least:
        return {"en": "fewer than {}", "nl": "minder dan {}"}[study.language].format(least)
    if total is not None and 0 < total - count < least:
        return {"en": "more than {}", "nl": "meer dan {}"}[study.language].format(total - least)
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


def probability(study: Study, p: float) -> str:
    """A p-value in the language of the book."""
    return pvalue(p, study.language)


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


def number_range(low: int, high: int, language: str = "en") -> str:
    """Two whole numbers as a range, or one where they are equal.

    >>> number_range(1, 3), number_range(2, 2, "nl"), number_range(1, 3, "nl")
    ('1 to 3', '2', '1 tot 3')
    """
    return str(low) if low == high else f"{low} {'tot' if language == 'nl' else 'to'} {high}"


def shown_path(study: Study) -> str:
    """Where the study file is, as seen from here; only its name where it lies elsewhere on this machine."""
    path = study.path.resolve()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name

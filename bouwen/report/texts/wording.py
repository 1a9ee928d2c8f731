"""Single figures and names as a reader meets them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bouwen.checks import check_known
from bouwen.claims import variable_label
from bouwen.survey import Study, share_step, shown_count
from bouwen.words import words

if TYPE_CHECKING:
    from IPython.display import Markdown

    from bouwen.report.audience import Reader


def markdown(text: str) -> Markdown:
    """Text that a notebook shows as Markdown."""
    import IPython.display

    shown: Markdown = IPython.display.Markdown(text)  # type: ignore[no-untyped-call]
    return shown


def guarded_text(study: Study, count: int, total: int | None = None) -> int | str:
    """A count, or words where `bouwen.survey.shown_count` has them."""
    shown = shown_count(study, words(study.language), count, total)
    return count if shown == str(count) else shown


def size_text(study: Study, n: int) -> str:
    """How many an analysis is of: all respondents, or a count as `guarded_text` has it."""
    return str(guarded_text(study, n, len(study.responses)) if nearly_all(study, n) else n)


def analysed_text(to: Reader, n: int) -> str:
    """The same for a reader, who may know of no study."""
    return size_text(to.study, n) if to.study else to.words.number(n, 0)


def nearly_all(study: Study, n: int) -> bool:
    """Whether an analysis leaves out some respondents, but fewer than may be told."""
    return 0 < len(study.responses) - n < study.settings.min_cell


def share_text(study: Study, value: float, digits: int = 0) -> str:
    """A share as a percentage in the language of the book."""
    return words(study.language).percent(value, digits)


def guarded_share_text(
    study: Study, count: int, total: int, *, answered: bool = False, coarser: bool = False
) -> str:
    """A share of respondents, or its bound where the count, or what is left of all, is too small to be shown.

    It is no finer than the respondents of the study allow (`share_step`); of very few nothing is shown.

    Parameters
    ----------
    study : Study
    count, total : int
    answered : bool
        Whether the total is of those who answered an item: then no bound tells how many of all these are.
    coarser : bool
        Whether it is rounded to the next step.
    """
    least, n, say = study.settings.min_cell, len(study.responses), words(study.language)
    step = share_step(n, coarser=coarser)
    digits = 1 if step < 0.01 else 0
    fewest = n - least + 1 if answered and n - total < least else total
    bound = math.ceil(round(least / max(fewest, 1) / step, 6)) * step
    if total < 2 * least:
        return say.none
    if count < least:
        return say("numbers.below", number=say.percent(bound, digits))
    if total - count < least:
        return say("numbers.above", number=say.percent(1 - bound, digits))
    return say.percent(math.floor(count / total / step + 0.5 + 1e-9) * step, digits)


def number_text(study: Study, value: float, digits: int = 2) -> str:
    """A number in the language of the book."""
    return words(study.language).number(value, digits)


def probability_text(study: Study, p: float) -> str:
    """A p-value in the language of the book."""
    return words(study.language).pvalue(p)


def power_of_ten(value: float) -> str:
    """The power of ten that a small number does not exceed, so that rounding noise is not told.

    >>> power_of_ten(3.1e-7)
    '1e-06'
    """
    return f"{10.0 ** math.ceil(math.log10(value)):.0e}" if value > 0 else "0"


def chain_text(study: Study, names: Sequence[str]) -> str:
    """Variables in a row as a reader names them; ``…`` stands for itself."""
    return " → ".join(name if name == "…" else label_text(study, name) for name in names)


def label_text(study: Study, name: str) -> str:
    """A variable as a reader names it; `UnknownName` where the study has none of that name."""
    asked = study.instrument
    known = (*asked.constructs, *asked.factors, *asked.items, *study.responses.columns)
    return variable_label(study, check_known("variable", name, dict.fromkeys(known)))


def arrow_text(study: Study, source: str, target: str) -> str:
    """A path as a reader names it."""
    return chain_text(study, (source, target))


def shown_path(study: Study) -> str:
    """Where the study file is, as seen from here; only its name where it lies elsewhere on this machine."""
    path = study.path.resolve()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name

"""Choices that hold for every chapter of a study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from bouwen.survey.files import Part, Real, Whole
from bouwen.survey.wordings import Name, Text, unknown
from bouwen.survey.writing import Problem

USUAL_CELL = 10  # the smallest count that is shown without a reason
SMALLEST_UNIT, USUAL_UNIT = 5, 10  # answers of a unit: the fewest tried, and what needs no reason
ITEM_STEPS = 5  # by which figures of an item can be shown coarser: see `bouwen audit`
LEVEL_STEPS = 3  # the same of a scale in a level
MIN_WIDTH = 5  # values that stay open for a count that is not shown


class Settings(Part):
    """Choices that hold for every chapter of a study.

    ``min_group`` respondents are needed before a group gets estimates; a count below ``min_cell``, which is
    at least 3 and below `USUAL_CELL` needs a reason, is not shown; whoever sees everything is left with
    ``min_width`` values for it; ``confidence`` is the level of every interval.
    """

    formerly: ClassVar = {"level": "confidence", "minimum_group": "min_group", "minimum_cell": "min_cell"}

    min_group: Whole = Field(default=30, ge=3)
    """Respondents that a group needs before it gets estimates; at least `min_cell`."""
    min_cell: Whole = Field(default=USUAL_CELL, ge=3)
    """The smallest count that is shown; below 10 only with a reason."""
    min_cell_reason: Text | None = None
    """Why counts below 10 may be shown; the book prints it."""
    min_unit: Whole = Field(default=USUAL_UNIT, ge=SMALLEST_UNIT)
    """Answers that a unit needs in each role before a monitor reports on it; below 10 only with a reason."""
    min_unit_reason: Text | None = None
    """Why units of fewer than 10 answers in a role may be reported; the book prints it."""
    min_width: Whole = Field(default=MIN_WIDTH, ge=3)
    """Values that stay open for a count that is not shown."""
    coarser: dict[str, Annotated[int, Field(ge=1, le=ITEM_STEPS)]] = {}
    """Steps by which figures of an item, or of a scale in a level, are shown coarser; from `bouwen audit`."""
    confidence: Real = Field(default=0.95, ge=0.5, le=0.999)
    """The level of every interval, and one minus that of every test."""
    smallest_difference: Real = Field(default=0.30, ge=0.01, le=2)
    """The smallest difference of means that matters, in standard deviations; set before the answers."""
    smallest_path: Real = Field(default=0.20, ge=0.01, le=1)
    """The smallest difference of standardised paths that matters."""
    seed: Whole = Field(default=1, ge=0, le=2**31 - 1)
    """Of all random numbers: the same seed gives the same book."""

    def problems(self) -> Iterator[Problem]:
        """A group that gets estimates is large enough to be counted; smaller counts have a reason."""
        if self.min_group < self.min_cell:
            key = "min_group" if "min_group" in self.model_fields_set else "min_cell"
            found = f"{self.min_group} is below {self.min_cell}"
            yield (key,), f'"min_group" must be at least "min_cell"; {found}.'
        if "min_unit" in self.model_fields_set and self.min_unit < self.min_cell:
            found = f"{self.min_unit} is below {self.min_cell}"
            yield ("min_unit",), f'"min_unit" must be at least "min_cell"; {found}.'
        for key, usual in (("min_cell", USUAL_CELL), ("min_unit", USUAL_UNIT)):
            reason = getattr(self, f"{key}_reason")
            told = reason and any(text.strip() for text in reason.texts.values())
            if getattr(self, key) < usual and not told:
                found = f'{getattr(self, key)} is below {usual}, so "{key}_reason" must say why'
                yield (key,), f"{found}; the book prints it."


def coarser_problems(
    coarser: Mapping[str, int], items: Sequence[str], scales: Sequence[str]
) -> Iterator[Problem]:
    """Names under ``coarser`` that are no item and no scale in a level, and steps that a level lacks."""
    for name, steps in coarser.items():
        where = "settings", "coarser", name
        if name not in items and name not in scales:
            yield where, unknown('item or "construct|variable|level"', name, (*items, *scales))
        elif name in scales and steps > LEVEL_STEPS:
            yield where, f"{steps} is more than {LEVEL_STEPS}, the steps of a level."


class ModelRoles(Part):
    """Which of the instrument's models the chapters fit."""

    measurement: Name
    """The model of the instrument that says which items measure what."""
    structural: Name
    """The model of the instrument that says what leads to what."""

"""Choices that hold for every chapter of a study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from bouwen.survey.files import Part, Real, Whole
from bouwen.survey.wordings import Name
from bouwen.survey.writing import Problem


class Settings(Part):
    """Choices that hold for every chapter of a study.

    ``min_group`` respondents are needed before a group gets estimates; a count below
    ``min_cell``, which is at least 3, is not shown; ``confidence`` is the level of every interval.
    """

    formerly: ClassVar = {"level": "confidence", "minimum_group": "min_group", "minimum_cell": "min_cell"}

    min_group: Whole = Field(default=30, ge=3)
    """Respondents that a group needs before it gets estimates; at least `min_cell`."""
    min_cell: Whole = Field(default=5, ge=3)
    """The smallest count that is shown."""
    confidence: Real = Field(default=0.95, ge=0.5, le=0.999)
    """The level of every interval, and one minus that of every test."""
    seed: Whole = Field(default=1, ge=0, le=2**31 - 1)
    """Of all random numbers: the same seed gives the same book."""

    def problems(self) -> Iterator[Problem]:
        """A group that gets estimates is large enough to be counted."""
        if self.min_group < self.min_cell:
            key = "min_group" if "min_group" in self.model_fields_set else "min_cell"
            found = f"{self.min_group} is below {self.min_cell}"
            yield (key,), f'"min_group" must be at least "min_cell"; {found}.'


class ModelRoles(Part):
    """Which of the instrument's models the chapters fit."""

    measurement: Name
    """The model of the instrument that says which items measure what."""
    structural: Name
    """The model of the instrument that says what leads to what."""

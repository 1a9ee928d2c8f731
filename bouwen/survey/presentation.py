"""What stands around the questions of an instrument where it is sent out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from bouwen.survey.files import Part, Whole
from bouwen.survey.wordings import Perspective, Text, wording_problems
from bouwen.survey.writing import SEVERAL_LINES, Problem

AROUND = ("introduction", "privacy", "consent", "end")  # texts, in the order in which they are read


class Presentation(Part):
    """Texts around the questions, by perspective, and the order of items.

    Where ``consent`` is asked, whoever does not give it sees no further question.
    """

    introduction: Annotated[dict[Perspective, Text], SEVERAL_LINES] = {}
    """What stands above the first question, by perspective."""
    privacy: Annotated[dict[Perspective, Text], SEVERAL_LINES] = {}
    """What becomes of the answers, by perspective."""
    consent: Annotated[dict[Perspective, Text], SEVERAL_LINES] = {}
    """The question to which only who says yes goes on, by perspective."""
    end: Annotated[dict[Perspective, Text], SEVERAL_LINES] = {}
    """What stands below the last question, by perspective."""
    order: Literal["fixed", "rotated"] = "fixed"
    """Whether constructs, and the items of each, are asked as they stand or in an order that was drawn."""
    seed: Whole = Field(default=1, ge=0)
    """Of the order that is drawn."""
    attention_check: bool = False
    """Whether one more item asks for a certain answer."""

    def texts_problems(self, perspectives: Sequence[str]) -> Iterator[Problem]:
        """Perspectives that are none; a side may have no text."""
        for name in AROUND:
            yield from wording_problems(("questionnaire", name), getattr(self, name), perspectives, ())

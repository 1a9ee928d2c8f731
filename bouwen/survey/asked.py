"""What is said of answers: texts in some languages, answer scales, categories and facts about respondents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from bouwen.survey.files import Part, Real, Whole
from bouwen.survey.values import fold
from bouwen.survey.wordings import Perspective, Text
from bouwen.survey.writing import Problem

MOST_ANSWERS = 1000  # a slider from 0 to 1000 is an answer scale, a sum of money a number


def number_or_text(value: Any) -> Any:
    """Refuse what YAML makes of a bare No or 2024-01-01."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError('a missing code must be a number or a text; put a text such as "No" in quotes.')
    return value


MissingCode = Annotated[int | float | str, BeforeValidator(number_or_text)]


class AnswerScale(Part):
    """Numbers from ``lowest`` to ``highest``, some or all of them with a label."""

    formerly: ClassVar = {"min": "lowest", "minimum": "lowest", "max": "highest", "maximum": "highest"}

    lowest: Whole
    """The lowest answer, a whole number."""
    highest: Whole
    """The highest answer."""
    step: Real | Literal["any"] = 1.0
    """What lies between one answer and the next; `any` where all numbers between the ends are answers."""
    labels: dict[Whole, Text]
    """Labels of some or all answers."""
    spellings: dict[str | int, Real] = Field(default={}, alias="codes")
    """What files write instead of an answer, such as `A1`, and the answer that it stands for."""
    missing: list[MissingCode] = []
    """Numbers and texts that mean no answer; `missing_codes` that are answers here then do not."""

    @property
    def codes(self) -> Sequence[int]:
        """Every answer that may be given; of a scale without steps, or with parts, its whole numbers."""
        step = int(self.step) if isinstance(self.step, float) and self.step >= 1 else 1
        return range(self.lowest, self.highest + 1, step)

    @property
    def is_long(self) -> bool:
        """Whether answers are too many to look at each, as on a slider."""
        return self.step != round_step(self.step) or len(self.codes) > MOST_LISTED

    @property
    def midpoint(self) -> float:
        """Halfway between the lowest and the highest answer."""
        return (self.lowest + self.highest) / 2

    def allows(self, answer: float) -> bool:
        """Whether a number is an answer."""
        if not self.lowest <= answer <= self.highest:
            return False
        if self.step == "any":
            return True
        steps = (answer - self.lowest) / self.step
        return abs(steps - round(steps)) < 1e-9

    @property
    def span(self) -> str:
        """Which numbers are answers, in words."""
        kind = "numbers" if self.step == "any" else "whole numbers"
        steps = "" if self.step in ("any", 1.0) else f" in steps of {self.step:g}"
        return f"{'numbers' if steps else kind} from {self.lowest} to {self.highest}{steps}"

    def problems(self) -> Iterator[Problem]:
        """A scale has at least two answers, and says only of answers what stands for them."""
        if self.highest <= self.lowest:
            yield ("highest",), f"must be above lowest ({self.lowest}), found {self.highest}."
            return
        for key in ("lowest", "highest"):
            if abs(getattr(self, key)) > MOST_ANSWERS:
                yield (key,), f"must lie between -{MOST_ANSWERS} and {MOST_ANSWERS}."
        if self.step != "any" and not (self.step >= 0.001 and self.allows(self.highest)):
            yield ("step",), f"must be above 0.001 and lead from {self.lowest} to {self.highest} exactly."
            return
        for code in self.labels:
            if not self.lowest <= code <= self.highest:
                yield ("labels", code), f"the scale runs from {self.lowest} to {self.highest}, not to {code}."
        yield from self._spelling_problems()
        yield from missing_problems(self.missing, self.allows)

    def _spelling_problems(self) -> Iterator[Problem]:
        seen: dict[str, float] = {}
        for spelling, answer in self.spellings.items():
            if not self.allows(answer):
                yield ("codes", spelling), f"{answer:g} is no answer; the scale takes {self.span}."
            elif seen.setdefault(fold(str(spelling)), answer) != answer:
                yield ("codes", spelling), "this code already stands for another answer; keep one."


MOST_LISTED = 21  # answers of a scale that are looked at one by one


def round_step(step: float | str) -> float:
    """The whole number that a step is, or one that it is not."""
    return float(int(step)) if isinstance(step, float) and step >= 1 else -1.0


def missing_problems(codes: Sequence[Any], is_answer: Any) -> Iterator[Problem]:
    """Numbers that mean no answer and are answers."""
    for i, code in enumerate(codes):
        if not isinstance(code, str) and is_answer(float(code)):
            yield ("missing", i), f"{code:g} is an answer here; it cannot mean that there is none."


class Category(Text):
    """A category's label, and the number that stands for it in data files, if any."""

    code: Whole | None = None
    """The number that stands for it in files of answers."""


class Background(Part):
    """A fact about the respondent: one of some categories, a number, or free text.

    ``perspectives`` lists who is asked; without it everybody is.
    """

    formerly: ClassVar = {"type": "kind", "levels": "categories", "min": "minimum", "max": "maximum"}

    label: Text
    """What a reader calls it."""
    kind: Literal["category", "number", "text", "multiple"]
    """One of some categories, a number, free text, or any of some categories."""
    perspectives: list[Perspective] | None = None
    """Who is asked; everybody without it."""
    categories: dict[str, Category] = {}
    """The labels of its categories by name, if it has any."""
    minimum: Real | None = None
    """The lowest number that is accepted."""
    maximum: Real | None = None
    """The highest number that is accepted."""
    separator: str = ";"
    """What stands between the categories that were chosen, of kind `multiple`."""
    missing: list[MissingCode] = []
    """Numbers and texts that mean no answer; `missing_codes` that are answers here then do not."""

    def problems(self) -> Iterator[Problem]:
        """Categories belong to the kinds that have some and nowhere else."""
        if (self.kind in ("category", "multiple")) != bool(self.categories):
            yield ("kind",), f'a variable of kind "{self.kind}" and its list of categories do not fit.'
        if self.minimum is not None and self.maximum is not None and self.maximum < self.minimum:
            yield ("maximum",), f'"maximum" must be at least "minimum" ({self.minimum:g}).'
        if not self.separator:
            yield ("separator",), "must be the signs that stand between categories."
        yield from missing_problems(self.missing, self.allows)

    def allows(self, answer: float) -> bool:
        """Whether a number is an answer: the code of a category, or within both bounds."""
        if self.kind == "number":
            bounded = self.minimum is not None and self.maximum is not None
            return bounded and self.minimum <= answer <= self.maximum  # type: ignore[operator]
        return any(category.code == answer for category in self.categories.values())

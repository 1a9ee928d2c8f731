"""What a study may set about its analyses, which otherwise are those of every study."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError

from bouwen.checks import OptionError
from bouwen.survey.files import Part, Whole, repeated
from bouwen.survey.wordings import Name, unknown
from bouwen.survey.writing import Problem


def in_capitals(name: object) -> object:
    """The name of an estimator however it is spelt."""
    return name.upper() if isinstance(name, str) else name


#: Those of `bouwen.fit_sem`, which a test compares.
EstimatorName = Annotated[
    Literal["ML", "MLM", "MLR", "GLS", "ULS", "DWLS", "WLSM", "WLSMV", "WLSMVS"],
    BeforeValidator(in_capitals),
]


class AnalysisSettings(Part):
    """How a book is computed, where a study wants it otherwise than others.

    Values are the parameters of chapters that declare them, unless `bouwen build -p` gives others.
    """

    estimator: EstimatorName = "MLR"
    """Of the models in the chapters."""
    sensitivity: EstimatorName = "WLSMV"
    """The one whose results stand beside those."""
    ordered: list[Name] = []
    """The items that an estimator of ordered categories takes as such; where none is named, all."""
    draws: Whole | None = Field(default=None, ge=20, le=100_000)
    """Bootstrap samples; each chapter's own number where it is left out."""
    permutations: Whole | None = Field(default=None, ge=19, le=100_000)
    """Shuffles; each chapter's own number where it is left out."""
    chapters: list[Name] = []
    """The chapters that are shown after the first page; where none is named, all."""

    def problems(self) -> Iterator[Problem]:
        """What is listed twice."""
        yield from repeated(("ordered",), self.ordered, "item")
        yield from repeated(("chapters",), self.chapters, "chapter")

    def unknown_items(self, items: Collection[str]) -> Iterator[Problem]:
        """Ordered items that the instrument does not have."""
        for i, item in enumerate(self.ordered):
            if item not in items:
                yield ("ordered", i), unknown("item", item, items)

    @property
    def parameters(self) -> dict[str, str | int]:
        """What a study set, as values for the parameters of chapters."""
        found = self.model_dump(exclude_unset=True, exclude_none=True, exclude={"chapters"})
        return {name: ", ".join(x) if isinstance(x, list) else x for name, x in found.items()}

    def changed(self, texts: Mapping[str, str], items: Collection[str]) -> AnalysisSettings:
        """The same with some of it given as text, as on a command line; lists have commas.

        Raises
        ------
        OptionError
            A value that a study file could not have.
        """
        given: dict[str, Any] = self.model_dump(exclude_unset=True)
        for name, text in texts.items():
            if name in ("ordered", "chapters"):
                given[name] = [part.strip() for part in text.split(",") if part.strip()]
            else:
                given[name] = int(text) if text.isascii() and text.isdigit() else text
        try:
            made = AnalysisSettings.model_validate(given)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise OptionError(
                f"{first['loc'][0]}={texts.get(str(first['loc'][0]))}: {first['msg']}."
            ) from None
        for where, text in (*made.problems(), *made.unknown_items(items)):
            raise OptionError(f"{where[0]}: {text}")
        return made


ANALYSIS = tuple(AnalysisSettings.model_fields)

"""What is asked: constructs, items, answer scales, background, models and claims."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, Field

from bouwen.checks import check_known
from bouwen.survey.asked import AnswerScale as AnswerScale
from bouwen.survey.asked import Background as Background
from bouwen.survey.asked import Category as Category
from bouwen.survey.asked import MissingCode
from bouwen.survey.claimed import (
    Asked,
    Claim,
    Recommendation,
    claims_problems,
    recommendation_problems,
)
from bouwen.survey.files import Part, read_file
from bouwen.survey.formulas import model_names
from bouwen.survey.presentation import Presentation
from bouwen.survey.themed import Theme, theme_problems
from bouwen.survey.wordings import UNNAMED, Name, Perspective, Text, unknown, wording_problems
from bouwen.survey.writing import SEVERAL_LINES, Location, Problem


class Item(Part):
    """One statement; ``reversed`` where agreeing means less of the construct."""

    formerly: ClassVar = {"wording": "text"}

    text: Annotated[dict[Perspective, Text], SEVERAL_LINES]
    """The statement, by perspective."""
    reversed: bool = False
    """Whether agreeing means less of the construct."""
    missing: list[MissingCode] = []
    """Numbers and texts that mean no answer to it, besides those of its answer scale."""


class Construct(Part):
    """What a set of items measures, and the published scale that it leans on."""

    formerly: ClassVar = {"scale": "answer_scale", "reference": "source"}

    label: Text
    """What a reader calls it."""
    definition: Annotated[Text, SEVERAL_LINES]
    """What it is."""
    source: Annotated[str, SEVERAL_LINES]
    """The published scale that it leans on, or that it has none."""
    direction: Literal["better", "worse"] = "better"
    """Whether more of it is better or worse, for those who are asked."""
    judged: Perspective | None = None
    """The perspective whose doings it is about, for itself and for others; each the other's without it."""
    answer_scale: Name
    """The answer scale of its items."""
    proposed: bool = False
    """Whether a program proposed it and nobody has looked at it yet; pages then say so."""
    items: dict[Name, Item] = Field(min_length=1)
    """Its items by name, which is that of their columns."""


class OpenQuestion(Part):
    """A question answered in the respondent's own words; never shown in a book."""

    text: Annotated[dict[Perspective, Text], SEVERAL_LINES]
    """The question, by perspective; answers are never shown."""


class Model(Part):
    """A model in lavaan syntax, perhaps continuing another one.

    ``factors`` labels the latent variables that are not constructs, such as a second-order factor.
    """

    formerly: ClassVar = {"model": "syntax", "extends": "based_on"}

    label: Text
    """What a reader calls it."""
    based_on: Name | None = None
    """The model that it continues."""
    factors: dict[Name, Text] = {}
    """Labels of factors that are no constructs."""
    syntax: Annotated[str, SEVERAL_LINES]
    """The model, in lavaan's syntax."""


class Instrument(Part):
    """A questionnaire with everything that is planned to be done with its answers."""

    title: Text
    """The title of the questionnaire."""
    perspectives: dict[Perspective, Text]
    """Who may answer, by name."""
    answer_scales: dict[Name, AnswerScale]
    """Answer scales by name."""
    constructs: dict[Name, Construct]
    """What is measured, by name."""
    background: dict[Name, Background] = {}
    """Facts about respondents by name."""
    open_questions: dict[Name, OpenQuestion] = {}
    """Questions answered in one's own words, by name."""
    themes: dict[Name, Theme] = {}
    """The codebook of the open questions: what their answers may be about, by name."""
    models: dict[Name, Model] = {}
    """Models by name."""
    claims: dict[Name, Claim] = {}
    """What is claimed, by name."""
    recommendations: dict[Name, Recommendation] = {}
    """What is advised, by name."""
    questionnaire: Presentation = Presentation()
    """What stands around the questions where they are sent out, and in which order they are asked."""

    @cached_property
    def items(self) -> dict[str, Item]:
        """Every item by name, in the order of the questionnaire."""
        return {
            name: item for construct in self.constructs.values() for name, item in construct.items.items()
        }

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which some text is given, in the order of their codes."""
        return tuple(sorted({code for _, text in texts_in(self) for code in text.texts} - {UNNAMED}))

    @cached_property
    def factors(self) -> dict[str, Text]:
        """The label of every latent variable that is not a construct."""
        return {name: text for model in self.models.values() for name, text in model.factors.items()}

    def construct_of(self, item: str) -> str:
        """The name of the construct to which an item belongs."""
        check_known("item", item, self.items)
        return next(name for name, construct in self.constructs.items() if item in construct.items)

    def scale_of(self, item: str) -> AnswerScale:
        """The answer scale of an item."""
        return self.answer_scales[self.constructs[self.construct_of(item)].answer_scale]

    def asked_from(self, perspective: str) -> Instrument:
        """The instrument without the background variables that this side is not asked."""
        check_known("perspective", perspective, self.perspectives)
        asked = {
            name: variable
            for name, variable in self.background.items()
            if variable.perspectives is None or perspective in variable.perspectives
        }
        return self.model_copy(update={"background": asked})

    def model_syntax(self, name: str) -> str:
        """A named model in full, with the models on which it is based."""
        model = self.models[check_known("model", name, self.models)]
        base = self.model_syntax(model.based_on) + "\n" if model.based_on else ""
        return base + model.syntax.strip()

    def model_lines(self, name: str) -> list[Location]:
        """Where each line of `model_syntax` stands in the file."""
        model = self.models[name]
        base = self.model_lines(model.based_on) if model.based_on else []
        skipped = len(model.syntax[: -len(model.syntax.lstrip())].splitlines()) if model.syntax.strip() else 0
        own = model.syntax.strip().splitlines() or [""]
        return base + [("models", name, "syntax", skipped + i) for i in range(len(own))]

    def problems(self) -> Iterator[Problem]:
        """Every name that refers to nothing, every name used twice, every missing wording."""
        yield from self._nested_problems()
        yield from self._name_problems()
        for name, construct in self.constructs.items():
            where = ("constructs", name)
            if construct.answer_scale not in self.answer_scales:
                yield (
                    (*where, "answer_scale"),
                    unknown("answer scale", construct.answer_scale, self.answer_scales),
                )
            if construct.judged not in (None, *self.perspectives):
                yield (*where, "judged"), unknown("perspective", str(construct.judged), self.perspectives)
            for item_name, item in construct.items.items():
                yield from wording_problems(
                    (*where, "items", item_name, "text"), item.text, self.perspectives
                )
        for name, variable in self.background.items():
            for i, perspective in enumerate(variable.perspectives or []):
                if perspective not in self.perspectives:
                    yield (
                        ("background", name, "perspectives", i),
                        unknown("perspective", perspective, self.perspectives),
                    )
        for name, question in self.open_questions.items():
            yield from wording_problems(("open_questions", name, "text"), question.text, self.perspectives)
        yield from theme_problems(self.themes, self.constructs)
        yield from self.questionnaire.texts_problems(tuple(self.perspectives))
        yield from self._model_problems()
        yield from claims_problems(self.claims, self._asked())
        yield from recommendation_problems(self.recommendations, self.claims, tuple(self.perspectives))

    def _asked(self) -> Asked:
        """What claims may be about; models that hang together with nothing are left out."""
        broken = {name for name in self.models if self._broken_base(name)}
        scales = {c: self.answer_scales.get(x.answer_scale) for c, x in self.constructs.items()}
        return Asked(
            tuple(self.perspectives),
            {name: self.model_syntax(name) for name in self.models if name not in broken},
            frozenset(broken),
            {c: (x.highest - x.lowest) / 2 if x else math.inf for c, x in scales.items()},
            {name: tuple(variable.categories) for name, variable in self.background.items()},
        )

    def _broken_base(self, name: str) -> str | None:
        """The model in the chain below a model that is not there, or is that chain itself; None for none."""
        base, seen = self.models[name].based_on, {name}
        while base in self.models and base not in seen:
            seen.add(base)
            base = self.models[base].based_on
        return base

    def _nested_problems(self) -> Iterator[Problem]:
        for key, parts in (("answer_scales", self.answer_scales), ("background", self.background)):
            for name, part in parts.items():
                yield from (((key, name, *where), text) for where, text in part.problems())

    def _name_problems(self) -> Iterator[Problem]:
        seen: dict[str, str] = {}
        kinds: list[tuple[str, Iterable[str]]] = [("construct", self.constructs)]
        kinds += [("item", construct.items) for construct in self.constructs.values()]
        kinds += [("background variable", self.background), ("open question", self.open_questions)]
        for kind, names in kinds:
            for name in names:
                if name in seen:
                    yield self._where(kind, name), f'"{name}" is already the name of a {seen[name]}.'
                seen[name] = kind

    def _where(self, kind: str, name: str) -> tuple[str | int, ...]:
        if kind == "item":
            last = [c for c, construct in self.constructs.items() if name in construct.items][-1]
            return ("constructs", last, "items", name)
        return ({"construct": "constructs", "open question": "open_questions"}.get(kind, "background"), name)

    def _model_problems(self) -> Iterator[Problem]:
        for name, model in self.models.items():
            where = ("models", name)
            base = self._broken_base(name)
            if base in self.models:
                yield (*where, "based_on"), f'the model "{name}" is based on itself.'
                continue
            if base is not None:
                yield (*where, "based_on"), unknown("model", base, self.models)
                continue
            own, used = model_names(model.syntax)
            measured, _ = model_names(self.model_syntax(name))
            for factor in own:
                if factor not in {*self.constructs, *self.factors}:
                    yield (
                        (*where, "syntax"),
                        f'the factor "{factor}" is no construct; give its label under "factors".',
                    )
            known = {*measured, *self.items, *self.background}
            for variable in used:
                if variable not in known:
                    yield (*where, "syntax"), unknown("item", variable, known) + f' (model "{name}")'


def read_instrument(path: Path, languages: Sequence[str] = ()) -> Instrument:
    """Read and validate an instrument file; see `bouwen.survey.files.read_file` for what it refuses.

    ``languages`` are those whose texts stand in first for texts that are not there.
    """
    return read_file(path, Instrument, languages)


def texts_in(value: Any, where: Location = ()) -> Iterator[tuple[Location, Text]]:
    """Every text below a part of a file, with its place."""
    if isinstance(value, Text):
        yield where, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from texts_in(getattr(value, name), (*where, name))
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from texts_in(part, (*where, key))

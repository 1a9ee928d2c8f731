"""What is asked: constructs, items, answer scales, background, models and claims."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, model_validator

from bouwen.checks import check_known
from bouwen.errors import did_you_mean
from bouwen.survey.files import Part, Real, Whole, read_file
from bouwen.survey.formulas import model_names
from bouwen.survey.writing import SEVERAL_LINES, Location, Problem
from bouwen.words import CODE, ENGLISH

MOST_ANSWERS = 1000  # a slider from 0 to 1000 is an answer scale, a sum of money a number
UNNAMED = "und"  # what ISO 639 calls a language that is not said
Language = Annotated[str, StringConstraints(pattern=f"^{CODE}$")]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Perspective = Name


class Text(Part):
    """The same text in some languages, or one text in a language that is not named.

    A language that it lacks gets the text in the language of the study, else in English, else the first.

    >>> Text.model_validate("Music").texts, Text(fr="Musique", en="Music")[UNNAMED]
    ({'und': 'Music'}, 'Music')
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, str] = Field(init=False)

    @model_validator(mode="before")
    @classmethod
    def by_language(cls, given: Any, info: ValidationInfo) -> Any:
        """Texts by the code of their language, first those that stand in for others."""
        if isinstance(given, str):
            given = {UNNAMED: given}
        if not isinstance(given, dict) or not set(given) - set(cls.model_fields):
            raise ValueError("must be a text, or a text for each of some languages.")
        for code in set(given) - set(cls.model_fields):
            if not re.fullmatch(CODE, str(code)):
                known = did_you_mean(str(code), cls.model_fields)
                raise ValueError(f'unknown key "{code}": no code of a language, such as nl or pt-BR.{known}')
        first = [*(info.context or {}).get("languages", ()), ENGLISH]
        return {code: given[code] for code in dict.fromkeys([*first, *given]) if code in given}

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> dict[str, Any]:
        """What an editor accepts: a text, or a mapping by language."""
        by_language = {
            "type": "object",
            "properties": {name: {"type": "integer"} for name in cls.model_fields},
            "patternProperties": {f"^{CODE}$": {"type": "string"}},
            "additionalProperties": False,
            "minProperties": 1,
        }
        return {"anyOf": [{"type": "string"}, by_language]}

    @property
    def texts(self) -> dict[str, str]:
        """The text by the code of its language."""
        return self.__pydantic_extra__

    def __getitem__(self, language: str) -> str:
        return self.texts[language if language in self.texts else next(iter(self.texts))]


class AnswerScale(Part):
    """Whole numbers from ``lowest`` to ``highest``, some or all of them with a label."""

    formerly: ClassVar = {"min": "lowest", "minimum": "lowest", "max": "highest", "maximum": "highest"}

    lowest: Whole
    """The lowest answer, a whole number."""
    highest: Whole
    """The highest answer."""
    labels: dict[Whole, Text]
    """Labels of some or all answers."""

    @property
    def codes(self) -> range:
        """Every answer that may be given."""
        return range(self.lowest, self.highest + 1)

    @property
    def midpoint(self) -> float:
        """Halfway between the lowest and the highest answer."""
        return (self.lowest + self.highest) / 2

    def problems(self) -> Iterator[Problem]:
        """A scale has at least two answers and labels only what may be answered."""
        if self.highest <= self.lowest:
            yield ("highest",), f"must be above lowest ({self.lowest}), found {self.highest}."
        for key in ("lowest", "highest"):
            if abs(getattr(self, key)) > MOST_ANSWERS:
                yield (key,), f"must lie between -{MOST_ANSWERS} and {MOST_ANSWERS}."
        for code in self.labels:
            if code not in self.codes:
                yield ("labels", code), f"the scale runs from {self.lowest} to {self.highest}, not to {code}."


class Item(Part):
    """One statement; ``reversed`` where agreeing means less of the construct."""

    formerly: ClassVar = {"wording": "text"}

    text: Annotated[dict[Perspective, Text], SEVERAL_LINES]
    """The statement, by perspective."""
    reversed: bool = False
    """Whether agreeing means less of the construct."""


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
    answer_scale: Name
    """The answer scale of its items."""
    items: dict[Name, Item] = Field(min_length=1)
    """Its items by name, which is that of their columns."""


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
    kind: Literal["category", "number", "text"]
    """One of some categories, a number, or free text."""
    perspectives: list[Perspective] | None = None
    """Who is asked; everybody without it."""
    categories: dict[str, Category] = {}
    """The labels of its categories by name, if it has any."""
    minimum: Real | None = None
    """The lowest number that is accepted."""
    maximum: Real | None = None
    """The highest number that is accepted."""

    def problems(self) -> Iterator[Problem]:
        """Categories belong to the kind "category" and nowhere else."""
        if (self.kind == "category") != bool(self.categories):
            yield ("kind",), f'a variable of kind "{self.kind}" and its list of categories do not fit.'
        if self.minimum is not None and self.maximum is not None and self.maximum < self.minimum:
            yield ("maximum",), f'"maximum" must be at least "minimum" ({self.minimum:g}).'


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


class PathEvidence(Part):
    """A regression in a model: the predictor's path to the outcome has this sign."""

    kind: Literal["path"]
    """`path`: a regression in a model has this sign."""
    model: Name
    """The model."""
    outcome: Name
    """What is regressed."""
    predictor: Name
    """What it is regressed on."""
    sign: Literal["positive", "negative"]
    """The sign that speaks for the claim."""


class LevelEvidence(Part):
    """The mean score of a construct lies on this side of the middle of its answer scale."""

    kind: Literal["level"]
    """`level`: a mean lies on this side of the middle of its answer scale."""
    construct_: Name = Field(alias="construct")
    """The construct whose mean it is."""
    side: Literal["above", "below"]
    """The side that speaks for the claim."""


class StrongerEvidence(Part):
    """Some constructs go together with the outcome more strongly than others do."""

    kind: Literal["stronger"]
    """`stronger`: some constructs go with the outcome more than others do."""
    outcome: Name
    """The outcome, a construct."""
    constructs: list[Name]
    """Those that should go with it more."""
    than: list[Name]
    """Those that should go with it less."""


class DifferenceEvidence(Part):
    """A construct's mean is higher in one level of a group than in another."""

    kind: Literal["difference"]
    """`difference`: a mean is higher in one level than in another."""
    construct_: Name = Field(alias="construct")
    """The construct whose means are compared."""
    group: Name
    """The background variable."""
    higher: str
    """The level whose mean should be higher."""
    lower: str
    """The level whose mean should be lower."""


Evidence = Annotated[
    PathEvidence | LevelEvidence | StrongerEvidence | DifferenceEvidence, Field(discriminator="kind")
]


class Claim(Part):
    """A published finding, and what in the data would speak for it.

    A recommendation has no evidence of its own: it rests on other claims.
    """

    text: Annotated[dict[Perspective, Text], SEVERAL_LINES]
    """The claim, by perspective."""
    evidence: list[Evidence] = []
    """What in the answers would speak for it."""
    rests_on: list[Name] = []
    """Other claims on which a recommendation rests."""


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
    models: dict[Name, Model] = {}
    """Models by name."""
    claims: dict[Name, Claim] = {}
    """What is claimed, by name."""

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
            for item_name, item in construct.items.items():
                yield from self._wording_problems((*where, "items", item_name, "text"), item.text)
        for name, variable in self.background.items():
            for i, perspective in enumerate(variable.perspectives or []):
                if perspective not in self.perspectives:
                    yield (
                        ("background", name, "perspectives", i),
                        unknown("perspective", perspective, self.perspectives),
                    )
        for name, question in self.open_questions.items():
            yield from self._wording_problems(("open_questions", name, "text"), question.text)
        yield from self._model_problems()
        yield from self._claim_problems()

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

    def _wording_problems(self, where: tuple[str | int, ...], texts: dict[str, Text]) -> Iterator[Problem]:
        for perspective in self.perspectives:
            if perspective not in texts:
                yield where, f'there is no wording for the perspective "{perspective}".'
        for perspective in texts:
            if perspective not in self.perspectives:
                yield (*where, perspective), unknown("perspective", perspective, self.perspectives)

    def _model_problems(self) -> Iterator[Problem]:
        for name, model in self.models.items():
            where = ("models", name)
            base, seen = model.based_on, {name}
            while base in self.models and base not in seen:
                seen.add(base)
                base = self.models[base].based_on
            if base in seen:
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

    def _claim_problems(self) -> Iterator[Problem]:
        for name, claim in self.claims.items():
            where = ("claims", name)
            yield from self._wording_problems((*where, "text"), claim.text)
            for i, other in enumerate(claim.rests_on):
                if other not in self.claims:
                    yield (*where, "rests_on", i), unknown("claim", other, self.claims)
            for i, evidence in enumerate(claim.evidence):
                yield from (
                    ((*where, "evidence", i, key), text) for key, text in self._evidence_problems(evidence)
                )

    def _evidence_problems(self, evidence: Evidence) -> Iterator[tuple[str, str]]:
        match evidence:
            case PathEvidence():
                if evidence.model not in self.models:
                    yield "model", unknown("model", evidence.model, self.models)
                    return
                latent, used = model_names(self.model_syntax(evidence.model))
                for key in ("outcome", "predictor"):
                    if (variable := getattr(evidence, key)) not in {*latent, *used}:
                        yield key, unknown("variable of the model", variable, [*latent, *used])
            case StrongerEvidence():
                for construct in [evidence.outcome, *evidence.constructs, *evidence.than]:
                    if construct not in self.constructs:
                        yield "kind", unknown("construct", construct, self.constructs)
            case LevelEvidence() | DifferenceEvidence():
                if evidence.construct_ not in self.constructs:
                    yield "construct", unknown("construct", evidence.construct_, self.constructs)
                if isinstance(evidence, DifferenceEvidence):
                    yield from self._difference_problems(evidence)

    def _difference_problems(self, evidence: DifferenceEvidence) -> Iterator[tuple[str, str]]:
        if evidence.group not in self.background:
            yield "group", unknown("background variable", evidence.group, self.background)
            return
        for key in ("higher", "lower"):
            level, levels = getattr(evidence, key), self.background[evidence.group].categories
            if level not in levels:
                yield key, unknown(f"category of {evidence.group}", level, levels)


def unknown(kind: str, name: str, candidates: Iterable[str]) -> str:
    """Say that a name refers to nothing, and what may have been meant."""
    return f'there is no {kind} "{name}".{did_you_mean(name, candidates)}'


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

"""What is claimed and advised, and whether the questionnaire has what the claims are about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from bouwen.survey.files import Part, Real, repeated
from bouwen.survey.formulas import model_names, model_paths
from bouwen.survey.wordings import Name, Perspective, Text, unknown, wording_problems
from bouwen.survey.writing import SEVERAL_LINES, Problem


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
    size: Literal["important"] | None = None
    """`important` where the claim speaks of the size of the path, which is then held against `smallest`."""
    smallest: Real | None = None
    """The smallest standardised path that is important; .20 without it."""


class LevelEvidence(Part):
    """The mean score of a construct lies on this side of the middle of its answer scale.

    A claim may speak of size: *much* asks for a distance of the mean from the middle, *most* for a share of
    the respondents beyond the middle.
    """

    kind: Literal["level"]
    """`level`: a mean lies on this side of the middle of its answer scale."""
    construct_: Name = Field(alias="construct")
    """The construct whose mean it is."""
    side: Literal["above", "below"]
    """The side that speaks for the claim."""
    size: Literal["much", "most"] | None = None
    """Where the claim speaks of size: `much`, the mean is far off; `most`, so are most respondents."""
    smallest: Real | None = None
    """Much: points from the middle, else .25 of the scale's standard deviation; most: a share, else half."""


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
    """A published finding, and what in the data would speak for it: all of its evidence must hold."""

    text: Annotated[dict[Perspective, Text], SEVERAL_LINES]
    """The claim, by perspective."""
    evidence: list[Evidence] = Field(min_length=1)
    """What in the answers would speak for it; the claim says that all of it holds."""


class Recommendation(Part):
    """Advice to somebody, and the claims on which it rests; for perspectives that have a wording of it."""

    who: dict[Perspective, Text]
    """Who is advised, by perspective."""
    what: Annotated[dict[Perspective, Text], SEVERAL_LINES]
    """What is advised, by perspective; books of other perspectives leave it out."""
    rests_on: list[Name] = []
    """The claims on which it rests; without any the book says that it rests on none."""


@dataclass(frozen=True)
class Asked:
    """What a questionnaire has that claims may be about.

    ``models`` holds the text of each model that can be put together, ``halves`` by construct how far the ends
    of its answer scale lie from the middle, ``levels`` the categories of each background variable.
    """

    perspectives: tuple[str, ...]
    models: Mapping[str, str]
    broken: frozenset[str]
    halves: Mapping[str, float]
    levels: Mapping[str, tuple[str, ...]]


def claims_problems(claims: Mapping[str, Claim], asked: Asked) -> Iterator[Problem]:
    """Claims without a wording, on what is not there, or of a size that cannot be."""
    for name, claim in claims.items():
        where = ("claims", name)
        yield from wording_problems((*where, "text"), claim.text, asked.perspectives)
        for i, evidence in enumerate(claim.evidence):
            for key, text in (*evidence_problems(evidence, asked), *size_problems(evidence, asked)):
                yield (*where, "evidence", i, key), text


def evidence_problems(evidence: Evidence, asked: Asked) -> Iterator[tuple[str, str]]:
    """The key and the problem of everything that a piece of evidence names and that is not there."""
    match evidence:
        case PathEvidence():
            yield from path_problems(evidence, asked)
        case StrongerEvidence():
            yield from stronger_problems(evidence, asked)
        case LevelEvidence() | DifferenceEvidence():
            if evidence.construct_ not in asked.halves:
                yield "construct", unknown("construct", evidence.construct_, asked.halves)
            if isinstance(evidence, DifferenceEvidence):
                yield from difference_problems(evidence, asked)


def path_problems(evidence: PathEvidence, asked: Asked) -> Iterator[tuple[str, str]]:
    """A model, a variable or a path between two variables that is not there."""
    if evidence.model not in asked.models:
        if evidence.model not in asked.broken:  # what is wrong with the model is said there
            yield "model", unknown("model", evidence.model, asked.models)
        return
    syntax = asked.models[evidence.model]
    latent, used = model_names(syntax)
    lacking = [key for key in ("outcome", "predictor") if getattr(evidence, key) not in {*latent, *used}]
    for key in lacking:
        yield key, unknown("variable of the model", getattr(evidence, key), [*latent, *used])
    causes = model_paths(syntax).get(evidence.outcome, ())
    if not lacking and evidence.predictor not in causes:
        found = f"its predictors are {', '.join(causes)}" if causes else "nothing predicts it there"
        yield (
            "predictor",
            f'the model "{evidence.model}" has no path from "{evidence.predictor}" to '
            f'"{evidence.outcome}"; {found}.',
        )


def stronger_problems(evidence: StrongerEvidence, asked: Asked) -> Iterator[tuple[str, str]]:
    """Constructs that are not there, and those that would be compared with themselves."""
    seen: dict[str, str] = {}
    for key, names in (
        ("outcome", [evidence.outcome]),
        ("constructs", evidence.constructs),
        ("than", evidence.than),
    ):
        for name in names:
            if name not in asked.halves:
                yield key, unknown("construct", name, asked.halves)
            elif name in seen:
                yield key, f'"{name}" is named under "{seen[name]}" already; compare it with others.'
            seen[name] = key


def difference_problems(evidence: DifferenceEvidence, asked: Asked) -> Iterator[tuple[str, str]]:
    """A group or a level that is not there, and a level that is compared with itself."""
    if evidence.group not in asked.levels:
        yield "group", unknown("background variable", evidence.group, asked.levels)
        return
    for key in ("higher", "lower"):
        level, levels = getattr(evidence, key), asked.levels[evidence.group]
        if level not in levels:
            yield key, unknown(f"category of {evidence.group}", level, levels)
    if evidence.higher == evidence.lower:
        yield "lower", f'"{evidence.lower}" is compared with itself; name another level.'


def size_problems(evidence: Evidence, asked: Asked) -> Iterator[tuple[str, str]]:
    """A smallest value that belongs to no word, is not above zero, or that nothing can reach."""
    if not isinstance(evidence, PathEvidence | LevelEvidence) or evidence.smallest is None:
        return
    limit, what = 1.0, "1, where a standardised path would leave nothing to explain"
    if isinstance(evidence, LevelEvidence) and evidence.size == "most":
        what = "1, the share of everybody"
    elif isinstance(evidence, LevelEvidence):
        limit = asked.halves.get(evidence.construct_, float("inf"))
        what = f"{limit:g}, which is as far as the answer scale goes from its middle"
    if evidence.size is None:
        yield "smallest", 'belongs to a word for size; say which, as "size".'
    elif evidence.smallest <= 0:
        yield "smallest", f"must be above 0, found {evidence.smallest:g}."
    elif evidence.smallest >= limit:
        yield "smallest", f"must be below {what}; found {evidence.smallest:g}."


def recommendation_problems(
    recommendations: Mapping[str, Recommendation], claims: Mapping[str, Claim], perspectives: tuple[str, ...]
) -> Iterator[Problem]:
    """Advice without a wording, and advice that rests on what is no claim."""
    for name, advice in recommendations.items():
        where = ("recommendations", name)
        if name in claims:
            yield where, f'"{name}" is already the name of a claim.'
        for key, texts, others in (("who", advice.who, advice.what), ("what", advice.what, advice.who)):
            worded = tuple(p for p in perspectives if p in others or p in texts) or perspectives
            yield from wording_problems((*where, key), texts, perspectives, worded)
        for i, other in enumerate(advice.rests_on):
            if other == name:
                yield (*where, "rests_on", i), f'"{name}" rests on itself; name the claims that speak for it.'
            elif other in recommendations:
                problem = f'"{other}" is a recommendation; name the claims on which that rests.'
                yield (*where, "rests_on", i), problem
            elif other not in claims:
                yield (*where, "rests_on", i), unknown("claim", other, claims)
        yield from repeated((*where, "rests_on"), advice.rests_on, "claim")

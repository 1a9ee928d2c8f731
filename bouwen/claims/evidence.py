"""A study -> what its answers say of each piece of evidence: an estimate, its error, the value beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from bouwen.scales import Estimate, compare_latent_correlations, difference_estimate, mean_estimate
from bouwen.sem import NotConverged, NotPositiveDefinite
from bouwen.survey import (
    DifferenceEvidence,
    Evidence,
    LevelEvidence,
    PathEvidence,
    StrongerEvidence,
    Study,
    estimable,
    level_sizes,
)
from bouwen.words import words

SMALLEST_PATH = 0.20  # standardised, from which a path is important where the claim does not say
SMALLEST_DISTANCE = 0.25  # standard deviations of the scale from its middle that are much
SMALLEST_SHARE = 0.50  # of the respondents, who are most of them


UNESTIMATED = Estimate(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Piece:
    """One thing that a claim says, as the answers show it.

    Attributes
    ----------
    what : str
        What was estimated, as a reader sees it.
    side : int
        1 where the claim expects the estimate above the reference, -1 where below.
    found : Estimate
    reference : float
        Zero, or the middle of the answer scale.
    smallest : float
        What the claim's word for size asks for, on the scale of the estimate, or a share of the respondents;
        NaN where it has none.
    beyond : Estimate
        How far the answers lie beyond the smallest value, on the side of the claim.
    asked : bool
        Whether this study asked it.
    """

    what: str
    side: int
    found: Estimate = UNESTIMATED
    reference: float = 0.0
    speaks_of_size: bool = False
    smallest: float = math.nan
    beyond: Estimate = UNESTIMATED
    asked: bool = True


def gather_evidence(
    study: Study,
    evidence: Evidence,
    scores: pd.DataFrame,
    paths: Mapping[str, pd.DataFrame],
    estimator: str = "main",
) -> Iterator[Piece]:
    """What the answers show of a piece of evidence: one thing, or one for each pair that is compared.

    ``paths`` holds the standardised solutions of the models that it names, with the ``df`` of their errors.
    """
    match evidence:
        case PathEvidence():
            yield path_piece(study, evidence, paths[evidence.model])
        case LevelEvidence():
            yield level_piece(study, evidence, scores)
        case StrongerEvidence():
            yield from stronger_pieces(study, evidence, estimator)
        case DifferenceEvidence():
            yield difference_piece(study, evidence, scores)


def path_piece(study: Study, evidence: PathEvidence, solution: pd.DataFrame) -> Piece:
    """A regression against zero, from the standardised solution of its model."""
    named = (solution["lhs"] == evidence.outcome) & (solution["rhs"] == evidence.predictor)
    row = solution[named & (solution["op"] == "~")].iloc[0]
    side, df = 1 if evidence.sign == "positive" else -1, float(row["df"])
    estimate = Estimate(row["est_std"], row["se"], df)
    what = f"{variable_label(study, evidence.predictor)} → {variable_label(study, evidence.outcome)}"
    if evidence.size is None:
        return Piece(what, side, estimate)
    least = SMALLEST_PATH if evidence.smallest is None else evidence.smallest
    beyond = Estimate(side * estimate.value - least, estimate.se, df)
    return Piece(what, side, estimate, speaks_of_size=True, smallest=side * least, beyond=beyond)


def level_piece(study: Study, evidence: LevelEvidence, scores: pd.DataFrame) -> Piece:
    """A mean score against the middle of its answer scale."""
    construct, side = evidence.construct_, 1 if evidence.side == "above" else -1
    values, clusters = scores[construct].dropna(), study.clusters
    middle = study.instrument.answer_scales[study.instrument.constructs[construct].answer_scale].midpoint
    what = words(study.language)("evidence.mean", construct=study.label(construct))
    found = mean_estimate(values, clusters)
    if evidence.size is None:
        return Piece(what, side, found, middle)
    distance = side * (values - middle)
    if evidence.size == "most":
        least = SMALLEST_SHARE if evidence.smallest is None else evidence.smallest
        smallest, beyond = least, mean_estimate((distance > 0) - least, clusters)
    elif evidence.smallest is None:
        smallest = middle + side * SMALLEST_DISTANCE * float(values.std())
        beyond = mean_estimate(distance - SMALLEST_DISTANCE * linearised_sd(values), clusters)
    else:
        smallest = middle + side * evidence.smallest
        beyond = mean_estimate(distance - evidence.smallest, clusters)
    return Piece(what, side, found, middle, True, smallest, beyond)


def stronger_pieces(study: Study, evidence: StrongerEvidence, estimator: str) -> Iterator[Piece]:
    """Each pair of latent correlations with the outcome, their difference against zero."""
    say, outcome = words(study.language), study.label(evidence.outcome)
    pairs = [(first, second) for first in evidence.constructs for second in evidence.than]
    try:
        found = compare_latent_correlations(
            study, evidence.outcome, evidence.constructs, evidence.than, estimator=estimator
        )
        each = zip(found["difference"], found["se"], found["df"], strict=True)
        estimates = [Estimate(value, se, df) for value, se, df in each]
    except (NotConverged, NotPositiveDefinite):
        estimates = [UNESTIMATED] * len(pairs)
    for (first, second), estimate in zip(pairs, estimates, strict=True):
        named = {"outcome": outcome, "first": study.label(first), "second": study.label(second)}
        yield Piece(say("evidence.stronger", **named), 1, estimate)


def difference_piece(study: Study, evidence: DifferenceEvidence, scores: pd.DataFrame) -> Piece:
    """The difference between the means of two levels against zero."""
    construct = study.label(evidence.construct_)
    if evidence.group not in study.responses:
        return Piece(construct, 1, asked=False)
    higher, lower = (study.level_label(evidence.group, level) for level in (evidence.higher, evidence.lower))
    what = words(study.language)("evidence.difference", construct=construct, higher=higher, lower=lower)
    if not enough(study, evidence.group, evidence.higher, evidence.lower):
        return Piece(what, 1)
    found = difference_estimate(
        scores[evidence.construct_],
        study.responses[evidence.group],
        evidence.higher,
        evidence.lower,
        study.clusters,
    )
    return Piece(what, 1, found)


def linearised_sd(values: pd.Series) -> pd.Series:
    """Numbers whose mean is the standard deviation s, and whose spread is that of its sampling.

    s + ((x − x̄)² − s²) / 2s, so that a mean and a standard deviation can be weighed in one test.
    """
    s = float(values.std(ddof=0))
    return s + ((values - values.mean()) ** 2 - s**2) / (2 * s) if s else values * 0.0


def enough(study: Study, group: str, *levels: str) -> bool:
    """Whether each of these levels, and everybody else, is enough; a difference tells no count."""
    sizes = level_sizes(study, group)["n"]
    shown = pd.Series(False, sizes.index)
    found = estimable(sizes, shown, study.settings.min_group, len(study.responses))
    return all(bool(found.get(level, False)) for level in levels)


def variable_label(study: Study, name: str) -> str:
    """A variable of a model as a reader sees it: a construct, a factor of the model or an item.

    The only item of a construct stands for it.
    """
    if name in study.instrument.constructs:
        return study.label(name)
    if name in study.instrument.factors:
        return study.instrument.factors[name][study.language]
    if name in study.instrument.items:
        construct = study.instrument.construct_of(name)
        return study.label(construct) if len(study.items_of(construct)) == 1 else name
    return name

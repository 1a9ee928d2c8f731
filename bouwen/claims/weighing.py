"""The published findings, one by one, against the answers of this study."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from bouwen.checks import check_known
from bouwen.results import at_level
from bouwen.scales import (
    correlations_difference,
    difference_estimate,
    fit_model,
    mean_estimate,
    score_scales,
)
from bouwen.sem import Fit
from bouwen.survey import DifferenceEvidence, Evidence, LevelEvidence, PathEvidence, StrongerEvidence, Study
from bouwen.words import words

VERDICTS = ("supported", "partly", "undecided", "contradicted", "not asked", "advice")


def weigh_claims(
    study: Study, fits: Mapping[str, Fit] | None = None, *, estimator: str = "main"
) -> pd.DataFrame:
    """Hold every claim of the instrument against the answers.

    A piece of evidence is an estimate with an interval and an expected side of a reference value:
    *supported* when the whole interval lies on that side, *contradicted* when it lies on the other
    side, *undecided* when it holds the reference value.

    Parameters
    ----------
    study : Study
    fits : mapping from model name to Fit, optional
        Models that were fitted already; the others that the claims need are fitted here.
    estimator : str
        Of the models fitted here, see `bouwen.fit_model`.

    Returns
    -------
    DataFrame
        One row per piece of evidence, in the order of the instrument: ``claim kind what estimate reference
        ci_lower ci_upper verdict``. A recommendation has a row with the verdict ``advice``. All intervals are
        of the study's level of confidence.
    """
    fits = dict(fits or {})
    for name in fits:
        check_known("model", name, study.instrument.models)
    scores = score_scales(study)
    rows = []
    for name, claim in study.instrument.claims.items():
        for evidence in claim.evidence:
            if isinstance(evidence, PathEvidence) and evidence.model not in fits:
                fits[evidence.model] = fit_model(study, evidence.model, estimator=estimator)
            rows.append({"claim": name, "kind": evidence.kind, **weigh(study, evidence, scores, fits)})
        if not claim.evidence:
            what = words(study.language).listing([claim_label(study, other) for other in claim.rests_on])
            rows.append({"claim": name, "kind": "advice", "what": what, "verdict": "advice"})
    columns = ["claim", "kind", "what", "estimate", "reference", "ci_lower", "ci_upper", "verdict"]
    return at_level(pd.DataFrame(rows, columns=columns), study.settings.confidence)


def claim_verdicts(evidence: pd.DataFrame) -> pd.Series:
    """The verdict per claim: unanimous evidence decides, and some support makes *partly*.

    What was not asked has no say, unless nothing else was asked.
    """

    def decide(verdicts: pd.Series) -> str:
        found = set(verdicts) - {"not asked"} or {"not asked"}
        if len(found) == 1:
            return str(found.pop())
        return "partly" if "supported" in found else "undecided"

    return evidence.groupby("claim", sort=False)["verdict"].agg(decide)


def claim_label(study: Study, claim: str) -> str:
    """A claim's number in the instrument, as a reader refers to it."""
    return f"{list(study.instrument.claims).index(claim) + 1}"


def weigh(study: Study, evidence: Evidence, scores: pd.DataFrame, fits: Mapping[str, Fit]) -> dict[str, Any]:
    """Estimate, interval and verdict of one piece of evidence."""
    match evidence:
        case PathEvidence():
            return weigh_path(study, evidence, fits[evidence.model])
        case LevelEvidence():
            return weigh_level(study, evidence, scores)
        case StrongerEvidence():
            return weigh_stronger(study, evidence, scores)
        case DifferenceEvidence():
            return weigh_difference(study, evidence, scores)


def weigh_path(study: Study, evidence: PathEvidence, fit: Fit) -> dict[str, Any]:
    """A standardised regression against zero."""
    table = fit.standardized(confidence=study.settings.confidence)
    row = table[
        (table["lhs"] == evidence.outcome) & (table["op"] == "~") & (table["rhs"] == evidence.predictor)
    ].iloc[0]
    what = f"{variable_label(study, evidence.predictor)} → {variable_label(study, evidence.outcome)}"
    return judged(
        what, row["est_std"], row["ci_lower"], row["ci_upper"], 0.0, above=evidence.sign == "positive"
    )


def weigh_level(study: Study, evidence: LevelEvidence, scores: pd.DataFrame) -> dict[str, Any]:
    """A mean score against the middle of its answer scale."""
    construct = evidence.construct_
    mean = mean_estimate(scores[construct], study.clusters)
    lower, upper = mean.interval(study.settings.confidence)
    middle = study.instrument.answer_scales[study.instrument.constructs[construct].answer_scale].midpoint
    what = words(study.language)("evidence.mean", construct=study.label(construct))
    return judged(what, mean.value, lower, upper, middle, above=evidence.side == "above")


def weigh_stronger(study: Study, evidence: StrongerEvidence, scores: pd.DataFrame) -> dict[str, Any]:
    """The difference of two correlations with the outcome against zero."""

    def together(constructs: list[str]) -> pd.Series:
        return ((scores[constructs] - scores[constructs].mean()) / scores[constructs].std()).mean(axis=1)

    found = correlations_difference(
        scores[evidence.outcome],
        together(evidence.constructs),
        together(evidence.than),
        study.settings.confidence,
        study.clusters,
    )
    say = words(study.language)
    first = say.listing([study.label(c) for c in evidence.constructs])
    second = say.listing([study.label(c) for c in evidence.than])
    what = say("evidence.stronger", outcome=study.label(evidence.outcome), first=first, second=second)
    return judged(what, found.difference, found.ci_lower, found.ci_upper, 0.0, above=True)


def weigh_difference(study: Study, evidence: DifferenceEvidence, scores: pd.DataFrame) -> dict[str, Any]:
    """The difference between the means of two levels against zero."""
    if evidence.group not in study.responses:
        return {"what": study.label(evidence.construct_), "verdict": "not asked"}
    higher, lower = (study.level_label(evidence.group, level) for level in (evidence.higher, evidence.lower))
    construct = study.label(evidence.construct_)
    what = words(study.language)("evidence.difference", construct=construct, higher=higher, lower=lower)
    if not enough(study, evidence.group, evidence.higher, evidence.lower):
        return {"what": what, "verdict": "undecided"}
    found = difference_estimate(
        scores[evidence.construct_],
        study.responses[evidence.group],
        evidence.higher,
        evidence.lower,
        study.clusters,
    )
    return judged(what, found.value, *found.interval(study.settings.confidence), 0.0, above=True)


def enough(study: Study, group: str, *levels: str) -> bool:
    """Whether each of these levels has enough respondents for estimates."""
    counts = study.responses[group].value_counts()
    return all(counts.get(level, 0) >= study.settings.min_group for level in levels)


def judged(
    what: str, estimate: float, lower: float, upper: float, reference: float, *, above: bool
) -> dict[str, Any]:
    """A row of evidence with its verdict."""
    if lower <= reference <= upper:
        verdict = "undecided"
    else:
        verdict = "supported" if (lower > reference) == above else "contradicted"
    return {
        "what": what,
        "estimate": estimate,
        "reference": reference,
        "ci_lower": lower,
        "ci_upper": upper,
        "verdict": verdict,
    }


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

"""The published findings from two sides: what the answers of either say, and whether they say it alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from bouwen.claims.verdicts import judge_evidence
from bouwen.claims.weighing import measure_claims
from bouwen.groups import (
    Mirror,
    contrast_gap,
    gap_of,
    judge_differences,
    mirror,
    path_gaps,
    shared_correlation,
)
from bouwen.results import at_level
from bouwen.scales import Estimate, fit_structure, influence_on_correlation, score_scales, z_scores
from bouwen.survey import (
    DifferenceEvidence,
    Evidence,
    LevelEvidence,
    PathEvidence,
    StrongerEvidence,
    Study,
    shared_units,
)

UnitsBySide = tuple[pd.Series, pd.Series]
NO_GAP = Estimate(math.nan, math.nan, math.nan)
MIRRORED_COLUMNS = [
    "claim", "kind", "what", "first", "first_verdict", "second", "second_verdict", "estimate", "ci_lower",
    "ci_upper", "pvalue", "padjusted", "smallest", "detectable", "verdict",
]  # fmt: skip


def mirror_findings(study: Study, other: Study, found: Mirror | None = None) -> pd.DataFrame:
    """Hold every claim that both instruments make against the answers of both sides.

    Parameters
    ----------
    study, other : Study
        Of one instrument, from two perspectives.
    found : Mirror, optional
        From `bouwen.mirror`; made here without it.

    Returns
    -------
    DataFrame
        One row per piece of evidence, in the order of the instrument: ``claim kind what``; what the answers
        of either side show and say, ``first first_verdict second second_verdict``, corrected within a side as
        `bouwen.weigh_claims` does; the first minus the second, ``estimate ci_lower ci_upper pvalue padjusted
        smallest detectable``, and its ``verdict``, corrected over all rows.

    Raises
    ------
    BouwenError
        See `bouwen.mirror`.

    Notes
    -----
    Errors of gaps know which units both sides speak of. Those of paths and of latent correlations
    take from what each respondent does to them how far both sides' estimates go together. What a side did
    not ask, or what too few of its respondents answered, has no gap.
    """
    found = found or mirror(study, other)
    units = shared_units(study, other)
    common = shared_claims(study, other)
    weighed = [
        weighed_claims(
            with_claims(side, common), {side.file.models.structural: fit}, study.settings.confidence
        )
        for side, fit in zip((study, other), found.fits, strict=True)
    ]
    gaps = EvidenceGaps(study, other, found, units)
    rows, at = [], 0
    for name in common:
        for evidence in study.instrument.claims[name].evidence:
            for place in range(len(pieces_of(evidence))):
                one, two = (side.iloc[at] for side in weighed)
                at += 1
                gap, smallest, comparable = gaps.of(evidence, place, one, two)
                rows.append(
                    {"claim": name, "kind": evidence.kind, "what": one["what"]}
                    | {"first": one["estimate"], "first_verdict": one["verdict"]}
                    | {"second": two["estimate"], "second_verdict": two["verdict"]}
                    | {"estimate": gap.value, "se": gap.se, "df": gap.df}
                    | {"smallest": smallest, "comparable": comparable}
                )
    frame = pd.DataFrame(rows)
    judged = judge_differences(frame, study.settings.confidence) if len(frame) else frame
    told = at_level(judged.reindex(columns=MIRRORED_COLUMNS), study.settings.confidence)
    told.attrs["sides"] = found.sides
    return told


def shared_claims(study: Study, other: Study) -> list[str]:
    """Claims that both instruments make, and rest on the same evidence."""
    ours, theirs = study.instrument.claims, other.instrument.claims
    return [name for name in ours if name in theirs and ours[name].evidence == theirs[name].evidence]


def with_claims(study: Study, names: list[str]) -> Study:
    """The study with these claims only."""
    claims = {name: study.instrument.claims[name] for name in names}
    return replace(study, instrument=study.instrument.model_copy(update={"claims": claims}))


def weighed_claims(study: Study, fits: Mapping[str, Any], confidence: float) -> pd.DataFrame:
    """The evidence for a side's claims with its verdicts."""
    pieces = measure_claims(study, fits)
    return judge_evidence(pieces, confidence) if len(pieces) else pieces


def pieces_of(evidence: Evidence) -> list[tuple[str, str]]:
    """The pairs that a piece of evidence compares, one of them where it compares nothing."""
    if isinstance(evidence, StrongerEvidence):
        return [(first, second) for first in evidence.constructs for second in evidence.than]
    return [("", "")]


def estimate_in(row: Mapping[Any, Any]) -> Estimate:
    """The estimate of a row."""
    return Estimate(float(row["estimate"]), float(row["se"]), float(row["df"]))


class EvidenceGaps:
    """The gap between two sides of any piece of evidence."""

    def __init__(self, study: Study, other: Study, found: Mirror, units: UnitsBySide) -> None:
        self.study, self.other, self.found, self.units = study, other, found, units
        self.scores = score_scales(study), score_scales(other)
        self.means: dict[Any, dict[Any, Any]] = found.constructs.to_dict("index")
        self.paths = {study.file.models.structural: found.paths}

    def of(
        self, evidence: Evidence, place: int, one: pd.Series, two: pd.Series
    ) -> tuple[Estimate, float, bool]:
        """The gap, the smallest one that matters, and whether the sides can be compared."""
        match evidence:
            case PathEvidence():
                return self.of_path(evidence)
            case LevelEvidence():
                row = self.means[evidence.construct_]
                return estimate_in(row), float(row["smallest"]), bool(row["comparable"])
            case StrongerEvidence():
                return self.of_stronger(evidence, pieces_of(evidence)[place], one, two)
            case DifferenceEvidence():
                return self.of_difference(evidence, one, two)

    def of_path(self, evidence: PathEvidence) -> tuple[Estimate, float, bool]:
        """From the table of paths of its model, which is fitted here unless it is the structural one."""
        if evidence.model not in self.paths:
            fits = tuple(fit_structure(side, evidence.model) for side in (self.study, self.other))
            self.paths[evidence.model] = path_gaps((fits[0], fits[1]), self.units)
        paths = self.paths[evidence.model]
        named = (paths["lhs"] == evidence.outcome) & (paths["rhs"] == evidence.predictor)
        row = paths[named].to_dict("records")[0]
        comparable = bool(row.get("comparable", self.alike().all()))
        return estimate_in(row), self.study.settings.smallest_path, comparable

    def of_stronger(
        self, evidence: StrongerEvidence, pair: tuple[str, str], one: pd.Series, two: pd.Series
    ) -> tuple[Estimate, float, bool]:
        """Differences of latent correlations, which go together as far as those of scores do."""
        names = [evidence.outcome, *pair]
        moved = []
        for scores in self.scores:
            answered = scores[names].dropna()
            z = z_scores(answered)
            values = influence_on_correlation(z[:, 0], z[:, 1]) - influence_on_correlation(z[:, 0], z[:, 2])
            moved.append(pd.Series(values, answered.index) / len(answered))
        together = shared_correlation(moved[0], moved[1], self.units)
        gap = gap_of(estimate_in(one.to_dict()), estimate_in(two.to_dict()), together)
        return gap, self.study.settings.smallest_path, bool(self.alike()[names].all())

    def of_difference(
        self, evidence: DifferenceEvidence, one: pd.Series, two: pd.Series
    ) -> tuple[Estimate, float, bool]:
        """A difference of two levels on either side, in one regression; none where a side has no estimate."""
        row = self.means[evidence.construct_]
        if pd.isna(one["estimate"]) or pd.isna(two["estimate"]):
            return NO_GAP, math.nan, False
        sides = [
            (scores[evidence.construct_], side.responses[evidence.group])
            for scores, side in zip(self.scores, (self.study, self.other), strict=True)
        ]
        gap = contrast_gap(sides[0], sides[1], [evidence.higher, evidence.lower], self.units)
        return gap, float(row["smallest"]), bool(row["comparable"])

    def alike(self) -> pd.Series:
        """Whether the loadings of each construct are alike on both sides."""
        return self.found.invariance["loadings"].astype(bool)

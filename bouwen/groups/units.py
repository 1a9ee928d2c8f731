"""A study with units that are judged in two roles -> each unit among all, as surely as its answers allow.

References
----------
Morris (1983), Parametric empirical Bayes inference, Journal of the American Statistical Association 78;
Bliese (2000), in Klein & Kozlowski (eds.), Multilevel theory, research, and methods in organizations;
Goldstein & Spiegelhalter (1996), League tables and their limitations, Journal of the Royal Statistical
Society A 159; Spiegelhalter (2005), Funnel plots for comparing institutional performance, Statistics in
Medicine 24.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import DataError, Vector, check_known
from bouwen.groups.funnels import funnel_limits, overdispersion
from bouwen.groups.roles import role_invariance
from bouwen.groups.shrinkage import Shrunken, TooFewUnits, rank_intervals, shrink_means
from bouwen.results import Result, at_level, how_many
from bouwen.scales import intraclass, key_items, score_scales
from bouwen.survey import FEWEST_UNITS, Study, check_is_study, reported_units

FULLY_TOLD, WITH_INTERVAL, NOT_TOLD = "score", "with interval", "not told"
SURE, UNSURE = 0.70, 0.50  # ICC(2) from which scores are told, and from which with their interval only
HIGHER, LOWER, AMONG = "above", "below", "among"
SCORE_COLUMNS = [
    "role", "construct", "unit", "n", "estimate", "ci_lower", "ci_upper", "rank_lower", "rank_upper", "place",
]  # fmt: skip


class NoUnits(DataError):
    """A study that names no units."""

    def __init__(self, study: Study) -> None:
        super().__init__(f'{study.path}: names no units; add "unit:" with its variable and role.')


@dataclass(frozen=True, eq=False, repr=False)
class UnitScores(Result):
    """Units that two roles judge, each among all of them.

    Attributes
    ----------
    unit, role : str
        The variables that name the unit and the role.
    roles : tuple of str
        Both roles; gaps are those of the first minus the second.
    units, left_out : tuple of str
        Units with at least ``min_unit`` answers in both roles, and the others, which count nowhere.
    scores, items : DataFrame
        A row for each role, construct or item, and unit, see `table`; with ``mean se`` too, which stand in
        funnels: the unit's own mean, adjusted for case mix, and its standard error.
    scales : DataFrame
        A row for each role and construct: ``units n mean within between icc1 icc1_ci_lower icc1_ci_upper
        icc2 icc2_ci_lower icc2_ci_upper dispersion shown``; ``shown`` is *score* where ICC(2) is .70 at
        least, *with interval* from .50, *not told* below.
    item_scales : DataFrame
        The same of items.
    gaps : DataFrame
        A row for each construct and unit: ``estimate ci_lower ci_upper common place shown``, what the first
        role says minus what the second says, and the mean gap of all units.
    invariance : DataFrame
        Whether both roles understand a construct alike, see `role_invariance`.
    case_mix : tuple of str
        What scores are adjusted for.
    confidence : float
    min_unit : int
    """

    unit: str
    role: str
    roles: tuple[str, str]
    units: tuple[str, ...]
    left_out: tuple[str, ...]
    scores: pd.DataFrame
    items: pd.DataFrame
    scales: pd.DataFrame
    item_scales: pd.DataFrame
    gaps: pd.DataFrame
    invariance: pd.DataFrame
    case_mix: tuple[str, ...]
    confidence: float
    min_unit: int

    def table(self) -> pd.DataFrame:
        """Scores of units that may be told.

        Returns
        -------
        DataFrame
            ``role construct unit n estimate ci_lower ci_upper rank_lower rank_upper place``: the shrunken
            score on the answer scale with its interval, the interval of its rank (1 is the highest), and
            whether the interval lies *above* or *below* the mean of all units, or *among* them. NaN where
            units' means are too unreliable to be told.
        """
        return at_level(self.scores[SCORE_COLUMNS].copy(), self.confidence)

    def of(self, unit: str) -> pd.DataFrame:
        """The rows of `table` of one unit."""
        check_known("unit", unit, self.units)
        found = self.table()
        return found[found["unit"] == unit].reset_index(drop=True)

    def funnel(self, role: str, construct: str) -> pd.DataFrame:
        """Limits between which units would lie that are alike, by number of answers.

        Returns
        -------
        DataFrame
            Index ``n``; ``lower upper`` at the level of confidence for one unit, ``lower_all upper_all`` for
            all of them together, both widened for overdispersion.
        """
        check_known("role", role, self.roles)
        scale = self.scales.to_dict(orient="index")[role, construct]
        own = self.scores.loc[(self.scores["role"] == role) & (self.scores["construct"] == construct), "n"]
        n = np.arange(int(own.min()), int(own.max()) + 1)
        errors, tail = np.sqrt(scale["within"] / n), (1 - self.confidence) / 2
        one = funnel_limits(scale["mean"], errors, scale["dispersion"], tail)
        all_ = funnel_limits(scale["mean"], errors, scale["dispersion"], tail / int(scale["units"]))
        columns = ["lower", "upper", "lower_all", "upper_all"]
        return pd.DataFrame(np.column_stack([*one, *all_]), pd.Index(n, name="n"), columns)

    def _line(self) -> str:
        told = int((self.scales["shown"] != NOT_TOLD).sum())
        out = self.scores["place"].isin([HIGHER, LOWER]).sum()
        return (
            f"{how_many(len(self.units), 'unit')} in the roles {' and '.join(self.roles)}, scores told of "
            f"{told} of {how_many(len(self.scales), 'scale')}, {out} that stand out"
        )


def unit_scores(study: Study) -> UnitScores:
    """Each unit of a study among all of them, as clients and staff, or two other roles, judge it.

    Scores are shrunken towards the mean of all units, the more so the less their answers tell (empirical
    Bayes with Morris's correction), have an interval, and an interval of their rank instead of a rank. Where
    units' means are unreliable (ICC(2) below .50) no score is told.

    Parameters
    ----------
    study : Study
        With ``unit:``. Units with fewer than ``min_unit`` answers in either role count nowhere.

    Returns
    -------
    UnitScores

    Raises
    ------
    NoUnits, TooFewUnits
        The study names no units, or fewer than ten can be reported.

    Notes
    -----
    Intervals of units that are alike leave out the common mean in 1 of 100 monitors, and hold the truth in 93
    to 97 of 100 cases (`benchmarks/simulations/units.csv`).
    """
    check_is_study(study)
    if (spec := study.file.unit) is None:
        raise NoUnits(study)
    enough = reported_units(study.responses, spec, study.settings.min_unit)
    units, left_out = list(enough.index[enough]), list(enough.index[~enough])
    if len(units) < FEWEST_UNITS:
        raise TooFewUnits(len(units))
    frame = study.responses[study.responses[spec.variable].isin(units) & study.responses[spec.role].notna()]
    first, second = study.levels(spec.role)
    scores = score_scales(study).loc[frame.index]
    answers = key_items(study).loc[frame.index]
    alike = role_invariance(
        answers,
        frame[spec.role].astype(object),
        frame[spec.variable],
        {name: list(study.items_of(name)) for name in study.constructs},
        1 - study.settings.confidence,
    )
    of_scales, of_items = (Monitored(study, frame, values).told() for values in (scores, answers))
    return UnitScores(
        spec.variable,
        spec.role,
        (first, second),
        tuple(map(str, units)),
        tuple(map(str, left_out)),
        of_scales[0],
        of_items[0].rename(columns={"construct": "item"}),
        of_scales[1],
        of_items[1].rename_axis(["role", "item"]),
        unit_gaps(*of_scales, (first, second), study.settings.confidence),
        alike,
        tuple(spec.case_mix),
        study.settings.confidence,
        study.settings.min_unit,
    )


@dataclass(frozen=True, eq=False)
class Monitored:
    """Values of respondents, by column, and who they are."""

    study: Study
    frame: pd.DataFrame
    values: pd.DataFrame

    def told(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Rows of units, and of scales, for each role and column."""
        rows, scales, spec = [], {}, self.study.file.unit
        assert spec is not None
        for role in self.study.levels(spec.role):
            members = self.frame[self.frame[spec.role] == role]
            for k, name in enumerate(self.values.columns):
                own, scale = self.column(members, self.values.loc[members.index, name], k)
                rows.append(own.assign(role=role, construct=name))
                scales[role, name] = scale
        index = pd.MultiIndex.from_tuples(scales, names=["role", "construct"])
        columns = [*SCORE_COLUMNS, "mean", "se"]
        return pd.concat(rows, ignore_index=True)[columns], pd.DataFrame(list(scales.values()), index=index)

    def column(
        self, members: pd.DataFrame, values: pd.Series, number: int
    ) -> tuple[pd.DataFrame, dict[str, Any]]:
        """Units in one column, and what they are together."""
        study, spec = self.study, self.study.file.unit
        assert spec is not None
        there = values.notna()
        counts = members.loc[there, spec.variable].value_counts()
        kept = sorted(counts.index[counts >= study.settings.min_unit])
        if len(kept) < FEWEST_UNITS:
            raise TooFewUnits(len(kept), f"{values.name}: ")
        members = members[there & members[spec.variable].isin(kept)]
        scores, unit = values.loc[members.index].astype(float), members[spec.variable].astype(object)
        found = unit_means(scores, unit, members[spec.case_mix])
        icc = intraclass(scores, unit, confidence=study.settings.confidence)
        shrunken = shrink_means(found["mean"].to_numpy(), found["se"].to_numpy() ** 2)
        shown = FULLY_TOLD if icc.icc2 >= SURE else WITH_INTERVAL if icc.icc2 >= UNSURE else NOT_TOLD
        mean, within = float(shrunken.mean), float((found["se"] ** 2 * found["n"]).median())
        z = (found["mean"] - mean) / found["se"]
        names = ["icc1", "icc1_ci_lower", "icc1_ci_upper", "icc2", "icc2_ci_lower", "icc2_ci_upper"]
        scale: dict[str, Any] = {"units": len(kept), "n": len(scores), "mean": mean, "within": within}
        scale |= {"between": float(shrunken.between)} | {name: getattr(icc, name) for name in names}
        scale |= {"dispersion": overdispersion(z.to_numpy()), "shown": shown}
        return found.assign(**self.figures(shrunken, number, shown)).reset_index(names="unit"), scale

    def figures(self, shrunken: Shrunken, number: int, shown: str) -> dict[str, Any]:
        """What may be told of each unit."""
        settings, k = self.study.settings, len(shrunken.estimates)
        names = ["estimate", "ci_lower", "ci_upper", "rank_lower", "rank_upper"]
        if shown == NOT_TOLD:
            return dict.fromkeys(names, np.full(k, math.nan)) | {"place": [""] * k}
        ends = shrunken.intervals(settings.confidence)
        ranks = rank_intervals(
            shrunken.estimates, shrunken.errors, confidence=settings.confidence, seed=settings.seed + number
        )
        values = (shrunken.estimates, *ends, *ranks)
        return dict(zip(names, values, strict=True)) | {"place": unit_places(*ends, float(shrunken.mean))}


def unit_places(lower: Vector, upper: Vector, mean: float) -> list[str]:
    """Whether each interval lies above or below a mean, or holds it."""
    ends = zip(lower, upper, strict=True)
    return [HIGHER if low > mean else LOWER if high < mean else AMONG for low, high in ends]


def unit_means(scores: pd.Series, unit: pd.Series, traits: pd.DataFrame) -> pd.DataFrame:
    """Means of units and their standard errors, adjusted for who answered.

    With dⱼ how the unit's mean traits differ from those of all, and b the slopes of scores on traits within
    units: Ȳⱼ − dⱼᵀb, with variance s²/nⱼ + dⱼᵀ Cov(b) dⱼ and s² that within units around the slopes.

    Parameters
    ----------
    scores, unit : Series (n,)
    traits : DataFrame (n, traits)
        Categories; who left one open is a category of its own. None for means as they are.

    Returns
    -------
    DataFrame
        Index unit, in alphabetical order; ``n mean se``.
    """
    by = scores.groupby(unit)
    n, mean = by.size(), by.mean()
    X = trait_columns(traits)
    within_x = X - X.groupby(unit).transform("mean")
    varying = within_x.columns[(within_x.abs() > 1e-12).any()]
    X, W = X[varying], within_x[varying].to_numpy()
    y = (scores - by.transform("mean")).to_numpy()
    slopes, _, rank, _ = np.linalg.lstsq(W, y, rcond=None) if W.shape[1] else (np.zeros(0), 0, 0, 0)
    s2 = float(np.sum((y - W @ slopes) ** 2)) / (len(y) - len(n) - int(rank))
    away = (X.groupby(unit).mean() - X.mean()).to_numpy()
    cov = s2 * np.linalg.pinv(W.T @ W)
    variance = s2 / n.to_numpy() + np.einsum("ui,ij,uj->u", away, cov, away)
    return pd.DataFrame({"n": n, "mean": mean - away @ slopes, "se": np.sqrt(variance)})


def trait_columns(traits: pd.DataFrame) -> pd.DataFrame:
    """Categories as columns of noughts and ones, the first of each variable left out."""
    parts = [
        pd.get_dummies(traits[name].astype(object).fillna("(open)"), prefix=str(name), drop_first=True)
        for name in traits
    ]
    return pd.concat(parts, axis=1).astype(float) if parts else pd.DataFrame(index=traits.index)


def unit_gaps(
    scores: pd.DataFrame, scales: pd.DataFrame, roles: Sequence[str], confidence: float
) -> pd.DataFrame:
    """What the first role says of each unit minus what the second says, shrunken towards the mean gap.

    Both means of a unit are of other respondents, so the variance of their difference is the sum of both.
    """
    parts = []
    for construct in scores["construct"].unique():
        own = scores[scores["construct"] == construct]
        one, two = (own[own["role"] == role].set_index("unit") for role in roles)
        both = one.index.intersection(two.index)
        mean = (one["mean"] - two["mean"]).loc[both]
        variance = (one["se"] ** 2 + two["se"] ** 2).loc[both]
        told = all(scales.loc[(role, construct), "shown"] != NOT_TOLD for role in roles)
        found = shrink_means(mean.to_numpy(), variance.to_numpy())
        lower, upper = found.intervals(confidence)
        rows = pd.DataFrame({"construct": construct, "unit": both, "estimate": found.estimates})
        rows = rows.assign(ci_lower=lower, ci_upper=upper, common=float(found.mean))
        rows = rows.assign(place=unit_places(lower, upper, float(found.mean)), shown=told)
        if not told:
            rows[["estimate", "ci_lower", "ci_upper"]] = math.nan
            rows["place"] = ""
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)

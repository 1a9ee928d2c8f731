"""Answers of people within groups -> how alike the members of a group answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bouwen.checks import DataError, check_answers, check_confidence
from bouwen.results import Result, at_level, how_many, within
from bouwen.scales.given import UnknownGroup, read_scales
from bouwen.scales.scoring import score_scales

if TYPE_CHECKING:
    from bouwen.survey import Study


class NoGroups(DataError):
    """Fewer than two groups, or no group with two respondents."""

    def __init__(self, groups: int, n: int) -> None:
        self.groups, self.n = groups, n
        super().__init__(
            f"needs two groups, one of them of two respondents; found {groups} groups and {n} respondents."
        )


@dataclass(frozen=True, eq=False, repr=False)
class Intraclass(Result):
    """How much of the differences between respondents lies between groups.

    Attributes
    ----------
    icc1, icc1_ci_lower, icc1_ci_upper : float
        Share of variance between groups; how much one member tells about the group.
    icc2, icc2_ci_lower, icc2_ci_upper : float
        Reliability of a group's mean.
    f, df1, df2, pvalue : float
        One-way analysis of variance.
    groups, n : int
    size : float
        Average group size, weighted for unequal sizes.
    confidence : float
        Level of the intervals.
    """

    icc1: float
    icc1_ci_lower: float
    icc1_ci_upper: float
    icc2: float
    icc2_ci_lower: float
    icc2_ci_upper: float
    f: float
    df1: int
    df2: int
    pvalue: float
    groups: int
    n: int
    size: float
    confidence: float = 0.95

    def table(self) -> pd.DataFrame:
        """One row with every figure."""
        return pd.DataFrame([{name: getattr(self, name) for name in self.__dataclass_fields__}])

    def _line(self) -> str:
        one = within(self.icc1, self.icc1_ci_lower, self.icc1_ci_upper)
        two = within(self.icc2, self.icc2_ci_lower, self.icc2_ci_upper)
        return f"ICC(1) = {one}, ICC(2) = {two}, {how_many(self.groups, 'group')}, n = {self.n}"


def intraclass(scores: pd.Series, groups: pd.Series, *, confidence: float = 0.95) -> Intraclass:
    """ICC(1) and ICC(2) from a one-way random effects analysis of variance, with exact intervals.

    ICC(1) = (MSB − MSW) / (MSB + (k − 1) MSW), ICC(2) = (MSB − MSW) / MSB, with
    k = (N − Σnᵍ²/N) / (G − 1). Negative estimates are reported as they are.

    Parameters
    ----------
    scores, groups : Series
        A score and a group for every respondent; rows without either are left out.
    confidence : float
        The interval is exact for groups of equal size.

    References
    ----------
    Shrout & Fleiss (1979), Psychological Bulletin 86; Bliese (2000), in Klein & Kozlowski (eds.).
    """
    from scipy.special import fdtrc, fdtri

    check_confidence(confidence)
    numbers = check_answers(scores.to_frame(scores.name or "score"), what="ICC").iloc[:, 0]
    frame = pd.DataFrame({"score": numbers, "group": groups}).dropna()
    sizes = frame.groupby("group", observed=True)["score"].size().to_numpy(dtype=float)
    N, G = len(frame), len(sizes)
    if G < 2 or N <= G:
        raise NoGroups(G, N)
    within = frame["score"] - frame.groupby("group", observed=True)["score"].transform("mean")
    total = float(((frame["score"] - frame["score"].mean()) ** 2).sum())
    ssw = float((within**2).sum())
    df1, df2 = G - 1, N - G
    msb, msw = (total - ssw) / df1, ssw / df2
    k = (N - np.sum(sizes**2) / N) / df1
    with np.errstate(divide="ignore"):
        f = float(np.divide(msb, msw))
    tail = (1 - confidence) / 2
    lower, upper = f / fdtri(df1, df2, 1 - tail), f / fdtri(df1, df2, tail)
    return Intraclass(
        icc1=_icc1(f, k),
        icc1_ci_lower=_icc1(lower, k),
        icc1_ci_upper=_icc1(upper, k),
        icc2=_icc2(f),
        icc2_ci_lower=_icc2(lower),
        icc2_ci_upper=_icc2(upper),
        f=f,
        df1=df1,
        df2=df2,
        pvalue=float(fdtrc(df1, df2, f)),
        groups=G,
        n=N,
        size=float(k),
        confidence=confidence,
    )


def _icc1(f: float, k: float) -> float:
    return 1.0 if np.isinf(f) else float((f - 1) / (f + k - 1))


def _icc2(f: float) -> float:
    return float(1 - 1 / f) if f > 0 else -np.inf


def within_agreement(items: pd.DataFrame, groups: pd.Series, *, answers: int) -> pd.DataFrame:
    """r_wg(J): how far the members of each group agree, against answering at random.

    J (1 − s̄²/σ²) / {J (1 − s̄²/σ²) + s̄²/σ²}, with s̄² the mean variance of the J items within the group
    and σ² = (A² − 1)/12 that of A equally likely answers. Where members disagree more than at random it is 0.

    Parameters
    ----------
    items : DataFrame
        Reversed items turned.
    groups : Series
    answers : int
        How many answers the scale offers, A.

    Returns
    -------
    DataFrame
        Index: group; columns ``n`` (members with all answers) and ``r_wg``, NaN for groups of one.

    References
    ----------
    James, Demaree & Wolf (1984), Journal of Applied Psychology 69.
    """
    complete = check_answers(items, what="r_wg").dropna()
    by = complete.groupby(groups.reindex(complete.index), observed=True)
    share = by.var(ddof=1).mean(axis=1) / ((answers**2 - 1) / 12)
    agreement, J = 1 - share, items.shape[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        r = (J * agreement / (J * agreement + share)).where(agreement > 0, 0.0)
    return pd.DataFrame({"n": by.size(), "r_wg": r.where(by.size() > 1)})


def nested_statistics(
    scales: pd.DataFrame | Study, group: str, *, confidence: float | None = None
) -> pd.DataFrame:
    """ICC(1), ICC(2) and the median r_wg of every construct, for respondents nested in a background variable.

    Parameters
    ----------
    scales : Study, or DataFrame with the items of one scale and the groups
    group : str
        The background variable, or the column.
    confidence : float, optional
        Level of the intervals; the study's own, or .95.

    Returns
    -------
    DataFrame
        Index ``construct``; columns ``groups n size icc1 icc1_ci_lower icc1_ci_upper icc2 pvalue
        r_wg_median``.
    """
    frame = scales if isinstance(scales, pd.DataFrame) else scales.responses
    if group not in frame.columns:
        raise UnknownGroup(group)
    given = read_scales(scales.drop(columns=group) if isinstance(scales, pd.DataFrame) else scales)
    level = given.confidence if confidence is None else confidence
    scores = score_scales({name: given.of(name) for name in given.items})
    rows, members = {}, frame[group]
    for construct, names in given.items.items():
        found = intraclass(scores[construct], members, confidence=level)
        lowest, highest = given.ends[names[0]]
        agreement = within_agreement(given.of(construct), members, answers=int(highest - lowest) + 1)
        wanted = ["groups", "n", "size", "icc1", "icc1_ci_lower", "icc1_ci_upper", "icc2", "pvalue"]
        rows[construct] = {name: getattr(found, name) for name in wanted}
        rows[construct]["r_wg_median"] = float(agreement["r_wg"].median())
    return at_level(pd.DataFrame.from_dict(rows, orient="index").rename_axis("construct"), level)

"""Codes -> how many respondents speak of a theme, with what it is safe to tell of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from bouwen.checks import NotACount, check_confidence, check_count
from bouwen.results import Result, at_level, how_many
from bouwen.scales import clustered_regression
from bouwen.survey import Study, check_is_study, hidden, share_step
from bouwen.themes.codes import CodedAnswers

ALL_LEVELS = ""  # the level of all respondents together


@dataclass(frozen=True, eq=False, repr=False)
class ThemePrevalence(Result):
    """Shares of respondents who speak of each theme, as they may be told.

    Attributes
    ----------
    shares : DataFrame
        A row for each level and theme: ``level theme n share ci_lower ci_upper``. Of a theme of which fewer
        respondents speak than may be told, or all but as few, ``share`` and ``ci_lower`` are missing and
        ``ci_upper`` is what the largest such number would have.
    together : DataFrame
        A row for two themes: ``theme other n share``, the share that speaks of both; missing where it or
        what follows from it is of too few.
    confidence : float
    """

    shares: pd.DataFrame
    together: pd.DataFrame
    confidence: float

    def table(self) -> pd.DataFrame:
        """``shares``, a copy."""
        return at_level(self.shares.copy(), self.confidence)

    def _line(self) -> str:
        themes = self.shares["theme"].nunique()
        return f"{how_many(themes, 'theme')}, at most {int(self.shares['n'].max())} respondents"


def share_interval(
    count: int, n: int, *, design_effect: float = 1.0, df: float = math.inf, confidence: float = 0.95
) -> tuple[float, float]:
    """Wilson's interval of a share; of none, and of all, the rule of three for both sides.

    (p + z²/2n* ± z √(p(1 − p)/n* + z²/4n*²)) / (1 + z²/n*), with n* = n/deff · (z/t)² where respondents are
    nested. Of zero the upper limit is 1 − ((1 − confidence)/2)^(1/n*), some 3.7/n* at 95 %: the rule of
    three, 3/n, is a limit for one side, and as that of an interval covers too little (92.4 % at n = 60 and
    a share of .05).

    Parameters
    ----------
    count, n : int
        How many of how many.
    design_effect : float, default 1
        The variance of the share over what it would be without clusters; below 1 counts as 1.
    df : float, default infinite
        Degrees of freedom of that variance, for Student's t.
    confidence : float, default 0.95

    Returns
    -------
    tuple of two floats

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22; Korn & Graubard (1998), Survey
    Methodology 24; Dean & Pagano (2015), Journal of Survey Statistics and Methodology 3; Hanley &
    Lippman-Hand (1983), Journal of the American Medical Association 249.

    >>> [round(limit, 4) for limit in share_interval(15, 60)]
    [0.1578, 0.3723]
    >>> [round(limit, 4) for limit in share_interval(0, 60)]
    [0.0, 0.0596]
    """
    from scipy.special import ndtri, stdtrit

    check_confidence(confidence)
    check_count("n", n, 1)
    check_count("count", count)
    if count > n:
        raise NotACount("count", count, 0)
    z = float(ndtri((1 + confidence) / 2))
    t = z if math.isinf(df) else float(stdtrit(df, (1 + confidence) / 2))
    size = n / max(design_effect, 1.0) * (z / t) ** 2
    if count in (0, n):
        limit = ((1 - confidence) / 2) ** (1 / size)
        return (0.0, 1 - limit) if count == 0 else (limit, 1.0)
    p = count / n
    middle, half = p + z**2 / (2 * size), z * math.sqrt(p * (1 - p) / size + z**2 / (4 * size**2))
    return (middle - half) / (1 + z**2 / size), (middle + half) / (1 + z**2 / size)


def clustered_share(
    seen: pd.Series, clusters: pd.Series | None, confidence: float = 0.95
) -> tuple[float, float, float]:
    """A share of respondents with its interval, wider where those of a cluster resemble each other.

    Parameters
    ----------
    seen : Series of bool (n,)
    clusters : Series, optional
        Each respondent's cluster, by the index of ``seen``.
    confidence : float, default 0.95

    Returns
    -------
    tuple of three floats
        Share, lower and upper limit; see `share_interval`. The design effect is the CR2 variance of the mean
        over p(1 − p)/(n − 1), with Satterthwaite's degrees of freedom. Of none and of all it cannot be
        estimated, and each cluster counts as one.
    """
    n, count = len(seen), int(seen.sum())
    if clusters is None or n < 2:
        return (count / n, *share_interval(count, n, confidence=confidence))
    own = clusters.reindex(seen.index)
    if count in (0, n):
        size = own.nunique()
        return (count / n, *share_interval(size if count else 0, size, confidence=confidence))
    mean = clustered_regression(seen.astype(float), pd.DataFrame(index=seen.index), own).contrast(np.ones(1))
    p = count / n
    deff = mean.se**2 / (p * (1 - p) / (n - 1))
    df = max(mean.df, 1.0)
    return (p, *share_interval(count, n, design_effect=deff, df=df, confidence=confidence))


def theme_prevalence(
    study: Study, codes: CodedAnswers, *, group: str | None = None, confidence: float | None = None
) -> ThemePrevalence:
    """How many respondents speak of each theme, in all and by level of a group, as it may be told.

    A respondent counts who gave an answer that a coder read, and speaks of a theme where half or more of
    those who read one of the answers saw it there. Shares are rounded and left out by the rules for all
    counts of a study (``settings.min_cell``).

    Parameters
    ----------
    study : Study
    codes : CodedAnswers
        As `read_codes` reads them.
    group : str, optional
        A categorical background variable.
    confidence : float, optional
        Level of the intervals; the study's own without it.

    Returns
    -------
    ThemePrevalence

    Raises
    ------
    UnknownName
        There is no such group.

    References
    ----------
    See `share_interval`.
    """
    check_is_study(study)
    level = study.settings.confidence if confidence is None else confidence
    check_confidence(level)
    speaks = speakers(codes)
    whole = pd.Series(ALL_LEVELS, speaks.index)
    tables = [told_levels(study, speaks, whole, (ALL_LEVELS,), level)]
    if group is not None:
        levels = study.levels(group)
        own = study.responses[group].astype(object).reindex(speaks.index)
        tables.append(told_levels(study, speaks, own, levels, level))
    shares = pd.concat(tables, ignore_index=True)
    return ThemePrevalence(shares, told_together(study, speaks), level)


def speakers(codes: CodedAnswers) -> pd.DataFrame:
    """Who speaks of what: (respondents, themes)."""
    by_answer = pd.DataFrame(
        {theme: table.mean(axis=1) >= 0.5 for theme, table in codes.ratings().items()},
        index=codes.respondents.index,
    )
    return by_answer.groupby(level=0, sort=False).any()


def told_levels(
    study: Study, speaks: pd.DataFrame, own: pd.Series, levels: Sequence[str], confidence: float
) -> pd.DataFrame:
    """Shares of each theme by level as a reader may see them, so that none follows from the others."""
    inside = {name: (own == name).to_numpy(dtype=bool) for name in levels}
    left = ~np.any(list(inside.values()), axis=0)
    sizes = pd.Series([who.sum() for who in (*inside.values(), left)])
    rows = []
    for theme in speaks.columns:
        seen = speaks[theme].to_numpy(dtype=bool)
        counts = pd.Series([(seen & who).sum() for who in (*inside.values(), left)])
        secret = not_told(study, counts) | not_told(study, sizes - counts)
        for (name, who), unsaid in zip(inside.items(), secret, strict=False):
            rows.append(
                {"level": name, "theme": theme} | told_share(study, speaks[theme][who], unsaid, confidence)
            )
    order = pd.DataFrame(rows)
    return order.sort_values("level", key=lambda c: c.map(list(levels).index), kind="stable")


def not_told(study: Study, counts: pd.Series) -> pd.Series:
    """Which counts of levels may not be told; a last one of nobody is no level."""
    present = counts if counts.iloc[-1] else counts.iloc[:-1]
    least, width = study.settings.min_cell, study.settings.min_width
    if len(present) == 1:
        return present < least
    return hidden(present, least, width)


def told_share(study: Study, seen: pd.Series, unsaid: bool, confidence: float) -> dict[str, float]:
    """A share with its interval as a reader may see it."""
    least, n, count = study.settings.min_cell, len(seen), int(seen.sum())
    row = {"n": float(n), "share": np.nan, "ci_lower": np.nan, "ci_upper": np.nan}
    if n < 2 * least:
        return row | {"n": float(n) if n >= least else np.nan}
    if unsaid:
        return row | ({"ci_upper": upper_of_few(study, seen, confidence)} if count < least else {})
    share, lower, upper = clustered_share(seen, study.clusters, confidence)
    step = share_step(n)
    return row | {
        "share": round(share / step) * step,
        "ci_lower": max(math.floor(lower / step) * step, 0.0),
        "ci_upper": rounded_up(upper, n),
    }


def upper_of_few(study: Study, seen: pd.Series, confidence: float) -> float:
    """The upper limit of the largest number that may not be told; a cluster counts as one respondent."""
    n, clusters = len(seen), study.clusters
    effect = 1.0 if clusters is None else n / clusters.reindex(seen.index).nunique()
    few = study.settings.min_cell - 1
    return rounded_up(share_interval(few, n, design_effect=effect, confidence=confidence)[1], n)


def rounded_up(share: float, n: int) -> float:
    """An upper limit in whole steps of the study."""
    return min(math.ceil(share / share_step(n)) * share_step(n), 1.0)


def told_together(study: Study, speaks: pd.DataFrame) -> pd.DataFrame:
    """Shares that speak of two themes; only where all four cells of the two are large enough."""
    n, step, least = len(speaks), share_step(max(len(speaks), 1)), study.settings.min_cell
    rows = []
    for one, other in combinations(speaks.columns, 2):
        a, b = speaks[one], speaks[other]
        cells = [int(found.sum()) for found in (a & b, a & ~b, ~a & b, ~a & ~b)]
        told = min(cells) >= least
        share = round(cells[0] / n / step) * step if told else np.nan
        rows.append({"theme": one, "other": other, "n": n if n >= least else np.nan, "share": share})
    return pd.DataFrame(rows, columns=["theme", "other", "n", "share"])

"""Answers with gaps -> where the gaps are, and whether they depend on the answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import DataError, check_answers
from bouwen.results import Result, chisq_line, how_many
from bouwen.scales.given import Items, answers_of
from bouwen.scales.matrices import refuse_singular
from bouwen.sem import GapsTooLarge, em_moments, find_patterns


class NoGaps(DataError):
    """Every respondent answered every item."""

    def __init__(self, n: int) -> None:
        self.n = n
        super().__init__(f"all {n} respondents answered every item; there are no gaps to test.")


def missing_patterns(items: Items) -> pd.DataFrame:
    """Which items were left out together, by how many respondents.

    Returns
    -------
    DataFrame
        One row per pattern, the most frequent first: ``n share n_missing missing_items`` (names joined by
        commas, empty for complete answers).
    """
    gaps = answers_of(items).isna()
    counts = gaps.value_counts(sort=True)
    names = np.asarray(gaps.columns, dtype=str)
    patterns = [np.atleast_1d(np.asarray(key, dtype=bool)) for key in counts.index]
    return pd.DataFrame(
        {
            "n": counts.to_numpy(),
            "share": counts.to_numpy() / max(len(gaps), 1),
            "n_missing": [int(pattern.sum()) for pattern in patterns],
            "missing_items": [", ".join(names[pattern]) for pattern in patterns],
        }
    )


def common_patterns(items: pd.DataFrame, min_cell: int) -> pd.DataFrame:
    """Patterns that at least ``min_cell`` respondents share, and all others together.

    If fewer than that would be left for the last row, the rarest common pattern joins them, so that no
    small number can be found by subtraction.

    Parameters
    ----------
    items : DataFrame
        One column per item, NaN where no answer was given.
    min_cell : int
        The smallest number of respondents that may be shown.

    Returns
    -------
    DataFrame
        One row per pattern, the most frequent first, those taken together last. ``n``, ``patterns`` (how many
        the row stands for), and a column per item: the share of the row's respondents who left it open, NaN
        where that share stands for fewer than ``min_cell`` or, among several patterns, for none.
    """
    gaps = items.isna().to_numpy()
    patterns, place, sizes = np.unique(gaps, axis=0, return_inverse=True, return_counts=True)
    kept = [k for k in np.argsort(-sizes, kind="stable") if sizes[k] >= min_cell]
    if 0 < len(items) - sizes[kept].sum() < min_cell:
        kept = kept[:-1]
    rows = [(int(sizes[k]), 1, *patterns[k].astype(float)) for k in kept]
    others = gaps[~np.isin(place.ravel(), kept)]
    if n := len(others):
        counts = others.sum(axis=0)
        shares = np.where(counts >= min_cell, counts / n, np.nan)
        rows.append((n, len(sizes) - len(kept), *shares))
    return pd.DataFrame(rows, columns=["n", "patterns", *items.columns])


@dataclass(frozen=True, eq=False, repr=False)
class LittleTest(Result):
    """Little's test that answers are missing completely at random.

    Attributes
    ----------
    chisq, df, pvalue : float
    patterns : int
        Patterns of missing answers, complete answers included.
    n : int
        Respondents with at least one answer.
    missing : float
        Share of their answers that is missing.
    """

    chisq: float
    df: int
    pvalue: float
    patterns: int
    n: int
    missing: float

    def table(self) -> pd.DataFrame:
        """One row."""
        return pd.DataFrame([{name: getattr(self, name) for name in self.__dataclass_fields__}])

    def _line(self) -> str:
        test = chisq_line(self.chisq, self.df, self.pvalue)
        return f"{test}, {how_many(self.patterns, 'pattern')}, n = {self.n}"


def little_mcar(items: Items) -> LittleTest:
    """Little's test that respondents with the same gaps have the means that everyone has.

    Σ_k n_k (x̄_k − μ̂_k)ᵀ Σ̂_k⁻¹ (x̄_k − μ̂_k) over the patterns k, with Σ p_k − p degrees of freedom; μ̂ and
    Σ̂ by maximum likelihood, Σ̂ over n. A small probability says that gaps depend on something; a large one
    does not say that they depend on nothing.

    Raises
    ------
    DataError
        No gaps, a constant or textual item, or answers too few for the covariances.

    References
    ----------
    Little (1988), Journal of the American Statistical Association 83.
    """
    from scipy.special import chdtrc

    answers = check_answers(answers_of(items), what="Little's test")
    X = answers.to_numpy()
    if not np.isnan(X).any():
        raise NoGaps(len(X))
    moments = saturated_moments(answers)
    mean, cov = moments.mean.to_numpy(), moments.cov.to_numpy()
    patterns = find_patterns([X])
    chisq, df = 0.0, -X.shape[1]
    for n, observed, centre in zip(patterns.n, patterns.observed, patterns.mean, strict=True):
        seen = np.flatnonzero(observed)
        d = centre[seen] - mean[seen]
        chisq += float(n * d @ np.linalg.solve(cov[np.ix_(seen, seen)], d))
        df += len(seen)
    return LittleTest(chisq, df, float(chdtrc(df, chisq)), len(patterns.n), len(X), float(np.isnan(X).mean()))


@dataclass(frozen=True, eq=False, repr=False)
class SaturatedMoments(Result):
    """Means and covariances (over n) by maximum likelihood from all answers given."""

    mean: pd.Series
    cov: pd.DataFrame
    n: int

    def table(self) -> pd.DataFrame:
        """Mean and standard deviation of every item."""
        return pd.DataFrame({"mean": self.mean, "sd": np.sqrt(np.diag(self.cov))}, index=self.mean.index)

    def _line(self) -> str:
        return f"{how_many(len(self.mean), 'item')}, n = {self.n}"


def saturated_moments(items: Items) -> SaturatedMoments:
    """Means and covariances of incomplete normal answers, missing at random, by the EM algorithm.

    Parameters
    ----------
    items : DataFrame or Study

    Raises
    ------
    GapsTooLarge
        Too few respondents answered some items together.
    SingularMatrix
        Some items are a combination of others.
    DataError
        See `check_answers`.

    References
    ----------
    Dempster, Laird & Rubin (1977), Journal of the Royal Statistical Society B 39; Little & Rubin (2002),
    sect. 11.2.
    """
    answers = check_answers(answers_of(items), what="Maximum likelihood with gaps")
    names = list(answers.columns)
    try:
        mean, cov = em_moments(find_patterns([answers.to_numpy()]), 1)
    except GapsTooLarge:
        refuse_singular(answers.corr().fillna(0.0).to_numpy(), names)
        raise
    sd = np.sqrt(np.diag(cov[0]))
    refuse_singular(cov[0] / np.outer(sd, sd), names)
    return SaturatedMoments(
        mean=pd.Series(mean[0], names), cov=pd.DataFrame(cov[0], names, names), n=len(answers)
    )

"""Scores -> means, differences and correlations with errors, of strangers or of respondents in clusters.

Each function takes ``clusters``, such as those of a study. Without them errors are those of independent
respondents (Student, Welch, Fisher); with them they are CR2, with Satterthwaite's degrees of freedom
(`bouwen.scales.clustered`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from bouwen.checks import Matrix, Vector
from bouwen.scales.clustered import Estimate, WaldTest, clustered_mean, clustered_regression
from bouwen.scales.correlations import CorrelationDifference, compare_correlations, fisher_interval

Clusters = pd.Series | None


def mean_estimate(scores: pd.Series, clusters: Clusters = None) -> Estimate:
    """The mean of scores, open ones left out; no error for fewer than two respondents or clusters."""
    answered = scores.dropna()
    n = len(answered)
    if n < 2:
        return Estimate(float(answered.mean()), np.nan, np.nan)
    if clusters is None:
        return Estimate(float(answered.mean()), float(answered.std() / np.sqrt(n)), n - 1.0)
    own = clusters[answered.index]
    return (
        clustered_mean(answered, own)
        if own.nunique() > 1
        else Estimate(float(answered.mean()), np.nan, np.nan)
    )


def difference_estimate(
    scores: pd.Series, groups: pd.Series, higher: str, lower: str, clusters: Clusters = None
) -> Estimate:
    """The mean of one level minus that of another: Welch's, or CR2 with both in one regression.

    Clusters may hold respondents of both levels, who are then compared within them.
    """
    if clusters is None:
        first, second = (mean_estimate(scores[groups == level]) for level in (higher, lower))
        parts = np.array([first.se**2, second.se**2])
        df = parts.sum() ** 2 / (parts**2 / [first.df, second.df]).sum() if parts.sum() else np.nan
        return Estimate(first.value - second.value, float(np.sqrt(parts.sum())), float(df))
    levels = [higher, lower]
    part = groups.isin(levels)
    return clustered_regression(
        scores[part], dummies(groups[part], levels), clusters[part], intercept=False
    ).contrast(np.array([1.0, -1.0]))


def means_test(
    scores: pd.Series, groups: pd.Series, levels: Sequence[str], clusters: Clusters = None
) -> WaldTest:
    """Whether the means of levels are equal: Welch's (1951) F, or the Wald test of CR2 errors.

    Neither takes variances to be equal. The degrees of freedom of the second may be few, and none where a
    level stands on one or two clusters; then p is NaN.
    """
    if clusters is None:
        from statsmodels.stats.oneway import anova_oneway

        samples = [scores[groups == level].dropna() for level in levels]
        test = anova_oneway(samples, use_var="unequal", welch_correction=True)
        return WaldTest(float(test.statistic), float(test.df[0]), float(test.df[1]), float(test.pvalue))
    part = groups.isin(list(levels))
    found = clustered_regression(scores[part], dummies(groups[part], levels), clusters[part], intercept=False)
    others = len(levels) - 1
    return found.wald(np.column_stack([-np.ones(others), np.eye(others)]))


def dummies(groups: pd.Series, levels: Sequence[str]) -> pd.DataFrame:
    """A column per level, 1 for who belongs to it."""
    return pd.DataFrame({str(level): (groups == level).astype(float) for level in levels})


def correlation_interval(
    first: pd.Series, second: pd.Series, confidence: float, clusters: Clusters = None
) -> tuple[float, float, float]:
    """A correlation and its interval: tanh(artanh r ± t s/(1 − r²)), Fisher's without clusters.

    With them s is the CR2 error of the mean of what each respondent does to r, z₁z₂ − r (z₁² + z₂²)/2 for
    standardised scores z, and t has its degrees of freedom.
    """
    pair = pd.concat([first, second], axis=1).dropna()
    z = z_scores(pair)
    r = float(np.mean(z[:, 0] * z[:, 1]))
    if clusters is None:
        return r, *fisher_interval(r, len(pair), confidence)
    influence = pd.Series(influence_on_correlation(z[:, 0], z[:, 1]), pair.index)
    return r, *on_fishers_scale(r, mean_estimate(influence, clusters), confidence)


def on_fishers_scale(r: float, error: Estimate, confidence: float) -> tuple[float, float]:
    """The interval tanh(artanh r ± t s/(1 − r²)) of a correlation with error s."""
    spread = 1 - r**2
    if spread < 1e-12:
        return r, r
    lower, upper = Estimate(float(np.arctanh(r)), error.se / spread, error.df).interval(confidence)
    return float(np.tanh(lower)), float(np.tanh(upper))


def correlations_difference(
    outcome: pd.Series,
    first: pd.Series,
    second: pd.Series,
    confidence: float,
    clusters: Clusters = None,
) -> CorrelationDifference:
    """r(outcome, first) − r(outcome, second), see `compare_correlations`; with clusters its error is CR2.

    As of `correlation_interval`, of the difference of what each respondent does to either correlation.
    """
    plain = compare_correlations(outcome, first, second, confidence=confidence)
    if clusters is None:
        return plain
    complete = pd.concat([outcome, first, second], axis=1).dropna()
    z = z_scores(complete)
    moved = influence_on_correlation(z[:, 0], z[:, 1]) - influence_on_correlation(z[:, 0], z[:, 2])
    error = mean_estimate(pd.Series(moved, complete.index), clusters)
    lower, upper = Estimate(plain.difference, error.se, error.df).interval(confidence)
    return CorrelationDifference(
        plain.first, plain.second, plain.difference, lower, upper, plain.n, confidence
    )


def z_scores(scores: pd.DataFrame) -> np.ndarray:
    """Columns with mean 0 and variance 1, which divides by n."""
    x = scores.to_numpy(dtype=float)
    return np.asarray((x - x.mean(axis=0)) / x.std(axis=0))


def influence_on_correlation(a: Vector, b: Vector) -> Vector:
    """What each respondent does to the correlation r of standardised scores: ab − r (a² + b²)/2."""
    r = np.mean(a * b)
    return np.asarray(a * b - r * (a**2 + b**2) / 2)


def influence_on_covariances(answers: pd.DataFrame, cov: Matrix, slope: Matrix) -> pd.Series:
    """What each respondent does to a figure of pairwise covariances C: Σⱼₖ sⱼₖ (dⱼdₖ − cⱼₖ) n/nⱼₖ.

    With d the deviations from the means of items, over the pairs that the respondent answered.

    Parameters
    ----------
    answers : DataFrame (n, p)
        NaN where no answer was given.
    cov, slope : array (p, p)
        C, and s = ∂f/∂C of the figure.

    Returns
    -------
    Series (n,)
        The error of their mean is that of the figure.
    """
    answered = answers.notna().to_numpy(dtype=float)
    D = (answers - answers.mean()).fillna(0.0).to_numpy(dtype=float)
    weights = slope * len(D) / (answered.T @ answered)
    of_products = np.einsum("nj,jk,nk->n", D, weights, D)
    return pd.Series(of_products - np.einsum("nj,jk,nk->n", answered, weights * cov, answered), answers.index)

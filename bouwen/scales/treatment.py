"""Answers with gaps -> means and reliability under several ways of treating the gaps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bouwen.scales.answers import Matrix, TooFewRespondents, check_answers
from bouwen.scales.given import Given, read_scales
from bouwen.scales.missing import saturated_moments
from bouwen.scales.reliability import alpha_coefficient
from bouwen.scales.scoring import score_scales

TREATMENTS = ("listwise", "half answered", "maximum likelihood", "multiple imputation")


def compare_treatments(
    scales: Given, *, seed: int, imputations: int = 10, cycles: int = 5, auxiliary: bool = True
) -> pd.DataFrame:
    """Scale means and alpha under four treatments of missing answers.

    Listwise keeps respondents who answered every item of the scale. Half answered is the rule of
    `bouwen.scales.score_scales`, with pairwise covariances. Maximum likelihood and multiple imputation
    assume that gaps depend on nothing but the answers that were given; they draw on all items.

    Parameters
    ----------
    scales : Study, mapping of str to DataFrame, or DataFrame
        Scales, or the items of one.
    seed : int
    imputations, cycles : int
        Completed data sets, and rounds of regressions for each.
    auxiliary : bool
        Whether the last two treatments use the items of other scales too. That needs more respondents
        than items.

    Returns
    -------
    DataFrame
        Index ``construct`` and ``treatment``; columns ``n mean se alpha``.

    References
    ----------
    Schafer & Graham (2002), Psychological Methods 7; Rubin (1987).
    """
    given, scores = read_scales(scales), score_scales(scales)
    keyed, constructs = given.keyed, {name: list(items) for name, items in given.items.items()}
    together = [keyed] if auxiliary else [keyed[items] for items in constructs.values()]
    means, covs, completed = pd.Series(dtype=float), [], []
    information = []
    for frame in together:
        answers = check_answers(frame, what="Comparing treatments of missing answers")
        if len(answers) <= answers.shape[1]:
            raise TooFewRespondents(len(answers), answers.shape[1] + 1, f"{answers.shape[1]} items together")
        moments = saturated_moments(answers)
        means = moments.mean if means.empty else pd.concat([means, moments.mean])
        covs.append(moments.cov)
        information.append(mean_covariance(answers, moments.cov))
        completed.append(list(impute(answers, imputations, cycles, seed)))
    rows = {}
    for k, (construct, items) in enumerate(constructs.items()):
        part = 0 if auxiliary else k
        complete, answered = keyed[items].dropna(), scores[construct].dropna()
        rows[construct, TREATMENTS[0]] = _plain(complete.mean(axis=1), _alpha(complete.cov()))
        rows[construct, TREATMENTS[1]] = _plain(answered, _alpha(keyed[items].cov()))
        variance = information[part].loc[items, items].to_numpy().mean()
        likely = _alpha(covs[part].loc[items, items])
        n = len(completed[part][0])
        rows[construct, TREATMENTS[2]] = [n, means[items].mean(), np.sqrt(variance), likely]
        rows[construct, TREATMENTS[3]] = _pooled([frame[items] for frame in completed[part]])
    index = pd.MultiIndex.from_tuples(list(rows), names=["construct", "treatment"])
    return pd.DataFrame(list(rows.values()), index=index, columns=["n", "mean", "se", "alpha"])


def _alpha(cov: pd.DataFrame) -> float:
    return alpha_coefficient(cov.to_numpy()) if len(cov) > 1 else np.nan


def _plain(scores: pd.Series, alpha: float) -> list[float]:
    n = len(scores)
    return [n, scores.mean(), scores.std() / np.sqrt(n) if n > 1 else np.nan, alpha]


def mean_covariance(answers: pd.DataFrame, cov: pd.DataFrame) -> pd.DataFrame:
    """Sampling covariance of maximum likelihood means, (Σᵢ Σᵢ⁻¹)⁻¹ over each respondent's answered items."""
    X, S = answers.to_numpy(), cov.to_numpy()
    information = np.zeros_like(S)
    patterns, counts = np.unique(~np.isnan(X), axis=0, return_counts=True)
    for pattern, count in zip(patterns, counts, strict=True):
        seen = np.ix_(np.flatnonzero(pattern), np.flatnonzero(pattern))
        information[seen] += count * np.linalg.inv(S[seen])
    return pd.DataFrame(np.linalg.inv(information), cov.index, cov.columns)


def impute(answers: pd.DataFrame, imputations: int, cycles: int, seed: int) -> Iterator[pd.DataFrame]:
    """Completed copies of the answers: each gap drawn from a Bayesian regression on the other items.

    scikit-learn's chained equations take a seed and fit fifty items in a second; those of statsmodels
    need most of a minute. Draws stay within the range of the answers but are not rounded, which would
    bias means.

    References
    ----------
    van Buuren & Groothuis-Oudshoorn (2011), Journal of Statistical Software 45; Horton, Lipsitz &
    Parzen (2003), The American Statistician 57.
    """
    if answers.shape[1] < 2:  # nothing to draw on
        yield answers.dropna()
        return
    from sklearn.experimental import enable_iterative_imputer  # type: ignore[import-untyped]  # noqa: F401
    from sklearn.impute import IterativeImputer  # type: ignore[import-untyped]

    for draw in range(imputations):
        imputer = IterativeImputer(
            sample_posterior=True,
            max_iter=cycles,
            min_value=answers.min().to_numpy(),
            max_value=answers.max().to_numpy(),
            random_state=seed + draw,
        )
        filled: Matrix = imputer.fit_transform(answers.to_numpy())
        yield pd.DataFrame(filled, answers.index, answers.columns)


def _pooled(completed: list[pd.DataFrame]) -> list[float]:
    """Rubin's rules for the mean: variance within plus (1 + 1/m) times variance between."""
    scores = [frame.mean(axis=1) for frame in completed]
    means, n = np.array([score.mean() for score in scores]), len(completed[0])
    within = float(np.mean([score.var() / n for score in scores]))
    between = float(means.var(ddof=1)) if len(means) > 1 else 0.0
    se = np.sqrt(within + (1 + 1 / len(means)) * between)
    return [n, means.mean(), se, float(np.mean([_alpha(frame.cov()) for frame in completed]))]

"""Answers with gaps -> means and reliability under several ways of treating the gaps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from bouwen.checks import Ints, Matrix, TooFewRespondents, Vector, check_answers, check_count
from bouwen.scales.estimates import Clusters, mean_estimate
from bouwen.scales.given import Given, nested_in, read_scales
from bouwen.scales.missing import SaturatedMoments, saturated_moments
from bouwen.scales.reliability import alpha_coefficient
from bouwen.scales.scoring import score_scales
from bouwen.sem import find_patterns
from bouwen.survey import Study

TREATMENTS = ("listwise", "half answered", "maximum likelihood", "multiple imputation")


def compare_treatments(
    scales: Given, *, seed: int, imputations: int = 10, rounds: int = 20, auxiliary: bool = True
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
    imputations, rounds : int
        Completed data sets, and turns of data augmentation before each of them (see `impute`).
    auxiliary : bool
        Whether the last two treatments use the items of other scales too. That needs more respondents
        than items.

    Returns
    -------
    DataFrame
        Index ``construct`` and ``treatment``; columns ``n mean se alpha``. Errors are CR2 where the
        respondents of a study are nested (`bouwen.scales.clustered`). NaN where fewer respondents of a study
        are left than a group needs for estimates.

    References
    ----------
    Schafer & Graham (2002), Psychological Methods 7; Rubin (1987); Schafer (1997).
    """
    for option, found in {"imputations": imputations, "rounds": rounds}.items():
        check_count(option, found, least=2 if option == "imputations" else 1)
    check_count("seed", seed)
    given, scores, clusters = read_scales(scales), score_scales(scales), nested_in(scales)
    keyed, constructs = given.keyed, {name: list(items) for name, items in given.items.items()}
    together = [keyed] if auxiliary else [keyed[items] for items in constructs.values()]
    means, covs, completed = pd.Series(dtype=float), [], []
    likely = []
    for frame in together:
        answers = check_answers(frame, what="Comparing treatments of missing answers")
        if len(answers) <= answers.shape[1]:
            raise TooFewRespondents(len(answers), answers.shape[1] + 1, f"{answers.shape[1]} items together")
        moments = saturated_moments(answers)
        means = moments.mean if means.empty else pd.concat([means, moments.mean])
        covs.append(moments.cov)
        likely.append(_LikelyMeans(answers - moments.mean, moments.cov))
        completed.append(list(impute(answers, moments, imputations, rounds, seed)))
    rows = {}
    for k, (construct, items) in enumerate(constructs.items()):
        part = 0 if auxiliary else k
        complete, answered = keyed[items].dropna(), scores[construct].dropna()
        rows[construct, TREATMENTS[0]] = _plain(complete.mean(axis=1), complete.cov(), clusters)
        rows[construct, TREATMENTS[1]] = _plain(answered, keyed[items].cov(), clusters)
        n, se = len(completed[part][0]), likely[part].error(items, clusters)
        rows[construct, TREATMENTS[2]] = [n, means[items].mean(), se, _alpha(covs[part].loc[items, items])]
        rows[construct, TREATMENTS[3]] = _by_rubin([frame[items] for frame in completed[part]], clusters)
    index = pd.MultiIndex.from_tuples(list(rows), names=["construct", "treatment"])
    table = pd.DataFrame(list(rows.values()), index=index, columns=["n", "mean", "se", "alpha"])
    least = scales.settings.min_group if isinstance(scales, Study) else 0
    return table.mask(table["n"] < least).assign(n=table["n"])


def _alpha(cov: pd.DataFrame) -> float:
    return alpha_coefficient(cov.to_numpy()) if len(cov) > 1 else np.nan


def _plain(scores: pd.Series, cov: pd.DataFrame, clusters: Clusters) -> list[float]:
    found = mean_estimate(scores, clusters)
    return [len(scores), found.value, found.se, _alpha(cov)]


@dataclass(frozen=True, eq=False)
class _LikelyMeans:
    """Maximum likelihood means of items: deviations of respondents from them, and the items' covariances."""

    deviations: pd.DataFrame
    cov: pd.DataFrame

    def error(self, items: list[str], clusters: Clusters) -> float:
        """The error of the mean of some of them; with clusters the CR2 error of what respondents do to it."""
        V = self.sampling
        if clusters is None:
            return float(np.sqrt(V.loc[items, items].to_numpy().mean()))
        toward = V[items].mean(axis=1).to_numpy() * len(self.deviations)
        moved = self.scores() @ toward
        return mean_estimate(pd.Series(moved, self.deviations.index), clusters).se

    @cached_property
    def sampling(self) -> pd.DataFrame:
        """Sampling covariances of independent respondents."""
        return mean_covariance(self.deviations, self.cov)

    def scores(self) -> Matrix:
        """Σᵢ⁻¹(xᵢ − μ) over each respondent's answered items, 0 elsewhere."""
        D, S = self.deviations.to_numpy(), self.cov.to_numpy()
        out = np.zeros_like(D)
        for pattern, rows in patterns_in(D):
            out[np.ix_(rows, pattern)] = np.linalg.solve(
                S[np.ix_(pattern, pattern)], D[np.ix_(rows, pattern)].T
            ).T
        return out


def patterns_in(X: Matrix) -> Iterator[tuple[Ints, Ints]]:
    """The items of each pattern of answers, and the respondents who have it."""
    found = find_patterns([X])
    for own, rows in zip(found.observed, found.rows[0], strict=True):
        yield np.flatnonzero(own), rows


def mean_covariance(answers: pd.DataFrame, cov: pd.DataFrame) -> pd.DataFrame:
    """Sampling covariance of maximum likelihood means, (Σᵢ Σᵢ⁻¹)⁻¹ over each respondent's answered items."""
    S = cov.to_numpy()
    information = np.zeros_like(S)
    for items, rows in patterns_in(answers.to_numpy(dtype=float)):
        seen = np.ix_(items, items)
        information[seen] += len(rows) * np.linalg.inv(S[seen])
    return pd.DataFrame(np.linalg.inv(information), cov.index, cov.columns)


def impute(
    answers: pd.DataFrame, moments: SaturatedMoments, imputations: int, rounds: int, seed: int
) -> Iterator[pd.DataFrame]:
    """Completed copies of normal answers by data augmentation, from the maximum likelihood moments on.

    In turns the gaps are drawn given moments, xₘ ~ N(μₘ + B(xₒ − μₒ), Σₘₘ − BΣₒₘ) with B = ΣₘₒΣₒₒ⁻¹, and
    moments given the filled answers, Σ ~ W⁻¹(n − 1, (n − 1)S) and μ ~ N(x̄, Σ/n). Draws are neither rounded
    nor cut off at the ends of the answer scale, which would bias means.

    Parameters
    ----------
    answers : DataFrame (n, p)
        More respondents than items.
    moments : SaturatedMoments
        Of these answers.
    imputations, rounds : int
        Copies, and turns before each of them.
    seed : int

    References
    ----------
    Schafer (1997), Analysis of Incomplete Multivariate Data, sect. 5.4; Horton, Lipsitz & Parzen (2003),
    The American Statistician 57.
    """
    rng = np.random.default_rng(seed)
    X = answers.to_numpy(dtype=float)
    patterns = [(seen, rows) for seen, rows in patterns_in(X) if len(seen) < X.shape[1]]
    mean, cov = moments.mean.to_numpy(), moments.cov.to_numpy()
    for _ in range(imputations):
        for _ in range(rounds if patterns else 1):
            filled = _fill(X, patterns, mean, cov, rng)
            mean, cov = _draw_moments(filled, rng)
        yield pd.DataFrame(filled, answers.index, answers.columns)


def _fill(
    X: Matrix, patterns: list[tuple[Ints, Ints]], mean: Vector, cov: Matrix, rng: np.random.Generator
) -> Matrix:
    """Gaps drawn from their normal distribution given the answers of the same respondent."""
    filled = X.copy()
    for seen, rows in patterns:
        gone = np.setdiff1d(np.arange(X.shape[1]), seen)
        B = np.linalg.solve(cov[np.ix_(seen, seen)], cov[np.ix_(seen, gone)]).T
        left = np.linalg.cholesky(cov[np.ix_(gone, gone)] - B @ cov[np.ix_(seen, gone)])
        centre = mean[gone] + (X[np.ix_(rows, seen)] - mean[seen]) @ B.T
        filled[np.ix_(rows, gone)] = centre + rng.standard_normal(centre.shape) @ left.T
    return filled


def _draw_moments(filled: Matrix, rng: np.random.Generator) -> tuple[Vector, Matrix]:
    """Moments from their posterior; the inverse Wishart from Bartlett's triangle A of W(n − 1, I).

    With S(n − 1) = LLᵀ, Σ = (L A⁻ᵀ)(L A⁻ᵀ)ᵀ.
    """
    n, p = filled.shape
    L = np.linalg.cholesky(np.cov(filled, rowvar=False).reshape(p, p) * (n - 1))
    A = np.tril(rng.standard_normal((p, p)), -1)
    A[np.diag_indices(p)] = np.sqrt(rng.chisquare(n - 1 - np.arange(p)))
    root = np.linalg.solve(A, L.T).T
    return filled.mean(axis=0) + root @ rng.standard_normal(p) / np.sqrt(n), root @ root.T


def _by_rubin(completed: list[pd.DataFrame], clusters: Clusters) -> list[float]:
    """Rubin's rules for the mean: variance within plus (1 + 1/m) times variance between."""
    scores = [frame.mean(axis=1) for frame in completed]
    means, n = np.array([score.mean() for score in scores]), len(completed[0])
    within = float(np.mean([mean_estimate(score, clusters).se ** 2 for score in scores]))
    between = float(means.var(ddof=1)) if len(means) > 1 else 0.0
    se = np.sqrt(within + (1 + 1 / len(means)) * between)
    return [n, means.mean(), se, float(np.mean([_alpha(frame.cov()) for frame in completed]))]

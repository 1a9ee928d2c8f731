"""A `Population` -> the moments that its answers have in the long run."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import Matrix, Vector
from bouwen.results import Result, how_many, short
from bouwen.special import ndtr
from bouwen.twin.population import Population

SERIES_TERMS = 80  # of the tetrachoric series; at a correlation of .8 the rest is below 1e-8


@dataclass(frozen=True, eq=False, repr=False)
class ImpliedAnswers(Result):
    """What a population implies for complete answers.

    Attributes
    ----------
    latents : DataFrame
        Correlations of the latent variables within groups.
    means : Series
        Mean of every item, as answered.
    covariances : DataFrame
        Covariances of the items, as answered.
    weights, centre : DataFrame and Series
        Turn items into the constructs' scales: weightsᵀ · items + centre.
    """

    latents: pd.DataFrame
    means: pd.Series[float]
    covariances: pd.DataFrame
    weights: pd.DataFrame
    centre: pd.Series[float]

    def table(self) -> pd.DataFrame:
        """One row per construct: mean, standard deviation and alpha of its scale."""
        sd = np.sqrt(np.diag(self.score_covariances))
        return pd.DataFrame({"mean": self.score_means, "sd": sd, "alpha": self.alphas})

    def _line(self) -> str:
        scales, items = how_many(self.weights.shape[1], "scale"), how_many(len(self.means), "item")
        alphas = self.alphas.dropna()
        return f"{scales} of {items}, alpha from {short(alphas.min())} to {short(alphas.max())}"

    @property
    def score_means(self) -> pd.Series[float]:
        """Mean of every construct's scale: the mean of its items, reversed ones turned round."""
        return pd.Series(self.weights.T.dot(self.means)) + self.centre

    @property
    def score_covariances(self) -> pd.DataFrame:
        """Covariances of the constructs' scales."""
        return self.weights.T.dot(self.covariances).dot(self.weights)

    @property
    def score_correlations(self) -> pd.DataFrame:
        """Correlations of the constructs' scales."""
        return as_correlations(self.score_covariances)

    @property
    def alphas(self) -> pd.Series[float]:
        """Coefficient alpha of every construct: k/(k − 1) · (1 − Σ item variances / scale variance)."""
        k = (self.weights != 0).sum().to_numpy()
        items = (self.weights.to_numpy() ** 2).T @ np.diag(self.covariances)
        return pd.Series(k / (k - 1) * (1 - items / np.diag(self.score_covariances)), self.weights.columns)


def as_correlations(covariances: pd.DataFrame) -> pd.DataFrame:
    """Covariances divided by the standard deviations."""
    sd = np.sqrt(np.diag(covariances))
    return covariances.div(sd, axis=0).div(sd, axis=1)


def implied(population: Population) -> ImpliedAnswers:
    """Moments of complete answers, exact up to the length of the tetrachoric series.

    Within a combination of groups latent responses are normal; across combinations the means differ,
    so covariances are the average within plus that between.
    """
    items, constructs = population.instrument.items, population.instrument.constructs
    thresholds = [population.thresholds(name) for name in items]
    shares, means, covariances = [], [], []
    for share, alpha in group_shifts(population):
        shift = population.loadings @ population.effects @ alpha
        mean, cov = answer_moments(thresholds, shift, population.common_covariance)
        shares.append(share)
        means.append(mean)
        covariances.append(cov)
    passed = np.average(means, axis=0, weights=shares)
    apart = np.asarray(means) - passed
    cov = np.average(covariances, axis=0, weights=shares) + (apart.T * shares) @ apart

    scales = [population.instrument.scale_of(name) for name in items]
    sign = population.signs
    start = np.array([s.lowest if up > 0 else s.highest for s, up in zip(scales, sign, strict=True)])
    turned = np.array([0 if up > 0 else s.lowest + s.highest for s, up in zip(scales, sign, strict=True)])
    member = pd.DataFrame(
        {name: [float(item in construct.items) for item in items] for name, construct in constructs.items()},
        index=list(items),
    )
    member /= member.sum()
    return ImpliedAnswers(
        latents=pd.DataFrame(population.covariance, population.latents, population.latents),
        means=pd.Series(start + sign * passed, list(items)),
        covariances=pd.DataFrame(cov * np.outer(sign, sign), list(items), list(items)),
        weights=member.mul(sign, axis=0),
        centre=member.T.dot(pd.Series(turned, member.index, dtype=float)),
    )


def group_shifts(population: Population) -> Iterator[tuple[float, Vector]]:
    """The share of each combination of groups that are shifted, and its α (q,)."""
    groups = list(dict.fromkeys(shift.group for shift in population.file.shifts))
    for levels in itertools.product(*(population.group_shares[group] for group in groups)):
        chosen = list(zip(groups, levels, strict=True))
        share = np.prod([population.group_shares[group][level] for group, level in chosen])
        alpha = sum(
            (population.shift(group, level) for group, level in chosen), np.zeros(len(population.latents))
        )
        yield float(share), alpha


def answer_moments(thresholds: list[Vector], mean: Vector, correlations: Matrix) -> tuple[Vector, Matrix]:
    """Means (p,) and covariances (p, p) of the number of thresholds passed by normal responses.

    cov(yᵢ, yⱼ) = Σₖ ρᵢⱼᵏ aᵢₖ aⱼₖ,  aᵢₖ = Σₜ φ(t) Heₖ₋₁(t) / √k!

    Parameters
    ----------
    thresholds : list of p vectors
    mean : (p,)
        Of the responses, which have variance 1.
    correlations : (p, p)
        Of the responses; its diagonal is not used.

    References
    ----------
    Pearson, K. (1900), Mathematical contributions to the theory of evolution, VII, Philosophical Transactions
    of the Royal Society A 195, 1–47 (the tetrachoric series).
    """
    p, sizes = len(thresholds), [len(cuts) for cuts in thresholds]
    first = np.cumsum([0, *sizes[:-1]])  # of each item's thresholds, among all
    t = np.concatenate(thresholds) - np.repeat(mean, sizes)
    passed = ndtr(-t)
    means = np.add.reduceat(passed, first)
    place = np.arange(len(t)) - np.repeat(first, sizes)
    variances = np.add.reduceat((2 * place + 1) * passed, first) - means**2
    a = np.zeros((SERIES_TERMS, p))
    density = np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)
    hermite, before = np.ones_like(t), np.zeros_like(t)  # Heₖ₋₁ / √(k − 1)!
    for k in range(1, SERIES_TERMS + 1):
        a[k - 1] = np.add.reduceat(density * hermite, first) / np.sqrt(k)
        hermite, before = (t * hermite - np.sqrt(k - 1) * before) / np.sqrt(k), hermite
    powers, cov = np.ones((p, p)), np.zeros((p, p))
    for term in a:
        powers = powers * correlations
        cov += powers * np.outer(term, term)
    np.fill_diagonal(cov, variances)
    return means, cov

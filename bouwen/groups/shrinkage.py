"""Means of units and the variances of their errors -> what each unit is likely to be, given all of them.

Units have means Yⱼ of few answers. With θⱼ ~ N(μ, A) and Yⱼ ~ N(θⱼ, Vⱼ) the best guess of θⱼ lies between
its own mean and that of all units, the closer to the latter the less its own stands on. Intervals allow for μ
and A being estimated (Morris 1983), without which they are too short where units differ little.

References
----------
Morris (1983), Parametric empirical Bayes inference: Theory and applications, Journal of the American
Statistical Association 78; Paule & Mandel (1982), Consensus values and weighting factors, Journal of Research
of the National Bureau of Standards 87; Goldstein & Spiegelhalter (1996), League tables and their limitations,
Journal of the Royal Statistical Society A 159.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bouwen.checks import Array, Matrix, Vector, check_confidence, check_count
from bouwen.errors import BouwenError
from bouwen.special import ndtri
from bouwen.survey import FEWEST_UNITS

HALVINGS = 60  # halvings of an interval, to the last digit
RANK_DRAWS = 10_000


class TooFewUnits(BouwenError):
    """Fewer units than what they have in common can be estimated from."""

    def __init__(self, units: int, where: str = "") -> None:
        self.units = units
        super().__init__(
            f"{where}units can be held against each other from {FEWEST_UNITS} on; found {units} with enough "
            "answers."
        )


@dataclass(frozen=True, eq=False)
class Shrunken:
    """Units as they are likely to be; arrays may have leading axes of runs.

    Attributes
    ----------
    mean, between : arrays (...)
        μ and A: the mean of all units, and the variance between them.
    estimates, errors : arrays (..., k)
        What each is likely to be, and its standard error.
    weights : array (..., k)
        How far each estimate is its own mean, 1 − Bⱼ.
    """

    mean: Array
    between: Array
    estimates: Array
    errors: Array
    weights: Array

    def intervals(self, confidence: float) -> tuple[Array, Array]:
        """Both ends of each unit's interval."""
        check_confidence(confidence)
        reach = float(ndtri((1 + confidence) / 2)) * self.errors
        return self.estimates - reach, self.estimates + reach


def shrink_means(means: Array, variances: Array) -> Shrunken:
    """What units are likely to be, given the means of all of them.

    A solves Σⱼ (Yⱼ − μ̂)² / (Vⱼ + A) = k − 1, or is 0, with μ̂ weighted by Wⱼ = 1/(Vⱼ + A). Then
    Bⱼ = (k − 3)/(k − 1) · Vⱼ/(Vⱼ + A), θ̂ⱼ = Yⱼ − Bⱼ (Yⱼ − μ̂), and its squared error is
    Vⱼ (1 − Bⱼ (1 − Wⱼ/ΣW)) + vⱼ (Yⱼ − μ̂)² with vⱼ = 2 Bⱼ²/(k − 3) · (V̄ + A)/(Vⱼ + A), V̄ = ΣWV/ΣW.

    Parameters
    ----------
    means, variances : arrays (..., k)
        Yⱼ and Vⱼ > 0, the squared errors of the means; leading axes are runs of their own.

    Returns
    -------
    Shrunken

    Raises
    ------
    TooFewUnits
        k below `FEWEST_UNITS`.

    References
    ----------
    Morris (1983), section 5; the equation of A is that of Paule & Mandel (1982).
    """
    Y, V = np.broadcast_arrays(np.asarray(means, dtype=float), np.asarray(variances, dtype=float))
    k = Y.shape[-1]
    if k < FEWEST_UNITS:
        raise TooFewUnits(k)
    A = variance_between(Y, V)[..., None]
    W = 1 / (V + A)
    total = W.sum(axis=-1, keepdims=True)
    mu = (W * Y).sum(axis=-1, keepdims=True) / total
    B = (k - 3) / (k - 1) * V * W
    average = (W * V).sum(axis=-1, keepdims=True) / total
    v = 2 / (k - 3) * B**2 * (average + A) * W
    away = Y - mu
    squared = V * (1 - B * (1 - W / total)) + v * away**2
    return Shrunken(mu[..., 0], A[..., 0], Y - B * away, np.sqrt(squared), 1 - B)


def variance_between(means: Array, variances: Array) -> Array:
    """A ≥ 0 at which Σ (Yⱼ − μ̂)²/(Vⱼ + A) is its expectation, k − 1 (Paule & Mandel 1982)."""
    k = means.shape[-1]
    low = np.zeros(means.shape[:-1])
    high = np.maximum(means.var(axis=-1) * k / (k - 1), 0.0) + variances.max(axis=-1)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = dispersal(means, variances, middle) > k - 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(dispersal(means, variances, np.zeros_like(low)) <= k - 1, 0.0, (low + high) / 2)


def dispersal(means: Array, variances: Array, between: Array) -> Array:
    """Σ (Yⱼ − μ̂)²/(Vⱼ + A) for each A."""
    W = 1 / (variances + between[..., None])
    mu = (W * means).sum(axis=-1, keepdims=True) / W.sum(axis=-1, keepdims=True)
    return np.asarray((W * (means - mu) ** 2).sum(axis=-1))


def rank_intervals(
    estimates: Vector, errors: Vector, *, confidence: float = 0.95, draws: int = RANK_DRAWS, seed: int = 1
) -> tuple[Vector, Vector]:
    """Between which ranks each unit lies, the highest being 1.

    Parameters
    ----------
    estimates, errors : arrays (k,)
        Of units, as `shrink_means` gives them.
    confidence : float
    draws, seed : int
        All units are drawn so often from N(θ̂ⱼ, sⱼ²), and ranked in each draw.

    Returns
    -------
    arrays (k,)
        The lowest and highest rank of each, percentiles over draws.

    References
    ----------
    Goldstein & Spiegelhalter (1996).
    """
    check_confidence(confidence)
    check_count("draws", draws, 100)
    check_count("seed", seed)
    drawn: Matrix = np.random.default_rng(seed).normal(estimates, errors, (draws, len(estimates)))
    ranks = (-drawn).argsort(axis=1).argsort(axis=1) + 1
    tails = (1 - confidence) / 2, (1 + confidence) / 2
    low = np.quantile(ranks, tails[0], axis=0, method="lower")
    return low.astype(float), np.quantile(ranks, tails[1], axis=0, method="higher").astype(float)

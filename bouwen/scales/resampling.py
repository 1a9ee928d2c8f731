"""Answers -> covariances of many bootstrap samples at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from bouwen.scales.answers import Matrix, Vector, check_confidence

CHUNK = 250


def bootstrap_matrices(
    X: Matrix, draws: int, seed: int, kind: Literal["covariance", "correlation"]
) -> Iterator[Matrix]:
    """Pairwise covariances or correlations of bootstrap samples, a chunk of draws at a time.

    Parameters
    ----------
    X : array (n, p)
        Answers, NaN where missing.
    draws, seed : int
        Samples of n respondents with replacement.
    kind : {"covariance", "correlation"}

    Yields
    ------
    array (up to 250, p, p)
        NaN where a sample has fewer than two answers to a pair of items or one of them is constant.
    """
    n = len(X)
    rng = np.random.default_rng(seed)
    for first in range(0, draws, CHUNK):
        counts = rng.multinomial(n, np.full(n, 1 / n), size=min(CHUNK, draws - first))
        yield weighted_matrices(X, counts.astype(float), kind)


def weighted_matrices(X: Matrix, W: Matrix, kind: Literal["covariance", "correlation"]) -> Matrix:
    """Pairwise covariances or correlations (draws, p, p) when respondent r counts W[draw, r] times.

    One matrix product of the weights with all products of two items, so no sample is ever built.

    Covariances divide by the number of pairs minus one.
    """
    p = X.shape[1]
    answered = ~np.isnan(X)
    X = np.where(answered, X - np.nanmean(X, axis=0), 0.0)
    i, j = np.triu_indices(p)
    A = answered.astype(float)
    n = W @ (A[:, i] * A[:, j])
    sum_i, sum_j, sum_ij = W @ (X[:, i] * A[:, j]), W @ (A[:, i] * X[:, j]), W @ (X[:, i] * X[:, j])
    with np.errstate(invalid="ignore", divide="ignore"):
        values = sum_ij - sum_i * sum_j / n
        if kind == "correlation":
            spread_i = W @ (X[:, i] ** 2 * A[:, j]) - sum_i**2 / n
            spread_j = W @ (A[:, i] * X[:, j] ** 2) - sum_j**2 / n
            spread_i, spread_j = (np.where(s > 1e-12, s, np.nan) for s in (spread_i, spread_j))
            values = values / np.sqrt(spread_i * spread_j)
        else:
            values = np.where(n > 1, values / (n - 1), np.nan)
    out = np.empty((len(W), p, p))
    out[:, i, j] = out[:, j, i] = values
    return out


def percentile_interval(drawn: Matrix, confidence: float) -> tuple[Vector, Vector]:
    """Percentile interval over the first axis by `normal_quantiles`, failed draws (NaN) left out."""
    check_confidence(confidence)
    level = np.array([[(1 - confidence) / 2], [(1 + confidence) / 2]])
    size = int(np.prod(drawn.shape[1:]))
    found = normal_quantiles(drawn.reshape(len(drawn), size), level + np.zeros(size))
    lower, upper = found.reshape(2, *drawn.shape[1:])
    return lower, upper


def normal_quantiles(drawn: Matrix, level: Matrix) -> Matrix:
    """Quantiles (l, k) of draws (D, k) at levels (l, k), interpolated on the scale of normal quantiles.

    With R draws in order, t₁ ≤ … ≤ t_R, and r = ⌊(R + 1) α⌋:

    t_r + (t_{r+1} − t_r) (Φ⁻¹(α) − Φ⁻¹(r / (R + 1))) / (Φ⁻¹((r + 1) / (R + 1)) − Φ⁻¹(r / (R + 1)))

    The first or last draw where α lies beyond them; NaN where there is none. lavaan uses the same rule.

    References
    ----------
    Davison & Hinkley (1997), Bootstrap methods and their application, eq. 5.8.
    """
    from scipy.special import ndtri

    if not len(drawn):
        return np.full_like(level, np.nan)
    ordered = np.sort(drawn, axis=0)  # NaN last
    R = (~np.isnan(drawn)).sum(axis=0)
    rank = np.clip(np.floor(np.nan_to_num((R + 1) * level)), 0, R).astype(np.int64)
    column = np.arange(drawn.shape[1])
    last = np.maximum(R - 1, 0)
    below, above = ordered[np.maximum(rank - 1, 0), column], ordered[np.minimum(rank, last), column]
    with np.errstate(invalid="ignore"):
        lower, upper = ndtri(rank / (R + 1)), ndtri((rank + 1) / (R + 1))
        share = np.where((rank > 0) & (rank < R), (ndtri(level) - lower) / (upper - lower), 0.0)
        out = below + share * (above - below)
    return np.where(np.isnan(level) | (R == 0), np.nan, out)

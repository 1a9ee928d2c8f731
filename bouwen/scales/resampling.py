"""Answers -> covariances of many bootstrap samples at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np
import pandas as pd

from bouwen.checks import Matrix
from bouwen.sem import respondent_weights


def bootstrap_matrices(
    X: Matrix,
    draws: int,
    seed: int,
    kind: Literal["covariance", "correlation"],
    clusters: pd.Series | None = None,
) -> Iterator[Matrix]:
    """Pairwise covariances or correlations of bootstrap samples, a chunk of draws at a time.

    Parameters
    ----------
    X : array (n, p)
        Answers, NaN where missing.
    draws, seed : int
        Samples of n respondents with replacement.
    kind : {"covariance", "correlation"}
    clusters : Series (n,), optional
        Whole clusters are drawn then, as many as there are.

    Yields
    ------
    array (up to 250, p, p)
        NaN where a sample has fewer than two answers to a pair of items or one of them is constant.
    """
    units = None if clusters is None else pd.factorize(clusters)[0]
    for weights in respondent_weights(len(X), draws, seed, units):
        yield weighted_matrices(X, weights, kind)


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

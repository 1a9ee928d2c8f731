"""Ordered answers -> correlations of the latent responses behind them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import Matrix, Missing, TooFewRespondents, Vector, check_answers
from bouwen.results import Result, counted, short
from bouwen.scales.given import Items, answers_of


@dataclass(frozen=True, eq=False, repr=False)
class Polychoric(Result):
    """Polychoric correlations.

    Attributes
    ----------
    R : DataFrame (items × items)
    thresholds : dict of str to array
        Standard normal limits between the answers of each item.
    n : int
        Respondents with at least one answer.
    missing : float
    empty : DataFrame
        Pairs of items with empty cells in their cross table: ``first second cells``.
    """

    R: pd.DataFrame
    thresholds: dict[str, Vector]
    n: int
    missing: float
    empty: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """The correlations."""
        return self.R

    def _line(self) -> str:
        r = self.R.to_numpy()[np.tril_indices(len(self.R), -1)]
        return (
            f"{counted(len(self.R), 'item')}, correlations from {short(float(r.min()))} to "
            f"{short(float(r.max()))}, n = {self.n}"
        )


def polychoric(items: Items, *, missing: Missing = "pairwise") -> Polychoric:
    """Polychoric correlations by maximum likelihood in two steps: thresholds, then each correlation.

    Parameters
    ----------
    items : DataFrame or Study
        Ordered answers as numbers, NaN where missing.
    missing : {"pairwise", "listwise"}

    Raises
    ------
    DataError
        Fewer than two items, a constant item, or a pair of items that nobody answered together.

    References
    ----------
    Olsson (1979), Psychometrika 44.
    """
    from bouwen.sem.ordinal.bivariate import FAR, polychoric_of_tables

    answers = check_answers(answers_of(items), minimum=2, what="A polychoric correlation", missing=missing)
    names = list(answers.columns)
    codes = [_codes(answers[name]) for name in names]
    thresholds = [_thresholds(c) for c in codes]
    size = max(len(t) for t in thresholds) + 1
    first, second = np.tril_indices(len(names), -1)
    counts = np.stack([_cross(codes[i], codes[j], size) for i, j in zip(first, second, strict=True)])
    for k in np.flatnonzero(counts.sum(axis=(1, 2)) < 2):
        pair = f'the correlation of "{names[first[k]]}" and "{names[second[k]]}"'
        raise TooFewRespondents(int(counts[k].sum()), 2, pair)
    limits = np.stack([_padded(t, size, FAR) for t in thresholds])
    levels = np.array([len(t) + 1 for t in thresholds])
    real = (np.arange(size) < levels[first, None])[:, :, None] & (np.arange(size) < levels[second, None])[
        :, None, :
    ]
    holes = np.sum(real & (counts == 0), axis=(1, 2))
    rho = polychoric_of_tables(counts, limits[first], limits[second], np.zeros(len(first)))
    R = np.eye(len(names))
    R[first, second] = R[second, first] = rho
    return Polychoric(
        R=pd.DataFrame(R, names, names),
        thresholds=dict(zip(names, thresholds, strict=True)),
        n=len(answers),
        missing=float(answers.isna().to_numpy().mean()),
        empty=pd.DataFrame(
            {
                "first": [names[i] for i in first[holes > 0]],
                "second": [names[j] for j in second[holes > 0]],
                "cells": holes[holes > 0],
            }
        ),
    )


def _codes(column: pd.Series) -> Vector:
    """Answers numbered from zero, −1 where missing."""
    return np.asarray(pd.factorize(column, sort=True)[0], dtype=float)


def _thresholds(codes: Vector) -> Vector:
    """Normal quantiles Φ⁻¹ of the cumulative shares."""
    from scipy.special import ndtri

    counts = np.bincount(codes[codes >= 0].astype(int))
    return np.asarray(ndtri(np.cumsum(counts)[:-1] / counts.sum()), dtype=float)


def _cross(one: Vector, two: Vector, size: int) -> Matrix:
    both = (one >= 0) & (two >= 0)
    cell = (one[both] * size + two[both]).astype(int)
    return np.bincount(cell, minlength=size * size).reshape(size, size).astype(float)


def _padded(thresholds: Vector, size: int, far: float) -> Vector:
    """Limits −∞, τ₁, …, ∞, ∞ of the same length for every item; ``far`` stands for ∞."""
    return np.concatenate([[-far], thresholds, np.full(size - len(thresholds), far)])

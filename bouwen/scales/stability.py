"""A factor analysis -> whether its factors come back in other samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from bouwen.checks import Matrix, Missing, check_choice, check_count
from bouwen.results import Result, how_many, short
from bouwen.scales.extraction import Method, extract
from bouwen.scales.factors import Efa, fit_efa
from bouwen.scales.given import Items, answers_of, clusters_of
from bouwen.scales.resampling import bootstrap_matrices
from bouwen.scales.rotation import Rotation, RotationNotConverged, rotate
from bouwen.sem import percentile_interval


@dataclass(frozen=True, eq=False, repr=False)
class LoadingStability(Result):
    """Loadings over bootstrap samples, matched to the factors of the sample itself.

    Attributes
    ----------
    efa : Efa
        The analysis of the sample.
    loadings : DataFrame
        One row per item and factor: ``item factor loading se ci_lower ci_upper``.
    congruence : DataFrame (factors × 3)
        Tucker's congruence of each factor with its counterpart: ``median lower good``, the last being the
        share of samples with .95 or more.
    draws, failed, seed : int
        Samples asked for, and those without a solution.
    confidence : float
    """

    efa: Efa
    loadings: pd.DataFrame
    congruence: pd.DataFrame
    draws: int
    failed: int
    seed: int
    confidence: float

    def table(self) -> pd.DataFrame:
        """The loadings with their intervals."""
        return self.loadings.copy()

    def _line(self) -> str:
        items, factors = self.efa.loadings.shape
        return (
            f"{how_many(factors, 'factor')} of {how_many(items, 'item')}, lowest median congruence "
            f"{short(self.congruence['median'].min())}, {self.draws - self.failed} of {self.draws} draws used"
        )


def loading_stability(
    items: Items,
    n_factors: int,
    *,
    seed: int,
    draws: int = 500,
    method: Method = "minres",
    rotation: Rotation = "oblimin",
    missing: Missing = "pairwise",
    confidence: float = 0.95,
) -> LoadingStability:
    """Bootstrap a factor analysis.

    The axes of each sample are first turned as close as rotation can bring them to the loadings of the
    whole sample, then rotated from there, then matched to them in order and sign.

    Parameters
    ----------
    items, n_factors, method, rotation, missing
        As in `bouwen.scales.fit_efa`.
    seed, draws : int
        Samples of respondents, or of whole clusters where a study has enough.
    confidence : float
        Level of the percentile intervals.

    References
    ----------
    Zientek & Thompson (2007), Behavior Research Methods 39; Lorenzo-Seva & ten Berge (2006), Methodology 2.
    """
    check_count("draws", draws, least=1)
    check_count("seed", seed)
    method = check_choice("method", method, get_args(Method))
    rotation = check_choice("rotation", rotation, get_args(Rotation))
    missing = check_choice("missing", missing, get_args(Missing))
    items, clusters = answers_of(items), clusters_of(items)
    efa = fit_efa(items, n_factors, method=method, rotation=rotation, missing=missing)
    names = list(efa.loadings.index)
    answers = items.set_axis([str(column) for column in items.columns], axis=1)[names]
    answers = answers.dropna() if missing == "listwise" else answers.dropna(how="all")
    target, psi = efa.loadings.to_numpy(), efa.uniqueness.to_numpy()
    X, found = answers.to_numpy(dtype=float), []
    own = None if clusters is None else clusters[answers.index]
    for chunk in bootstrap_matrices(X, draws, seed, "correlation", own):
        for R in chunk:
            if np.isnan(R).any() or np.linalg.eigvalsh(R)[0] < 1e-8:
                continue
            L = extract(R, n_factors, method, start=psi)
            try:
                turned = rotate(L @ _procrustes(L, target), rotation, starts=1)
            except RotationNotConverged:
                continue
            found.append(match_factors(turned.loadings, target))
    drawn = np.stack(found) if found else np.empty((0, *target.shape))
    return LoadingStability(
        efa=efa,
        loadings=_intervals(efa.loadings, drawn, confidence),
        congruence=_congruence_over(drawn, target, list(efa.loadings.columns)),
        draws=draws,
        failed=draws - len(found),
        seed=seed,
        confidence=confidence,
    )


def _procrustes(L: Matrix, target: Matrix) -> Matrix:
    """The orthogonal T that brings L T closest to the target: U Vᵀ from L'target = U D Vᵀ."""
    U, _, V = np.linalg.svd(L.T @ target)
    return np.asarray(U @ V, dtype=float)


def match_factors(L: Matrix, target: Matrix) -> Matrix:
    """The columns of L in the order and with the signs that agree best with those of the target."""
    from scipy.optimize import linear_sum_assignment

    cosines = congruences(L, target)
    ours, theirs = linear_sum_assignment(-np.abs(cosines))
    out = np.empty_like(L)
    out[:, theirs] = L[:, ours] * np.where(cosines[ours, theirs] < 0, -1.0, 1.0)
    return out


def congruences(L: Matrix, M: Matrix) -> Matrix:
    """Tucker's congruence lᵀm / √(lᵀl mᵀm) of every column of L with every column of M."""
    lengths = np.outer(np.linalg.norm(L, axis=0), np.linalg.norm(M, axis=0))
    return np.asarray(L.T @ M / lengths, dtype=float)


def congruence(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Tucker's congruence of the factors of two analyses over the items that both have.

    .85 to .94 is fair similarity; from .95 the factors count as equal.

    Parameters
    ----------
    first, second : DataFrame (items × factors)
        Loadings, such as ``Efa.loadings`` of two groups.

    Returns
    -------
    DataFrame (factors of first × factors of second)

    References
    ----------
    Tucker (1951); Lorenzo-Seva & ten Berge (2006), Methodology 2.
    """
    shared = [item for item in first.index if item in second.index]
    L, M = first.loc[shared].to_numpy(dtype=float), second.loc[shared].to_numpy(dtype=float)
    return pd.DataFrame(congruences(L, M), first.columns, second.columns)


def _intervals(loadings: pd.DataFrame, drawn: Matrix, confidence: float) -> pd.DataFrame:
    lower, upper = percentile_interval(drawn, confidence)
    se = drawn.std(axis=0, ddof=1) if len(drawn) > 1 else np.full(loadings.shape, np.nan)
    items, factors = loadings.index, loadings.columns
    return pd.DataFrame(
        {
            "item": np.repeat(items, len(factors)),
            "factor": np.tile(factors, len(items)),
            "loading": loadings.to_numpy().ravel(),
            "se": se.ravel(),
            "ci_lower": lower.ravel(),
            "ci_upper": upper.ravel(),
        }
    )


def _congruence_over(drawn: Matrix, target: Matrix, factors: list[str]) -> pd.DataFrame:
    if not len(drawn):
        return pd.DataFrame(np.nan, factors, ["median", "lower", "good"])
    values = np.stack([np.diag(congruences(L, target)) for L in drawn])
    return pd.DataFrame(
        {
            "median": np.median(values, axis=0),
            "lower": np.percentile(values, 5, axis=0),
            "good": (values >= 0.95).mean(axis=0),
        },
        factors,
    )

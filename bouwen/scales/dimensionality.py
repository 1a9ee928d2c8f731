"""Correlations -> how many factors they hold.

How often each rule finds the true number: 100 samples of n = 201, five-point items, four a factor, Pearson
correlations, seed 1 (`tests/shared/recovery.py`). "correlation" is that between factors::

    factors  loading  correlation  parallel, factors  parallel, components  MAP  empirical Kaiser
          1      0.5            0               0.22                  1.00  0.00              1.00
          1      0.7            0               0.99                  1.00  1.00              1.00
          3      0.5          0.3               0.88                  0.66  0.00              0.83
          3      0.5          0.6               0.33                  0.00  0.00              0.07
          3      0.5          0.8               0.00                  0.00  0.00              0.00
          3      0.7          0.3               1.00                  1.00  0.97              1.00
          3      0.7          0.6               0.99                  0.11  0.02              0.98
          3      0.7          0.8               0.13                  0.00  0.00              0.07
          5      0.5          0.3               0.60                  0.27  0.00              0.19
          5      0.5          0.6               0.01                  0.00  0.00              0.00
          5      0.5          0.8               0.00                  0.00  0.00              0.00
          5      0.7          0.3               1.00                  0.98  0.95              1.00
          5      0.7          0.6               0.80                  0.00  0.00              0.94
          5      0.7          0.8               0.00                  0.00  0.00              0.00

With weak items or factors that correlate as facets of one trait do, every rule finds too few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from bouwen.checks import DataError, Matrix, Missing, OptionError, Vector, check_answers, check_choice
from bouwen.results import Result, how_many
from bouwen.scales.given import Items, answers_of
from bouwen.scales.matrices import CorrelationKind, correlate, kind_of
from bouwen.scales.polychorics import polychoric

if TYPE_CHECKING:
    pass

Reference = Literal["normal", "permuted"]
LARGEST_COMMUNALITY = 0.995


class TooFewDraws(DataError):
    """Too few random draws for the percentile asked for."""

    def __init__(self, draws: int, needed: int) -> None:
        self.draws, self.needed = draws, needed
        super().__init__(f"needs at least {needed} random draws; found {draws}.")


@dataclass(frozen=True, eq=False, repr=False)
class ParallelAnalysis(Result):
    """Eigenvalues beside those of random answers.

    Attributes
    ----------
    n_factors, n_components : int
        How many eigenvalues, from the first on, exceed their reference.
    eigenvalues : DataFrame
        Index 1 to p; columns ``components components_reference factors factors_reference``.
    n, draws, seed : int
    percentile : float
        Of the random eigenvalues, that an observed one must exceed.
    """

    n_factors: int
    n_components: int
    eigenvalues: pd.DataFrame
    n: int
    draws: int
    percentile: float
    seed: int

    def table(self) -> pd.DataFrame:
        """The eigenvalues with their references."""
        return self.eigenvalues.copy()

    def _line(self) -> str:
        return (
            f"{how_many(self.n_factors, 'factor')}, {how_many(self.n_components, 'component')} of "
            f"{how_many(len(self.eigenvalues), 'item')}, n = {self.n}, {self.draws} draws"
        )


def parallel_analysis(
    items: Items,
    *,
    seed: int,
    draws: int = 500,
    percentile: float = 95,
    correlation: CorrelationKind | None = None,
    reference: Reference | None = None,
    missing: Missing = "pairwise",
) -> ParallelAnalysis:
    """Compare eigenvalues with those of uncorrelated answers of the same size.

    Components are eigenvalues of the correlations; factors those of the correlations with the
    communalities of one factor on the diagonal, as psych's ``fa.parallel``.

    With four or five items random answers often have a communality at its bound, so that the factors'
    reference is too high; count components there.

    Parameters
    ----------
    items : DataFrame or Study
        One column per item, NaN where no answer was given.
    seed : int
    draws : int
        Random samples.
    percentile : float
        Of the random eigenvalues.
    correlation : {"pearson", "polychoric"}, optional
        By default polychoric where the columns are ordered categories, else Pearson's.
    reference : {"normal", "permuted"}, optional
        Normal answers without gaps; or the answers themselves, each item shuffled among those who answered
        it, which keeps their distributions. By default permuted for polychoric correlations (slower: give
        100 draws) and normal otherwise.

    References
    ----------
    Horn (1965), Psychometrika 30; Glorfeld (1995), Educational and Psychological Measurement 55.
    """
    correlation = kind_of(items, correlation)
    if not 1 <= percentile < 100:
        raise OptionError(f"percentile is between 1 and 100, such as 95; found {percentile}")
    if draws < (needed := int(np.ceil(100 / (100 - percentile)))):
        raise TooFewDraws(draws, needed)
    sample = correlate(items, missing=missing, kind=correlation, minimum=3, what="Parallel analysis")
    rng = np.random.default_rng(seed)
    if reference is None:
        reference = "permuted" if correlation == "polychoric" else "normal"
    reference = check_choice("reference", reference, get_args(Reference))
    if reference == "permuted":
        answers = check_answers(answers_of(items), missing=missing)
        random = permuted_correlations(answers, draws, rng, correlation)
    else:
        random = random_correlations(sample.n, len(sample.items), draws, rng)
    observed = {"components": _eigenvalues(sample.R), "factors": factor_eigenvalues(sample.R[None])[0]}
    bound = {
        "components": np.percentile(_eigenvalues(random), percentile, axis=0),
        "factors": np.percentile(factor_eigenvalues(random), percentile, axis=0),
    }
    return ParallelAnalysis(
        n_factors=leading(observed["factors"] > bound["factors"]),
        n_components=leading(observed["components"] > bound["components"]),
        eigenvalues=pd.DataFrame(
            {
                "components": observed["components"],
                "components_reference": bound["components"],
                "factors": observed["factors"],
                "factors_reference": bound["factors"],
            },
            index=pd.RangeIndex(1, len(sample.items) + 1),
        ),
        n=sample.n,
        draws=draws,
        percentile=percentile,
        seed=seed,
    )


def leading(exceeds: np.ndarray) -> int:
    """How many are true before the first that is not.

    >>> leading(np.array([True, True, False, True]))
    2
    """
    return len(exceeds) if exceeds.all() else int(np.argmin(exceeds))


def random_correlations(n: int, p: int, draws: int, rng: np.random.Generator) -> Matrix:
    """Correlations (draws, p, p) of p independent normal items and n respondents.

    Bartlett's decomposition: the cross-products are LLᵀ with normal numbers below the diagonal of L
    and roots of χ²(n − i) on it, so no answers need to be drawn.

    References
    ----------
    Bartlett (1933), Proceedings of the Royal Society of Edinburgh 53.
    """
    L = np.tril(rng.standard_normal((draws, p, p)), -1)
    i = np.arange(p)
    L[:, i, i] = np.sqrt(rng.chisquare(n - 1 - i, (draws, p)))
    L /= np.linalg.norm(L, axis=2, keepdims=True)
    return np.asarray(L @ L.transpose(0, 2, 1), dtype=float)


def permuted_correlations(
    answers: pd.DataFrame, draws: int, rng: np.random.Generator, kind: CorrelationKind = "pearson"
) -> Matrix:
    """Correlations (draws, p, p) after shuffling each item among those who answered it.

    References
    ----------
    Buja & Eyuboglu (1992), Multivariate Behavioral Research 27.
    """
    X = answers.to_numpy(dtype=float)
    given = [np.flatnonzero(~np.isnan(column)) for column in X.T]
    out = np.empty((draws, X.shape[1], X.shape[1]))
    for draw in range(draws):
        shuffled = X.copy()
        for j, rows in enumerate(given):
            shuffled[rows, j] = rng.permutation(X[rows, j])
        frame = pd.DataFrame(shuffled, columns=answers.columns)
        out[draw] = polychoric(frame).R if kind == "polychoric" else frame.corr()
    return out


def _eigenvalues(R: Matrix) -> Matrix:
    return np.asarray(np.linalg.eigvalsh(R)[..., ::-1], dtype=float)


def factor_eigenvalues(R: Matrix) -> Matrix:
    """Eigenvalues (draws, p) of matrices (draws, p, p) with one factor's communalities in the diagonal."""
    reduced, i = R.copy(), np.arange(R.shape[-1])
    reduced[:, i, i] = one_factor(R) ** 2
    return _eigenvalues(reduced)


def one_factor(R: Matrix, *, sweeps: int = 300, tol: float = 1e-5) -> Matrix:
    """Minres loadings (draws, p) of one factor for each of many correlation matrices.

    Each loading in turn goes to its least squares value given the others,
    λᵢ = Σ_{j≠i} rᵢⱼ λⱼ / Σ_{j≠i} λ²ⱼ, within the largest communality allowed.

    References
    ----------
    Harman & Jones (1966), Psychometrika 31.
    """
    values, vectors = np.linalg.eigh(R)
    L = vectors[:, :, -1] * np.sqrt(np.maximum(values[:, -1:] - 1, 0.01))
    bound = np.sqrt(LARGEST_COMMUNALITY)
    for _ in range(sweeps):
        before = L.copy()
        for i in range(R.shape[-1]):
            others = np.sum(L**2, axis=1) - L[:, i] ** 2
            L[:, i] = (np.einsum("dj,dj->d", R[:, i], L) - L[:, i]) / np.maximum(others, 1e-12)
            L[:, i] = np.clip(L[:, i], -bound, bound)
        if np.abs(L - before).max() < tol:
            break
    return np.asarray(L, dtype=float)


@dataclass(frozen=True, eq=False, repr=False)
class MapTest(Result):
    """Velicer's minimum average partial test.

    Attributes
    ----------
    n_factors : int
        Where the average squared partial correlation is smallest.
    n_factors_fourth : int
        Where the average fourth power is smallest (the revised test).
    averages : DataFrame
        Index: components taken out; columns ``squared`` and ``fourth``.
    n : int
    """

    n_factors: int
    n_factors_fourth: int
    averages: pd.DataFrame
    n: int

    def table(self) -> pd.DataFrame:
        """The averages."""
        return self.averages.copy()

    def _line(self) -> str:
        return (
            f"{how_many(self.n_factors, 'component')} by squares, {self.n_factors_fourth} by fourth powers, "
            f"n = {self.n}"
        )


def map_test(items: Items, *, missing: Missing = "pairwise") -> MapTest:
    """Take out one component after another until the partial correlations no longer shrink.

    References
    ----------
    Velicer (1976), Psychometrika 41; Velicer, Eaton & Fava (2000), in Goffin & Helmes (eds.).
    """
    sample = correlate(items, missing=missing, minimum=3, what="The MAP test")
    rows = average_partials(sample.R)
    averages = pd.DataFrame(rows, columns=["squared", "fourth"]).rename_axis("components")
    best = averages.to_numpy().argmin(axis=0)
    return MapTest(int(best[0]), int(best[1]), averages, sample.n)


def average_partials(R: Matrix) -> list[tuple[float, float]]:
    """Average squared and fourth-power partial correlations after 0, 1, 2, … components."""
    p = len(R)
    values, vectors = np.linalg.eigh(R)
    components = (vectors * np.sqrt(values))[:, ::-1]
    off = ~np.eye(p, dtype=bool)
    rows = []
    for m in range(p - 1):
        C = R - components[:, :m] @ components[:, :m].T
        scale = np.sqrt(np.diag(C))
        partial = (C / np.outer(scale, scale))[off]
        rows.append((float(np.mean(partial**2)), float(np.mean(partial**4))))
    return rows


@dataclass(frozen=True, eq=False, repr=False)
class EmpiricalKaiser(Result):
    """The empirical Kaiser criterion: ``n_factors``, and eigenvalues beside their references."""

    n_factors: int
    eigenvalues: pd.DataFrame
    n: int

    def table(self) -> pd.DataFrame:
        """The eigenvalues with their references."""
        return self.eigenvalues.copy()

    def _line(self) -> str:
        items = how_many(len(self.eigenvalues), "item")
        return f"{how_many(self.n_factors, 'factor')} of {items}, n = {self.n}"


def empirical_kaiser(items: Items, *, missing: Missing = "pairwise") -> EmpiricalKaiser:
    """Count eigenvalues above what sampling error and the earlier factors leave for them.

    References
    ----------
    Braeken & van Assen (2017), Psychological Methods 22, eq. 3.
    """
    sample = correlate(items, missing=missing, minimum=3, what="The empirical Kaiser criterion")
    values = _eigenvalues(sample.R)
    reference = kaiser_reference(values, sample.n)
    table = pd.DataFrame(
        {"components": values, "reference": reference}, index=pd.RangeIndex(1, len(values) + 1)
    )
    return EmpiricalKaiser(leading(values > reference), table, sample.n)


def kaiser_reference(values: Vector, n: int) -> Vector:
    """References max{1, (1 + √(p/n))² (p − Σ_{i<j} lᵢ) / (p − j + 1)} of the eigenvalues l."""
    p = len(values)
    left = p - np.concatenate([[0.0], np.cumsum(values)[:-1]])
    reference: Vector = np.maximum(1.0, (1 + np.sqrt(p / n)) ** 2 * left / (p - np.arange(p)))
    return reference

"""Correlations -> unrotated loadings.

factor_analyzer finds the solution; its optimiser, without a gradient, stops with a few correct digits,
so the uniquenesses are taken to the minimum from there.
"""

from __future__ import annotations

import warnings
from typing import Literal, get_args

import numpy as np

from bouwen.checks import Matrix, Vector, check_choice

Method = Literal["minres", "ml", "pa"]
SMALLEST_UNIQUENESS = 0.005


def extract(R: Matrix, n_factors: int, method: Method = "minres", *, start: Vector | None = None) -> Matrix:
    """Unrotated loadings, the factor with the largest sum of squares first.

    Parameters
    ----------
    R : array (p, p)
        Correlations.
    n_factors : int
    method : {"minres", "ml", "pa"}
        Least squares of the residuals; maximum likelihood; or principal axes, iterated until they stand
        still, where they are a solution of minres.
    start : array (p,), optional
        Uniquenesses to start from; factor_analyzer's solution by default.

    Returns
    -------
    array (p, n_factors)
        Signed so that each column's sum is positive.

    References
    ----------
    Jöreskog (1967), Psychometrika 32 (ml); Harman & Jones (1966), Psychometrika 31 (minres).
    """
    from scipy.optimize import minimize

    method = check_choice("method", method, get_args(Method))
    distance, loadings = (ml_distance, ml_loadings) if method == "ml" else (uls_distance, uls_loadings)
    if start is None:
        start = _squared_multiple(R) if method == "pa" else _first_solution(R, n_factors, method)
    if method == "pa":
        start = principal_axes(R, n_factors, start)
    solution = minimize(
        distance,
        np.clip(start, SMALLEST_UNIQUENESS, 1),
        args=(R, n_factors),
        jac=True,
        method="L-BFGS-B",
        bounds=[(SMALLEST_UNIQUENESS, 1.0)] * len(R),
        options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 2000},
    )
    return point_up(loadings(np.asarray(solution.x, dtype=float), R, n_factors))


def _first_solution(R: Matrix, n_factors: int, method: str) -> Vector:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*force_all_finite.*", category=FutureWarning)
        from factor_analyzer import FactorAnalyzer

        analyzer = FactorAnalyzer(n_factors, rotation=None, method=method, is_corr_matrix=True)
        analyzer.fit(R.copy())
    L = np.asarray(analyzer.loadings_, dtype=float)
    return np.asarray(1 - np.sum(L**2, axis=1), dtype=float)


def _squared_multiple(R: Matrix) -> Vector:
    """Uniquenesses 1 − R²ᵢ, the share of each item that the others do not explain."""
    return np.asarray(1 / np.diag(np.linalg.inv(R)), dtype=float)


def principal_axes(R: Matrix, n_factors: int, start: Vector, *, tol: float = 1e-6) -> Vector:
    """Uniquenesses for which the largest eigenvectors of R − Ψ reproduce their own communalities."""
    psi = start
    for _ in range(1000):
        L = uls_loadings(psi, R, n_factors)
        new: Vector = np.clip(1 - np.sum(L**2, axis=1), SMALLEST_UNIQUENESS, 1)
        if np.abs(new - psi).max() < tol:
            return new
        psi = new
    return psi


def uls_distance(psi: Vector, R: Matrix, n_factors: int) -> tuple[float, Vector]:
    """Half the sum of squared residuals of R − Ψ beyond its largest eigenvalues, and its gradient.

    ½ Σ_{j>k} λⱼ², with ∂/∂ψᵢ = −Σ_{j>k} λⱼ v²ᵢⱼ; negative eigenvalues never count as factors.
    """
    values, vectors = np.linalg.eigh(R - np.diag(psi))
    rest = values.copy()
    rest[-n_factors:] = np.minimum(rest[-n_factors:], 0)
    return 0.5 * float(rest @ rest), -np.asarray(vectors**2 @ rest, dtype=float)


def uls_loadings(psi: Vector, R: Matrix, n_factors: int) -> Matrix:
    """Loadings v √λ of the largest eigenvalues of R − Ψ."""
    values, vectors = np.linalg.eigh(R - np.diag(psi))
    top = slice(-1, -n_factors - 1, -1)
    return np.asarray(vectors[:, top] * np.sqrt(np.maximum(values[top], 0)), dtype=float)


def ml_distance(psi: Vector, R: Matrix, n_factors: int) -> tuple[float, Vector]:
    """ML distance with the loadings at their best for Ψ, and its gradient.

    Σ_{j>k} (θⱼ − log θⱼ − 1) over the smaller eigenvalues θ of Ψ^(−½) R Ψ^(−½);
    ∂/∂ψᵢ = Σ_{j>k} (1 − θⱼ) w²ᵢⱼ / ψᵢ.
    """
    root = 1 / np.sqrt(psi)
    values, vectors = np.linalg.eigh(R * np.outer(root, root))
    theta, w = values[:-n_factors], vectors[:, :-n_factors]
    gradient = (w**2 @ (1 - theta)) / psi
    return float(np.sum(theta - np.log(theta) - 1)), np.asarray(gradient, dtype=float)


def ml_loadings(psi: Vector, R: Matrix, n_factors: int) -> Matrix:
    """Loadings Ψ^½ w √(θ − 1) of the largest eigenvalues of Ψ^(−½) R Ψ^(−½)."""
    root = np.sqrt(psi)
    values, vectors = np.linalg.eigh(R / np.outer(root, root))
    top = slice(-1, -n_factors - 1, -1)
    L = root[:, None] * vectors[:, top] * np.sqrt(np.maximum(values[top] - 1, 0))
    return np.asarray(L, dtype=float)


def point_up(L: Matrix) -> Matrix:
    """The same loadings with every column's sum positive."""
    signs = np.where(L.sum(axis=0) < 0, -1.0, 1.0)
    return np.asarray(L * signs, dtype=float)

"""Loadings and a criterion of simplicity -> the axes that make it smallest.

Gradient projection, because factor_analyzer's own search has no line-search failure: near the minimum
it walks on for ever without saying so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bouwen.checks import Matrix

Criterion = Callable[[Matrix], tuple[float, Matrix]]
TOL = 1e-6
MAX_TURNS = 2000


@dataclass(frozen=True, eq=False)
class Turned:
    """Rotated loadings (p, k), factor correlations (k, k), criterion, and whether it is at a minimum."""

    loadings: Matrix
    phi: Matrix
    criterion: float
    converged: bool


def quartimin(L: Matrix) -> tuple[float, Matrix]:
    """Direct quartimin ¼ Σᵢ Σ_{j≠m} λ²ᵢⱼ λ²ᵢₘ, which is oblimin with γ = 0, and its gradient."""
    S = L**2
    others = S.sum(axis=1, keepdims=True) - S
    return 0.25 * float(np.sum(S * others)), L * others


def quartimax(L: Matrix) -> tuple[float, Matrix]:
    """Quartimax −¼ Σ λ⁴ and its gradient."""
    return -0.25 * float(np.sum(L**4)), -(L**3)


def geomin(L: Matrix, epsilon: float = 0.01) -> tuple[float, Matrix]:
    """Geomin Σᵢ (∏ⱼ (λ²ᵢⱼ + ε))^(1/k) and its gradient."""
    S = L**2 + epsilon
    product = np.exp(np.log(S).mean(axis=1, keepdims=True))
    return float(product.sum()), 2 / L.shape[1] * L / S * product


def towards(target: Matrix) -> Criterion:
    """Squared distance Σ (λᵢⱼ − tᵢⱼ)² to the entries of a target that are given, and its gradient.

    Parameters
    ----------
    target : array (p, k)
        NaN where a loading may be anything.

    References
    ----------
    Browne (1972), British Journal of Mathematical and Statistical Psychology 25; Browne (2001), Multivariate
    Behavioral Research 36, eq. 27.
    """
    given = ~np.isnan(target)
    wanted = np.where(given, target, 0.0)

    def distance(L: Matrix) -> tuple[float, Matrix]:
        gap = np.where(given, L - wanted, 0.0)
        return float(np.sum(gap**2)), 2 * gap

    return distance


def turn_oblique(A: Matrix, criterion: Criterion, T: Matrix) -> Turned:
    """Minimise a criterion of A T⁻ᵀ over matrices T with columns of length one; Φ = TᵀT.

    Parameters
    ----------
    A : array (p, k)
        Unrotated loadings.
    criterion : callable
        Value and gradient at a matrix of loadings.
    T : array (k, k)
        Where to start.

    References
    ----------
    Jennrich (2002), Psychometrika 67; Bernaards & Jennrich (2005), Educational and Psychological
    Measurement 65.
    """

    def at(T: Matrix) -> tuple[float, Matrix, Matrix]:
        inverse = np.linalg.inv(T)
        L = A @ inverse.T
        f, G = criterion(L)
        return f, -(L.T @ G @ inverse).T, L

    def tangent(T: Matrix, G: Matrix) -> Matrix:
        return np.asarray(G - T * np.sum(T * G, axis=0), dtype=float)

    def retract(X: Matrix) -> Matrix:
        return np.asarray(X / np.linalg.norm(X, axis=0), dtype=float)

    T, L, f, converged = _descend_on_manifold(at, tangent, retract, T)
    return Turned(L, T.T @ T, f, converged)


def turn_orthogonal(A: Matrix, criterion: Criterion, T: Matrix) -> Turned:
    """Minimise a criterion of A T over orthogonal matrices T.

    References
    ----------
    Jennrich (2001), Psychometrika 66.
    """

    def at(T: Matrix) -> tuple[float, Matrix, Matrix]:
        L = A @ T
        f, G = criterion(L)
        return f, A.T @ G, L

    def tangent(T: Matrix, G: Matrix) -> Matrix:
        M = T.T @ G
        return np.asarray(G - T @ (M + M.T) / 2, dtype=float)

    def retract(X: Matrix) -> Matrix:
        U, _, V = np.linalg.svd(X)
        return np.asarray(U @ V, dtype=float)

    T, L, f, converged = _descend_on_manifold(at, tangent, retract, T)
    return Turned(L, np.eye(A.shape[1]), f, converged)


def _descend_on_manifold(
    at: Callable[[Matrix], tuple[float, Matrix, Matrix]],
    tangent: Callable[[Matrix, Matrix], Matrix],
    retract: Callable[[Matrix], Matrix],
    T: Matrix,
) -> tuple[Matrix, Matrix, float, bool]:
    f, G, L = at(T)
    step = 1.0
    for _ in range(MAX_TURNS):
        slope = tangent(T, G)
        size = float(np.linalg.norm(slope))
        if size < TOL:
            return T, L, f, True
        step *= 2
        for _ in range(30):
            new = retract(T - step * slope)
            f_new, G_new, L_new = at(new)
            if f_new < f - 0.5 * size**2 * step:
                break
            step /= 2
        else:  # no step lowers the criterion by more than rounding: as low as numbers go
            return T, L, f, size < 100 * TOL
        T, f, G, L = new, f_new, G_new, L_new
    return T, L, f, False

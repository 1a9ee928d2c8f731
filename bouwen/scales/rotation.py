"""Unrotated loadings -> loadings that a reader can name.

factor_analyzer's rotator turns the axes. The order and the signs of the factors, and with them their
correlations, are settled here, because factor_analyzer sorts the loadings but not the correlations.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bouwen.scales.answers import Matrix

Rotation = Literal["none", "varimax", "quartimax", "promax", "oblimin", "geomin"]
ROTATOR_NAMES = {
    "varimax": "varimax",
    "quartimax": "quartimax",
    "promax": "promax",
    "oblimin": "oblimin",
    "geomin": "geomin_obl",
}

# R's varimax stops here too. The criterion is so flat that a stricter rule moves loadings by .001.
VARIMAX_TOL = 1e-5
GRADIENT_TOL = 1e-8
MAX_STEPS = 20_000


@dataclass(frozen=True)
class Rotated:
    """Pattern loadings (p, k) and factor correlations (k, k)."""

    loadings: Matrix
    phi: Matrix


def rotate(L: Matrix, rotation: Rotation) -> Rotated:
    """Rotated loadings, factors ordered by the variance they explain and pointing up.

    Parameters
    ----------
    L : array (p, k)
        Unrotated loadings.
    rotation : {"none", "varimax", "quartimax", "promax", "oblimin", "geomin"}
        Varimax and promax (power 4) with Kaiser's normalisation; direct quartimin (oblimin with γ = 0) and
        geomin (ε = .01) without, as psych and GPArotation.

    References
    ----------
    Kaiser (1958), Psychometrika 23; Hendrickson & White (1964), British Journal of Statistical
    Psychology 17; Jennrich (2002), Psychometrika 67; Bernaards & Jennrich (2005), Educational and
    Psychological Measurement 65.
    """
    k = L.shape[1]
    if k == 1 or rotation == "none":
        return arrange(L, np.eye(k))
    return arrange(*_turn(L, rotation))


def _turn(L: Matrix, rotation: Rotation) -> tuple[Matrix, Matrix]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="factor_analyzer")
        from factor_analyzer import Rotator

        tol = VARIMAX_TOL if rotation in ("varimax", "promax") else GRADIENT_TOL
        rotator = Rotator(ROTATOR_NAMES[rotation], tol=tol, max_iter=MAX_STEPS)
        loadings = np.asarray(rotator.fit_transform(L.copy()), dtype=float)
    phi = np.eye(L.shape[1]) if rotator.phi_ is None else np.asarray(rotator.phi_, dtype=float)
    return loadings, phi


def arrange(loadings: Matrix, phi: Matrix) -> Rotated:
    """Order factors by explained variance, diag(Φ Λᵀ Λ), and point each column's sum up."""
    variance = explained_variance(loadings, phi)
    order = np.argsort(-np.round(variance, 10), kind="stable")
    L, P = loadings[:, order], phi[np.ix_(order, order)]
    signs = np.where(L.sum(axis=0) < 0, -1.0, 1.0)
    return Rotated(L * signs, P * np.outer(signs, signs))


def explained_variance(loadings: Matrix, phi: Matrix) -> Matrix:
    """Variance that each factor explains, diag(Φ Λᵀ Λ); sums to the communalities' sum."""
    return np.asarray(np.diag(phi @ loadings.T @ loadings), dtype=float)

"""Unrotated loadings -> loadings that a reader can name.

The order and the signs of the factors, and with them their correlations, are settled here, because
factor_analyzer sorts the loadings but not the correlations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from bouwen.scales.answers import Matrix, ScaleError, Vector, check_choice
from bouwen.scales.projection import Turned, geomin, quartimax, quartimin, turn_oblique, turn_orthogonal

Rotation = Literal["none", "varimax", "quartimax", "promax", "oblimin", "geomin"]
CRITERIA = {
    "quartimax": (turn_orthogonal, quartimax),
    "oblimin": (turn_oblique, quartimin),
    "geomin": (turn_oblique, geomin),
}

# R's varimax stops here too. The criterion is so flat that a stricter rule moves loadings by .001.
VARIMAX_TOL = 1e-5


class RotationNotConverged(ScaleError):
    """A rotation did not reach a minimum of its criterion."""

    def __init__(self, rotation: str, starts: int) -> None:
        self.rotation, self.starts = rotation, starts
        super().__init__(
            f"{rotation} found no minimum from any of {starts} starts; "
            "fewer factors or another rotation may be what the items support."
        )


@dataclass(frozen=True)
class Rotated:
    """Pattern loadings and factor correlations, in a fixed order and with fixed signs.

    Attributes
    ----------
    loadings : array (p, k)
    phi : array (k, k)
    starts, agreeing : int
        How many starts were tried, and how many of them ended in this solution.
    """

    loadings: Matrix
    phi: Matrix
    starts: int = 1
    agreeing: int = 1


def rotate(L: Matrix, rotation: Rotation, *, starts: int = 10, seed: int = 1) -> Rotated:
    """Rotated loadings, factors ordered by the variance they explain and pointing up.

    Parameters
    ----------
    L : array (p, k)
        Unrotated loadings.
    rotation : {"none", "varimax", "quartimax", "promax", "oblimin", "geomin"}
        Varimax and promax (power 4) with Kaiser's normalisation by factor_analyzer; direct quartimin
        (oblimin with γ = 0), geomin (ε = .01) and quartimax by gradient projection without
        normalisation, as psych and GPArotation.
    starts : int
        How many starts the gradient projection tries, the first from the unrotated axes, the others
        from random ones; the lowest criterion wins.
    seed : int
        For the random starts.

    References
    ----------
    Kaiser (1958), Psychometrika 23; Hendrickson & White (1964), British Journal of Statistical
    Psychology 17; Jennrich & Sampson (1966), Psychometrika 31; Yates (1987).
    """
    check_choice("rotation", rotation, get_args(Rotation))
    k = L.shape[1]
    if k == 1 or rotation == "none":
        return arrange(L, np.eye(k))
    if rotation in CRITERIA:
        return _best_of_starts(L, rotation, starts, seed)
    return arrange(*_by_factor_analyzer(L, rotation))


def _by_factor_analyzer(L: Matrix, rotation: str) -> tuple[Matrix, Matrix]:
    from factor_analyzer import Rotator

    rotator = Rotator(rotation, tol=VARIMAX_TOL, max_iter=1000)
    loadings = np.asarray(rotator.fit_transform(L.copy()), dtype=float)
    phi = np.eye(L.shape[1]) if rotator.phi_ is None else np.asarray(rotator.phi_, dtype=float)
    return loadings, phi


def _best_of_starts(L: Matrix, rotation: str, starts: int, seed: int) -> Rotated:
    turn, criterion = CRITERIA[rotation]
    rng, k = np.random.default_rng(seed), L.shape[1]
    axes = [np.eye(k), *(np.linalg.qr(rng.standard_normal((k, k)))[0] for _ in range(starts - 1))]
    found = [turned for T in axes if (turned := turn(L, criterion, T)).converged]
    if not found:
        raise RotationNotConverged(rotation, starts)
    best = min(found, key=_rounded_criterion)
    agreeing = sum(_rounded_criterion(turned) == _rounded_criterion(best) for turned in found)
    return replace(arrange(best.loadings, best.phi), starts=starts, agreeing=agreeing)


def _rounded_criterion(turned: Turned) -> float:
    return round(turned.criterion, 7)


def arrange(loadings: Matrix, phi: Matrix) -> Rotated:
    """Order factors by explained variance, diag(Φ Λᵀ Λ), and point each column's sum up."""
    order = np.argsort(-np.round(explained_variance(loadings, phi), 10), kind="stable")
    L, P = loadings[:, order], phi[np.ix_(order, order)]
    signs = np.where(L.sum(axis=0) < 0, -1.0, 1.0)
    return Rotated(L * signs, P * np.outer(signs, signs))


def explained_variance(loadings: Matrix, phi: Matrix) -> Vector:
    """Variance that each factor explains, diag(Φ Λᵀ Λ); sums to the communalities' sum."""
    return np.asarray(np.diag(phi @ loadings.T @ loadings), dtype=float)

"""Unrotated loadings -> loadings that a reader can name.

The order and the signs of the factors, and with them their correlations, are settled here, because
factor_analyzer sorts the loadings but not the correlations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from bouwen.checks import DataError, Matrix, Vector, check_choice
from bouwen.scales.projection import (
    Criterion,
    Turned,
    geomin,
    quartimax,
    quartimin,
    towards,
    turn_oblique,
    turn_orthogonal,
)

Rotation = Literal["none", "varimax", "quartimax", "promax", "oblimin", "geomin", "target"]
CRITERIA = {
    "quartimax": (turn_orthogonal, quartimax),
    "oblimin": (turn_oblique, quartimin),
    "geomin": (turn_oblique, geomin),
}

# R's varimax stops here too. The criterion is so flat that a stricter rule moves loadings by .001.
VARIMAX_TOL = 1e-5


class RotationNotConverged(DataError):
    """A rotation did not reach a minimum of its criterion."""

    def __init__(self, rotation: str, starts: int) -> None:
        self.rotation, self.starts = rotation, starts
        super().__init__(
            f"{rotation} found no minimum from any of {starts} starts; "
            "fewer factors or another rotation may be what the items support."
        )


class WrongTarget(DataError):
    """A target that does not say where the axes should go."""

    def __init__(self, what: str) -> None:
        super().__init__(f'the target of rotation="target" {what}.')


@dataclass(frozen=True, eq=False)
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


def rotate(
    L: Matrix, rotation: Rotation, *, target: Matrix | None = None, starts: int = 10, seed: int = 1
) -> Rotated:
    """Rotated loadings, factors ordered by the variance they explain and pointing up.

    Factors that were turned towards a target keep its order and its signs.

    Parameters
    ----------
    L : array (p, k)
        Unrotated loadings.
    rotation : {"none", "varimax", "quartimax", "promax", "oblimin", "geomin", "target"}
        Varimax and promax (power 4) with Kaiser's normalisation by factor_analyzer; direct quartimin
        (oblimin with γ = 0), geomin (ε = .01), quartimax and oblique rotation to a target by gradient
        projection without normalisation, as psych and GPArotation.
    target : array (p, k), optional
        Where the loadings should go, NaN where they may go anywhere; for "target" only.
    starts : int
        How many starts the gradient projection tries, the first from the unrotated axes, the others
        from random ones; the lowest criterion wins.
    seed : int
        For the random starts.

    References
    ----------
    Kaiser (1958), Psychometrika 23; Hendrickson & White (1964), British Journal of Statistical
    Psychology 17; Jennrich & Sampson (1966), Psychometrika 31; Yates (1987); Browne (2001), Multivariate
    Behavioral Research 36.

    Raises
    ------
    WrongTarget
        No target where one is asked for, or of another shape; one for another rotation; or one that gives a
        factor fewer than k − 1 loadings, so that its axis can turn freely.
    """
    rotation = check_choice("rotation", rotation, get_args(Rotation))
    k = L.shape[1]
    if (target is not None) != (rotation == "target"):
        raise WrongTarget("is missing" if target is None else f'is of no use to rotation="{rotation}"')
    if target is not None:
        check_target(target, L.shape)
    if k == 1 or rotation == "none":
        return arrange(L, np.eye(k))
    if target is not None:
        best, agreeing = _best_of_starts(L, turn_oblique, towards(target), rotation, starts, seed)
        return replace(_signed_as(target, best), starts=starts, agreeing=agreeing)
    if rotation in CRITERIA:
        best, agreeing = _best_of_starts(L, *CRITERIA[rotation], rotation, starts, seed)
        return replace(arrange(best.loadings, best.phi), starts=starts, agreeing=agreeing)
    return arrange(*_by_factor_analyzer(L, rotation))


def check_target(target: Matrix, shape: tuple[int, ...]) -> None:
    """Raise `WrongTarget` where a target has another shape, or leaves an axis free to turn."""
    if target.shape != shape:
        raise WrongTarget(f"has the shape {target.shape}; the loadings have {shape}")
    given, k = (~np.isnan(target)).sum(axis=0), shape[1]
    if (given < k - 1).any():
        raise WrongTarget(
            f"gives factor {int(given.argmin()) + 1} only {given.min()} loadings; each of {k} factors needs "
            f"{k - 1} of them, such as zeros where items do not belong"
        )


def _signed_as(target: Matrix, turned: Turned) -> Rotated:
    """Columns that the target leaves without a sign, because it gives zeros only, point up."""
    free = ~(np.nan_to_num(target) != 0).any(axis=0)
    signs = np.where(free & (turned.loadings.sum(axis=0) < 0), -1.0, 1.0)
    return Rotated(turned.loadings * signs, turned.phi * np.outer(signs, signs))


def _by_factor_analyzer(L: Matrix, rotation: str) -> tuple[Matrix, Matrix]:
    from factor_analyzer import Rotator

    rotator = Rotator(rotation, tol=VARIMAX_TOL, max_iter=1000)
    loadings = np.asarray(rotator.fit_transform(L.copy()), dtype=float)
    phi = np.eye(L.shape[1]) if rotator.phi_ is None else np.asarray(rotator.phi_, dtype=float)
    return loadings, phi


def _best_of_starts(
    L: Matrix,
    turn: Callable[[Matrix, Criterion, Matrix], Turned],
    criterion: Criterion,
    rotation: str,
    starts: int,
    seed: int,
) -> tuple[Turned, int]:
    """The solution with the lowest criterion, and how many starts ended there."""
    rng, k = np.random.default_rng(seed), L.shape[1]
    axes = [np.eye(k), *(np.linalg.qr(rng.standard_normal((k, k)))[0] for _ in range(starts - 1))]
    found = [turned for T in axes if (turned := turn(L, criterion, T)).converged]
    if not found:
        raise RotationNotConverged(rotation, starts)
    best = min(found, key=_rounded_criterion)
    return best, sum(_rounded_criterion(turned) == _rounded_criterion(best) for turned in found)


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

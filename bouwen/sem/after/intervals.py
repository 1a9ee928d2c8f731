"""Draws of a statistic -> confidence limits.

Every function takes all statistics at once: draws (D, k) and estimates (k,). A draw in which a statistic does
not exist is NaN and is left out of that statistic alone.
"""

from __future__ import annotations

import numpy as np

from bouwen.checks import Array, Ints, Matrix, Vector, check_choice, check_confidence
from bouwen.errors import BouwenError
from bouwen.sem.fitted import Fitted
from bouwen.special import ndtr, ndtri

INTERVALS = ("percentile", "bc", "bca")


def limits(
    drawn: Array, est: Array, confidence: float, kind: str = "percentile", acceleration: Array | None = None
) -> tuple[Array, Array]:
    """Lower and upper confidence limits (k,) of k statistics.

    Parameters
    ----------
    drawn : array (D, k)
        Bootstrap draws; NaN where a statistic does not exist.
    est : array (k,)
        The statistics in the sample itself.
    confidence : float
    kind : "percentile", "bc" or "bca"
        The percentiles α and 1 − α of the draws; or, with z₀ = Φ⁻¹(share of draws below the estimate), the
        percentiles Φ(z₀ + (z₀ + z_α) / (1 − a (z₀ + z_α))), a = 0 for ``"bc"``.
    acceleration : array (k,), optional
        a of `acceleration_of`, for ``"bca"``.

    Returns
    -------
    two arrays (k,)
        The estimate itself where no draw differs from it; NaN where there is no draw, and for ``"bc"`` and
        ``"bca"`` also where all draws lie on one side of the estimate.

    Raises
    ------
    NotAShare, UnknownOption

    References
    ----------
    Efron (1987), Better bootstrap confidence intervals, Journal of the American Statistical Association 82;
    Efron & Tibshirani (1993), An introduction to the bootstrap, ch. 14.
    """
    check_confidence(confidence)
    kind = check_choice("kind", kind, INTERVALS)
    count = (~np.isnan(drawn)).sum(axis=0)
    level = np.array([(1 - confidence) / 2, (1 + confidence) / 2])[:, None] + np.zeros(len(est))
    if kind != "percentile":
        with np.errstate(invalid="ignore", divide="ignore"):
            bias = ndtri((drawn < est).sum(axis=0) / count)
            shifted = bias + ndtri(level)
            level = ndtr(bias + shifted / (1 - (0.0 if acceleration is None else acceleration) * shifted))
        level[:, np.isinf(bias)] = np.nan
    found = normal_quantiles(drawn, level)
    constant = still(drawn, est)
    found[:, constant] = est[constant]
    return found[0], found[1]


def acceleration_of(left_out: Array, stratum: Ints) -> Array:
    """Acceleration (k,) from the statistics without each unit.

    a = Σ u³ / 6 (Σ u²)^{3/2} with u = (n_s − 1)(t̄_s − t_{−i}) / n_s, where t̄_s is the mean over the n_s units
    of the stratum of unit i; 0 for a statistic that never moves.

    Parameters
    ----------
    left_out : array (units, k)
        t_{−i}: the statistics of the sample without unit i, a respondent or a whole cluster.
    stratum : array (units,)
        The group of each unit.

    References
    ----------
    Efron & Tibshirani (1993), eq. 14.15; Davison & Hinkley (1997), section 5.3, for several strata.
    """
    u = np.empty_like(left_out)
    for s in np.unique(stratum):
        own = stratum == s
        n = own.sum()
        u[own] = (n - 1) / n * (left_out[own].mean(axis=0) - left_out[own])
    square = (u**2).sum(axis=0)
    still = square <= 1e-24 * np.abs(left_out).max(axis=0) ** 2
    return np.asarray(np.where(still, 0.0, (u**3).sum(axis=0) / (6 * np.where(still, 1.0, square) ** 1.5)))


def spread(drawn: Array) -> Array:
    """Standard errors (k,): the standard deviations of the draws, with their number less one as divisor."""
    count = (~np.isnan(drawn)).sum(axis=0)
    mean = np.nansum(drawn, axis=0) / np.maximum(count, 1)
    square = np.nansum((drawn - mean) ** 2, axis=0) / np.maximum(count - 1, 1)
    return np.where(count > 1, np.where(still(drawn, mean), 0.0, np.sqrt(square)), np.nan)


def still(drawn: Array, centre: Array) -> Array:
    """Whether a statistic (k,) is the same in all draws but for rounding, as fixed parameters are."""
    some = (~np.isnan(drawn)).any(axis=0)
    moved = np.abs(np.where(np.isnan(drawn), centre, drawn) - centre).max(axis=0, initial=0.0)
    return np.asarray(some & (moved <= 1e-12 * np.abs(centre)))


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


class OtherModel(BouwenError):
    """Draws do not belong to the fit."""

    def __init__(self) -> None:
        super().__init__("the draws are of another model; give those of bouwen.bootstrap(fit), the same fit")


def check_draws_of(fit: Fitted, draws: object) -> None:
    """Raise `OtherModel` where draws have other parameters than a fit.

    Parameters
    ----------
    fit : Fit
    draws : `bouwen.Bootstrap`, which says what it was drawn for, or array (draws, rows of ``fit.parameters``)
    """
    own = getattr(draws, "fit", None)
    if own is None:
        fits = np.asarray(draws).shape[1:] == (len(fit.parameters),)
    else:
        names = ["lhs", "op", "rhs", "group"]
        fits = own.parameters[names].equals(fit.parameters[names])
    if not fits:
        raise OtherModel()

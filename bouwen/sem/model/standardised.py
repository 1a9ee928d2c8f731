"""Parameters to standardised parameters.

``std_lv`` gives factors variance 1, ``std_all`` observed variables too (Bollen, 1989,
p. 349). Residual covariances become correlations of the residuals.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.implied import DIRECTED, INTERCEPT, SCALE, SYMMETRIC, THRESHOLD, Implied, Structure


def standardise(
    structure: Structure, implied: Implied, *, observed: bool, values: Array | None = None
) -> Array:
    """Standardised values (..., G, R) of all rows.

    Parameters
    ----------
    structure : Structure
    implied : Implied
    observed : bool
        Whether observed variables are standardised too (``std_all``), or factors only (``std_lv``).
    values : array (..., G, R), optional
        Other raw values to put on the standardised scale.
    """
    kind, i, j, p = structure.kind, structure.i, structure.j, structure.p
    values = implied.values if values is None else values
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.sqrt(np.diagonal(implied.C, axis1=-2, axis2=-1))
        residual = _residual_sd(structure, implied.values)
        if not observed:
            sd = np.where(np.arange(structure.m) < p, 1.0, sd)
            residual = np.where(np.arange(structure.m) < p, 1.0, residual)
        out = values.copy()
        rows = np.flatnonzero(kind == DIRECTED)
        out[..., rows] = values[..., rows] * sd[..., j[rows]] / sd[..., i[rows]]
        rows = np.flatnonzero((kind == SYMMETRIC) & (i == j))
        out[..., rows] = values[..., rows] / sd[..., i[rows]] ** 2
        rows = np.flatnonzero((kind == SYMMETRIC) & (i != j))
        out[..., rows] = values[..., rows] / (residual[..., i[rows]] * residual[..., j[rows]])
        rows = np.flatnonzero((kind == INTERCEPT) | (kind == THRESHOLD))
        out[..., rows] = values[..., rows] / sd[..., i[rows]]
        if observed:  # a standardised latent response has scale 1
            out[..., np.flatnonzero(kind == SCALE)] = 1.0
    return out


def _residual_sd(structure: Structure, values: Array) -> Array:
    """Square roots (..., G, m) of the diagonal of S; of a negative variance that of its size (lavaan)."""
    diagonal = np.zeros((*values.shape[:-1], structure.m))
    rows = np.flatnonzero((structure.kind == SYMMETRIC) & (structure.i == structure.j))
    diagonal[..., structure.i[rows]] = values[..., rows]
    return np.asarray(np.sqrt(np.abs(diagonal)))


def numeric_jacobian(function: Callable[[Array], Array], theta: Array, size: Array | float = 1e-2) -> Array:
    """Central differences (..., k, q) of a function that takes stacks (..., q) to (..., k).

    ``size`` is the least size of a parameter from which its step follows.
    """
    q = theta.shape[-1]
    if q == 0:
        return np.zeros((*function(theta).shape, 0))
    h = 1e-5 * np.maximum(size, np.abs(theta))
    step = h[..., None, :] * np.eye(q)
    ahead, back = function(theta[..., None, :] + step), function(theta[..., None, :] - step)
    return np.asarray(np.swapaxes((ahead - back) / (2 * h[..., None]), -1, -2))

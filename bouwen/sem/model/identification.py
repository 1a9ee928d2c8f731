"""Curvature at a solution -> whether the data can tell the parameters of the model apart.

One measure for single fits and for stacks: the smallest curvature, expected and observed, along any direction
that the restrictions leave free, where 1 is what each parameter has on its own. It depends neither on the
units of items and parameters nor on the basis of the free directions. At 1e-6 a million respondents say as
much about that direction as one says about a parameter that stands alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bouwen.checks import Array
from bouwen.errors import BouwenError
from bouwen.sem.model.table import ParTable

IDENTIFIED = 1e-7
"""Smallest relative curvature at which a model counts as identified.

Models that no data can identify end with an expected curvature below 1e-14 and an observed one below 3e-9;
where a sample makes the distance fall for ever along a valley, the search ends below 1e-8. The models that
lavaan fitted for our tests, Heywood cases among them, and those of the studies have 2.5e-5 or more.
"""

NEARLY = 1e-5
"""Relative curvature below which an identified model is called nearly unidentified.

Standard errors are then some 300 times those of parameters that stand alone; no reference model (the
lowest is a bifactor model with a negative variance at 2.5e-5, the next is at 1e-3) and no study comes so low.
"""

SILENT = 1e-12  # share of D along a free direction below which it moves parameters without information only


class NotIdentified(BouwenError):
    """The data cannot tell some parameters of the model apart.

    Attributes
    ----------
    parameters : tuple of str
        Which; empty where they are too many to be named.
    line : int
        Of the last of them in the text, 0 where it is not known.
    """

    def __init__(self, message: str, parameters: tuple[str, ...] = ()) -> None:
        self.parameters, self.line = parameters, 0
        super().__init__(message)


@dataclass(frozen=True, eq=False)
class Weakest:
    """The direction about which the data say least.

    ``curvature`` is relative, ``moved`` (q,) how far each parameter moves along the direction (or along all
    directions that are not identified) in units of the standard error it would have on its own.
    """

    curvature: float
    moved: Array

    @property
    def most(self) -> int:
        """The parameter most involved; the first of those that are involved alike."""
        return int(np.flatnonzero(self.moved >= (1 - 1e-6) * self.moved.max())[0])


def relative_curvature(curvature: Array, information: Array, basis: Array | None) -> tuple[Array, Array]:
    """Eigenvalues, ascending, and directions of the curvature along the free directions.

    C v = λ D v for v = K a, with D the diagonal of the information and K the basis: λ is 1 for a parameter
    that stands alone where the model is true, and 0 or less where a parameter has no information at all.

    Parameters
    ----------
    curvature, information : arrays (..., q, q)
    basis : array (q, k) or None

    Returns
    -------
    arrays (..., k) and (..., q, k)
        The directions v have vᵀ D v = 1.
    """
    diagonal = np.maximum(np.diagonal(information, axis1=-2, axis2=-1), 0.0)
    if basis is None:
        unit = 1 / np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        values, vectors = np.linalg.eigh(curvature * unit[..., :, None] * unit[..., None, :])
        return values, unit[..., None] * vectors
    D = basis.T @ (diagonal[..., None] * basis)
    size = np.diagonal(D, axis1=-2, axis2=-1)
    unit = 1 / np.sqrt(np.where(size > 0, size, 1.0))
    D = D * unit[..., :, None] * unit[..., None, :]
    d, U = np.linalg.eigh(D)
    root = unit[..., :, None] * U / np.sqrt(np.where(d > SILENT, d, 1.0))[..., None, :]
    lifted = basis @ root
    values, vectors = np.linalg.eigh(np.swapaxes(lifted, -1, -2) @ curvature @ lifted)
    return values, lifted @ vectors


def smallest_curvature(information: Array, hessian: Array, basis: Array | None) -> Array:
    """The lowest relative curvature (...), expected or observed; −∞ where it is not a number.

    Parameters
    ----------
    information, hessian : arrays (..., q, q)
        Expected and observed curvature of the distance.
    basis : array (q, k) or None
        The directions that the restrictions leave free.
    """
    usable = np.asarray(np.isfinite(information + hessian).all(axis=(-2, -1)))
    information, hessian = (np.where(usable[..., None, None], C, 0.0) for C in (information, hessian))
    lowest = [relative_curvature(C, information, basis)[0][..., 0] for C in (information, hessian)]
    return np.where(usable, np.minimum(*lowest), -np.inf)


def check_identified(
    table: ParTable, information: Array, hessian: Array | None, basis: Array | None
) -> Weakest:
    """Refuse a solution where the distance has no curvature in some direction, naming what trades places.

    Parameters
    ----------
    table : ParTable
        For the names of parameters.
    information : array (q, q)
        Expected curvature.
    hessian : array (q, q) or None
        Observed curvature; None where the search has not ended.
    basis : array (q, k) or None

    Returns
    -------
    Weakest
        The direction with the least curvature.

    Raises
    ------
    NotIdentified
        A relative curvature below `IDENTIFIED`, or below zero.
    """
    found = []
    for curvature in (information,) if hessian is None else (information, hessian):
        if not np.isfinite(curvature).all():
            raise NotIdentified("the information matrix holds values that are not numbers")
        weakest = _weakest(curvature, information, basis)
        if weakest.curvature < IDENTIFIED:
            raise _refusal(table, weakest)
        found.append(weakest)
    return min(found, key=lambda w: w.curvature)


def _weakest(curvature: Array, information: Array, basis: Array | None) -> Weakest:
    values, directions = relative_curvature(curvature, information, basis)
    flat = values < IDENTIFIED
    flat[0] = True
    unit = np.sqrt(np.maximum(np.diag(information), 0.0))
    length = np.sqrt((directions[:, flat] ** 2).sum(axis=1))
    return Weakest(float(values[0]), length * np.where(unit > 0, unit, 1.0))


def _refusal(table: ParTable, weakest: Weakest) -> NotIdentified:
    involved = np.flatnonzero(weakest.moved > 0.05 * weakest.moved.max())
    names = tuple(table.free_name(int(k)) for k in involved)
    shown = ", ".join(f'"{name}"' for name in names[:8]) + (", …" if len(names) > 8 else "")
    if weakest.curvature < -IDENTIFIED:
        what = f"the search ended where the fit is no best fit: changing {shown} together would improve it"
        return NotIdentified(f"{what}. Try other starting values with start(), or a simpler model.", names)
    return NotIdentified(
        f"the model is not identified: {shown} cannot be told apart. Fix one of them, or hold two equal.",
        names,
    )

"""Means of units and how many answers they stand on -> limits within which units that are alike would lie.

References
----------
Spiegelhalter (2005), Funnel plots for comparing institutional performance, Statistics in Medicine 24.
"""

from __future__ import annotations

import numpy as np

from bouwen.checks import Array, Vector, check_share
from bouwen.special import ndtri

TAIL = 0.10  # of z-scores at either end, which are pulled in


def overdispersion(z: Vector, tail: float = TAIL) -> float:
    """How much more units scatter than chance alone would have them: φ̂ = Σ z²/k, of winsorised z-scores.

    Parameters
    ----------
    z : array (k,)
        Of each unit, its mean minus that of all over its standard error.
    tail : float
        The share at either end whose z-scores are set to the last that is kept, so that the few units
        that do stand out do not widen the limits of all.

    Returns
    -------
    float
        At least 1; about 1 where units differ by chance only.
    """
    check_share("tail", tail, zero=True)
    ends = np.quantile(z, [tail, 1 - tail])
    return max(1.0, float(np.mean(np.clip(z, *ends) ** 2)))


def funnel_limits(mean: float, errors: Array, dispersion: float, tail: float) -> tuple[Array, Array]:
    """Both limits around the mean of all: μ ± z √φ · sⱼ, z cutting off ``tail`` at either end.

    Parameters
    ----------
    mean : float
    errors : array
        Standard errors of means of so many answers.
    dispersion : float
        φ, as `overdispersion` finds it.
    tail : float
        .025 for limits of 95 %.
    """
    check_share("tail", tail)
    reach = -float(ndtri(tail)) * np.sqrt(dispersion) * errors
    return mean - reach, mean + reach

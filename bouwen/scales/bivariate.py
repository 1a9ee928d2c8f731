"""Limits and a correlation -> the probability below both."""

from __future__ import annotations

from typing import Any

import numpy as np

from bouwen.scales.answers import Matrix


def bivariate_normal_cdf(h: Any, k: Any, rho: Any) -> Matrix:
    """P(X ≤ h, Y ≤ k) for standard normal X and Y with correlation ρ; arrays broadcast.

    ½Φ(h) + ½Φ(k) − T(h, (k/h − ρ)/r) − T(k, (h/k − ρ)/r) − ½[hk < 0, or hk = 0 and h + k < 0], with Owen's
    function T and r = √(1 − ρ²).

    >>> round(float(bivariate_normal_cdf(0, 0, 0.5)), 10)  # ¼ + arcsin(½) / 2π
    0.3333333333

    References
    ----------
    Owen (1956), Annals of Mathematical Statistics 27, eq. 2.1.
    """
    from scipy.special import ndtr, owens_t

    h, k, rho = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (h, k, rho)))
    h, k = (np.where(np.abs(x) < 1e-12, 1e-12, np.clip(x, -38, 38)) for x in (h, k))
    r = np.sqrt(np.maximum((1 - rho) * (1 + rho), 1e-30))
    inside = 0.5 * (ndtr(h) + ndtr(k)) - owens_t(h, (k / h - rho) / r) - owens_t(k, (h / k - rho) / r)
    return np.asarray(inside - 0.5 * (h * k < 0), dtype=float)

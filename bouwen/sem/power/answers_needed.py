"""Power at some sample sizes -> the sample size with a given power."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from bouwen.sem.power.simulated import Power
from bouwen.special import ndtri

NEEDED_COLUMNS = ["n", "mc_error", "beyond"]


def needed(result: Power, power: float = 0.80, *, population_size: int | None = None) -> pd.DataFrame:
    """Fewest respondents with which each target has a power.

    A z-test of an effect has power Φ(δ √n − z), so that the probit of power is a straight line in √n. It is
    fitted to the simulated sizes by weighted least squares (each probit by the inverse of its Monte Carlo
    variance, p(1 − p) / (R φ²), with half a replication added to either side, so that a power of 1 has a
    place on the line); with a finite population of N, √n is √(n / (1 − n/N)). One size is enough for a
    parameter: its line passes through −z at n = 0.

    Parameters
    ----------
    result : Power
    power : float
        Between 0 and 1.
    population_size : int, optional
        Say how many are needed of a finite population of this size, whatever was simulated: n answers out of
        N tell as much about it as n / (1 − n/N) tell about an endless one (Cochran, 1977, section 2.6).

    Returns
    -------
    DataFrame
        Index target; ``n``, rounded up (NaN where power does not rise with n, or where only one size was
        simulated for a test of fit); its Monte Carlo standard error ``mc_error``; and whether it lies
        ``beyond`` the sizes that were simulated. Where the smallest of them has the power already, ``n`` is
        that size, ``mc_error`` NaN and ``beyond`` true.
    """
    rows = {
        str(target): _one(part, power, result.alpha, result.population_size, population_size)
        for target, part in result.results.groupby("target", sort=False)
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=NEEDED_COLUMNS).rename_axis("target")


def _one(
    part: pd.DataFrame, power: float, alpha: float, N: int | None, of: int | None
) -> tuple[float, float, bool]:
    n, R = part["n"].to_numpy(dtype=float), part["converged"].to_numpy(dtype=float)
    share = (part["power"].to_numpy() * R + 0.5) / (R + 1)
    usable = np.isfinite(share) & (True if N is None else n < N)
    n, R, share = n[usable], R[usable], share[usable]
    is_parameter = bool(part["true"].notna().all())
    if not len(n) or (len(n) == 1 and not is_parameter):
        return math.nan, math.nan, True
    x = np.sqrt(n if N is None else n / (1 - n / N))
    y = ndtri(share)
    precision = R * np.exp(-y * y) / (2 * math.pi) / (share * (1 - share))
    if len(n) == 1:
        start = float(ndtri(alpha / 2))
        X, y = x[:, None], y - start
    else:
        start = 0.0
        X = np.column_stack([x, np.ones_like(x)])
    information = X.T @ (precision[:, None] * X)
    line = np.linalg.solve(information, X.T @ (precision * y))
    slope, intercept = line[0], start + (line[1] if len(line) > 1 else 0.0)
    root = (float(ndtri(power)) - intercept) / slope if slope > 0 else math.nan
    if root <= x.min() or (slope <= 0 and share[n.argmin()] > power):
        return float(n.min()), math.nan, True
    if slope <= 0:
        return math.nan, math.nan, True
    jacobian = np.array([-root, -1.0])[: len(line)] / slope
    error = 2 * root * math.sqrt(float(jacobian @ np.linalg.solve(information, jacobian)))
    beyond = bool(root > x.max())
    found, whole = root**2, of or N
    if whole is not None:
        found, error = found / (1 + found / whole), error / (1 + found / whole) ** 2
    return float(math.ceil(found - 1e-9)), error, beyond

"""Scores of two sides within the same units -> how far the sides of a unit go together, where one can tell.

A unit's mean stands on few answers, so what both sides say of it goes together less than what they think.
The correlation of means is divided by the root of both reliabilities, ICC(2) (Spearman 1904), and only where
these are .50 at least; below, the correction multiplies noise.

References
----------
Spearman (1904), The proof and measurement of association between two things, American Journal of Psychology
15; Bliese (2000), in Klein & Kozlowski (eds.), Multilevel theory, research, and methods in organizations.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from bouwen.checks import Array, Matrix

RELIABLE, FEWEST_PAIRS, UNIT_DRAWS = 0.50, 30, 2000
CORRELATED, FEW_PAIRS, NOISY = "told", "too few pairs", "too unreliable"


def unit_correlations(
    first: pd.DataFrame,
    second: pd.DataFrame,
    units: tuple[pd.Series, pd.Series],
    *,
    confidence: float,
    seed: int,
) -> pd.DataFrame:
    """Correlate what both sides of a unit say, corrected for how little each side's mean stands on.

    Parameters
    ----------
    first, second : DataFrame (respondents, constructs)
        Scores of either side.
    units : pair of Series
        Each respondent's unit.
    confidence : float
    seed : int
        Of the bootstrap over units, 2,000 draws, from whose percentiles the interval is.

    Returns
    -------
    DataFrame
        Index construct; ``pairs``, units with scores on both sides; of either side ``icc1``, ``icc2`` and
        ``needed``, answers a unit would need for a reliability of .50 (infinite where units do not differ):
        ``first_icc1 … second_needed``; ``r`` of the means, ``corrected ci_lower ci_upper``; ``problem``:
        *told*, *too few pairs* or *too unreliable*, for which figures are NaN.
    """
    rows = {}
    rng = np.random.default_rng(seed)
    for name in first.columns:
        sides = [of_units(scores[name], unit) for scores, unit in zip((first, second), units, strict=True)]
        both = sides[0].index.intersection(sides[1].index)
        parts = [side.loc[both].to_numpy() for side in sides]
        found = [reliability(part, np.ones((1, len(both)))) for part in parts]
        icc1, icc2 = ([float(one[k][0]) for one in found] for k in (0, 1))
        few, noisy = len(both) < FEWEST_PAIRS, not min(icc2) >= RELIABLE
        problem = FEW_PAIRS if few else NOISY if noisy else CORRELATED
        figures = (math.nan,) * 4
        if problem == CORRELATED:
            figures = corrected(parts, confidence, rng)
        needed = [(1 - rho) / rho * RELIABLE / (1 - RELIABLE) if rho > 0 else math.inf for rho in icc1]
        rows[name] = (len(both), icc1[0], icc2[0], needed[0], icc1[1], icc2[1], needed[1], *figures, problem)
    columns = ["pairs", *(f"{s}_{what}" for s in ("first", "second") for what in ("icc1", "icc2", "needed"))]
    columns += ["r", "corrected", "ci_lower", "ci_upper", "problem"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("construct")


def of_units(scores: pd.Series, units: pd.Series) -> pd.DataFrame:
    """Of every unit its scores' number, mean and squared deviations."""
    by = scores.dropna().groupby(units)
    return pd.DataFrame({"n": by.size(), "mean": by.mean(), "within": by.var(ddof=0) * by.size()})


def reliability(units: Matrix, counts: Array) -> tuple[Array, Array]:
    """ICC(1) and ICC(2) of units that count so many times.

    Parameters
    ----------
    units : array (G, 3)
        Number, mean and squared deviations of each.
    counts : array (draws, G)

    Returns
    -------
    arrays (draws,)
        As `bouwen.intraclass`; NaN where no unit has two respondents.
    """
    n, mean, within = units.T if len(units) else np.zeros((3, 0))
    N, G = counts @ n, counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        grand = counts @ (n * mean) / N
        between = counts @ (n * mean**2) - N * grand**2
        msb, msw = between / (G - 1), counts @ within / (N - G)
        k = (N - counts @ n**2 / N) / (G - 1)
        return (msb - msw) / (msb + (k - 1) * msw), np.where(msb > 0, 1 - msw / msb, -np.inf)


def corrected(
    parts: list[Matrix], confidence: float, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """The correlation of means, the same corrected for attenuation, and the percentile interval of that."""
    G = len(parts[0])
    drawn = np.vstack([np.ones(G), rng.multinomial(G, np.full(G, 1 / G), UNIT_DRAWS)])
    means = [part[:, 1] for part in parts]
    center = [drawn @ mean / G for mean in means]
    cov = drawn @ (means[0] * means[1]) / G - center[0] * center[1]
    spread = [drawn @ mean**2 / G - c**2 for mean, c in zip(means, center, strict=True)]
    r = cov / np.sqrt(spread[0] * spread[1])
    both = [np.maximum(reliability(part, drawn)[1], 0.0) for part in parts]
    with np.errstate(divide="ignore"):
        free = r / np.sqrt(both[0] * both[1])
    ends = np.quantile(free[1:], [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(r[0]), float(free[0]), float(ends[0]), float(ends[1])

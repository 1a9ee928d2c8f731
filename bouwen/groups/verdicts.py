"""Differences with their errors -> whether they are there and matter, and what could have been told.

A difference is tested against zero, and by two one-sided tests against the smallest one that would matter
(Schuirmann 1987); both are corrected after Holm (1979) over all that is compared together. What these sizes
could have shown stands beside every verdict, so that *cannot tell* is not read as *equal*.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bouwen.checks import Array, Vector
from bouwen.special import ndtr, ndtri, stdtr, stdtrit

DIFFERENT, EQUIVALENT, TRIVIAL = "different", "equivalent", "different but trivial"
OPEN, INCOMPARABLE = "cannot tell", "not comparable"
DIFFERENCES = (DIFFERENT, TRIVIAL, EQUIVALENT, OPEN, INCOMPARABLE)
POWER = 0.80  # with which a difference that could have been detected is detected


def judge_differences(found: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Pass a verdict on every difference of a family.

    Parameters
    ----------
    found : DataFrame
        One row per difference: ``estimate se df``, NaN where it could not be estimated and df infinite where
        it is normal; ``smallest``, the smallest difference that matters, on the same scale; ``comparable``,
        whether the groups understand alike what is compared. Rows that are not comparable take no part in
        the correction.
    confidence : float
        α = 1 − confidence.

    Returns
    -------
    DataFrame
        The same rows with ``ci_lower ci_upper``; ``pvalue padjusted``, two-sided, of zero; ``pequivalent``,
        adjusted, of a difference as large as ``smallest``; ``detectable``, the difference that would have
        been found in 80% of such samples after correction, and ``demonstrable``, the smallest difference
        that these errors could have excluded where there is none, as often; ``verdict``: *different* where
        it is not zero and its interval leaves open that it matters, *equivalent* where it surely lies inside
        the smallest and zero is not excluded, *different but trivial* where both hold, *cannot tell*, or *not
        comparable*.

    References
    ----------
    Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15; Lakens (2017), Social
    Psychological and Personality Science 8; Holm (1979), Scandinavian Journal of Statistics 6.
    """
    alpha = 1 - confidence
    estimate, se, df, smallest = (
        found[name].to_numpy(dtype=float) for name in ("estimate", "se", "df", "smallest")
    )
    comparable = found["comparable"].to_numpy(dtype=bool)
    known = np.isfinite(estimate) & np.isfinite(se) & (se > 0) & comparable
    own = np.where(known, np.minimum(1.0, 2 * upper_tail(np.abs(estimate), se, df)), np.nan)
    within = np.where(known, upper_tail(smallest - np.abs(estimate), se, df), np.nan)
    apart, inside = (adjusted_where(known, p) for p in (own, within))
    m = max(1, int(known.sum()))
    half = quantile(1 - alpha / 2, df) * se
    verdict = np.select(
        [~comparable, (apart <= alpha) & (inside <= alpha), apart <= alpha, inside <= alpha],
        [INCOMPARABLE, TRIVIAL, DIFFERENT, EQUIVALENT],
        OPEN,
    )
    return found.assign(
        ci_lower=estimate - half,
        ci_upper=estimate + half,
        pvalue=own,
        padjusted=np.where(known, apart, np.nan),
        pequivalent=np.where(known, inside, np.nan),
        detectable=(quantile(1 - alpha / (2 * m), df) + quantile(POWER, df)) * se,
        demonstrable=(quantile(1 - alpha / m, df) + quantile((1 + POWER) / 2, df)) * se,
        verdict=verdict,
    )


def adjusted_where(known: Array, p: Vector) -> Vector:
    """P-values adjusted over those that are known; 1 for the others."""
    out = np.ones(len(p))
    out[known] = holm(p[known])
    return out


def upper_tail(distance: Vector, se: Vector, df: Vector) -> Vector:
    """P(T ≥ distance/se), normal where df is infinite; 1 for what could not be estimated.

    >>> upper_tail(np.array([1.96, 2.0, np.nan]), np.ones(3), np.array([np.inf, 10, 5])).round(3)
    array([0.025, 0.037, 1.   ])
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        t = distance / se
    tail = np.where(np.isinf(df), ndtr(-t), stdtr(np.where(np.isinf(df), 1.0, df), -t))
    known: Vector = np.where(np.isnan(t) | np.isnan(tail), 1.0, tail)
    return known


def quantile(share: float, df: Vector) -> Vector:
    """Student's t below which a share lies, normal where df is infinite."""
    t: Vector = np.where(np.isinf(df), ndtri(share), stdtrit(np.where(np.isinf(df), 1.0, df), share))
    return t


def holm(p: Array) -> Array:
    """P-values (…, m) adjusted by Holm's (1979) step-down procedure over the last axis.

    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    order, out = np.argsort(p, axis=-1, kind="stable"), np.empty_like(p)
    times = np.take_along_axis(p, order, axis=-1) * np.arange(p.shape[-1], 0, -1)
    np.put_along_axis(out, order, np.minimum(1.0, np.maximum.accumulate(times, axis=-1)), axis=-1)
    return out

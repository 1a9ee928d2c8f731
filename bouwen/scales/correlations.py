"""Three scales -> whether the first goes together with the second as strongly as with the third."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import TooFewRespondents, check_answers, check_confidence
from bouwen.results import Result, short, within


@dataclass(frozen=True, eq=False, repr=False)
class CorrelationDifference(Result):
    """The difference between two correlations that share a variable, with its interval."""

    first: float
    second: float
    difference: float
    ci_lower: float
    ci_upper: float
    n: int
    confidence: float = 0.95

    def table(self) -> pd.DataFrame:
        """One row with every figure."""
        return pd.DataFrame([{name: getattr(self, name) for name in self.__dataclass_fields__}])

    def _line(self) -> str:
        difference = within(self.difference, self.ci_lower, self.ci_upper)
        return f"{short(self.first)} and {short(self.second)}, difference {difference}, n = {self.n}"


def compare_correlations(
    outcome: pd.Series, first: pd.Series, second: pd.Series, *, confidence: float = 0.95
) -> CorrelationDifference:
    """Compare how strongly two variables go together with the same outcome.

    Parameters
    ----------
    outcome, first, second : Series (n,)
        The three variables; rows with a missing value are left out.
    confidence : float
        Level of the interval.

    Returns
    -------
    CorrelationDifference
        r(outcome, first) − r(outcome, second); the interval is that of `overlapping_interval`.
    """
    check_confidence(confidence)
    complete = pd.concat([outcome, first, second], axis=1)
    complete = check_answers(complete, what="Comparing correlations", missing="listwise")
    if len(complete) < 4:
        raise TooFewRespondents(len(complete), 4, "Comparing correlations")
    r = np.corrcoef(complete.to_numpy(dtype=float), rowvar=False)
    r1, r2, r12, n = float(r[0, 1]), float(r[0, 2]), float(r[1, 2]), len(complete)
    lower, upper = overlapping_interval(r1, r2, r12, n, confidence)
    return CorrelationDifference(r1, r2, r1 - r2, lower, upper, n, confidence)


def fisher_interval(r: float, n: int, confidence: float) -> tuple[float, float]:
    """Interval tanh(artanh r ± z/√(n − 3)) of a correlation; NaN for fewer than four respondents.

    References
    ----------
    Fisher (1921), Metron 1.
    """
    from scipy.special import ndtri

    check_confidence(confidence)
    if n < 4 or np.isnan(r):
        return np.nan, np.nan
    half = float(ndtri((1 + confidence) / 2)) / np.sqrt(n - 3)
    centre = np.arctanh(np.clip(r, -1 + 1e-15, 1 - 1e-15))
    return float(np.tanh(centre - half)), float(np.tanh(centre + half))


def overlapping_interval(
    r1: float, r2: float, r12: float, n: int, confidence: float = 0.95
) -> tuple[float, float]:
    """Interval for the difference r₁ − r₂ of two dependent correlations with one variable in common.

    L = r₁ − r₂ − √{(r₁ − l₁)² + (u₂ − r₂)² − 2c (r₁ − l₁)(u₂ − r₂)}, U alike, with Fisher's
    intervals (l, u) of each correlation and

    c = {(r₁₂ − r₁r₂/2)(1 − r₁² − r₂² − r₁₂²) + r₁₂³} / {(1 − r₁²)(1 − r₂²)}.

    Parameters
    ----------
    r1, r2, r12 : float
        Correlations of the outcome with either variable, and of these two with each other.
    n : int
        Respondents.

    References
    ----------
    Zou (2007), Toward using confidence intervals to compare correlations, Psychological Methods
    12(4), eq. 8–9 and 13.
    """
    (l1, u1), (l2, u2) = (fisher_interval(r, n, confidence) for r in (r1, r2))
    c = (r12 - r1 * r2 / 2) * (1 - r1**2 - r2**2 - r12**2) + r12**3
    c /= (1 - r1**2) * (1 - r2**2)
    below = (r1 - l1) ** 2 + (u2 - r2) ** 2 - 2 * c * (r1 - l1) * (u2 - r2)
    above = (u1 - r1) ** 2 + (r2 - l2) ** 2 - 2 * c * (u1 - r1) * (r2 - l2)
    return r1 - r2 - math.sqrt(below), r1 - r2 + math.sqrt(above)

"""How often a unit of a monitor is falsely said to stand out, and how often its interval holds the truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtr

from bouwen.groups.shrinkage import Shrunken, shrink_means, variance_between

pytestmark = pytest.mark.long

RUNS, Z, ITEMS = 1000, 1.959964, 4
SIZES = {"5-15": (5, 15), "10-25": (10, 25)}
CUTS = np.array([1.5, 2.5, 3.5, 4.5])  # between five answers
LEVEL, SPREAD, OWN = 3.8, 0.7, 0.8  # of answers: their mean, and how respondents and their items scatter
MOST, COVERED = 0.05, (0.93, 0.97)


def expected(shifts: np.ndarray) -> np.ndarray:
    """The mean score of a unit whose respondents lie so far above the others."""
    sd = np.hypot(SPREAD, OWN)
    return 5 - ndtr((CUTS - LEVEL - shifts[..., None]) / sd).sum(axis=-1)


def normal_scores(rng: np.random.Generator, units: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, ...]:
    """True means, means and squared deviations of normal scores of units that scatter around 0."""
    means = units + rng.normal(size=units.shape) / np.sqrt(n)
    return units, means, rng.chisquare(n - 1)


def answered_scores(rng: np.random.Generator, units: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, ...]:
    """The same of means of four answers of five points, of which many are the highest."""
    most = int(n.max())
    person = LEVEL + units[..., None] + SPREAD * rng.normal(size=(*units.shape, most))
    latent = person[..., None] + OWN * rng.normal(size=(*person.shape, ITEMS))
    scores = (1 + np.searchsorted(CUTS, latent)).mean(axis=-1)
    there = np.arange(most) < n[..., None]
    means = (scores * there).sum(axis=-1) / n
    within = (((scores - means[..., None]) ** 2) * there).sum(axis=-1)
    return expected(units), means, within


def spread_of_units(icc: float, answers: str) -> float:
    """The standard deviation of units' shifts at which scores have this ICC(1)."""
    if answers == "normal":
        return float(np.sqrt(icc / (1 - icc)))
    rng = np.random.default_rng(0)
    z, persons = rng.normal(size=4000), rng.normal(size=(4000, 1))
    low, high = 0.0, 1.5
    for _ in range(20):
        middle = (low + high) / 2
        latent = LEVEL + middle * z[:, None] + SPREAD * persons + OWN * rng.normal(size=(4000, ITEMS))
        total = (1 + np.searchsorted(CUTS, latent)).mean(axis=1).var()
        low, high = (middle, high) if expected(middle * z).var() < icc * total else (low, middle)
    return (low + high) / 2


def without_correction(means: np.ndarray, variances: np.ndarray) -> Shrunken:
    """Shrinkage as if the mean of all units and the variance between them were known."""
    A = variance_between(means, variances)[..., None]
    W = 1 / (variances + A)
    mu = (W * means).sum(axis=-1, keepdims=True) / W.sum(axis=-1, keepdims=True)
    B = variances * W
    return Shrunken(mu[..., 0], A[..., 0], means - B * (means - mu), np.sqrt(variances * (1 - B)), 1 - B)


def methods(means: np.ndarray, variances: np.ndarray, n: np.ndarray) -> dict[str, Shrunken]:
    """Units as they are estimated with Morris's correction, without it, and each on its own."""
    grand = (n * means).sum(axis=-1) / n.sum(axis=-1)
    zero = np.zeros_like(means)
    return {
        "Morris": shrink_means(means, variances),
        "plain": without_correction(means, variances),
        "alone": Shrunken(grand, zero[..., 0], means, np.sqrt(variances), zero + 1),
    }


CASES = [
    (answers, units, sizes, icc)
    for answers in ("normal", "five points")
    for units in (29, 10)
    for sizes in SIZES
    for icc in (0.0, 0.05, 0.10, 0.20)
]


def test_equal_units_are_seldom_flagged_and_intervals_hold_the_truth(
    runs: Callable[[int], int], record
) -> None:
    rng, rows, R = np.random.default_rng(1983), [], runs(RUNS)
    for answers, k, sizes, icc in CASES:
        n = rng.integers(SIZES[sizes][0], SIZES[sizes][1] + 1, (R, k))
        shifts = spread_of_units(icc, answers) * rng.normal(size=(R, k)) if icc else np.zeros((R, k))
        scores = normal_scores if answers == "normal" else answered_scores
        truth, means, within = scores(rng, shifts, n)
        variances = (within.sum(axis=1) / (n.sum(axis=1) - k))[:, None] / n
        for method, found in methods(means, variances, n).items():
            low, high = found.intervals(0.95)
            common = found.mean[:, None]
            flagged = (low > common + 1e-9) | (high < common - 1e-9)
            holds = (low <= truth) & (truth <= high)
            highest = np.take_along_axis(holds, means.argmax(axis=1)[:, None], axis=1)
            rows.append(
                (answers, k, sizes, icc, method, flagged.any(axis=1).mean(), holds.mean(), highest.mean(), R)
            )
    columns = ["answers", "units", "sizes", "icc", "method"]
    table = pd.DataFrame(rows, columns=[*columns, "any_flagged", "coverage", "coverage_of_highest", "runs"])
    record("units", table.set_index(columns))
    ours = table[table["method"] == "Morris"]
    equal, differing = ours[ours["icc"] == 0], ours[ours["icc"] > 0]
    assert (equal["any_flagged"] <= MOST).all()
    error = 2 * np.sqrt(0.05 * 0.95 / (R * 10))  # units of a run hardly depend on each other
    assert differing["coverage"].between(COVERED[0] - error, COVERED[1] + error).all()
    alone = table[(table["method"] == "alone") & (table["icc"] == 0) & (table["units"] == 29)]
    assert (alone["any_flagged"] >= 0.5).all()

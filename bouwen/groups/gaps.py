"""Scores and paths of two sides -> their gaps, with errors that know which units both sides speak of."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from bouwen.checks import Vector
from bouwen.scales import Estimate, clustered_regression
from bouwen.sem import Fit, SamFit

BySide = tuple[pd.Series, pd.Series]


def stacked(first: pd.Series, second: pd.Series) -> pd.Series:
    """Values of both sides under each other, numbered anew, as ids of one side may be those of the other."""
    return pd.concat([first, second], ignore_index=True)


def mean_gap(first: pd.Series, second: pd.Series, units: BySide) -> tuple[Estimate, float]:
    """The mean of one side minus that of the other, and the standard deviation within sides.

    Both means stand in one regression with CR2 errors by unit, so that what respondents of one unit have in
    common counts within a side and cancels out between sides.
    """
    one = np.repeat([1.0, 0.0], [len(first), len(second)])
    sides = pd.DataFrame({"first": one, "second": 1 - one})
    found = clustered_regression(stacked(first, second), sides, stacked(*units), intercept=False)
    sd = math.sqrt((float(first.var()) + float(second.var())) / 2)
    return found.contrast(np.array([1.0, -1.0])), sd


def contrast_gap(first: BySide, second: BySide, levels: Sequence[str], units: BySide) -> Estimate:
    """The difference between two levels on one side minus the same on the other.

    Each side is its scores and its levels; ``levels`` are the higher and the lower one.
    """
    scores, groups = (stacked(one, other) for one, other in zip(first, second, strict=True))
    groups = groups.astype(object)
    side = np.repeat([0, 1], [len(first[0]), len(second[0])])
    cells = {
        f"{s}{level}": ((side == s) & (groups == level).to_numpy()).astype(float)
        for s in (0, 1)
        for level in levels
    }
    frame = pd.DataFrame(cells)
    part = frame.sum(axis=1) > 0
    found = clustered_regression(scores[part], frame[part], stacked(*units)[part], intercept=False)
    return found.contrast(np.array([1.0, -1.0, -1.0, 1.0]))


def shared_correlation(first: pd.Series, second: pd.Series, units: BySide) -> float:
    """How far two sides' estimates go together, from what each respondent does to them.

    Σ_u a_u b_u / √(Σ a_u² Σ b_u²), with a_u and b_u the sums over a unit's respondents of either side.
    """
    sums = [moved.groupby(unit).sum() for moved, unit in zip((first, second), units, strict=True)]
    both = pd.concat(sums, axis=1).fillna(0.0).to_numpy()
    size = float(np.sqrt((both[:, 0] @ both[:, 0]) * (both[:, 1] @ both[:, 1])))
    return float(both[:, 0] @ both[:, 1]) / size if size else 0.0


def gap_of(first: Estimate, second: Estimate, together: float) -> Estimate:
    """The difference of two estimates that go together so far; the fewer degrees of freedom hold."""
    variance = first.se**2 + second.se**2 - 2 * together * first.se * second.se
    df = min(first.df, second.df)
    return Estimate(first.value - second.value, math.sqrt(max(variance, 0.0)), df)


def path_gaps(fits: tuple[SamFit | Fit, SamFit | Fit], units: BySide) -> pd.DataFrame:
    """Standardised paths of two sides and their gaps.

    How far the two estimates of a path go together follows from what each respondent does to it in the second
    step of either fit. Where a fit has no two steps, that is not known, and the error is the largest that
    there can be, the sum of both.

    Returns
    -------
    DataFrame
        ``lhs rhs first first_se second second_se estimate se df``.
    """
    solutions = [standardised_paths(fit) for fit in fits]
    moved = [influences(fit, unit.index) for fit, unit in zip(fits, units, strict=True)]
    rows = []
    for key, one in solutions[0].items():
        two, together = solutions[1][key], -1.0
        if all(of_side is not None and key in of_side for of_side in moved):
            first, second = (of_side[key] for of_side in moved if of_side is not None)
            together = shared_correlation(first, second, units)
        gap = gap_of(one, two, together)
        rows.append((*key, one.value, one.se, two.value, two.se, gap.value, gap.se, gap.df))
    columns = ["lhs", "rhs", "first", "first_se", "second", "second_se", "estimate", "se", "df"]
    return pd.DataFrame(rows, columns=columns)


def standardised_paths(fit: SamFit | Fit) -> dict[tuple[str, str], Estimate]:
    """The standardised paths of a fit, by outcome and predictor."""
    found = fit.standardized().query("op == '~'")
    columns = (found[name] for name in ("lhs", "rhs", "est_std", "se"))
    return {
        (str(lhs), str(rhs)): Estimate(float(value), float(se), fit.degrees)
        for lhs, rhs, value, se in zip(*columns, strict=True)
    }


def influences(fit: SamFit | Fit, index: pd.Index) -> dict[tuple[str, str], pd.Series] | None:
    """What each respondent does to each path of a fit in two steps; None for another."""
    if not isinstance(fit, SamFit):
        return None
    rows = {row.free: row for row in fit.joint.family.table.rows if row.op == "~" and row.free >= 0}
    who = index[np.concatenate(fit.sample.index)]
    found: dict[tuple[str, str], pd.Series] = {}
    for k, number in enumerate(fit.joint.structural):
        if number in rows:
            values: Vector = fit.joint.influences[:, k]
            found[rows[number].lhs, rows[number].rhs] = pd.Series(values, who)
    return found

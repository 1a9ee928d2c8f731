"""What a study found of its claims -> how likely a follow-up settles each, and how many answers that takes.

What the study estimates is known as well as its standard errors say, no better: a follow-up is drawn around
a truth that is itself drawn around the estimates. Errors shrink with the root of the number of answers, and
those of different pieces of evidence are drawn independently, which for a claim of several parts is cautious.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_count, check_share
from bouwen.claims.weighing import weigh_claims
from bouwen.groups import holm
from bouwen.special import ndtr, ndtri
from bouwen.survey import LevelEvidence, PathEvidence, Study, check_is_study

MOST_TIMES = 20  # the largest follow-up that is looked at, in sizes of the study


def claim_power(
    study: Study,
    evidence: pd.DataFrame | None = None,
    *,
    goal: float = 0.80,
    draws: int = 2000,
    seed: int = 1,
) -> pd.DataFrame:
    """How likely a survey of this size settles each claim, and how many answers that takes.

    A claim is settled when it is supported in all its parts, where the study's estimates all lie on the side
    that it expects; where some do not, when one of those is contradicted. Tests are one-sided with half of
    what the level of confidence leaves, a claim tested by the weakest of its parts, Holm-corrected over
    claims, or each part over all parts.

    Parameters
    ----------
    study : Study
    evidence : DataFrame, optional
        From `weigh_claims` of this study, where that was asked for already.
    goal : float
        The power to reach.
    draws : int
        Simulated follow-ups of each size.
    seed : int

    Returns
    -------
    DataFrame
        Index claim, those with evidence that was estimated: ``expected``, *supported* or *contradicted*;
        ``power`` at the study's own size; ``needed``, answers for the goal, NaN above 20 times that size.

    Notes
    -----
    The study's estimates are its best guess of the truth, not the truth. Were they taken as true, a claim
    that luck favoured would seem as good as certain: over surveys of one population such a power went from
    .06 to .93, of a claim whose power is .58. So the truth is drawn too, from a normal distribution around
    each estimate with its standard error. Power is the mean over those truths, the *assurance* of O'Hagan,
    Stevens & Campbell (2005); no number of answers brings it above the chance that the claim is true. Where
    `bouwen.read_error_rates` has simulations of a known population, these know more than one survey does.

    References
    ----------
    O'Hagan, Stevens & Campbell (2005), Assurance in clinical trial design, Pharmaceutical Statistics 4.
    """
    check_is_study(study)
    check_share("goal", goal)
    check_count("draws", draws, least=1)
    check_count("seed", seed)
    found = weigh_claims(study) if evidence is None else evidence
    sides = expected_sides(study, found)
    known = found["estimate"].notna().to_numpy() & np.isfinite(sides)
    found, sides = found[known], sides[known]
    alpha = (1 - study.settings.confidence) / 2
    width = (found["ci_upper"] - found["ci_lower"]).to_numpy(dtype=float)
    z = sides * (found["estimate"] - found["reference"]).to_numpy(dtype=float)
    z = z / (width / 2 / float(ndtri(1 - alpha)))
    table = outlook(z, found["claim"], len(study.responses), alpha, goal=goal, draws=draws, seed=seed)
    return table.loc[[claim for claim in study.instrument.claims if claim in table.index]]


def outlook(
    z: Array, claims: pd.Series, n: int, alpha: float, *, goal: float, draws: int, seed: int
) -> pd.DataFrame:
    """See `claim_power`, of parts (k,) that lie z errors on their claim's side of the reference."""
    names, which = np.unique(claims.to_numpy(dtype=str), return_inverse=True)
    truth, errors = np.random.default_rng(seed).normal(size=(2, draws, len(z)))

    @cache
    def powers(size: int) -> Array:
        later = (z + truth) * math.sqrt(size / n) + errors
        return np.asarray(claims_settled(later, which, alpha, z >= 0).mean(axis=0))

    def needed(c: int) -> float:
        return fewest(lambda size: float(powers(size)[c]), goal, n)

    holds = [bool((z[which == c] >= 0).all()) for c in range(len(names))]
    table = {
        "expected": np.where(holds, "supported", "contradicted"),
        "power": powers(n),
        "needed": [needed(c) for c in range(len(names))],
    }
    return pd.DataFrame(table, index=pd.Index(names, name="claim"))


def expected_sides(study: Study, found: pd.DataFrame) -> Array:
    """1 where a claim expects the estimate above its reference, −1 below; NaN for advice."""
    out, seen = np.full(len(found), math.nan), dict[tuple[str, str], int]()
    for k, (claim, kind) in enumerate(zip(found["claim"], found["kind"], strict=True)):
        own = [e for e in study.instrument.claims[claim].evidence if e.kind == kind]
        if not own:
            continue
        place = seen[claim, kind] = seen.get((claim, kind), -1) + 1
        piece = own[min(place, len(own) - 1)]  # one that compares several pairs has a row for each
        below = (isinstance(piece, LevelEvidence) and piece.side == "below") or (
            isinstance(piece, PathEvidence) and piece.sign == "negative"
        )
        out[k] = -1.0 if below else 1.0
    return out


def claims_settled(z: Array, which: Array, alpha: float, on_its_side: Array) -> Array:
    """Whether each claim (R, C) is settled by test statistics (R, k) of its parts, positive for the claim.

    Parameters
    ----------
    z : array (R, k)
    which : array (k,)
        The claim of each part.
    alpha : float
        Of a side.
    on_its_side : array (k,)
        Whether the truth of each part lies on the claim's side.
    """
    C = int(which.max()) + 1
    out = np.empty((len(z), C), dtype=bool)
    for_it, against = (adjusted_parts(ndtr(sign * z), which, C) <= alpha for sign in (-1.0, 1.0))
    for c in range(C):
        own = which == c
        wrong = own & ~on_its_side
        out[:, c] = against[:, wrong].any(axis=1) if wrong.any() else for_it[:, own].all(axis=1)
    return out


def adjusted_parts(p: Array, which: Array, C: int) -> Array:
    """P-values (R, k): of each part among parts, or of its claim's weakest among claims if that is less."""
    weakest = np.column_stack([p[:, which == c].max(axis=1) for c in range(C)])
    return np.minimum(holm(p), holm(weakest)[:, which])


def fewest(power: Callable[[int], float], goal: float, n: int) -> float:
    """The fewest answers with the power aimed at, by bisection; NaN above 20 n."""
    low, high = 2, MOST_TIMES * n
    if power(high) < goal:
        return math.nan
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle) >= goal else (middle, high)
    return float(high)

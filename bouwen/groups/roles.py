"""Two sides that answered the same items -> whether each construct is understood alike by both.

A ladder per construct (equal loadings, then equal intercepts), corrected after Holm (1979) over all steps of
all constructs. Where a step fails, the item with the largest score statistic is let go and the rest is tried
again: one item at the most, as what is left would be too little (Byrne, Shavelson & Muthén 1989).

References
----------
Byrne, Shavelson & Muthén (1989), Testing for the equivalence of factor covariance and mean structures: The
issue of partial measurement invariance, Psychological Bulletin 105.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.errors import BouwenError
from bouwen.groups.invariance import Invariance, check_invariance
from bouwen.groups.verdicts import holm
from bouwen.scales import FEWEST_CLUSTERS
from bouwen.special import fdtrc

UNDERSTOOD, PARTLY, UNLIKE, UNTESTED = "alike", "one item apart", "not alike", "not tested"
ROLES = (UNDERSTOOD, PARTLY, UNLIKE, UNTESTED)
STEPS = ("metric", "scalar")
SIDE, UNIT = "side of the respondent", "unit of the respondent"  # no names of items
FACTOR_ITEMS = 3  # that a factor of its own needs


@dataclass(frozen=True)
class Ladder:
    """What the steps of one construct cost, with or without one of its items."""

    metric: float
    scalar: float
    latent: float
    item: str = ""
    failed: bool = False


def role_invariance(
    answers: pd.DataFrame, sides: pd.Series, units: pd.Series, items: Mapping[str, list[str]], alpha: float
) -> pd.DataFrame:
    """Whether each construct is understood alike by both sides.

    Parameters
    ----------
    answers : DataFrame (n, items)
        Of both sides, reversed items turned.
    sides, units : Series (n,)
        Who belongs to which side, and to which unit; units may have respondents of both.
    items : mapping from construct to its items
    alpha : float
        Of all steps together.

    Returns
    -------
    DataFrame
        Index construct; ``metric scalar``, p-values of equal loadings and of equal intercepts;
        ``metric_adjusted scalar_adjusted``; ``latent``, how far the factor's mean on the second side lies
        above that on the first, in standard deviations of the first; ``invariance``: *alike*, *one item
        apart*, *not alike* or *not tested* (fewer than three items); ``item``, which one works otherwise, and
        ``loadings``, whether they are alike.
    """
    data = answers.assign(**{SIDE: sides.to_numpy(), UNIT: units.to_numpy()})
    robust = min(data.groupby(SIDE)[UNIT].nunique()) >= FEWEST_CLUSTERS
    first = {name: climb(data, name, own, robust) for name, own in items.items() if len(own) >= FACTOR_ITEMS}
    tested = adjusted_steps(first)
    broken = [name for name, p in tested.items() if min(p.values()) <= alpha]
    worst = {name: worst_item(first[name][1], tested[name], alpha) for name in broken}
    again = {name: climb(data, name, items[name], robust, item) for name, item in worst.items()}
    retested = adjusted_steps(again, len(tested) * len(STEPS))
    rows = {}
    for name in items:
        if name not in first:
            rows[name] = (*(math.nan,) * 5, UNTESTED, "", True)
            continue
        ladder, p = (again[name][0], retested[name]) if name in broken else (first[name][0], tested[name])
        holds = not ladder.failed and min(p.values()) > alpha
        word = (PARTLY if name in broken else UNDERSTOOD) if holds else UNLIKE
        loadings = not ladder.failed and p["metric"] > alpha
        shown = (ladder.metric, ladder.scalar, p["metric"], p["scalar"], ladder.latent)
        rows[name] = (*shown, word, ladder.item, loadings)
    columns = ["metric", "scalar", "metric_adjusted", "scalar_adjusted", "latent"]
    columns += ["invariance", "item", "loadings"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("construct")


def climb(
    data: pd.DataFrame, construct: str, items: list[str], robust: bool, freed: str = ""
) -> tuple[Ladder, Invariance | None]:
    """The ladder of one construct, with the loading and the intercept of an item perhaps let go."""
    partial = [f"{construct} =~ {freed}", f"{freed} ~ 1"] if freed else []
    try:
        found = check_invariance(
            f"{construct} =~ {' + '.join(items)}",
            data[[*items, SIDE, UNIT]],
            SIDE,
            steps=("configural", *STEPS),
            estimator="MLR",
            missing="fiml",
            group_partial=partial,
            cluster=UNIT if robust else None,
        )
    except BouwenError:
        return Ladder(math.nan, math.nan, math.nan, freed, failed=True), None
    table = found.table()
    least = data.groupby(SIDE)[UNIT].nunique().min() if robust else data[SIDE].value_counts().min()
    chisq, df = (table[name].to_dict() for name in ("chisq_diff", "df_diff"))
    steps = {step: of_few(chisq[step], df[step], int(least)) for step in STEPS}
    means = found.fits["scalar"].parameters.query("op == '~1' and lhs == @construct")["est"]
    return Ladder(steps["metric"], steps["scalar"], float(means.iloc[-1]), freed), found


def of_few(chisq: float, df: float, units: int) -> float:
    """P-value of a robust difference test of few units: chisq/df as F on df and units − 1 degrees.

    The chi-square itself rejects equal items too often (.08 for .05 with 74 units a side).
    """
    return float(fdtrc(df, units - 1, chisq / df)) if df > 0 and chisq >= 0 else math.nan


def adjusted_steps(
    ladders: Mapping[str, tuple[Ladder, Invariance | None]], tests: int | None = None
) -> dict[str, dict[str, float]]:
    """P-values of all steps, adjusted together, or for so many ``tests``; 1 where there is no test."""
    p = np.array([[one.metric, one.scalar] for one, _ in ladders.values()], dtype=float).reshape(-1, 2)
    p = np.where(np.isnan(p), 1.0, p)
    adjusted = holm(p.ravel()).reshape(p.shape) if tests is None else np.minimum(1.0, p * tests)
    return {
        name: dict(zip(STEPS, map(float, row), strict=True))
        for name, row in zip(ladders, adjusted, strict=True)
    }


def worst_item(found: Invariance | None, adjusted: Mapping[str, float], alpha: float) -> str:
    """The item that costs the first failed step the most."""
    assert found is not None
    step = next(step for step in STEPS if adjusted[step] <= alpha)
    scores = found.differences()
    own = scores[scores["step"] == step].sort_values("score", kind="stable").iloc[-1]
    return str(own["rhs"] if own["op"] == "=~" else own["lhs"])

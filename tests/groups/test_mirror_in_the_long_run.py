"""How often two sides that share units are falsely called different: with errors of units, and without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from bouwen.groups import judge_differences
from bouwen.groups.gaps import mean_gap
from bouwen.groups.roles import PARTLY, UNDERSTOOD, role_invariance
from bouwen.scales import difference_estimate

pytestmark = pytest.mark.long

RUNS, OF_LADDERS = 1000, 400
UNITS, ALONE, FIRST, SECOND = 54, 20, 200, 150  # units of both sides, of one side only, and respondents
CONSTRUCTS, ICC, LEVEL, SMALLEST = 14, 0.20, 0.95, 0.30
MOST, LEAST = 0.05, 0.80


def drawn(rng: np.random.Generator, n: int, first: int) -> np.ndarray:
    """Units of respondents, some of which have many: those of both sides, and those from ``first`` on."""
    known = np.r_[np.arange(UNITS), first + np.arange(ALONE)]
    return known[rng.choice(len(known), n, p=rng.dirichlet(np.full(len(known), 2.0)))]


def both(rng: np.random.Generator, kind: str, gap: float) -> tuple[list[pd.DataFrame], list[pd.Series]]:
    """Scores of both sides, means of three answers of five points of which a tenth is open, and units.

    Of the differences between respondents a share of `ICC` lies between units: it is the same on both sides
    (*shared*), or each side's own (*own*).
    """
    own = rng.normal(size=(2, UNITS + 2 * ALONE, CONSTRUCTS))
    of_unit = np.stack([own[0], own[0] if kind == "shared" else own[1]])
    scores, units = [], []
    for side, (n, first) in enumerate(((FIRST, UNITS), (SECOND, UNITS + ALONE))):
        who = drawn(rng, n, first)
        common = rng.normal(size=(n, 1))
        person = np.sqrt(0.3) * common + np.sqrt(0.7) * rng.normal(size=(n, CONSTRUCTS))
        latent = np.sqrt(ICC) * of_unit[side, who] + np.sqrt(1 - ICC) * person + side * gap
        answers = np.round(3 + 0.8 * latent[:, :, None] + 0.6 * rng.normal(size=(n, CONSTRUCTS, 3))).clip(
            1, 5
        )
        answers[rng.random(answers.shape) < 0.1] = np.nan
        given = np.isfinite(answers).sum(axis=2)
        mean = np.nansum(answers, axis=2) / np.maximum(given, 1)
        scores.append(pd.DataFrame(np.where(given > 1, mean, np.nan)))
        units.append(pd.Series(who))
    return scores, units


def verdicts(scores: list[pd.DataFrame], units: list[pd.Series], *, independent: bool) -> pd.Series:
    """Verdicts on all constructs; as if all respondents were strangers, or with errors of units."""
    rows = []
    for name in scores[0]:
        one, two = (side[name] for side in scores)
        if independent:
            sides = pd.Series(np.repeat(["first", "second"], [len(one), len(two)]))
            found = difference_estimate(pd.concat([one, two], ignore_index=True), sides, "first", "second")
            sd = np.sqrt((one.var() + two.var()) / 2)
        else:
            found, sd = mean_gap(one, two, (units[0], units[1]))
        rows.append((found.value, found.se, found.df, SMALLEST * sd, True))
    frame = pd.DataFrame(rows, columns=["estimate", "se", "df", "smallest", "comparable"])
    return judge_differences(frame, LEVEL)["verdict"]


def share_of(runs: int, most: float) -> float:
    """The largest share of runs that is within two errors of what it may be."""
    return float(most + 2 * np.sqrt(most * (1 - most) / runs))


CASES = [
    *((kind, "nothing", 0.0, method) for kind in ("shared", "own") for method in ("units", "independent")),
    ("shared", "smallest", SMALLEST, "units"),
    ("shared", "large", 0.8, "units"),
]


def test_sides_that_share_units_are_seldom_called_different(runs: Callable[[int], int], record) -> None:
    """Nothing differs; all scores differ by just what matters; all differ by .8 standard deviations."""
    rng, told, n = np.random.default_rng(54), defaultdict(list), runs(RUNS)
    for _ in range(n):
        drawn_ones = {}
        for kind, case, gap, method in CASES:
            if (kind, case) not in drawn_ones:
                drawn_ones[kind, case] = both(rng, kind, gap)
            scores, units = drawn_ones[kind, case]
            told[kind, case, method].append(verdicts(scores, units, independent=method == "independent"))
    rows = []
    for key, found in told.items():
        frame = pd.DataFrame(found)
        different = frame.isin(["different", "different but trivial"])
        equivalent = frame.isin(["equivalent", "different but trivial"])
        open_ = (frame == "cannot tell").to_numpy().mean()
        any_ = different.any(axis=1).mean(), equivalent.any(axis=1).mean()
        rows.append((*key, *any_, different.to_numpy().mean(), open_, n))
    columns = ["units", "truth", "method", "any_different", "any_equivalent", "different", "cannot_tell"]
    table = pd.DataFrame(rows, columns=[*columns, "runs"]).set_index(columns[:3])
    record("mirror-shared-units", table)
    limit = share_of(n, MOST)
    own = table.xs("units", level="method")
    assert (own.xs("nothing", level="truth")["any_different"] <= limit).all()
    assert own.loc[("shared", "smallest"), "any_equivalent"] <= limit
    assert own.loc[("shared", "large"), "different"] >= LEAST
    naive = table.xs("independent", level="method")["any_different"]
    assert naive["own", "nothing"] > own.loc[("own", "nothing"), "any_different"]


def answered(rng: np.random.Generator, shift: float) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Answers of both sides to three scales of four items, whose factors' means differ; the second item of
    the first scale is shifted on one side."""
    loadings, of_unit = np.array([0.8, 0.7, 0.75, 0.7]), rng.normal(size=(UNITS + 2 * ALONE, 3))
    parts, sides, units = [], [], []
    for side, (n, first) in enumerate(((FIRST, UNITS), (SECOND, UNITS + ALONE))):
        who = drawn(rng, n, first)
        factors = np.sqrt(ICC) * of_unit[who] + np.sqrt(1 - ICC) * rng.normal(size=(n, 3)) + 0.4 * side
        latent = factors[:, :, None] * loadings + np.sqrt(1 - loadings**2) * rng.normal(size=(n, 3, 4))
        latent[:, 0, 1] += shift * side
        answers = np.round(3 + latent).clip(1, 5)
        answers[rng.random(answers.shape) < 0.1] = np.nan
        parts.append(answers.reshape(n, -1))
        sides += [f"side {side}"] * n
        units.append(who)
    data = pd.DataFrame(np.vstack(parts), columns=[f"f{k // 4}{k % 4}" for k in range(12)])
    return data, pd.Series(sides), pd.Series(np.concatenate(units))


def test_steps_of_ladders_are_seldom_taken_for_different(runs: Callable[..., int], record) -> None:
    """Sides whose factor means differ and whose items do not; and one item .7 apart."""
    rng, rows, n = np.random.default_rng(55), [], runs(OF_LADDERS, dear=True)
    items = {f"f{k}": [f"f{k}{j}" for j in range(4)] for k in range(3)}
    for _ in range(n):
        for case, shift in (("alike", 0.0), ("one item apart", 0.7)):
            found = role_invariance(*answered(rng, shift), items, 1 - LEVEL)
            others = found if case == "alike" else found.drop("f0")
            right = found.loc["f0", "invariance"] == PARTLY and found.loc["f0", "item"] == "f01"
            rows.append((case, bool((others["invariance"] != UNDERSTOOD).any()), bool(right)))
    table = pd.DataFrame(rows, columns=["truth", "any_false", "item_found"]).groupby("truth").mean()
    record("mirror-ladders", table.assign(runs=n))
    assert (table["any_false"] <= share_of(n, MOST)).all()
    assert table.loc["one item apart", "item_found"] >= LEAST

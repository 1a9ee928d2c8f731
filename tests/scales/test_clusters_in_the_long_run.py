"""How often intervals of respondents in few clusters miss the truth: with errors of clusters, and without."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.scales import alpha, correlation_interval, difference_estimate, mean_estimate
from bouwen.sem import fit_sam, fit_sem

pytestmark = pytest.mark.long

CLUSTERS, SIZE, ICC = 29, 7, 0.15
RUNS, OF_MODELS, OF_DRAWS, DRAWS = 3000, 3000, 300, 400
LEVEL, MOST, MOST_OF_SANDWICH = 0.95, 0.06, 0.08
SHARED, OWN = np.sqrt(ICC), np.sqrt(1 - ICC)
MODEL = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f"
SLOPE, NOISE = 0.5, 0.6

Misses = dict[tuple[str, str], list[tuple[bool, float]]]


def sizes(rng: np.random.Generator, unequal: bool) -> np.ndarray:
    """Clusters of seven respondents, or of one to thirteen, with as many in all."""
    if not unequal:
        return np.full(CLUSTERS, SIZE)
    return 1 + rng.multinomial(CLUSTERS * (SIZE - 1), rng.dirichlet(np.full(CLUSTERS, 3.0)))


def alike(rng: np.random.Generator, team: np.ndarray) -> np.ndarray:
    """Standard normal scores of which a share of `ICC` is common to a cluster."""
    return SHARED * rng.normal(size=CLUSTERS)[team] + OWN * rng.normal(size=len(team))


def note(misses: Misses, figure: str, method: str, ends: tuple[float, float], true: float) -> None:
    """Whether an interval misses, and how wide it is."""
    lower, upper = ends
    misses[figure, method].append((not lower <= true <= upper, upper - lower))


def summarised(misses: Misses) -> pd.DataFrame:
    """The share of intervals that miss, with its Monte Carlo error, and their median width."""
    rows = []
    for (figure, method), found in misses.items():
        missed, width = np.array(found, dtype=float).T
        share = missed.mean()
        error = np.sqrt(share * (1 - share) / len(missed))
        rows.append((figure, method, share, error, np.median(width), len(missed)))
    return pd.DataFrame(
        rows, columns=["figure", "method", "missed", "error", "width", "runs"]
    ).set_index(["figure", "method"])  # fmt: skip


def within(table: pd.DataFrame, method: str, most: float, errors: int = 2) -> bool:
    """Whether no figure misses more often than it may, to two errors of the simulation."""
    found = table.xs(method, level="method")
    return bool((found["missed"] <= most + errors * np.sqrt(most * (1 - most) / found["runs"])).all())


def test_means_differences_and_correlations(runs: Callable[[int], int], record) -> None:
    """CR2 errors with Satterthwaite's degrees; levels that whole clusters share, or that divide them."""
    rng, misses = np.random.default_rng(29), defaultdict(list)
    for run in range(runs(RUNS)):
        unequal = run % 2 == 1
        team = np.repeat(np.arange(CLUSTERS), sizes(rng, unequal))
        scores, other = (pd.Series(alike(rng, team)) for _ in range(2))
        of_teams = pd.Series(np.where(team < 19, "a", "b"))
        of_members = pd.Series(np.where(rng.random(len(team)) < 0.7, "a", "b"))
        kind = ", unequal clusters" if unequal else ""
        for method, clusters in (("clusters", pd.Series(team)), ("independent", None)):
            mean = mean_estimate(scores, clusters)
            note(misses, f"mean{kind}", method, mean.interval(LEVEL), 0.0)
            for what, levels in (("whole clusters", of_teams), ("members", of_members)):
                found = difference_estimate(scores, levels, "a", "b", clusters)
                note(misses, f"difference between {what}{kind}", method, found.interval(LEVEL), 0.0)
            ends = correlation_interval(scores, other, LEVEL, clusters)[1:]
            note(misses, f"correlation{kind}", method, ends, 0.0)
    table = summarised(misses)
    record("clusters-29-of-7", table)
    assert within(table, "clusters", MOST)
    alone = table.xs("independent", level="method")["missed"]
    assert alone[["mean", "difference between whole clusters"]].min() > 0.1


def answers(rng: np.random.Generator, unequal: bool = False) -> tuple[pd.DataFrame, np.ndarray]:
    """Six items of two factors, all of whose parts are alike within clusters."""
    team = np.repeat(np.arange(CLUSTERS), sizes(rng, unequal))
    f = alike(rng, team)
    g = SLOPE * f + np.sqrt(1 - SLOPE**2) * alike(rng, team)
    noise = np.column_stack([alike(rng, team) for _ in range(6)])
    x = np.column_stack([f, f, f, g, g, g]) + NOISE * noise
    return pd.DataFrame(x, columns=["x1", "x2", "x3", "y1", "y2", "y3"]).assign(team=team), team


TRUE = {("g", "~", "f"): SLOPE, ("f", "=~", "x2"): 1.0, ("x1", "~1", ""): 0.0}
CALLED = dict(zip(TRUE, ("path", "loading", "mean of an item"), strict=True))


def ends_of(table: pd.DataFrame) -> Iterator[tuple[str, tuple[float, float], float]]:
    """Intervals of the parameters whose truth is known."""
    rows = table.set_index(["lhs", "op", "rhs"])
    for key, true in TRUE.items():
        if key in rows.index:
            row = rows.loc[key]
            yield CALLED[key], (float(row["ci_lower"]), float(row["ci_upper"])), true


def test_parameters_of_models(runs: Callable[[int], int], record) -> None:
    """Each cluster left out in turn, with Student's limits; normal limits of the sandwich, which are a little
    too narrow with 29 clusters; and those without clusters, which are much too narrow."""
    rng, misses = np.random.default_rng(30), defaultdict(list)
    asked = runs(OF_MODELS)
    asked = asked if asked == OF_MODELS else max(20, asked // 3)  # each run fits six models
    for run in range(asked):
        data, _ = answers(rng, unequal := run % 2 == 1)
        kind = ", unequal clusters" if unequal else ""
        for method, options in (("clusters", {"cluster": "team"}), ("independent", {})):
            one = fit_sem(MODEL, data, estimator="MLR", meanstructure=True, **options)
            two = fit_sam(MODEL, data, **options)
            found = [(method, one, two)]
            if options:
                found.append(("each left out", bouwen.jackknife(one), bouwen.jackknife(two)))
            for how, in_one, in_two in found:
                for name, ends, true in ends_of(in_one.parameters):
                    note(misses, f"{name}{kind}", how, ends, true)
                for name, ends, true in ends_of(in_two.parameters.query("op == '~'")):
                    note(misses, f"{name}, two steps{kind}", how, ends, true)
    table = summarised(misses)
    record("clusters-29-of-7-models", table)
    assert table.xs("each left out", level="method")["missed"].mean() <= MOST + 2 * np.sqrt(MOST / asked)
    errors = 2 if asked == OF_MODELS else 3  # of few runs the worst of many figures is far off by chance
    assert within(table, "each left out", MOST, errors)
    assert within(table, "clusters", MOST_OF_SANDWICH, errors)
    assert table.loc[("mean of an item", "independent"), "missed"] > 0.1


def test_draws_of_whole_clusters(runs: Callable[[int], int], record) -> None:
    """Percentiles of draws, of whole clusters and of respondents; of alpha also its CR2 interval."""
    rng, misses = np.random.default_rng(31), defaultdict(list)
    true_alpha = 3 / (3 - 1) * (1 - 3 * (1 + NOISE**2) / (9 + 3 * NOISE**2))
    for _ in range(runs(OF_DRAWS)):
        data, team = answers(rng)
        for method, options in (("clusters", {"cluster": "team"}), ("independent", {})):
            fit = fit_sem(MODEL, data, estimator="MLR", meanstructure=True, **options)
            drawn = bouwen.bootstrap(fit, DRAWS, seed=1, n_jobs=1).intervals(confidence=LEVEL)
            for name, ends, true in ends_of(drawn):
                note(misses, name, method, ends, true)
            clusters = pd.Series(team) if options else None
            for interval, called in (("bootstrap", "alpha"), ("Feldt", "alpha, in closed form")):
                found = alpha(data.iloc[:, :3], interval=interval, draws=DRAWS, clusters=clusters)
                note(misses, called, method, (found.ci_lower, found.ci_upper), true_alpha)
    table = summarised(misses)
    record("clusters-29-of-7-draws", table)
    assert within(table, "clusters", MOST_OF_SANDWICH + 0.01)
    assert table.loc[("mean of an item", "independent"), "missed"] > 0.1

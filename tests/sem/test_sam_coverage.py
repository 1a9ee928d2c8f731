"""Structure after measurement, and one step, on answers of known populations: what intervals hold."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cache

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.errors import BouwenError
from bouwen.sem import fit_sam, fit_sem
from bouwen.sem.model.implied import compile_structure, implied_moments
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import TableOptions, build_table
from bouwen.twin.recovery import long_run, population_of

pytestmark = pytest.mark.long

MODEL = """
a =~ a1 + a2 + a3
b =~ b1 + b2 + b3
c =~ c1 + c2 + c3 + c4
b ~ a
c ~ a + b
"""
VALUES = """
a =~ 1*a1 + 0.9*a2 + 0.8*a3
b =~ 1*b1 + 0.9*b2 + 1.1*b3
c =~ 1*c1 + 0.8*c2 + 0.9*c3 + 1.1*c4
b ~ 0.5*a
c ~ 0.3*a + 0.4*b
a ~~ 1*a
b ~~ 0.75*b
c ~~ 0.6*c
"""
TRUE = pd.Series({("b", "a"): 0.5, ("c", "a"): 0.3, ("c", "b"): 0.4})
NOISE = {"a": 0.6, "b": 0.6, "c": 0.6}
MISSING = 0.15
RESPONDENTS = (40, 70, 91, 201)
RUNS, TEST_RUNS, CLUSTER_RUNS = 1000, 500, 400
ONE_STEP = 5  # of as many runs, one is also estimated in one step
LOWEST, HIGHEST, ALPHA = 0.93, 0.97, 0.05


@pytest.fixture
def asked(runs: Callable[[int], int]) -> int:
    """How many runs are done; of a part of them a quarter, as each takes a while."""
    found = runs(RUNS)
    return found if found == RUNS else max(20, found // 4)


def within_errors(n: int, bound: float) -> float:
    """Two errors of a share of n runs that is at the bound."""
    return 2 * float(np.sqrt(bound * (1 - bound) / n))


def paths(found: pd.DataFrame, true: pd.Series) -> pd.DataFrame:
    """Estimate, error and whether the interval holds the truth, by path."""
    rows = found[found["op"] == "~"].set_index(["lhs", "rhs"]).loc[true.index]
    return rows[["est", "se"]].assign(
        holds=(rows["ci_lower"] <= true) & (true <= rows["ci_upper"]),
        width=rows["ci_upper"] - rows["ci_lower"],
    )


def summarised(method: str, draws: list[pd.DataFrame], true: pd.Series, asked: int) -> pd.DataFrame:
    """Coverage, bias and spread of every path; how many runs there were, and how many gave no figure."""
    every = pd.concat(draws, keys=range(len(draws)), names=["run"])
    by = every.groupby(level=[1, 2], sort=False)
    return pd.DataFrame(
        {
            "method": method, "true": true, "median": by["est"].median(), "sd": by["est"].std(),
            "se": by["se"].median(), "coverage": by["holds"].mean(), "width": by["width"].median(),
            "runs": len(draws), "without": asked - len(draws),
        }
    ).loc[true.index]  # fmt: skip


def both(two: list[pd.DataFrame], one: list[pd.DataFrame], true: pd.Series, asked: int) -> pd.DataFrame:
    """What two steps give, and beside it one."""
    tables = [summarised("two steps", two, true, asked)]
    tables += [summarised("one step", one, true, asked // ONE_STEP)] if one else []
    return pd.concat(tables)


@cache
def small() -> tuple[list[str], np.ndarray]:
    """Items and covariances of three factors."""
    names = [f.rhs for f in parse_model(MODEL).formulas if f.op == "=~"]
    text = VALUES + "\n".join(f"{name} ~~ {NOISE[name[0]]}*{name}" for name in names)
    structure = compile_structure(build_table(parse_model(text), options=TableOptions()))
    return list(structure.observed), implied_moments(structure, np.zeros(structure.q)).cov[0]


def answers_of_three_factors(n: int, rng: np.random.Generator) -> pd.DataFrame:
    names, cov = small()
    answers = rng.multivariate_normal(np.zeros(len(cov)), cov, n, method="cholesky")
    answers[rng.random(answers.shape) < MISSING] = np.nan
    return pd.DataFrame(answers, columns=names)


def one_step(text: str, data: pd.DataFrame) -> pd.DataFrame | None:
    """Paths in one step; none where it does not converge, or gives no errors."""
    try:
        found = fit_sem(text, data, missing="fiml", estimator="MLR")
        table = found.parameters[found.parameters["op"] == "~"]
    except (BouwenError, np.linalg.LinAlgError):
        return None
    return table if np.isfinite(table["se"]).all() else None


def check(table: pd.DataFrame) -> None:
    """Every path of the two steps is covered as often as asked, to two errors of the simulation.

    Of a part of the runs, all paths together: the worst of many is far off by chance.
    """
    steps = table[table["method"] == "two steps"]
    n, without = steps[["runs", "without"]].iloc[0]
    assert without <= 0.01 * (n + without)
    coverage = steps["coverage"] if n + without == RUNS else steps[["coverage"]].mean()
    assert (coverage >= LOWEST - within_errors(n, LOWEST)).all(), coverage
    assert (coverage <= HIGHEST + within_errors(n, HIGHEST)).all(), coverage


EXPLAINED = pd.Series({"b": 0.25, "c": 0.37 / 0.97})


def test_intervals_of_r_squared(asked: int, record) -> None:
    """By the delta method, at the sizes between which most studies are."""
    tables = []
    for n in (70, 201):
        rng, draws = np.random.default_rng(100 + n), []
        for _ in range(asked // 2):
            found = fit_sam(MODEL, answers_of_three_factors(n, rng)).r_squared(0.95).set_index("lhs")
            found = found.loc[EXPLAINED.index]
            holds = (found["ci_lower"] <= EXPLAINED) & (found["ci_upper"] >= EXPLAINED)
            draws.append(found[["r2", "se"]].assign(holds=holds, width=found["ci_upper"] - found["ci_lower"]))
        by = pd.concat(draws).groupby(level=0)
        tables.append(
            pd.DataFrame(
                {
                    "n": n, "true": EXPLAINED, "median": by["r2"].median(), "sd": by["r2"].std(),
                    "se": by["se"].median(), "coverage": by["holds"].mean(), "width": by["width"].median(),
                    "runs": len(draws),
                }
            )
        )  # fmt: skip
    table = pd.concat(tables)
    record("sam-r-squared", table)
    coverage = table["coverage"] if asked == RUNS else table[["coverage"]].mean()
    assert (coverage >= LOWEST - within_errors(asked // 2, LOWEST)).all(), coverage


@pytest.mark.parametrize("n", RESPONDENTS)
def test_three_factors_and_ten_items(n: int, asked: int, record) -> None:
    rng = np.random.default_rng(n)
    two, one = [], []
    for k in range(asked):
        data = answers_of_three_factors(n, rng)
        with suppress(BouwenError):
            two.append(paths(fit_sam(MODEL, data).parameters, TRUE))
        if k < asked // ONE_STEP and (found := one_step(MODEL, data)) is not None:
            one.append(paths(found, TRUE))
    table = both(two, one, TRUE, asked)
    record(f"sam-coverage-{n}", table)
    check(table)


# -------------------------------------------------------------------- answers in clusters

CLUSTERS, OF_EACH, SHARED = 43, 7, 0.4


def answers_in_clusters(rng: np.random.Generator) -> pd.DataFrame:
    """Three factors of whose variance, and of whose items' residuals, clusters share a part."""
    names, cov = small()
    between = np.linalg.cholesky(SHARED * cov) @ rng.standard_normal((len(cov), CLUSTERS))
    within = np.linalg.cholesky((1 - SHARED) * cov) @ rng.standard_normal((len(cov), CLUSTERS * OF_EACH))
    place = np.repeat(np.arange(CLUSTERS), OF_EACH)
    answers = (between[:, place] + within).T
    answers[rng.random(answers.shape) < MISSING] = np.nan
    return pd.DataFrame(answers, columns=names).assign(place=place)


def test_errors_by_cluster_are_the_spread_of_answers_in_clusters(runs: Callable[[int], int], record) -> None:
    """With gaps, where lavaan's are others (`test_sam.test_errors_by_cluster_with_gaps`)."""
    asked, rng, found = runs(CLUSTER_RUNS), np.random.default_rng(43), []
    for _ in range(asked):
        data = answers_in_clusters(rng)
        found.append(paths(fit_sam(MODEL, data, cluster="place").parameters, TRUE))
    table = summarised("two steps", found, TRUE, asked)
    record("sam-clusters", table)
    error = 2 / np.sqrt(2 * asked)  # of a standard deviation, twice
    assert (table["se"] / table["sd"]).between(0.95 - error, 1.05 + error).all()
    assert (table["coverage"] >= 0.93 - within_errors(asked, 0.93)).all()


# -------------------------------------------------------------------- the study's joint model


@cache
def study() -> bouwen.Study:
    return bouwen.read_study("data/providers/study.yml")


@cache
def joint() -> tuple[str, pd.Series, tuple[str, ...], np.ndarray]:
    """The joint model, its paths in the long run of the study's population, items and their covariances."""
    text = study().instrument.model_syntax("structural")
    whole = fit_sem(text, long_run(population_of(study())))
    found = whole.parameters[whole.parameters["op"] == "~"].set_index(["lhs", "rhs"])["est"]
    return text, found, whole.sample.names, whole.implied.cov[0]


def answers_of_the_joint_model(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Normal answers as the model implies; each respondent leaves out what one of the study's did."""
    _, _, names, cov = joint()
    answers = rng.multivariate_normal(np.zeros(len(cov)), cov, n, method="cholesky")
    gone = bouwen.key_items(study())[list(names)].isna().to_numpy()
    answers[gone[rng.integers(len(gone), size=n)]] = np.nan
    return pd.DataFrame(answers, columns=list(names))


def test_the_joint_model(asked: int, record) -> None:
    """Coverage of every path, and how often the test of what the structure restricts refuses a true model."""
    text, true, _, _ = joint()
    rng, tested = np.random.default_rng(14), asked * TEST_RUNS // RUNS
    two, one, tails = [], [], []
    for k in range(asked):
        data = answers_of_the_joint_model(201, rng)
        try:
            sam = fit_sam(text, data)
        except BouwenError:
            continue
        two.append(paths(sam.parameters, true))
        if k < tested:
            tails.append(sam.structural_test.pvalue)
        if k < asked // ONE_STEP and (found := one_step(text, data)) is not None:
            one.append(paths(found, true))
    table = both(two, one, true, asked)
    refused = float(np.mean(np.array(tails) < ALPHA))
    record("sam-coverage-joint", table)
    record("sam-structural-test", pd.DataFrame({"runs": [len(tails)], "refused": [refused]}, index=["joint"]))
    check(table)
    assert refused <= ALPHA + within_errors(len(tails), ALPHA)

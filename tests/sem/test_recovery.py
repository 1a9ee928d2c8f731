"""Known parameters come back, with intervals that cover them as often as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest

from bouwen.sem import bootstrap, fit_sem

pytestmark = pytest.mark.long

MODEL = """f =~ a1 + a2 + a3
g =~ b1 + b2 + b3
g ~ f"""
LOADINGS = np.array([0.8, 0.7, 0.6])
SLOPE = 0.5
CUTS = (-1.0, -0.2, 0.7)
DRAWS = 100
LOWEST, HIGHEST = 0.87, 1.0  # around 0.95, four binomial standard errors


def respondents(rng: np.random.Generator, n: int) -> np.ndarray:
    """Six standard normal items of two factors with variance 1, g = 0.5 f + disturbance."""
    f = rng.normal(size=n)
    g = SLOPE * f + np.sqrt(1 - SLOPE**2) * rng.normal(size=n)
    factors = np.repeat(np.column_stack([f, g]), 3, axis=1)
    loadings = np.tile(LOADINGS, 2)
    return factors * loadings + rng.normal(size=(n, 6)) * np.sqrt(1 - loadings**2)


def with_gaps(rng: np.random.Generator, items: np.ndarray) -> np.ndarray:
    """Missing at random: the last two items of each factor go missing where its first one is high."""
    items = items.copy()
    for first in (0, 3):
        gone = rng.random((len(items), 2)) < 0.4 / (1 + np.exp(-2 * items[:, [first]]))
        items[:, first + 1 : first + 3][gone] = np.nan
    return items


# marker loadings: λ / λ₁, and in g's units the slope is SLOPE · λ_b1 / λ_a1
TRUTH = {("f", "=~", "a2"): 0.875, ("f", "=~", "a3"): 0.75, ("g", "=~", "b2"): 0.875, ("g", "=~", "b3"): 0.75}
TRUTH |= {("g", "~", "f"): SLOPE, ("f", "~~", "f"): 0.64}


def run(kind: str, n: int, seed: int) -> tuple[pd.DataFrame, list[float]]:
    """Estimates, standard errors and whether the interval covers, by draw and parameter; test p-values."""
    rng = np.random.default_rng(seed)
    names = ["a1", "a2", "a3", "b1", "b2", "b3"]
    rows, tails = [], []
    for _ in range(DRAWS):
        items = respondents(rng, n)
        options: dict[str, object] = {"estimator": "ML"}
        if kind == "fiml":
            items, options = with_gaps(rng, items), {"estimator": "MLR", "missing": "fiml"}
        if kind == "ordered":
            items, options = np.digitize(items, CUTS).astype(float), {"ordered": names}
        fit = fit_sem(MODEL, pd.DataFrame(items, columns=names), **options)
        table = fit.parameters.set_index(["lhs", "op", "rhs"])
        for parameter, truth in TRUTH.items():
            row = table.loc[[parameter]].iloc[0]
            rows.append((parameter, row["est"], row["se"], row["ci_lower"] <= truth <= row["ci_upper"]))
        tails.append(float(fit.measures.get("pvalue_scaled", fit.measures["pvalue"])))
    return pd.DataFrame(rows, columns=["parameter", "est", "se", "covers"]), tails


@pytest.mark.parametrize(
    ("kind", "n"), [("complete", 200), ("complete", 500), ("fiml", 200), ("ordered", 200), ("ordered", 500)]
)
def test_parameters_are_recovered_and_covered(kind: str, n: int, record) -> None:
    frame, tails = run(kind, n, seed=20240601)
    found = frame.groupby("parameter").agg(
        median=("est", "median"), sd=("est", "std"), se=("se", "median"), coverage=("covers", "mean")
    )
    found.index = [" ".join(parameter) for parameter in found.index]
    record(f"recovery-{kind}-{n}", found.assign(refused=np.mean(np.array(tails) < 0.05)))
    for parameter, draws in frame.groupby("parameter"):
        truth, spread = TRUTH[parameter], draws["est"].std()
        bias = abs(draws["est"].median() - truth)
        assert bias < 5 * 1.2533 * spread / np.sqrt(DRAWS) + 0.01, parameter
        assert LOWEST <= draws["covers"].mean() <= HIGHEST, parameter
        assert draws["se"].median() == pytest.approx(spread, rel=0.3), parameter
    assert np.mean(np.array(tails) < 0.05) < 0.12  # a correct model is not refused more often than it should


@pytest.mark.parametrize("ordered", [False, True], ids=["continuous", "ordered"])
def test_z_residuals_of_groups_are_standard_normal(ordered: bool) -> None:
    """Also with parameters equal over groups of different sizes; lavaan 0.6-14 leaves some variance out."""
    rng = np.random.default_rng(11)
    loadings, names, sizes = np.array([1, 0.8, 0.7, 0.9, 1.1]), list("abcde"), (150, 300)
    cov = np.outer(loadings, loadings) + 0.8 * np.eye(5)
    equal = ("loadings", "thresholds") if ordered else ("loadings",)
    z = []
    for _ in range(40 if ordered else 100):
        items = rng.multivariate_normal(np.zeros(5), cov, sum(sizes), method="cholesky")
        items = np.digitize(items, (-1, 0, 1)).astype(float) if ordered else items
        data = pd.DataFrame(items, columns=names).assign(group=np.repeat(["small", "large"], sizes))
        fit = fit_sem(
            "f =~ a + b + c + d + e", data, group="group", group_equal=equal, ordered=ordered and names
        )
        found = fit.residuals("z")
        z.append([found.loc[group].to_numpy()[np.tril_indices(5, -1)] for group in ("small", "large")])
    spread = np.std(z, axis=0).mean(axis=1)
    assert spread == pytest.approx([1.0, 1.0], abs=0.12)


MEDIATION = "m ~ a*x\ny ~ b*m + x\nx ~~ x\nab := a*b"
SAMPLES = 120


def mediated(rng: np.random.Generator, n: int, gaps: bool = False) -> pd.DataFrame:
    """x -> m -> y with paths 0.5 and 0.4, and one of 0.2 beside; perhaps with a fifth of y missing by m."""
    x = rng.normal(size=n)
    m = 0.5 * x + rng.normal(size=n)
    y = 0.4 * m + 0.2 * x + rng.normal(size=n)
    if gaps:
        y[rng.random(n) < 0.4 / (1 + np.exp(-2 * m))] = np.nan
    return pd.DataFrame({"x": x, "m": m, "y": y})


@pytest.mark.parametrize(
    ("kind", "gaps"), [("nonparametric", False), ("nonparametric", True), ("parametric", False)]
)
def test_bootstrap_intervals_cover_an_indirect_effect(kind: str, gaps: bool, record) -> None:
    rng, covered = np.random.default_rng(77), {"percentile": 0, "bc": 0, "bca": 0}
    for k in range(SAMPLES):
        fit = fit_sem(MEDIATION, mediated(rng, 100, gaps), missing="fiml" if gaps else "listwise")
        boot = bootstrap(fit, 250, kind=kind, seed=k)
        for interval in covered:
            row = boot.intervals(interval).iloc[-1]
            covered[interval] += row["ci_lower"] <= 0.2 <= row["ci_upper"]
    record(f"coverage-{kind}{'-fiml' * gaps}", pd.Series(covered, name="coverage") / SAMPLES)
    error = np.sqrt(0.95 * 0.05 / SAMPLES)
    for interval, hits in covered.items():  # percentiles of so few respondents fall a little short
        assert abs(hits / SAMPLES - 0.95) < 3.5 * error + 0.02, interval


@pytest.mark.parametrize("gaps", [False, True], ids=["complete", "fiml"])
def test_bollen_stine_p_values_are_uniform_when_the_model_holds(gaps: bool) -> None:
    rng, tails = np.random.default_rng(78), []
    model = MEDIATION.replace(" + x", "")
    samples = SAMPLES if not gaps else 40
    for k in range(samples):
        frame = mediated(rng, 100, gaps)
        frame["y"] -= 0.2 * frame["x"]  # so that all of it runs through m
        fit = fit_sem(model, frame, missing="fiml" if gaps else "listwise")
        tails.append(bootstrap(fit, 200, kind="bollen_stine", seed=k).pvalue)
    assert kstest(tails, "uniform").pvalue > 0.001

"""Known parameters come back, with intervals that cover them as often as they say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bouwen.sem import fit_sem

pytestmark = pytest.mark.slow

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
def test_parameters_are_recovered_and_covered(kind: str, n: int) -> None:
    frame, tails = run(kind, n, seed=20240601)
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
        items = rng.multivariate_normal(np.zeros(5), cov, sum(sizes))
        items = np.digitize(items, (-1, 0, 1)).astype(float) if ordered else items
        data = pd.DataFrame(items, columns=names).assign(group=np.repeat(["small", "large"], sizes))
        fit = fit_sem(
            "f =~ a + b + c + d + e", data, group="group", group_equal=equal, ordered=ordered and names
        )
        found = fit.residuals("z")
        z.append([found.loc[group].to_numpy()[np.tril_indices(5, -1)] for group in ("small", "large")])
    spread = np.std(z, axis=0).mean(axis=1)
    assert spread == pytest.approx([1.0, 1.0], abs=0.12)

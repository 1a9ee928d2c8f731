"""What permutations say, worked out anew from draws made by hand; which model a small level gets."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen.groups import ladders
from bouwen.groups.ladders import RESPONDENTS, covariance_parameters, suitable_model
from bouwen.groups.permutation import Permutations

STEPS = ("configural", "metric", "scalar")
MEASURES = {"chisq": 1, "cfi": -1, "rmsea": 1, "srmr": 1}  # a lower CFI is worse


@pytest.fixture(scope="module")
def found():
    """Sixty permutations, some of which failed at the second or third step."""
    rng = np.random.default_rng(9)
    drawn = rng.normal(size=(60, 3, 4))
    drawn[:7, 1], drawn[5:10, 2] = np.nan, np.nan
    observed = rng.normal(size=(3, 4)) * 1.5
    scores = {"metric": rng.chisquare(1, size=(60, 2)), "scalar": rng.chisquare(1, size=(60, 3))}
    scores["metric"][:4] = np.nan
    differences = pd.DataFrame({
        "step": ["metric", "metric", "scalar", "scalar", "scalar"], "rhs": list("abcde"),
        "score": [2.0, 0.3, 4.0, 1.0, 0.01],
    })  # fmt: skip
    invariance = SimpleNamespace(steps=STEPS, differences=lambda: differences)
    return Permutations(invariance, observed, drawn, scores)


def test_every_row_of_the_table(found):
    table = found.table().set_index(["step", "measure"])
    assert list(table.index) == [(step, measure) for step in STEPS for measure in MEASURES]
    used = {"configural": 60, "metric": 53, "scalar": 55}
    for (step, measure), row in table.iterrows():
        s, k = STEPS.index(step), list(MEASURES).index(measure)
        sign = MEASURES[measure]
        values = found.drawn[:, s, k]
        values = values[np.isfinite(values)]
        assert (row["used"], row["failed"]) == (used[step], 60 - used[step])
        assert row["observed"] == found.observed[s, k]
        worse = np.sum(sign * values >= sign * row["observed"])
        assert_allclose(row["pvalue"], (worse + 1) / (len(values) + 1))
        share = np.mean(sign * values > sign * row["critical"])
        assert abs(share - 0.05) <= 1 / len(values)  # exceeded by one in twenty, on the bad side
        assert_allclose(row["critical"], np.quantile(values, 0.95 if sign > 0 else 0.05))
        assert_allclose(np.sort(found.distribution(step, measure)), np.sort(values))


def test_every_parameter_by_itself_and_among_all_of_its_step(found):
    table = found.differences()
    assert list(table["rhs"]) == list("abcde")
    for row in table.itertuples():
        drawn = found.scores[row.step]
        drawn = drawn[np.isfinite(drawn).all(axis=1)]
        own = drawn[:, "abcde".index(row.rhs) - (2 if row.step == "scalar" else 0)]
        assert_allclose(row.pvalue, (1 + np.sum(own >= row.score)) / (len(own) + 1))
        assert_allclose(row.pvalue_max, (1 + np.sum(drawn.max(axis=1) >= row.score)) / (len(drawn) + 1))
        assert row.pvalue_max >= row.pvalue


# ------------------------------------------------------------------ the model of a small level


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/providers/study.yml")


def test_the_largest_model_that_the_smallest_level_can_bear(study):
    counts = {name: covariance_parameters(study, name) for name in study.instrument.models}
    role = study.file.models.measurement
    assert RESPONDENTS == 3
    assert counts[study.file.models.structural] == 0  # regressions are of no use here
    bearable = sorted({count for count in counts.values() if count})
    assert suitable_model(study, RESPONDENTS * counts[role]) == role
    assert suitable_model(study, 10 * RESPONDENTS * max(bearable)) == role
    for count in (c for c in bearable if c < counts[role]):
        assert counts[suitable_model(study, RESPONDENTS * count)] == count
        below = suitable_model(study, RESPONDENTS * count - 1)
        assert counts.get(below, 0) < count


def test_below_every_model_the_outcome_alone_and_then_nothing(study):
    items = len(study.items_of(study.outcome))
    least = RESPONDENTS * 2 * items
    counts = [covariance_parameters(study, name) for name in study.instrument.models]
    assert least < RESPONDENTS * min(count for count in counts if count)
    assert suitable_model(study, least) == study.outcome
    assert suitable_model(study, least - 1) == ""


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_a_factor_alone_needs_three_items(k):
    stub = SimpleNamespace(
        file=SimpleNamespace(models=SimpleNamespace(measurement="m")), instrument=SimpleNamespace(models={}),
        outcome="o", items_of=lambda name: range(k),
    )  # fmt: skip
    assert suitable_model(stub, RESPONDENTS * 2 * k) == ("o" if k > 2 else "")


def test_parameters_are_counted_by_hand(study):
    """Loadings, residual variances and factor correlations of the first-order factors."""
    model = study.instrument.model_syntax(study.file.models.measurement)
    lines = [line.split("=~") for line in model.splitlines() if "=~" in line]
    factors = {lhs.strip() for lhs, _ in lines}
    first = [rhs.split("+") for _, rhs in lines if not {x.strip() for x in rhs.split("+")} & factors]
    items, k = sum(map(len, first)), len(first)
    assert covariance_parameters(study, study.file.models.measurement) == 2 * items + k * (k - 1) // 2


def test_of_several_models_that_fit_the_largest_is_taken(monkeypatch):
    counts = {"small": 4, "middle": 7, "large": 9, "paths": 0, "m": 20}
    monkeypatch.setattr(ladders, "covariance_parameters", lambda study, name: counts[name])
    stub = SimpleNamespace(
        file=SimpleNamespace(models=SimpleNamespace(measurement="m")), outcome="o",
        instrument=SimpleNamespace(models=counts), items_of=lambda name: range(1),
    )  # fmt: skip
    sizes = {11: "", 12: "small", 20: "small", 21: "middle", 26: "middle", 27: "large", 59: "large", 60: "m"}
    assert {n: suitable_model(stub, n) for n in sizes} == sizes

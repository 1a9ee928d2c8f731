"""Without equalities over groups, what is said of a group is what a fit of the group alone says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen.scales import (
    ave,
    compare_correlations,
    correlation_intervals,
    factor_correlations,
    fit_model,
    omega,
)

MODEL = "f =~ a1 + a2 + a3\ng =~ b1 + b2 + b3"


@pytest.fixture(scope="module")
def answers():
    """Two groups that differ in loadings, spread and the link between the factors."""
    rng = np.random.default_rng(31)
    parts = []
    for n, link, size, loading in ((150, 0.6, 1.0, 0.9), (130, -0.3, 1.5, 0.6)):
        f = size * rng.normal(size=n)
        g = link * f + 0.8 * rng.normal(size=n)
        columns = {f"a{k}": (loading + 0.1 * k) * f + 0.7 * rng.normal(size=n) for k in (1, 2, 3)}
        columns |= {f"b{k}": (1.2 - 0.1 * k) * g + 0.8 * rng.normal(size=n) for k in (1, 2, 3)}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True).assign(group=np.repeat(["p", "q"], [150, 130]))


@pytest.fixture(scope="module", params=["continuous", "ordered"])
def fits(request, answers):
    """A fit of both groups, and one of each."""
    items, options = [c for c in answers if c != "group"], {}
    if request.param == "ordered":
        cut = {item: np.digitize(answers[item], [-1.1, -0.1, 0.8]) + 1 for item in items}
        answers, options = answers.assign(**cut), {"ordered": True}
    alone = {name: bouwen.fit_sem(MODEL, part[items], **options) for name, part in answers.groupby("group")}
    return bouwen.fit_sem(MODEL, answers, group="group", **options), alone


def test_reliability(fits):
    together, alone = fits
    found = omega(together)
    figures = [c for c in found.select_dtypes("number") if found[c].notna().any()]
    assert {"omega", "n_items"} <= set(figures)
    for name, fit in alone.items():
        mine, single = found[found["group"] == name].set_index("factor"), omega(fit).set_index("factor")
        assert list(mine.index) == list(single.index) == ["f", "g"]
        assert_allclose(mine[figures].astype(float), single[figures].astype(float), atol=2e-4)
    assert abs(found["omega"].iloc[0] - found["omega"].iloc[2]) > 0.01


@pytest.mark.parametrize("standardised", [False, True])
def test_average_variance_extracted(fits, standardised):
    together, alone = fits
    for name, fit in alone.items():
        assert_allclose(
            ave(together, standardised=standardised)[name], ave(fit, standardised=standardised), atol=1e-5
        )


def test_correlations_between_factors(fits):
    together, alone = fits
    intervals = correlation_intervals(together, confidence=0.9)
    for name, fit in alone.items():
        assert_allclose(factor_correlations(together)[name], factor_correlations(fit)[""], atol=1e-5)
        mine = intervals[intervals["group"] == name][["r", "se", "ci_lower", "ci_upper"]]
        single = correlation_intervals(fit, confidence=0.9)[["r", "se", "ci_lower", "ci_upper"]]
        assert_allclose(mine, single, atol=1e-4)
    assert intervals["r"].is_monotonic_decreasing
    assert intervals["r"].min() < 0 < intervals["r"].max()


def test_correlations_with_one_variable_of_one_study_alone(answers):
    one = answers[answers["group"] == "q"]
    found = compare_correlations(one["a1"], one["a2"], one["b1"])
    assert (found.first > 0, found.second < 0) == (True, True)
    assert_allclose(found.difference, found.first - found.second)


# ------------------------------------------------------------------ models by name and by role


def test_a_role_takes_the_model_that_the_study_gives_it():
    """Also where a model of the instrument is called as a role is."""
    study = bouwen.read_study("data/providers/study.yml")
    roles = study.file.models.model_copy(update={"measurement": "trust", "structural": "measurement"})
    here = replace(study, file=study.file.model_copy(update={"models": roles}))
    by_role, by_name = fit_model(here, "measurement"), fit_model(here, "trust")
    assert_allclose(by_role.parameters["est"], by_name.parameters["est"])

"""Constructs against numbers of respondents: the slope that was put in, and the same by another route."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.groups.slopes import of_score, scaled
from bouwen.survey import study_numbers


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/providers/study.yml")


def test_the_numbers_of_a_study_are_those_of_its_register_and_of_its_background(study):
    found = study_numbers(study)
    assert list(found) == ["municipality_size", "years_of_contract"]
    register = pd.read_csv("data/netherlands/municipalities.csv").set_index("code")["inhabitants"]
    codes = study.responses["municipality_code"]
    assert (found["municipality_size"] == codes.map(register)).all()
    assert study_numbers(bouwen.read_study("data/reputation/study.yml")) == {}
    assert bouwen.numeric_effects(bouwen.read_study("data/reputation/study.yml")).empty


@pytest.mark.parametrize(
    ("values", "logarithm"),
    [([1, 5, 10], True), ([1, 5, 9.9], False), ([0, 5, 100], False), ([-1, 5, 100], False)],
)
def test_logarithms_are_taken_of_numbers_above_zero_that_run_over_tenfolds(values, logarithm):
    x, found = scaled(pd.Series(values, dtype=float))
    assert found is logarithm
    expected = stats.zscore(np.log(values) if logarithm else values, ddof=1)
    assert_allclose(x, expected)


def test_the_slope_of_a_score_is_that_of_a_plain_regression(study):
    x = scaled(study_numbers(study)["years_of_contract"])[0]
    score = bouwen.score_scales(study)["autonomy"]
    found = of_score(study, score, x)
    both = x.notna() & score.notna()
    assert_allclose(found[0], stats.pearsonr(x[both], score[both])[0], rtol=0.02)
    assert found[3] == both.sum()


@pytest.mark.parametrize("sign", [1, -1])
def test_what_goes_with_inhabitants_is_found_and_its_strength_is_free_of_error(study, sign):
    """Answers that follow the logarithm of inhabitants: r = .6 of the construct, less of any answer to it."""
    rng = np.random.default_rng(5)
    x = scaled(study_numbers(study)["municipality_size"])[0]
    eta = 0.6 * x + 0.8 * rng.normal(size=len(x))
    answers = {
        item: np.clip(np.round(3 + sign * eta + rng.normal(size=len(x))), 1, 5)
        for item in study.items_of("autonomy")
        if not study.instrument.items[item].reversed
    }
    answers |= {
        item: np.clip(np.round(3 - sign * eta + rng.normal(size=len(x))), 1, 5)
        for item in study.items_of("autonomy")
        if study.instrument.items[item].reversed
    }
    here = replace(study, responses=study.responses.assign(**answers))
    found = bouwen.numeric_effects(here).set_index(["variable", "construct"])
    row = found.loc[("municipality_size", "autonomy")]
    assert row["method"] == "MIMIC"
    assert row["verdict"] == "different"
    assert abs(row["estimate"] - 0.6 * sign) < 0.12
    assert row["ci_lower"] < 0.6 * sign < row["ci_upper"]
    others = found.drop(("municipality_size", "autonomy"))
    assert not (others["verdict"] == "different").any()

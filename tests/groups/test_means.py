"""Means and tests per group, against R 4.2.2 (stats) and closed forms, on the reputation survey."""

import math

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal
from scipy import stats

import bouwen

# R: oneway.test(comp ~ serviceprovider), t.test(comp[servicetype == 1]); comp = rowMeans(comp_1..3)
WELCH = {"f": 13.47108975, "df1": 3.0, "df2": 118.5659389, "pvalue": 1.267553907e-07}
MEAN_INTERVAL = (4.925331787, 5.362668213)
# R: cor.test(comp, like)
CORRELATION = (0.624145156, 0.5550350613, 0.6846977863)


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/reputation/study.yml")


def test_welch_agrees_with_r(study):
    found = bouwen.group_tests(study, "company").loc["competence"]
    assert_allclose(found[list(WELCH)].astype(float), list(WELCH.values()), rtol=1e-8)


def test_two_levels_give_the_square_of_welchs_t(study):
    scores = bouwen.score_scales(study)["loyalty"]
    groups = [g.dropna() for _, g in scores.groupby(study.responses["plan"], observed=True)]
    t = stats.ttest_ind(*groups, equal_var=False)
    found = bouwen.group_tests(study, "plan").loc["loyalty"]
    assert_allclose([found["f"], found["df2"], found["pvalue"]], [t.statistic**2, t.df, t.pvalue], rtol=1e-10)


def test_holm_by_hand(study):
    found = bouwen.group_tests(study, "company").sort_values("pvalue")
    by_hand = np.minimum(1, np.maximum.accumulate(found["pvalue"] * np.arange(len(found), 0, -1)))
    assert_allclose(found["pvalue_holm"], by_hand, rtol=1e-12)


def test_effect_size_from_f(study):
    found = bouwen.group_tests(study, "company").loc["competence"]
    between = WELCH["df1"] * (WELCH["f"] - 1)
    assert_allclose(found["omega_squared"], between / (between + len(study.responses)), rtol=1e-8)


def test_mean_interval_agrees_with_r(study):
    means = bouwen.group_means(study, "plan").set_index(["construct", "level"])
    row = means.loc[("competence", study.levels("plan")[0])]
    assert_allclose([row["ci_lower"], row["ci_upper"]], MEAN_INTERVAL, rtol=1e-8)


def test_correlation_with_the_outcome_agrees_with_r(study):
    from dataclasses import replace

    file = study.file.model_copy(update={"outcome": "likeability"})
    found = bouwen.outcome_correlations(replace(study, file=file)).loc["competence"]
    assert_allclose(found[["r", "ci_lower", "ci_upper"]].astype(float), CORRELATION, rtol=1e-8)


def test_small_groups_get_no_means(study):
    from dataclasses import replace

    settings = study.settings.model_copy(update={"min_group": 44})
    strict = replace(study, file=study.file.model_copy(update={"settings": settings}))
    levels = study.levels("company")
    sizes = study.responses["company"].value_counts()
    kept = set(bouwen.group_means(strict, "company")["level"])
    assert kept == {level for level in levels if sizes[level] >= 44}
    assert len(kept) == 3


def test_comparing_correlations_is_antisymmetric_and_holds_zero_for_twins():
    rng = np.random.default_rng(3)
    y, a = pd.Series(rng.normal(size=200)), pd.Series(rng.normal(size=200))
    a += y
    b = a + pd.Series(rng.normal(size=200))
    one = bouwen.scales.compare_correlations(y, a, b)
    other = bouwen.scales.compare_correlations(y, b, a)
    assert_allclose(
        [one.difference, one.ci_lower, one.ci_upper], [-other.difference, -other.ci_upper, -other.ci_lower]
    )
    assert one.ci_lower < one.difference < one.ci_upper


@pytest.mark.long
def test_interval_of_a_correlation_difference_covers():
    """Coverage near 95 % for equal population correlations (.5) and .7 between the predictors, n = 200."""
    rng, reps = np.random.default_rng(11), 4000
    R = np.array([[1, 0.5, 0.5], [0.5, 1, 0.7], [0.5, 0.7, 1]])
    draws = rng.multivariate_normal(np.zeros(3), R, size=(reps, 200), method="cholesky")
    hits = 0
    for sample in draws:
        r = np.corrcoef(sample, rowvar=False)
        lower, upper = bouwen.scales.correlations.overlapping_interval(r[0, 1], r[0, 2], r[1, 2], 200)
        hits += lower <= 0 <= upper
    assert abs(hits / reps - 0.95) < 3 * math.sqrt(0.95 * 0.05 / reps) + 0.002


def test_the_means_of_one_level_are_those_among_all(reputation):
    every = bouwen.group_means(reputation, "plan")
    for level in ("prepaid", "contract"):
        one = bouwen.group_means(reputation, "plan", level=level)
        assert_frame_equal(one, every[every["level"] == level].reset_index(drop=True))

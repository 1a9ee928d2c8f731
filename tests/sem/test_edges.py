"""What options do at their edges; figures beside lavaan 0.6-14 where it is named."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from references import read_data

from bouwen.sem import (
    Gaps,
    ModelPopulation,
    NotIdentified,
    UnsupportedModel,
    fit_sam,
    fit_sem,
    model_power,
    rmsea_power,
    rmsea_sample_size,
)

DATA = read_data("holzinger")
ONE = "f =~ 0.8*x1 + 0.7*x2 + 0.6*x3\ng =~ 0.8*y1 + 0.7*y2 + 0.6*y3\ng ~ 0.5*f"


@pytest.mark.parametrize(("estimator", "parameters"), [("ML", 2), ("MLR", 2), ("ULS", 3), ("GLS", 3)])
def test_covariates_are_fixed_by_maximum_likelihood_only(estimator, parameters):
    """As in lavaan, where least squares estimate their variances as well."""
    assert fit_sem("x4 ~ x1", DATA, estimator=estimator).partable.n_free == parameters


@pytest.mark.parametrize(("fixed_x", "n"), [(True, 281), (False, 301)])
def test_gaps_in_a_fixed_covariate_leave_respondents_out(fixed_x, n):
    """As lavaan does with a warning; a covariate that is part of the model may have gaps."""
    data = DATA.assign(x1=DATA["x1"].mask(np.arange(301) < 20))
    fit = fit_sem("textual =~ x4 + x5 + x6\ntextual ~ x1", data, missing="fiml", fixed_x=fixed_x)
    assert fit.n == n


def test_moments_of_covariates_are_never_held_equal():
    """Means and variances of x1 by school as lavaan has them, with residuals and intercepts held equal."""
    fit = fit_sem("x4 ~ x1", DATA, group="school", group_equal=["residuals", "intercepts"], fixed_x=False,
                  meanstructure=True)  # fmt: skip
    expected = {("x1", "~~"): [1.395, 1.319], ("x1", "~1"): [4.941, 4.930], ("x4", "~~"): [1.109, 1.109]}
    for (name, kind), values in expected.items():
        rows = (fit.parameters["lhs"] == name) & (fit.parameters["op"] == kind)
        assert_allclose(fit.parameters.loc[rows, "est"], values, atol=5e-4)


def test_implied_moments_of_groups_are_named():
    index = fit_sem("x4 ~ x1", DATA, group="school").implied_moments().index
    assert index.names == ["group", "item"]
    assert list(index) == [(s, i) for s in ("Pasteur", "Grant-White") for i in ("x4", "x1")]


@pytest.mark.parametrize(
    "options",
    [
        {"meanstructure": True}, {"fixed_x": False}, {"missing": "fiml"}, {"estimator": "MLR"},
        {"group": "school"}, {"cluster": "school"}, {"ordered": ["x1"]},
    ],
)  # fmt: skip
def test_the_second_engine_refuses_what_it_cannot(options):
    with pytest.raises(UnsupportedModel, match="one group of complete rows by ML without means"):
        fit_sem("visual =~ x1 + x2 + x3", DATA, engine="semopy", **options)


def test_covariates_of_factors_are_about_their_means_in_the_first_group():
    """So the factor's mean in a later group is its distance at the first group's mean of the covariate."""
    second = DATA["school"] == "Grant-White"
    data = DATA.assign(ageyr=DATA["ageyr"] + 3 * second)
    model, options = "textual =~ x4 + x5 + x6\ntextual ~ ageyr", {"group": "school"}
    options["group_equal"] = ["loadings", "intercepts"]
    apart, whole = (
        f(model, data, **options).parameters.set_index(["lhs", "op", "group"])["est"]
        for f in (fit_sam, fit_sem)
    )
    slope = {group: whole["textual", "~", group] for group in ("Pasteur", "Grant-White")}
    distance = whole["textual", "~1", "Grant-White"] + (slope["Grant-White"] - slope["Pasteur"]) * (
        data.loc[~second, "ageyr"].mean()
    )
    assert_allclose(apart["textual", "~1", "Grant-White"], distance, atol=0.03)
    assert apart["textual", "~1", "Pasteur"] == 0


def test_what_cannot_be_told_apart_is_called_so():
    with pytest.raises(NotIdentified, match=r"the model is not identified: .* cannot be told apart"):
        fit_sem("f =~ NA*x1 + x2 + x3 + x4", DATA)


def test_a_population_shows_standard_deviations():
    text = "f =~ 2*x1 + 1*x2\nf ~~ 1*f\nx1 ~~ 5*x1\nx2 ~~ 3*x2\nx1 ~ 7*1"
    table = ModelPopulation.read(text).table().set_index("item")
    assert_allclose(table["sd"], [3, 2])
    assert_allclose(table["mean"], [7, 0])


def test_errors_shrink_in_a_finite_population_also_by_rows():
    """By √(1 − n/N) = ½ for 90 of 120; gaps make it draw rows."""
    options = {"gaps": Gaps(0.02), "targets": ["g ~ f"], "seed": 1}
    endless, finite = (
        model_power(ONE, "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f", 90, 25, **options, population_size=N)
        .table()["se_mean"]
        .item()
        for N in (None, 120)
    )
    assert finite / endless == pytest.approx(0.5, abs=0.06)


def test_modification_indices_run_from_the_largest():
    found = fit_sem("f =~ x1 + x2 + x3 + x4 + x5 + x6", DATA).modification_indices()["mi"]
    assert found.is_monotonic_decreasing
    assert found.iloc[0] > found.iloc[-1]


@pytest.mark.parametrize("groups", [1, 3])
def test_the_size_that_is_found_has_the_power_that_is_asked(groups):
    n = rmsea_sample_size(20, power=0.8, groups=groups)
    assert rmsea_power(20, n, groups=groups) >= 0.8 > rmsea_power(20, n - 1, groups=groups)

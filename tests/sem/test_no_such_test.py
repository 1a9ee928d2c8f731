"""Tests and solutions that do not exist in a sample: what is said, and what stands in their place."""

from functools import cache

import numpy as np
import pytest
from references import read_data, read_values

from bouwen.checks import UnknownOption
from bouwen.groups import check_invariance
from bouwen.sem import (
    NoScaledDifference,
    NotConverged,
    NotIdentified,
    NotNested,
    UnsupportedModel,
    compare_fits,
    difference_test,
    fit_sem,
)
from bouwen.sem.normal.chisquare import scaled_test
from bouwen.words import words

ONE = "F =~ a + b + c + d + e + f"
CASES = {case["id"]: case for case in read_values("lavaan/differences_by_method")["cases"]}
METHODS = ("satorra.bentler.2001", "satorra.bentler.2010", "satorra.2000")


@cache
def pair(name):
    case = CASES[name]
    equal = case.get("equal", [])
    given = [(), (equal,) if isinstance(equal, str) else tuple(equal)]
    data = read_data(case["data"])
    return [
        fit_sem(model, data, group_equal=group_equal, **case["options"])
        for model, group_equal in zip(case["models"], given, strict=True)
    ]


@pytest.fixture(scope="module")
def heavy():
    return fit_sem(ONE, read_data("heavy_tails"), estimator="MLR")


# ------------------------------------------------------------------ scaling factors


def test_a_negative_scaling_factor_leaves_no_scaled_test(heavy):
    m = heavy.measures
    assert round(m["chisq"], 2) == 8.82
    for name in ("chisq_scaled", "pvalue_scaled", "chisq_scaling_factor", "cfi_scaled", "rmsea_scaled"):
        assert np.isnan(m[name])
    assert np.isnan(m[["cfi_robust", "tli_robust", "rmsea_robust", "rmsea_ci_upper_robust"]]).all()
    assert np.isfinite(m[["cfi", "rmsea", "baseline_chisq_scaled", "scaling_factor_h0"]]).all()
    (warning,) = heavy.warnings
    assert "-0.083" in warning
    assert "does not exist" in warning
    assert words("nl").said(warning).startswith("de geschaalde chi-kwadraat bestaat niet")
    assert warning in heavy.summary()


def test_a_ladder_over_such_a_sample_has_its_steps(heavy):
    data = read_data("heavy_tails")
    data["half"] = np.arange(len(data)) % 2
    table = check_invariance(ONE, data, "half", estimator="MLR", steps=["configural", "metric"]).table()
    assert np.isfinite(table[["chisq", "cfi", "rmsea"]]).all(axis=None)


def test_a_scaling_factor_near_zero_is_warned_of(monkeypatch, heavy):
    fit = fit_sem(ONE, read_data("heavy_tails"), estimator="MLR")
    plain = heavy.tests[0]
    near = scaled_test("yuan.bentler.mplus", 28.9, plain.df, 28.9 / 637.6 * plain.df)
    vars(fit)["tests"] = [scaled_test("standard", 28.9, plain.df, plain.df), near]
    (warning,) = fit.warnings
    assert "near zero (0.045) and makes 28.9 637.6" in warning
    assert words("nl").said(warning).endswith('bootstrap(fit, kind="bollen_stine")')


# ------------------------------------------------------------------ differences


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", CASES)
def test_scaled_differences_are_those_of_lavaan(name, method):
    free, held = pair(name)
    if name == "fiml_apart" and method == "satorra.2000":
        with pytest.raises(UnsupportedModel, match="with gaps"):
            difference_test(free, held, method=method)
        return
    theirs = CASES[name]["tests"][method]
    ours = compare_fits(free, held, method=method.upper()).iloc[1]
    # lavaan's scaling factors of the heavy tails are nearly one another, which costs their difference a digit
    rel = 1e-4 if name == "heavy_tau" and method == METHODS[0] else 1e-5
    assert ours["chisq_diff"] == pytest.approx(theirs["chisq_diff"], rel=rel)
    assert ours["df_diff"] == theirs["df_diff"]
    assert ours["pvalue"] == pytest.approx(theirs["pvalue"], rel=30 * rel)


def test_the_difference_of_2001_is_the_default():
    free, held = pair("mlr_equal")
    assert compare_fits(free, held).equals(compare_fits(free, held, method=METHODS[0]))


def test_a_difference_without_a_scaling_factor_names_another_method(heavy):
    data = read_data("heavy_tails")
    held = fit_sem("F =~ a + b + c + d + e + 0*f\nf ~~ f", data, estimator="MLR")
    with pytest.raises(NoScaledDifference, match=r"satorra\.bentler\.2010") as error:
        difference_test(heavy, held)
    assert not isinstance(error.value, NotNested)
    with pytest.warns(UserWarning, match="scaled difference does not exist"):
        table = compare_fits(heavy, held)
    assert np.isnan(table["pvalue"].iloc[1])
    assert np.isfinite(compare_fits(heavy, held, method="satorra.2000")["pvalue"].iloc[1])


def test_methods_are_for_scaled_chi_squares():
    data = read_data("holzinger")
    free, held = (fit_sem(f"f =~ x1 + {k}x2 + x3 + x4", data) for k in ("", "1*"))
    with pytest.raises(UnsupportedModel, match="nothing is scaled"):
        compare_fits(free, held, method="satorra.2000")
    with pytest.raises(UnknownOption, match=r"satorra\.bentler\.2010"):
        compare_fits(*pair("mlr_equal"), method="satorra")


# ------------------------------------------------------------------ solutions


@pytest.mark.parametrize("std_lv", [False, True])
@pytest.mark.parametrize(
    ("name", "item", "group"), [("likert_single_79", "q0", None), ("likert34", "q1", "g")]
)
def test_a_variance_that_runs_away_is_no_lack_of_identification(name, item, group, std_lv):
    data = read_data(name)
    model = "f =~ " + " + ".join(column for column in data if column.startswith("q"))
    with pytest.raises(NotConverged, match=f'"{item}" runs away') as error:
        fit_sem(model, data, std_lv=std_lv, group=group)
    assert error.value.item == item


def test_a_model_without_identification_is_still_told(heavy):
    with pytest.raises(NotIdentified):
        fit_sem("F =~ a + b\nG =~ c + d\nF ~~ 0*G", read_data("heavy_tails"))

"""The table of a fit, and fits side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_data
from scipy.stats import norm

from bouwen.checks import NotAShare
from bouwen.sem import NotNested, UnsupportedModel, compare_fits, difference_test, fit_sem

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
ONE = "g =~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9"
STEPS = {"configural": (), "metric": ("loadings",), "scalar": ("loadings", "intercepts")}
FRAME = read_data("holzinger")
TEST = ["chisq_diff", "df_diff", "pvalue"]


def school(equal=(), estimator="ML", model=HS, **options):
    return fit_sem(model, FRAME, group="school", group_equal=equal, estimator=estimator, **options)


@pytest.fixture(scope="module", name="ladder")
def _ladder():
    return {name: school(equal) for name, equal in STEPS.items()}


@pytest.mark.parametrize("confidence", [0.80, 0.95, 0.99])
def test_the_table_of_a_fit_has_the_interval_asked_for(ladder, confidence):
    table = ladder["metric"].table(confidence)
    free = table[table.se > 0]
    assert_allclose((free.ci_upper - free.est) / free.se, norm.ppf((1 + confidence) / 2), rtol=1e-10)
    assert_allclose(free.est - free.ci_lower, free.ci_upper - free.est, rtol=1e-9)


def test_the_table_of_a_fit_is_that_of_its_parameters(ladder):
    fit = ladder["metric"]
    expected = fit.parameters.drop(columns="std_lv")
    pd.testing.assert_frame_equal(fit.table(), expected, check_exact=True)
    with pytest.raises(NotAShare, match="confidence"):
        fit.table(95)


@pytest.mark.parametrize("estimator", ["ML", "MLR"])
def test_any_number_of_fits_in_any_order(estimator):
    fits = {name: school(equal, estimator) for name, equal in STEPS.items()}
    found = compare_fits(
        fits["scalar"], fits["configural"], fits["metric"], names=["scalar", "free", "metric"]
    )
    assert list(found.index) == ["free", "metric", "scalar"]
    assert list(found)[:7] == ["df", "aic", "bic", "chisq", *TEST]
    for row, fit in zip(found.itertuples(), fits.values(), strict=True):
        assert (row.df, row.chisq, row.aic) == (fit.df, fit.measures["chisq"], fit.measures["aic"])
        assert row.bic == fit.measures["bic"]
    assert found.iloc[0][TEST].isna().all()
    for one, other in (("configural", "metric"), ("metric", "scalar")):
        test = difference_test(fits[one], fits[other])
        row = found.loc[other]
        assert list(row[TEST]) == list(test[TEST])
        assert ("scaling_factor" in test) == (estimator == "MLR")
        assert row.get("scaling_factor") == test.get("scaling_factor")


def test_fits_are_numbered_in_the_order_given(ladder):
    found = compare_fits(ladder["metric"], ladder["configural"])
    assert list(found.index) == ["fit 2", "fit 1"]
    assert np.isnan(found.loc["fit 2", "pvalue"])


def test_estimators_without_a_likelihood_have_no_information_criteria():
    found = compare_fits(*(school(equal, "ULS") for equal in (("loadings",), ())))
    assert found[["aic", "bic"]].isna().all(axis=None)
    assert found["chisq_diff"].iloc[1] > 0


def test_what_cannot_be_compared_is_named(ladder):
    free, metric, scalar = ladder.values()
    with pytest.raises(UnsupportedModel, match=r"at least one fit; found none"):
        compare_fits()
    with pytest.raises(UnsupportedModel, match="fit_sem"):
        compare_fits(free, metric.measures)
    with pytest.raises(UnsupportedModel, match="3 fits and 2 names"):
        compare_fits(free, metric, scalar, names=["a", "b"])
    with pytest.raises(UnsupportedModel, match='"a" twice'):
        compare_fits(free, metric, names=["a", "a"])


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (lambda: [school(("loadings",), "MLR")], r'"fit 1" and "fit 2" .*"ML" and "MLR"'),
        (lambda: [fit_sem(HS, FRAME.iloc[1:], group="school", group_equal="loadings")], r"301 and 300 resp"),
        (lambda: [fit_sem(HS, FRAME)], r"different items or groups"),
    ],
)
def test_fits_that_cannot_be_compared_are_named(ladder, others, message):
    with pytest.raises(NotNested, match=message):
        compare_fits(ladder["configural"], *others())


def test_the_same_number_of_other_respondents_is_other_data():
    free, shuffled = fit_sem(HS, FRAME), FRAME.assign(x1=FRAME["x1"].to_numpy()[::-1])
    with pytest.raises(NotNested, match="different answers"):
        compare_fits(free, fit_sem(ONE, shuffled, std_lv=True))
    turned = "g =~ " + " + ".join(f"x{k}" for k in range(9, 0, -1))
    assert compare_fits(free, fit_sem(turned, FRAME, std_lv=True))["df_diff"].iloc[1] == 3


def test_one_fit_alone_is_a_table_without_a_test(ladder):
    row = compare_fits(ladder["configural"]).iloc[0]
    assert row[["df", "aic", "bic"]].tolist() == [
        ladder["configural"].measures[name] for name in ("df", "aic", "bic")
    ]
    assert row[["chisq_diff", "df_diff", "pvalue"]].isna().all()


def test_models_that_are_not_nested_are_compared_by_aic_and_bic_alone():
    other = fit_sem(HS.replace("+ x3", "").replace("+ x6", "+ x6 + x3") + "\nvisual ~~ 0*textual", FRAME)
    own = fit_sem(HS, FRAME)
    with pytest.warns(UserWarning, match='"own" and "other" have no difference test: the models are not'):
        found = compare_fits(other, own, names=["other", "own"])
    assert found.index.tolist() == ["own", "other"]
    assert found["aic"].tolist() == [own.measures["aic"], other.measures["aic"]]
    assert found[["chisq_diff", "pvalue"]].isna().all(axis=None)


def test_models_with_as_many_parameters_have_no_test(ladder):
    with pytest.warns(UserWarning, match='"fit 1" and "fit 2" have no difference test: both have 48 degrees'):
        found = compare_fits(ladder["configural"], school(), school(("loadings",)))
    assert found["df_diff"].tolist()[2] == 6


@pytest.mark.parametrize("estimator", ["MLR", "MLM"])
def test_a_scaled_difference_is_the_plain_one_over_its_factor(estimator):
    free, tight = (school(equal, estimator) for equal in ((), ("loadings", "intercepts")))
    found = difference_test(free, tight)
    plain = tight.measures["chisq"] - free.measures["chisq"]
    assert found["chisq_diff"] * found["scaling_factor"] == pytest.approx(plain, rel=1e-9)
    # Satorra & Bentler (2001): (d₁ c₁ − d₀ c₀) / (d₁ − d₀)
    c0, c1 = (fit.measures["chisq_scaling_factor"] for fit in (free, tight))
    assert found["scaling_factor"] == pytest.approx(
        (tight.df * c1 - free.df * c0) / found["df_diff"], rel=1e-9
    )

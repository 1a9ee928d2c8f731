"""What users of lavaan reach for: names of coefficients, arguments of other names, scales of factors."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose
from references import read_data

from bouwen import BouwenError
from bouwen.sem import bootstrap, fit_sem
from bouwen.sem.model.arguments import ARGUMENTS, UnknownArgument

VISUAL = "visual =~ x1 + a*x2 + x3"


@pytest.fixture(scope="module")
def pupils():
    return read_data("holzinger")


def test_coefficients_have_the_names_that_lavaan_prints(pupils):
    fit = fit_sem(VISUAL + "\ntextual =~ x4 + x5 + x6", pupils, meanstructure=True)
    assert list(fit.coef.index) == [  # names(coef(fit)) of lavaan 0.6-14
        "a", "visual=~x3", "textual=~x5", "textual=~x6", "x1~~x1", "x2~~x2", "x3~~x3", "x4~~x4", "x5~~x5",
        "x6~~x6", "visual~~visual", "textual~~textual", "visual~~textual", "x1~1", "x2~1", "x3~1", "x4~1",
        "x5~1", "x6~1",
    ]  # fmt: skip
    assert list(fit.vcov.index) == list(fit.vcov.columns) == list(fit.coef.index)
    a = fit.parameters.set_index("label").loc["a"]
    assert fit.coef["a"] == a["est"]
    assert np.sqrt(fit.vcov.loc["a", "a"]) == pytest.approx(a["se"])


def test_coefficients_of_groups_carry_their_number(pupils):
    apart = fit_sem("visual =~ x1 + x2 + x3", pupils, group="school").coef
    assert list(apart.index[[0, 9, 14]]) == ["visual=~x2", "visual=~x2.g2", "visual~~visual.g2"]
    equal = fit_sem("visual =~ x1 + x2 + x3", pupils, group="school", group_equal=["loadings"]).coef
    assert list(equal.index) == [name for name in apart.index if "=~" not in name or ".g2" not in name]


def test_an_argument_of_lavaan_is_told_what_is_written_here(pupils):
    with pytest.raises(UnknownArgument, match=r'se= is lavaan\'s; here: estimator=: "MLR" for se="robust"'):
        fit_sem(VISUAL, pupils, se="robust")
    with pytest.raises(BouwenError, match=r"std\.lv= is lavaan's; here: std_lv="):
        fit_sem(VISUAL, pupils, **{"std.lv": True})
    with pytest.raises(TypeError, match=r"sample_nobs= is lavaan's; here: Moments\(cov, n\)"):
        fit_sem(VISUAL, pupils, sample_nobs=301)
    with pytest.raises(BouwenError, match=r'no groups=. Did you mean "group"\?'):
        fit_sem(VISUAL, pupils, groups="school")


def test_the_documentation_has_the_same_table():
    page = (Path(__file__).parents[2] / "docs" / "coming-from.md").read_text(encoding="utf-8")
    for name, here in ARGUMENTS.items():
        assert f"| `{name}` | {here} |" in page


def test_effect_coding_is_another_scale_of_the_same_model(pupils):
    model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\ntextual ~ visual"
    coded = fit_sem(model, pupils, effect_coding=True)
    marked = fit_sem(model, pupils, meanstructure=True)
    assert coded.measures["chisq"] == pytest.approx(marked.measures["chisq"], abs=1e-8)
    assert coded.df == marked.df
    assert coded.coef[[f"visual=~x{k}" for k in (1, 2, 3)]].mean() == pytest.approx(1)
    assert coded.coef[[f"x{k}~1" for k in (1, 2, 3)]].sum() == pytest.approx(0, abs=1e-12)
    # so that a factor's mean is that of its items, weighted by their loadings
    loadings = coded.coef[[f"visual=~x{k}" for k in (1, 2, 3)]].to_numpy()
    intercepts = coded.coef[[f"x{k}~1" for k in (1, 2, 3)]].to_numpy()
    assert_allclose(intercepts + loadings * coded.coef["visual~1"], pupils[["x1", "x2", "x3"]].mean())
    with pytest.raises(BouwenError, match="std_lv=True"):
        fit_sem(model, pupils, effect_coding=True, std_lv=True)
    with pytest.raises(BouwenError, match="effect_coding='means'"):
        fit_sem(model, pupils, effect_coding="means")


def test_theta_is_another_scale_of_the_same_model():
    answers = read_data("survey")
    model = "care =~ q1 + q2 + q3\nrules =~ q4 + q5 + q6"
    delta, theta = (fit_sem(model, answers, ordered=True, parameterization=x) for x in ("delta", "theta"))
    assert theta.measures["chisq_scaled"] == pytest.approx(delta.measures["chisq_scaled"], abs=1e-6)
    assert_allclose(theta.parameters["std_all"], delta.parameters["std_all"], atol=1e-6)
    rows = theta.parameters.set_index(["lhs", "op", "rhs"])["est"]
    assert rows["q2", "~~", "q2"] == 1
    # the scale is one over the standard deviation that loading and residual make
    factor = rows["care", "=~", "q2"] ** 2 * rows["care", "~~", "care"]
    assert rows["q2", "~*~", "q2"] == pytest.approx((factor + 1) ** -0.5)
    with pytest.raises(BouwenError, match='goes with parameterization="delta"'):
        fit_sem(model + "\nq1 ~*~ NA*q1", answers, ordered=True, parameterization="theta")
    with pytest.raises(BouwenError, match="parameterization='gamma'"):
        fit_sem(model, answers, ordered=True, parameterization="gamma")
    drawn = bootstrap(theta, 10, seed=1)
    same = bootstrap(delta, 10, seed=1)
    assert_allclose(drawn.values("std_all"), same.values("std_all"), atol=1e-4)


def test_in_theta_a_residual_variance_that_is_given_is_another_scale():
    answers, model = read_data("survey"), "care =~ q1 + q2 + q3 + q4"
    given = f"{model}\nq2 ~~ 2*q2"
    plain, scaled = (fit_sem(m, answers, ordered=True, parameterization="theta") for m in (model, given))
    rows = scaled.parameters.set_index(["lhs", "op", "rhs"])["est"]
    assert rows["q2", "~~", "q2"] == 2
    assert scaled.coef["care=~q2"] == pytest.approx(2**0.5 * plain.coef["care=~q2"], abs=1e-5)
    assert scaled.coef["q2|t1"] == pytest.approx(2**0.5 * plain.coef["q2|t1"], abs=1e-5)
    assert scaled.measures["chisq_scaled"] == pytest.approx(plain.measures["chisq_scaled"], abs=1e-6)
    with pytest.raises(BouwenError, match='say parameterization="theta"'):
        fit_sem(given, answers, ordered=True)


def test_a_variance_that_would_be_negative_stays_at_its_bound():
    model = "f =~ rating + complaints\ng =~ learning + raises + critical"
    model += "\nrating ~~ learning\ncomplaints ~~ raises"
    answers = read_data("attitude")
    free, bounded = (fit_sem(model, answers, bounds=bounds) for bounds in ("none", "pos.var"))
    assert free.coef["complaints~~complaints"] < 0
    assert bounded.coef["complaints~~complaints"] == pytest.approx(0, abs=1e-8)
    # lavaan 0.6-14, bounds = "pos.var"
    assert bounded.coef["f=~complaints"] == pytest.approx(1.3473338, abs=1e-5)
    assert np.sqrt(bounded.vcov.loc["f=~complaints", "f=~complaints"]) == pytest.approx(0.5610639, abs=1e-5)
    assert (bounded.df, bounded.npar) == (free.df, free.npar) == (2, 13)
    assert bounded.measures["chisq"] > free.measures["chisq"]
    with pytest.raises(BouwenError, match="bounds='wide'"):
        fit_sem(model, answers, bounds="wide")


def test_bounds_change_nothing_where_no_variance_is_negative(pupils):
    model = VISUAL + "\ntextual =~ x4 + x5 + x6"
    assert_allclose(fit_sem(model, pupils, bounds="pos.var").theta, fit_sem(model, pupils).theta)

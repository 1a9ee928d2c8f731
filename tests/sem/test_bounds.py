"""Inequalities that hold, that bind, and that lie so near the optimum that only a multiplier can tell."""

from __future__ import annotations

import pytest
from numpy.testing import assert_allclose
from references import read_data

from bouwen.sem import fit_sem

DATA = read_data("holzinger")
MODEL = "visual =~ x1 + b*x2 + c*x3\ntextual =~ x4 + x5 + x6"


@pytest.fixture(scope="module")
def free():
    return fit_sem(MODEL, DATA)


def loading(fit, label="b"):
    return fit.parameters.set_index("label").loc[label, ["est", "se"]].to_dict()


@pytest.mark.parametrize(("sign", "word"), [(-1, ">"), (1, "<")])
def test_a_bound_beside_the_optimum_is_released(free, sign, word):
    """The optimum lies inside by two millionths: it is the solution, with its errors without a bound."""
    best = loading(free)["est"]
    fit = fit_sem(f"{MODEL}\nb {word} {best + sign * 2e-6!r}", DATA)
    assert fit.solution.active == ()
    assert_allclose(fit.parameters["est"], free.parameters["est"], atol=5e-7)
    assert_allclose(fit.parameters["se"], free.parameters["se"], atol=1e-6)
    assert fit.df == free.df


@pytest.mark.parametrize(("sign", "word"), [(1, ">"), (-1, "<")])
def test_a_bound_beyond_the_optimum_binds(free, sign, word):
    bound = loading(free)["est"] + sign * 0.2
    fit = fit_sem(f"{MODEL}\nb {word} {bound!r}", DATA)
    assert fit.solution.active == (0,)
    fixed = fit_sem(MODEL.replace("b*x2", f"{bound!r}*x2"), DATA)
    assert_allclose(loading(fit)["est"], bound, atol=1e-9)
    assert_allclose(loading(fit, "c")["est"], loading(fixed, "c")["est"], atol=1e-7)
    assert_allclose(loading(fit, "c")["se"], loading(fixed, "c")["se"], rtol=1e-6)
    assert_allclose(fit.measures["chisq"], fixed.measures["chisq"], atol=1e-8)


def test_of_two_bounds_only_the_one_that_binds_is_held(free):
    b, c = loading(free)["est"], loading(free, "c")["est"]
    fit = fit_sem(f"{MODEL}\nb > {b + 0.2!r}\nc > {c - 1.5!r}", DATA)
    assert fit.solution.active == (0,)
    fit = fit_sem(f"{MODEL}\nc > {c - 1.5!r}\nb > {b + 0.2!r}", DATA)
    assert fit.solution.active == (1,)
    assert_allclose(loading(fit)["est"], b + 0.2, atol=1e-9)


def test_a_bound_that_another_makes_idle_is_released(free):
    """Held at its bound, b lets c fall below where it would be bound alone: only multipliers show it."""
    b = loading(free)["est"] + 0.3
    alone = fit_sem(f"{MODEL}\nb > {b!r}", DATA)
    near = loading(alone, "c")["est"] - 2e-6
    both = fit_sem(f"{MODEL}\nb > {b!r}\nc > {near!r}", DATA)
    assert both.solution.active == (0,)
    assert_allclose(both.parameters["est"], alone.parameters["est"], atol=5e-7)
    assert_allclose(both.parameters["se"], alone.parameters["se"], atol=1e-6)


def test_a_bound_that_binds_beside_an_equality(free):
    """One loading is .8 of another: as if they were estimated with b fixed at its bound."""
    bound = loading(free)["est"] + 0.2
    model = "visual =~ x1 + b*x2 + c*x3\ntextual =~ x4 + d*x5 + e*x6\nd == 0.8*e"
    fit = fit_sem(f"{model}\nb > {bound!r}", DATA)
    fixed = fit_sem(model.replace("b*x2", f"{bound!r}*x2"), DATA)
    assert fit.solution.active == (0,)
    both = fit.parameters.merge(fixed.parameters, on=["lhs", "op", "rhs"], suffixes=("", "_fixed"))
    others = both[both["label"] != "b"]
    assert_allclose(others["est"], others["est_fixed"], atol=1e-6)
    assert_allclose(others["se"], others["se_fixed"], rtol=1e-5, atol=1e-9)
    assert_allclose(fit.measures["chisq"], fixed.measures["chisq"], atol=1e-8)

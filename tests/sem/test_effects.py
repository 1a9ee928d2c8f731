"""Indirect effects, read off any model."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_data

from bouwen.checks import NotAShare, UnknownOption
from bouwen.sem import (
    Fit,
    ModelError,
    UnsupportedModel,
    bootstrap,
    decompose_effects,
    fit_sem,
    indirect_effects,
    monte_carlo_ci,
)
from bouwen.sem.after.intervals import OtherModel

DEFINED = """
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ p*ind60
dem65 ~ ind60 + q*dem60
indirect := p*q
"""
CHAINS = "b ~ ab*a\nc ~ ac*a + bc*b\nd ~ ad*a + bd*b + cd*c"


@cache
def democracy() -> Fit:
    return fit_sem(DEFINED, read_data("democracy"))


@cache
def paths(group: str | None = None) -> Fit:
    rng = np.random.default_rng(4)
    a = rng.normal(size=300)
    b = 0.5 * a + rng.normal(size=300)
    c = 0.4 * a + 0.3 * b + rng.normal(size=300)
    d = 0.2 * a + 0.3 * b + 0.6 * c + rng.normal(size=300)
    frame = pd.DataFrame({"a": a, "b": b, "c": c, "d": d, "g": np.arange(300) % 2})
    return fit_sem(CHAINS if group is None else "b ~ a\nc ~ b", frame, group=group)


def test_an_effect_is_the_defined_product_with_its_error():
    found = indirect_effects(democracy(), of="est")
    assert found.loc[0, ["predictor", "via", "outcome"]].tolist() == ["ind60", ("dem60",), "dem65"]
    defined = democracy().parameters.query("op == ':='").iloc[0]
    for column in ("est", "se", "z", "pvalue", "ci_lower", "ci_upper"):
        assert found.loc[0, column] == pytest.approx(defined[column], rel=1e-6)
    full = indirect_effects(democracy())
    standardised = democracy().standardized().query("op == ':='").iloc[0]
    assert full.loc[0, "est"] == pytest.approx(standardised["est_std"], rel=1e-9)
    assert full.loc[0, "se"] == pytest.approx(standardised["se"], rel=1e-6)


def test_every_chain_is_found_and_several_are_added_up():
    fit = paths()
    value = fit.parameters.set_index("label")["est"]
    found = indirect_effects(fit, "d", of="est").set_index(["predictor", "via"])["est"]
    expected = {
        ("a", ("b",)): value["ab"] * value["bd"],
        ("a", ("c",)): value["ac"] * value["cd"],
        ("a", ("b", "c")): value["ab"] * value["bc"] * value["cd"],
        ("b", ("c",)): value["bc"] * value["cd"],
    }
    expected["a", ()] = sum(v for (source, _), v in expected.items() if source == "a")
    assert set(found.index) == set(expected)
    for key, product in expected.items():
        assert found[key] == pytest.approx(product, rel=1e-12)
    # direct and indirect effects add up to the slope of the regression on the predictor alone
    alone = fit_sem("d ~ a", pd.DataFrame(fit.sample.rows[0], columns=fit.sample.names))
    assert found["a", ()] + value["ad"] == pytest.approx(alone.theta[0], rel=1e-6)
    assert set(indirect_effects(fit)["outcome"]) == {"c", "d"}


def test_groups_have_effects_of_their_own():
    found = indirect_effects(paths("g"), "c", of="est")
    est = paths("g").parameters.query("op == '~'").groupby("group", sort=False)["est"].prod()
    assert found["group"].tolist() == est.index.tolist()
    assert_allclose(found["est"], est)


def test_draws_give_a_second_interval():
    fit = democracy()
    boot = bootstrap(fit, 500, seed=1)
    found = indirect_effects(fit, draws=boot, of="est", confidence=0.9).iloc[0]
    defined = boot.intervals(confidence=0.9).query("op == ':='").iloc[0]
    for ours, theirs in {"boot_se": "se", "boot_lower": "ci_lower", "boot_upper": "ci_upper"}.items():
        assert found[ours] == pytest.approx(defined[theirs], rel=1e-9)
    assert found["n_draws"] == 500
    assert found["ci_upper"] - found["ci_lower"] == pytest.approx(2 * 1.6448536 * found["se"], rel=1e-6)
    drawn = monte_carlo_ci(fit, seed=1, confidence=0.9).iloc[0]
    assert drawn["se"] == pytest.approx(found["se"], rel=0.05)


def test_draws_of_another_model_are_refused():
    with pytest.raises(OtherModel):
        indirect_effects(paths(), draws=bootstrap(democracy(), 2))


def test_without_chains_there_are_no_rows():
    frame = pd.DataFrame(paths().sample.rows[0], columns=paths().sample.names)
    none = indirect_effects(fit_sem("d ~ a + b", frame))
    assert none.empty
    assert list(none.columns) == list(indirect_effects(paths()).columns)


def test_circles_and_unknown_names_are_refused():
    frame = pd.DataFrame(paths().sample.rows[0], columns=paths().sample.names)
    with pytest.raises(UnsupportedModel, match=r'"[cd]" and "[cd]" predict each other in a circle'):
        indirect_effects(fit_sem("c ~ a + d\nd ~ b + c", frame))
    with pytest.raises(ModelError, match="dem65"):
        indirect_effects(democracy(), "dem66")
    with pytest.raises(UnknownOption):
        indirect_effects(democracy(), of="beta")
    with pytest.raises(NotAShare):
        indirect_effects(democracy(), confidence=95)


def test_formulas_are_drawn_like_definitions():
    plain = fit_sem(DEFINED.replace("indirect := p*q", ""), read_data("democracy"))
    told = monte_carlo_ci(plain, 2000, seed=7, expressions={"twice": "2*once", "once": "p*q"})
    assert told["lhs"].tolist() == ["twice", "once"]
    written = monte_carlo_ci(democracy(), 2000, seed=7)
    columns = ["est", "se", "ci_lower", "ci_upper"]
    assert_allclose(told.loc[1, columns].astype(float), written.loc[0, columns].astype(float), rtol=1e-6)
    assert_allclose(told.loc[0, columns].astype(float), 2 * written.loc[0, columns].astype(float), rtol=1e-6)
    assert monte_carlo_ci(democracy(), 2000, seed=7, expressions={"more": "indirect + 1"}).loc[
        0, "est"
    ] == pytest.approx(written.loc[0, "est"] + 1)
    with pytest.raises(UnsupportedModel, match="defines no parameters"):
        monte_carlo_ci(plain, seed=1)
    with pytest.raises(ModelError, match='"r" is not a label'):
        monte_carlo_ci(plain, seed=1, expressions={"x": "p*r"})


def test_direct_and_indirect_effects_add_up_to_the_slope_of_the_predictor_alone():
    found = decompose_effects(paths(), "d", of="est").set_index("predictor")
    through = indirect_effects(paths(), "d", of="est").groupby("predictor")["est"].last()
    rows = pd.DataFrame(paths().sample.rows[0], columns=paths().sample.names)
    assert found.index.tolist() == ["a", "b", "c"]
    assert_allclose(found.loc[["a", "b"], "indirect"], through[["a", "b"]], rtol=1e-12)
    assert found.loc["c", "indirect"] == 0
    assert_allclose(found["direct"] + found["indirect"], found["est"])
    alone = fit_sem("d ~ a", rows)  # nothing leads to a, so its whole effect is its own slope
    assert found.loc["a", "est"] == pytest.approx(alone.theta[0], rel=1e-6)


def test_the_error_of_a_total_effect_is_that_of_its_definition():
    model = "b ~ ab*a\nc ~ ac*a + bc*b\ntotal := ac + ab*bc"
    rows = pd.DataFrame(paths().sample.rows[0], columns=paths().sample.names)
    fit = fit_sem(model, rows)
    found = decompose_effects(fit, "c", of="est").set_index("predictor")
    defined = fit.parameters.query("op == ':='").iloc[0]
    for column in ("est", "se", "pvalue", "ci_lower", "ci_upper"):
        assert found.loc["a", column] == pytest.approx(defined[column], rel=1e-6)
    boot = bootstrap(fit, 100, seed=2)
    drawn = decompose_effects(fit, "c", of="est", draws=boot).set_index("predictor").loc["a"]
    assert drawn["boot_lower"] == pytest.approx(
        boot.intervals().query("op == ':='")["ci_lower"].item(), rel=1e-9
    )


def test_total_effects_of_circles_and_of_what_is_not_there_are_refused():
    rows = pd.DataFrame(paths().sample.rows[0], columns=paths().sample.names)
    with pytest.raises(UnsupportedModel, match="in a circle"):
        decompose_effects(fit_sem("c ~ a + d\nd ~ b + c", rows))
    with pytest.raises(ModelError, match="dem65"):
        decompose_effects(democracy(), "dem66")

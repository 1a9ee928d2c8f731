"""Negative correlations, ordered items and later groups, in what is said of scales."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen.scales import ave, compare_correlations, factor_correlations, fornell_larcker
from bouwen.scales.agreement import intraclass
from bouwen.scales.correlations import overlapping_interval

TWO = "f =~ a1 + a2 + a3\ng =~ b1 + b2 + b3"


def answers(seed=8, n=240, link=-0.6):
    """Two factors that go against each other, one group with larger spread."""
    rng = np.random.default_rng(seed)
    group = np.repeat(["one", "two"], n // 2)
    size = np.where(group == "two", 1.6, 1.0)
    f = rng.normal(size=n) * size
    g = link * f + 0.7 * rng.normal(size=n)
    found = {}
    for name, factor, loading in (
        ("a1", f, 1.0), ("a2", f, 0.8), ("a3", f, 0.6), ("b1", g, 0.9), ("b2", g, 1.1), ("b3", g, 0.7),
    ):  # fmt: skip
        found[name] = loading * factor + 0.7 * rng.normal(size=n)
    return pd.DataFrame(found).assign(group=group)


CONTINUOUS = answers()
ORDERED = CONTINUOUS.assign(
    **{name: np.digitize(CONTINUOUS[name], [-1.2, -0.2, 0.9]) + 1 for name in CONTINUOUS.columns[:-1]}
)


# ------------------------------------------------------------------ average variance extracted


def test_ave_of_ordered_items_is_the_mean_squared_standardised_loading():
    fit = bouwen.fit_sem(TWO, ORDERED.drop(columns="group"), ordered=True)
    loadings = fit.standardized().query("op == '=~'")
    by_hand = (loadings["est_std"] ** 2).groupby(loadings["lhs"]).mean()
    assert_allclose(ave(fit)[["f", "g"]], by_hand[["f", "g"]], rtol=1e-8)


@pytest.mark.parametrize("equal", [(), ("thresholds", "loadings")])
def test_ave_of_ordered_items_in_every_group(equal):
    """Where thresholds are equal, latent responses of the second group have variances of their own."""
    fit = bouwen.fit_sem(TWO, ORDERED, ordered=True, group="group", group_equal=equal)
    loadings = fit.standardized().query("op == '=~'")
    by_hand = (loadings["est_std"] ** 2).groupby([loadings["group"], loadings["lhs"]]).mean()
    found = ave(fit, standardised=True)
    for place in found.index:
        assert_allclose(found[place], by_hand[place], rtol=1e-7)
    assert abs(found["one", "f"] - found["two", "f"]) > 0.01


def test_ave_of_continuous_items_weighs_items_by_their_variance_or_alike():
    fit = bouwen.fit_sem(TWO, CONTINUOUS, group="group")
    est = fit.parameters.set_index(["group", "lhs", "op", "rhs"])["est"]
    weighed, alike = ave(fit), ave(fit, standardised=True)
    for group in ("one", "two"):
        for factor, items in (("f", ["a1", "a2", "a3"]), ("g", ["b1", "b2", "b3"])):
            common = (
                np.array([est[group, factor, "=~", i] ** 2 for i in items]) * est[group, factor, "~~", factor]
            )
            own = np.array([est[group, i, "~~", i] for i in items])
            assert_allclose(weighed[group, factor], common.sum() / (common + own).sum(), rtol=1e-8)
            assert_allclose(alike[group, factor], np.mean(common / (common + own)), rtol=1e-8)
    assert (abs(weighed - alike) > 1e-4).all()


# ------------------------------------------------------------------ negative correlations


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("r", "holds"), [(0.7, [True, False, True]), (0.85, [False, False, True])])
def test_fornell_and_larckers_rule_has_no_sign(sign, r, holds):
    phi = pd.DataFrame(np.eye(3), [*"abc"], [*"abc"])
    phi.loc["a", "b"] = phi.loc["b", "a"] = sign * r
    phi.loc["a", "c"] = phi.loc["c", "a"] = -0.1
    table = fornell_larcker(phi, pd.Series({"a": 0.64, "b": 0.40, "c": 0.25}))
    assert table["holds"].tolist() == holds
    assert table.loc["a", "b"] == sign * r
    assert_allclose(np.diag(table.iloc[:, :3]), [0.8, 0.4**0.5, 0.5])


def test_fornell_and_larckers_rule_on_a_negative_correlation_of_a_fit():
    close = answers(link=-3.0)
    fit = bouwen.fit_sem(TWO, close.drop(columns="group"))
    phi = factor_correlations(fit)[""]
    assert phi.loc["f", "g"] < -0.9
    assert not fornell_larcker(phi, ave(fit))["holds"].any()


# ------------------------------------------------------------------ correlations that share a variable


def test_zous_interval_as_published():
    """Zou (2007), p. 409: r = .396, .179 and .088 in 66 cases give −.093 to .517."""
    assert_allclose(overlapping_interval(0.396, 0.179, 0.088, 66), (-0.093, 0.517), atol=5e-4)


def test_the_interval_of_a_difference_holds_what_it_should_by_simulation():
    """A thousand samples of 60 with ρ = .7, .3 and .5: the true difference, .4, lies inside of 95 %."""
    rng = np.random.default_rng(21)
    L = np.linalg.cholesky([[1, 0.7, 0.3], [0.7, 1, 0.5], [0.3, 0.5, 1]])
    samples = rng.normal(size=(1000, 60, 3)) @ L.T
    r = np.array([np.corrcoef(x, rowvar=False)[np.triu_indices(3, 1)] for x in samples])
    ends = np.array([overlapping_interval(*row, 60) for row in r])
    inside = ((ends[:, 0] <= 0.4) & (ends[:, 1] >= 0.4)).mean()
    assert abs(inside - 0.95) < 0.02


def test_compared_correlations_are_those_of_complete_rows():
    frame = CONTINUOUS[["a1", "a2", "b1"]].copy()
    frame.iloc[:20, 1] = np.nan
    found = compare_correlations(frame["a1"], frame["a2"], frame["b1"], confidence=0.9)
    R = frame.dropna().corr()
    assert found.n == len(frame) - 20
    assert_allclose([found.first, found.second], [R.loc["a1", "a2"], R.loc["a1", "b1"]])
    assert_allclose(found.difference, found.first - found.second)
    expected = overlapping_interval(found.first, found.second, R.loc["a2", "b1"], found.n, 0.9)
    assert_allclose([found.ci_lower, found.ci_upper], expected)


# ------------------------------------------------------------------ agreement


def test_groups_with_one_and_the_same_mean_have_no_reliable_means():
    scores, groups = pd.Series([1.0, 3.0] * 4), pd.Series(np.repeat([*"abcd"], 2))
    found = intraclass(scores, groups)
    assert found.f == 0
    assert found.icc2 == -np.inf
    assert_allclose(found.icc1, -1)  # −1/(k − 1)

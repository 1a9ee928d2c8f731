"""What is said of the second group is of the second group, and labels keep their say beside group_equal."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.sem import fit_sem

FACTOR = "f =~ x1 + x2 + x3 + x4"
STRUCTURE = "f =~ x1 + x2 + x3\nx4 ~ f + w"


def rows(seed=3, sizes=(120, 90, 70)):
    """Groups that differ in loadings, spread and level."""
    rng = np.random.default_rng(seed)
    parts = []
    for g, n in enumerate(sizes):
        f = rng.normal(scale=1 + 0.5 * g, size=n)
        loadings = np.array([1.0, 0.8 + 0.3 * g, 0.7, 0.5 + 0.2 * g])
        noise = rng.normal(size=(n, 4)) * np.array([0.6, 0.9, 0.5, 0.8]) * (1 + 0.4 * g)
        x = f[:, None] * loadings + noise + g
        parts.append(
            pd.DataFrame(x, columns=["x1", "x2", "x3", "x4"]).assign(w=rng.normal(size=n), group="abc"[g])
        )
    return pd.concat(parts, ignore_index=True)


DATA = rows()


def test_explained_variance_of_every_group():
    fit = fit_sem(FACTOR, DATA, group="group")
    est = fit.parameters.set_index(["group", "lhs", "op", "rhs"])["est"]
    found = fit.r_squared().set_index(["group", "lhs"])["r2"]
    assert len(found) == 12
    for group in "abc":
        for item in ("x1", "x2", "x3", "x4"):
            common = est[group, "f", "=~", item] ** 2 * est[group, "f", "~~", "f"]
            own = est[group, item, "~~", item]
            assert_allclose(found[group, item], common / (common + own), rtol=1e-9)


def test_explained_variance_of_a_regression_in_every_group():
    """R² is that of a fit of the group alone, and of least squares on observed predictors."""
    together = fit_sem(STRUCTURE, DATA, group="group").r_squared().set_index(["group", "lhs"])["r2"]
    plain = fit_sem("x4 ~ w + x1", DATA, group="group").r_squared().set_index("group")["r2"]
    for group in "abc":
        part = DATA[DATA["group"] == group]
        alone = fit_sem(STRUCTURE, part).r_squared().set_index("lhs")["r2"]
        assert_allclose(together[group][alone.index], alone, atol=1e-6)
        X = np.column_stack([np.ones(len(part)), part[["w", "x1"]]])
        left = part["x4"] - X @ np.linalg.lstsq(X, part["x4"], rcond=None)[0]
        assert_allclose(plain[group], 1 - left.var() / part["x4"].var(), atol=1e-8)


def test_a_group_without_equalities_is_a_fit_of_its_own():
    """Estimates, errors, standardised solution, residuals and scores, of the second and third group too."""
    fit = fit_sem(FACTOR, DATA, group="group", meanstructure=True)
    scores, standard = fit.scores(), fit.standardized()
    for group in "abc":
        alone = fit_sem(FACTOR, DATA[DATA["group"] == group], meanstructure=True)
        mine = fit.parameters.query("group == @group")
        assert list(mine["lhs"] + mine["op"] + mine["rhs"]) == list(
            alone.parameters["lhs"] + alone.parameters["op"] + alone.parameters["rhs"]
        )
        columns = ["est", "se", "z", "pvalue", "ci_lower", "ci_upper", "std_lv", "std_all"]
        assert_allclose(mine[columns], alone.parameters[columns], atol=2e-5)
        assert_allclose(
            standard.query("group == @group")[["est_std", "se", "ci_lower", "ci_upper"]],
            alone.standardized()[["est_std", "se", "ci_lower", "ci_upper"]],
            atol=2e-5,
        )
        for kind in ("raw", "cor"):
            assert_allclose(fit.residuals(kind).loc[group], alone.residuals(kind), atol=1e-5)
        assert_allclose(
            fit.implied_moments().loc[group].to_numpy(), alone.implied_moments().to_numpy(), atol=1e-5
        )
        assert_allclose(scores.loc[DATA["group"] == group, "f"], alone.scores()["f"], atol=1e-5)


def equal_over_groups(fit, item):
    """The groups whose loading of an item is that of the first."""
    est = fit.parameters.query("op == '=~' and rhs == @item").set_index("group")["est"]
    return "".join(group for group in est.index if abs(est[group] - est["a"]) < 1e-8)


def free_loadings(fit, item):
    """How many different estimates an item's loading has."""
    return fit.parameters.query("op == '=~' and rhs == @item")["est"].round(8).nunique()


@pytest.mark.parametrize(
    ("item", "equal", "count"),
    [
        ("x2", "abc", 1),
        ("a*x2", "abc", 1),
        ("c(p, q, r)*x2", "a", 3),  # a label of its own per group: the user's word, as in lavaan
        ("c(p, p, q)*x2", "ab", 2),
        ("c(p, q, q)*x2", "a", 2),
    ],
)
def test_labels_stand_beside_group_equal(item, equal, count):
    fit = fit_sem(f"f =~ x1 + {item} + x3 + x4", DATA, group="group", group_equal=["loadings"])
    assert equal_over_groups(fit, "x2") == equal
    assert free_loadings(fit, "x2") == count
    for other in ("x1", "x3", "x4"):
        assert equal_over_groups(fit, other) == "abc"
    configural = fit_sem(FACTOR, DATA, group="group")
    assert fit.df - configural.df == 2 * 2 + (3 - count)


def test_labels_of_a_user_tie_without_group_equal_too():
    fit = fit_sem("f =~ x1 + c(p, p, q)*x2 + c(s, t, s)*x3 + x4", DATA, group="group")
    assert equal_over_groups(fit, "x2") == "ab"
    assert equal_over_groups(fit, "x3") == "ac"
    assert equal_over_groups(fit, "x4") == "a"
    assert fit.df - fit_sem(FACTOR, DATA, group="group").df == 2


def test_a_label_over_two_items_beside_group_equal_ties_all():
    """The same label on two loadings, in every group; and of them, group_equal has nothing more to hold."""
    model = "f =~ x1 + a*x2 + a*x3 + x4"
    fit = fit_sem(model, DATA, group="group", group_equal=["loadings"])
    loadings = fit.parameters.query("op == '=~' and rhs in ['x2', 'x3']")["est"]
    assert loadings.round(8).nunique() == 1
    assert fit.df - fit_sem(FACTOR, DATA, group="group").df == 5 + 2


def test_partial_equality_frees_what_it_names_in_all_groups():
    fit = fit_sem(FACTOR, DATA, group="group", group_equal=["loadings"], group_partial=["f =~ x3"])
    assert free_loadings(fit, "x3") == 3
    assert (free_loadings(fit, "x2"), free_loadings(fit, "x4")) == (1, 1)


def test_a_definition_takes_the_labels_of_each_group():
    model = "f =~ x1 + c(p, q, r)*x2 + x3 + x4\ngap := q - p\nother := r - q"
    fit = fit_sem(model, DATA, group="group", group_equal=["loadings"])
    est = fit.parameters.query("op == '=~' and rhs == 'x2'").set_index("group")["est"]
    defined = fit.parameters.query("op == ':='").set_index("lhs")["est"]
    assert_allclose(defined["gap"], est["b"] - est["a"])
    assert_allclose(defined["other"], est["c"] - est["b"])


@pytest.mark.parametrize("ordered", [False, True])
def test_scores_stand_in_the_order_of_the_data(ordered):
    """Also where groups take turns: each respondent's score is the one that stands beside their row."""
    data = DATA.sample(frac=1, random_state=1).reset_index(drop=True)
    items = ["x1", "x2", "x3", "x4"]
    if ordered:
        data[items] = data[items].apply(lambda x: np.digitize(x, np.quantile(x, [0.3, 0.7])))
    found = fit_sem(FACTOR, data, group="group", ordered=ordered).scores()
    assert found.index.tolist() == list(range(len(data)))
    assert found["group"].tolist() == data["group"].tolist()
    for group, part in data.groupby("group"):
        own = found.loc[found["group"] == group, "f"]
        assert np.corrcoef(own, part[items].sum(axis=1))[0, 1] > 0.8

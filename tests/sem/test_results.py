"""What a fit offers beyond its parameters, against semTools and lavaan; and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_data, read_values

from bouwen.checks import NotAShare, RepeatedItem
from bouwen.sem import (
    ConstantItem,
    DataError,
    GroupTooSmall,
    ModelError,
    ModelSyntaxError,
    Moments,
    NotConverged,
    NotNumeric,
    NotPositiveDefinite,
    UnknownItem,
    UnknownOption,
    UnsupportedModel,
    compare_engines,
    difference_test,
    fit_sam,
    fit_sem,
)
from bouwen.sem.model.start import start_values

PSYCH = read_values("psych/psych_semtools")
HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
DEMOCRACY = PSYCH["sam_local_pd"]["model"]
BIG5 = "A =~ A1 + A2 + A3 + A4 + A5\nC =~ C1 + C2 + C3 + C4 + C5\nE =~ E1 + E2 + E3 + E4 + E5"


@pytest.fixture(scope="module", name="hs")
def _hs():
    return fit_sem(HS, read_data("holzinger"))


def school(equal=(), estimator="ML"):
    return fit_sem(HS, read_data("holzinger"), group="school", group_equal=equal, estimator=estimator)


@pytest.mark.parametrize("kind", ["cor", "z"])
def test_residuals(hs, kind):
    expected = pd.DataFrame(PSYCH[f"residual_{kind}_hs"]).T
    ours = hs.residuals(kind).loc[expected.index, expected.columns]
    np.testing.assert_allclose(ours, expected, atol=1e-4)


@pytest.mark.parametrize("method", ["regression", "bartlett"])
def test_scores(hs, method):
    expected = pd.DataFrame(PSYCH["scores_hs"][method])
    np.testing.assert_allclose(hs.scores(method)[list(expected)].iloc[:10], expected, atol=1e-5)


@pytest.mark.parametrize(("name", "model", "file"), [("hs", HS, "holzinger"), ("pd", DEMOCRACY, "democracy")])
def test_standardised_solution(name, model, file):
    expected = pd.DataFrame(PSYCH[f"standardized_{name}"])
    both = (
        fit_sem(model, read_data(file))
        .standardized()
        .merge(expected, on=["lhs", "op", "rhs"], suffixes=("", "_lavaan"))
    )
    assert len(both) == len(expected)
    np.testing.assert_allclose(both["est_std"], both["est.std"], atol=1e-5)
    np.testing.assert_allclose(both["se"], both["se_lavaan"], atol=1e-6)


def test_score_tests_of_equal_parameters():
    ours, expected = school(["loadings", "intercepts"]).score_tests(), PSYCH["score_test_hs_scalar"]
    single = pd.DataFrame(expected["uni"])
    assert list(ours.lhs[:-1]) == list(single.lhs)
    assert list(ours.rhs[:-1]) == list(single.rhs)
    np.testing.assert_allclose(ours.x2[:-1], single.X2, atol=1e-4)
    total = ours.iloc[-1]
    assert total.x2 == pytest.approx(expected["total"]["X2"], abs=1e-3)
    assert total.df == expected["total"]["df"]


@pytest.mark.parametrize(("estimator", "name"), [("ML", "lrt_hs_ml"), ("MLR", "lrt_hs_mlr_sb2001")])
def test_difference_tests(estimator, name):
    steps = [school(e, estimator) for e in ((), ("loadings",), ("loadings", "intercepts"))]
    for free, restricted, key in zip(steps, steps[1:], ("configural_metric", "metric_scalar"), strict=False):
        ours, expected = difference_test(free, restricted), PSYCH[name][key]
        assert ours.chisq_diff == pytest.approx(expected["chisq_diff"], abs=2e-4)
        assert ours.df_diff == expected["df_diff"]
        assert ours.pvalue == pytest.approx(expected["p"], abs=1e-5)


def test_difference_test_of_ordered_items():
    free, restricted = (
        fit_sem(BIG5, read_data("bfi900"), ordered=True, group="gender", group_equal=equal)
        for equal in (["thresholds"], ["thresholds", "loadings"])
    )
    ours, expected = (
        difference_test(free, restricted),
        PSYCH["lrt_bfi_wlsmv"]["thresholds_vs_thresholds_loadings"],
    )
    assert ours.chisq_diff == pytest.approx(expected["chisq_diff"], abs=1e-3)
    assert ours.pvalue == pytest.approx(expected["p"], abs=1e-4)


def test_difference_test_with_a_scaled_test_of_ordered_items():
    """lavTestLRT of lavaan 0.6-14 takes Satorra & Bentler (2001) for WLSM, as for MLM."""
    model, frame = (
        "f1 =~ u1 + u2 + u3 + u4\nf2 =~ u5 + u6 + u7 + u8",
        read_data("categories"),
    )
    free, restricted = (
        fit_sem(model, frame, ordered=True, group="g", estimator="WLSM", group_equal=equal)
        for equal in (["thresholds"], ["thresholds", "loadings", "lv.variances"])
    )
    found = difference_test(free, restricted)
    assert found["df_diff"] == 8
    assert found["chisq_diff"] == pytest.approx(8.04029823437, rel=1e-6)
    assert found["pvalue"] == pytest.approx(0.429543599069, rel=1e-6)


@pytest.mark.parametrize("method", ["local", "global"])
def test_structure_after_measurement(method):
    ours = fit_sam(DEMOCRACY, read_data("democracy"), method=method, estimator="ML")
    ours = ours.parameters.set_index(["lhs", "op", "rhs"])
    for row in PSYCH[f"sam_{method}_pd"]["parameters"]:
        mine = ours.loc[(row["lhs"], row["op"], row["rhs"])]
        assert mine.est == pytest.approx(row["est"], abs=1e-5)
        assert mine.se == pytest.approx(row["se"], rel=1e-5)


def test_swain_correction():
    measures, expected = (
        fit_sem(DEMOCRACY, read_data("democracy")).measures,
        PSYCH["chisq_small_n_pd"]["swain"],
    )
    assert measures["swain_factor"] == pytest.approx(expected["smallN.factor"], abs=1e-8)
    assert measures["chisq_swain"] == pytest.approx(expected["chisq"], abs=1e-4)
    assert measures["pvalue_swain"] == pytest.approx(expected["pvalue"], abs=1e-6)


def test_a_test_whose_trace_is_below_one():
    """lavaan 0.6-14: chi-square 0.0133 on 1 df, an upper limit of 0.127553 plain and of 0 corrected."""
    model = "f =~ x1 + a*x2 + b*x3\na == exp(b) - 3.9"
    found = fit_sem(model, read_data("democracy"), estimator="MLM").measures
    assert found["rmsea_ci_upper"] == pytest.approx(0.127553, abs=1e-4)
    assert found["rmsea_ci_lower_scaled"] == found["rmsea_ci_upper_scaled"] == 0


def test_items_that_nobody_answered_both():
    h = read_data("holzinger")
    h.loc[:149, "x9"] = np.nan
    h.loc[150:, "x8"] = np.nan
    fit = fit_sem("visual =~ x1 + x2 + x3\nx8 ~ visual\nx9 ~ visual\nx8 ~~ 0*x9", h, missing="fiml")
    assert np.isfinite(fit.parameters["se"]).all()
    with pytest.raises(DataError, match='nobody answered both "x8" and "x9"'):
        _ = fit.measures


def test_second_engine_gives_the_same_estimates(hs):
    table = compare_engines(DEMOCRACY, read_data("democracy"))
    assert table["difference"].abs().max() < 1e-4
    same = fit_sem(HS, read_data("holzinger"), engine="semopy")
    assert same.measures["cfi"] == pytest.approx(hs.measures["cfi"], abs=1e-6)
    with pytest.raises(UnsupportedModel, match="semopy"):
        fit_sem(HS, read_data("holzinger"), engine="semopy", group="school")
    with pytest.raises(UnsupportedModel, match="semopy"):
        fit_sem(HS, read_data("holzinger"), engine="semopy", std_lv=True)


def test_reading_a_fit(hs):
    text = hs.summary()
    assert "Chi-square" in text
    assert "visual =~ x2" in text
    assert "<table" in hs._repr_html_()
    plain = json.loads(json.dumps(hs.to_dict()))
    assert plain["n"] == [301]
    assert plain["measures"]["df"] == 24
    r2 = hs.r_squared().set_index("lhs").r2
    assert r2["x1"] == pytest.approx(
        hs.parameters.set_index(["lhs", "op", "rhs"]).std_all["visual", "=~", "x1"] ** 2
    )
    assert "x1" in hs.implied_moments().index
    school_names = set(school().residuals().index.get_level_values(0))
    assert school_names == {"Pasteur", "Grant-White"}


def test_the_error_of_r_squared_is_that_of_the_standardised_residual(hs):
    """R² = 1 − std.all of the residual variance, for each group, and limits end at 0 and 1."""
    for fit in (hs, school(), fit_sem(HS, read_data("holzinger"), estimator="MLR", missing="fiml")):
        rows = fit.standardized(confidence=0.9).query("op == '~~' and lhs == rhs")
        found = fit.r_squared(0.9).merge(rows, on=["lhs", "group"], validate="one_to_one")
        assert len(found) == 9 * fit.structure.n_groups
        assert_allclose(found["r2"], 1 - found["est_std"], atol=1e-12)
        assert_allclose(found["se_x"], found["se_y"], atol=1e-8)
        assert_allclose(found["ci_upper_x"], np.minimum(1 - found["ci_lower_y"], 1), atol=1e-8)
        assert_allclose(found["ci_lower_x"], np.maximum(1 - found["ci_upper_y"], 0), atol=1e-8)
        assert list(fit.r_squared()) == ["lhs", "group", "r2"]
    weak = pd.DataFrame(np.random.default_rng(1).normal(size=(30, 2)), columns=["y", "x"])
    found = fit_sem("y ~ x", weak).r_squared(0.95).iloc[0]
    assert found["r2"] < 1.96 * found["se"]
    assert found["ci_lower"] == 0
    with pytest.raises(NotAShare):
        hs.r_squared(95)


def test_improper_solutions_are_told_and_left_alone():
    fit = fit_sem("f =~ x1 + x2 + x9", read_data("holzinger").iloc[100:160])
    negative = fit.parameters.query("op == '~~' and lhs == rhs and est < 0")
    assert len(negative) == sum("negative" in warning for warning in fit.warnings)
    shown = fit_sem("g =~ 3*x1 + x2 + x3\nx1 ~~ x1\ng ~~ 1*g", read_data("holzinger"))
    assert any("x1" in warning and "negative" in warning for warning in shown.warnings)
    assert "improper" in shown.summary()


def test_listwise_deletion_is_told():
    fit = fit_sem(HS, read_data("holzinger_missing"))
    assert any("listwise" in warning for warning in fit.warnings)
    assert fit.n < 301


def test_two_columns_of_one_name_are_refused():
    data = read_data("holzinger")
    data = pd.concat([data, data[["x2"]]], axis="columns")
    with pytest.raises(RepeatedItem) as error:
        fit_sem("f =~ x1 + x2 + x3", data)
    assert error.value.item == "x2"
    assert fit_sem("f =~ x1 + x3 + x4", data).n == len(data)


@pytest.mark.parametrize(
    ("error", "change", "options", "says"),
    [
        (UnknownItem, {}, {"model": "f =~ x1 + x2 + x33"}, '"x3"'),
        (NotNumeric, {}, {"model": "f =~ x1 + x2 + school"}, "school"),
        (ConstantItem, {"x1": 3.0}, {}, "x1"),
        (NotPositiveDefinite, {"x1": lambda d: d.x2 + d.x3}, {}, "x1"),
        (UnknownOption, {}, {"estimator": "MLX"}, "MLX"),
        (UnknownOption, {}, {"missing": "some"}, "some"),
        (UnknownOption, {}, {"group": "school", "group_equal": ["loading"]}, '"loadings"'),
        (
            UnknownOption,
            {},
            {"group": "school", "group_equal": ["loadings"], "group_partial": ["visual =~ x9"]},
            "x9",
        ),
        (UnsupportedModel, {}, {"estimator": "WLSMV"}, "ordered"),
        (UnsupportedModel, {}, {"estimator": "GLS", "missing": "fiml"}, "fiml"),
        (ModelError, {}, {"model": "f =~ x1 + a*x2 + x3\nb := aa + 1"}, '"aa"'),
        (ModelError, {}, {"model": "f =~ x1 + a*x2 + x3\nb := c\nc := b"}, "itself"),
        (ModelError, {}, {"model": "f =~ x1 + c(a, b)*x2 + x3"}, "one group"),
        (ModelSyntaxError, {}, {"model": "f =~ x1 + "}, "column"),
        (ModelSyntaxError, {}, {"model": 'efa("a")*f =~ x1 + x2 + x3'}, "fit_efa"),
        (UnknownItem, {}, {"group": "scool"}, 'given as group .* "school"'),
        (NotConverged, {}, {"model": "f =~ x1 + x2 + x3\nf ~~ start(-50)*f"}, "change those given"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else None,
)
def test_refusals_say_what_and_where(error, change, options, says):
    frame = read_data("holzinger").assign(**change)
    options = {"model": HS, **options}
    with pytest.raises(error, match=says):
        fit_sem(options.pop("model"), frame, **options)


def test_groups_that_are_too_small_are_named():
    h = read_data("holzinger")
    with pytest.raises(GroupTooSmall) as caught:
        fit_sem(HS, pd.concat([h[h.school == "Pasteur"], h[h.school != "Pasteur"].iloc[:6]]), group="school")
    assert caught.value.group == "Grant-White"


def test_moments_are_checked():
    with pytest.raises(UnsupportedModel, match="rows"):
        fit_sem("f =~ a + b + c", Moments(np.eye(3), 50, names=["a", "b", "c"]), estimator="MLR")
    with pytest.raises(Exception, match="names"):
        Moments(np.eye(3), 50, names=["a"])


def test_a_factor_that_is_a_column_too_is_refused():
    data = read_data("holzinger").assign(visual=1.0)
    with pytest.raises(UnsupportedModel, match='"visual" is a factor and a column of the data; rename'):
        fit_sem("visual =~ x1 + x2 + x3", data)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"estimator": "GLS", "missing": "fiml"}, 'missing="fiml" goes with'),
        ({"estimator": "WLSMV", "missing": "fiml", "ordered": True}, 'missing="fiml" goes with'),
        ({"estimator": "ML", "missing": "pairwise"}, 'missing="pairwise" is for ordered items'),
        ({"estimator": "GLS", "cluster": "school"}, "cluster= goes with"),
        ({"estimator": "MLM", "cluster": "school"}, "cluster= goes with"),
        ({"estimator": "ULS", "cluster": "school"}, "cluster= goes with"),
        ({"estimator": "GLS", "ordered": True}, "ordered items need"),
        ({"estimator": "MLR", "ordered": True}, "ordered items need"),
        ({"estimator": "WLSMV"}, "needs ordered items"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, said):
    with pytest.raises(UnsupportedModel, match=said):
        fit_sem("visual =~ x1 + x2 + x3", read_data("holzinger"), **options)


def test_moments_show_means_where_they_are_known():
    cov, names = np.array([[2.0, 0.5], [0.5, 1.0]]), ["a", "b"]
    alone = Moments(cov, 50, names=names, divisor="n").table()
    assert alone.equals(pd.DataFrame(cov, names, names))
    assert Moments(cov, 50, mean=[3.0, 4.0], names=names, divisor="n").table()["mean"].tolist() == [3, 4]


@pytest.mark.parametrize("missing", ["ml", "FIML", "fiml"])
def test_fiml_has_lavaans_other_names(missing):
    data = read_data("holzinger_missing")
    fit = fit_sem("visual =~ x1 + x2 + x3", data, missing=missing)
    assert fit.call.missing == "fiml"
    assert fit.n == data[["x1", "x2", "x3"]].notna().any(axis=1).sum()


def test_the_search_begins_where_it_is_told_to_also_at_zero():
    items = read_data("holzinger")[["x1", "x2", "x3"]]
    fit = fit_sem("visual =~ x1 + start(0)*x2 + start(0.3)*x3", items)
    theta = start_values(
        fit.partable, fit.structure, items.mean().to_numpy()[None], items.cov().to_numpy()[None]
    )
    named = {row.rhs: theta[row.free] for row in fit.partable.rows if row.free >= 0 and row.op == "=~"}
    assert named == {"x2": 0, "x3": 0.3}


@pytest.mark.parametrize("estimator", ["GLS", "ULS"])
def test_least_squares_estimates_the_moments_of_covariates(estimator):
    data = read_data("holzinger")
    found = fit_sem("f =~ x1 + x2 + x3\nf ~ ageyr", data, estimator=estimator)
    own = found.parameters.query("lhs == 'ageyr' and op == '~~'").iloc[0]
    assert own.se > 0
    if estimator == "ULS":
        assert own.est == pytest.approx(data.ageyr.var(ddof=1), rel=1e-6)


def test_equalities_over_groups_leave_the_moments_of_covariates_alone():
    data, equal = read_data("holzinger"), ["loadings", "intercepts", "residuals"]
    model = "f =~ x1 + x2 + x3\nf ~ ageyr"
    rows = fit_sem(model, data, group="school", group_equal=equal, fixed_x=False).parameters
    ages = data.groupby("school", sort=False).ageyr
    for op, expected in (("~~", ages.var(ddof=0)), ("~1", ages.mean())):
        own = rows[(rows.lhs == "ageyr") & (rows.op == op)].set_index("group").est
        np.testing.assert_allclose(own, expected.loc[own.index], rtol=1e-6)
        assert own.nunique() == 2


def test_who_is_left_out_and_why():
    """FIML takes whoever answered an item, but of fixed covariates only those who have them."""
    data, items = read_data("holzinger"), ["x1", "x2", "x3"]
    model, all_of_them = "f =~ x1 + x2 + x3\nf ~ ageyr", len(data)
    data.loc[:3, items] = np.nan
    data.loc[10:15, "ageyr"] = np.nan
    data.loc[20:21, "x2"] = np.nan
    plain = fit_sem("f =~ x1 + x2 + x3", data, missing="fiml")
    fixed = fit_sem(model, data, missing="fiml")
    taken = fit_sem(model, data, missing="fiml", fixed_x=False)
    assert (plain.n, fixed.n, taken.n) == (all_of_them - 4, all_of_them - 6, all_of_them)
    assert plain.warnings == (f"left out 4 of {all_of_them} respondents with no answer at all",)
    assert fixed.warnings == (
        f"left out 6 of {all_of_them} respondents with no answer at all, or a missing covariate or group",
    )
    assert not taken.warnings
    data.loc[30, [*items, "ageyr"]] = np.nan
    assert fit_sem(model, data, missing="fiml").warnings == (
        f"left out 7 of {all_of_them} respondents with no answer at all, or a missing covariate or group",
    )


def test_respondents_without_a_cluster_are_counted():
    data = read_data("holzinger").dropna()
    data.iloc[:2, data.columns.get_loc("grade")] = np.nan
    with pytest.raises(DataError, match='2 respondents have no value in "grade"'):
        fit_sem("visual =~ x1 + x2 + x3", data, cluster="grade")


def test_moments_of_groups_need_means_and_respondents():
    cov, names = np.full((3, 3), 0.4) + 0.6 * np.eye(3), ["a", "b", "c"]
    model, with_means = "f =~ a + b + c", Moments(cov, 90, mean=[1, 2, 3], names=names)
    with pytest.raises(DataError, match="no mean=") as caught:
        fit_sem(model, {"one": with_means, "two": Moments(cov, 80, names=names)})
    assert caught.value.group == "two"
    assert fit_sem(model, {"one": with_means, "two": with_means}).n == 180
    for n in (-1, 0, 1):
        with pytest.raises(DataError, match=f"n = {n} is not a number of respondents"):
            Moments(cov, n, names=names)
    assert Moments(cov, 2, names=names).cov[0, 0] == pytest.approx(0.5)


@pytest.mark.parametrize("n", [8, 9])
def test_as_many_respondents_as_items_are_too_few(n):
    with pytest.raises(GroupTooSmall, match=f"{n} respondents are too few for 9 items"):
        fit_sem(HS, read_data("holzinger").iloc[::30].iloc[:n])


@pytest.mark.parametrize(
    "options",
    [
        {"meanstructure": True},
        {"estimator": "MLR"},
        {"missing": "fiml"},
        {"fixed_x": False},
        {"group": "school"},
        {"ordered": ["x1"]},
        {"cluster": "school"},
    ],
    ids=str,
)
def test_the_second_engine_refuses_what_it_has_otherwise(options):
    with pytest.raises(UnsupportedModel, match='engine="semopy" estimates one group of complete rows'):
        fit_sem(HS, read_data("holzinger"), engine="semopy", **options)


def test_the_small_sample_factor_is_for_one_group_of_complete_answers(hs):
    assert "swain_factor" in hs.measures
    assert "swain_factor" not in school().measures
    gaps = fit_sem(HS, read_data("holzinger_missing"), missing="fiml")
    assert "swain_factor" not in gaps.measures


def test_implied_moments_of_groups_are_found_by_group_and_item():
    frame = school().implied_moments()
    assert frame.index.names == ["group", "item"]
    data = read_data("holzinger")
    means = data.groupby("school")[["x1", "x9"]].mean()
    for group in ("Pasteur", "Grant-White"):
        assert frame.loc[(group, "x9"), "mean"] == pytest.approx(means.loc[group, "x9"], rel=1e-6)


@pytest.mark.parametrize(
    ("options", "name", "kind"),
    [
        ({}, "", ""),
        ({"estimator": "MLR"}, ", robust", "_robust"),
        ({"missing": "fiml"}, ", robust", "_robust"),
        ({"ordered": True}, ", robust", "_robust"),
        ({"ordered": ["A1", "A2"]}, ", scaled", "_scaled"),
    ],
    ids=str,
)
def test_a_summary_shows_the_best_indices_that_there_are(options, name, kind):
    data = read_data("bfi900")
    if "missing" in options:
        data.loc[:9, "A3"] = np.nan
    fit = fit_sem("A =~ A1 + A2 + A3 + A4", data, **options)
    shown = dict(line.split("  ", 1) for line in fit.summary().splitlines() if "  " in line.strip())
    for index in ("CFI", "TLI", "RMSEA"):
        text = shown[f"{index}{name}"].strip()
        assert float(text.split()[0]) == pytest.approx(fit.measures[f"{index.lower()}{kind}"], abs=6e-4)


def test_a_summary_shows_scales_of_latent_responses_where_they_are_estimated():
    options = {"ordered": True, "group": "gender"}
    model, data = "A =~ A1 + A2 + A3 + A4", read_data("bfi900")
    assert "Scales of latent responses" not in fit_sem(model, data, **options).summary()
    equal = fit_sem(model, data, group_equal=["thresholds", "loadings"], **options)
    assert "Scales of latent responses" in equal.summary()


@pytest.mark.parametrize("constraint", ["a == b", "a > 0.1"])
def test_the_second_engine_takes_no_constraints(constraint):
    model = f"visual =~ x1 + a*x2 + b*x3 + x4\n{constraint}"
    with pytest.raises(UnsupportedModel, match="takes no constraints"):
        fit_sem(model, read_data("holzinger"), engine="semopy")

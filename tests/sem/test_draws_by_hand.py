"""Draws that are counted, weighted, joined and told, by hand-made numbers; and what a file gives back."""

from __future__ import annotations

import datetime
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from references import read_data
from scipy.special import ndtri

from bouwen.sem import Bootstrap, Moments, fit_sem, monte_carlo_ci
from bouwen.sem.after.storage import _as_json as as_json
from bouwen.sem.after.storage import _value as from_json
from bouwen.sem.after.storage import needs_rows
from bouwen.sem.power.population import ModelPopulation, PopulationError
from bouwen.sem.power.replications import (
    Analysis,
    Replications,
    check_sizes,
    drawn_estimates,
    parameters_of,
    replicate,
    stacked_bread,
    values_of,
)
from bouwen.sem.resample.batch import CONVERGED, NO_SAMPLE, NOT_CONVERGED
from bouwen.sem.resample.draws import source_of_draws, weighted_stack
from bouwen.sem.resample.refits import IMPROPER, Drawn, improper_solutions, join_drawn
from bouwen.sem.resample.samples import average, join, n_draws, take, usable
from bouwen.sem.resample.stacks import weighted_objective
from bouwen.sem.resample.summary import NAMES, draws_as_dict, draws_in_short, intervals_by_kind
from bouwen.sem.resample.weights import leaving_out_weights, resampling_weights, respondent_weights, units_of

NAN = np.nan
PATHS = "x4 ~ a*x1\nx7 ~ b*x4 + x1\nindirect := a*b"


@pytest.fixture(scope="module")
def fit():
    return fit_sem(PATHS, read_data("holzinger"))


@pytest.fixture(scope="module")
def grouped():
    return fit_sem("x4 ~ x1\nx7 ~ x4", read_data("holzinger"), group="school", estimator="GLS")


# ------------------------------------------------------------------ the account of draws


def made(fit, kind="nonparametric", inadmissible="keep"):
    status = np.array([CONVERGED, CONVERGED, CONVERGED, NOT_CONVERGED, NO_SAMPLE])
    improper = np.zeros((5, 3), dtype=bool)
    improper[0, 0] = improper[0, 2] = improper[1, 1] = True
    rows = len(fit.parameters)
    est = np.arange(5.0)[:, None] + np.arange(rows) / 10
    est[3:] = NAN
    measures = pd.DataFrame({"chisq": [9.0, 1.0, 30.0, NAN, NAN]})
    return Bootstrap(fit, kind, 7, inadmissible, Drawn(status, improper, est, 2 * est, 3 * est, measures))


def test_draws_are_counted_by_what_became_of_them(fit):
    for rule, used in (("keep", 3), ("drop", 1)):
        boot = made(fit, inadmissible=rule)
        expected = [5, 3, 1, 1, 2, 1, 1, 1, used]
        assert list(boot.counts.values()) == expected
        assert list(boot.counts)[5:8] == list(IMPROPER)
        assert_allclose(boot.account()["share"], np.array(expected) / 5)
        assert_allclose(boot.values("std_all"), 3 * boot.values())
        assert_allclose(boot.values("std_lv"), 2 * boot.values())
        assert_allclose(boot.values("measures")[:, 0], [9, 1, 30] if rule == "keep" else [30])
        assert boot.warnings[0].startswith("2 of 5 draws gave no estimates")
        assert boot.warnings[1].startswith("2 of 5 draws have an improper solution")
        assert boot.warnings[1].endswith("are kept" if rule == "keep" else "left out")
    assert repr(made(fit)) == "<Bootstrap: nonparametric, 3 of 5 draws in use>"


@pytest.mark.parametrize(
    ("failed", "improper", "warnings"), [(5, 5, 0), (6, 0, 1), (0, 6, 1), (20, 5, 1), (20, 6, 2)]
)
def test_a_twentieth_of_all_draws_may_fail_or_be_improper(fit, failed, improper, warnings):
    status = np.where(np.arange(100) < failed, NOT_CONVERGED, CONVERGED)
    reasons = np.zeros((100, 3), dtype=bool)
    reasons[100 - improper :] = True
    whole = np.zeros((100, len(fit.parameters)))
    drawn = Drawn(status, reasons, whole, whole, whole, pd.DataFrame(index=range(100)))
    boot = Bootstrap(fit, "nonparametric", 1, "keep", drawn)
    assert len(boot.warnings) == warnings
    assert boot.counts["inadmissible"] == improper
    assert boot.counts["not converged"] == failed


def test_the_p_value_is_the_share_of_larger_chi_squares():
    fit = fit_sem("x4 ~ x1\nx7 ~ x4", read_data("holzinger"))
    boot = made(fit, "bollen_stine")
    chisq = fit.measures["chisq"]
    measures = pd.DataFrame({"chisq": [chisq + 1, chisq - 1, chisq, NAN, NAN]})
    assert replace(boot, drawn=replace(boot.drawn, measures=measures)).pvalue == pytest.approx(1 / 3)


def test_what_is_told_of_draws(fit):
    pairs = dict(draws_in_short(made(fit)))
    assert pairs["Bootstrap"] == NAMES["nonparametric"]
    assert pairs["Seed"] == "7"
    assert pairs["Drawn"] == "5 (100.0 %)"
    assert pairs["Used"] == "3 (60.0 %)"
    assert pairs["No sample"] == "1 (20.0 %)"
    assert "Chi-square, bootstrap p" not in pairs
    whole = made(fit)
    clean = replace(whole, drawn=replace(whole.drawn, improper=np.zeros((5, 3), dtype=bool)))
    pairs = dict(draws_in_short(clean))
    assert pairs["Inadmissible"] == "0 (0.0 %)"
    assert "Negative variance" not in pairs
    simulated = SimpleNamespace(kind="parametric", seed=1, counts={"drawn": 4, "used": 4}, pvalue=0.25)
    assert draws_in_short(simulated)[-1] == ("Used", "4 (100.0 %)")
    tested = SimpleNamespace(kind="bollen_stine", seed=1, counts={"drawn": 4, "used": 4}, pvalue=0.25)
    assert draws_in_short(tested)[-1] == ("Chi-square, bootstrap p", "0.250")


def test_intervals_are_told_by_kind_and_group(fit):
    tables = dict(intervals_by_kind(made(fit)))
    assert list(tables["Regressions"]["Parameter"]) == ["x4 ~ x1", "x7 ~ x4", "x7 ~ x1"]
    assert list(tables["Regressions"]) == ["Parameter", "Estimate", "Std.Err", "2.5 %", "97.5 %"]
    assert list(tables["Defined parameters"]["Parameter"]) == ["indirect"]
    found = made(fit).intervals()
    row = found[(found["op"] == "~")].iloc[1]
    shown = tables["Regressions"].iloc[1].tolist()[1:]
    assert shown == [f"{row[name]:.3f}" for name in ("est", "se", "ci_lower", "ci_upper")]
    assert draws_as_dict(made(fit))["account"] == made(fit).counts
    still = made(fit)
    still.drawn.est[:3, list(fit.parameters["rhs"]).index("x4")] = 0.5  # as fixed parameters are
    left = dict(intervals_by_kind(still))["Regressions"]
    assert list(left["Parameter"]) == ["x4 ~ x1", "x7 ~ x1"]
    assert draws_as_dict(made(fit))["intervals"][0]["n_draws"] == 3


def test_tables_of_groups_are_named(grouped):
    titles = [title for title, _ in intervals_by_kind(made(grouped))]
    assert [title for title in titles if title.startswith("Regressions")] == [
        f"Regressions [{name}]" for name in grouped.sample.group_values
    ]


def test_parts_are_joined_in_order(fit):
    one = made(fit).drawn
    two = replace(one, status=one.status[::-1], est=one.est + 10)
    both = join_drawn([one, two])
    assert_array_equal(both.status, np.r_[one.status, one.status[::-1]])
    assert_array_equal(both.est, np.r_[one.est, one.est + 10])
    assert list(both.measures.index) == list(range(10))
    arrays = {name: np.arange(4.0).reshape(2, 2) for name in Replications.__dataclass_fields__}
    first = Replications(**arrays)
    second = Replications(**{name: value + 10 for name, value in arrays.items()})
    for name, value in vars(Replications.joined([first, second])).items():
        assert_array_equal(value, np.r_[arrays[name], arrays[name] + 10])
    assert Replications.joined([replace(first, census=None)] * 2).census is None


def test_each_draw_is_improper_for_its_own_reason():
    model = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nx1 ~~ x4"
    fit = fit_sem(model, read_data("holzinger"))
    keys = [(row.lhs, row.op, row.rhs) for row in fit.partable.rows]
    values = np.stack([fit.implied.values] * 4)
    for d, ends in ((1, ("x2", "x2")), (2, ("f", "g")), (3, ("x1", "x4"))):
        values[d, 0, keys.index((ends[0], "~~", ends[1]))] = -1.0 if d == 1 else 50.0
    found = improper_solutions(fit.structure, values)
    assert found[0].tolist() == [False, False, False]
    assert found[1, 0]
    assert found[2:].tolist() == [[False, True, False], [False, False, True]]


# ------------------------------------------------------------------ weights and stacks


def test_weights_are_samples_of_as_many(fit, grouped):
    sizes = [len(w) for w in respondent_weights(9, 600, 1)]
    assert sum(sizes) == 600
    assert len(sizes) > 1
    drawn = np.concatenate(list(respondent_weights(9, 600, 1)))
    assert (drawn.sum(axis=1) == 9).all()
    assert drawn.std() == pytest.approx(np.sqrt(8 / 9), rel=0.1)
    first = len(grouped.sample.rows[0])
    weights = resampling_weights(grouped.sample, np.random.default_rng(1), 40)
    assert (weights[:, :first].sum(axis=1) == first).all()
    assert (weights[:, first:].sum(axis=1) == len(grouped.sample.rows[1])).all()


def test_each_unit_is_left_out_once():
    rows = (np.zeros((4, 1)), np.zeros((3, 1)))
    clusters = (np.array(["b", "a", "b", "a"]), np.array(["q", "p", "q"]))
    sample = SimpleNamespace(rows=rows, cluster=clusters)
    assert [list(unit) for unit in units_of(sample)] == [[1, 0, 1, 0], [1, 0, 1]]
    weights, strata = leaving_out_weights(sample)
    assert weights.astype(int).tolist() == [
        [1, 0, 1, 0, 1, 1, 1], [0, 1, 0, 1, 1, 1, 1], [1, 1, 1, 1, 1, 0, 1], [1, 1, 1, 1, 0, 1, 0],
    ]  # fmt: skip
    assert strata.tolist() == [0, 0, 1, 1]
    alone = SimpleNamespace(rows=rows, cluster=())
    weights, strata = leaving_out_weights(alone)
    assert_array_equal(weights, 1 - np.eye(7))
    assert strata.tolist() == [0] * 4 + [1] * 3


@pytest.mark.parametrize("kind", ["fit", "grouped"])
def test_stacks_are_taken_joined_and_averaged(kind, request):
    fit = request.getfixturevalue(kind)
    weights = resampling_weights(fit.sample, np.random.default_rng(2), 3)
    stack = weighted_objective(fit.family, weights)
    values = stack.at(fit.theta).value
    assert n_draws(stack) == len(values) == 3
    assert usable(stack).tolist() == [True] * 3
    assert_allclose(take(stack, [2, 0]).at(fit.theta).value, values[[2, 0]])
    assert_allclose(take(stack, 1).at(fit.theta).value, values[1])
    again = join([take(stack, [0]), take(stack, [1, 2])])
    assert_allclose(again.at(fit.theta).value, values)
    assert_allclose(average(stack).cov, stack.cov.mean(axis=0))
    bad = replace(
        stack, **{name: getattr(stack, name).copy() for name in ("V", "constant") if hasattr(stack, name)}
    )
    if kind == "grouped":
        bad.V[1, 1, 0, 0] = NAN
    else:
        bad.constant[1] = NAN
    assert usable(bad).tolist() == [True, False, True]


def test_covariates_of_ordered_items_have_the_moments_of_each_draw():
    data = read_data("bfi900").iloc[:200]
    rng = np.random.default_rng(4)
    data = data.assign(age=rng.normal(40, 9, 200), half=np.repeat(["b", "a"], 100))
    options = {"ordered": ["A1", "A2", "A3"], "group": "half"}
    ordered = fit_sem("A =~ A1 + A2 + A3\nA ~ age + C1", data, **options)
    weights = resampling_weights(ordered.sample, rng, 3)
    family, _ = weighted_stack(ordered.family, weights)
    x = list(family.structure.exogenous)
    assert len(x) == 2
    for d in range(3):
        for g, part in enumerate(np.split(weights[d].astype(int), 2)):
            drawn = np.repeat(ordered.sample.rows[g][:, x], part, axis=0)
            assert_allclose(family.sample.mean[d, g, x], drawn.mean(axis=0))
            assert_allclose(family.sample.cov[d, g][np.ix_(x, x)], np.cov(drawn.T))


def test_weights_that_are_no_draw_s_own_are_no_stack():
    unweighted = fit_sem("x4 ~ x1\nx7 ~ x4", read_data("holzinger"), estimator="ULS")
    stack = weighted_objective(
        unweighted.family, resampling_weights(unweighted.sample, np.random.default_rng(2), 3)
    )
    alone = np.broadcast_to(np.eye(3), (1, 3, 3))
    assert n_draws(replace(stack, V=alone)) == 3
    assert_allclose(
        take(replace(stack, V=alone), [1]).at(unweighted.theta).value,
        take(stack, [1]).at(unweighted.theta).value,
    )


# ------------------------------------------------------------------ Monte Carlo


def test_drawn_definitions_spread_as_the_delta_method_says(fit):
    found = monte_carlo_ci(fit, 20000, seed=3, expressions={"twice": "2*indirect", "sum": "a + b"})
    assert list(found["lhs"]) == ["twice", "sum"]
    a, b = (fit.parameters.set_index("label")["est"][name] for name in "ab")
    assert_allclose(found["est"], [2 * a * b, a + b])
    places = [k for k, row in enumerate(fit.partable.rows) if row.label in ("a", "b")]
    free = [fit.partable.rows[k].free for k in places]
    V = fit.theta_cov[np.ix_(free, free)]
    slopes = np.array([[2 * b, 2 * a], [1, 1]])
    se = np.sqrt(np.diag(slopes @ V @ slopes.T))
    assert_allclose(found["se"], se, rtol=0.03)
    assert_allclose(found["ci_upper"] - found["ci_lower"], 2 * 1.96 * se, rtol=0.03)
    assert (found["n_draws"] == 20000).all()
    narrow = monte_carlo_ci(fit, 20000, seed=3, confidence=0.8)
    assert list(narrow["lhs"]) == ["indirect"]
    assert_allclose(narrow["ci_upper"] - narrow["ci_lower"], 1.2816 * se[0], rtol=0.03)


# ------------------------------------------------------------------ replications


def analysis_of(text, model, alpha=0.05):
    source = ModelPopulation.read(text)
    bare = Analysis(model, "ML", ((),), None, source, alpha=alpha)
    fit = bare.fit_moments([200] * len(source.groups))
    return replace(bare, parameters=tuple(parameters_of(fit.partable).values())), fit


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_limits_of_estimates_and_of_definitions(alpha):
    analysis, fit = analysis_of("m ~ 0.5*x\ny ~ 0.4*m", "m ~ a*x\ny ~ b*m\nab := a*b", alpha)
    theta, vcov = np.stack([fit.theta] * 3), np.stack([fit.theta_cov, 4 * fit.theta_cov, NAN * fit.theta_cov])
    rng = np.random.default_rng(1)
    est, se, lower, upper = drawn_estimates(fit.partable, theta, vcov, analysis, rng)
    names = [p.name for p in analysis.parameters]
    k = names.index("ab")
    free = [j for j in range(len(names)) if j != k]
    z = ndtri(1 - alpha / 2)
    assert_allclose(lower[:, free], est[:, free] - z * se[:, free])
    assert_allclose(upper[:, free], est[:, free] + z * se[:, free])
    assert_allclose(se[1], 2 * se[0])
    assert_allclose(est[0, k], 0.2, atol=1e-6)
    assert np.isnan(se[2]).all()
    assert_allclose((upper - lower)[0, k], 2 * z * se[0, k], rtol=0.15)
    assert (lower[:2, k] < est[:2, k]).all()
    if alpha == 0.05:  # a product is skewed
        assert upper[1, k] - est[1, k] > est[1, k] - lower[1, k]
    values, J = values_of(fit.partable, theta[:1], analysis.parameters)
    assert_allclose(values[0], est[0])
    step = 1e-6
    for q in range(theta.shape[1]):
        moved = theta[:1].copy()
        moved[0, q] += step
        assert_allclose(
            (values_of(fit.partable, moved, analysis.parameters)[0] - values)[0] / step, J[0, :, q], atol=1e-5
        )


def test_errors_of_a_finite_population_are_smaller():
    analysis, _ = analysis_of("y ~ 0.4*x", "y ~ x")
    chunk = SimpleNamespace(rng=lambda: np.random.default_rng(1), size=3)
    plain = replicate(chunk, analysis=analysis, sizes=(60,), census=None)
    finite = replicate(chunk, analysis=analysis, sizes=(60,), census=(100,))
    assert plain.census is None
    assert_allclose(finite.est, plain.est, atol=1e-6)
    assert_allclose(finite.se, plain.se * np.sqrt(1 - 60 / 100), rtol=1e-5)
    assert finite.census.shape == finite.est.shape
    assert_allclose(plain.chisq, 0, atol=1e-8)


@pytest.mark.parametrize(
    ("sizes", "census", "fine"),
    [
        ((3,), None, True),
        ((2,), None, False),
        ((50, 3), (50, 3), True),
        ((50, 3), (50, 2), False),
        ((2, 9), None, False),
    ],
)
def test_samples_hold_more_than_the_items_and_no_more_than_the_population(sizes, census, fine):
    analysis, _ = analysis_of("y ~ 0.4*x", "y ~ x")
    if fine:
        check_sizes(analysis, sizes, census)
        return
    with pytest.raises(PopulationError, match="respondents"):
        check_sizes(analysis, sizes, census)


def test_singular_information_has_no_inverse_and_does_not_disturb_others():
    whole = np.array([[2.0, 0.5], [0.5, 1.0]])
    found = stacked_bread(np.stack([whole, np.ones((2, 2))]), None)
    assert_allclose(found[0], np.linalg.inv(whole))
    assert np.isnan(found[1]).all()
    basis = np.array([[1.0], [1.0]])
    assert_allclose(stacked_bread(whole[None], basis)[0], np.full((2, 2), 0.25))


# ------------------------------------------------------------------ files


@pytest.mark.parametrize(
    "value",
    [
        np.array([[1.0, NAN], [np.inf, -np.inf]]), np.arange(6).reshape(3, 2), np.zeros((0, 2)), 0.5, True,
        None, "text", 7, float("inf"), (1, (2.0, "x")), {"a": (1, 2)},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_comes_back_as_it_was(value):
    again = from_json(as_json(value))
    assert type(again) is type(value)
    if not isinstance(value, np.ndarray):
        assert again == value
        return
    assert (again.shape, again.dtype.kind) == (value.shape, value.dtype.kind)
    assert_array_equal(again, value)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": [0.5, NAN], "name": ["a", "b"]}),
        pd.DataFrame({"x": [0.5, -np.inf]}, pd.Index(["a", "b"], name="item")),
        pd.DataFrame({"x": [1, 2]}, pd.MultiIndex.from_tuples([("a", 1), ("b", 2)], names=["g", None])),
    ],
    ids=["plain", "named", "levels"],
)
def test_a_frame_comes_back_as_it_was(frame):
    pd.testing.assert_frame_equal(from_json(as_json(frame)), frame)


def test_a_series_comes_back_and_a_date_is_its_text():
    series = pd.Series([0.5, NAN, np.inf], ["a", "b", "c"])
    pd.testing.assert_series_equal(from_json(as_json(series)), series)
    assert as_json(datetime.date(2026, 1, 2)) == "2026-01-02"
    assert as_json([np.float64(NAN), np.int64(2), np.bool_(True)]) == [{"number": "nan"}, 2, True]


def test_rows_are_needed_by_robust_errors_and_gaps():
    rows, gaps = read_data("holzinger"), read_data("holzinger_missing")
    moments = Moments(rows[["x1", "x4", "x7"]].cov(), n=301)
    for needs, options, data in (
        (False, {}, rows), (True, {"estimator": "MLR"}, rows), (True, {"missing": "fiml"}, gaps),
        (False, {}, moments),
    ):  # fmt: skip
        assert needs_rows(fit_sem("x4 ~ x1\nx7 ~ x4", data, **options)) is needs


def test_answers_drawn_from_a_model_have_the_gaps_of_the_sample():
    fit = fit_sem("visual =~ x1 + x2 + x3", read_data("holzinger_missing"), missing="fiml")
    (drawn,) = source_of_draws(fit, "parametric")._continuous(np.random.default_rng(1))
    assert np.isnan(drawn).any()
    assert_array_equal(np.isnan(drawn), np.isnan(fit.sample.rows[0]))

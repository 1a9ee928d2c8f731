"""Bootstrap: against lavaan within Monte Carlo error, and against separate fits of the same draws."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from references import read_data, read_values
from scipy.stats import norm

import bouwen
from bouwen.checks import NotACount, UnknownOption
from bouwen.sem import (
    Bootstrap,
    Fit,
    Moments,
    NoAcceleration,
    UnsupportedModel,
    bootstrap,
    fit_sem,
    monte_carlo_ci,
)
from bouwen.sem.after.intervals import OtherModel, normal_quantiles
from bouwen.sem.resample.batch import CONVERGED, NO_SAMPLE
from bouwen.sem.resample.bootstrapping import MANY
from bouwen.sem.resample.draws import normal_moments, source_of_draws, transformed
from bouwen.sem.resample.weights import leaving_out_weights, resampling_weights
from bouwen.sem.resample.workers import Chunk

RANDOM = read_values("psych/psych_semtools")
PATH_MODEL = RANDOM["bootstrap_pd"]["model"]
DRAWS = 2000
SIGMAS = 4.5  # of Monte Carlo error: some 80 figures are compared

THREE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
PATHS = (
    "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\nvisual ~ ageyr + sex\nspeed ~ v*visual + ageyr\nw := v^2"
)
TRUST = "f =~ q1 + q2 + q3\ng =~ q4 + q5 + q6\ng ~ f"


@cache
def democracy() -> Fit:
    return fit_sem(PATH_MODEL, read_data("democracy"))


@cache
def drawn(kind: str = "nonparametric") -> Bootstrap:
    return bootstrap(democracy(), DRAWS, kind=kind, seed=20)


# ---------------------------------------------------------------------- against lavaan


def within_ranks(boot: Bootstrap, level: np.ndarray, error: np.ndarray, limits: np.ndarray) -> np.ndarray:
    """Whether limits lie between the quantiles of our draws at levels that far to either side."""
    low, high = (
        normal_quantiles(boot.values(), np.clip(level + s * SIGMAS * error, 1e-6, 1 - 1e-6)[None, :])[0]
        for s in (-1, 1)
    )
    return (low <= limits + 1e-9) & (limits <= high + 1e-9)


def test_errors_agree_with_lavaan():
    theirs, boot = pd.DataFrame(RANDOM["bootstrap_pd"]["rows"]), drawn()
    ours = boot.intervals()
    assert_array_equal(ours[["lhs", "op", "rhs"]], theirs[["lhs", "op", "rhs"]])
    assert_allclose(ours["est"], theirs["est"], atol=1e-5)
    centred = boot.values() - boot.values().mean(axis=0)
    variance = (centred**2).mean(axis=0)
    with np.errstate(invalid="ignore"):  # error of a standard deviation, (m₄ − m₂²) / 4 m₂ R
        error = np.sqrt(((centred**4).mean(axis=0) - variance**2) / (4 * variance))
    error = np.nan_to_num(error) * np.sqrt(1 / DRAWS + 1 / RANDOM["bootstrap_pd"]["draws"])
    assert (np.abs(ours["se"] - theirs["se"]) <= SIGMAS * error).all()
    assert (ours["se"] == 0).equals(theirs["se"] == 0)


@pytest.mark.parametrize("end", ["lower", "upper"])
def test_percentile_limits_agree_with_lavaan(end):
    theirs, level = pd.DataFrame(RANDOM["bootstrap_pd"]["rows"]), {"lower": 0.025, "upper": 0.975}[end]
    both = 1 / DRAWS + 1 / RANDOM["bootstrap_pd"]["draws"]
    levels = np.full(len(theirs), level)
    error = np.sqrt(levels * (1 - levels) * both)
    assert within_ranks(drawn(), levels, error, theirs[f"ci.{end}"].to_numpy()).all()


@pytest.mark.parametrize("end", ["lower", "upper"])
def test_bias_corrected_limits_agree_with_lavaan(end):
    theirs, boot = pd.DataFrame(RANDOM["bootstrap_pd"]["bca"]), drawn()
    both = 1 / DRAWS + 1 / RANDOM["bootstrap_pd"]["draws"]
    below = (boot.values() < boot.intervals()["est"].to_numpy()).mean(axis=0)
    moving = boot.intervals()["se"].to_numpy() > 0
    z0 = norm.ppf(np.where(moving, below, 0.5))
    place = 2 * z0 + norm.ppf({"lower": 0.025, "upper": 0.975}[end])
    levels = norm.cdf(place)
    of_bias = 2 * norm.pdf(place) * np.sqrt(below * (1 - below)) / norm.pdf(z0)
    error = np.sqrt((levels * (1 - levels) + of_bias**2) * both)
    assert within_ranks(boot, levels, error, theirs[f"ci.{end}"].to_numpy()).all()


def test_bollen_stine_agrees_with_lavaan():
    three = "ind60 =~ x1 + x2 + x3\ndem60 =~ y1 + y2 + y3 + y4\ndem65 =~ y5 + y6 + y7 + y8\n"
    fit = fit_sem(three + "dem60 ~ ind60\ndem65 ~ ind60 + dem60", read_data("democracy"))
    boot, theirs = bootstrap(fit, 1000, kind="bollen_stine", seed=3), RANDOM["bollen_stine_pd"]
    p = (boot.pvalue + theirs["p"]) / 2
    assert abs(boot.pvalue - theirs["p"]) < 4 * np.sqrt(p * (1 - p) * (1 / 1000 + 1 / theirs["draws"]))


def test_monte_carlo_interval_agrees_with_semtools():
    theirs = RANDOM["montecarlo_ci_pd"]
    found = monte_carlo_ci(democracy(), seed=1)
    assert found.loc[0, "est"] == pytest.approx(theirs["est"], abs=1e-5)
    # a quantile's error, with the density of a normal variable at it
    error = np.sqrt(0.025 * 0.975 * 2 / 20000) / norm.pdf(norm.ppf(0.025)) * found.loc[0, "se"]
    for end in ("lower", "upper"):
        assert abs(found.loc[0, f"ci_{end}"] - theirs[f"ci.{end}"]) < 4 * error


# ---------------------------------------------------------------------- against separate fits

CASES = {
    "complete": (PATH_MODEL, "democracy", {}),
    "groups": (THREE, "holzinger", {"group": "school", "group_equal": ("loadings", "intercepts")}),
    "fiml": (THREE, "holzinger_missing", {"estimator": "MLR", "missing": "fiml"}),
    "covariates": (PATHS, "holzinger", {"estimator": "MLR"}),
    "clusters": (THREE, "holzinger", {"cluster": "class"}),
    "gls": (THREE, "holzinger", {"estimator": "GLS"}),
    "ordered": (TRUST, "ordered", {"ordered": True}),
    "ordered, covariate": (TRUST + "\ng ~ z", "ordered", {"ordered": [f"q{k}" for k in range(1, 7)]}),
}
MEASURES = ("chisq", "df", "cfi", "tli", "rmsea", "srmr")


@cache
def answers(name: str) -> pd.DataFrame:
    """The data of a case: of some published studies, simulated ordered answers, and clusters of our own."""
    if name == "ordered":
        rng = np.random.default_rng(8)
        f = rng.normal(size=300)
        z = 0.5 * f + rng.normal(size=300)
        g = 0.5 * f + 0.3 * z + rng.normal(size=300)
        items = np.column_stack([f, f, f, g, g, g]) + rng.normal(size=(300, 6))
        frame = pd.DataFrame(np.digitize(items, [-1.0, 0.2, 1.2]), columns=[f"q{k}" for k in range(1, 7)])
        return frame.assign(z=z)
    frame = read_data(name)
    return frame.assign(**{"class": np.arange(len(frame)) // 7})


def fitted(case: str) -> tuple[Fit, pd.DataFrame]:
    model, name, options = CASES[case]
    return fit_sem(model, answers(name), **options), answers(name)


@pytest.mark.parametrize("case", CASES)
def test_a_draw_is_a_fit_of_the_drawn_rows(case):
    model, _, options = CASES[case]
    fit, frame = fitted(case)
    draws, seed = 3, 11
    boot = bootstrap(fit, draws, seed=seed, measures=MEASURES)
    weights = resampling_weights(fit.sample, Chunk(0, 0, draws, seed).rng(), draws).astype(int)
    order = np.concatenate(fit.sample.index)
    for d in range(draws):
        rows = frame.iloc[np.repeat(order, weights[d])]
        alone = fit_sem(model, rows, **options)
        assert boot.drawn.status[d] == CONVERGED
        for name in ("est", "std_lv", "std_all"):
            assert_allclose(getattr(boot.drawn, name)[d], alone.parameters[name], rtol=1e-6, atol=2e-6)
        assert_allclose(boot.drawn.measures.loc[d, list(MEASURES)], alone.measures[list(MEASURES)], atol=2e-5)
        assert boot.drawn.improper[d].any() == any("improper" in w for w in alone.warnings)


@pytest.mark.parametrize("case", ["complete", "fiml", "covariates"])
def test_the_acceleration_is_that_of_separate_fits(case):
    model, _, options = CASES[case]
    fit, frame = fitted(case)
    weights, strata = leaving_out_weights(fit.sample)
    assert_array_equal(weights.sum(axis=1), fit.n - 1)
    assert_array_equal(strata, 0)
    boot = bootstrap(fit, 2, seed=1)
    for k in (0, 40):
        alone = fit_sem(model, frame.drop(index=frame.index[fit.sample.index[0][k]]), **options)
        left_out, _ = boot._left_out
        assert_allclose(left_out.std_all[k], alone.parameters["std_all"], rtol=1e-6, atol=2e-6)


# ---------------------------------------------------------------------- how draws arise


@pytest.mark.parametrize("kind", ["nonparametric", "bollen_stine", "parametric"])
def test_workers_change_nothing(kind):
    one, two = (bootstrap(democracy(), 501, kind=kind, seed=5, n_jobs=n) for n in (1, 2))
    assert one.values("std_all").tobytes() == two.values("std_all").tobytes()
    assert one.drawn.status.tobytes() == two.drawn.status.tobytes()
    assert bootstrap(democracy(), 501, kind=kind, seed=6).values().tobytes() != one.values().tobytes()


def test_respondents_are_drawn_within_their_group():
    fit, _ = fitted("groups")
    weights = resampling_weights(fit.sample, np.random.default_rng(1), 2000)
    first = int(fit.sample.n[0])
    assert_array_equal(weights[:, :first].sum(axis=1), first)
    assert_array_equal(weights[:, first:].sum(axis=1), fit.n - first)
    assert_allclose(weights.mean(axis=0), 1.0, atol=5 / np.sqrt(2000))
    assert_allclose(weights[:, :first].var(axis=0).mean(), 1 - 1 / first, rtol=0.02)


def test_whole_clusters_are_drawn_and_left_out():
    fit, frame = fitted("clusters")
    cluster = frame["class"].to_numpy()
    weights = resampling_weights(fit.sample, np.random.default_rng(1), 50)
    for c in np.unique(cluster):
        assert (np.ptp(weights[:, cluster == c], axis=1) == 0).all()
    assert_array_equal(
        weights[:, np.unique(cluster, return_index=True)[1]].sum(axis=1), len(np.unique(cluster))
    )
    without, strata = leaving_out_weights(fit.sample)
    assert len(without) == len(strata) == len(np.unique(cluster))
    assert_array_equal(without[3] == 0, cluster == 3)


@pytest.mark.parametrize("options", [{}, {"meanstructure": True}, {"group": "school"}], ids=str)
def test_the_model_holds_in_the_moved_sample(options):
    fit = fit_sem(
        THREE,
        read_data("holzinger"),
        group_equal=("loadings", "intercepts") if "group" in options else (),
        **options,
    )
    sample = transformed(fit)
    rows = pd.concat(
        [
            pd.DataFrame(x, columns=sample.names).assign(school=g)
            for g, x in zip(sample.groups, sample.rows, strict=True)
        ]
    )
    again = fit_sem(THREE, rows, group_equal=fit.call.group_equal, **options)
    assert again.measures["chisq"] == pytest.approx(0, abs=1e-8)
    assert_allclose(again.theta, fit.theta, atol=1e-6)


def test_the_model_nearly_holds_in_a_moved_incomplete_sample():
    fit, _ = fitted("fiml")
    sample = transformed(fit)
    for before, after in zip(fit.sample.rows, sample.rows, strict=True):
        assert_array_equal(np.isnan(before), np.isnan(after))
    again = fit_sem(THREE, pd.DataFrame(sample.rows[0], columns=sample.names), missing="fiml")
    assert again.measures["chisq"] < 0.02 * fit.measures["chisq"]


@pytest.mark.parametrize("n", [40, 3])
def test_normal_moments_have_the_mean_and_spread_of_normal_samples(n):
    rng, size = np.random.default_rng(3), 20000
    mean, cov = np.array([1.0, -2.0, 0.0]), np.array([[2.0, 0.6, 0.2], [0.6, 1.0, -0.3], [0.2, -0.3, 0.5]])
    m, S = normal_moments(rng, size, n, mean, cov)
    i, j = np.tril_indices(3)
    assert_allclose(m.mean(axis=0), mean, atol=5 * np.sqrt(2 / n / size))
    assert_allclose(np.cov(m.T), cov / n, atol=0.05 * 2 / n)
    spread = np.sqrt((n - 1) * (cov[i, i] * cov[j, j] + cov[i, j] ** 2)) / n  # of a Wishart element
    assert (np.abs(S.mean(axis=0) - (n - 1) / n * cov)[i, j] < 5 * spread / np.sqrt(size)).all()
    assert_allclose(S.std(axis=0)[i, j], spread, rtol=0.05)


@pytest.mark.parametrize(
    "case",
    [
        "complete",
        "fiml",
        *(pytest.param(c, marks=pytest.mark.long) for c in ("ordered", "ordered, covariate")),
    ],
)
def test_parametric_draws_spread_as_the_standard_errors_say(case):
    model, name, options = CASES[case]
    if case == "complete":
        model, name = THREE, "holzinger"
    options = {k: v for k, v in options.items() if k != "estimator"}
    fit = fit_sem(model, answers(name), **options)
    draws = 1000 if case == "complete" else 120
    boot = bootstrap(fit, draws, kind="parametric", seed=9)
    table, found = fit.parameters, boot.intervals()
    rows = ((table["se"] > 0) & (table["op"] != "~~")).to_numpy()
    ratio = (found["se"] / table["se"])[rows]
    assert abs(np.median(ratio) - 1) < 0.15
    median = np.median(boot.values(), axis=0)
    assert (
        np.abs(median - table["est"])[rows]
        < 5 * 1.25 * found["se"][rows] / np.sqrt(draws) + 0.1 * table["se"][rows]
    ).all()


def test_parametric_draws_need_no_rows():
    frame = read_data("democracy")
    moments = Moments(frame[list(democracy().sample.names)].cov(), n=len(frame))
    fit = fit_sem(PATH_MODEL, moments)
    boot = bootstrap(fit, 300, kind="parametric", seed=2)
    assert_allclose(boot.values(), bootstrap(democracy(), 300, kind="parametric", seed=2).values(), atol=1e-6)
    with pytest.raises(UnsupportedModel, match="parametric"):
        bootstrap(fit, 300, seed=2)
    with pytest.raises(UnsupportedModel, match="rows"):
        boot.intervals("bca")


# ---------------------------------------------------------------------- the account


def test_the_account_adds_up():
    boot = drawn()
    count = boot.account().set_index("outcome")["draws"]
    assert count["drawn"] == DRAWS == count["converged"] + count["not converged"] + count["no sample"]
    assert count["used"] == count["converged"]
    assert count["inadmissible"] > MANY * DRAWS  # the disturbance of dem65 is near zero
    assert any("improper solution; they are kept" in w for w in boot.warnings)
    assert_allclose(boot.account()["share"], boot.account()["draws"] / DRAWS)
    strict = replace(boot, inadmissible="drop")
    assert strict.counts["used"] == count["converged"] - count["inadmissible"]
    assert any("they are left out" in w for w in strict.warnings)
    variances = (boot.fit.parameters["op"] == "~~") & (
        boot.fit.parameters["lhs"] == boot.fit.parameters["rhs"]
    )
    assert boot.values()[:, variances].min() < 0 <= strict.values()[:, variances].min()
    assert (strict.intervals()["n_draws"] == count["used"] - count["inadmissible"]).all()


def test_draws_without_a_sample_are_counted_and_left_out():
    """Ten respondents with three items, two of which only one respondent tells apart."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(10, 3))
    x[:, 1] = x[:, 0] + 2.0 * (np.arange(10) == 9)
    fit = fit_sem("a ~~ b\na ~~ c\nb ~~ c", pd.DataFrame(x, columns=["a", "b", "c"]))
    boot = bootstrap(fit, 400, seed=1)
    weights = resampling_weights(fit.sample, Chunk(0, 0, 250, 1).rng(), 250)
    assert_array_equal(boot.drawn.status[:250] == NO_SAMPLE, weights[:, 9] == 0)
    assert boot.counts["no sample"] == (boot.drawn.status == NO_SAMPLE).sum() > 0
    assert boot.counts["used"] == 400 - boot.counts["no sample"] == boot.intervals()["n_draws"].max()
    assert not np.isnan(boot.values()).any()
    assert any("gave no estimates" in warning for warning in boot.warnings)
    with pytest.raises(NoAcceleration) as refusal:
        boot.intervals("bca")
    assert refusal.value.failed >= 1


def test_without_degrees_of_freedom_there_is_no_test():
    boot = bootstrap(fit_sem("x1 ~ x2", read_data("holzinger")), 50, kind="bollen_stine")
    assert np.isnan(boot.pvalue)


def test_what_is_no_fit_or_no_measure_of_it_is_refused():
    with pytest.raises(UnsupportedModel, match='"GLS" has no "logl"'):
        bootstrap(fitted("gls")[0], 5, measures=["logl"])
    sam = bouwen.fit_sam(PATHS, read_data("holzinger"))
    for function in (monte_carlo_ci, bouwen.fit_cutoffs):
        with pytest.raises(UnsupportedModel, match="not a SamFit"):
            function(sam)


def test_draws_that_all_fail_leave_nothing_but_an_account():
    few = pd.DataFrame({"x": [1.0, 2.0, 4.0, 3.0], "z": [2.0, 1.0, 3.0, 5.0], "y": [1.0, 3.0, 2.0, 2.5]})
    boot = bootstrap(fit_sem("y ~ x + z", few), 2, seed=0)
    assert boot.counts["no sample"] == 2
    for kind in ("percentile", "bc"):
        assert boot.intervals(kind)[["se", "ci_lower", "ci_upper"]].isna().all(axis=None)
    assert "2 of 2 draws gave no estimates" in boot.summary()


def test_draws_of_another_model_are_refused():
    boot = bootstrap(fit_sem(THREE, read_data("holzinger")), 10)
    other = fit_sem("visual =~ x1 + x2 + x3 + x4", read_data("holzinger"))
    for draws in (boot, boot.values()):
        with pytest.raises(OtherModel, match="another model"):
            bouwen.omega(other, draws=draws)


def test_the_result_can_be_read():
    boot = drawn("bollen_stine")
    text, page, plain = boot.summary(), boot._repr_html_(), boot.to_dict()
    assert "indirect" in text
    assert "2.5 %" in text
    assert "<table" in page
    assert json.loads(json.dumps(plain))["account"]["drawn"] == DRAWS
    assert plain["intervals"][-1]["lhs"] == "indirect"
    assert f"{boot.counts['used']} of {DRAWS}" in repr(boot)
    assert "bootstrap p" in text


# ---------------------------------------------------------------------- reliability and refusals


def test_a_bootstrap_is_an_array_of_draws():
    fit = fit_sem(THREE, read_data("holzinger"))
    boot = bootstrap(fit, 400, seed=2)
    assert_array_equal(np.asarray(boot), boot.values())
    assert_array_equal(np.asarray(boot, dtype=np.float32).shape, (400, len(fit.parameters)))
    found = bouwen.omega(fit, draws=boot)
    pd.testing.assert_frame_equal(found, bouwen.omega(fit, draws=boot.values()))
    assert (found["ci_lower"] < found["omega"]).all()
    assert (found["omega"] < found["ci_upper"]).all()
    by_hand = [
        bouwen.omega(fit_sem(THREE, read_data("holzinger").iloc[np.repeat(np.arange(fit.n), w.astype(int))]))[
            "omega"
        ]
        for w in resampling_weights(fit.sample, Chunk(0, 0, 250, 2).rng(), 250)[:2]
    ]
    for k, one in enumerate(by_hand):
        assert_allclose(bouwen.omega(fit, draws=boot.values()[[k]])["ci_lower"], one, atol=1e-6)


def test_measures_have_intervals_when_they_were_drawn():
    fit = fit_sem(THREE, read_data("holzinger"))
    boot = bootstrap(fit, 250, seed=2, measures=["rmsea", "cfi"])
    found = boot.intervals(of="measures").set_index("measure")
    assert_allclose(found["est"], fit.measures[["rmsea", "cfi"]])
    assert (found["ci_lower"] < found["ci_upper"]).all()
    with pytest.raises(UnsupportedModel, match="measures="):
        drawn().intervals(of="measures")


def test_what_makes_no_sense_is_refused():
    fit, _ = fitted("ordered")
    with pytest.raises(UnsupportedModel, match="Bollen–Stine"):
        source_of_draws(fit, "bollen_stine")
    for options in ({"kind": "jackknife"}, {"inadmissible": "repair"}, {"measures": ["gfi"]}):
        with pytest.raises(UnknownOption):
            bootstrap(democracy(), 10, seed=1, **options)
    with pytest.raises(NotACount, match="draws=1 cannot be; give a whole number from 2 on"):
        bootstrap(democracy(), 1, seed=1)
    with pytest.raises(NotACount, match="seed=-1"):
        bootstrap(democracy(), 10, seed=-1)
    with pytest.raises(NotACount, match="n_jobs=0"):
        bootstrap(democracy(), 10, n_jobs=0)
    with pytest.raises(NotACount, match="draws=0"):
        monte_carlo_ci(democracy(), 0)
    with pytest.raises(NotACount, match="seed=-1"):
        monte_carlo_ci(democracy(), 10, seed=-1)
    with pytest.raises(UnsupportedModel, match="bollen_stine"):
        _ = drawn().pvalue
    for options in ({"of": "beta"}, {"kind": "basic"}):
        with pytest.raises(UnknownOption):
            drawn().intervals(**options)

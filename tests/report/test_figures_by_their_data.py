"""Figures map what was computed: their data, worked out anew, in the order in which they stand."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.report import plots
from bouwen.report.audience import reader
from bouwen.report.plots.style import look, most_extreme


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/reputation/study.yml")


@pytest.fixture(scope="module")
def fit(study):
    return bouwen.fit_model(study, "structural")


def downwards(column):
    """The labels of an axis from top to bottom."""
    return list(column.cat.categories)[::-1]


def scores(study):
    """Mean scores from raw answers; no item of this study is reversed."""
    assert not any(item.reversed for item in study.instrument.items.values())
    frames = {c: study.responses[list(study.items_of(c))] for c in study.constructs}
    return pd.DataFrame({c: f.mean(axis=1).where(f.notna().mean(axis=1) >= 0.5) for c, f in frames.items()})


def test_means_with_the_middle_of_their_scale(study):
    found = plots.means(study).data
    assert downwards(found["construct"]) == [study.label(c) for c in study.constructs]
    for row, construct in zip(found.itertuples(), study.constructs, strict=True):
        values = scores(study)[construct].dropna()
        low, high = stats.t.interval(0.95, len(values) - 1, values.mean(), stats.sem(values))
        digits = 1 if len(study.items_of(construct)) == 1 else 2
        expected = np.round([values.mean(), low, high, 4], digits)
        assert_allclose([row.mean, row.ci_lower, row.ci_upper, row.midpoint], expected, atol=1e-9)


def test_the_outcome_per_level(study):
    found = plots.outcome_by_group(study).data
    values, at = scores(study)[study.outcome], 0
    for group in study.groups:
        sizes = study.responses[group].value_counts()
        for level in study.levels(group):
            if sizes[level] < study.settings.min_group:
                continue
            row, here = found.iloc[at], values[study.responses[group] == level].dropna()
            low, high = stats.t.interval(0.95, len(here) - 1, here.mean(), stats.sem(here))
            assert (row["group"], row["level"], row["n"]) == (group, level, len(here))
            expected = np.round([here.mean(), low, high], 2)
            assert_allclose([row["x"], row["ci_lower"], row["ci_upper"]], expected, atol=1e-9)
            at += 1
    assert at == len(found)


@pytest.mark.parametrize("beside", [False, True])
def test_correlations_with_the_outcome_from_the_strongest_on(study, beside):
    group = study.groups[0]
    part = study.subset(group, study.levels(group)[0]) if beside else None
    found = plots.outcome(study, part).data
    frames = [scores(study)] + ([scores(part)] if beside else [])
    r = [f.corr()[study.outcome].drop(study.outcome) for f in frames]
    order = r[0].sort_values(ascending=False, kind="stable").index
    assert len(found) == len(order) * len(r)
    for series, values in zip(found["series"].cat.categories, r, strict=True):
        rows = found[found["series"] == series]
        assert list(rows["construct"]) == list(order)
        assert_allclose(rows["x"], values[order])
        assert (rows["ci_lower"] < rows["x"]).all()
        assert (rows["x"] < rows["ci_upper"]).all()


def test_a_level_beside_all(study):
    group = study.groups[0]
    level = study.levels(group)[0]
    found = plots.level_profile(study, group, level).data
    names = list(found["series"].cat.categories)
    assert names[1] == study.level_label(group, level)
    here = study.responses[group] == level
    for series, frame in zip(names, (scores(study), scores(study)[here]), strict=True):
        rows = found[found["series"] == series].set_index("label")
        for construct in study.constructs:
            digits = 1 if len(study.items_of(construct)) == 1 and series == names[0] else 2
            assert rows.loc[study.label(construct), "x"] == pytest.approx(
                round(frame[construct].mean(), digits)
            )


@pytest.mark.parametrize("confidence", [0.95, 0.8])
@pytest.mark.parametrize(("op", "make"), [("=~", plots.loadings), ("~", plots.paths)])
def test_parameters_of_a_fit(study, fit, op, make, confidence):
    found = make(fit, study, confidence=confidence).data
    solution = fit.standardized()
    solution = solution[solution["op"] == op]
    half = stats.norm.ppf((1 + confidence) / 2) * solution["se"]
    assert_allclose(found["est_std"], solution["est_std"])
    assert_allclose(found["ci_lower"], solution["est_std"] - half)
    assert_allclose(found["ci_upper"], solution["est_std"] + half)
    own, panel = ("item", "factor") if op == "=~" else ("line", "outcome")
    assert found[panel].nunique() == solution["lhs"].nunique()
    assert len(found[own]) == len(solution)


def test_paths_with_draws_have_their_percentiles(study, fit):
    boot = bouwen.bootstrap(fit, 30, seed=3)
    found = plots.paths(fit, study, draws=boot).data
    expected = boot.intervals(of="std_all", confidence=0.95).query("op == '~'")
    for column, name in (("est_std", "est"), ("ci_lower", "ci_lower"), ("ci_upper", "ci_upper")):
        assert_allclose(found[column], expected[name])


def test_indirect_effects_have_the_intervals_of_the_draws():
    names = [
        "predictor",
        "via",
        "outcome",
        "group",
        "est",
        "ci_lower",
        "ci_upper",
        "boot_lower",
        "boot_upper",
    ]
    rows = [("x", ("m",), "y", "", 0.2, -1.0, 1.0, 0.1, 0.4), ("w", (), "y", "", -0.1, -1.0, 1.0, -0.3, 0.05)]
    frame = pd.DataFrame(rows, columns=names)
    found = plots.indirect_effects(frame).data
    assert_allclose(found[["est_std", "ci_lower", "ci_upper"]], [[0.2, 0.1, 0.4], [-0.1, -0.3, 0.05]])
    assert downwards(found["line"]) == ["x → m", "w → …"]


def test_ratios_from_the_largest_down(study):
    found = bouwen.htmt(study, draws=30, seed=2)
    rows = plots.ratios(found, study).data
    E = found.estimates
    pairs = [(a, b) for k, a in enumerate(E.index) for b in E.index[k + 1 :]]
    order = sorted(pairs, key=lambda pair: -E.loc[pair])
    assert downwards(rows["pair"]) == [f"{study.label(a)} – {study.label(b)}" for a, b in order]
    assert_allclose(rows["x"], [E.loc[pair] for pair in order])
    assert_allclose(rows["ci_lower"], [found.ci_lower.loc[pair] for pair in order])
    assert_allclose(rows["ci_upper"], [found.ci_upper.loc[pair] for pair in order])


def test_of_many_pairs_the_closest_are_drawn_and_the_others_counted(providers):
    found = bouwen.htmt(providers, draws=30, seed=2)
    made, every = plots.ratios(found, providers), found.table()
    drawn = made.data["x"].astype(float)
    assert len(every) == 91
    assert 20 <= len(drawn) < 40
    assert_allclose(np.sort(drawn)[::-1][:20], every["htmt"].nlargest(20))
    left = every.loc[~every["htmt"].isin(drawn)]
    assert (left["ci_upper"] <= 0.85).all()
    others, most = len(every) - len(drawn), left["htmt"].max()
    assert f"of 91 pairs the other {others} have at most {most:.2f}" in made.labels.caption


def test_reliabilities_of_both_kinds(study):
    names = ["alpha", "alpha_ci_lower", "alpha_ci_upper", "omega", "omega_ci_lower", "omega_ci_upper"]
    values = np.arange(6 * len(study.constructs)).reshape(-1, 6) / 100
    table = pd.DataFrame(values, list(study.constructs), names)
    table.loc[study.constructs[-1], names[3:]] = np.nan
    found = plots.reliabilities(table, study).data
    for sign, name in (("α", "alpha"), ("ω", "omega")):
        rows = found[found["series"] == sign].set_index("construct")
        expected = table[[name, f"{name}_ci_lower", f"{name}_ci_upper"]].dropna()
        assert sorted(rows.index) == sorted(expected.index)
        assert_allclose(rows.loc[expected.index, ["x", "ci_lower", "ci_upper"]].astype(float), expected)


def test_residuals_beyond_a_tenth_carry_their_sign(study, fit):
    figure = plots.residuals(fit, study, large=0.02)
    residuals = fit.residuals("cor").to_numpy()
    tiles = figure.data
    p = len(residuals)
    assert len(tiles) == p * (p - 1) / 2
    assert (tiles["row"] > tiles["column"]).all()
    assert_allclose(tiles["residual"], residuals[tiles["row"], tiles["column"]])
    marked = figure.layers[1]._data
    assert len(marked) == (tiles["residual"].abs() >= 0.02).sum() > 0
    assert (marked["sign"] == np.where(marked["residual"] > 0, "+", "−")).all()


def test_power_bands_are_two_errors_wide():
    table = pd.DataFrame({
        "target": ["a", "a", "b", "b"], "n": [50, 100, 50, 100], "power": [0.5, 0.99, 0.03, 0.4],
        "mc_error": [0.02, 0.01, 0.02, 0.05],
    })  # fmt: skip
    effects = pd.DataFrame({"chain": [("x", "y"), ("x", "m", "y")]}, index=["a", "b"])
    from bouwen.path import FollowUp
    from bouwen.report.audience import reader
    from bouwen.report.plots.power import power_bands

    plan = FollowUp(80, 3, effects, SimpleNamespace(table=lambda: table))
    found = power_bands(plan, reader())
    assert_allclose(found["lower"], [0.46, 0.97, 0.0, 0.3])
    assert_allclose(found["upper"], [0.54, 1.0, 0.07, 0.5])
    assert found["n"].tolist() == [50, 100, 50, 100]
    assert found["effect"].tolist() == ["x → y", "x → y", "x → m → y", "x → m → y"]


def test_treatments_stand_at_their_distance_from_the_rule_of_the_book(study):
    index = pd.MultiIndex.from_product(
        [study.constructs, ["listwise", "half answered", "maximum likelihood", "multiple imputation"]],
        names=["construct", "treatment"],
    )
    rng = np.random.default_rng(6)
    treated = pd.DataFrame({"mean": rng.random(len(index)), "se": 0.1 + rng.random(len(index))}, index=index)
    found = plots.treatments(treated, study).data.set_index(["construct", "treatment"])
    for construct, treatment in index:
        row = found.loc[(construct, treatment)]
        distance = (
            treated.loc[(construct, treatment), "mean"] - treated.loc[(construct, "half answered"), "mean"]
        )
        half = 1.96 * treated.loc[(construct, treatment), "se"]
        assert_allclose(
            row[["x", "ci_lower", "ci_upper"]].astype(float),
            np.round(distance + np.array([0, -half, half]), 2),
            atol=1e-9,
        )


@pytest.mark.parametrize(("number", "kept"), [(40, 40), (41, 40), (342, 40)])
def test_of_very_many_levels_the_most_extreme_are_drawn_and_the_others_counted(study, number, kept):
    means = pd.DataFrame({"group": "plan", "level": map(str, range(number)), "mean": range(number)})
    means = pd.concat([means.sample(frac=1, random_state=1), means.head(3).assign(group="company")])
    found, below = most_extreme(reader(study), means, "group", "mean", "first")
    here = sorted(found.loc[found["group"] == "plan", "mean"])
    assert len(here) == kept
    assert here == [*range(20), *range(number - 20, number)]
    assert (found["group"] == "company").sum() == 3
    label = study.group_label("plan")
    assert below == (
        "first" if number == kept else f"first; {label}: of {number} the 20 lowest and the 20 highest"
    )
    large, told = most_extreme(reader(study), means, "group", "mean", "", largest=True)
    assert sorted(large.loc[large["group"] == "plan", "mean"]) == list(range(number - kept, number))
    assert told == ("" if number == kept else f"{label}: of {number} the 40 largest")
    assert found.loc[found["group"] == "plan", "mean"].is_monotonic_decreasing == (number > kept)


@pytest.mark.parametrize(("asked", "drawn"), [(3.0, 3.0), (24.0, 24.0), (87.0, 24.0)])
def test_no_figure_is_taller_than_can_be_drawn(asked, drawn):
    assert look(asked).themeables["figure_size"].properties["value"] == (6.6, drawn)

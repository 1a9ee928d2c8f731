"""Differences between groups: items that deviate, means, paths and verdicts, by other routes and by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats
from statsmodels.stats.oneway import anova_oneway

import bouwen
from bouwen.groups.climbing import Grouping, bartlett_scores, items_tested
from bouwen.groups.comparing import (
    COMPARISON_COLUMNS,
    THE_OTHERS,
    equations_of,
    judged_by_kind,
    pairs_of,
    study_equations,
)
from bouwen.groups.composites import Equations, Variable, bounded, level_effects
from bouwen.groups.deviations import UnitSums, alike_factor, dmacs, efficient_scores, scale_shift, step_down
from bouwen.sem import fit_sam
from bouwen.survey.formulas import antecedent_problems


def answers_of(rng, sizes, shift=(), missing=0.0, items=4):
    """Answers to one factor; ``shift`` adds to items of the first group."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    eta = rng.normal(size=len(group)) + 0.4 * group
    y = 0.8 * eta[:, None] + 0.6 * rng.normal(size=(len(group), items)) + 3
    for item, size in shift:
        y[group == 0, item] += size
    y[rng.random(y.shape) < missing] = np.nan
    return y, group


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/reputation/study.yml")


@pytest.fixture(scope="module")
def compared(study):
    return bouwen.compare_all_groups(study, draws=99)


def test_scores_of_items_are_the_score_tests_of_the_ladder():
    """Beside those of multi-group fits, which have residual variances of each group's own."""
    y, group = answers_of(np.random.default_rng(3), (900, 1100), [(1, 0.1)])
    factor = alike_factor(y, group)
    loadings, intercepts = efficient_scores(y, group, factor)
    names = [f"x{j}" for j in range(4)]
    data = pd.DataFrame(y, columns=names).assign(g=group.astype(str))
    ladder = bouwen.check_invariance(
        "f =~ " + " + ".join(names), data, "g", steps=["configural", "metric", "scalar"]
    )
    expected = ladder.differences().set_index("step")["score"]
    for step, own in (("metric", loadings), ("scalar", intercepts)):
        parts = [own[group == g] for g in (0, 1)]
        error = sum(part.var(axis=0, ddof=1) / len(part) for part in parts)
        score = (parts[0].mean(axis=0) - parts[1].mean(axis=0)) ** 2 / error
        assert_allclose(score, expected[step], rtol=0.06, atol=0.05)


def test_signs_are_those_of_welch_in_any_grouping():
    rng = np.random.default_rng(1)
    values, group = rng.normal(size=(60, 2)), np.repeat([0, 1, 2], [15, 20, 25])
    values[4, 0] = np.nan
    found = UnitSums.of(values).signs(group[None], 3)[0]
    for k in range(2):
        series = pd.Series(values[:, k])
        parts = [series[group == g].dropna() for g in range(3)]
        assert_allclose(np.exp(-found[k]), anova_oneway(parts, use_var="unequal").pvalue)


def test_clusters_of_one_respondent_are_respondents():
    rng = np.random.default_rng(2)
    values, group = rng.normal(size=(40, 3)), np.repeat([0, 1], 20)
    alone = UnitSums.of(values, np.arange(40))
    assert_allclose(alone.signs(group[None], 2), UnitSums.of(values).signs(group[None], 2))


def test_those_who_come_later_are_corrected_by_less():
    rng = np.random.default_rng(4)
    drawn, observed = rng.normal(size=(99, 4)), np.array([0.5, 3.0, 1.0, 2.0])
    expected, order = {}, [1, 3, 2, 0]
    for k, column in enumerate(order):
        largest = drawn[:, order[k:]].max(axis=1)
        expected[column] = max((1 + (largest >= observed[column]).sum()) / 100, *expected.values(), 0)
    assert_allclose(step_down(observed, drawn), [expected[k] for k in range(4)])


@pytest.mark.parametrize(
    ("shift", "verdict", "found"),
    [((), "full", set()), ([(2, 1.2)], "partial", {2}), ([(2, 1.5), (3, -1.5)], "fails", {2, 3})],
)
def test_one_item_of_four_is_let_go_and_no_more(shift, verdict, found):
    y, group = answers_of(np.random.default_rng(5), (60, 90), shift, 0.1)
    other, _ = answers_of(np.random.default_rng(6), (60, 90))
    climbed = items_tested(
        {"own": y, "other": other, "two": other[:, :2]},
        {"g": Grouping(("a", "b"), group)},
        draws=199,
        seed=1,
        alpha=0.05,
    )
    own = climbed["g", "own"]
    assert (own.metric, own.scalar) == ("full", verdict)
    assert found >= set(own.found)
    assert len(own.found) == len(found)
    assert len(own.let_go) == min(len(found), 1)
    assert climbed["g", "other"].scalar == "full"
    assert climbed["g", "two"].scalar == "untested"
    if verdict == "partial":  # the latent mean goes without the item, and so without what it adds
        scores = bartlett_scores(own.answers, own.factor, own.anchors)
        apart = np.nanmean(scores[group == 1]) - np.nanmean(scores[group == 0])
        assert_allclose(apart, own.factor.means[1], atol=0.05)  # as by maximum likelihood


def test_clusters_that_hold_a_level_are_shuffled_whole():
    """Groups that differ only as their few clusters do are not found to differ."""
    rng, alarms = np.random.default_rng(7), {"respondents": 0, "clusters": 0}
    cluster = np.repeat(np.arange(8), 24)
    group = (cluster >= 4).astype(int)
    for rep in range(12):
        y, _ = answers_of(rng, (192,))
        y[:, 0] += 0.7 * rng.normal(size=8)[cluster]
        for kind, own in (("respondents", None), ("clusters", cluster)):
            grouping = Grouping(("a", "b"), group, own)
            found = items_tested({"c": y}, {"g": grouping}, draws=99, seed=rep, alpha=0.05)["g", "c"]
            alarms[kind] += found.own[1] <= 0.05
    assert alarms["respondents"] >= 6
    assert alarms["clusters"] <= 2


def test_dmacs_is_its_integral():
    grid = np.linspace(-9, 9, 20001)
    apart = (2.9 - 3.2) + (0.9 - 0.6) * grid
    density = stats.norm.pdf(grid, 0.4, 1.3)
    expected = np.sqrt(np.sum(apart**2 * density) * (grid[1] - grid[0])) / 1.1
    assert_allclose(dmacs((0.9, 0.6), (2.9, 3.2), 0.4, 1.69, 1.1), expected, rtol=1e-6)
    shift = -np.sum(apart * density) * (grid[1] - grid[0]) / 4
    assert_allclose(scale_shift((0.9, 0.6), (2.9, 3.2), 0.4, 4), shift, rtol=1e-6)


def test_paths_are_those_of_structure_after_measurement():
    rng = np.random.default_rng(8)
    group = np.repeat([0, 1], [400, 500])
    eta = rng.normal(size=(900, 3))
    eta[:, 2] = 0.5 * eta[:, 0] + np.where(group == 0, 0.1, 0.5) * eta[:, 1] + 0.7 * rng.normal(size=900)
    blocks = {name: 0.8 * eta[:, [k]] + 0.6 * rng.normal(size=(900, 3)) for k, name in enumerate("abc")}
    data = pd.DataFrame(
        np.hstack(list(blocks.values())), columns=[f"{n}{j}" for n in "abc" for j in range(3)]
    )
    model = "\n".join(f"{n} =~ {n}0 + {n}1 + {n}2" for n in "abc") + "\nc ~ a + b"
    sam = fit_sam(model, data.assign(g=group), group="g", group_equal=["loadings"])
    table = sam.parameters.query("op == '~'")
    parts = [Variable.measured(y, alike_factor(y, group), np.arange(3)) for y in blocks.values()]
    levels, rest = level_effects(parts, Equations(("a", "b", "c"), {2: (0, 1)}), group, np.ones((1, 900)))
    scale = {n: np.sqrt(np.mean([sam.latent.cov[g][k, k] for g in (0, 1)])) for k, n in enumerate("abc")}
    for g in (0, 1):
        for k, cause in enumerate("ab"):
            own = table[(table["group"] == g) & (table["rhs"] == cause)]["est"].item()
            assert_allclose(levels[g, 0, k], own * scale[cause] / scale["c"], atol=0.02)
    assert_allclose(rest[0], levels[1])  # the rest of one is the other
    assert_allclose(rest[1], levels[0])


def test_variances_are_bounded_and_those_within_bounds_are_left():
    total = np.array([[[2.0, 0.9], [0.9, 2.0]]])
    assert_allclose(bounded(total, np.array([[1.5, 1.5]]), 50)[0], [[1.5, 0.9], [0.9, 1.5]])
    found = bounded(total, np.array([[0.5, 0.5]]), 50)[0]  # less than their covariance
    assert np.linalg.eigvalsh(found).min() > 0
    assert found[0, 1] == pytest.approx(0.9)


def test_total_effects_are_sums_of_routes():
    equations = equations_of({"m": ["x"], "y": ["m", "x"]})
    B = {("x", "m"): 0.5, ("m", "y"): 0.4, ("x", "y"): 0.2}
    cov = np.array([[1, 0.5, 0.4], [0.5, 1.25, 0.6], [0.4, 0.6, 1.3]])  # x, m, y
    found = equations.effects(cov[None], np.ones(3))[0]
    assert [equations.names[x] + equations.names[y] for x, y in equations.routes] == ["xy"]
    direct = [B[equations.names[x], equations.names[y]] for x, y in equations.paths]
    assert_allclose(found, [*direct, 0.2 + 0.5 * 0.4])
    assert equations_of({"a": ["b"], "b": ["a"]}) is None


def test_every_verdict():
    found = pd.DataFrame({
        "kind": "score", "estimate": [1.0, 0.01, 0.1, 0.2, 1.0], "se": [0.1, 0.02, 0.02, 0.2, 0.1],
        "df": 100.0, "smallest": 0.3, "comparable": [True, True, True, True, False],
    })  # fmt: skip
    judged = judged_by_kind(found, 0.95)
    assert list(judged["verdict"]) == [
        "different", "equivalent", "different but trivial", "cannot tell", "not comparable",
    ]  # fmt: skip
    assert list(judged["family"]) == [4] * 5
    half = stats.t.ppf(1 - 0.05 / 4, 100) * 0.1
    assert_allclose(judged.loc[0, ["ci_lower", "ci_upper"]].astype(float), [1 - half, 1 + half])
    z = stats.t.ppf(1 - 0.05 / 8, 100) + stats.t.ppf(0.8, 100)
    assert_allclose(judged.loc[3, "detectable"], z * 0.2)
    assert judged.loc[4, ["pvalue", "detectable"]].isna().all()


def test_the_comparison_of_a_study(study, compared):
    assert tuple(compared) == study.groups
    table = compared["company"].table()
    assert list(table.columns) == COMPARISON_COLUMNS
    assert table.attrs["confidence"] == study.settings.confidence
    levels = compared["company"].levels
    assert set(zip(table["level"], table["other"], strict=True)) == set(pairs_of(levels))
    rest = table[table["other"] == THE_OTHERS]
    assert (rest["n"] + rest["n_other"]).nunique() == 1
    scores = table[(table["kind"] == "score") & (table["other"] != THE_OTHERS)].iloc[0]
    own = bouwen.score_scales(study)[scores["what"]]
    one, two = (own[study.responses["company"] == scores[side]].dropna() for side in ("level", "other"))
    welch = stats.ttest_ind(one, two, equal_var=False)
    assert_allclose([scores["estimate"], scores["pvalue"]], [one.mean() - two.mean(), welch.pvalue])
    family = sum((found.table()["kind"] == "score").sum() for found in compared.values())
    assert compared["plan"].family["score"] == family  # all groupings together


def test_the_same_study_gives_the_same_comparison(study, compared):
    again = bouwen.compare_groups(study, "plan", draws=99).table()
    pd.testing.assert_frame_equal(again, compared["plan"].table())


def test_small_groups_are_compared_on_the_antecedents_alone():
    twin = bouwen.read_study("data/providers/study.yml")
    few, reduced = study_equations(twin, 30)
    assert reduced
    assert few.parameters == 6
    assert {few.names[x] for x, y in few.paths if few.names[y] == "trust"} == set(twin.file.antecedents)
    assert study_equations(twin, 29) == (None, False)
    whole, reduced = study_equations(twin, 70)
    assert not reduced
    assert len(whole.paths) == 12
    assert study_equations(twin, 69)[1]


def test_an_unknown_group_is_refused(study):
    with pytest.raises(bouwen.BouwenError, match="colour"):
        bouwen.compare_groups(study, "colour")


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (["transparency", "contact", "autonomy", "equality"], "at most 3"),
        (["transparency", "transparency"], "twice"),
        (["transparancy"], "transparency"),
        (["trust", "equality"], "together"),
    ],
)
def test_antecedents_that_cannot_be(named, told):
    structural = bouwen.read_study("data/providers/study.yml").model("structural")
    assert any(told in text for _, text in antecedent_problems(named, structural))
    assert not list(antecedent_problems(["transparency", "contact"], structural))


@pytest.mark.parametrize(("least", "levels"), [(219, 0), (126, 0), (44, 2)])
def test_levels_that_are_too_small_are_named_and_not_compared(study, least, levels):
    settings = study.settings.model_copy(update={"min_group": least})
    strict = replace(study, file=study.file.model_copy(update={"settings": settings}))
    found = bouwen.compare_groups(strict, "plan", draws=99)
    assert len(found.levels) == levels
    assert set(found.levels).isdisjoint(found.left_out)
    assert set(found.table()["level"]) <= set(found.levels)
    assert ("nothing to compare" in repr(found)) == (levels == 0)

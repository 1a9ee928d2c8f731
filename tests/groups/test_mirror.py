"""Two sides against each other: verdicts, gaps that know shared units, understanding alike, and dyads."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sides import SHARED, sides

import bouwen
from bouwen.groups import judge_differences
from bouwen.groups.dyads import CORRELATED, FEW_PAIRS, NOISY, unit_correlations
from bouwen.groups.gaps import contrast_gap, gap_of, mean_gap, path_gaps, shared_correlation
from bouwen.groups.mirrors import TooFewAnswers, kinder_side
from bouwen.groups.roles import PARTLY, UNDERSTOOD, UNLIKE, UNTESTED, role_invariance
from bouwen.scales import Estimate, intraclass


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    return [bouwen.read_study(path) for path in sides(tmp_path_factory.mktemp("sides"))]


@pytest.fixture(scope="module")
def mirrored(pair):
    return bouwen.mirror(*pair)


def judged(estimate, se=0.1, smallest=0.3, comparable=True, df=math.inf):
    found = pd.DataFrame({"estimate": estimate, "se": se, "df": df, "smallest": smallest})
    return judge_differences(found.assign(comparable=comparable), 0.95)


def test_verdicts_follow_from_two_tests():
    """0.1 is the error: 1.96 and 1.645 errors decide, of zero and of the smallest difference."""
    alone = [judged([x])["verdict"].iloc[0] for x in (0.0, 0.13, 0.14, 0.19, 0.20, 0.9)]
    assert alone == ["equivalent", "equivalent", "cannot tell", "cannot tell", "different", "different"]
    assert judged([0.20], smallest=0.5)["verdict"].tolist() == ["different but trivial"]
    assert judged([-0.20], smallest=0.5)["verdict"].tolist() == ["different but trivial"]
    assert judged([0.9], comparable=False)["verdict"].tolist() == ["not comparable"]
    assert judged([math.nan])["verdict"].tolist() == ["cannot tell"]


def test_verdicts_are_corrected_over_what_is_comparable():
    assert judged([0.20, 0.20])["verdict"].tolist() == ["cannot tell"] * 2
    assert judged([0.20, 0.26])["verdict"].tolist() == ["different"] * 2  # the smaller p counts twice
    with_one = judged([0.20, 0.9], comparable=[True, False])
    assert with_one["verdict"].tolist() == ["different", "not comparable"]
    assert judged([0.13, 0.13])["verdict"].tolist() == ["cannot tell"] * 2


@pytest.mark.parametrize("df", [math.inf, 12.0])
def test_what_could_have_been_told_is_told_in_four_of_five_cases(df):
    """Of one family of two, at its own boundary, by the noncentral distribution or by draws."""
    found = judged([0.0, 0.0], df=df).iloc[0]
    rng = np.random.default_rng(1)
    size = 200_000
    chi = np.ones(size) if math.isinf(df) else np.sqrt(rng.chisquare(df, size) / df)
    z = rng.normal(size=size)
    critical = stats.t.ppf(1 - 0.05 / 4, df) if df < math.inf else stats.norm.ppf(1 - 0.05 / 4)
    power = np.mean((found["detectable"] / 0.1 + z) / chi > critical)
    assert power == pytest.approx(0.8, abs=0.02 if df < math.inf else 0.005)
    within = stats.t.ppf(1 - 0.05 / 2, df) if df < math.inf else stats.norm.ppf(1 - 0.05 / 2)
    shown = np.mean(np.abs(z) / chi + within < found["demonstrable"] / 0.1 / chi)
    assert shown == pytest.approx(0.8, abs=0.05 if df < math.inf else 0.005)


def side_scores(rng, units, each, spread=1.0):
    who = np.repeat(np.arange(units), each)
    return pd.Series(rng.normal(size=len(who)) * spread, [f"r{k}" for k in range(len(who))]), who


def test_the_gap_of_pairs_is_that_of_the_paired_t_test():
    rng = np.random.default_rng(5)
    site = rng.normal(size=30)
    first, who = side_scores(rng, 30, 1)
    second, _ = side_scores(rng, 30, 1)
    first, second = first + site, second + site
    found, sd = mean_gap(first, second, (pd.Series(who, first.index), pd.Series(who, second.index)))
    paired = stats.ttest_rel(first.to_numpy(), second.to_numpy())
    assert found.value == pytest.approx(first.mean() - second.mean())
    assert found.pvalue == pytest.approx(paired.pvalue)
    assert found.df == pytest.approx(29)
    assert sd == pytest.approx(math.sqrt((first.var() + second.var()) / 2))
    apart = pd.Series(who + 100, second.index)
    assert mean_gap(first, second, (pd.Series(who, first.index), apart))[0].se > 1.2 * found.se


def test_the_gap_between_differences_is_that_of_four_means():
    rng = np.random.default_rng(6)
    (one, who), (two, other) = side_scores(rng, 40, 2), side_scores(rng, 40, 2)
    groups = [pd.Series(np.tile(["a", "b", "b", "c"], 20), x.index) for x in (one, two)]
    units = pd.Series(who, one.index), pd.Series(other + 40, two.index)
    found = contrast_gap((one, groups[0]), (two, groups[1]), ["b", "a"], units)
    plain = [x[g == "b"].mean() - x[g == "a"].mean() for x, g in zip((one, two), groups, strict=True)]
    assert found.value == pytest.approx(plain[0] - plain[1])


def test_gaps_of_estimates_know_how_far_these_go_together():
    moved = pd.Series([1.0, -1.0, 2.0], list("abc"))
    units = pd.Series([0, 1, 2], list("abc"))
    assert shared_correlation(moved, moved, (units, units)) == pytest.approx(1)
    assert shared_correlation(moved, -moved, (units, units)) == pytest.approx(-1)
    assert shared_correlation(moved, moved, (units, units + 10)) == 0
    gap = gap_of(Estimate(0.5, 0.3, math.inf), Estimate(0.1, 0.4, 20), 0.25)
    assert (gap.value, gap.df) == (pytest.approx(0.4), 20)
    assert gap.se == pytest.approx(math.sqrt(0.09 + 0.16 - 2 * 0.25 * 0.12))


def test_a_study_has_no_gap_in_paths_from_itself(pair, mirrored):
    fit = mirrored.fits[0]
    index = pair[0].responses.index
    units = pd.Series(range(len(index)), index)
    same = path_gaps((fit, fit), (units, units))
    assert same["estimate"].abs().max() == 0
    assert same["se"].max() == pytest.approx(0, abs=1e-6)
    apart = path_gaps((fit, fit), (units, units + len(units)))
    assert apart["se"].to_numpy() == pytest.approx(math.sqrt(2) * apart["first_se"].to_numpy())
    one_step = bouwen.fit_model(pair[0], "structural")
    widest = path_gaps((fit, one_step), (units, units)).iloc[0]
    assert widest["se"] == pytest.approx(widest["first_se"] + widest["second_se"])


# -------------------------------------------------------------------- understood alike

LOADINGS = np.array([0.8, 0.8, 0.8, 0.8])


def two_sides(shift=(0, 0, 0, 0), loadings=LOADINGS, n=250):
    rng = np.random.default_rng(11)
    parts = []
    for k, lam in enumerate((LOADINGS, loadings)):
        factor = rng.normal(size=n) + 0.5 * k
        parts.append(factor[:, None] * lam + 0.6 * rng.normal(size=(n, 4)) + np.array(shift) * k)
    data = pd.DataFrame(np.vstack(parts), columns=["x1", "x2", "x3", "x4"])
    who = pd.Series(np.repeat(["one", "two"], n))
    units = pd.Series(np.tile(np.arange(n // 5), 10))
    return role_invariance(data, who, units, {"f": list(data), "g": ["x1", "x2"]}, 0.05).loc["f"]


@pytest.mark.parametrize(
    ("shift", "loadings", "word", "item", "alike"),
    [
        ((0, 0, 0, 0), LOADINGS, UNDERSTOOD, "", True),
        ((0, 0.6, 0, 0), LOADINGS, PARTLY, "x2", True),
        ((0, 0, 0, 0), np.array([0.8, 0.8, 0.2, 0.8]), PARTLY, "x3", True),
        ((0, 0.6, -0.6, 0), LOADINGS, UNLIKE, None, True),
    ],
)
def test_one_item_that_works_otherwise_is_found_and_two_are_too_many(shift, loadings, word, item, alike):
    found = two_sides(shift, loadings)
    assert found["invariance"] == word
    assert item is None or found["item"] == item
    assert found["loadings"] == alike
    if word in (UNDERSTOOD, PARTLY):
        assert found["latent"] == pytest.approx(0.5, abs=0.2)


def test_two_items_tell_nothing_of_invariance(pair):
    answers = pd.DataFrame({"a": [1.0, 2, 3, 4] * 20, "b": [2.0, 1, 4, 3] * 20})
    who = pd.Series(["one", "two"] * 40)
    found = role_invariance(answers, who, pd.Series(range(80)), {"f": ["a", "b"]}, 0.05)
    assert found["invariance"].tolist() == [UNTESTED]
    assert found["loadings"].tolist() == [True]


# -------------------------------------------------------------------- dyads


def dyads(between, units=200, each=6, together=0.7):
    rng = np.random.default_rng(12)
    site = rng.multivariate_normal([0, 0], [[1, together], [together, 1]], units)
    who = np.repeat(np.arange(units), each)
    scores = [pd.DataFrame({"f": between * site[who, k] + rng.normal(size=len(who))}) for k in (0, 1)]
    unit = pd.Series(who)
    return unit_correlations(*scores, (unit, unit), confidence=0.95, seed=1).loc["f"], scores, unit


def test_the_corrected_correlation_is_what_units_have_in_common():
    found, scores, unit = dyads(0.8)
    assert (found["problem"], found["pairs"]) == (CORRELATED, 200)
    assert found["r"] < found["corrected"] == pytest.approx(0.7, abs=0.12)
    assert found["ci_lower"] < 0.7 < found["ci_upper"]
    for side, one in zip(("first", "second"), scores, strict=True):
        check = intraclass(one["f"], unit)
        assert found[f"{side}_icc2"] == pytest.approx(check.icc2)
        assert found[f"{side}_icc1"] == pytest.approx(check.icc1)
    means = [one["f"].groupby(unit).mean() for one in scores]
    assert found["r"] == pytest.approx(means[0].corr(means[1]))


def test_unreliable_means_are_not_correlated_and_it_is_said_what_it_takes():
    found, _, _ = dyads(0.25)
    assert found["problem"] == NOISY
    assert math.isnan(found["corrected"])
    k, rho = found["first_needed"], found["first_icc1"]
    assert k * rho / (1 + (k - 1) * rho) == pytest.approx(0.5)  # Spearman-Brown
    assert k > 6


@pytest.mark.parametrize(("units", "problem"), [(29, FEW_PAIRS), (30, CORRELATED)])
def test_fewer_than_thirty_pairs_are_not_correlated(units, problem):
    assert dyads(1.5, units=units)[0]["problem"] == problem


# -------------------------------------------------------------------- both studies


def test_both_sides_are_held_against_each_other(pair, mirrored):
    assert mirrored.sides == ("member", "leader")
    assert mirrored.units[2] == SHARED
    gaps = mirrored.table()
    scores = [bouwen.score_scales(study) for study in pair]
    support = gaps[(gaps["kind"] == "construct") & (gaps["what"] == "support")].iloc[0]
    assert support["estimate"] == pytest.approx(scores[0]["support"].mean() - scores[1]["support"].mean())
    assert support["verdict"] == "different"
    assert support["smallest"] == pytest.approx(0.3 * support["sd"])
    assert gaps["kind"].tolist() == ["construct"] * 2 + ["item"] * 7
    assert set(mirrored.invariance["invariance"]) == {UNDERSTOOD}
    assert mirrored.paths[["lhs", "rhs"]].to_numpy().tolist() == [["trust", "support"]]
    assert "2 constructs: " in repr(mirrored)


def test_gaps_of_paths_have_the_fewer_degrees_of_freedom_of_both_fits(mirrored):
    degrees = [fit.degrees for fit in mirrored.fits]
    assert mirrored.paths["df"].tolist() == [min(degrees)]
    assert min(degrees) < 60  # of sites, each left out in turn


def test_the_first_side_sets_what_matters(pair, mirrored):
    settings = pair[0].file.settings.model_copy(update={"smallest_difference": 2.0, "smallest_path": 1.0})
    lenient = replace(pair[0], file=pair[0].file.model_copy(update={"settings": settings}))
    found = bouwen.mirror(lenient, pair[1])
    assert found.constructs.loc["support", "verdict"] == "different but trivial"
    assert "support" in found.agreed()
    assert "support" not in mirrored.agreed()
    assert found.paths["verdict"].tolist() == ["equivalent"]


def test_who_thinks_better_depends_on_the_direction(pair, mirrored):
    assert kinder_side(mirrored, pair[0], "support") == "leader"
    worse = pair[0].instrument.constructs["support"].model_copy(update={"direction": "worse"})
    constructs = {**pair[0].instrument.constructs, "support": worse}
    instrument = pair[0].instrument.model_copy(update={"constructs": constructs})
    assert kinder_side(mirrored, replace(pair[0], instrument=instrument), "support") == "member"


def test_a_side_of_too_few_is_refused(pair):
    few = replace(pair[1], responses=pair[1].responses.iloc[:19])
    with pytest.raises(TooFewAnswers, match="fewer than 20 respondents"):
        bouwen.mirror(pair[0], few)


def test_items_that_too_few_answered_have_no_gap(pair):
    few = replace(pair[1], responses=pair[1].responses.iloc[:99])
    gaps = bouwen.mirror(pair[0], few).table()
    assert gaps.loc[gaps["kind"] == "item", "estimate"].isna().all()
    assert gaps.loc[gaps["kind"] == "construct", "estimate"].notna().all()


def test_findings_stand_beside_each_other(pair, mirrored):
    found = bouwen.mirror_findings(*pair, mirrored)
    assert found["kind"].tolist() == ["path", "level"]
    for side, study in zip(("first", "second"), pair, strict=True):
        own = bouwen.weigh_claims(study)
        assert found[side].to_numpy() == pytest.approx(own["estimate"].to_numpy())
        assert found[f"{side}_verdict"].tolist() == own["verdict"].tolist()
    path = mirrored.paths.iloc[0]
    assert found.loc[0, "estimate"] == pytest.approx(path["estimate"])
    assert found.loc[1, "estimate"] == pytest.approx(mirrored.constructs.loc["support", "estimate"])
    assert found.loc[1, "verdict"] == "different"

"""Units of a monitor: what is told of each, and what is not."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from monitored import EACH, TEAMS, monitored
from numpy.testing import assert_allclose

import bouwen
from bouwen.checks import UnknownName
from bouwen.groups import AMONG, HIGHER, LOWER, NOT_TOLD, UnitScores
from bouwen.groups.shrinkage import TooFewUnits, shrink_means
from bouwen.groups.units import NoUnits, unit_means

DATA = Path(__file__).parents[2] / "data"


@cache
def monitor() -> UnitScores:
    return bouwen.unit_scores(bouwen.read_study(DATA / "monitor" / "study.yml"))


def test_the_shipped_monitor_reports_26_of_29_providers_in_both_roles():
    found = monitor()
    assert len(found.units) == 26
    assert len(found.left_out) == 3
    table = found.table()
    assert not set(table["unit"]) & set(found.left_out)
    assert len(table) == 26 * 2 * 4
    assert table["n"].between(10, 25).all()
    assert table.loc[table["role"] == "staff", "n"].max() <= 18
    assert "rank" not in table.columns  # intervals of ranks only
    assert (table["rank_upper"] > table["rank_lower"]).mean() > 0.95


def test_scores_are_those_of_shrunken_means(tmp_path):
    study = bouwen.read_study(monitored(tmp_path))
    found = bouwen.unit_scores(study)
    scores = bouwen.score_scales(study)["trust"]
    inside = study.responses["role"] == "inside"
    by = scores[inside].groupby(study.responses["team"])
    within = (scores[inside] - by.transform("mean")).pow(2).sum() / (TEAMS * EACH - TEAMS)
    by_hand = shrink_means(by.mean().to_numpy(), np.full(TEAMS, within / EACH))
    own = found.table().query("role == 'inside' and construct == 'trust'")
    assert_allclose(own["estimate"], by_hand.estimates, rtol=1e-10)
    assert_allclose(own["ci_upper"] - own["estimate"], 1.959964 * by_hand.errors, rtol=1e-6)
    scale = found.scales.loc[("inside", "trust")]
    assert_allclose(scale["icc2"], bouwen.scales.intraclass(scores[inside], study.responses["team"]).icc2)


def test_a_unit_that_is_better_stands_out_and_is_said_to(tmp_path):
    items = ["t1", "t2", "t3", "t4"]

    def better(study, frame):
        frame.loc[frame["team"] == "Team 04", items] = 5
        frame.loc[frame["team"] == "Team 07", items] = 1

    found = bouwen.unit_scores(bouwen.read_study(monitored(tmp_path, better))).table()
    own = found[found["construct"] == "trust"].set_index("unit")["place"]
    assert set(own["Team 04"]) == {HIGHER}
    assert set(own["Team 07"]) == {LOWER}
    first = found.query("construct == 'trust' and unit == 'Team 04'")
    assert (first["rank_lower"] == 1).all()


def test_scores_of_units_that_do_not_differ_are_not_told(tmp_path):
    found = bouwen.unit_scores(bouwen.read_study(monitored(tmp_path, spread=0.0)))
    hidden = found.scales.index[found.scales["shown"] == NOT_TOLD]
    assert len(hidden) >= 2
    table = found.table().set_index(["role", "construct"])
    for key in hidden:
        assert found.scales.loc[key, "icc2"] < 0.5
        rows = table.loc[key]
        assert rows[["estimate", "ci_lower", "ci_upper", "rank_lower", "rank_upper"]].isna().all(axis=None)
        assert set(rows["place"]) == {""}
    for _, row in found.gaps.iterrows():
        told = not any((role, row["construct"]) in hidden for role in found.roles)
        assert row["shown"] == told
        assert np.isfinite(row["estimate"]) == told


def test_gaps_are_shrunken_differences_of_both_roles():
    found = monitor()
    scores = found.scores[found.scores["construct"] == "autonomy"]
    one, two = (scores[scores["role"] == role].set_index("unit") for role in found.roles)
    variances = (one["se"] ** 2 + two["se"] ** 2).to_numpy()
    by_hand = shrink_means((one["mean"] - two["mean"]).to_numpy(), variances)
    own = found.gaps[found.gaps["construct"] == "autonomy"]
    assert_allclose(own["estimate"], by_hand.estimates)
    assert own["estimate"].var() < (one["mean"] - two["mean"]).var()
    assert AMONG in set(own["place"])


def test_means_adjusted_for_case_mix_are_those_of_a_regression_with_units():
    """Against statsmodels: the predictions of units at the average traits, with their errors."""
    import statsmodels.api as sm

    rng, k, n = np.random.default_rng(6), 12, 240
    unit = pd.Series(rng.integers(0, k, n)).map("u{:02d}".format)
    old = (rng.random(n) < 0.2 + 0.05 * unit.str[1:].astype(int)).astype(int)
    score = 3 - 0.8 * old + rng.normal(size=n)
    traits = pd.DataFrame({"age": np.where(old == 1, "old", "young")})
    found = unit_means(score, unit, traits)
    young = (old == 0).astype(float)
    X = pd.get_dummies(unit).astype(float).assign(young=young)
    ols = sm.OLS(score, X).fit()
    at = np.column_stack([np.eye(k), np.full(k, young.mean())])
    assert_allclose(found["mean"], at @ ols.params, rtol=1e-10)
    assert_allclose(found["se"], np.sqrt(np.einsum("ij,jk,ik->i", at, ols.cov_params(), at)), rtol=1e-10)
    plain = unit_means(score, unit, traits[[]])
    assert_allclose(plain["mean"], score.groupby(unit).mean())


def test_who_left_a_trait_open_is_of_a_kind_of_their_own():
    unit, score = pd.Series(["a", "a", "b", "b"] * 5), pd.Series(np.arange(20.0))
    traits = pd.DataFrame({"age": ["old", None] * 10})
    assert np.isfinite(unit_means(score, unit, traits).to_numpy(dtype=float)).all()


def test_the_funnel_narrows_and_holds_most_units():
    found = monitor()
    for (role, construct), scale in found.scales.iterrows():
        limits = found.funnel(role, construct)
        assert (np.diff(limits["upper"] - limits["lower"]) < 0).all()
        assert (limits["upper_all"] > limits["upper"]).all()
        assert_allclose((limits["upper"] + limits["lower"]) / 2, scale["mean"])
        own = found.scores[(found.scores["role"] == role) & (found.scores["construct"] == construct)]
        at = limits.loc[own["n"]]
        inside = (own["mean"].to_numpy() > at["lower_all"]) & (own["mean"].to_numpy() < at["upper_all"])
        assert inside.mean() >= 0.9


def test_the_same_study_gives_the_same_figures():
    again = bouwen.unit_scores(bouwen.read_study(DATA / "monitor" / "study.yml"))
    pd.testing.assert_frame_equal(again.table(), monitor().table())


def test_wrong_use_is_refused(tmp_path):
    with pytest.raises(NoUnits, match='names no units; add "unit:"'):
        bouwen.unit_scores(bouwen.read_study(DATA / "reputation" / "study.yml"))
    with pytest.raises(UnknownName, match='no unit "Aanbieder 99"'):
        monitor().of("Aanbieder 99")
    with pytest.raises(UnknownName, match='no role "nobody"'):
        monitor().funnel("nobody", "autonomy")

    def unanswered(study, frame):
        frame.loc[frame["team"] > "Team 07", "s1"] = pd.NA
        frame["s1"] = frame["s1"].astype("Int64")

    with pytest.raises(TooFewUnits, match="s1: units can be held against each other from 10 on; found 8"):
        bouwen.unit_scores(bouwen.read_study(monitored(tmp_path, unanswered)))

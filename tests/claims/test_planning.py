"""How many answers settle a claim, against tests of drawn answers and against Holm elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.optimize import brentq
from statsmodels.stats.multitest import multipletests

import bouwen
from bouwen.claims import claim_power
from bouwen.claims.planning import claims_settled, expected_sides, fewest, outlook
from bouwen.groups import holm

Z = stats.norm.ppf(0.975)


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/providers/study.yml")


def found(study, claims, error=0.1):
    """Evidence in which each part of some claims lies so many errors on the claim's side of its reference."""
    rows = [
        {"claim": name, "kind": evidence.kind, "distance": distance}
        for name, distances in claims.items()
        for evidence, distance in zip(study.instrument.claims[name].evidence, distances, strict=False)
    ]
    frame = pd.DataFrame(rows)
    estimate = 3 + expected_sides(study, frame) * frame["distance"] * error
    return frame.assign(
        estimate=estimate, reference=3.0, ci_lower=estimate - Z * error, ci_upper=estimate + Z * error
    )


def test_one_claim_of_one_part_has_the_power_of_a_z_test_whose_truth_is_uncertain(study):
    """Of N(2√r, 1 + r) at r times the answers: the estimate's own error, and that of the follow-up."""
    table = claim_power(study, found(study, {"trust_and_satisfaction": [2.0]}), draws=100_000).iloc[0]
    assert table["power"] == pytest.approx(stats.norm.sf((Z - 2.0) / np.sqrt(2)), abs=0.006)
    r = brentq(lambda r: stats.norm.sf((Z - 2.0 * np.sqrt(r)) / np.sqrt(1 + r)) - 0.8, 1, 20)
    assert table["needed"] == pytest.approx(len(study.responses) * r, rel=0.03)


def test_of_follow_ups_with_a_forecast_as_many_settle_a_claim_as_it_says():
    """Truths, a study of each, a follow-up of each: the forecast from the study against what was found."""
    rng, grid = np.random.default_rng(3), np.linspace(0.1, 4.6, 16)
    asked = {"goal": 1.0, "draws": 4000, "seed": 1}
    known = [
        outlook(np.array([z]), pd.Series(["c"]), 100, 0.025, **asked)["power"].iloc[0] for z in grid
    ]  # fmt: skip
    truth = rng.uniform(-3, 8, 4000)
    estimate, later = truth + rng.normal(size=(2, 4000))
    inside = (estimate > grid[0]) & (estimate < grid[-1])
    forecast, settled = np.interp(estimate[inside], grid, known), later[inside] > Z
    for low, high in ((0.1, 0.4), (0.4, 0.7), (0.7, 1.0)):
        own = (forecast >= low) & (forecast < high)
        assert settled[own].mean() == pytest.approx(forecast[own].mean(), abs=1 / np.sqrt(own.sum()))


@pytest.mark.parametrize("distances", [(2.5, 2.5), (1.0, 6.0), (3.0, -3.0), (-2.0, -4.0)])
def test_claims_are_settled_as_often_as_tests_of_drawn_answers_say(study, distances):
    """Means of 201 drawn answers about drawn truths, tested one by one and corrected as statsmodels does."""
    name, other = "commitment_and_stability", "trust_and_satisfaction"
    table = claim_power(study, found(study, {name: distances, other: [2.8]}), draws=4000)
    rng, n = np.random.default_rng(5), len(study.responses)
    truth = (np.array([*distances, 2.8]) + rng.normal(size=(1500, 1, 3))) / np.sqrt(n)
    x = truth + rng.normal(size=(1500, n, 3))
    tails = [stats.ttest_1samp(x, 0, axis=1, alternative=side).pvalue for side in ("greater", "less")]
    for_it, against = (
        np.minimum(holm(p), holm(np.stack([p[:, :2].max(axis=1), p[:, 2]], axis=1))[:, [0, 0, 1]]) <= 0.025
        for p in tails
    )
    wrong = np.array([*distances, 2.8]) < 0
    hits = against[:, wrong].any(axis=1) if wrong.any() else for_it[:, :2].all(axis=1)
    expected = "contradicted" if min(distances) < 0 else "supported"
    assert table.loc[name, "expected"] == expected
    assert table.loc[name, "power"] == pytest.approx(np.mean(hits), abs=0.04)


def test_needed_answers_have_the_power_aimed_at_and_fewer_have_not(study):
    parts = {"commitment_and_stability": [2.5, 3.0], "equality": [2.2, 4.0]}
    table, n = claim_power(study, found(study, parts), goal=0.7, draws=20_000), len(study.responses)
    truth, errors = np.random.default_rng(9).normal(size=(2, 20_000, 4))
    for k, (claim, needed) in enumerate(table["needed"].items()):
        for size, enough in ((1.1 * needed, True), (0.85 * needed, False)):
            z = (np.ravel(list(parts.values())) + truth) * np.sqrt(size / n) + errors
            p = stats.norm.sf(z)
            weakest = holm(p.reshape(-1, 2, 2).max(axis=2))
            adjusted = np.minimum(holm(p), np.repeat(weakest, 2, axis=1))[:, 2 * k : 2 * k + 2]
            power = (adjusted <= 0.025).all(axis=1).mean()
            assert (power > 0.7) == enough, claim


def test_what_no_size_settles_has_no_number(study):
    table = claim_power(study, found(study, {"trust_and_satisfaction": [0.1], "equality": [9.0, 9.0]}))
    assert np.isnan(table.loc["trust_and_satisfaction", "needed"])
    assert table.loc["equality", "power"] == 1
    assert list(table.index) == ["trust_and_satisfaction", "equality"]
    assert fewest(lambda n: n / 100, 0.8, 10) == 80


def test_holm_by_rows_is_that_of_statsmodels():
    p = np.random.default_rng(1).random((20, 6)) ** 3
    expected = [multipletests(row, method="holm")[1] for row in p]
    np.testing.assert_allclose(holm(p), expected)


def test_a_part_on_the_other_side_is_what_settles():
    which, z = np.array([0, 0]), np.array([[5.0, -5.0], [5.0, 5.0], [-5.0, 5.0]])
    assert claims_settled(z, which, 0.025, np.array([True, False]))[:, 0].tolist() == [True, False, False]
    assert claims_settled(z, which, 0.025, np.array([True, True]))[:, 0].tolist() == [False, True, False]


def test_sides_are_those_of_the_instrument(study):
    weighed = bouwen.weigh_claims(study)
    sides = pd.Series(expected_sides(study, weighed), index=[weighed["claim"], weighed["kind"]])
    assert (sides["perceived_distrust", "level"] == 1).all()
    assert (sides["perceived_distrust", "path"] == -1).all()
    assert (sides["equality", "level"] == -1).all()
    assert (sides["integrity_and_reliability", "stronger"] == 1).all()

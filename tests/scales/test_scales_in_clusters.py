"""Scales of respondents in clusters: how alike these are, and intervals that know of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from nested import in_clusters, independent
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.report import texts
from bouwen.scales import alpha, check_key, compare_treatments, item_rest_correlation
from bouwen.scales.reliability import clustered_alpha_interval

TEAMS, SIZE = 60, 5


@pytest.fixture(scope="module")
def answers():
    """Four items of members who resemble each other, with gaps."""
    rng = np.random.default_rng(4)
    own, shared = rng.normal(size=(TEAMS * SIZE, 1)), np.repeat(rng.normal(size=(TEAMS, 5)), SIZE, axis=0)
    x = 0.8 * own + 0.6 * shared[:, :1] + 0.5 * shared[:, 1:] + 0.8 * rng.normal(size=(TEAMS * SIZE, 4))
    return pd.DataFrame(x, columns=[*"abcd"]).mask(rng.random(x.shape) < 0.1).dropna(how="all")


@pytest.fixture(scope="module")
def teams(answers):
    return pd.Series(np.repeat(np.arange(TEAMS), SIZE))[answers.index]


def without_each(statistic, answers, teams):
    """The delete-one-cluster jackknife's error."""
    left = np.array([statistic(answers[teams != g]) for g in range(TEAMS)])
    return np.sqrt((TEAMS - 1) / TEAMS * ((left - left.mean()) ** 2).sum())


def in_error(lower, upper):
    """What an interval of a mean over as many clusters makes of its error."""
    return (upper - lower) / 2 / stats.t.ppf(0.975, TEAMS - 1)


def test_the_error_of_alpha_is_what_leaving_out_clusters_tells(answers, teams):
    found = alpha(answers, clusters=teams)
    assert found.method == "CR2"
    assert found.ci_lower < found.raw < found.ci_upper
    error = in_error(np.log(1 - found.ci_upper), np.log(1 - found.ci_lower))
    assert_allclose(error, without_each(lambda x: np.log(1 - alpha(x).raw), answers, teams), rtol=0.05)
    plain = alpha(answers)
    assert found.ci_upper - found.ci_lower > 1.2 * (plain.ci_upper - plain.ci_lower)


def test_alone_in_their_clusters_alpha_has_the_interval_of_its_bootstrap(answers):
    alone = pd.Series(np.arange(len(answers)), answers.index)
    drawn = alpha(answers, interval="bootstrap", draws=2000)
    assert_allclose(clustered_alpha_interval(answers, alone), [drawn.ci_lower, drawn.ci_upper], atol=0.005)


def test_an_item_against_the_others_is_named_by_the_error_of_clusters(study_of, answers, teams):
    turned = answers.assign(d=-answers["d"])
    study = study_of(turned, {"s": [*"abcd"]}, lowest=-9, highest=9)
    plain = check_key(study).loc["d"]
    study.clusters = teams
    found = check_key(study).loc["d"]
    error = in_error(np.arctanh(found["ci_lower"]), np.arctanh(found["ci_upper"]))
    expected = without_each(lambda x: np.arctanh(item_rest_correlation(x, "d")), turned, teams)
    assert_allclose(error, expected, rtol=0.05)
    assert found["ci_upper"] > plain["ci_upper"]


def test_every_treatment_of_gaps_has_the_error_of_clusters(study_of, answers, teams):
    """Of complete answers that of the mean; of copies of respondents with gaps that of the respondents."""
    few, scales = {"seed": 1, "imputations": 2, "rounds": 1}, {"s": ["a", "b"], "t": ["c", "d"]}
    complete = answers.fillna(0.0)
    study = study_of(complete, scales)
    study.clusters = teams
    table = compare_treatments(study, **few)
    mean = bouwen.clustered_regression(complete[["a", "b"]].mean(axis=1), complete[[]], teams)
    assert_allclose(table.loc["s", "se"], np.sqrt(mean.vcov[0, 0]), rtol=0.005)
    once = compare_treatments(study_of(answers, scales), **few)["se"].unstack()
    copies = study_of(answers.loc[answers.index.repeat(3)].reset_index(drop=True), scales)
    copies.clusters = pd.Series(np.repeat(np.arange(len(answers)), 3))
    again = compare_treatments(copies, **few)["se"].unstack()
    assert_allclose(again.pop("multiple imputation"), once.pop("multiple imputation"), rtol=0.15)
    assert_allclose(again, once, rtol=0.05)


def test_scales_of_a_study_know_who_is_nested(providers):
    nested, alone = in_clusters(providers, 12), independent(providers)
    found, plain = bouwen.scale_statistics(nested), bouwen.scale_statistics(alone)
    assert_allclose(found["alpha"], plain["alpha"])
    assert not np.isclose(found["alpha_ci_lower"], plain["alpha_ci_lower"]).any()
    items = bouwen.key_items(nested)[list(nested.items_of("autonomy"))]
    own = clustered_alpha_interval(items.dropna(how="all"), nested.clusters)
    assert_allclose(found.loc["autonomy", ["alpha_ci_lower", "alpha_ci_upper"]].astype(float), own)


# Shrout & Fleiss (1979), table 2: six targets, each judged by four.
JUDGED = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


def nested_study(study_of, scores, clusters):
    """A scale of one item, of respondents in clusters."""
    study = study_of(pd.DataFrame({"a": scores}), {"s": ["a"]}, lowest=-9, highest=10)
    study.cluster, study.clusters = "team", pd.Series(clusters)
    return study


def test_nesting_of_a_published_example(study_of):
    found = bouwen.nesting(nested_study(study_of, JUDGED.ravel().astype(float), np.repeat(np.arange(6), 4)))
    assert (found.variable, found.n, found.clusters, found.size, found.alone) == ("team", 24, 6, 4.0, 0)
    row = found.table().loc["s"]
    assert_allclose(row[["icc", "ci_lower", "ci_upper"]], [0.1657423, -0.1329320, 0.7225604], atol=1e-6)
    assert_allclose(row["design_effect"], 1 + 3 * 0.1657423, atol=1e-5)


def test_nesting_by_hand_in_clusters_of_unequal_size_with_a_gap(study_of):
    """Scores 1 3 | 6 8 7 | 5 and one open: SSB = 30, SSW = 4, k = (6 − 14/6)/2; Σm²/Σm = 14/6."""
    scores = np.array([1, 3, 6, 8, 7, 5, np.nan])
    found = bouwen.nesting(nested_study(study_of, scores, [4, 4, 2, 2, 2, 9, 9]))
    msb, msw, k = 30 / 2, 4 / 3, (6 - 14 / 6) / 2
    icc = (msb - msw) / (msb + (k - 1) * msw)
    row = found.table().loc["s"]
    assert_allclose(row[["n", "clusters", "icc"]], [6, 3, icc])
    assert_allclose(row["design_effect"], 1 + (14 / 6 - 1) * icc)
    assert (found.n, found.clusters, found.alone) == (7, 3, 0)


def test_the_variance_of_a_mean_is_as_large_as_its_design_effect_says(study_of):
    """A known share between clusters: .15, of 7 respondents each, so 1 + 6 × .15."""
    rng = np.random.default_rng(3)
    shares = np.sqrt(0.15), np.sqrt(0.85)
    scores = shares[0] * np.repeat(rng.normal(size=3000), 7) + shares[1] * rng.normal(size=21000)
    row = bouwen.nesting(nested_study(study_of, scores, np.repeat(np.arange(3000), 7))).table().loc["s"]
    assert row["ci_lower"] < 0.15 < row["ci_upper"]
    assert_allclose(row["design_effect"], 1.9, atol=0.1)
    of_means = scores.reshape(-1, 7).mean(axis=1).var(ddof=1)
    assert_allclose(of_means / (scores.var(ddof=1) / 7), row["design_effect"], rtol=0.01)


def test_the_sentence_says_how_many_stand_in_how_many(providers):
    study = in_clusters(providers, 30)
    n, per = len(study.responses), len(study.responses) / 30
    said = texts.nested(study).data
    assert f"{n} respondents stand in 30 clusters (*team*): {per:.1f} in each" in said
    assert "<6% are the only one" in said  # none, which is not told apart from few
    models = texts.nested(study, "models").data
    assert "draw whole clusters" in models
    assert "fewer than the 20" in texts.nested(in_clusters(providers, 19), "models").data
    assert "fewer than" not in texts.nested(in_clusters(providers, 19), "scores").data
    assert texts.nested(independent(providers), "models") is None

"""Errors of respondents in clusters: against clubSandwich, by the definition, and where answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_data, read_values
from scipy import stats

import bouwen
from bouwen.scales import (
    correlation_interval,
    correlations_difference,
    difference_estimate,
    fisher_interval,
    mean_estimate,
    means_test,
)
from bouwen.scales.clustered import NoClusters

REFERENCE = read_values("r/clustered")


@pytest.fixture(scope="module")
def pupils():
    data = read_data("holzinger")
    data["level"] = np.arange(len(data)) % 3
    return data.assign(cluster=data["school"].astype(str) + " " + data["agemo"].astype(str))


def agrees(table, reference):
    for column, values in reference.items():
        assert_allclose(table[column], np.atleast_1d(values), rtol=1e-8)


def test_slopes_agree_with_clubsandwich(pupils):
    found = bouwen.clustered_regression(pupils["x1"], pupils[["x4", "sex"]], pupils["cluster"])
    agrees(found.table(), REFERENCE["slopes"])
    assert found.n == 301
    assert found.clusters == pupils["cluster"].nunique()


def test_means_agree_with_clubsandwich(pupils):
    found = mean_estimate(pupils["x1"], pupils["cluster"])
    agrees({"estimate": [found.value], "se": [found.se], "df": [found.df], "pvalue": [found.pvalue]},
           REFERENCE["mean"])  # fmt: skip
    for k in range(3):
        own = mean_estimate(pupils.loc[pupils["level"] == k, "x1"], pupils["cluster"])
        expected = [REFERENCE["levels"][name][k] for name in ("estimate", "se", "df")]
        assert_allclose([own.value, own.se, own.df], expected, rtol=1e-8)


def test_differences_and_tests_agree_with_clubsandwich(pupils):
    found = difference_estimate(pupils["x1"], pupils["sex"], 2, 1, pupils["cluster"])
    expected = [REFERENCE["difference"][name][1] for name in ("estimate", "se", "df", "pvalue")]
    assert_allclose([found.value, found.se, found.df, found.pvalue], expected, rtol=1e-8)
    test = means_test(pupils["x1"], pupils["level"], [0, 1, 2], pupils["cluster"])
    wald = REFERENCE["wald"]
    assert_allclose(
        [test.f, test.df1, test.df2, test.pvalue], [wald[k] for k in ("f", "df1", "df2", "pvalue")], rtol=1e-8
    )


def test_errors_by_their_definition(pupils):
    """V = M Σ X'Aee'AX M with A = (I − H)^(−½) and ν = (Σ p'p)² / Σ (p'p)², written out in n × n matrices."""
    part = pupils.iloc[::4]
    X = np.column_stack([np.ones(len(part)), part["x4"]])
    M = np.linalg.inv(X.T @ X)
    I_H = np.eye(len(X)) - X @ M @ X.T
    e, c = I_H @ part["x1"].to_numpy(), np.array([0.0, 1.0])
    V, P = np.zeros((2, 2)), []
    for cluster in part["cluster"].unique():
        own = np.flatnonzero(part["cluster"] == cluster)
        values, vectors = np.linalg.eigh(I_H[np.ix_(own, own)])
        A = (vectors / np.sqrt(values)) @ vectors.T
        score = M @ X[own].T @ A @ e[own]
        V += np.outer(score, score)
        P.append(I_H[own].T @ A @ X[own] @ M @ c)
    products = np.array(P) @ np.array(P).T
    found = bouwen.clustered_regression(part["x1"], part[["x4"]], part["cluster"])
    assert_allclose(found.vcov, V, rtol=1e-8)
    slope = found.coefficient("x4")
    assert_allclose(slope.df, np.trace(products) ** 2 / (products**2).sum(), rtol=1e-8)
    assert_allclose(slope.se, np.sqrt(V[1, 1]), rtol=1e-8)


def test_clusters_of_one_are_no_clusters(pupils):
    alone = pd.Series(np.arange(len(pupils)), pupils.index)
    plain, found = mean_estimate(pupils["x1"]), mean_estimate(pupils["x1"], alone)
    assert_allclose([found.value, found.se, found.df], [plain.value, plain.se, plain.df], rtol=1e-8)
    apart = difference_estimate(pupils["x1"], pupils["sex"], 1, 2)
    assert_allclose(difference_estimate(pupils["x1"], pupils["sex"], 1, 2, alone).se, apart.se, rtol=1e-8)
    welch = stats.ttest_ind(*(pupils.loc[pupils["sex"] == k, "x1"] for k in (1, 2)), equal_var=False)
    assert_allclose([apart.df, apart.pvalue], [welch.df, welch.pvalue], rtol=1e-8)


def test_means_of_equal_clusters_have_the_error_of_the_means_of_clusters():
    rng = np.random.default_rng(1)
    scores = pd.Series(rng.normal(size=60) + np.repeat(rng.normal(size=12), 5))
    clusters = pd.Series(np.repeat(np.arange(12), 5))
    of_clusters = scores.groupby(clusters).mean()
    found = mean_estimate(scores, clusters)
    assert_allclose([found.se, found.df], [of_clusters.std() / np.sqrt(12), 11], rtol=1e-10)
    assert_allclose(found.interval(0.9), stats.t.interval(0.9, 11, of_clusters.mean(), found.se), rtol=1e-10)


def test_order_and_names_of_clusters_do_not_matter(pupils):
    mixed = pupils.sample(frac=1, random_state=1)
    first = bouwen.clustered_regression(pupils["x1"], pupils[["x4"]], pupils["cluster"]).table()
    again = bouwen.clustered_regression(mixed["x1"], mixed[["x4"]], mixed["cluster"].str.upper()).table()
    assert_allclose(first.iloc[:, 1:].to_numpy(), again.iloc[:, 1:].to_numpy(), rtol=1e-9)


def test_correlations_of_strangers_are_fishers(pupils):
    r, *ends = correlation_interval(pupils["x1"], pupils["x4"], 0.9)
    assert_allclose(r, pupils["x1"].corr(pupils["x4"]), rtol=1e-12)
    assert_allclose(ends, fisher_interval(r, len(pupils), 0.9), rtol=1e-12)


def test_the_error_of_a_correlation_is_what_leaving_out_clusters_tells():
    """The delete-one-cluster jackknife as second route."""
    rng = np.random.default_rng(2)
    clusters = pd.Series(np.repeat(np.arange(200), 3))
    shared = rng.normal(size=(200, 2))[clusters]
    x, y, z = np.array([[1, 0.5], [0.7, 1], [0.2, 1]]) @ shared.T + rng.normal(size=(3, 600))
    frame = pd.DataFrame({"x": x, "y": y, "z": z})

    def leaving_out(statistic):
        left = np.array([statistic(frame[clusters != g].corr()) for g in range(200)])
        return np.sqrt(199 / 200 * ((left - left.mean()) ** 2).sum())

    _, lower, upper = correlation_interval(frame["x"], frame["y"], 0.95, clusters)
    half = (np.arctanh(upper) - np.arctanh(lower)) / 2 / stats.t.ppf(0.975, 199)
    assert_allclose(half, leaving_out(lambda R: np.arctanh(R.loc["x", "y"])), rtol=0.03)
    found = correlations_difference(frame["x"], frame["y"], frame["z"], 0.95, clusters)
    half = (found.ci_upper - found.ci_lower) / 2 / stats.t.ppf(0.975, 199)
    assert_allclose(half, leaving_out(lambda R: R.loc["x", "y"] - R.loc["x", "z"]), rtol=0.03)


def test_respondents_without_a_cluster_and_a_single_one_are_refused(pupils):
    with pytest.raises(NoClusters, match="2 respondents have none"):
        mean_estimate(pupils["x1"], pupils["cluster"].mask(pupils.index < 2))
    with pytest.raises(NoClusters, match="found 1"):
        bouwen.clustered_regression(pupils["x1"], pupils[["x4"]], pd.Series("a", pupils.index))


def test_a_level_of_one_cluster_has_no_error(pupils):
    one = pupils["cluster"].iloc[0]
    found = mean_estimate(pupils.loc[pupils["cluster"] == one, "x1"], pupils["cluster"])
    assert np.isfinite(found.value)
    assert np.isnan(found.interval(0.95)).all()

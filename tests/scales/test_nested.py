"""Models and draws of respondents in clusters: whose errors know of it, and when."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from nested import in_clusters, independent
from numpy.testing import assert_allclose

import bouwen
from bouwen.scales import enough_clusters, model_clusters
from bouwen.scales.resampling import bootstrap_matrices
from bouwen.sem.resample.orders import shuffled_rows


def errors(fit):
    return fit.parameters["se"].to_numpy()


def by_hand(study, model):
    answers = bouwen.key_items(study).assign(place=study.responses["municipality_code"])
    syntax = study.instrument.model_syntax(model)
    return bouwen.fit_sem(syntax, answers, estimator="MLR", missing="fiml", cluster="place")


def test_models_have_the_errors_of_clusters(providers):
    found, expected = bouwen.fit_model(providers, "structural"), by_hand(providers, "structural")
    assert_allclose(errors(found), errors(expected), rtol=1e-10)
    assert_allclose(found.measures["chisq_scaled"], expected.measures["chisq_scaled"], rtol=1e-10)
    plain = bouwen.fit_model(independent(providers), "structural")
    assert_allclose(found.parameters["est"], plain.parameters["est"], rtol=1e-10)
    assert not np.allclose(errors(found), errors(plain), rtol=1e-3, equal_nan=True)


@pytest.mark.parametrize("estimator", ["ML", "MLM", "WLSMV"])
def test_other_estimators_are_shown_without(providers, estimator):
    found = bouwen.fit_model(providers, "structural", estimator=estimator)
    plain = bouwen.fit_model(independent(providers), "structural", estimator=estimator)
    assert found.call.cluster is None
    assert_allclose(errors(found), errors(plain), rtol=1e-10)


@pytest.mark.parametrize(("number", "enough"), [(19, False), (20, True), (21, True)])
def test_fewer_than_twenty_clusters_are_too_few_for_a_model(providers, number, enough):
    study = in_clusters(providers, number)
    assert study.clusters.nunique() == number
    assert (bouwen.fit_model(study, "measurement").call.cluster is not None) == enough
    assert (model_clusters(study, "mlr") is not None) == enough
    assert model_clusters(study, "WLSMV") is None


def test_every_group_needs_enough_clusters(providers):
    study = in_clusters(providers, 40)
    halves = pd.Series(np.where(study.clusters < 21, "a", "b"), study.responses.index)
    assert enough_clusters(study, halves) is None
    assert enough_clusters(study, halves.replace("b", "a")) is not None


def test_draws_are_of_whole_clusters():
    clusters = pd.Series([3, 3, 5, 8, 8, 8])
    X = np.arange(6.0)[:, None] ** 2 @ np.ones((1, 2))
    drawn = np.concatenate(list(bootstrap_matrices(X, 300, 1, "covariance", clusters)))
    rng = np.random.default_rng(1)
    for C, times in zip(drawn, rng.multinomial(3, np.full(3, 1 / 3), size=300), strict=True):
        rows = np.repeat(X[:, 0], times[[0, 0, 1, 2, 2, 2]])
        expected = np.var(rows, ddof=1) if len(rows) > 1 else np.nan
        assert_allclose(C[0, 0], expected, atol=1e-9)


def test_every_bootstrap_of_a_study_draws_clusters(providers):
    study, alone = in_clusters(providers, 25), independent(providers)
    for draw in (
        lambda s: bouwen.htmt(s, draws=50).ci_lower.to_numpy(),
        lambda s: bouwen.scale_reliability(s, draws=20).figures["omega_ci_lower"].to_numpy(),
        lambda s: bouwen.alpha(s, interval="bootstrap", draws=50).ci_lower,
        lambda s: bouwen.loading_stability(s, 2, seed=1, draws=20).loadings["se"].to_numpy(),
        lambda s: next(iter(bouwen.compare_structures(s, "measurement").fits.values())).parameters["se"],
    ):
        assert not np.allclose(draw(study), draw(alone), rtol=1e-3, equal_nan=True)
    few = in_clusters(providers, 10)
    assert_allclose(bouwen.htmt(few, draws=50).ci_lower, bouwen.htmt(alone, draws=50).ci_lower)


def test_shuffles_keep_clusters_together():
    clusters = np.array([4, 4, 7, 7, 1, 2, 2, 3, 9, 9, 9])
    kind = np.zeros(11, dtype=bool)
    kind[3] = True  # one of a pair is of another kind, and so is nobody else
    orders = shuffled_rows(kind, 400, np.random.default_rng(1), clusters)
    assert (np.sort(orders, axis=1) == np.arange(11)).all()
    for order in orders:
        came = clusters[order]
        for cluster in np.unique(clusters):
            assert len(set(came[clusters == cluster])) == 1  # all from one cluster
    assert (orders[:, [2, 3]] == [2, 3]).all()  # unlike all others
    assert {tuple(row) for row in orders[:, [0, 1]].tolist()} == {(0, 1), (1, 0), (5, 6), (6, 5)}
    shares = [(orders[:, 0] == k).mean() for k in (0, 1, 5, 6)]
    assert max(abs(np.array(shares) - 0.25)) < 4 * np.sqrt(0.25 * 0.75 / 400)
    assert set(orders[:, 4]) == {4, 7}
    assert {tuple(row) for row in np.sort(orders[:, 8:], axis=1).tolist()} == {(8, 9, 10)}

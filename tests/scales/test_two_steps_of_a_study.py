"""A study's structure: two steps where they are possible, one where they are not, and who is nested."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen.scales import models
from bouwen.scales.models import without_each_cluster
from bouwen.sem import Fit, SamFit


@pytest.fixture(scope="module")
def providers():
    return bouwen.read_study("data/providers/study.yml")


def test_the_structure_is_that_of_both_steps_with_the_errors_of_clusters(providers):
    found = bouwen.fit_structure(providers)
    rows = bouwen.key_items(providers).assign(town=providers.clusters)
    sandwich = bouwen.fit_sam(providers.model("structural"), rows, cluster="town")
    assert isinstance(found, SamFit)
    assert np.isinf(found.degrees)
    assert_allclose(found.parameters[["est", "se"]], sandwich.parameters[["est", "se"]], atol=1e-10)
    strangers = bouwen.fit_sam(providers.model("structural"), bouwen.key_items(providers))
    assert not np.allclose(found.parameters["se"], strangers.parameters["se"], atol=1e-4)


def nested_in(study, name):
    return replace(study, file=study.file.model_copy(update={"cluster": name}))


def test_answers_count_by_their_weights_in_both_steps_and_in_one(providers):
    """With the errors of clusters; categories have neither."""
    weights = pd.Series(np.linspace(0.4, 2, len(providers.responses)), providers.responses.index)
    study = replace(providers, all_weights=weights)
    rows = bouwen.key_items(study).assign(w=weights, town=study.clusters)
    text, counted = study.model("structural"), {"cluster": "town", "sampling_weights": "w"}
    two, one = bouwen.fit_structure(study), bouwen.fit_model(study, "structural")
    assert isinstance(two, SamFit)
    for found, alone in (
        (two, bouwen.fit_sam(text, rows, **counted)),
        (one, bouwen.fit_sem(text, rows, estimator="MLR", missing="fiml", **counted)),
    ):
        assert_allclose(found.parameters[["est", "se"]], alone.parameters[["est", "se"]], atol=1e-8)
    plain = bouwen.fit_structure(providers).parameters
    assert np.abs(two.parameters["est"] - plain["est"]).max() > 0.02
    by_weights_only = bouwen.fit_structure(nested_in(study, "none")).parameters
    assert_allclose(by_weights_only["est"], two.parameters["est"], atol=1e-8)
    assert not np.allclose(by_weights_only["se"], two.parameters["se"], atol=1e-3)
    ordered = bouwen.fit_model(study, "trust", estimator="WLSMV")
    assert ordered.call.sampling_weights is ordered.call.cluster is None


def test_fewer_clusters_than_twenty_are_left_out(providers):
    few = nested_in(providers, "provider_size")
    rows = bouwen.key_items(providers)
    assert few.clusters.nunique() < 20
    found, alone = bouwen.fit_structure(few), bouwen.fit_sam(providers.model("structural"), rows)
    assert_allclose(found.parameters["se"], alone.parameters["se"], atol=1e-10)


def test_few_clusters_are_left_out_in_turn_in_two_steps_and_in_one(providers, monkeypatch):
    monkeypatch.setattr(models, "FEW_CLUSTERS", providers.clusters.nunique())
    rows = bouwen.key_items(providers).assign(town=providers.clusters)
    sandwich = bouwen.fit_sam(providers.model("structural"), rows, cluster="town")
    both = bouwen.fit_structure(providers)
    assert both.degrees == providers.clusters.nunique() - 1
    assert_allclose(both.parameters["se"], bouwen.jackknife(sandwich).parameters["se"], atol=1e-10)
    wider = (both.parameters["se"] / sandwich.parameters["se"])[both.parameters["op"] == "~"]
    assert wider.median() > 1.02  # what the sandwich misses
    first, second = providers.items_of("autonomy")[:2]  # no factors, so one step
    own = providers.instrument.models["structural"].model_copy(
        update={"syntax": f"{first} ~ {second}", "based_on": None}
    )
    instrument = providers.instrument.model_copy(update={"models": {"structural": own}})
    study = replace(providers, instrument=instrument)
    found, plain = bouwen.fit_structure(study), bouwen.fit_model(study, "structural")
    assert isinstance(found, Fit)
    assert found.degrees == len(set(found.sample.cluster[0])) - 1
    assert np.isinf(plain.degrees)
    assert_allclose(found.parameters["se"], bouwen.jackknife(plain).parameters["se"], rtol=1e-9)
    short = bouwen.fit_sam(providers.model("structural"), bouwen.key_items(providers).iloc[:75])
    assert short.pairwise
    assert without_each_cluster(short) is short


@pytest.mark.parametrize(("few", "left_out"), [(5, True), (4, True), (3, False)])
def test_more_than_few_clusters_keep_the_sandwich(few, left_out, monkeypatch):
    monkeypatch.setattr(models, "FEW_CLUSTERS", few)
    data = pd.DataFrame(np.random.default_rng(1).normal(size=(40, 2)), columns=["x", "y"])
    fit = bouwen.fit_sem("y ~ x", data.assign(team=np.arange(40) % 4), estimator="MLR", cluster="team")
    assert (models.without_each_cluster(fit) is not fit) == left_out


def test_one_step_where_answers_are_ordered(providers):
    found = bouwen.fit_structure(providers, estimator="WLSMV")
    assert isinstance(found, Fit)
    assert found.call.estimator.name == "WLSMV"


def test_one_step_where_respondents_are_too_few_for_two():
    study = bouwen.read_study("data/reputation/study.yml")
    few = type(study)(**{**vars_of(study), "responses": study.responses.iloc[:24]})
    assert isinstance(bouwen.fit_structure(study), SamFit)
    assert isinstance(bouwen.fit_structure(few), Fit)


def vars_of(study):
    return {name: getattr(study, name) for name in study.__dataclass_fields__}

"""A study's structure: two steps where they are possible, one where they are not, and who is nested."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen.sem import Fit, SamFit


@pytest.fixture(scope="module")
def providers():
    return bouwen.read_study("data/providers/study.yml")


def test_the_structure_is_that_of_both_steps_with_the_errors_of_clusters(providers):
    found = bouwen.fit_structure(providers)
    rows = bouwen.key_items(providers).assign(town=providers.clusters)
    alone = bouwen.fit_sam(providers.model("structural"), rows, cluster="town")
    assert isinstance(found, SamFit)
    assert_allclose(found.parameters["est"], alone.parameters["est"], atol=1e-10)
    assert_allclose(found.parameters["se"], alone.parameters["se"], atol=1e-10)
    strangers = bouwen.fit_sam(providers.model("structural"), bouwen.key_items(providers))
    assert not np.allclose(found.parameters["se"], strangers.parameters["se"], atol=1e-4)


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

"""The main path with answers that count by weights: against fits of its own, and in a sentence."""

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.path import weighted_effects
from bouwen.path.choices import material, specifications
from bouwen.path.specification import fit_specification, result
from bouwen.report import texts
from bouwen.survey import rake_to_register


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/providers/study.yml")


@pytest.fixture(scope="module")
def found(study):
    return weighted_effects(study)


def test_answers_that_count_alike_are_the_studys_own_specification(study, found):
    given = material(study)
    first = result(given, next(specifications(study, given)), study.settings.confidence)
    for column in ("estimate", "se", "ci_lower", "ci_upper", "pvalue", "n"):
        assert found.loc["alike", column] == pytest.approx(first[column], rel=1e-4)


def test_raked_answers_are_a_fit_with_these_weights(study, found):
    given = material(study)
    own = next(specifications(study, given))
    plain = fit_specification(given, own)
    data = given.answers(own).assign(w=rake_to_register(study).weights, place=given.clusters)
    options = {"sampling_weights": "w", "cluster": "place"}
    fit = bouwen.fit_sem(plain.call.model, data, estimator="MLR", missing="fiml", **options)
    path = fit.parameters.query(
        f"op == '~' and lhs == '{given.path.outcome}' and rhs == '{given.path.predictor}'"
    )
    assert found.loc["raked", "estimate"] == pytest.approx(path["std_all"].iloc[0], abs=1e-6)
    assert found.loc["raked", "design_effect"] == pytest.approx(rake_to_register(study).design_effect)
    assert abs(found.loc["raked", "estimate"] - found.loc["alike", "estimate"]) > 1e-3


def test_a_study_with_weights_of_its_own_has_a_line_for_them():
    study = bouwen.read_study("data/reputation/study.yml", language="en")
    assert weighted_effects(study) is None
    assert texts.weighting(study) is None
    weights = pd.Series(np.linspace(0.2, 2, len(study.responses)), study.responses.index)
    object.__setattr__(study, "all_weights", weights)
    assert list(weighted_effects(study).index) == ["alike", "own"]
    said = texts.weighting(study).data
    assert "By their sampling weight: 0." in said
    assert "Raked" not in said


def test_shares_that_cannot_be_met_do_not_stop_a_book(study, monkeypatch):
    def refuse(_):
        raise bouwen.survey.NotRaked("raking did not settle; join small levels")

    monkeypatch.setattr("bouwen.path.weighted.rake_to_register", refuse)
    assert "join small levels" in texts.weighting(study).data

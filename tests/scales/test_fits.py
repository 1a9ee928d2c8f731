"""A study's own models, by two estimators and two engines."""

import pytest

import bouwen


@pytest.fixture(scope="module", params=["providers", "municipalities", "reputation"])
def study(request):
    return bouwen.read_study(f"data/{request.param}/study.yml")


@pytest.mark.parametrize("study", ["providers", "reputation"], indirect=True)
@pytest.mark.parametrize("model", ["measurement", "structural"])
def test_two_engines_agree(study, model):
    compared = bouwen.compare_engines(study.model(model), bouwen.key_items(study))
    assert len(compared) > 20
    assert compared["difference"].abs().max() < 1e-5


@pytest.mark.parametrize("model", ["measurement", "structural"])
def test_everyone_with_an_answer_counts(study, model):
    fit = bouwen.fit_model(study, model)
    used = [v for v in bouwen.survey.instrument.model_names(study.model(model))[1] if v in study.items]
    answered = study.responses[used].notna().any(axis=1).sum()
    assert fit.measures["ntotal"] == answered


def test_the_second_estimator_takes_answers_as_ordered(study):
    fit = bouwen.fit_model(study, "measurement", estimator="WLSMV")
    assert (fit.parameters["op"] == "|").sum() >= 4 * 9
    assert fit.measures["cfi_scaled"] > 0.9


def test_a_models_name_and_its_role_give_the_same_fit(study):
    by_name = bouwen.fit_model(study, study.file.models.structural)
    assert by_name.measures.equals(bouwen.fit_model(study, "structural").measures)

"""What a study sets under ``analysis`` reaches the chapters that it names, and no other."""

from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

import bouwen
from bouwen.checks import OptionError, UnknownName
from bouwen.report import texts
from bouwen.report.book import building, chapters
from bouwen.scales import fit_model
from bouwen.sem import ESTIMATORS
from bouwen.survey.analysis import AnalysisSettings, EstimatorName

ROOT = Path(__file__).parents[3]


def with_analysis(study, **settings):
    analysis = AnalysisSettings.model_validate(settings)
    return replace(study, file=study.file.model_copy(update={"analysis": analysis}))


def pages(study, **values):
    known = chapters.chosen(chapters.read_chapters(ROOT), study.analysis.chapters)
    values = {**study.analysis.parameters, **values}
    return {page.name: page for page in chapters.pages(study, known, values, "en", "study.yml")}


def parameters(page):
    cell = chapters.parameters_cell(page.notebook)
    return {name: value for name, value, _ in chapters.assignments(page.name, chapters.source_of(cell))}


def test_estimators_are_those_of_the_engine():
    assert get_args(get_args(EstimatorName)[0]) == tuple(
        sorted(ESTIMATORS, key=list(get_args(get_args(EstimatorName)[0])).index)
    )
    assert AnalysisSettings.model_validate({"estimator": "wlsmv"}).estimator == "WLSMV"


def test_a_setting_moves_the_chapters_that_it_names(reputation):
    usual = pages(reputation)
    set_ = pages(
        with_analysis(
            reputation, estimator="WLSMV", sensitivity="MLR", draws=40, permutations=30, ordered=["comp_1"]
        )
    )
    for name in ("measurement", "structural", "robustness"):
        assert parameters(set_[f"book/{name}"])["estimator"] == "WLSMV"
        assert parameters(set_[f"book/{name}"])["sensitivity"] == "MLR"
        assert parameters(set_[f"book/{name}"])["ordered"] == "comp_1"
    assert parameters(set_["book/key_findings"])["estimator"] == "WLSMV"
    drawn = {n: parameters(p)["draws"] for n, p in usual.items() if "draws" in parameters(p)}
    assert {drawn.pop(name) for name in list(drawn) if "/subgroup" in name} == {999}
    assert drawn == {
        "book/scales": 500,
        "book/dimensions": 100,
        "book/measurement": 1000,
        "book/structural": 1000,
    }
    assert all(parameters(set_[name])["draws"] == 40 for name in drawn)
    assert [parameters(usual[f"book/{n}"])["permutations"] for n in ("robustness", "subgroups")] == [500, 999]
    assert [parameters(set_[f"book/{n}"])["permutations"] for n in ("robustness", "subgroups")] == [30, 30]


def test_one_build_may_have_another_value(reputation):
    study = with_analysis(reputation, draws=40, estimator="ML")
    changed = building.with_analysis(
        study, {"draws": "60", "chapters": "scales, measurement", "ordered": "comp_1"}
    )
    assert (changed.analysis.draws, changed.analysis.estimator) == (60, "ML")
    assert list(pages(changed)) == ["book/key_findings", "book/scales", "book/measurement"]
    for wrong in ({"draws": "3"}, {"draws": "many"}, {"estimator": "nonsense"}, {"ordered": "nobody"}):
        with pytest.raises(OptionError):
            building.with_analysis(study, wrong)


def test_a_chapter_that_is_not_there_is_told_with_those_that_are(reputation):
    with pytest.raises(chapters.ChapterError, match="chapters may name key_findings, mirror, units, unit"):
        pages(with_analysis(reputation, chapters=["scale"]))


def test_a_study_is_fitted_as_it_says(reputation):
    study = with_analysis(reputation, estimator="ML", sensitivity="DWLS", ordered=["comp_1", "like_2"])
    assert fit_model(study, "measurement").call.estimator.name == "ML"
    beside = fit_model(study, "measurement", estimator="sensitivity")
    assert beside.call.estimator.name == "DWLS"
    assert set(beside.partable.ordered) == {"comp_1", "like_2"}
    every = fit_model(reputation, "measurement", estimator="DWLS")
    assert (
        abs(every.parameters["est"] - beside.parameters["est"].reindex(every.parameters.index)).max() > 0.01
    )
    with pytest.raises(UnknownName, match="nobody"):
        fit_model(study, "measurement", ordered="nobody")


def test_items_that_are_not_there_are_refused_at_their_line(mini):
    path = mini / "data" / "mini" / "study.yml"
    path = path if path.exists() else next(mini.rglob("study.yml"))
    path.write_text(path.read_text() + "analysis: {ordered: [nobody]}\n")
    with pytest.raises(bouwen.BouwenError, match=r'line \d+: .*"nobody"'):
        bouwen.read_study(path)


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_is_told(reputation, name, language):
    study = reputation.in_language(language)
    said = {form: texts.estimator(study, name, form) for form in ("is", "which", "as")}
    assert said["is"].startswith(f"{name} ")
    assert len(set(said.values())) == 3

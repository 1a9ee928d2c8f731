"""How many answers the follow-up of a study needs."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen.checks import NotAShare
from bouwen.errors import BouwenError
from bouwen.path import plan_follow_up, smallest_difference, smallest_differences
from bouwen.path.follow_up import WORTH_FINDING, analysis_of, default_sizes
from bouwen.report import follow_up as planning
from bouwen.report import plots, tables, texts
from bouwen.report.audience import reader
from bouwen.report.plots.power import power_bands
from bouwen.sem import SamFit, indirect_effects
from bouwen.survey import population_size


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/reputation/study.yml")


@pytest.fixture(scope="module")
def plan(study):
    return plan_follow_up(study, [150, 600], reps=100, seed=1)


@pytest.fixture(scope="module")
def registered():
    return bouwen.read_study("data/municipalities/study.yml")


def test_the_analysis_defines_what_goes_through_others(study):
    fit = bouwen.fit_model(study, "structural")
    model, effects = analysis_of(study, fit)
    again = bouwen.fit_sem(model, bouwen.key_items(study), estimator="MLR", missing="fiml")
    defined = again.parameters.query("op == ':='").set_index("lhs")
    found = indirect_effects(fit, study.outcome_variable, of="est")
    assert_allclose(defined["est"], found["est"][found["via"].map(len) > 0], rtol=1e-6)
    assert_allclose(effects["std"].loc[list(defined.index)], defined["std_all"], rtol=1e-6)
    assert effects.index[0] == f"{study.outcome_variable} ~ competence"


def test_a_plan_takes_the_estimates_of_the_structural_page_to_be_true(study, plan):
    """What two steps find, which the population gives back to the analysis in one."""
    fit = bouwen.fit_structure(study)
    assert isinstance(fit, SamFit)
    assert (plan.n, plan.df, plan.npar) == (fit.n, fit.df, fit.npar)
    paths = fit.standardized().query("op == '~' and lhs == @study.outcome_variable")
    direct = [f"{study.outcome_variable} ~ {name}" for name in paths["rhs"]]
    assert_allclose(plan.effects["std"].loc[direct], paths["est_std"])
    true = plan.result.table().drop_duplicates("target").set_index("target")["true"]
    estimates = fit.parameters.query("op == '~' and lhs == @study.outcome_variable")["est"]
    assert_allclose(true.loc[direct], estimates, atol=1e-4)
    one = bouwen.fit_model(study, "structural").standardized().query("op == '~'")
    ours = fit.standardized().query("op == '~'")
    assert np.abs(one["est_std"].to_numpy() - ours["est_std"].to_numpy()).max() > 1e-3


def test_a_plan_tells_every_effect_on_the_outcome(study, plan):
    table = plan.table()
    assert [chain[-1] for chain in table["chain"]] == [study.outcome_variable] * len(table)
    assert set(plan.result.table()["n"]) == {150, plan.n, 600}
    assert (table["worth"] == (table["std"].abs() >= WORTH_FINDING)).all()
    assert plan.hardest["needed"] == table.loc[table["worth"], "needed"].max()


def at(study, confidence):
    settings = study.settings.model_copy(update={"confidence": confidence})
    return replace(study, file=study.file.model_copy(update={"settings": settings}))


@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_a_follow_up_is_tested_at_the_level_of_the_study(study, confidence):
    made = plan_follow_up(at(study, confidence), [200], reps=20, seed=1)
    assert made.result.alpha == pytest.approx(1 - confidence)
    found = smallest_differences(at(study, confidence))
    for row in found.itertuples():
        corrected = (1 - confidence) / len(study.constructs)
        expected = smallest_difference(row.n_first, row.n_second, alpha=corrected)
        assert row.d == pytest.approx(expected)


@pytest.mark.parametrize(
    ("n", "items", "sizes"),
    [
        (201, 30, [50, 100, 300, 400]),
        (201, 44, [75, 100, 300, 400]),
        (40, 10, [25, 50, 75]),
        (40, 16, [25, 50, 75]),
        (40, 17, [50, 75]),
    ],
)
def test_sizes_to_try_are_half_as_many_again_as_the_items_of_the_model(n, items, sizes):
    assert default_sizes(SimpleNamespace(n=n, sample=SimpleNamespace(names=["x"] * items))) == sizes


def test_a_finite_population_needs_fewer(plan):
    table = plan.table(population_size=500)
    simulated = table[table["needed_error"].notna()]
    expected = np.ceil(simulated["needed"] / (1 + simulated["needed"] / 500))
    assert (simulated["needed_finite"] - expected).abs().max() <= 1


def test_sizes_by_default(study):
    sizes = plan_follow_up(study, reps=20, seed=1).result.table()["n"].unique()
    assert list(sizes) == [25, 175, 344, 525, 700]


def test_one_size_will_do_and_a_goal_is_a_share(study):
    found = plan_follow_up(study, 100, reps=20)
    assert found.result.table()["n"].unique().tolist() == [100, found.n]
    with pytest.raises(NotAShare, match="goal"):
        plan_follow_up(study, 100, reps=20, goal=80)


def test_the_register_says_how_many_there_are(study, registered):
    assert study.register_size is None
    assert registered.register_size == 342


def population(study, told=True, twice=False):
    """A study of one respondent for each entry of its register, and one more if ``twice``."""
    code = f"{study.file.register_.variable}_code"
    first = study.responses.drop_duplicates(code)
    responses = pd.concat([first, first.head(1)], ignore_index=True) if twice else first
    register = study.file.register_.model_copy(update={"is_population": told})
    return replace(study, file=study.file.model_copy(update={"register_": register}), responses=responses)


@pytest.mark.parametrize(
    ("told", "twice", "size"), [(True, False, 342), (False, False, None), (True, True, None)]
)
def test_a_register_is_a_population_where_the_study_says_so_and_none_answers_twice(
    registered, told, twice, size
):
    assert population_size(population(registered, told, twice)) == size


def test_entries_that_nobody_named_are_not_named_twice(registered):
    made = population(registered)
    responses = made.responses.copy()
    responses.loc[responses.index[:2], f"{made.file.register_.variable}_code"] = None
    assert population_size(replace(made, responses=responses)) == 342


# R 4.2: power.t.test(n =, power = .8, strict = TRUE, tol = 1e-12)$delta
@pytest.mark.parametrize(("n", "delta"), [(30, 0.735621069597), (50, 0.565882243755), (100, 0.398138137568)])
def test_smallest_differences_are_those_of_r(n, delta):
    assert smallest_difference(n, n) == pytest.approx(delta, abs=1e-10)


def test_uneven_groups_show_less():
    assert smallest_difference(30, 170) > smallest_difference(100, 100)
    assert smallest_difference(30, 30, power=0.9) > smallest_difference(30, 30)


def test_only_groups_of_size_are_compared(registered):
    found = smallest_differences(registered)
    assert (found[["n_first", "n_second"]] >= registered.settings.min_group).to_numpy().all()
    assert found["d"].between(0.2, 1).all()


def test_words_tables_and_figures(study, registered, plan):
    sentence = texts.follow_up_needs(plan, study)
    assert sentence.startswith("For a power of 80% the follow-up needs")
    assert texts.chain(study, plan.hardest["chain"]) in sentence
    frame = tables.follow_up_texts(plan, study)
    assert len(frame) == len(plan.effects)
    assert len(frame.columns) == 4
    assert texts.finite_population(plan, study) is None
    report = texts.follow_up_report(plan, frame, study)
    assert report.splitlines()[-1] == sentence
    bands = power_bands(plan, reader(study))
    assert (bands["lower"] <= bands["power"]).all()
    assert len(plots.power_curves(plan, study).data) == len(bands)
    for made in (tables.follow_up(plan, study), tables.fit_power(plan, study), tables.detectable(registered)):
        assert "<table" in made.as_raw_html()


def test_words_for_what_a_simulation_cannot_tell(study, plan):
    say = reader(study).words
    for needs, beyond, sparse, said in (
        (np.nan, True, False, "–"), (150.0, True, False, "≤ 150"), (150.0, True, True, "≤ 150 †"),
        (5000.0, True, False, "> 1200"), (412.0, False, False, "412"), (412.0, False, True, "412 †"),
    ):  # fmt: skip
        row = pd.Series({"needed": needs, "beyond": beyond, "sparse": sparse})
        assert texts.needed_text(say, plan, row) == said


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_below_five_answers_a_parameter_the_table_says_so(study, plan, more):
    needs = plan.table()["needed"].dropna()
    several = replace(plan, npar=int(needs.min()) // 5)  # not above the smallest need
    assert not several.table()["sparse"].any()
    assert "†" not in texts.follow_up_needs(several, study)
    at = replace(plan, npar=int(needs.max()) + more)
    table = at.table()
    assert (table["sparse"] == (table["needed"] < 5 * at.npar)).all()
    said = texts.follow_up_needs(at, study)
    assert f"fewer than {at.least} answers leave fewer than 5 for each" in said
    assert said.count("†") == 1


def test_dutch_and_a_register(registered):
    plan = plan_follow_up(registered, [200], reps=20, seed=1)
    assert len(tables.follow_up_texts(plan, registered).columns) == 4
    assert texts.finite_population(plan, registered) is None
    frame = tables.follow_up_texts(plan, population(registered))
    assert frame.columns[-1] == "Van 342 nodig"
    assert "342" in texts.finite_population(plan, population(registered)).data
    assert texts.follow_up_needs(plan, registered).startswith("Voor een power van 80%")


def test_nothing_worth_finding(study, plan):
    effects = plan.effects.assign(std=0.01)
    small = type(plan)(plan.n, plan.df, effects, plan.result)
    assert small.hardest is None
    assert "nothing to plan for" in texts.follow_up_needs(small, study)


def test_a_report_and_its_figure(tmp_path):
    figure = tmp_path / "power.png"
    report = planning.power_report("data/reputation/study.yml", [200], reps=20, seed=1, plot=figure)
    assert "Power at 344" in report.splitlines()[0]
    assert figure.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("name", "message"),
    [("a.pdf", "svg or .png"), ("nowhere/a.svg", "no folder"), ("there.svg", "there already")],
)
def test_a_figure_replaces_nothing(name, message, tmp_path):
    (tmp_path / "there.svg").write_text("mine")
    with pytest.raises(BouwenError, match=message):
        planning.power_report("data/reputation/study.yml", reps=20, seed=1, plot=tmp_path / name)
    assert (tmp_path / "there.svg").read_text() == "mine"

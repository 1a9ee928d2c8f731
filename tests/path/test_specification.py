"""The specification curve: each specification by itself, the joint tests, and what they promise."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from references import read_values
from scipy.stats import kstest

import bouwen
from bouwen.path.choices import CHOICES, Specification, material, specifications
from bouwen.path.effects import composite_slope, standardised_effect
from bouwen.path.paths import NoMainPath, as_syntax, main_path, needed_part
from bouwen.path.shuffles import (
    Sides,
    SideScores,
    adjusted_effects_of,
    effects_of,
    joint_tests,
    shuffled_effects,
    shuffled_rows,
)
from bouwen.path.specification import (
    TooFewShuffles,
    fit_specification,
    result,
    shuffle,
    specification_curve,
)
from bouwen.scales import with_clusters
from bouwen.sem import parse_model
from bouwen.survey.files import FileError

LAVAAN = read_values("lavaan/specification")
OWN = Specification("one_factor", "MLR", "available", "all", "model", "all")


@pytest.fixture(scope="module")
def reputation():
    return bouwen.read_study("data/reputation/study.yml")


@pytest.fixture(scope="module")
def providers():
    return bouwen.read_study("data/providers/study.yml")


@pytest.fixture(scope="module")
def curve(reputation):
    return specification_curve(reputation, seed=1, permutations=199)


# ---------------------------------------------------------------------- the path


@pytest.mark.parametrize("name", ["providers", "municipalities", "reputation"])
def test_the_first_specification_is_what_the_path_needs_of_the_studys_own_model(name):
    study = bouwen.read_study(f"data/{name}/study.yml")
    given = material(study)
    first = next(specifications(study, given))
    found = result(given, first, 0.95)
    text, whole = study.model("structural"), bouwen.fit_model(study, "structural")
    if given.path.left_out:
        gone = (
            r"(?m)^trust ~ .*$|^.*\b(distrust|autonomy|equality|commitment|stability|budget|bureaucracy)\b.*$"
        )
        text = re.sub(gone, "", text)
    answers, nested = with_clusters(bouwen.key_items(study), given.clusters)
    fit = bouwen.fit_sem(text, answers, estimator="MLR", missing="fiml", **nested)
    path = (given.path.outcome, "~", given.path.predictor)
    own, of_whole = (one.standardized().set_index(["lhs", "op", "rhs"]).loc[path] for one in (fit, whole))
    assert (first.estimator, first.missing, first.items, first.adjustment, first.respondents) == (
        "MLR", "available", "all", "model", "all"
    )  # fmt: skip
    assert found["estimate"] == pytest.approx(own["est_std"], abs=1e-8)
    assert found["se"] == pytest.approx(own["se"], abs=1e-7)
    assert found["estimate"] == pytest.approx(of_whole["est_std"], abs=of_whole["se"] / 4)
    assert (found["n"], found["df"], found["status"]) == (fit.n, fit.df, "fine")


def test_the_path_needs_the_outcome_its_predictors_and_what_measures_them():
    text = """
        a =~ a1 + a2 + a3
        b =~ a + b1 + b2
        z =~ z1 + z2
        y =~ y1 + y2
        y ~ b + m + c
        m ~ z + c
        b ~ m
        later ~ y
        a1 ~~ a2
        a3 ~ c
        z ~~ c
    """
    part, left_out = needed_part(parse_model(text).formulas, "y")
    assert left_out == ("z", "later")
    assert as_syntax(part).splitlines() == [
        "a =~ a1", "a =~ a2", "a =~ a3", "b =~ a", "b =~ b1", "b =~ b2", "y =~ y1", "y =~ y2",
        "y ~ b", "y ~ m", "y ~ c", "a1 ~~ a2", "a3 ~ c", "b ~~ m", "b ~~ c", "m ~~ c",
    ]  # fmt: skip


def test_a_model_that_the_path_needs_whole_stays_as_it_is(reputation):
    whole = parse_model(reputation.model("structural")).formulas
    assert needed_part(whole, "loyalty") == (whole, ())
    assert main_path(reputation).left_out == ()


def test_predictors_covary_freely_when_what_explained_them_is_left_out():
    rng = np.random.default_rng(8)
    x = rng.normal(size=400)
    m, c = x + rng.normal(size=400), 0.7 * x + rng.normal(size=400)
    f = m + c + rng.normal(size=400)
    y = 0.5 * f + 0.3 * m + rng.normal(size=400)
    data = pd.DataFrame({"x": x, "m": m, "c": c, "y": y})
    data[["f1", "f2", "f3"]] = f[:, None] + rng.normal(size=(400, 3))
    text = "f =~ f1 + f2 + f3\ny ~ f + m + c\nm ~ x\nc ~ x\nf ~ m"
    part = as_syntax(needed_part(parse_model(text).formulas, "y")[0])
    free = "f =~ f1 + f2 + f3\ny ~ f + m + c\nf ~ m + c\nm ~ c"
    ours, theirs = (bouwen.fit_sem(model, data) for model in (part, free))
    assert ours.df == theirs.df
    assert ours.measures["chisq"] == pytest.approx(theirs.measures["chisq"], abs=1e-6)


def test_a_factor_of_factors_is_the_predictor_and_a_claim_gives_the_sign(providers):
    path = main_path(providers)
    assert (path.predictor, path.outcome, path.direction) == ("trust", "relationship_satisfaction", 1)
    assert len(path.facets) == 4
    assert len(path.items_of(path.predictor)) == 12
    assert path.forms == ("second_order", "one_factor", "facets", "scores")


def test_a_named_predictor_goes_first(reputation):
    assert main_path(reputation).predictor == "likeability"
    other = replace(reputation, file=reputation.file.model_copy(update={"predictor": "competence"}))
    assert main_path(other).predictor == "competence"


@pytest.mark.parametrize(("name", "words"), [(None, "3 variables predict"), ("cusl_1", "does not predict")])
def test_a_predictor_that_cannot_be_told_is_refused(reputation, name, words):
    with pytest.raises(NoMainPath, match=words):
        main_path(replace(reputation, file=reputation.file.model_copy(update={"predictor": name})))


def test_a_misspelt_predictor_is_refused_when_the_study_is_read(tmp_path):
    text = (
        Path("data/reputation/study.yml")
        .read_text()
        .replace("predictor: likeability", "predictor: likability")
    )
    (tmp_path / "study.yml").write_text(text)
    for name in ("instrument.yml", "corp_rep_data.csv"):
        (tmp_path / name).symlink_to(Path("data/reputation").resolve() / name)
    with pytest.raises(FileError, match="likeability"):
        bouwen.read_study(tmp_path / "study.yml")


def test_forms_are_the_models_that_a_researcher_would_write(providers):
    path = main_path(providers).without(["integrity3"])
    facets = as_syntax(path.represented("facets"))
    assert "relationship_satisfaction ~ trust_benevolence" in facets
    assert "trust_integrity ~~ contact" in facets
    assert "autonomy" not in facets
    assert "trust_integrity ~~ trust_reliability" in facets
    assert "integrity3" not in facets
    assert not re.search(r"\btrust ", facets)
    single = as_syntax(path.represented("one_factor")).splitlines()
    assert sum(line.startswith("trust =~ ") for line in single) == 11
    assert not any("trust_" in line for line in single)
    alone = as_syntax(path.adjusted("none").represented("second_order"))
    assert "contact" not in alone
    assert "relationship_satisfaction ~ trust" in alone


def test_a_single_item_can_be_the_predictor(reputation):
    study = replace(reputation, file=reputation.file.model_copy(update={"predictor": "cusa"}))
    given = material(study)
    every = list(specifications(study, given))
    assert {one.form for one in every} == {"item", "scores"}
    assert set(given.excluded) == {"all"}
    own = bouwen.fit_model(study, "structural").parameters.set_index(["lhs", "op", "rhs"])
    found = result(given, every[0], 0.95)
    assert found["estimate"] == pytest.approx(own.loc[("loyalty", "~", "cusa"), "std_all"], abs=1e-8)
    scores = SideScores(given)
    close = effects_of(scores.sides(every[0]), np.arange(len(given.keyed))[None])[0][0]
    assert close == pytest.approx(found["estimate"], abs=0.05)


def test_background_leaves_no_pair_of_constructs_uncorrelated(reputation):
    text = as_syntax(
        material(reputation).model(replace(OWN, adjustment="background")).represented("one_factor")
    )
    assert "competence ~~ likeability" in text


# ---------------------------------------------------------------------- each specification


@pytest.mark.parametrize("adjustment", ["model", "none", "background"])
@pytest.mark.parametrize("missing", ["available", "complete"])
def test_specifications_agree_with_lavaan(reputation, adjustment, missing):
    ours = result(material(reputation), replace(OWN, adjustment=adjustment, missing=missing), 0.95)
    theirs = LAVAAN[f"{adjustment}_{missing}"]
    assert ours["estimate"] == pytest.approx(theirs["estimate"], abs=1e-5)
    assert ours["se"] == pytest.approx(theirs["se"], rel=2e-4)
    assert (ours["n"], ours["df"]) == (theirs["n"], theirs["df"])


@pytest.mark.parametrize("adjustment", ["model", "none"])
def test_ordered_specifications_agree_with_lavaan(reputation, adjustment):
    ours = result(material(reputation), replace(OWN, adjustment=adjustment, estimator="WLSMV"), 0.95)
    theirs = LAVAAN[f"{adjustment}_ordered"]
    assert ours["estimate"] == pytest.approx(theirs["estimate"], abs=2e-5)
    assert (ours["n"], ours["df"]) == (theirs["n"], theirs["df"])


def test_the_effect_of_facets_is_that_of_their_sum(reputation):
    text = "\n".join(
        line for line in reputation.model("structural").splitlines() if "~" in line and "cusa" not in line
    )
    fit = bouwen.fit_sem(
        text + "\nloyalty ~ competence + likeability", bouwen.key_items(reputation), estimator="MLR"
    )
    effect = standardised_effect(fit, ["competence", "likeability"], "loyalty")
    assert effect.estimate == pytest.approx(LAVAAN["facets"]["est"], abs=2e-6)
    assert effect.se == pytest.approx(LAVAAN["facets"]["se"], rel=2e-4)


def test_composite_slopes_are_least_squares_on_a_sum():
    X = np.random.default_rng(4).normal(size=(80, 5)) @ np.random.default_rng(5).normal(size=(5, 5))
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    design = np.column_stack([Z[:, 0] + Z[:, 1], Z[:, 2]])
    slope = sm.OLS(Z[:, 4], sm.add_constant(design)).fit().params[1]
    ours = composite_slope(np.cov(X.T), np.array([0, 1]), np.array([2]), 4)
    assert ours == pytest.approx(slope * design[:, 0].std(), abs=1e-12)


def test_mean_scores_are_least_squares_of_standardised_scores(providers):
    given = material(providers)
    one = replace(OWN, form="scores", missing="complete")
    answers = given.answers(one).drop(columns=given.covariates.columns).dropna()
    z = (answers - answers.mean()) / answers.std()
    scores = z.pop(given.path.outcome)
    expected = sm.OLS(scores, sm.add_constant(z[[given.path.predictor, *given.path.controls]])).fit()
    ours = result(given, one, 0.95)
    assert ours["estimate"] == pytest.approx(expected.params[given.path.predictor], abs=1e-9)
    assert ours["n"] == len(answers)


def test_choices_choose_what_they_say(providers):
    given = material(providers)
    assert given.excluded["reversed"] == ("integrity3", "competence3")
    one = replace(OWN, form="second_order")
    everyone, attentive = (given.answers(replace(one, respondents=r)) for r in ("all", "attentive"))
    assert len(everyone) == 201
    assert 0 < 201 - len(attentive) == (~given.attentive).sum()
    complete = given.answers(replace(one, missing="complete"))
    assert complete[given.used(one)].notna().all().all()
    assert given.excluded["weakest"][0] not in given.used(replace(one, items="weakest"))


def test_every_combination_is_there_once(curve, reputation):
    choices = curve.results[list(CHOICES)]
    assert not choices.duplicated().any()
    assert len(choices) == len(list(specifications(reputation, material(reputation)))) == len(curve.results)
    ordinal = choices[choices["estimator"] == "WLSMV"]
    assert set(ordinal["form"]) == {"one_factor"}
    assert set(ordinal["missing"]) == {"available"}
    assert set(ordinal["adjustment"]) == {"model", "none"}


def test_what_cannot_be_fitted_is_counted_and_shown(reputation):
    constant = replace(reputation, responses=reputation.responses.assign(cusl_1=4.0))
    found = specification_curve(constant, seed=1, permutations=19)
    failed = found.results[found.results["status"] == "failed"]
    assert 0 < len(failed) < len(found.results)
    assert failed["note"].str.len().min() > 10
    assert found.summary()["failed"] == len(failed)
    assert found.table()["status"].iloc[-1] == "failed"


# ---------------------------------------------------------------------- the curve


def test_the_table_is_in_order_and_the_reference_is_the_studys_own(curve):
    estimates = curve.table()["estimate"]
    assert estimates.is_monotonic_increasing
    assert curve.reference["form"] == "one_factor"
    assert curve.reference["estimate"] == pytest.approx(LAVAAN["model_available"]["estimate"], abs=2e-6)


def test_steps_compare_like_with_like(curve):
    steps, told = curve.steps(), curve.results
    a = told.query("adjustment == 'none'").set_index([c for c in CHOICES if c != "adjustment"])["estimate"]
    b = told.query("adjustment == 'model'").set_index([c for c in CHOICES if c != "adjustment"])["estimate"]
    moved = (a - b).dropna()
    assert steps.loc[("adjustment", "none"), "shift"] == pytest.approx(moved.median())
    assert steps.loc[("adjustment", "none"), "largest"] == pytest.approx(moved.max())
    assert np.isnan(steps.loc[("adjustment", "model"), "shift"])


def test_a_strong_effect_has_the_smallest_p(curve):
    summary = curve.summary()
    assert summary["pvalue_median"] == pytest.approx(1 / 200)
    assert summary["pvalue_z"] == pytest.approx(1 / 200)
    assert summary["significant"] == 1
    assert summary["tested"] == (curve.results["estimator"] == "MLR").sum()


def test_effects_of_factor_scores_are_close_to_those_of_the_models(curve):
    whole = curve.results.iloc[curve.tested].reset_index()
    same = whole["items"] == "all"  # a factor of two items has no model by itself
    apart = (whole["estimate"] - curve.effects[0])[same]
    assert apart.abs().max() < 0.05


def test_too_few_shuffles_are_refused(reputation):
    with pytest.raises(TooFewShuffles):
        specification_curve(reputation, seed=1, permutations=10)


# ---------------------------------------------------------------------- shuffling


@pytest.fixture(scope="module")
def sides():
    rng = np.random.default_rng(8)
    X = rng.normal(size=(60, 3))
    y = X @ [0.5, 0.2, 0.0] + rng.normal(size=60)
    X[:4, 1], y[2:9] = np.nan, np.nan
    return Sides(X, y, np.array([0.7, 0.1, 0.0]))


def test_regressions_are_least_squares(sides):
    order = np.random.default_rng(1).permutation(60)
    frame = pd.DataFrame(sides.predictors).assign(y=sides.outcome[order]).dropna()
    expected = sm.OLS(frame.pop("y"), sm.add_constant(frame)).fit().t_test([0, *sides.effect])
    effects, t = effects_of(sides, order[None])
    assert effects[0] == pytest.approx(expected.effect[0], abs=1e-12)
    assert t[0] == pytest.approx(expected.tvalue[0, 0], abs=1e-10)


def test_adjusted_effects_shuffle_what_the_other_predictors_leave(sides):
    """By hand: Freedman and Lane's recipe, one order at a time, with statsmodels."""
    both = np.flatnonzero(np.isfinite(sides.predictors).all(axis=1) & np.isfinite(sides.outcome))
    X, y = sm.add_constant(sides.predictors[both]), sides.outcome[both]
    reduced = sm.OLS(y, X[:, [0, 3]]).fit()  # the third predictor has no part in the effect
    orders = shuffled_rows(np.ones(60, dtype=bool), 6, np.random.default_rng(4))
    effects, t = adjusted_effects_of(sides, np.vstack([np.arange(60), orders]))
    for order, effect, ratio in zip([np.arange(60), *orders], effects, t, strict=True):
        places = []
        for respondent in both:  # along the order to the first who takes part on both sides
            reached = order[respondent]
            while reached not in both:
                reached = order[reached]
            places.append(list(both).index(reached))
        assert sorted(places) == list(range(len(both)))
        drawn = reduced.fittedvalues + reduced.resid[places]
        expected = sm.OLS(drawn, X).fit().t_test([0, *sides.effect])
        assert effect == pytest.approx(expected.effect[0], abs=1e-12)
        assert ratio == pytest.approx(expected.tvalue[0, 0], abs=1e-9)
    assert effects[0] == pytest.approx(effects_of(sides, np.arange(60)[None])[0][0], abs=1e-12)


def test_what_other_predictors_explain_does_not_widen_what_chance_gives():
    rng = np.random.default_rng(12)
    other = rng.normal(size=300)
    X = np.column_stack([0.6 * other + rng.normal(size=300), other])
    y = 3 * other + rng.normal(size=300)  # the predictor adds nothing to the other one
    adjusted = Sides(X, y, np.array([1.0, 0.0]))
    effects, _ = shuffled_effects([adjusted], np.ones(300, dtype=bool), draws=400, seed=6)
    se = sm.OLS(y, sm.add_constant(X)).fit().bse[1]
    assert effects[1:].std() == pytest.approx(se, rel=0.1)


def test_degrees_of_freedom_count_the_respondents_of_both_sides(sides):
    both = np.isfinite(sides.predictors).all(axis=1) & np.isfinite(sides.outcome)
    assert sides.df == both.sum() - 4


def test_a_shuffle_keeps_everyone_among_their_own_kind():
    kind = np.random.default_rng(2).random(40) < 0.3
    orders = shuffled_rows(kind, 50, np.random.default_rng(3))
    assert (np.sort(orders, axis=1) == np.arange(40)).all()
    assert (kind[orders] == kind).all()
    assert len({tuple(order) for order in orders}) == 50


def test_shuffles_do_not_depend_on_the_workers(sides):
    kind = np.ones(60, dtype=bool)
    one, two = (shuffled_effects([sides], kind, draws=600, seed=3, n_jobs=n)[0] for n in (1, 2))
    assert one.tobytes() == two.tobytes()
    assert not np.array_equal(one, shuffled_effects([sides], kind, draws=600, seed=4)[0])


def test_joint_tests_by_hand():
    effects = np.array([[0.3, 0.5, 0.4], [0.1, 0.4, 0.5], [-0.5, -0.5, -0.5], [0.0, 0.1, 0.0]])
    t = np.array([[3.0, 3.0, 1.0], [3.0, 3.0, 0.0], [-9.0, -9.0, -9.0], [0.0, 0.0, 0.0]])
    df = np.array([1e6, 1e6, 1e6])
    found = joint_tests(effects, t, df, 1, 0.05)
    assert found["observed"].tolist() == pytest.approx([0.4, 2 / 3, 7 / 3], abs=1e-5)
    assert found["pvalue"].tolist() == [2 / 4, 2 / 4, 1 / 4]
    either = joint_tests(effects, t, df, 0, 0.05)
    assert either["pvalue"].tolist() == [3 / 4, 3 / 4, 2 / 4]
    against = joint_tests(effects, t, df, -1, 0.05)
    assert against["pvalue"].tolist() == [1.0, 1.0, 1.0]


def unrelated(study, rng):
    """The study with the outcome's answers drawn anew, as factor model, from nothing the others know."""
    n, items = len(study.responses), list(study.items_of(study.outcome))
    answers = study.responses.copy()
    latent = rng.normal(size=(n, 1)) + 0.6 * rng.normal(size=(n, len(items)))
    answers[items] = np.digitize(latent, [-1.2, -0.4, 0.4, 1.2]) + 2.0
    answers.loc[rng.random(n) < 0.1, items[0]] = np.nan
    return replace(study, responses=answers)


def joint_pvalues(study, draws, seed):
    given = material(study)
    some = [one for one in specifications(study, given) if one.estimator == "MLR" and one.items == "all"]
    return shuffle(given, some, 0.95, draws=draws, seed=seed)[1]["pvalue"]


@pytest.mark.long
def test_joint_p_values_are_uniform_when_nothing_is_there(reputation, record):
    rng = np.random.default_rng(2020)
    few = replace(reputation, responses=reputation.responses.iloc[::3])
    found = pd.DataFrame([joint_pvalues(unrelated(few, rng), 99, k) for k in range(80)])
    shares = {f"p <= {level}": (found <= level).mean() for level in (0.05, 0.1, 0.2, 0.4)}
    record("specifications-of-nothing", pd.DataFrame(shares))
    for name in ("median", "z"):
        spread = found[name] - rng.random(len(found)) / 100  # p has steps of 1/100
        assert kstest(spread, "uniform").pvalue > 0.01
    assert (found["significant"] <= 0.05).mean() < 0.1


@pytest.mark.long
def test_shuffled_effects_are_those_of_models_fitted_to_shuffled_answers(providers):
    given = material(providers)
    some = [
        replace(OWN, form=form, missing=missing, adjustment=adjustment)
        for form, missing, adjustment in (
            ("second_order", "available", "none"), ("one_factor", "complete", "model"),
            ("facets", "complete", "model"), ("scores", "available", "model"),
        )
    ]  # fmt: skip
    scores = SideScores(given)
    sides = [scores.sides(one) for one in some]
    orders = shuffled_rows(np.ones(len(given.keyed), dtype=bool), 12, np.random.default_rng(5))
    fast = np.column_stack([effects_of(one, orders)[0] for one in sides])
    items, refitted = list(given.path.items_of(given.path.outcome)), []
    for order in orders:
        keyed = given.keyed.copy()
        keyed[items] = keyed[items].to_numpy()[order]
        shuffled = replace(given, keyed=keyed)
        refitted.append([result(shuffled, one, 0.95)["estimate"] for one in some])
    for ours, theirs in zip(fast.T, np.array(refitted).T, strict=True):
        assert np.corrcoef(ours, theirs)[0, 1] > 0.99
        assert np.abs(ours - theirs).max() < 0.02 + 0.1 * np.abs(theirs).max()


def test_fit_specification_is_fit_sem(providers):
    given = material(providers)
    one = Specification("one_factor", "WLSMV", "available", "reversed", "none", "attentive")
    text = (
        "trust =~ integrity1 + integrity2 + reliability1 + reliability2 + reliability3 + competence1"
        " + competence2 + benevolence1 + benevolence2 + benevolence3\nrelationship_satisfaction ~ trust\n"
        "relationship_satisfaction =~ satisfaction1 + satisfaction2 + satisfaction3 + satisfaction4"
    )
    answers = bouwen.key_items(providers)[given.attentive]
    by_hand = bouwen.fit_sem(text, answers, estimator="WLSMV", ordered=True, missing="pairwise")
    ours = fit_specification(given, one)
    assert ours.measures["chisq"] == pytest.approx(by_hand.measures["chisq"], abs=1e-6)
    path = by_hand.standardized().query("op == '~'")
    assert result(given, one, 0.95)["estimate"] == pytest.approx(path["est_std"].item(), abs=1e-8)
    assert result(given, one, 0.95)["se"] == pytest.approx(path["se"].item(), rel=1e-5)

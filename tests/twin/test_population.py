"""Populations, what is drawn from them and what they imply."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from bouwen.errors import BouwenError
from bouwen.survey import (
    DifferenceEvidence,
    FileError,
    LevelEvidence,
    PathEvidence,
    StrongerEvidence,
    read_study,
)
from bouwen.twin import (
    ImpliedAnswers,
    Population,
    SimulationError,
    implied,
    read_population,
    simulate,
    simulate_file,
)
from bouwen.twin.expectation import answer_moments
from bouwen.twin.population import FromRegister
from bouwen.twin.simulation import chance_of

DATA = Path(__file__).parents[2] / "data"
TWINS = {"providers": (201, 1), "municipalities": (150, 2)}
LARGE, SOME = 40_000, 10_000


@cache
def population(twin: str) -> Population:
    return read_population(DATA / twin / "population.yml")


@cache
def expected(twin: str) -> ImpliedAnswers:
    return implied(population(twin))


@cache
def large(twin: str) -> pd.DataFrame:
    """Many complete answers of respondents who share nothing but the population."""
    return simulate(complete(unclustered(population(twin))), LARGE, seed=11)


def complete(population: Population) -> Population:
    missing = population.file.missing
    never = missing.stop.model_copy(update={"intercept": -1e3})
    missing = missing.model_copy(update={"skipped": 0.0, "stop": never})
    return replace(population, file=population.file.model_copy(update={"missing": missing}))


def unclustered(population: Population, common: float = 0.0) -> Population:
    background = {
        name: draw.model_copy(update={"common": common}) if isinstance(draw, FromRegister) else draw
        for name, draw in population.file.background.items()
    }
    return replace(population, file=population.file.model_copy(update={"background": background}))


def scores(population: Population, answers: pd.DataFrame) -> pd.DataFrame:
    """Mean of each construct's items, reversed ones turned round."""
    instrument, columns = population.instrument, {}
    for name, construct in instrument.constructs.items():
        items = answers[list(construct.items)].astype(float)
        scale = instrument.answer_scales[construct.answer_scale]
        for item, spec in construct.items.items():
            if spec.reversed:
                items[item] = scale.lowest + scale.highest - items[item]
        columns[name] = items.mean(axis=1)
    return pd.DataFrame(columns)


# The committed files


@pytest.mark.parametrize("twin", TWINS)
def test_committed_answers_are_drawn_again_byte_for_byte(twin, tmp_path):
    n, seed = TWINS[twin]
    simulate_file(DATA / twin / "population.yml", n, seed, tmp_path / "responses.csv")
    assert (tmp_path / "responses.csv").read_bytes() == (DATA / twin / "responses.csv").read_bytes()


@pytest.mark.parametrize("twin", TWINS)
def test_committed_studies_can_be_read(twin):
    study = read_study(DATA / twin / "study.yml")
    assert len(study.responses) == TWINS[twin][0]
    assert study.synthetic
    assert 0.02 < study.responses[list(study.items)].isna().mean().mean() < 0.04


def test_groups_are_large_enough_but_for_one_rare_level_kept_on_purpose():
    few = {}
    for twin in TWINS:
        study = read_study(DATA / twin / "study.yml")
        sizes = {
            (g, level): sum(study.responses[g] == level) for g in study.groups for level in study.levels(g)
        }
        few[twin] = {where: n for where, n in sizes.items() if n < 30}
        assert min(n for n in sizes.values() if n >= 30) < 40
    assert few["providers"] == {}
    ((where, n),) = few["municipalities"].items()
    assert where == ("municipality_size", "under_20000")
    assert n >= 10  # may be counted, but not estimated


def test_municipalities_occur_on_both_sides():
    first, second = (set(read_study(DATA / twin / "study.yml").responses["municipality"]) for twin in TWINS)
    assert len(first & second) >= 50
    assert (len(first), len(second)) == (156, 113)


def test_the_twins_share_no_random_numbers():
    first, second = (read_study(DATA / twin / "study.yml").responses.reset_index(drop=True) for twin in TWINS)
    items = [item for item in population("providers").instrument.items if item in second]
    together = first[items].corrwith(second[items])
    assert abs(together.mean()) < 0.1


# What is drawn agrees with what is implied


@pytest.mark.parametrize("twin", TWINS)
def test_moments_of_many_answers_agree_with_the_implied_ones(twin):
    answers, moments = large(twin), expected(twin)
    items = answers[list(moments.means.index)].astype(float)
    bound = 5 / np.sqrt(LARGE)
    assert_allclose(items.mean(), moments.means, atol=bound * items.std().max())
    sd = np.sqrt(np.diag(moments.covariances))
    assert_allclose(items.corr(), moments.covariances / np.outer(sd, sd), atol=bound)
    assert_allclose(items.var(), np.diag(moments.covariances), rtol=1.5 * bound)
    found = scores(population(twin), answers)
    assert_allclose(found.mean(), moments.score_means, atol=bound)
    assert_allclose(found.corr(), moments.score_correlations, atol=bound)


@pytest.mark.parametrize("twin", TWINS)
def test_alphas_are_those_of_the_answers(twin):
    instrument, found = population(twin).instrument, {}
    for name, construct in instrument.constructs.items():
        items = large(twin)[list(construct.items)].astype(float)
        items *= [-1 if item.reversed else 1 for item in construct.items.values()]
        k = items.shape[1]
        found[name] = k / (k - 1) * (1 - items.var().sum() / items.sum(axis=1).var())
    assert_allclose(pd.Series(found), expected(twin).alphas, atol=0.005)
    assert expected(twin).alphas.between(0.78, 0.92).all()


@pytest.mark.parametrize("twin", TWINS)
def test_group_shares_are_those_drawn(twin):
    for group, shares in population(twin).group_shares.items():
        if group in large(twin):
            found = large(twin)[group].value_counts(normalize=True)[list(shares)]
            assert_allclose(found, list(shares.values()), atol=0.006)


def test_moments_of_two_halved_responses():
    # P(both above the median) = 1/4 + arcsin(ρ)/2π (Sheppard 1899)
    rho = 0.6
    mean, cov = answer_moments([np.zeros(1), np.zeros(1)], np.zeros(2), np.full((2, 2), rho))
    assert_allclose(mean, 0.5)
    assert_allclose(cov, [[0.25, np.arcsin(rho) / (2 * np.pi)], [np.arcsin(rho) / (2 * np.pi), 0.25]])


@pytest.mark.parametrize("twin", TWINS)
def test_latent_variables_have_variance_one(twin):
    assert_allclose(np.diag(population(twin).covariance), 1)
    assert (population(twin).residual_variances > 0.1).all()


@pytest.mark.parametrize("twin", TWINS)
def test_facets_of_trust_are_hard_to_tell_apart(twin):
    facets = [
        name for name, paths in population(twin).file.paths.items() if list(paths.predictors) == ["trust"]
    ]
    correlations = expected(twin).latents.loc[facets, facets].to_numpy()[np.triu_indices(len(facets), 1)]
    assert len(facets) == 4
    assert ((correlations > 0.745) & (correlations < 0.9)).all()


def test_respondents_of_one_municipality_resemble_each_other():
    def resemblance(common: float) -> float:
        answers = simulate(complete(unclustered(population("providers"), common)), 10_000, seed=3)
        found = scores(population("providers"), answers)["relationship_satisfaction"]
        groups = found.groupby(answers["municipality"])
        within = groups.var().mean()
        return (found.var() - within) / found.var()

    assert resemblance(0.0) < 0.02
    assert 0.2 < resemblance(0.5) < 0.5


def test_the_first_respondents_of_a_larger_sample_are_those_of_a_smaller_one():
    twin = population("providers")
    assert_frame_equal(simulate(twin, 20, seed=5), simulate(twin, 60, seed=5).head(20))
    assert not simulate(twin, 20, seed=5).equals(simulate(twin, 20, seed=6))


# Missing answers


@pytest.mark.parametrize("twin", TWINS)
def test_missingness_depends_on_the_background_as_stated(twin):
    this = population(twin)
    answers = simulate(this, SOME, seed=11)
    missing, items = this.file.missing, list(this.instrument.items)
    early = items[: items.index(missing.stop_from)]
    skip, stop = (chance_of(chance, answers) for chance in (missing.skip, missing.stop))
    last = skip * missing.skipped + stop * (1 - skip * missing.skipped)
    for group in [*missing.skip.effects, *missing.stop.effects]:
        values = answers[group]
        levels = pd.qcut(values, 4, duplicates="drop") if values.dtype.kind == "i" else values
        for found, stated in (
            (answers[early].isna().mean(axis=1), skip * missing.skipped),
            (answers[items[-1]].isna().astype(float), last),
        ):
            apart = (found - stated).groupby(levels, observed=True)
            assert (apart.mean().abs() < 4 * apart.std() / np.sqrt(apart.count())).all()


@pytest.mark.parametrize("twin", TWINS)
def test_missingness_does_not_depend_on_the_answer_itself(twin):
    this = unclustered(population(twin))
    answers, full = simulate(this, SOME, seed=11), large(twin).head(SOME)
    skip = chance_of(this.file.missing.skip, answers) * this.file.missing.skipped
    items = list(this.instrument.items)
    given = answers[items].notna()
    assert (answers[items] == full[items]).where(given, True).all(axis=None)
    for item in items[: items.index(this.file.missing.stop_from)]:
        surprise = (~given[item]).astype(float) - skip
        own = full[item].astype(float)
        assert abs(np.corrcoef(surprise, own)[0, 1]) < 4.5 / np.sqrt(SOME)


# The published findings hold in the providers' population

EVIDENCE = [
    pytest.param(evidence, id=f"{name}-{i}")
    for name, claim in population("providers").instrument.claims.items()
    for i, evidence in enumerate(claim.evidence)
]


def predictors(syntax: str, outcome: str) -> list[str]:
    (right,) = re.findall(rf"^\s*{outcome}\s*~(?![~])\s*(.+)$", syntax, flags=re.MULTILINE)
    return [term.strip() for term in right.split("+")]


def standardised_path(correlations: pd.DataFrame, outcome: str, on: list[str], predictor: str) -> float:
    paths = np.linalg.solve(correlations.loc[on, on], correlations.loc[on, outcome])
    return float(paths[on.index(predictor)])


@pytest.mark.parametrize("evidence", EVIDENCE)
def test_a_finding_holds_in_the_population(evidence):
    twin, moments = population("providers"), expected("providers")
    match evidence:
        case PathEvidence():
            on = predictors(twin.instrument.model_syntax(evidence.model), evidence.outcome)
            path = standardised_path(moments.latents, evidence.outcome, on, evidence.predictor)
            assert (path if evidence.sign == "positive" else -path) > 0.1
        case LevelEvidence():
            construct = twin.instrument.constructs[evidence.construct_]
            above = (
                moments.score_means[evidence.construct_]
                - twin.instrument.answer_scales[construct.answer_scale].midpoint
            )
            assert (above if evidence.side == "above" else -above) > 0.1
        case StrongerEvidence():
            with_outcome = moments.score_correlations[evidence.outcome]
            assert with_outcome[evidence.constructs].min() > with_outcome[evidence.than].max()
        case DifferenceEvidence():
            shift = twin.shift(evidence.group, evidence.higher) - twin.shift(evidence.group, evidence.lower)
            assert (twin.effects @ shift)[twin.latents.index(evidence.construct_)] > 0.3


@pytest.mark.parametrize("evidence", EVIDENCE)
def test_a_finding_shows_in_many_answers(evidence):
    twin, answers = population("providers"), large("providers")
    found = scores(twin, answers)
    match evidence:
        case PathEvidence():
            instrument = twin.instrument
            facets = [f for f, paths in twin.file.paths.items() if list(paths.predictors) == ["trust"]]
            found["trust"] = found[facets].mean(axis=1)
            on = predictors(instrument.model_syntax(evidence.model), evidence.outcome)
            path = standardised_path(found.corr(), evidence.outcome, on, evidence.predictor)
            assert (path if evidence.sign == "positive" else -path) > 0.1
        case LevelEvidence():
            above = found[evidence.construct_].mean() - 3
            assert (above if evidence.side == "above" else -above) > 0.1
        case StrongerEvidence():
            with_outcome = found.corr()[evidence.outcome]
            assert with_outcome[evidence.constructs].min() > with_outcome[evidence.than].max()
        case DifferenceEvidence():
            means = found[evidence.construct_].groupby(answers[evidence.group]).mean()
            assert means[evidence.higher] - means[evidence.lower] > 0.3


def test_the_municipal_side_is_rosier():
    providers, municipalities = (expected(twin).score_means for twin in TWINS)
    level = [e.values[0] for e in EVIDENCE if isinstance(e.values[0], LevelEvidence)]
    for evidence in level:
        gap = municipalities[evidence.construct_] - providers[evidence.construct_]
        assert (gap if evidence.side == "below" else -gap) > 0.2


@pytest.mark.parametrize("model", ["measurement", "structural"])
@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.filterwarnings("ignore")
def test_models_converge_on_the_committed_answers_without_improper_solutions(twin, model):
    import semopy

    study = read_study(DATA / twin / "study.yml")
    syntax = study.instrument.model_syntax(model)
    items = [item for item in study.items if re.search(rf"\b{item}\b", syntax)]
    answers = study.responses[items].dropna()
    for item in items:
        if study.instrument.items[item].reversed:
            answers[item] = 6 - answers[item]
    fitted = semopy.Model(syntax)
    result = fitted.fit(answers)
    table = fitted.inspect(std_est=True)
    own = (table["op"] == "~~") & (table["lval"] == table["rval"])
    assert result.success
    assert (table.loc[own, "Est. Std"] > 0.02).all()
    assert (table.loc[~own, "Est. Std"].abs() < 1).all()
    assert 0.92 < semopy.calc_stats(fitted)["CFI"].iloc[0] < 1  # low by what 44 items at 110 complete rows do
    if model == "structural":
        path = (table["lval"] == study.file.outcome) & (table["op"] == "~") & (table["rval"] == "trust")
        assert 0.5 < table.loc[path, "Est. Std"].iloc[0] < 0.75


# Wrong input


@pytest.fixture
def folder(tmp_path):
    """A copy of the default study that a test may spoil."""
    shutil.copytree(DATA / "netherlands", tmp_path / "netherlands")
    shutil.copytree(DATA / "providers", tmp_path / "providers")
    shutil.copy(DATA / "instrument.yml", tmp_path)
    return tmp_path / "providers"


WRONG = {
    "unknown key": ("about: >-", "abuot: >-", r'unknown key "abuot". Did you mean "about"\?'),
    "no ground": ("median: 7, spread: 0.7, ground: assumed", "median: 7, spread: 0.7", '"ground" is missing'),
    "shares": ("outputgericht: 0.21", "outputgericht: 0.31", "must add up to 1, found 1.1"),
    "category": ("shares: {small", "shares: {smal", 'no category "smal". Did you mean "small"'),
    "not a number": ("{equality: -0.5", "{equality: .nan", "must be a number"),
    "infinite": ("intercept: -1.9", "intercept: .inf", "must be a number"),
    "answer shares": ("shares: [0.06, 0.19,", "shares: [0.25,", "5 answers, found 4"),
    "perspective": ("perspective: provider", "perspective: citizen", 'no perspective "citizen"'),
    "instrument variable": (
        "  type_of_care:\n    kind",
        "  type_of_help:\n    kind",
        '"type_of_help". Did you mean "type_of_care"',
    ),
    "kind": (
        "years_of_contract: {kind: lognormal, median: 7, spread: 0.7",
        "years_of_contract: {kind: shares, shares: {a: 1}",
        'of kind "number" and cannot be drawn by "shares"',
    ),
    "weight": ("weight: inhabitants", "weight: inhabitant", 'no number in the register "inhabitant"'),
    "predictor": (
        "{climate: 0.68}",
        "{climat: 0.68}",
        'no construct or factor "climat". Did you mean "climate"',
    ),
    "order": ("{climate: 0.76}", "{trust: 0.76}", 'the paths to "trust" must stand above'),
    "too much": ("{climate: 0.74}", "{climate: 1.1}", 'explain 1.21 of the variance of "commitment"'),
    "correlation": (
        "[transparency, contact], value: 0.10",
        "[transparency, contact], value: 1.10",
        "less than 1",
    ),
    "on the way": (
        "[transparency, contact], value",
        "[climate, contact], value",
        "one is on the way to the other",
    ),
    "not positive definite": (
        "[contact, stability], value: 0.20",
        "[contact, stability], value: -0.999",
        'the correlations of "stability" cannot hold together',
    ),
    "construct": ("  distrust:\n    load", "  mistrust:\n    load", 'no construct "mistrust"'),
    "item": ("{integrity1: 0.88", "{integrity9: 0.88", 'no item "integrity9"'),
    "loadings": ("contact1: 0.86", "contact1: 1.2", "less than 1"),
    "loadings together": (
        "{integrity2: 0.20}",
        "{integrity2: 0.60}",
        'of the variance of "integrity2", which is 1',
    ),
    "cross-loading": ("{integrity2: 0.20}", "{integrity8: 0.20}", 'no item "integrity8"'),
    "shifted item": ("shifts: {budget2: -0.2}", "shifts: {budget7: -0.2}", 'no item "budget7"'),
    "level": ("level: small", "level: tiny", 'no level of provider_size "tiny"'),
    "shifted construct": ("{contact: 0.25,", "{contacts: 0.25,", '"contacts". Did you mean "contact"'),
    "stop from": ("stop_from: equality1", "stop_from: equality0", 'no item "equality0"'),
    "effect": ("years_of_contract: -0.04", "years_of_contract: {a: 1}", "one number for a number"),
    "effect level": ("{domestic_support: 0.5}", "{support: 0.5}", 'no category "support"'),
}


# Refused where it shows (what is missing above it, what does not fit below), not where it was changed.
ELSEWHERE = {
    "category",
    "construct",
    "instrument variable",
    "loadings together",
    "no ground",
    "not positive definite",
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_population_is_refused_with_its_line(case, folder):
    old, new, message = WRONG[case]
    path = folder / "population.yml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(FileError, match=message) as error:
        read_population(path)
    assert error.value.line is not None
    changed = text[: text.index(old)].count("\n") + 1
    assert case in ELSEWHERE or changed <= error.value.line <= changed + new.count("\n") + 1


@pytest.mark.parametrize(("n", "seed"), [(0, 1), (-3, 1), (10, -1)])
def test_impossible_samples_are_refused(n, seed):
    with pytest.raises(SimulationError):
        simulate(population("providers"), n, seed)


def test_a_file_with_other_content_is_not_replaced(folder, tmp_path):
    path = tmp_path / "real.csv"
    for content in (b"respondent,a\nr1,3\n", b"", b"\xff\xfe\x00", b'respondent,a\n"'):
        path.write_bytes(content)
        with pytest.raises(FileError, match="something else than simulated answers"):
            simulate_file(folder / "population.yml", 5, 1, path)
        assert path.read_bytes() == content


def test_simulated_answers_are_replaced_whole(folder):
    output = folder / "responses.csv"
    before = sorted(folder.iterdir())
    simulate_file(folder / "population.yml", 5, 1, output)
    text = output.read_bytes().decode("utf-8")
    assert len(text.splitlines()) == 6
    assert "\r" not in text
    assert not re.search(r"\d\.\d", text)
    assert sorted(folder.iterdir()) == before


def test_a_missing_folder_is_refused(folder):
    with pytest.raises(BouwenError, match="there is no folder"):
        simulate_file(folder / "population.yml", 5, 1, folder / "nowhere" / "responses.csv")

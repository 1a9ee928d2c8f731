"""What was put into the twins, what a model makes of it in the long run, and how often intervals hold it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen.sem import Moments, SamFit
from bouwen.survey import FileError
from bouwen.twin import NoPopulation, OtherPaths, implied, simulate
from bouwen.twin.recovery import endless, long_run, parameter_recovery, paths_of, population_of, put_in

TWINS = {"providers": 201, "municipalities": 150}
RUNS = 1000
LEAST = 0.925


@cache
def study(twin: str) -> bouwen.Study:
    return bouwen.read_study(f"data/{twin}/study.yml")


@cache
def found(twin: str) -> pd.DataFrame:
    """Recovery from the study's own answers in two steps, by path."""
    recovery = parameter_recovery(study(twin), bouwen.fit_structure(study(twin)))
    return recovery.table().set_index(["lhs", "rhs"])


def drawn(twin: str, n: int, seed: int, *, apart: bool = False) -> bouwen.Study:
    """The study with other answers; ``apart``: complete ones of respondents who share nothing."""
    population = population_of(study(twin))
    if apart:
        missing = population.file.missing
        never = missing.stop.model_copy(update={"intercept": -1e3})
        missing = missing.model_copy(update={"skipped": 0.0, "stop": never})
        background = dict(population.file.background)
        background["municipality"] = background["municipality"].model_copy(update={"common": 0.0})
        file = population.file.model_copy(update={"missing": missing, "background": background})
        population = replace(population, file=file)
    answers = simulate(population, n, seed).set_index("respondent")
    for item in study(twin).items:
        answers[item] = answers[item].astype(float)
    return replace(study(twin), responses=answers)


@pytest.mark.parametrize("twin", TWINS)
def test_what_was_put_in_is_what_latent_correlations_say(twin):
    """Trust has no predictor that the model lacks, so its paths follow from the population's correlations."""
    latents = implied(population_of(study(twin))).latents
    ours = found(twin)["put_in"].loc["trust"]
    by_correlations = np.linalg.solve(latents.loc[ours.index, ours.index], latents.loc[ours.index, "trust"])
    assert_allclose(ours, by_correlations, atol=1e-12)
    assert (ours.abs() > 0.1).sum() >= 4


def test_facets_carry_what_trust_does():
    by_path = found("providers")["put_in"].loc["relationship_satisfaction"]
    assert by_path["trust"] == pytest.approx(0.05 + 0.89 * 0.30 + 0.92 * 0.27)
    assert by_path["contact"] == 0.18  # what runs through trust is no part of it
    every = put_in(population_of(study("providers")), [("relationship_satisfaction", "contact")])
    assert every.item() == pytest.approx(0.18 + 0.26 * by_path["trust"])
    assert put_in(population_of(study("providers")), [("trust", "integrity1")]).isna().all()


@cache
def many(twin: str) -> bouwen.Study:
    return drawn(twin, 20_000, 7, apart=True)


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize("fit", [bouwen.fit_structure, bouwen.fit_model])
def test_the_long_run_is_that_of_many_answers(twin, fit):
    """In as many steps as the fit to the study's own answers took."""
    ours = fit(many(twin), "structural", estimator="ML")
    here = paths_of(ours, 0.95).set_index(["lhs", "rhs"])
    again = endless(ours, study(twin).model("structural"), long_run(population_of(study(twin))))
    limits = paths_of(again, 0.95).set_index(["lhs", "rhs"])["est_std"].reindex(here.index)
    assert type(again) is type(ours)
    assert ((here["est_std"] - limits).abs() < 4 * here["se"]).all()
    assert here["se"].max() < 0.02
    assert (limits - found(twin)["put_in"].reindex(here.index)).abs().max() > 0.04  # the model is simpler


@pytest.mark.long
@pytest.mark.parametrize("twin", TWINS)
def test_the_long_run_is_that_of_a_hundred_thousand_answers(twin):
    hundred = bouwen.fit_structure(drawn(twin, 100_000, 8, apart=True), estimator="ML")
    here = paths_of(hundred, 0.95).set_index(["lhs", "rhs"])
    assert_allclose(here["est_std"], found(twin)["long_run"].reindex(here.index), atol=0.02)


def test_on_moments_of_the_studys_model_both_steps_are_one():
    """Its factor of factors enters the second step in its reduced form."""
    text = study("providers").model("structural")
    moments = long_run(population_of(study("providers")))
    two = bouwen.fit_sam(text, moments, estimator="ML")
    own = Moments(two.implied.cov[0], moments.n, names=two.sample.names, divisor="n")
    steps = (fit(text, own, estimator="ML") for fit in (bouwen.fit_sam, bouwen.fit_sem))
    both = [paths_of(fit, 0.95).set_index(["lhs", "rhs"])["est_std"] for fit in steps]
    assert len(both[0]) == 12
    assert_allclose(both[0], both[1].loc[both[0].index], atol=1e-7)


def test_moments_of_the_long_run_are_of_turned_items():
    moments = long_run(population_of(study("providers")))
    keyed = bouwen.key_items(study("providers")).corr()
    sd = np.sqrt(np.diag(moments.cov))
    ours = moments.cov / np.outer(sd, sd)
    assert np.abs(ours - keyed.to_numpy()).max() < 0.35
    with_reversed = keyed.columns.get_loc("integrity3"), keyed.columns.get_loc("integrity1")
    assert ours[with_reversed] > 0.3


def test_intervals_hold_the_long_run_or_do_not():
    fit = bouwen.fit_structure(study("providers"))
    for level in (0.5, 0.95):
        recovery = parameter_recovery(study("providers"), fit, confidence=level)
        table = recovery.table()
        inside = (table["ci_lower"] <= table["long_run"]) & (table["long_run"] <= table["ci_upper"])
        assert list(table["covered"]) == list(inside)
        assert 0 < inside.sum() < 12
        assert f"{inside.sum()} of 12" in repr(recovery)
        assert recovery.confidence == level
        assert_allclose(table["ci_upper"], fit.standardized(confidence=level).query("op == '~'")["ci_upper"])


def test_a_study_without_a_population_and_a_fit_of_other_paths_are_refused():
    reputation = bouwen.read_study("data/reputation/study.yml")
    with pytest.raises(NoPopulation, match='name the file as "population"'):
        parameter_recovery(reputation, bouwen.fit_model(reputation, "structural"))
    with pytest.raises(OtherPaths, match='other paths than the model "structural"'):
        parameter_recovery(study("providers"), bouwen.fit_model(study("providers"), "measurement"))
    other = reputation.file.model_copy(update={"population": "../providers/population.yml"})
    with pytest.raises(NoPopulation, match="do not ask the same items"):
        population_of(replace(reputation, file=other))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("synthetic: true", "synthetic: false", "real answers have none"),
        ("population: population.yml", "population: poplation.yml", 'no such file.*"population.yml"'),
    ],
)
def test_a_population_of_real_answers_or_that_is_not_there_is_refused(tmp_path, old, new, message):
    for name in ("netherlands", "instrument.yml"):
        (tmp_path / name).symlink_to(Path("data").resolve() / name)
    folder = tmp_path / "providers"
    folder.mkdir()
    for name in ("responses.csv", "population.yml", "error-rates.csv"):
        (folder / name).write_bytes(Path("data/providers", name).read_bytes())
    text = Path("data/providers/study.yml").read_text("utf-8")
    assert old in text
    (folder / "study.yml").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(FileError, match=message):
        bouwen.read_study(folder / "study.yml")


@pytest.mark.long
@pytest.mark.parametrize("twin", TWINS)
def test_intervals_hold_the_long_run_as_often_as_they_say(twin, runs, record):
    """Every path of whole runs, to two errors of the simulation; of a part of them all paths together."""
    limits, asked = found(twin)["long_run"], runs(RUNS)
    if asked < RUNS:
        asked = max(20, asked // 5)  # each run draws a study and fits it
    held = []
    for run in range(asked):
        fit = bouwen.fit_structure(drawn(twin, TWINS[twin], 1000 + run))
        assert isinstance(fit, SamFit)
        here = paths_of(fit, 0.95).set_index(["lhs", "rhs"]).reindex(limits.index)
        held.append((here["ci_lower"] <= limits) & (limits <= here["ci_upper"]))
    coverage = pd.DataFrame(held).mean().rename("coverage")
    table = found(twin)[["put_in", "long_run"]].assign(coverage=coverage, runs=asked)
    record(f"recovery-of-{twin}", table)
    errors = 2 * np.sqrt(LEAST * (1 - LEAST) / asked)
    assert coverage.mean() >= LEAST - (asked < RUNS) * errors
    assert asked < RUNS or coverage.min() >= LEAST - errors

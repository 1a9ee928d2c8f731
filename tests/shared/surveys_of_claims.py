"""Populations in which nothing is true, or just what a claim says, and surveys from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

import bouwen
from bouwen.claims.verdicts import judge_evidence
from bouwen.claims.weighing import measure_claims
from bouwen.errors import BouwenError
from bouwen.survey import Study
from bouwen.twin import Population, implied, read_population, simulate

STUDY = "data/providers/study.yml"
POPULATION = "data/providers/population.yml"
GROUND = {"ground": "of a simulation"}
EVEN = np.array([0.1, 0.24, 0.32, 0.24, 0.1])  # shares of answers whose mean is the middle
DISTANCE = 0.25  # standard deviations from the middle that are much


@cache
def providers() -> Study:
    """The study whose page is put to the test."""
    return bouwen.read_study(STUDY)


@cache
def twin() -> Population:
    """The population in which the published findings hold."""
    return read_population(POPULATION)


def changed(population: Population, **parts: Any) -> Population:
    """A population of which some parts of the file are other."""
    file = type(population.file).model_validate(population.file.model_dump(by_alias=True) | parts)
    return replace(population, file=file)


def with_paths(population: Population, paths: Mapping[str, Mapping[str, float]]) -> Population:
    """A population with other paths to some variables."""
    told = population.file.model_dump(by_alias=True)["paths"]
    return changed(population, paths=told | {n: {"predictors": dict(p), **GROUND} for n, p in paths.items()})


def with_shares(population: Population, shares: Mapping[str, Iterable[float]]) -> Population:
    """A population with other answers to the items of some constructs, alike for all of these items."""
    told = population.file.model_dump(by_alias=True)["items"]
    for name, values in shares.items():
        told[name] = told[name] | {"shares": list(values), "shifts": {}}
    return changed(population, items=told)


def with_loadings(population: Population, loadings: Mapping[str, float]) -> Population:
    """A population in which all items of some constructs measure equally well."""
    told = population.file.model_dump(by_alias=True)["items"]
    for name, value in loadings.items():
        told[name] = told[name] | {"loadings": dict.fromkeys(told[name]["loadings"], value)}
    return changed(population, items=told)


FACETS = ("trust_integrity", "trust_reliability", "trust_competence", "trust_benevolence")
NO_PATHS = {
    "trust": {"climate": 0.0},
    **{facet: {"trust": 0.88} for facet in FACETS},
    "relationship_satisfaction": {"climate": 0.0},
}


def nothing() -> Population:
    """Every path is zero, every mean lies in the middle, every facet and every group is like the others."""
    population = changed(twin(), shifts=[], cross_loadings={})
    population = with_shares(population, dict.fromkeys(population.instrument.constructs, EVEN))
    return with_paths(population, NO_PATHS)


def half() -> Population:
    """Of every claim of several parts some are true, and the others exactly not."""
    true = twin().file.model_dump(by_alias=True)["items"]
    kept = {name: true[name]["shares"] for name in ("equality", "stability", "budget")}
    population = with_shares(nothing(), kept)
    paths = NO_PATHS | {
        "trust": {"transparency": 0.27, "contact": 0.26, "autonomy": 0.25, "distrust": -0.30},
        "trust_benevolence": {"trust": 0.60},
        "relationship_satisfaction": {"trust": 0.55, "transparency": 0.20},
    }
    return with_paths(population, paths)


def at_the_smallest() -> Population:
    """What claims call large is exactly as large as the smallest value that deserves the word."""
    population = with_paths(nothing(), {"relationship_satisfaction": {"trust": 0.20}})

    def tilted(t: float) -> Population:
        shares = EVEN * np.exp(t * np.arange(-2, 3))
        return with_shares(population, {"distrust": shares / shares.sum()})

    def too_far(t: float) -> float:
        scales = implied(tilted(t)).table().loc["distrust"]
        return float((scales["mean"] - 3) / scales["sd"] - DISTANCE)

    return tilted(brentq(too_far, 0, 1, xtol=1e-4))


def facets_alike(well: float, badly: float) -> Population:
    """All facets go with satisfaction alike; integrity and reliability are measured otherwise."""
    population = with_paths(nothing(), {"relationship_satisfaction": {"trust": 0.75}})
    return with_loadings(population, dict.fromkeys(FACETS[:2], well) | dict.fromkeys(FACETS[2:], badly))


def survey(population: Population, n: int, seed: int) -> Study:
    """A survey among n of a population, as a study of the providers."""
    answers = simulate(population, n, seed).set_index("respondent")
    items = list(population.instrument.items)
    return replace(providers(), responses=answers.assign(**answers[items].astype(float)))


def about(study: Study, claims: Iterable[str]) -> Study:
    """The study with some of its claims only."""
    kept = {name: study.instrument.claims[name] for name in claims}
    return replace(study, instrument=study.instrument.model_copy(update={"claims": kept}))


def one_page(population: Population, n: int, claims: Iterable[str], seed: int) -> pd.DataFrame | None:
    """What a survey shows of every piece of evidence for some claims; None where a model has no solution."""
    try:
        return measure_claims(about(survey(population, n, seed), claims))
    except BouwenError:
        return None


def measured(
    population: Population, runs: int, n: int, claims: Iterable[str] = ()
) -> list[pd.DataFrame | None]:
    """What so many surveys show of every piece of evidence for some claims, by default for all."""
    asked = tuple(claims) or tuple(providers().instrument.claims)
    with ProcessPoolExecutor() as workers:
        return list(workers.map(partial(one_page, population, n, asked), range(1, runs + 1), chunksize=20))


def told(pieces: Iterable[pd.DataFrame | None]) -> pd.DataFrame:
    """What pages say: a row per survey and piece of evidence; none for surveys without a solution."""
    pages = [judge_evidence(page, 0.95).assign(run=k) for k, page in enumerate(pieces) if page is not None]
    return pd.concat(pages, ignore_index=True)


def share_of(
    pages: pd.DataFrame, runs: int, says: Callable[[pd.Series], bool], column: str = "verdict"
) -> pd.Series:
    """By claim, the share of surveys of which its parts say something."""
    found = pages.groupby(["claim", "run"], sort=False)[column].agg(says)
    return found.groupby("claim", sort=False).sum() / runs


def answers_needed(pages: list[pd.DataFrame], n: int, least: float = 0.8) -> pd.Series:
    """By claim, from how many answers it is supported in four of five surveys; missing where never.

    Each survey's distance from the reference, in standard errors, is its expectation, which grows with √n,
    and an error, which does not; all rules are applied to what follows.
    """
    first = pages[0]
    z = np.array([((p["estimate"] - p["reference"]) / p["se"]).to_numpy(dtype=float) for p in pages])
    expected = z.mean(axis=0)

    @cache
    def power(answers: int) -> pd.Series:
        shifted = z + expected * (np.sqrt(answers / n) - 1)
        rows = [
            judge_evidence(first.assign(estimate=row, se=1.0, df=np.inf, reference=0.0), 0.95).assign(run=k)
            for k, row in enumerate(shifted)
        ]
        return share_of(pd.concat(rows), len(rows), lambda v: (v == "supported").all())

    needed = {}
    for claim in first["claim"].unique():
        low, high = 10, 50_000
        if power(high)[claim] < least:
            needed[claim] = np.nan
            continue
        while high / low > 1.03:
            middle = round(np.sqrt(low * high))
            low, high = (low, middle) if power(middle)[claim] >= least else (middle, high)
        needed[claim] = float(f"{high:.2g}")
    return pd.Series(needed)

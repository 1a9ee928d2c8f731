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
from bouwen.claims.planning import claims_settled, fewest, outlook
from bouwen.claims.verdicts import judge_evidence
from bouwen.claims.weighing import measure_claims
from bouwen.errors import BouwenError
from bouwen.survey import Study
from bouwen.twin import Population, implied, read_population, simulate

STUDIES = {"provider": "providers", "municipality": "municipalities"}  # by perspective
GROUND = {"ground": "of a simulation"}
EVEN = np.array([0.1, 0.24, 0.32, 0.24, 0.1])  # shares of answers whose mean is the middle
DISTANCE = 0.25  # standard deviations from the middle that are much


@cache
def study_named(name: str) -> Study:
    """A study whose page is put to the test."""
    return bouwen.read_study(f"data/{name}/study.yml")


@cache
def twin(name: str = "providers") -> Population:
    """The population of a study; in that of the providers the published findings hold."""
    return read_population(f"data/{name}/population.yml")


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


def nothing(name: str = "providers") -> Population:
    """Every path is zero, every mean lies in the middle, every facet and every group is like the others."""
    population = changed(twin(name), shifts=[], cross_loadings={})
    population = with_shares(population, dict.fromkeys(population.instrument.constructs, EVEN))
    return with_paths(population, NO_PATHS)


def half(name: str = "providers") -> Population:
    """Of every claim of several parts some are true, and the others exactly not."""
    true = twin().file.model_dump(by_alias=True)["items"]
    kept = {scale: true[scale]["shares"] for scale in ("equality", "stability", "budget")}
    population = with_shares(nothing(name), kept)
    paths = NO_PATHS | {
        "trust": {"transparency": 0.27, "contact": 0.26, "autonomy": 0.25, "distrust": -0.30},
        "trust_benevolence": {"trust": 0.60},
        "relationship_satisfaction": {"trust": 0.55, "transparency": 0.20},
    }
    return with_paths(population, paths)


def at_the_smallest(name: str = "providers") -> Population:
    """What claims call large is exactly as large as the smallest value that deserves the word."""
    population = with_paths(nothing(name), {"relationship_satisfaction": {"trust": 0.20}})

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
    """A survey among n of a population, as the study of its perspective."""
    answers = simulate(population, n, seed).set_index("respondent")
    items = list(population.instrument.items)
    study = study_named(STUDIES[population.file.perspective])
    return replace(study, responses=answers.assign(**answers[items].astype(float)))


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
    asked = tuple(claims) or tuple(population.instrument.claims)
    with ProcessPoolExecutor() as workers:
        return list(workers.map(partial(one_page, population, n, asked), range(1, runs + 1), chunksize=20))


def told(pieces: Iterable[pd.DataFrame | None]) -> pd.DataFrame:
    """What pages say: a row per survey and piece that was asked; none for surveys without a solution."""
    pages = [judge_evidence(page, 0.95).assign(run=k) for k, page in enumerate(pieces) if page is not None]
    rows = pd.concat(pages, ignore_index=True)
    return rows[rows["asked"]]


def share_of(
    pages: pd.DataFrame, runs: int, says: Callable[[pd.Series], bool], column: str = "verdict"
) -> pd.Series:
    """By claim, the share of surveys of which its parts say something."""
    found = pages.groupby(["claim", "run"], sort=False)[column].agg(says)
    return found.groupby("claim", sort=False).sum() / runs


def settled(pages: pd.DataFrame, runs: int, expected: pd.Series) -> pd.Series:
    """By claim, the share of surveys that say what is so: all of it holds, or part of it does not."""
    whole = share_of(pages, runs, lambda parts: (parts == "supported").all())
    denied = share_of(pages, runs, lambda parts: (parts == "contradicted").any())
    return whole.where(expected == "supported", denied)


def what_holds(pages: list[pd.DataFrame]) -> pd.Series:
    """By claim, whether all of it holds in the population of the surveys, or part of it does not."""
    asked = pd.concat([page.assign(part=range(len(page))) for page in pages if page is not None])
    asked = asked[asked["asked"]]
    distance = (asked["side"] * (asked["estimate"] - asked["reference"])).groupby(asked["part"]).mean()
    nearest = distance.groupby(asked.drop_duplicates("part").set_index("part")["claim"], sort=False).min()
    return pd.Series(np.where(nearest >= 0, "supported", "contradicted"), nearest.index)


def answers_needed(pages: list[pd.DataFrame], n: int, least: float = 0.8) -> pd.Series:
    """By claim, from how many answers four of five surveys say what is so; missing where never.

    Each survey's distance from the reference, in standard errors, is its expectation, which grows with √n,
    and an error, which does not; all rules are applied to what follows.
    """
    asked, truth = pages[0]["asked"].to_numpy(dtype=bool), what_holds(pages)
    z = np.array(
        [(p["side"] * (p["estimate"] - p["reference"]) / p["se"])[asked] for p in pages], dtype=float
    )
    z, expected = np.nan_to_num(z), np.nanmean(z, axis=0)
    claims, which = np.unique(pages[0].loc[asked, "claim"].to_numpy(dtype=str), return_inverse=True)

    def power(answers: float, c: int) -> float:
        shifted = z + expected * (np.sqrt(answers / n) - 1)
        return float(claims_settled(shifted, which, 0.025, expected >= 0)[:, c].mean())

    found = {str(claim): fewest(lambda m, c=c: power(m, c), least, n) for c, claim in enumerate(claims)}
    return pd.Series({claim: float(f"{found[claim]:.2g}") for claim in truth.index})


def forecasts(pages: list[pd.DataFrame], n: int) -> pd.Series:
    """By claim, how likely the estimates of each survey make it that the next says what is so; their mean."""
    truth, every = what_holds(pages).sort_index(), []
    for page in filter(lambda page: page is not None, pages):
        own = page[page["asked"]]
        z = own["side"] * (own["estimate"] - own["reference"]) / own["se"]
        found = outlook(
            z.to_numpy(dtype=float), own["claim"], n, 0.025, goal=1.0, draws=200, seed=1
        ).sort_index()
        every.append(found["power"].where(found["expected"] == truth, 0.0))
    return pd.concat(every, axis=1).mean(axis=1)

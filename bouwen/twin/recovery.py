"""A study whose answers were drawn, and a fit to them -> what was put in, and what the model makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import Matrix
from bouwen.errors import BouwenError
from bouwen.results import Result, at_level
from bouwen.sem import Fit, Moments, SamFit, fit_sam, fit_sem, parse_model, total_effects
from bouwen.survey import Study
from bouwen.twin.expectation import implied
from bouwen.twin.population import Population, read_population

LONG_RUN = 100_000  # respondents whose answers have the moments of the population exactly


class NoPopulation(BouwenError):
    """A study does not say from which population its answers were drawn, or names one of other questions."""


class OtherPaths(BouwenError):
    """A fit has other paths than the model of the study with which it is compared."""


@dataclass(frozen=True, eq=False, repr=False)
class Recovery(Result):
    """What was put into synthetic answers, by path of a model, and what the model finds of it.

    Attributes
    ----------
    paths : DataFrame
        lhs rhs put_in long_run est ci_lower ci_upper covered, see `parameter_recovery`.
    confidence : float
        Level of the intervals.
    """

    paths: pd.DataFrame
    confidence: float

    def table(self) -> pd.DataFrame:
        """One row per path."""
        return at_level(self.paths.copy(), self.confidence)

    def _line(self) -> str:
        covered = int(self.paths["covered"].sum())
        return f"{covered} of {len(self.paths)} intervals hold what the model finds in the long run"


def parameter_recovery(
    study: Study, fit: Fit | SamFit, *, model: str = "structural", confidence: float | None = None
) -> Recovery:
    """What was put into the answers of a synthetic study, and what a model finds: in the long run, and here.

    In the long run is what a fit in as many steps gives of endlessly many complete answers, whose moments
    follow from the population (`bouwen.twin.implied`). It differs from what was put in wherever the model is
    simpler than the population: facets with paths of their own, factors that nobody measures, items that
    share a wording, answers in a few steps. An interval is about the long run.

    Parameters
    ----------
    study : Study
        One that names its ``population``.
    fit : Fit or SamFit
        Of the model to the study's answers, as numbers, from `bouwen.fit_structure` or `bouwen.fit_model`.
    model : str
        The name of the model in the instrument, or the role ``"structural"``.
    confidence : float, optional
        The level of the intervals; by default the study's.

    Returns
    -------
    Recovery
        By path of the model, standardised: ``put_in``, along all routes that pass no other variable of the
        model's paths; ``long_run``; ``est`` with ``ci_lower`` and ``ci_upper``; ``covered``, whether the
        interval holds ``long_run``.

    Raises
    ------
    NoPopulation
        The study names no population, or one that asks something else.
    OtherPaths
        The fit has other paths than the model.
    """
    population = population_of(study)
    confidence = study.settings.confidence if confidence is None else confidence
    text = study.instrument.model_syntax(getattr(study.file.models, model, model))
    found = paths_of(fit, confidence)
    wanted = [(f.lhs, f.rhs) for f in parse_model(text).formulas if f.op == "~"]
    if sorted(zip(found["lhs"], found["rhs"], strict=True)) != sorted(wanted):
        raise OtherPaths(
            f'the fit has other paths than the model "{model}"; fit that, to answers of one group.'
        )
    again = paths_of(endless(fit, text, long_run(population)), confidence)
    by = ["lhs", "rhs"]
    limits = again.set_index(by)["est_std"].reindex(pd.MultiIndex.from_frame(found[by])).to_numpy()
    paths = pd.DataFrame(
        {
            "lhs": found["lhs"],
            "rhs": found["rhs"],
            "put_in": put_in(population, wanted).reindex(pd.MultiIndex.from_frame(found[by])).to_numpy(),
            "long_run": limits,
            "est": found["est_std"],
            "ci_lower": found["ci_lower"],
            "ci_upper": found["ci_upper"],
            "covered": (found["ci_lower"] <= limits) & (limits <= found["ci_upper"]),
        }
    )
    return Recovery(paths, confidence)


def population_of(study: Study) -> Population:
    """The population that a study names, of the same items."""
    if study.file.population is None:
        raise NoPopulation(
            f"{study.path.name} does not say from which population its answers were drawn; name the file as "
            '"population".'
        )
    population = read_population(study.path.parent / study.file.population)
    if list(population.instrument.items) != list(study.items):
        raise NoPopulation(f"{population.path.name} and {study.path.name} do not ask the same items.")
    return population


def paths_of(fit: Fit | SamFit, confidence: float) -> pd.DataFrame:
    """The standardised regressions of a fit with their intervals."""
    found = fit.standardized(confidence=confidence)
    return found[found["op"] == "~"].reset_index(drop=True)


def endless(fit: Fit | SamFit, text: str, moments: Moments) -> Fit | SamFit:
    """A model fitted to moments in as many steps as a fit was."""
    if isinstance(fit, SamFit):
        return fit_sam(text, moments, method=fit.method, estimator="ML")
    return fit_sem(text, moments, estimator="ML")


def long_run(population: Population) -> Moments:
    """Moments of complete answers, reversed items turned."""
    expected = implied(population)
    turned = expected.covariances.to_numpy() * np.outer(population.signs, population.signs)
    return Moments(turned, n=LONG_RUN, names=tuple(expected.means.index), divisor="n")


def put_in(population: Population, paths: Sequence[tuple[str, str]]) -> pd.Series[float]:
    """The effect of each path in the population, along all routes past no other variable of the paths.

    A variable that the population does not have, such as a single item, has none: NaN.
    """
    among = {name for path in paths for name in path}
    effects = {path: route(population, *path, among - {*path}) for path in paths}
    return pd.Series(effects, dtype=float).rename_axis(["lhs", "rhs"])


def route(population: Population, outcome: str, predictor: str, others: set[str]) -> float:
    """(I − B)⁻¹ from a predictor to an outcome, where nothing leads to the others."""
    names = population.latents
    if not {outcome, predictor} <= {*names}:
        return float("nan")
    B: Matrix = population.paths.copy()
    B[[k for k, name in enumerate(names) if name in others]] = 0
    return float(total_effects(B)[names.index(outcome), names.index(predictor)])

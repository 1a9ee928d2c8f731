"""A population file -> answers of invented respondents, and what to expect of them.

For studies whose answers may not be shared, or do not exist yet: a population says how the constructs
hang together, how items measure them, who answers and who skips what, each with its ground. Every latent
variable has variance 1 within groups. With A = (I − B)⁻¹ and Ψ the covariance of the disturbances

    η  = A (α + ζ)                               ζ ~ N(0, Ψ),  diag(A Ψ Aᵀ) = 1
    y* = Λ η + s + √(1 − diag(Λ A Ψ Aᵀ Λᵀ)) ε    ε ~ N(0, I)
    y  = lowest + number of thresholds below y*, mirrored for reversed items

where B holds paths, Λ loadings, α the shifts of a respondent's groups and s the items' own shifts. Respondents of one
register entry share part c of their disturbances: ζ = √(1 − c) ζ₁ + √c ζ₂.

Every draw is a uniform number from ``Generator(PCG64(seed))``, made normal by the inverse of Φ, in this
order: one row per register entry with ζ₂ in the order of the latent variables; then one row per respondent
with the background variables in the order of the population file, ζ₁, ε in the order of the questionnaire, and
missingness (skips or not, each item, stops or not, where). So the first respondents of a larger sample
are those of a smaller one, and nothing depends on the platform beyond rounding in the last digit.
"""

from __future__ import annotations

import csv
import io
import itertools
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field, field_validator
from scipy.special import expit, ndtr, ndtri

from bouwen.errors import BouwenError, did_you_mean
from bouwen.survey.files import FileError, Location, Part, Problem, read_file, refuse_in
from bouwen.survey.instrument import Instrument, Name, Perspective, read_instrument, unknown
from bouwen.survey.register import Register, RegisterSpec, classify, read_register

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]
Correlation = Annotated[float, Field(gt=-1, lt=1)]
Probability = Annotated[float, Field(ge=0, le=1)]

SERIES_TERMS = 80  # of the tetrachoric series; at a correlation of .8 the rest is below 1e-8


class Grounded(Part):
    """A part that says where its numbers come from: a finding, a published figure, or "assumed"."""

    ground: str = Field(min_length=1)


class Shares(Grounded):
    """A background variable with these shares of its categories."""

    kind: Literal["shares"]
    shares: dict[str, Probability]

    @field_validator("shares")
    @classmethod
    def complete(cls, shares: dict[str, float]) -> dict[str, float]:
        """Shares add up to 1."""
        return add_up(shares)


class LogNormal(Grounded):
    """A number drawn as median · exp(spread · z), rounded down and kept within its bounds."""

    kind: Literal["lognormal"]
    median: float = Field(gt=0)
    spread: float = Field(gt=0)


class FromRegister(Grounded):
    """An entry of the register, drawn in proportion to ``weight`` to the ``power``.

    Respondents of one entry share the part ``common`` of the variance of every latent variable's disturbance.
    """

    kind: Literal["register"]
    weight: str
    power: float
    common: float = Field(default=0, ge=0, lt=1)


Draw = Annotated[Shares | LogNormal | FromRegister, Field(discriminator="kind")]


class Paths(Grounded):
    """The standardised paths to an outcome."""

    predictors: dict[Name, float] = Field(min_length=1)


class Correlated(Grounded):
    """A correlation between two latent variables, or between what their predictors leave unexplained."""

    between: Annotated[list[Name], Field(min_length=2, max_length=2)]
    value: Correlation


class Shift(Grounded):
    """How much higher the disturbances of latent variables are in a level of a group, in SD."""

    group: Name
    level: str
    by: dict[Name, float]


class Measurement(Grounded):
    """How a construct's items measure it.

    ``shares`` are those of the answers from lowest to highest on an item that is not reversed, where nothing
    is shifted; ``shifts`` move single items up or down (in SD of the item, along the construct).
    """

    loadings: dict[Name, Correlation]
    shares: list[Annotated[float, Field(gt=0, lt=1)]]
    shifts: dict[Name, float] = {}

    @field_validator("shares")
    @classmethod
    def complete(cls, shares: list[float]) -> list[float]:
        """Shares add up to 1."""
        add_up(dict(enumerate(shares)))
        return shares


class CrossLoadings(Grounded):
    """Loadings on a latent variable of items that are not among its own, along their own constructs."""

    loadings: dict[Name, Correlation]


class Chance(Grounded):
    """A probability that depends on background variables: logit p = intercept + effects."""

    intercept: float
    effects: dict[Name, float | dict[str, float]] = {}


class Missing(Part):
    """Who leaves answers out, given what is known about everybody.

    Those who ``skip`` leave out each item with probability ``skipped``; those who ``stop`` give no
    answer from some item on, drawn evenly from ``stop_from`` to the last.
    """

    skip: Chance
    skipped: Probability
    stop: Chance
    stop_from: Name


class PopulationFile(Part):
    """The contents of a ``population.yml``."""

    about: str
    instrument: str
    perspective: Perspective
    register_: RegisterSpec | None = Field(default=None, alias="register")
    factors: dict[Name, str] = {}
    background: dict[Name, Draw]
    paths: dict[Name, Paths] = {}
    correlations: list[Correlated] = []
    shifts: list[Shift] = []
    items: dict[Name, Measurement]
    cross_loadings: dict[Name, CrossLoadings] = {}
    missing: Missing


@dataclass(frozen=True)
class Population:
    """A population that has been read and found possible.

    Attributes
    ----------
    path : Path
        The population file.
    file : PopulationFile
        Its contents.
    instrument : Instrument
        What this side is asked.
    register : Register or None
        Where respondents are drawn from.
    """

    path: Path
    file: PopulationFile
    instrument: Instrument
    register: Register | None

    @cached_property
    def latents(self) -> tuple[str, ...]:
        """The latent variables, each after those that have a path to it."""
        named = [*self.file.factors, *self.instrument.constructs]
        return (*(name for name in named if name not in self.file.paths), *self.file.paths)

    @cached_property
    def paths(self) -> Matrix:
        """B (q, q): the path to each row's variable from each column's."""
        B = pd.DataFrame(0.0, self.latents, self.latents)
        for outcome, paths in self.file.paths.items():
            for predictor, value in paths.predictors.items():
                B.loc[outcome, predictor] = value
        return B.to_numpy()

    @cached_property
    def effects(self) -> Matrix:
        """A = (I − B)⁻¹ (q, q): total effects of the disturbances."""
        effects: Matrix = np.linalg.inv(np.eye(len(self.latents)) - self.paths)
        return effects

    @cached_property
    def disturbance_correlations(self) -> Matrix:
        """Correlations (q, q) of the disturbances."""
        R = pd.DataFrame(np.eye(len(self.latents)), self.latents, self.latents)
        for correlation in self.file.correlations:
            a, b = correlation.between
            R.loc[a, b] = R.loc[b, a] = correlation.value
        return R.to_numpy()

    @cached_property
    def residual_variances(self) -> Vector:
        """What is left of each latent variable's variance of 1 after its predictors (q,)."""
        B, A, R = self.paths, self.effects, self.disturbance_correlations
        psi = np.ones(len(self.latents))
        for k in range(len(psi)):  # predictors come first, so their variances are known
            D = np.sqrt(np.maximum(psi[:k], 0))
            before = (A[:k, :k] * D) @ R[:k, :k] @ (A[:k, :k] * D).T
            psi[k] = 1 - B[k, :k] @ before @ B[k, :k]
        return psi

    @cached_property
    def disturbances(self) -> Matrix:
        """Ψ (q, q): covariances of the disturbances."""
        D = np.sqrt(self.residual_variances)
        return self.disturbance_correlations * np.outer(D, D)

    @cached_property
    def covariance(self) -> Matrix:
        """A Ψ Aᵀ (q, q): correlations of the latent variables within groups."""
        return self.effects @ self.disturbances @ self.effects.T

    @cached_property
    def loadings(self) -> Matrix:
        """Λ (p, q): the loading of each item on each latent variable."""
        L = pd.DataFrame(0.0, list(self.instrument.items), self.latents)
        for construct, own in self.file.items.items():
            for item, loading in own.loadings.items():
                L.loc[item, construct] = loading
        for latent, cross in self.file.cross_loadings.items():
            for item, loading in cross.loadings.items():
                L.loc[item, latent] += loading
        return L.to_numpy()

    @cached_property
    def common_covariance(self) -> Matrix:
        """Λ A Ψ Aᵀ Λᵀ (p, p): what the latent variables contribute to the responses within groups."""
        return self.loadings @ self.covariance @ self.loadings.T

    @cached_property
    def signs(self) -> Vector:
        """1 for every item that is not reversed, −1 for the others (p,)."""
        return np.array([-1.0 if item.reversed else 1.0 for item in self.instrument.items.values()])

    def thresholds(self, item: str) -> Vector:
        """Where an item's latent response passes from one answer to the next."""
        measurement = self.file.items[self.instrument.construct_of(item)]
        cuts: Vector = ndtri(np.cumsum(measurement.shares)[:-1]) - measurement.shifts.get(item, 0.0)
        return cuts

    @cached_property
    def register_shares(self) -> pd.Series[float]:
        """The probability of each entry of the register."""
        (draw,) = (d for d in self.file.background.values() if isinstance(d, FromRegister))
        assert self.register
        weights = self.register.table[draw.weight].astype(float) ** draw.power
        return weights / weights.sum()

    @cached_property
    def group_shares(self) -> dict[str, dict[str, float]]:
        """The probability of each level of every categorical variable."""
        shares = {name: d.shares for name, d in self.file.background.items() if isinstance(d, Shares)}
        if self.register:
            for name, spec in self.register.spec.classes.items():
                classes = classify(self.register.table[spec.column], spec)
                shares[name] = self.register_shares.groupby(classes, observed=False).sum().to_dict()
        return shares

    def shift(self, group: str, level: str) -> Vector:
        """The part of α (q,) that a level of a group adds."""
        by = {n: v for s in self.file.shifts if (s.group, s.level) == (group, level) for n, v in s.by.items()}
        return np.array([by.get(name, 0.0) for name in self.latents])

    def problems(self) -> Iterator[Problem]:
        """What the population says about variables that do not exist, or cannot be true."""
        yield from self._background_problems()
        yield from self._item_problems()
        yield from self._missing_problems()
        yield from self._name_problems()

    def _background_problems(self) -> Iterator[Problem]:
        asked = self.instrument.background
        for name in asked:
            if name not in self.file.background:
                yield ("background",), f'nothing is said about "{name}", which the instrument asks.'
        for name, draw in self.file.background.items():
            where: Location = ("background", name)
            if name not in asked:
                yield where, unknown("background variable", name, asked)
                continue
            kind = {"shares": "category", "lognormal": "number", "register": "text"}[draw.kind]
            if kind != asked[name].kind:
                yield where, f'"{name}" is of kind "{asked[name].kind}" and cannot be drawn by "{draw.kind}".'
            elif isinstance(draw, Shares):
                yield from same_names((*where, "shares"), "category", draw.shares, asked[name].categories)
            elif isinstance(draw, FromRegister):
                yield from self._register_problems(name, draw)

    def _register_problems(self, name: str, draw: FromRegister) -> Iterator[Problem]:
        if not self.register or self.register.spec.variable != name:
            yield ("background", name), f'the population has no register for "{name}"; add "register".'
        elif draw.weight not in (numbers := [c.column for c in self.register.spec.classes.values()]):
            yield ("background", name, "weight"), unknown("number in the register", draw.weight, numbers)

    def _item_problems(self) -> Iterator[Problem]:
        constructs = self.instrument.constructs
        yield from same_names(("items",), "construct", self.file.items, constructs)
        for name, spec in self.file.items.items():
            if name not in constructs:
                continue
            where: Location = ("items", name)
            yield from same_names((*where, "loadings"), "item", spec.loadings, constructs[name].items)
            answers = len(self.instrument.answer_scales[constructs[name].answer_scale].codes)
            if len(spec.shares) != answers:
                yield (*where, "shares"), f"the scale has {answers} answers, found {len(spec.shares)} shares."
            for item in spec.shifts:
                if item not in constructs[name].items:
                    yield (*where, "shifts", item), unknown("item", item, constructs[name].items)
        for latent, cross in self.file.cross_loadings.items():
            if latent not in {*self.file.factors, *constructs}:
                known = [*self.file.factors, *constructs]
                yield ("cross_loadings", latent), unknown("construct or factor", latent, known)
            for item in cross.loadings:
                if item not in self.instrument.items:
                    where = ("cross_loadings", latent, "loadings", item)
                    yield where, unknown("item", item, self.instrument.items)

    def _missing_problems(self) -> Iterator[Problem]:
        missing, asked = self.file.missing, self.instrument.background
        if missing.stop_from not in self.instrument.items:
            yield ("missing", "stop_from"), unknown("item", missing.stop_from, self.instrument.items)
        for key, chance in (("skip", missing.skip), ("stop", missing.stop)):
            for name, effect in chance.effects.items():
                where: Location = ("missing", key, "effects", name)
                if name not in asked or asked[name].kind == "text":
                    yield where, unknown("category or number in the background", name, asked)
                elif isinstance(effect, dict) != (asked[name].kind == "category"):
                    yield where, "takes one number per level for categories, and one number for a number."
                elif isinstance(effect, dict):
                    for level in effect:
                        if level not in asked[name].categories:
                            yield (*where, level), unknown("category", level, asked[name].categories)

    def _name_problems(self) -> Iterator[Problem]:
        latents = [*self.file.factors, *self.instrument.constructs]
        known: set[str] = {name for name in latents if name not in self.file.paths}
        for outcome, paths in self.file.paths.items():
            if outcome not in latents:
                yield ("paths", outcome), unknown("construct or factor", outcome, latents)
            for predictor in paths.predictors:
                where: Location = ("paths", outcome, "predictors", predictor)
                if predictor not in latents:
                    yield where, unknown("construct or factor", predictor, latents)
                elif predictor not in known:
                    yield where, f'the paths to "{predictor}" must stand above those to "{outcome}".'
            known.add(outcome)
        for i, correlation in enumerate(self.file.correlations):
            for name in correlation.between:
                if name not in latents:
                    yield ("correlations", i, "between"), unknown("construct or factor", name, latents)
        for i, shift in enumerate(self.file.shifts):
            yield from self._shift_problems(("shifts", i), shift, latents)

    def _shift_problems(self, where: Location, shift: Shift, latents: list[str]) -> Iterator[Problem]:
        levels = {name: list(b.categories) for name, b in self.instrument.background.items() if b.categories}
        if self.file.register_:
            levels |= {name: list(classes) for name, classes in self.file.register_.categories.items()}
        if shift.group not in levels:
            yield (*where, "group"), unknown("categorical variable", shift.group, levels)
        elif shift.level not in levels[shift.group]:
            yield (*where, "level"), unknown(f"level of {shift.group}", shift.level, levels[shift.group])
        for name in shift.by:
            if name not in latents:
                yield (*where, "by", name), unknown("construct or factor", name, latents)

    def impossible(self) -> Iterator[Problem]:
        """Paths, correlations and loadings that cannot hold together, once every name is known."""
        for i, correlation in enumerate(self.file.correlations):
            a, b = (self.latents.index(name) for name in correlation.between)
            if a == b or self.effects[a, b] or self.effects[b, a]:
                yield (
                    ("correlations", i),
                    f'"{self.latents[a]}" and "{self.latents[b]}" cannot be correlated as well: '
                    "one is on the way to the other.",
                )
        for name, left in zip(self.latents, self.residual_variances, strict=True):
            if left <= 0:
                yield (
                    ("paths", name),
                    f'the paths explain {1 - left:.2f} of the variance of "{name}", which is 1; lower some.',
                )
                return
        for k, name in enumerate(self.latents):
            if np.linalg.eigvalsh(self.disturbance_correlations[: k + 1, : k + 1])[0] <= 1e-10:
                yield (
                    ("correlations",),
                    f'the correlations of "{name}" cannot hold together '
                    "(the matrix is not positive definite); bring them closer to zero.",
                )
                return
        for item, explained in zip(self.instrument.items, np.diag(self.common_covariance), strict=True):
            if explained >= 1:
                where: Location = ("items", self.instrument.construct_of(item), "loadings", item)
                yield where, f'the loadings explain {explained:.2f} of the variance of "{item}", which is 1.'


def same_names(where: Location, kind: str, found: Iterable[str], wanted: Iterable[str]) -> Iterator[Problem]:
    """Name what is said about things that do not exist, and the things about which nothing is said."""
    found, wanted = list(found), list(wanted)
    for name in found:
        if name not in wanted:
            yield (*where, name), unknown(kind, name, wanted)
    for name in wanted:
        if name not in found:
            yield (
                where,
                f'nothing is said about the {kind} "{name}".{did_you_mean(name, set(found) - set(wanted))}',
            )


def add_up(shares: dict[Any, float]) -> dict[Any, float]:
    """The shares, if they add up to 1."""
    if abs((total := sum(shares.values())) - 1) > 1e-9:
        raise ValueError(f"the shares must add up to 1, found {total:.10g}.")
    return shares


def read_population(path: str | Path) -> Population:
    """Read and validate a population file with its instrument and register.

    Raises
    ------
    BouwenError
        A file is missing or not valid, a name refers to nothing, paths explain more than all of a variable's
        variance, or correlations cannot hold together; with the line.
    """
    path = Path(path)
    file = read_file(path, PopulationFile)
    instrument = read_instrument(path.parent / file.instrument)
    if file.perspective not in instrument.perspectives:
        problem = unknown("perspective", file.perspective, instrument.perspectives)
        refuse_in(path, [(("perspective",), problem)])
    register = read_register(path.parent / file.register_.file, file.register_) if file.register_ else None
    population = Population(path, file, instrument.asked_from(file.perspective), register)
    refuse_in(path, population.problems())
    refuse_in(path, population.impossible())
    return population


class SimulationError(BouwenError):
    """A number of respondents or a seed with which nothing can be simulated."""


def simulate(population: Population, n: int, seed: int) -> pd.DataFrame:
    """Answers of ``n`` invented respondents.

    Parameters
    ----------
    population : Population
    n : int
        How many.
    seed : int
        Not negative; the same seed gives the same answers.

    Returns
    -------
    DataFrame
        Columns as in a response file: ``respondent``, background, items as answered in the
        order of the questionnaire (Int64, missing where skipped), open questions (empty).
    """
    if n < 1 or seed < 0:
        raise SimulationError(f"needs at least one respondent and a seed from 0 on, found {n} and {seed}.")
    rng = np.random.Generator(np.random.PCG64(seed))
    entries = 0 if population.register is None else len(population.register.table)
    common = ndtri(rng.random((entries, len(population.latents))))
    b, q, p = len(population.file.background), len(population.latents), len(population.instrument.items)
    draws = np.split(rng.random((n, b + q + 2 * p + 3)), np.cumsum([b, q, p]), axis=1)

    background = draw_background(population, draws[0])
    latents = draw_latents(population, background, ndtri(draws[1]), common)
    answers = draw_answers(population, latents, ndtri(draws[2]))
    answers = answers.mask(draw_missing(population, background, draws[3]))
    width = max(3, len(str(n)))
    respondents = pd.Series([f"synthetic{i:0{width}d}" for i in range(1, n + 1)], name="respondent")
    questions = pd.DataFrame("", index=answers.index, columns=list(population.instrument.open_questions))
    return pd.concat([respondents, background, answers, questions], axis="columns")


def draw_background(population: Population, u: Matrix) -> pd.DataFrame:
    """Background variables in the order of the instrument, from one uniform each (n, b)."""
    columns: dict[str, Any] = {}
    for (name, draw), uniform in zip(population.file.background.items(), u.T, strict=True):
        match draw:
            case Shares():
                columns[name] = pick(draw.shares, uniform)
            case LogNormal():
                number = np.floor(draw.median * np.exp(draw.spread * ndtri(uniform)))
                asked = population.instrument.background[name]
                columns[name] = np.clip(number, asked.minimum, asked.maximum).astype(int)
            case FromRegister():
                assert population.register
                names = population.register.table[population.register.spec.names[0]]
                columns[name] = names.loc[pick(population.register_shares, uniform)].to_numpy()
    return pd.DataFrame(columns)[list(population.instrument.background)]


def pick(shares: Mapping[str, float] | pd.Series[float], u: Vector) -> NDArray[Any]:
    """The level in whose slice of the unit interval each uniform number falls."""
    names = np.array(list(shares.keys()), dtype=object)
    bounds = np.cumsum(list(shares.values() if isinstance(shares, Mapping) else shares))
    return np.asarray(names[np.searchsorted(bounds[:-1], u, side="right")])


def draw_latents(population: Population, background: pd.DataFrame, z: Matrix, common: Matrix) -> Matrix:
    """Latent variables (n, q) from standard normal numbers of respondents and of register entries."""
    groups = background
    if population.register:
        variable, spec = population.register.spec.variable, population.register.spec
        entries = pd.Index(population.register.table[spec.names[0]]).get_indexer(background[variable])
        share = next(d.common for d in population.file.background.values() if isinstance(d, FromRegister))
        z = np.sqrt(1 - share) * z + np.sqrt(share) * common[entries]
        for name, classes in spec.classes.items():
            values = population.register.table[classes.column].iloc[entries].set_axis(background.index)
            groups = groups.assign(**{name: classify(values, classes)})
    disturbances = z @ np.linalg.cholesky(population.disturbances).T
    for shift in population.file.shifts:
        member = (groups[shift.group] == shift.level).to_numpy()
        disturbances[member] += [shift.by.get(name, 0.0) for name in population.latents]
    latents: Matrix = disturbances @ population.effects.T
    return latents


def draw_answers(population: Population, latents: Matrix, e: Matrix) -> pd.DataFrame:
    """Answers to all items from latent variables (n, q) and standard normal numbers (n, p)."""
    unique = 1 - np.diag(population.common_covariance)
    responses = latents @ population.loadings.T + e * np.sqrt(unique)
    columns = {}
    for i, (name, item) in enumerate(population.instrument.items.items()):
        scale = population.instrument.scale_of(name)
        steps = np.searchsorted(population.thresholds(name), responses[:, i])
        columns[name] = scale.highest - steps if item.reversed else scale.lowest + steps
    return pd.DataFrame(columns).astype("Int64")


def draw_missing(population: Population, background: pd.DataFrame, u: Matrix) -> NDArray[np.bool_]:
    """Which answers (n, p) are missing, given background variables and uniform numbers (n, p + 3)."""
    missing, items = population.file.missing, list(population.instrument.items)
    first, last = items.index(missing.stop_from), len(items)
    skips = u[:, 0] < probability(missing.skip, background)
    skipped = skips[:, None] & (u[:, 1:-2] < missing.skipped)
    stops = u[:, -2] < probability(missing.stop, background)
    place = first + np.floor(u[:, -1] * (last - first))
    return np.asarray(skipped | (stops[:, None] & (np.arange(last) >= place[:, None])))


def probability(chance: Chance, background: pd.DataFrame) -> Vector:
    """The probability of each respondent: expit(intercept + effects)."""
    logit = pd.Series(chance.intercept, index=background.index)
    for name, effect in chance.effects.items():
        if isinstance(effect, dict):
            logit += background[name].map(lambda level, by=effect: by.get(level, 0.0)).astype(float)
        else:
            logit += effect * background[name]
    return np.asarray(expit(logit.to_numpy()))


@dataclass(frozen=True)
class Implied:
    """What a population implies for complete answers.

    Attributes
    ----------
    latents : DataFrame
        Correlations of the latent variables within groups.
    means : Series
        Mean of every item, as answered.
    covariances : DataFrame
        Covariances of the items, as answered.
    """

    latents: pd.DataFrame
    means: pd.Series[float]
    covariances: pd.DataFrame
    weights: pd.DataFrame
    centre: pd.Series[float]

    @property
    def score_means(self) -> pd.Series[float]:
        """Mean of every construct's scale: the mean of its items, reversed ones turned round."""
        return self.weights.T @ self.means + self.centre

    @property
    def score_covariances(self) -> pd.DataFrame:
        """Covariances of the constructs' scales."""
        return self.weights.T @ self.covariances @ self.weights

    @property
    def score_correlations(self) -> pd.DataFrame:
        """Correlations of the constructs' scales."""
        return as_correlations(self.score_covariances)

    @property
    def alphas(self) -> pd.Series[float]:
        """Coefficient alpha of every construct: k/(k − 1) · (1 − Σ item variances / scale variance)."""
        k = (self.weights != 0).sum()
        own = pd.Series(np.diag(self.covariances), self.means.index)
        between = (self.weights**2).T @ own / np.diag(self.score_covariances)
        return k / (k - 1) * (1 - between)


def as_correlations(covariances: pd.DataFrame) -> pd.DataFrame:
    """Covariances divided by the standard deviations."""
    sd = np.sqrt(np.diag(covariances))
    return covariances / np.outer(sd, sd)


def implied(population: Population) -> Implied:
    """Moments of complete answers, exact up to the length of the tetrachoric series.

    Within a combination of groups latent responses are normal; across combinations the means differ,
    so covariances are the average within plus that between.
    """
    items, constructs = population.instrument.items, population.instrument.constructs
    thresholds = [population.thresholds(name) for name in items]
    shares, means, covariances = [], [], []
    for share, alpha in group_shifts(population):
        shift = population.loadings @ population.effects @ alpha
        mean, cov = answer_moments(thresholds, shift, population.common_covariance)
        shares.append(share)
        means.append(mean)
        covariances.append(cov)
    passed = np.average(means, axis=0, weights=shares)
    apart = np.asarray(means) - passed
    cov = np.average(covariances, axis=0, weights=shares) + (apart.T * shares) @ apart

    scales = [population.instrument.scale_of(name) for name in items]
    sign = population.signs
    start = np.array([s.lowest if up > 0 else s.highest for s, up in zip(scales, sign, strict=True)])
    turned = np.array([0 if up > 0 else s.lowest + s.highest for s, up in zip(scales, sign, strict=True)])
    member = pd.DataFrame(
        {name: [float(item in construct.items) for item in items] for name, construct in constructs.items()},
        index=list(items),
    )
    member /= member.sum()
    return Implied(
        latents=pd.DataFrame(population.covariance, population.latents, population.latents),
        means=pd.Series(start + sign * passed, list(items)),
        covariances=pd.DataFrame(cov * np.outer(sign, sign), list(items), list(items)),
        weights=member.mul(sign, axis=0),
        centre=member.T @ turned,
    )


def group_shifts(population: Population) -> Iterator[tuple[float, Vector]]:
    """The share of each combination of groups that are shifted, and its α (q,)."""
    groups = list(dict.fromkeys(shift.group for shift in population.file.shifts))
    for levels in itertools.product(*(population.group_shares[group] for group in groups)):
        chosen = list(zip(groups, levels, strict=True))
        share = np.prod([population.group_shares[group][level] for group, level in chosen])
        alpha = sum(
            (population.shift(group, level) for group, level in chosen), np.zeros(len(population.latents))
        )
        yield float(share), alpha


def answer_moments(thresholds: list[Vector], mean: Vector, correlations: Matrix) -> tuple[Vector, Matrix]:
    """Means (p,) and covariances (p, p) of the number of thresholds passed by normal responses.

    cov(yᵢ, yⱼ) = Σₖ ρᵢⱼᵏ aᵢₖ aⱼₖ,  aᵢₖ = Σₜ φ(t) Heₖ₋₁(t) / √k!

    Parameters
    ----------
    thresholds : list of p vectors
    mean : (p,)
        Of the responses, which have variance 1.
    correlations : (p, p)
        Of the responses; its diagonal is not used.

    References
    ----------
    Pearson, K. (1900), Mathematical contributions to the theory of evolution, VII, Philosophical Transactions
    of the Royal Society A 195, 1–47 (the tetrachoric series).
    """
    p = len(thresholds)
    means, variances, a = np.empty(p), np.empty(p), np.zeros((SERIES_TERMS, p))
    for i, cuts in enumerate(thresholds):
        t = cuts - mean[i]
        passed = ndtr(-t)
        means[i] = passed.sum()
        variances[i] = ((2 * np.arange(1, len(t) + 1) - 1) * passed).sum() - means[i] ** 2
        density = np.exp(-(t**2) / 2) / np.sqrt(2 * np.pi)
        hermite, before = np.ones_like(t), np.zeros_like(t)  # Heₖ₋₁ / √(k − 1)!
        for k in range(1, SERIES_TERMS + 1):
            a[k - 1, i] = (density * hermite).sum() / np.sqrt(k)
            hermite, before = (t * hermite - np.sqrt(k - 1) * before) / np.sqrt(k), hermite
    powers, cov = np.ones((p, p)), np.zeros((p, p))
    for term in a:
        powers = powers * correlations
        cov += powers * np.outer(term, term)
    np.fill_diagonal(cov, variances)
    return means, cov


def simulate_file(population: str | Path, n: int, seed: int, output: str | Path) -> None:
    """Simulate answers into a CSV file (UTF-8, commas, one line feed a row).

    The file appears whole or not at all, and replaces nothing but simulated answers.

    Raises
    ------
    BouwenError
        The population is not valid, the folder does not exist, the file is something else than
        simulated answers, or it cannot be written.
    """
    output = Path(output)
    if not output.parent.is_dir():
        raise FileError(output, f"there is no folder {output.parent}; create it first.")
    refuse_to_replace(output)
    answers = simulate(read_population(population), n, seed)
    write_whole(output, answers.to_csv(index=False, lineterminator="\n"))


def refuse_to_replace(output: Path) -> None:
    """Refuse an existing file unless it holds simulated answers."""
    if not output.exists():
        return
    try:
        with output.open(encoding="utf-8", newline="") as file:
            header, first = (next(csv.reader(io.StringIO(file.readline(100_000))), []) for _ in range(2))
    except (OSError, UnicodeDecodeError, csv.Error):
        header, first = [], []
    if header[:1] != ["respondent"] or not first[:1] or not first[0].startswith("synthetic"):
        raise FileError(output, "holds something else than simulated answers; choose another name.")


def write_whole(path: Path, text: str) -> None:
    """Write beside the old file, then swap."""
    try:
        handle, beside = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            Path(beside).chmod(0o644)
            Path(beside).replace(path)
        finally:
            Path(beside).unlink(missing_ok=True)
    except OSError as error:
        raise FileError(path, f"cannot be written ({error.strerror}).") from None

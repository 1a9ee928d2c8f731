"""A population file -> a `Population`: how constructs hang together, who answers and what they skip.

For studies whose answers may not be shared, or do not exist yet. Every number comes with its ground. Every
latent variable has variance 1 within groups. With A = (I − B)⁻¹ and Ψ the covariance of the disturbances

    η  = A (α + ζ)                               ζ ~ N(0, Ψ),  diag(A Ψ Aᵀ) = 1
    y* = Λ η + s + √(1 − diag(Λ A Ψ Aᵀ Λᵀ)) ε    ε ~ N(0, I)
    y  = lowest + number of thresholds below y*, mirrored for reversed items

where B holds paths, Λ loadings, α the shifts of a respondent's groups and s the items' own shifts.
Respondents of one register entry share part c of their disturbances: ζ = √(1 − c) ζ₁ + √c ζ₂. Those who judge
one unit share part c, and those who do so in one role part r as well: ζ = √(1 − c − r) ζ₁ + √c ζ₂ + √r ζ₃.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from bouwen.checks import Matrix, Vector
from bouwen.errors import did_you_mean
from bouwen.sem import total_effects
from bouwen.special import ndtri
from bouwen.survey import (
    SEVERAL_LINES,
    Instrument,
    Location,
    Name,
    Part,
    Perspective,
    Problem,
    Real,
    Register,
    RegisterSpec,
    classify,
    read_file,
    read_instrument,
    read_register,
    refuse_in,
    unknown,
)
from bouwen.twin.drawn import Draw, FromRegister, Grounded, Probability, Shares, Units, add_up

Correlation = Annotated[Real, Field(gt=-1, lt=1)]
KIND_OF = {"shares": "category", "lognormal": "number", "register": "text", "units": "text"}  # of background


class Paths(Grounded):
    """The standardised paths to an outcome."""

    predictors: dict[Name, Real] = Field(min_length=1)


class Correlated(Grounded):
    """A correlation between two latent variables, or between what their predictors leave unexplained."""

    between: Annotated[list[Name], Field(min_length=2, max_length=2)]
    value: Correlation


class Shift(Grounded):
    """How much higher the disturbances of latent variables are in a level of a group, in SD."""

    group: Name
    level: str
    by: dict[Name, Real]


class Measurement(Grounded):
    """How a construct's items measure it.

    ``shares`` are those of the answers from lowest to highest on an item that is not reversed, where nothing
    is shifted; ``shifts`` move single items up or down (in SD of the item, along the construct).
    """

    loadings: dict[Name, Correlation]
    shares: list[Annotated[Real, Field(gt=0, lt=1)]]
    shifts: dict[Name, Real] = {}

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

    intercept: Real
    effects: dict[Name, Real | dict[str, Real]] = {}


class MissingAnswers(Part):
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

    about: Annotated[str, SEVERAL_LINES]
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
    missing: MissingAnswers


@dataclass(frozen=True, eq=False, repr=False)
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

    def __repr__(self) -> str:
        return f"<Population: {self.path.name}, {len(self.latents)} latent variables>"

    @cached_property
    def latents(self) -> tuple[str, ...]:
        """The latent variables, each after those that have a path to it."""
        named = [*self.file.factors, *self.instrument.constructs]
        return (*(name for name in named if name not in self.file.paths), *self.file.paths)

    @cached_property
    def paths(self) -> Matrix:
        """B (q, q): the path to each row's variable from each column's."""
        B = np.zeros((len(self.latents), len(self.latents)))
        for outcome, paths in self.file.paths.items():
            for predictor, value in paths.predictors.items():
                B[self.latents.index(outcome), self.latents.index(predictor)] = value
        return B

    @cached_property
    def effects(self) -> Matrix:
        """A = (I − B)⁻¹ (q, q): total effects of the disturbances."""
        return total_effects(self.paths)

    @cached_property
    def disturbance_correlations(self) -> Matrix:
        """Correlations (q, q) of the disturbances."""
        R = np.eye(len(self.latents))
        for correlation in self.file.correlations:
            a, b = (self.latents.index(name) for name in correlation.between)
            R[a, b] = R[b, a] = correlation.value
        return R

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
        return np.asarray(self.disturbance_correlations * np.outer(D, D))

    @cached_property
    def covariance(self) -> Matrix:
        """A Ψ Aᵀ (q, q): correlations of the latent variables within groups."""
        return self.effects @ self.disturbances @ self.effects.T

    @cached_property
    def loadings(self) -> Matrix:
        """Λ (p, q): the loading of each item on each latent variable."""
        items = list(self.instrument.items)
        L = np.zeros((len(items), len(self.latents)))
        own = {name: measurement.loadings for name, measurement in self.file.items.items()}
        cross = {name: also.loadings for name, also in self.file.cross_loadings.items()}
        for latent, loadings in itertools.chain(own.items(), cross.items()):
            for item, loading in loadings.items():
                L[items.index(item), self.latents.index(latent)] += loading
        return L

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
                sums = self.register_shares.groupby(classes, observed=False).sum()
                shares[name] = {level: float(sums[level]) for level in spec.categories}
        return shares | ({self.units.role: self.units.role_shares} if self.units else {})

    @property
    def units(self) -> Units | None:
        """The units that respondents judge in two roles; None where there are none."""
        return next((d for d in self.file.background.values() if isinstance(d, Units)), None)

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
        if self.register and self.register.spec.variable not in asked:
            yield ("register", "variable"), unknown("background variable", self.register.spec.variable, asked)
        said = {*self.file.background, *([self.units.role] if self.units else [])}
        for name in asked:
            if name not in said:
                yield ("background",), f'nothing is said about "{name}", which the instrument asks.'
        for name, draw in self.file.background.items():
            where: Location = ("background", name)
            if name not in asked:
                yield where, unknown("background variable", name, asked)
                continue
            kind = KIND_OF[draw.kind]
            if kind != asked[name].kind:
                yield where, f'"{name}" is of kind "{asked[name].kind}" and cannot be drawn by "{draw.kind}".'
            elif isinstance(draw, Shares):
                yield from same_names((*where, "shares"), "category", draw.shares, asked[name].categories)
            elif isinstance(draw, FromRegister):
                yield from self._register_problems(name, draw)
            elif isinstance(draw, Units):
                yield from draw.role_problems(where, asked, self.file.background)

    def _register_problems(self, name: str, draw: FromRegister) -> Iterator[Problem]:
        if not self.register or self.register.spec.variable != name:
            yield ("background", name), f'the population has no register for "{name}"; add "register".'
        elif draw.weight not in (numbers := [c.column for c in self.register.spec.classes.values()]):
            yield ("background", name, "weight"), unknown("number in the register", draw.weight, numbers)
        elif not self.register.table[self.register.spec.names[0]].is_unique:
            yield ("register",), f'two entries have the same "{self.register.spec.names[0]}".'

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

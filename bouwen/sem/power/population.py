"""A model with values, or a fitted model -> a population of answers that `simulate_data` draws from.

This population is one model's: normal (or cut) answers to its items, for power and cut-offs. A whole
questionnaire, with background, skipped pages and a register, is simulated by `bouwen.simulate` from a
``population.yml``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_count
from bouwen.errors import BouwenError, did_you_mean
from bouwen.results import Result, how_many
from bouwen.sem.fit import Fit
from bouwen.sem.model.implied import (
    DIRECTED,
    INTERCEPT,
    SYMMETRIC,
    THRESHOLD,
    Structure,
    compile_structure,
    total_effects,
)
from bouwen.sem.model.statements import Formula, Modifiers, ParsedModel
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import ModelError, TableOptions, build_table
from bouwen.sem.sam.result import SamFit
from bouwen.special import ndtri


class PopulationError(BouwenError):
    """A population that cannot exist, or from which nothing can be drawn."""

    def __init__(self, message: str, *, item: str = "") -> None:
        self.item = item
        super().__init__(message)


@dataclass(frozen=True, eq=False, repr=False)
class ModelPopulation(Result):
    """Who answers: the moments that a model implies in G groups, and where ordered items are cut.

    Attributes
    ----------
    names : tuple of str, length p
        The items.
    groups : tuple of str, length G
        One empty name where there is one group.
    share : array (G,)
        Each group's share of the population.
    mean, cov : arrays (G, p) and (G, p, p)
        Of the items; of an ordered item, of its latent response.
    thresholds : mapping of item to array (G, k)
        Where the latent response of an ordered item passes from one answer to the next.
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    share: Array
    mean: Array
    cov: Array
    thresholds: Mapping[str, Array] = field(default_factory=dict)

    def table(self) -> pd.DataFrame:
        """One row per group and item: ``group item mean sd thresholds``."""
        rows = [
            (group, item, mean, np.sqrt(variance), tuple(self.thresholds.get(item, np.zeros((1, 0)))[-1]))
            for group, means, cov in zip(self.groups, self.mean, self.cov, strict=True)
            for item, mean, variance in zip(self.names, means, np.diag(cov), strict=True)
        ]
        return pd.DataFrame(rows, columns=["group", "item", "mean", "sd", "thresholds"])

    def _line(self) -> str:
        groups = "" if len(self.groups) == 1 else f" in {how_many(len(self.groups), 'group')}"
        return f"{how_many(len(self.names), 'item')}{groups}, {len(self.thresholds)} of them ordered"

    @staticmethod
    def read(
        model: str, *, groups: Sequence[str] | None = None, share: Sequence[float] | None = None
    ) -> ModelPopulation:
        """A population from a model whose parameters have values.

        Every loading, path, covariance and mean that is written needs a value, ``f =~ 0.8*x1 + 0.7*x2``,
        or one for each group, ``f =~ c(0.8, 0.7)*x1``. Covariances and means that are not written are 0. A
        variance that is not written is what makes the variable's total variance 1, so values are
        standardised ones unless variances say otherwise (lavaan's ``simulateData`` would make the residual
        variance 1).

        Parameters
        ----------
        model : str
            lavaan syntax; ``x1 | -1*t1 + 0.5*t2`` makes an item ordered. Labels and definitions are ignored.
        groups : sequence of str, optional
            Names of the groups; "1", "2", … by default.
        share : sequence of float, optional
            Size of each group, in any unit; equal by default.

        Raises
        ------
        ModelSyntaxError, ModelError
            The text cannot be read, or a parameter has no value.
        PopulationError
            The values imply a covariance matrix that is not positive definite.
        """
        statements = parse_model(model)
        if any(c.op != ":=" for c in statements.constraints):
            raise ModelError("a population has values, so it needs no constraints; leave them out")
        labels = _group_names(statements, groups)
        formulas = tuple(_valued(f) for f in statements.formulas)
        cuts = [f for f in formulas if f.op == "|"]
        plain = ParsedModel(tuple(f for f in formulas if f.op != "|"), ())
        table = build_table(plain, labels, TableOptions(fixed_x=False, meanstructure=True))
        structure = compile_structure(table)
        unknown = np.array([row.value is None for row in table.rows]).reshape(structure.fixed.shape)
        moments = [
            _completed_moments(structure, values, none)
            for values, none in zip(structure.fixed, unknown, strict=True)
        ]
        population = ModelPopulation(
            names=structure.observed,
            groups=labels,
            share=_shares(share, len(labels)),
            mean=np.array([mean for mean, _ in moments]),
            cov=np.array([cov for _, cov in moments]),
            thresholds=_thresholds(cuts, len(labels)),
        )
        return population.checked()

    @staticmethod
    def of(fit: Fit | SamFit) -> ModelPopulation:
        """The population in which a fitted model's estimates are true; groups by their share of respondents.

        Of structure after measurement, the estimates of both steps.

        Raises
        ------
        PopulationError
            The solution implies a covariance matrix that is not positive definite.
        """
        sample = fit.sample
        shares = sample.n / sample.N
        if isinstance(fit, SamFit):
            found, names = fit.implied, sample.names
            return ModelPopulation(names, sample.groups, shares, found.mean, found.cov).checked()
        structure = fit.structure
        thresholds = {
            structure.observed[k]: fit.implied.values[:, (structure.kind == THRESHOLD) & (structure.i == k)]
            for k in structure.ordered
        }
        mean = fit.implied.mean if structure.meanstructure else sample.mean
        population = ModelPopulation(
            structure.observed, sample.groups, shares, mean, fit.implied.cov, thresholds
        )
        return population.checked()

    def cut(self, shares: Mapping[str, Sequence[float]]) -> ModelPopulation:
        """The same population with items answered in categories.

        Parameters
        ----------
        shares : mapping of item to shares of its answers, lowest first
            In the first group; other groups have the same thresholds, so that their answers differ as
            their means and variances do.

        Raises
        ------
        PopulationError
            An unknown item, or shares that are not positive or do not add up to 1.
        """
        thresholds = dict(self.thresholds)
        for item, parts in shares.items():
            self.place(item)
            if min(parts) <= 0 or abs(sum(parts) - 1) > 1e-6 or len(parts) < 2:
                raise PopulationError(
                    f'the shares of the answers to "{item}" must be positive and add up to 1', item=item
                )
            k = self.place(item)
            cuts = self.mean[0, k] + np.sqrt(self.cov[0, k, k]) * ndtri(np.cumsum(parts)[:-1])
            thresholds[item] = np.tile(cuts, (len(self.groups), 1))
        return replace(self, thresholds=thresholds)

    def sizes(self, n: int | Sequence[int]) -> tuple[int, ...]:
        """Respondents of each group: as given, or ``n`` divided by share (largest remainders first)."""
        for k in np.atleast_1d(n).tolist():
            check_count("n", k, least=1)
        if not isinstance(n, (int, np.integer)):
            found = tuple(int(k) for k in n)
            if len(found) != len(self.groups):
                groups = f"{len(self.groups)} group" + "s" * (len(self.groups) > 1)
                raise PopulationError(f"n has sizes for {len(found)} groups, but the population has {groups}")
        else:
            exact = n * self.share
            floor = np.floor(exact + 1e-9).astype(int)
            more = np.argsort(floor - exact, kind="stable")[: n - int(floor.sum())]
            floor[more] += 1
            found = tuple(int(k) for k in floor)
        if min(found) < 2:
            raise PopulationError(f"each group needs at least two respondents; one would have {min(found)}")
        return found

    def place(self, item: str) -> int:
        """Position of an item."""
        if item not in self.names:
            raise PopulationError(
                f'"{item}" is not in the population.{did_you_mean(item, self.names)}', item=item
            )
        return self.names.index(item)

    def checked(self) -> ModelPopulation:
        """Itself, if it is possible; see `read` for what is refused."""
        for item, cuts in self.thresholds.items():
            self.place(item)
            if (np.diff(cuts, axis=1) <= 0).any():
                raise PopulationError(f'the thresholds of "{item}" must go up', item=item)
        for label, cov in zip(self.groups, self.cov, strict=True):
            where = f' in group "{label}"' if label else ""
            diagonal = np.diag(cov)
            low = int(np.argmin(diagonal))
            if diagonal[low] <= 0:
                raise PopulationError(
                    f'the variance of "{self.names[low]}"{where} is {diagonal[low]:.3g}', item=self.names[low]
                )
            sd = np.sqrt(diagonal)
            values, vectors = np.linalg.eigh(cov / np.outer(sd, sd))
            if values[0] <= 1e-8:
                worst = self.names[int(np.argmax(np.abs(vectors[:, 0])))]
                raise PopulationError(
                    f"the values imply a covariance matrix{where} that is not positive definite; look at the "
                    f'loadings, paths and correlations around "{worst}"',
                    item=worst,
                )
        return self


def as_population(source: str | Fit | SamFit | ModelPopulation) -> ModelPopulation:
    """A population from a model text, a fitted model, or itself."""
    if isinstance(source, ModelPopulation):
        return source
    return ModelPopulation.of(source) if isinstance(source, Fit | SamFit) else ModelPopulation.read(source)


def _group_names(model: ParsedModel, groups: Sequence[str] | None) -> tuple[str, ...]:
    count = max((len(f.modifiers.fixed) for f in model.formulas), default=1)
    if groups is not None:
        return tuple(map(str, groups))
    return ("",) if count <= 1 else tuple(str(g + 1) for g in range(count))


def _valued(formula: Formula) -> Formula:
    """The formula with its values only; refused where it has none."""
    values = formula.modifiers.fixed
    if not values or None in values:
        what = f"{formula.lhs} ~ 1" if formula.op == "~1" else f"{formula.lhs} {formula.op} {formula.rhs}"
        raise ModelError(
            f'line {formula.line}: "{what}" has no value; write one, such as 0.7*{formula.rhs or 1}',
            item=formula.rhs or formula.lhs,
        )
    return replace(formula, modifiers=Modifiers(fixed=values))


def _completed_moments(structure: Structure, values: Array, unknown: Array) -> tuple[Array, Array]:
    """Means and covariances of the items of one group, unknown variances completed.

    With E = (I − A)⁻¹ the total variances are linear in the disturbance variances s:
    Σ_j E_kj² s_j + (E S₀ Eᵀ)_kk = 1 for each variable k whose own s_k is unknown.
    """
    kind, i, j, p, m = structure.kind, structure.i, structure.j, structure.p, structure.m
    A, S, intercepts = np.zeros((m, m)), np.zeros((m, m)), np.zeros(m)
    values = np.where(unknown, 0.0, values)
    paths, links, means = (np.flatnonzero(kind == k) for k in (DIRECTED, SYMMETRIC, INTERCEPT))
    A[i[paths], j[paths]] = values[paths]
    S[i[links], j[links]] = S[j[links], i[links]] = values[links]
    intercepts[i[means]] = values[means]
    E = total_effects(A)
    open_ = i[links[unknown[links] & (i[links] == j[links])]]
    known = np.diag(E @ S @ E.T)[open_]
    S[open_, open_] = np.linalg.solve(E[np.ix_(open_, open_)] ** 2, 1 - known)
    names = (*structure.observed, *structure.latent)
    for k in open_:
        if S[k, k] < -1e-10:
            raise PopulationError(
                f'what predicts "{names[k]}" explains more than its whole variance of 1; '
                f'lower the values, or give its residual variance: "{names[k]} ~~ 1*{names[k]}"',
                item=names[k],
            )
    low = int(np.argmin(np.diag(S)))
    if S[low, low] < -1e-10:
        raise PopulationError(
            f'"{names[low]} ~~ {S[low, low]:g}*{names[low]}" is a negative variance; make it positive',
            item=names[low],
        )
    lengths, directions = np.linalg.eigh(S)
    if lengths[0] < -1e-8:
        worst = names[int(np.argmax(np.abs(directions[:, 0])))]
        raise PopulationError(
            "the covariances between residuals or factors are larger than their variances allow; look at "
            f'those of "{worst}"',
            item=worst,
        )
    return (E @ intercepts)[:p], (E @ S @ E.T)[:p, :p]


def _thresholds(cuts: Sequence[Formula], n_groups: int) -> Mapping[str, Array]:
    out: dict[str, list[tuple[float | None, ...]]] = {}
    for f in sorted(cuts, key=lambda f: int(f.rhs[1:])):
        values = f.modifiers.fixed
        if int(f.rhs[1:]) != len(out.get(f.lhs, [])) + 1:
            raise PopulationError(
                f'the thresholds of "{f.lhs}" are t1, t2 and so on, each written once; found {f.rhs}',
                item=f.lhs,
            )
        out.setdefault(f.lhs, []).append(values * n_groups if len(values) == 1 else values)
    return {item: np.array(rows, dtype=float).T for item, rows in out.items()}


def _shares(share: Sequence[float] | None, n_groups: int) -> Array:
    sizes = np.ones(n_groups) if share is None else np.asarray(share, dtype=float)
    if sizes.shape != (n_groups,) or (sizes <= 0).any():
        raise PopulationError(f"share must give {n_groups} positive sizes, one for each group")
    return np.asarray(sizes / sizes.sum())

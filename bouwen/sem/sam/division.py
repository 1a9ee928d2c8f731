"""Model -> what is measured, block by block, and the structure among the factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.expression import names
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.model.statements import Formula, ParsedModel
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import Parameter, ParTable
from bouwen.sem.normal.moments import GroupTooSmall, Sample

A_PARAMETER = 5  # for each structural parameter, below which nothing is estimated
OF_STRUCTURE = ("regressions", "means", "lv.variances", "lv.covariances")


@dataclass(frozen=True)
class Division:
    """A model in two.

    Attributes
    ----------
    table : ParTable
        The whole model.
    items : frozenset of str
        What loads on a factor and is observed.
    facets : frozenset of str
        Factors that load on another factor: they belong to its block, and the structure knows the other.
    """

    table: ParTable
    items: frozenset[str]
    facets: frozenset[str]

    @classmethod
    def of(cls, table: ParTable) -> Division:
        """Divide a model; `UnsupportedModel` where its parts do not come apart."""
        indicators = {row.rhs for row in table.rows if row.op == "=~"}
        found = cls(table, frozenset(indicators - {*table.latent}), frozenset(indicators & {*table.latent}))
        found._check()
        return found

    @property
    def inner(self) -> frozenset[str]:
        """Items and facets."""
        return self.items | self.facets

    @cached_property
    def factors(self) -> tuple[str, ...]:
        """The factors of the structure: those that are no facet of another."""
        return tuple(name for name in self.table.latent if name not in self.facets)

    @cached_property
    def outside(self) -> tuple[str, ...]:
        """Observed variables of the structure."""
        return tuple(name for name in self.table.observed if name not in self.items)

    @cached_property
    def units(self) -> tuple[str, ...]:
        """All variables of the structure."""
        return (*self.factors, *self.outside)

    def measures(self, row: Parameter) -> bool:
        """Whether a parameter belongs to the first step."""
        return row.op == "=~" or row.lhs in self.inner

    def _check(self) -> None:
        for row in self.table.rows:
            one, two = row.lhs in self.inner, row.rhs in self.inner
            if row.op == "~" and (row.lhs in self.facets or row.rhs in self.facets):
                facet = row.lhs if row.lhs in self.facets else row.rhs
                raise UnsupportedModel(
                    f'"{row.lhs} ~ {row.rhs}" takes the facet "{facet}" by itself, which structure after '
                    "measurement knows by the factor above it only; use fit_sem"
                )
            if (row.op in ("~", "~~") and one != two) or (row.op == "~" and one):
                raise UnsupportedModel(
                    f'"{row.lhs} {row.op} {row.rhs}" joins an item and the structural part; '
                    "SAM keeps them apart"
                )
        if self.table.inequalities or Restrictions(self.table).nonlinear:
            raise UnsupportedModel("SAM here takes labels, definitions and linear constraints; use fit_sem")
        measured = {row.label for row in self.table.rows if row.label and self.measures(row)}
        sides = [side for c in self.table.equalities for side in (c.left, c.right)]
        for formula in (*sides, *(formula for _, formula in self.table.definitions)):
            for symbol in names(formula):
                if symbol.label in measured:
                    raise UnsupportedModel(
                        f'"{symbol.label}" is a parameter of a measurement model, and constraints and '
                        "definitions here are about the structure; use fit_sem"
                    )

    def blocks(self, statements: ParsedModel) -> list[list[Formula]]:
        """Formulas by block: factors that share an item, a factor above them or a residual covariance."""
        measured = [
            f
            for f in statements.formulas
            if f.op == "=~" or (f.lhs in self.inner and (f.rhs in self.inner or not f.rhs))
        ]
        above = {name: name for f in measured for name in (f.lhs, f.rhs) if name}

        def root(name: str) -> str:
            while above[name] != name:
                name = above[name]
            return name

        for f in measured:
            if f.rhs:
                above[root(f.rhs)] = root(f.lhs)
        found: dict[str, list[Formula]] = {}
        for f in measured:
            found.setdefault(root(f.lhs), []).append(f)
        return list(found.values())

    @cached_property
    def structural_rows(self) -> list[int]:
        """Places of the rows of the second step, the same ones of every group."""
        R = self.table.rows_per_group
        return [k for k in range(len(self.table.rows)) if not self.measures(self.table.rows[k % R])]

    def structural_table(self) -> ParTable:
        """The structural model of variables that are taken as observed."""
        table = held(self.table, {}, self.structural_rows)
        return replace(table, observed=self.units, latent=())

    def check_sizes(self, sample: Sample) -> None:
        """Refuse a group with fewer than five respondents a structural parameter.

        Regressions, and variances and covariances of what they leave of their outcomes; what is exogenous
        has its moments whatever the structure.
        """
        outcomes = {row.lhs for row in self.table.rows if row.op == "~"}
        for g, label in enumerate(sample.groups):
            asked = {
                row.free
                for row in self.table.rows
                if row.group == g and row.free >= 0 and not self.measures(row)
                and (row.op == "~" or (row.op == "~~" and {row.lhs, row.rhs} & outcomes))
            }  # fmt: skip
            n, need = sample.counts[g], A_PARAMETER * len(asked)
            if n < need:
                where = f' in group "{label}"' if label else ""
                raise GroupTooSmall(
                    f"{n} respondents{where} are too few for {len(asked)} structural parameters: structure "
                    f"after measurement asks {A_PARAMETER} for each, {need} in all; leave predictors out or "
                    "join groups",
                    group=label,
                )


def partial_of(partial: Sequence[str], block: list[Formula]) -> list[str]:
    """The parameters of ``group_partial`` that belong to a block."""
    own = {name for f in block for name in (f.lhs, f.rhs)}
    return [text for text in partial if {parse_model(text).formulas[0].lhs} <= own]


def held(table: ParTable, values: dict[int, float], rows: Sequence[int] | None = None) -> ParTable:
    """The table, or some of its rows, with rows held at values and the others numbered anew."""
    numbers: dict[int, int] = {}
    out = []
    for k in range(len(table.rows)) if rows is None else rows:
        row = table.rows[k]
        if k in values:
            row = replace(row, free=-1, value=values[k])
        elif row.free >= 0:
            row = replace(row, free=numbers.setdefault(row.free, len(numbers)))
        out.append(row)
    return replace(table, rows=tuple(out), n_free=len(numbers))


def without_restrictions(division: Division) -> ParTable:
    """The whole model with a structure that restricts nothing: all its variables covary."""
    table, free, out = division.table, -1, []
    numbers: dict[int, int] = {}
    R = table.rows_per_group
    for g in range(table.n_groups):
        own = table.rows[g * R : (g + 1) * R]
        for row in own:
            if division.measures(row):
                if row.free >= 0:
                    if row.free not in numbers:
                        free += 1
                        numbers[row.free] = free
                    row = replace(row, free=numbers[row.free])
                out.append(row)
        for k, one in enumerate(division.units):
            for two in division.units[: k + 1]:
                free += 1
                out.append(Parameter(one, "~~", two, g, free, None))
        means = {row.lhs: row for row in own if row.op == "~1"}
        for name in division.units:
            row = means[name]
            known = row.free < 0 and not row.exogenous
            free += not known
            out.append(Parameter(name, "~1", "", g, -1 if known else free, row.value if known else None))
    return replace(
        table, rows=tuple(out), n_free=free + 1, exogenous=(), covariates=(), definitions=(), texts=(),
        equalities=(),
    )  # fmt: skip

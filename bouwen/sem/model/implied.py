"""Parameters to implied means and covariances.

The reticular action model (McArdle & McDonald, 1984) puts observed and latent variables in
one vector v with v = m + A v + u and cov(u) = S, so that, with E = (I − A)⁻¹ and F picking
the observed variables,

    Σ = F E S Eᵀ Fᵀ,    μ = F E m.

Every function works on stacks: parameters (..., q) give moments (..., G, p, p) for G groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bouwen.checks import Array, Ints
from bouwen.sem.model.table import ParTable

DIRECTED, SYMMETRIC, INTERCEPT, THRESHOLD, SCALE = range(5)
_KINDS = {"=~": DIRECTED, "~": DIRECTED, "~~": SYMMETRIC, "~1": INTERCEPT, "|": THRESHOLD, "~*~": SCALE}


@dataclass(frozen=True, eq=False)
class Structure:
    """Where the rows of a parameter table stand in the model's matrices.

    The R rows of one group stand in the same place in every group: row r is element
    (``i``, ``j``) of the matrix named by ``kind``. ``free`` (G, R) is the place in the
    parameter vector or -1, and ``fixed`` (G, R) the value of fixed rows.
    """

    observed: tuple[str, ...]
    latent: tuple[str, ...]
    groups: tuple[str, ...]
    meanstructure: bool
    q: int
    kind: Ints
    i: Ints
    j: Ints
    free: Ints
    fixed: Array
    loading: NDArray[np.bool_]
    """(R,) whether a directed row is a loading."""
    exogenous_rows: Ints
    """Rows whose fixed value is a moment of the covariates."""
    exogenous: Ints
    """Places of the fixed covariates among the observed variables."""
    ordered: Ints
    """Places of the ordered items among the observed variables."""
    theta: bool = False
    """Whether scales of ordered items follow from their residual variances, not the other way round."""
    covariates: tuple[int, ...] = ()
    """Places of the covariates, fixed or not; their covariances belong to no model, the baseline included."""

    @property
    def p(self) -> int:
        """Number of observed variables."""
        return len(self.observed)

    @property
    def m(self) -> int:
        """Number of observed and latent variables."""
        return len(self.observed) + len(self.latent)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.groups)

    @cached_property
    def is_free(self) -> NDArray[np.bool_]:
        """(G, R) whether a row of a group is a parameter."""
        return np.asarray(self.free >= 0)

    @cached_property
    def directed(self) -> tuple[Ints, Ints, Ints]:
        """Rows of paths and loadings, and their places in A."""
        return self._places(DIRECTED)

    @cached_property
    def symmetric(self) -> tuple[Ints, Ints, Ints]:
        """Rows of variances and covariances, and their places in S."""
        return self._places(SYMMETRIC)

    @cached_property
    def intercepts(self) -> tuple[Ints, Ints, Ints]:
        """Rows of means and intercepts, and their places in m."""
        return self._places(INTERCEPT)

    def thresholds_of(self, item: int) -> Ints:
        """Rows of the thresholds of the ordered item at a place among the observed variables."""
        return np.flatnonzero((self.kind == THRESHOLD) & (self.i == item))

    def _places(self, kind: int) -> tuple[Ints, Ints, Ints]:
        rows = np.flatnonzero(self.kind == kind)
        return rows, self.i[rows], self.j[rows]

    @cached_property
    def residual_order(self) -> tuple[Ints, Ints, Ints]:
        """Ordered items, causes first, with the rows of their residual variances and scales."""
        items = np.array(causal_order(self), dtype=np.int64)
        own = {(int(self.kind[r]), int(self.i[r])): r for r in np.flatnonzero(self.i == self.j)}
        residual = np.array([own[SYMMETRIC, item] for item in items.tolist()], dtype=np.int64)
        scale = np.array([own[SCALE, item] for item in items.tolist()], dtype=np.int64)
        return items, residual, scale

    @cached_property
    def chained(self) -> bool:
        """Whether an ordered item predicts another variable."""
        _, _, causes = self.directed
        return bool(np.isin(causes, self.ordered).any())


def compile_structure(table: ParTable) -> Structure:
    """Translate a parameter table into places of model matrices."""
    names = (*table.observed, *table.latent)
    place = {name: k for k, name in enumerate(names)}
    R, G = table.rows_per_group, table.n_groups
    first = table.rows[:R]
    kind = np.array([_KINDS[row.op] for row in first], dtype=np.int64)
    i, j = np.empty(R, np.int64), np.empty(R, np.int64)
    for r, row in enumerate(first):
        if row.op == "=~":
            i[r], j[r] = place[row.rhs], place[row.lhs]
        elif row.op == "~1":
            i[r], j[r] = place[row.lhs], 0
        elif row.op == "|":
            i[r], j[r] = place[row.lhs], int(row.rhs[1:]) - 1
        else:
            i[r], j[r] = place[row.lhs], place[row.rhs]
    return Structure(
        observed=table.observed,
        latent=table.latent,
        groups=table.groups,
        meanstructure=table.meanstructure,
        q=table.n_free,
        kind=kind,
        i=i,
        j=j,
        free=np.array([row.free for row in table.rows], dtype=np.int64).reshape(G, R),
        fixed=np.array([0.0 if row.value is None else row.value for row in table.rows]).reshape(G, R),
        loading=np.array([row.op == "=~" for row in first]),
        exogenous_rows=np.flatnonzero([row.exogenous for row in first]),
        exogenous=np.array([place[name] for name in table.exogenous], dtype=np.int64),
        ordered=np.array([place[name] for name in table.ordered], dtype=np.int64),
        covariates=tuple(place[name] for name in table.covariates),
        theta=table.theta,
    )


def with_exogenous(structure: Structure, mean: Array, cov: Array) -> Array:
    """Fixed values (..., G, R) with the covariates' moments filled in from the sample.

    Parameters
    ----------
    structure : Structure
    mean, cov : arrays (..., G, p) and (..., G, p, p)
    """
    rows = structure.exogenous_rows
    if not len(rows):
        return structure.fixed
    fixed = np.broadcast_to(structure.fixed, (*mean.shape[:-2], *structure.fixed.shape)).copy()
    i, j = structure.i[rows], structure.j[rows]
    intercepts = structure.kind[rows] == INTERCEPT
    fixed[..., rows] = np.where(intercepts, mean[..., i], cov[..., i, j])
    return fixed


def row_values(structure: Structure, theta: Array, fixed: Array | None = None) -> Array:
    """Values (..., G, R) of all rows at parameters (..., q)."""
    fixed = structure.fixed if fixed is None else fixed
    if structure.q == 0:
        return np.broadcast_to(fixed, (*theta.shape[:-1], *fixed.shape[-2:]))
    return np.where(structure.is_free, theta[..., structure.free], fixed)


def _with_residuals(structure: Structure, values: Array, E: Array, C: Array) -> Array:
    """Give ordered items the residual variance that makes their total variance Δ⁻² (delta parameterisation).

    In the theta parameterisation the residual variances are given, and Δ follows. C changes in place. Items
    are taken causes first, so that what an ordered item adds to the variance of those it predicts is known
    by then. Muthén & Asparouhov (2002), Mplus Web Note 4.
    """
    values = values.copy()
    items, residual, scale = structure.residual_order
    if structure.theta:
        values[..., scale] = np.abs(C[..., items, items]) ** -0.5
        return values
    total = values[..., scale] ** -2.0
    if not structure.chained:
        values[..., residual] += total - C[..., items, items]
        C[..., items, items] = total
        return values
    for k, item in enumerate(items):
        more = total[..., k] - C[..., item, item]
        values[..., residual[k]] += more
        e = E[..., :, item]
        C += more[..., None, None] * (e[..., :, None] * e[..., None, :])
    return values


def causal_order(structure: Structure) -> list[int]:
    """Ordered items, each after the ordered items that it depends on.

    Where items predict each other in a circle the order is that of the table.
    """
    causes: dict[int, set[int]] = {}
    for r in np.flatnonzero(structure.kind == DIRECTED):
        causes.setdefault(int(structure.i[r]), set()).add(int(structure.j[r]))
    if not any(int(item) in set().union(*causes.values()) for item in structure.ordered):
        return [int(item) for item in structure.ordered]
    done: list[int] = []

    def visit(variable: int, path: frozenset[int]) -> None:
        if variable in done or variable in path:
            return
        for cause in sorted(causes.get(variable, ())):
            visit(cause, path | {variable})
        done.append(variable)

    for item in structure.ordered:
        visit(int(item), frozenset())
    ordered = set(structure.ordered.tolist())
    return [variable for variable in done if variable in ordered]


@dataclass(frozen=True, slots=True, eq=False)
class Implied:
    """Moments implied by a parameter vector, with the pieces their derivatives need.

    Attributes
    ----------
    cov, mean : arrays (..., G, p, p) and (..., G, p)
        Σ and μ.
    E : array (..., G, m, m)
        (I − A)⁻¹.
    C : array (..., G, m, m)
        E S Eᵀ, the covariances of all variables, latent ones included.
    eta : array (..., G, m)
        E m, the means of all variables.
    Z : array (..., G, p, 2m)
        [F E, F C]: every derivative of Σ is a sum of outer products of two of its columns.
    values : array (..., G, R)
        The rows of the table.
    """

    cov: Array
    mean: Array
    E: Array
    C: Array
    eta: Array
    Z: Array
    values: Array


def total_effects(A: Array) -> Array:
    """E = (I − A)⁻¹ (..., m, m): what arrives at each row from each column along all directed effects A."""
    return np.asarray(np.linalg.inv(np.eye(A.shape[-1]) - A))


def implied_moments(structure: Structure, theta: Array, fixed: Array | None = None) -> Implied:
    """Moments implied by parameters.

    Parameters
    ----------
    structure : Structure
    theta : array (..., q)
    fixed : array (..., G, R), optional
        Fixed values; those of the structure unless covariates were filled in.
    """
    return implied_of_rows(structure, row_values(structure, theta, fixed))


def implied_of_rows(structure: Structure, values: Array) -> Implied:
    """Moments implied by the values (..., G, R) of all rows, fixed ones included.

    References
    ----------
    McArdle & McDonald (1984), British Journal of Mathematical and Statistical Psychology 37.
    """
    p, m = structure.p, structure.m
    shape = values.shape[:-1]
    A, S, intercepts = np.zeros((*shape, m, m)), np.zeros((*shape, m, m)), np.zeros((*shape, m))
    rows, i, j = structure.directed
    A[..., i, j] = values[..., rows]
    rows, i, j = structure.symmetric
    S[..., i, j] = S[..., j, i] = values[..., rows]
    E = total_effects(A)
    FE = E[..., :p, :]
    C = E @ S @ np.swapaxes(E, -1, -2)
    if len(structure.ordered):
        values = _with_residuals(structure, values, E, C)
    if structure.meanstructure:
        rows, i, _ = structure.intercepts
        intercepts[..., i] = values[..., rows]
        eta = (E @ intercepts[..., None])[..., 0]
    else:
        eta = intercepts
    return Implied(
        cov=C[..., :p, :p],
        mean=eta[..., :p],
        E=E,
        C=C,
        eta=eta,
        Z=np.concatenate([FE, C[..., :p, :]], axis=-1),
        values=values,
    )

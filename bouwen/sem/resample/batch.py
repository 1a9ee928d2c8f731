"""A stack of discrepancies to the parameters that minimise each.

One model, many samples: the moments of the objective have a leading axis of draws. Each draw ends
where a separate fit of its sample would end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.identification import IDENTIFIED, NotIdentified, smallest_curvature
from bouwen.sem.model.table import ParTable
from bouwen.sem.normal.discrepancy import Likelihood, Objective
from bouwen.sem.normal.free_means import WithoutMeans
from bouwen.sem.resample.descent import FLAT, Descent, newton, quasi_newton
from bouwen.sem.resample.kernel import Kernel
from bouwen.sem.resample.memory import parts_of
from bouwen.sem.resample.samples import average, n_draws, take, usable
from bouwen.sem.solution import NotConverged, estimate

CONVERGED, NOT_CONVERGED, NO_SAMPLE = range(3)


@dataclass(frozen=True, eq=False)
class Batch:
    """The solutions of D draws.

    Attributes
    ----------
    theta : array (D, q)
        Parameters; NaN where the draw failed.
    value : array (D,)
        F/2, so that chi-square is 2 N f; NaN where the draw failed.
    status : array (D,) of int
        ``CONVERGED``, ``NOT_CONVERGED``, or ``NO_SAMPLE`` where the moments of the draw are singular.
    steps : array (D,) of int
    """

    theta: Array
    value: Array
    status: Array
    steps: Array


def fit_batch(objective: Objective, table: ParTable, start: Array) -> Batch:
    """Minimise a stack of discrepancies.

    Parameters
    ----------
    objective : Objective
        Its moments have a leading axis of D draws, see `bouwen.sem.resample.stacks`.
    table : ParTable
        The model, with its restrictions.
    start : array (q,) or (D, q)
        Where to start, such as the solution of the sample that the draws come from.

    Returns
    -------
    Batch
    """
    D, q = n_draws(objective), table.n_free
    good = np.flatnonzero(usable(objective))
    theta, value = np.full((D, q), np.nan), np.full(D, np.nan)
    status, steps = np.full(D, NO_SAMPLE), np.zeros(D, dtype=np.int64)
    if len(good):
        some = objective if len(good) == D else take(objective, good)
        method = _one_by_one if Restrictions(table).needs_optimiser or q == 0 else _together
        found = method(some, table, np.broadcast_to(start, (D, q))[good])
        status[good] = np.where(found.arrived, CONVERGED, NOT_CONVERGED)
        theta[good] = np.where(found.arrived[:, None], found.theta, np.nan)
        value[good], steps[good] = np.where(found.arrived, found.value, np.nan), found.steps
    return Batch(theta, value, status, steps)


def _together(objective: Objective, table: ParTable, start: Array) -> Descent:
    """All draws at once, in the space of the linear equalities; the difficult ones by Newton's method."""
    affine = Restrictions(table).affine
    basis = np.eye(table.n_free)
    if affine is not None:
        offset, basis = affine
        start = offset + (start - offset) @ basis @ basis.T
    alone = WithoutMeans.of(objective, basis)
    if alone is None:
        return descend(objective, start, basis)
    found = descend(alone.objective, start, alone.basis)
    return replace(found, theta=alone.with_intercepts(found.theta))


def descend(objective: Objective, start: Array, basis: Array) -> Descent:
    """Minimise all draws along the directions of a basis (q, k) from starting values (D, q).

    A draw that `quasi_newton` brings home keeps `FLAT` of the curvature that the draws have together, so each
    needs a look of its own only where theirs is near the bound of what is identified.
    """
    typical = average(objective).at(start.mean(axis=0))
    information = typical.information
    values, vectors = np.linalg.eigh(basis.T @ information @ basis)
    scale = basis @ (vectors / np.sqrt(np.maximum(values, 1e-10 * values[-1])))
    function = Kernel.of(objective) if isinstance(objective, Likelihood) else Plain(objective)
    n = np.broadcast_to(objective.n.sum(axis=-1), len(start))  # type: ignore[attr-defined]
    found = quasi_newton(function, start, scale, n)
    home = np.flatnonzero(found.arrived)
    if len(home) and smallest_curvature(information, information, basis) < IDENTIFIED / FLAT:
        for part in parts_of(len(home), curvature_bytes(objective)):
            few = home[part]
            ends = take(objective, few).at(found.theta[few])
            found.arrived[few] = smallest_curvature(ends.information, ends.hessian, basis) > IDENTIFIED
    rest = np.flatnonzero(~found.arrived)
    for part in parts_of(len(rest), curvature_bytes(objective)):
        few = rest[part]
        again = newton(take(objective, few), found.theta[few], basis)
        found.theta[few], found.value[few], found.arrived[few] = again.theta, again.value, again.arrived
        found.steps[few] += again.steps
    return found


def curvature_bytes(objective: Objective) -> int:
    """What the curvature of one draw takes: products of rows, and of the columns of Z, in every pattern."""
    st = objective.structure
    rows = int(st.is_free.any(axis=0).sum())
    patterns = len(objective.group) if isinstance(objective, Likelihood) else st.n_groups
    return 8 * (6 * patterns * (rows**2 + (2 * st.m) ** 2) + 4 * st.q**2)


def _one_by_one(objective: Objective, table: ParTable, start: Array) -> Descent:
    """Draw after draw, for models that a constrained optimiser estimates."""
    D = len(start)
    out = Descent(start.copy(), np.full(D, np.nan), np.zeros(D, dtype=np.int64), np.zeros(D, dtype=bool))
    for d in range(D):
        try:
            found = estimate(take(objective, d), table, start[d])
        except (NotConverged, NotIdentified):
            continue
        out.theta[d], out.value[d] = found.theta, found.point.value
        out.steps[d], out.arrived[d] = found.steps, True
    return out


@dataclass(frozen=True)
class Plain:
    """An objective as a function of a stack of parameters."""

    objective: Objective

    def __call__(self, theta: Array) -> tuple[Array, Array]:
        """Values and gradients."""
        point = self.objective.at(theta)
        return point.value, point.gradient

    def take(self, draws: Array) -> Plain:
        """The same for some of the draws."""
        return Plain(take(self.objective, draws))

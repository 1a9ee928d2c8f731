"""Variances that may not be negative: the solution on the bound where the free one lies beyond it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from bouwen.sem.family.normal import Family
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.improper import negative_variances
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.solution import NotConverged, Solution

OF_VARIANCES = ("none", "pos.var")
LEFT_BY_OPTIMISER = 1e-8  # what an optimiser leaves of a bound


def solve_within(family: Any, bounds: str) -> Solution:
    """Estimate with free variances of at least 0 (``"pos.var"``), or without bounds.

    Standard errors are those of the information at the solution, as if no bound held there (lavaan).
    """
    own: Family = family
    if bounds == "none":
        return own.solve()
    try:
        free = own.solve()
        if not negative_variances(own.structure, np.asarray(free.point.implied.values)).any():
            return free
    except NotConverged:  # a variance on its way below any bound
        pass
    table = own.table
    variances = [k for k, r in enumerate(table.rows) if r.free >= 0 and r.op == "~~" and r.lhs == r.rhs]
    at_least = parse_model("\n".join(f".p{k + 1}. > 0" for k in variances)).constraints
    bounded = replace(family, table=replace(table, inequalities=(*table.inequalities, *at_least)))
    found: Solution = bounded.solve()
    affine = Restrictions(table).affine
    theta = found.theta.copy()
    for number in {table.rows[k].free for k in variances}:
        theta[number] = 0.0 if abs(theta[number]) < LEFT_BY_OPTIMISER else theta[number]
    found = replace(found, theta=theta, point=own.objective.at(theta))
    return replace(found, basis=None if affine is None else affine[1], active=())

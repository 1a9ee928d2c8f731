"""A stack of discrepancies to the parameters that minimise each.

One model, many samples: the moments of the objective have a leading axis of draws. Each draw ends
where a separate fit of its sample would end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from bouwen.sem.discrepancy import LeastSquares, Likelihood, Objective
from bouwen.sem.estimate import NotConverged, NotIdentified, estimate
from bouwen.sem.implied import Array
from bouwen.sem.partable import ParTable
from bouwen.sem.weighted import WeightedLeastSquares

CONVERGED, NOT_CONVERGED, NO_SAMPLE = range(3)

# How many axes a field has for one sample; whatever has more is stacked over draws.
_AXES = {
    "fixed": 2,
    "n": 1,
    "share": 1,
    "mean": 2,
    "cov": 3,
    "constant": 0,
    "V": 3,
    "statistics": 2,
    "weight": 2,
}


@dataclass(frozen=True)
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
    start = np.broadcast_to(start, (D, q))
    theta, value = np.full((D, q), np.nan), np.full(D, np.nan)
    status, steps = np.where(usable(objective), NOT_CONVERGED, NO_SAMPLE), np.zeros(D, dtype=np.int64)
    for d in np.flatnonzero(status != NO_SAMPLE):
        try:
            found = estimate(take(objective, int(d)), table, start[d])
        except (NotConverged, NotIdentified):
            continue
        theta[d], value[d], status[d], steps[d] = found.theta, found.point.value, CONVERGED, found.steps
    return Batch(theta, value, status, steps)


def n_draws(objective: Objective) -> int:
    """D, from whichever field has an axis of draws."""
    sizes = {len(value) for value in _stacked(objective).values()}
    if len(sizes) != 1:
        raise ValueError(f"the objective has {len(sizes)} sizes of stack, not one")
    return sizes.pop()


def take(objective: Objective, draws: Any) -> Any:
    """The objective of some draws: a list or mask of them, or one (which drops the axis)."""
    return replace(objective, **{name: value[draws] for name, value in _stacked(objective).items()})  # type: ignore[type-var]


def join(objectives: Sequence[Any]) -> Any:
    """Stacks of discrepancies of one model as one stack."""
    stacks = [_stacked(objective) for objective in objectives]
    return replace(
        objectives[0], **{name: np.concatenate([stack[name] for stack in stacks]) for name in stacks[0]}
    )


def usable(objective: Objective) -> Array:
    """Whether each draw (D,) is a sample that a model can be fitted to."""
    if isinstance(objective, Likelihood):
        return np.asarray(np.isfinite(objective.constant))
    if isinstance(objective, LeastSquares):
        return np.asarray(np.isfinite(objective.V).all(axis=(-3, -2, -1)))
    if isinstance(objective, WeightedLeastSquares):
        both = np.isfinite(objective.statistics) & np.isfinite(objective.weight)
        return np.asarray(both.all(axis=(-2, -1)))
    raise TypeError(f"no batches of {type(objective).__name__}")


def _stacked(objective: Any) -> dict[str, Array]:
    found = {f.name: getattr(objective, f.name) for f in fields(objective) if f.name in _AXES}
    return {name: value for name, value in found.items() if np.ndim(value) > _AXES[name]}

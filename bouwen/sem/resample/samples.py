"""Discrepancies with an axis of draws: how many there are, some of them, several as one, their average."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from bouwen.checks import Array, Ints
from bouwen.sem.normal.discrepancy import Likelihood, LikelihoodPoint, Objective
from bouwen.sem.normal.quadratic import LeastSquares
from bouwen.sem.ordinal.discrepancy import WeightedLeastSquares

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


@dataclass(frozen=True, eq=False, kw_only=True)
class IncompleteDraws(Likelihood):
    """The likelihoods of incomplete draws, of which most patterns are one respondent's.

    Those have no covariances, so ``cov`` (..., S, p, p) holds only those of the patterns in ``several``.
    """

    several: Ints

    def at(self, theta: Array) -> LikelihoodPoint:
        """Evaluate at parameters (..., q)."""
        return self.whole.at(theta)

    @property
    def whole(self) -> Likelihood:
        """The same with the covariances of all patterns, of one draw only those that it has."""
        cov = np.zeros((*self.mean.shape, self.mean.shape[-1]))
        cov[..., self.several, :, :] = self.cov
        rest = {f.name: getattr(self, f.name) for f in fields(Likelihood)}
        if self.share.ndim == 1:
            had = np.flatnonzero(self.share)
            rest |= {name: rest[name][had] for name in ("group", "share", "observed", "mean")}
            cov = cov[had]
        return Likelihood(**{**rest, "cov": cov, "patterns": None})


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


def average(objective: Objective) -> Any:
    """The objective of the average of the draws, without their axis."""
    return replace(objective, **{name: value.mean(axis=0) for name, value in _stacked(objective).items()})  # type: ignore[type-var]


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

"""Parameters of a fitted model -> what it implies for sums of items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from bouwen.scales.answers import Matrix, ScaleError, Vector


class Fitted(Protocol):
    """What the scales use of a fitted model.

    ``parameters`` has the columns ``lhs op rhs group est`` with lavaan's operators.
    """

    @property
    def parameters(self) -> pd.DataFrame:
        """One row per parameter and group."""


class NoFactors(ScaleError):
    """The model measures nothing."""

    def __init__(self) -> None:
        super().__init__('the model has no factor, that is no line with "=~"; there is nothing to describe.')


@dataclass(frozen=True)
class ImpliedModel:
    """One group of a fitted model in matrices over all its variables.

    Attributes
    ----------
    group : object
        The group's value.
    names : tuple of str, length m
    factors : tuple of str
        Variables measured by others.
    reach : array (m, m)
        How much of a factor (column) arrives at a variable (row) by measurement alone, directly or
        through the factors of a higher-order factor.
    cov : array (m, m)
        Implied covariances.
    mean : array (m,)
    residual : array (m, m)
        Variances and covariances of what the model leaves unexplained.
    thresholds : dict of str to array
        Of each ordered item, in the metric of its latent response.
    """

    group: object
    names: tuple[str, ...]
    factors: tuple[str, ...]
    reach: Matrix
    cov: Matrix
    mean: Vector
    residual: Matrix
    thresholds: dict[str, Vector]

    def places(self, names: tuple[str, ...]) -> list[int]:
        """Where variables stand in the matrices."""
        return [self.names.index(name) for name in names]

    def items_of(self, factor: str) -> tuple[str, ...]:
        """The items that a factor reaches."""
        column = self.reach[:, self.names.index(factor)]
        return tuple(
            name
            for name, weight in zip(self.names, column, strict=True)
            if weight != 0 and name not in self.factors
        )

    def loadings(self, factor: str) -> Vector:
        """Loadings of `items_of` the factor."""
        return self.reach[self.places(self.items_of(factor)), self.names.index(factor)]

    def variance(self, factor: str) -> float:
        """Implied variance of a factor."""
        f = self.names.index(factor)
        return float(self.cov[f, f])

    def measured_by_others(self, item: str) -> bool:
        """Whether more than one factor has a direct loading on an item."""
        i, factors = self.names.index(item), self.places(self.factors)
        return int(np.count_nonzero(self.reach[i, factors])) > 1

    def is_higher(self, factor: str) -> bool:
        """Whether a factor is measured through other factors."""
        f = self.names.index(factor)
        return any(self.reach[self.names.index(other), f] != 0 for other in self.factors if other != factor)


def implied_models(fit: Fitted) -> Iterator[ImpliedModel]:
    """The model of each group, in the order of the parameters.

    With A the directed and S the undirected parameters, covariances are (I − A)⁻¹ S (I − A)⁻ᵀ.

    References
    ----------
    McArdle & McDonald (1984), British Journal of Mathematical and Statistical Psychology 37.
    """
    table = fit.parameters
    if not (table["op"] == "=~").any():
        raise NoFactors()
    table = table[table["op"].isin(["=~", "~", "~~", "~1", "|"])]
    for group, rows in table.groupby("group", sort=False):
        yield _implied(group, rows)


def _implied(group: object, rows: pd.DataFrame) -> ImpliedModel:
    loads = rows[rows["op"] == "=~"]
    factors = tuple(dict.fromkeys(loads["lhs"]))
    two_sided = rows[rows["op"].isin(["=~", "~", "~~"])]
    names = tuple(dict.fromkeys([*factors, *loads["rhs"], *two_sided["lhs"], *two_sided["rhs"]]))
    place, m = {name: k for k, name in enumerate(names)}, len(names)
    measure, directed, S, mean = np.zeros((m, m)), np.zeros((m, m)), np.zeros((m, m)), np.zeros(m)
    thresholds: dict[str, list[float]] = {}
    for lhs, op, rhs, est in rows[["lhs", "op", "rhs", "est"]].itertuples(index=False):
        if op == "=~":
            measure[place[rhs], place[lhs]] = est
        elif op == "~":
            directed[place[lhs], place[rhs]] = est
        elif op == "~~":
            S[place[lhs], place[rhs]] = S[place[rhs], place[lhs]] = est
        elif op == "~1":
            mean[place[lhs]] = est
        else:
            thresholds.setdefault(lhs, []).append(est)
    identity = np.eye(m)
    total = np.linalg.inv(identity - measure - directed)
    return ImpliedModel(
        group=group,
        names=names,
        factors=factors,
        reach=_reach(measure),
        cov=total @ S @ total.T,
        mean=total @ mean,
        residual=S,
        thresholds={name: np.sort(values) for name, values in thresholds.items()},
    )


def _reach(measure: Matrix) -> Matrix:
    """I + M + M² + …, which ends where the chain of factors does and keeps zeros exactly zero."""
    total, step = np.eye(len(measure)), measure
    for _ in range(len(measure)):
        total, step = total + step, step @ measure
    return np.asarray(total, dtype=float)

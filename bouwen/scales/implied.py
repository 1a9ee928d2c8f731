"""Parameters of a fitted model -> what it implies for sums of items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from bouwen.checks import DataError, Matrix, Vector


class Fitted(Protocol):
    """What the scales use of a fitted model.

    ``parameters`` has the columns ``lhs op rhs group est`` with lavaan's operators.
    """

    @property
    def parameters(self) -> pd.DataFrame:
        """One row per parameter and group."""


class NoFactors(DataError):
    """The model measures nothing."""

    def __init__(self) -> None:
        super().__init__('the model has no factor, that is no line with "=~"; there is nothing to describe.')


@dataclass(frozen=True)
class ImpliedModel:
    """One group of a fitted model in matrices over all its variables.

    Arrays may have leading dimensions, such as one for bootstrap draws.

    Attributes
    ----------
    group : object
        The group's value.
    names : tuple of str, length m
    factors : tuple of str
        Variables measured by others.
    reach : array (..., m, m)
        How much of a factor (column) arrives at a variable (row) by measurement alone, directly or
        through the factors of a higher-order factor.
    cov : array (..., m, m)
        Implied covariances.
    mean : array (..., m)
    residual : array (..., m, m)
        Variances and covariances of what the model leaves unexplained.
    thresholds : dict of str to array (..., number)
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
        return tuple(name for name in self.names if name not in self.factors and self.reaches(factor, name))

    def reaches(self, factor: str, name: str) -> bool:
        """Whether a factor has a loading on a variable, directly or through other factors."""
        return bool(np.any(self.reach[..., self.names.index(name), self.names.index(factor)] != 0))

    def loadings(self, factor: str) -> Vector:
        """Loadings of `items_of` the factor."""
        return self.reach[..., self.places(self.items_of(factor)), self.names.index(factor)]

    def variance(self, factor: str) -> Vector:
        """Implied variance of a factor."""
        f = self.names.index(factor)
        return self.cov[..., f, f]

    def is_higher(self, factor: str) -> bool:
        """Whether a factor is measured through other factors."""
        return any(self.reaches(factor, other) for other in self.factors if other != factor)


def implied_models(fit: Fitted, draws: Matrix | None = None) -> Iterator[ImpliedModel]:
    """The model of each group, in the order of the parameters.

    Parameters
    ----------
    fit : Fit
    draws : array (draws, rows of ``fit.parameters``), optional
        Estimates to take instead of those of the fit.

    Notes
    -----
    With A the directed and S the undirected parameters, covariances are (I − A)⁻¹ S (I − A)⁻ᵀ.

    References
    ----------
    McArdle & McDonald (1984), British Journal of Mathematical and Statistical Psychology 37.
    """
    table = fit.parameters
    if not (table["op"] == "=~").any():
        raise NoFactors()
    values = table["est"].to_numpy(dtype=float) if draws is None else draws
    table = table.reset_index(drop=True)
    table = table[table["op"].isin(["=~", "~", "~~", "~1", "|"])]
    for group, rows in table.groupby("group", sort=False):
        yield _implied(group, rows, values)


def _implied(group: object, rows: pd.DataFrame, values: Matrix) -> ImpliedModel:
    loads = rows[rows["op"] == "=~"]
    factors = tuple(dict.fromkeys(loads["lhs"]))
    two_sided = rows[rows["op"].isin(["=~", "~", "~~"])]
    names = tuple(dict.fromkeys([*factors, *loads["rhs"], *two_sided["lhs"], *two_sided["rhs"]]))
    place, m = {name: k for k, name in enumerate(names)}, len(names)
    shape = (*values.shape[:-1], m, m)
    measure, directed, S = (np.zeros(shape) for _ in range(3))
    mean = np.zeros(shape[:-1])
    thresholds: dict[str, list[Vector]] = {}
    for row, lhs, op, rhs in rows[["lhs", "op", "rhs"]].itertuples():
        est = values[..., row]
        if op == "=~":
            measure[..., place[rhs], place[lhs]] = est
        elif op == "~":
            directed[..., place[lhs], place[rhs]] = est
        elif op == "~~":
            S[..., place[lhs], place[rhs]] = S[..., place[rhs], place[lhs]] = est
        elif op == "~1":
            mean[..., place[lhs]] = est
        else:
            thresholds.setdefault(lhs, []).append(est)
    total = np.linalg.inv(np.eye(m) - measure - directed)
    return ImpliedModel(
        group=group,
        names=names,
        factors=factors,
        reach=_reach(measure),
        cov=np.asarray(total @ S @ np.swapaxes(total, -1, -2), dtype=float),
        mean=np.asarray((total @ mean[..., None])[..., 0], dtype=float),
        residual=S,
        thresholds={name: np.sort(np.stack(found, axis=-1)) for name, found in thresholds.items()},
    )


def _reach(measure: Matrix) -> Matrix:
    """I + M + M² + …, which ends where the chain of factors does and keeps zeros exactly zero."""
    total, step = np.eye(measure.shape[-1]), measure
    for _ in range(measure.shape[-1]):
        if not step.any():
            break
        total, step = total + step, step @ measure
    return np.asarray(total, dtype=float)

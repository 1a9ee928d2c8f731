"""A fitted model -> what each group's factors make of sums of items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bouwen.checks import DataError, Matrix, Vector
from bouwen.sem import Fit, Implied, Structure, check_is_fit, implied_of_rows


class NoFactors(DataError):
    """The model measures nothing."""

    def __init__(self) -> None:
        super().__init__('the model has no factor, that is no line with "=~"; there is nothing to describe.')


@dataclass(frozen=True, eq=False)
class GroupModel:
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


def models_of(fit: Fit, draws: Matrix | None = None) -> Iterator[GroupModel]:
    """The model of each group, in the order of the parameters.

    Parameters
    ----------
    fit : Fit
    draws : array (draws, rows of ``fit.parameters``), optional
        Estimates to take instead of those of the fit.

    Raises
    ------
    NoFactors
    """
    check_is_fit(fit)
    structure = fit.structure
    if not structure.loading.any():
        raise NoFactors()
    implied = fit.implied
    if draws is not None:
        shape = structure.free.shape
        implied = implied_of_rows(structure, draws[:, : structure.free.size].reshape(len(draws), *shape))
    for g, group in enumerate(fit.sample.group_values):
        yield _model_of(structure, implied, g, group)


def _model_of(structure: Structure, implied: Implied, g: int, group: object) -> GroupModel:
    names = (*structure.observed, *structure.latent)
    values, cov = implied.values[..., g, :], implied.C[..., g, :, :]
    loads = np.flatnonzero(structure.loading)
    measure, residual = np.zeros(cov.shape), np.zeros(cov.shape)
    measure[..., structure.i[loads], structure.j[loads]] = values[..., loads]
    rows, i, j = structure.symmetric
    residual[..., i, j] = residual[..., j, i] = values[..., rows]
    return GroupModel(
        group=group,
        names=names,
        factors=tuple(dict.fromkeys(names[j] for j in structure.j[loads])),
        reach=_reach(measure),
        cov=cov,
        mean=implied.eta[..., g, :],
        residual=residual,
        thresholds={
            names[k]: np.sort(values[..., structure.thresholds_of(k)]) for k in structure.ordered.tolist()
        },
    )


def _reach(measure: Matrix) -> Matrix:
    """I + M + M² + …, which ends where the chain of factors does and keeps zeros exactly zero."""
    total, step = np.eye(measure.shape[-1]), measure
    for _ in range(measure.shape[-1]):
        if not step.any():
            break
        total, step = total + step, step @ measure
    return np.asarray(total, dtype=float)

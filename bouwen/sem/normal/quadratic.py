"""Quadratic distances in the covariances: generalised and unweighted least squares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.derivatives import (
    Slots,
    collect_matrix,
    collect_vector,
    gram,
    mean_pairs_by_row,
    mean_slopes,
    pairs_by_row,
    second_by_row,
    slots,
    trace_by_row,
)
from bouwen.sem.model.implied import Implied, Structure, implied_moments, with_exogenous
from bouwen.sem.normal.discrepancy import cholesky
from bouwen.sem.normal.moments import Sample


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """Quadratic distances in the covariances: generalised and unweighted least squares.

    f = ¼ tr[(V (S − Σ))²] + ½ (m − μ)ᵀ V (m − μ), with V = S⁻¹ (GLS) or I (ULS)

    For unweighted least squares the diagonal counts double (``diagonal`` = 1): each element of S on or below
    the diagonal counts once, as lavaan has it.

    References
    ----------
    Browne (1974), Generalized least squares estimators in the analysis of covariance structures.
    """

    structure: Structure
    slots: Slots
    fixed: Array
    n: Array
    share: Array
    mean: Array
    cov: Array
    V: Array
    diagonal: float = 0.0

    def at(self, theta: Array) -> LeastSquaresPoint:
        """Evaluate at parameters (..., q)."""
        return LeastSquaresPoint(self, implied_moments(self.structure, theta, self.fixed))


@dataclass(frozen=True)
class LeastSquaresPoint:
    """Least squares at one parameter vector."""

    objective: LeastSquares
    implied: Implied

    @cached_property
    def _residuals(self) -> tuple[Array, Array]:
        o = self.objective
        return o.cov - self.implied.cov, o.mean - self.implied.mean

    @cached_property
    def value(self) -> Array:
        """F at these parameters."""
        o = self.objective
        R, r = self._residuals
        VR = o.V @ R
        f = 0.25 * (VR * np.swapaxes(VR, -1, -2)).sum(axis=(-2, -1))
        f = f + 0.25 * o.diagonal * (np.diagonal(R, axis1=-2, axis2=-1) ** 2).sum(axis=-1)
        if o.structure.meanstructure:
            f = f + 0.5 * (r * (o.V @ r[..., None])[..., 0]).sum(axis=-1)
        return np.asarray((o.share * f).sum(axis=-1))

    @cached_property
    def gradient(self) -> Array:
        """df/dθ."""
        o, s = self.objective, self.objective.slots
        R, r = self._residuals
        Q = -(o.V @ R @ o.V)
        if o.diagonal:
            d = np.arange(R.shape[-1])
            Q[..., d, d] -= o.diagonal * R[..., d, d]
        by_row = trace_by_row(s, gram(self.implied.Z, Q))
        if o.structure.meanstructure:
            Zq = (np.swapaxes(self.implied.Z, -1, -2) @ (o.V @ r[..., None]))[..., 0]
            by_row = by_row - mean_slopes(s, self.implied) * Zq[..., s.a]
        return collect_vector(s, by_row * o.share[..., None])

    @cached_property
    def information(self) -> Array:
        """Gauss–Newton curvature, which is the expected one."""
        o, s = self.objective, self.objective.slots
        ZVZ = gram(self.implied.Z, o.V)
        by_row = pairs_by_row(s, ZVZ)
        if o.diagonal:
            by_diagonal = (
                2
                * s.weight[:, None]
                * np.swapaxes(self.implied.Z[..., s.a] * self.implied.Z[..., s.b], -1, -2)
            )
            by_row = by_row + 0.5 * o.diagonal * by_diagonal @ np.swapaxes(by_diagonal, -1, -2)
        if o.structure.meanstructure:
            by_row = by_row + mean_pairs_by_row(s, ZVZ, mean_slopes(s, self.implied))
        return collect_matrix(s, by_row * o.share[..., None, None])

    @cached_property
    def hessian(self) -> Array:
        """Second derivatives of f."""
        o, s = self.objective, self.objective.slots
        R, r = self._residuals
        p, m = o.structure.p, o.structure.m
        Q = -(o.V @ R @ o.V)
        if o.diagonal:
            d = np.arange(p)
            Q[..., d, d] -= o.diagonal * R[..., d, d]
        share = o.share[..., None, None]
        FQF = np.zeros((*Q.shape[:-2], m, m))
        FQF[..., :p, :p] = Q * share
        Fq = None
        if o.structure.meanstructure:
            Fq = np.zeros((*r.shape[:-1], m))
            Fq[..., :p] = -(o.V @ r[..., None])[..., 0] * o.share[..., None]
        return self.information + collect_matrix(s, second_by_row(s, self.implied, FQF, Fq))


def least_squares(structure: Structure, sample: Sample, *, weighted: bool) -> LeastSquares:
    """GLS (``weighted``) or ULS distance for a complete sample."""
    return stacked_least_squares(structure, sample.n, sample.mean, sample.cov, weighted=weighted)


def stacked_least_squares(
    structure: Structure, n: Array, mean: Array, cov: Array, *, weighted: bool
) -> LeastSquares:
    """GLS (``weighted``) or ULS distance for complete data, or for a stack of them.

    The one place where N − 1 counts: lavaan divides S by it, and weighs groups by it, for these two.

    Parameters
    ----------
    structure : Structure
    n, mean, cov : arrays (..., G), (..., G, p) and (..., G, p, p)
        Group sizes, means and covariances (divided by n).
    weighted : bool
    """
    cov = cov * (n / (n - 1))[..., None, None]
    V: Array = np.broadcast_to(np.eye(structure.p), cov.shape)
    if weighted:
        _, good = cholesky(cov)
        V = np.linalg.inv(np.where(good[..., None, None], cov, V))
        V = np.where(good[..., None, None], V, np.nan)
    return LeastSquares(
        structure=structure,
        slots=slots(structure),
        fixed=with_exogenous(structure, mean, cov),
        n=n,
        share=(n - 1) / n.sum(axis=-1, keepdims=True),
        mean=mean,
        cov=cov,
        V=V,
        diagonal=0.0 if weighted else 1.0,
    )

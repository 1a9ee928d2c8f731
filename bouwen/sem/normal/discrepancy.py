"""Sample and implied moments to a distance, its gradient and its curvature.

Every distance here is f = ½ F, with F the textbook discrepancy, so that chi-square is 2 N f and the
inverse of its curvature, divided by N, estimates the sampling covariance. Groups count by
their share of respondents. Functions take stacks of parameters (..., q).

Where Σ is not positive definite the distance is infinite, so that a line search steps back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.linalg import LinAlgError

from bouwen.checks import Array, Ints
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
from bouwen.sem.normal.moments import Sample

SINGULAR = 1e-10  # share of an item's variance that those before it leave, below which a sample is singular


class Point(Protocol):
    """A discrepancy at one (stack of) parameter vector(s)."""

    @property
    def implied(self) -> Implied:
        """The implied moments."""

    @property
    def value(self) -> Array:
        """F/2, shape (...)."""

    @property
    def gradient(self) -> Array:
        """Shape (..., q)."""

    @property
    def information(self) -> Array:
        """Expected curvature, shape (..., q, q)."""

    @property
    def hessian(self) -> Array:
        """Observed curvature, shape (..., q, q)."""


class Objective(Protocol):
    """A discrepancy as a function of the parameters."""

    @property
    def structure(self) -> Structure:
        """The model."""

    @property
    def fixed(self) -> Array:
        """Values (G, R) of the fixed rows."""

    def at(self, theta: Array) -> Point:
        """Evaluate at parameters (..., q)."""


@dataclass(frozen=True, eq=False)
class Likelihood:
    """Normal-theory likelihood, for complete and for incomplete data.

    f = ½ Σ_j (n_j/N) { log|Σ_j| + tr(Σ_j⁻¹ [S_j + (m_j − μ_j)(m_j − μ_j)ᵀ]) } − constant

    The sum runs over patterns of answered items, of which complete data have one for each
    group; the index j on Σ and μ picks the items of the pattern.

    Attributes
    ----------
    group : array (P,)
        Group of each pattern.
    n : array (..., G)
        Respondents of each group.
    share : array (..., P)
        n_j / N; 0 for a pattern that a draw lacks.
    observed : array (P, p) or None
        1 where a pattern has the item; None for complete data.
    mean, cov : arrays (..., P, p) and (..., P, p, p)
    constant : float or array (...)
        The same expression for the saturated model, so that f is 0 at a perfect fit; NaN where a draw's
        covariances are singular.

    References
    ----------
    Bollen (1989), ch. 4; Arbuckle (1996), Full information estimation in the presence of
    incomplete data.
    """

    structure: Structure
    slots: Slots
    fixed: Array
    group: Ints
    n: Array
    share: Array
    observed: Array | None
    mean: Array
    cov: Array
    constant: Any

    def at(self, theta: Array) -> LikelihoodPoint:
        """Evaluate at parameters (..., q)."""
        return LikelihoodPoint(self, implied_moments(self.structure, theta, self.fixed))

    @cached_property
    def simple(self) -> bool:
        """Whether patterns are groups."""
        return self.observed is None


@dataclass(frozen=True)
class LikelihoodPoint:
    """The likelihood at one parameter vector; each quantity is computed when asked for."""

    objective: Likelihood
    implied: Implied

    def _by_pattern(self, array: Array, tail: int) -> Array:
        if self.objective.simple:
            return array
        return np.take(array, self.objective.group, axis=array.ndim - tail - 1)

    @cached_property
    def _factor(self) -> tuple[Array, Array, Array]:
        """Σ_j⁻¹ (0 at unobserved items), log|Σ_j|, and whether Σ_j is positive definite."""
        o = self.objective
        cov = self._by_pattern(self.implied.cov, 2)
        p = cov.shape[-1]
        absent = None
        if o.observed is not None:
            absent = np.zeros((len(o.group), p, p))
            absent[:, range(p), range(p)] = 1 - o.observed
            cov = cov * (o.observed[:, :, None] * o.observed[:, None, :]) + absent
        L, good = cholesky(cov)
        half: Array = np.linalg.inv(L)
        W: Array = np.swapaxes(half, -1, -2) @ half
        if absent is not None:
            W = W - absent
        logdet = 2 * np.log(np.diagonal(L, axis1=-2, axis2=-1)).sum(axis=-1)
        return W, logdet, good

    @cached_property
    def W(self) -> Array:
        """Σ_j⁻¹, (..., P, p, p)."""
        return self._factor[0]

    @cached_property
    def residual(self) -> Array:
        """m_j − μ_j, (..., P, p), 0 at unobserved items."""
        o = self.objective
        r = o.mean - self._by_pattern(self.implied.mean, 1)
        return r if o.observed is None else r * o.observed

    @cached_property
    def second_moment(self) -> Array:
        """S_j + (m_j − μ_j)(m_j − μ_j)ᵀ."""
        if not self.objective.structure.meanstructure:
            return self.objective.cov
        r = self.residual
        return np.asarray(self.objective.cov + r[..., :, None] * r[..., None, :])

    @cached_property
    def value(self) -> Array:
        """F at these parameters."""
        o = self.objective
        W, logdet, good = self._factor
        distance = logdet + (W * self.second_moment).sum(axis=(-2, -1))
        f = 0.5 * (o.share * distance).sum(axis=-1) - o.constant
        return np.where(good.all(axis=-1), f, np.inf)

    @cached_property
    def _misfit(self) -> tuple[Array, Array]:
        """Σ_j⁻¹ S*_j Σ_j⁻¹ and Σ_j⁻¹ (m_j − μ_j)."""
        W = self.W
        B = W @ self.second_moment @ W
        return B, (W @ self.residual[..., None])[..., 0]

    def _by_group(self, array: Array, tail: int) -> Array:
        """Σ over the patterns of a group of share × array."""
        o = self.objective
        weighted = array * o.share[(..., *[None] * tail)]
        if o.simple:
            return weighted
        out = np.zeros((*array.shape[: -tail - 1], o.structure.n_groups, *array.shape[array.ndim - tail :]))
        for g in range(o.structure.n_groups):
            place: Any = (..., g, *[slice(None)] * tail)
            out[place] = np.compress(o.group == g, weighted, axis=-tail - 1).sum(axis=-tail - 1)
        return out

    @cached_property
    def _forces(self) -> tuple[Array, Array]:
        """Q = Σ share (W − W S* W) and q = −Σ share W (m − μ), by group: df = ½ tr(Q dΣ) + qᵀ dμ."""
        B, u = self._misfit
        return self._by_group(self.W - B, 2), -self._by_group(u, 1)

    @cached_property
    def gradient(self) -> Array:
        """df/dθ."""
        o, s = self.objective, self.objective.slots
        Q, q = self._forces
        by_row = trace_by_row(s, gram(self.implied.Z, Q))
        if o.structure.meanstructure:
            Zq = (np.swapaxes(self.implied.Z, -1, -2) @ q[..., None])[..., 0]
            by_row = by_row + mean_slopes(s, self.implied) * Zq[..., s.a]
        return collect_vector(s, by_row)

    def _pattern_sum(self, hessian: bool) -> Array:
        """Curvature without the ∂²Σ part, (..., G, rows, rows)."""
        o, s = self.objective, self.objective.slots
        c = self._by_pattern(mean_slopes(s, self.implied), 1) if o.structure.meanstructure else None
        Z = self._by_pattern(self.implied.Z, 2)
        ZWZ = gram(Z, self.W)
        if not hessian:
            by_row = pairs_by_row(s, ZWZ)
        else:  # tr(B ∂Σ W ∂Σ) − ½ tr(W ∂Σ W ∂Σ), with B = W S* W
            B, u = self._misfit
            by_row = pairs_by_row(s, ZWZ, gram(Z, 2 * B - self.W))
        if c is not None:
            by_row = by_row + mean_pairs_by_row(s, ZWZ, c)
            if hessian:  # rᵀW ∂Σ W ∂μ, twice
                zu = (np.swapaxes(Z, -1, -2) @ u[..., None])[..., 0]
                # uᵀ ∂Σ_r W ∂μ_s = w_r c_s (u·a_r  b_rᵀ W a_s + u·b_r  a_rᵀ W a_s)
                flat = ZWZ.reshape(*ZWZ.shape[:-2], -1)
                aa, ab, _ = s.pairs
                cross = (s.weight * zu[..., s.a])[..., :, None] * flat.take(ab.T, axis=-1) + (
                    s.weight * zu[..., s.b]
                )[..., :, None] * flat.take(aa, axis=-1)
                cross = cross * c[..., None, :]
                by_row = by_row + cross + np.swapaxes(cross, -1, -2)
        return self._by_group(by_row, 2)

    @cached_property
    def information(self) -> Array:
        """Expected information of one respondent (given who answered what).

        Σ_j share { ½ tr(Σ⁻¹ ∂Σ Σ⁻¹ ∂Σ) + ∂μᵀ Σ⁻¹ ∂μ }
        """
        return collect_matrix(self.objective.slots, self._pattern_sum(hessian=False))

    @cached_property
    def hessian(self) -> Array:
        """Observed information of one respondent: the matrix of second derivatives of f."""
        o, s = self.objective, self.objective.slots
        Q, q = self._forces
        p, m = o.structure.p, o.structure.m
        FQF = np.zeros((*Q.shape[:-2], m, m))
        FQF[..., :p, :p] = Q
        Fq = None
        if o.structure.meanstructure:
            Fq = np.zeros((*q.shape[:-1], m))
            Fq[..., :p] = q
        return collect_matrix(s, self._pattern_sum(hessian=True) + second_by_row(s, self.implied, FQF, Fq))


def cholesky(cov: Array) -> tuple[Array, Array]:
    """Lower factors (..., p, p), and whether each matrix is positive definite; I where it is not."""
    try:
        return np.linalg.cholesky(cov), np.ones(cov.shape[:-2], dtype=bool)
    except LinAlgError:
        identity = np.eye(cov.shape[-1])
        usable = np.isfinite(cov).all(axis=(-2, -1))
        cov = np.where(np.asarray(usable)[..., None, None], cov, identity)
        values = np.linalg.eigvalsh(cov)
        rounding = 1e-15 * cov.shape[-1] * values[..., -1]
        good = np.asarray(usable & (values[..., 0] > rounding))
        return np.linalg.cholesky(np.where(good[..., None, None], cov, identity)), good


def likelihood(structure: Structure, sample: Sample, s: Slots | None = None) -> Likelihood:
    """The likelihood of a sample, complete or by missing pattern."""
    t = sample.patterns
    if t is None:
        return complete_likelihood(structure, sample.n, sample.mean, sample.cov, s)
    fixed = with_exogenous(structure, sample.mean, sample.cov)
    s = s or slots(structure)
    incomplete = Likelihood(
        structure, s, fixed, t.group, sample.n, t.n / sample.N, t.observed, t.mean, t.cov, 0.0
    )
    at_saturated = LikelihoodPoint(incomplete, _saturated_moments(sample))
    return replace(incomplete, constant=float(at_saturated.value))


def complete_likelihood(
    structure: Structure, n: Array, mean: Array, cov: Array, s: Slots | None = None
) -> Likelihood:
    """The likelihood of complete data, or of a stack of them.

    Parameters
    ----------
    structure : Structure
    n, mean, cov : arrays (..., G), (..., G, p) and (..., G, p, p)
        Group sizes, means and covariances (divided by n).
    s : Slots, optional
        Of the structure, where they are at hand.
    """
    share = n / n.sum(axis=-1, keepdims=True)
    L, good = cholesky(cov)
    d = np.diagonal(L, axis1=-2, axis2=-1)
    unexplained = d**2 / np.where(good[..., None], np.diagonal(cov, axis1=-2, axis2=-1), 1.0)
    logdet = np.where(good & (unexplained > SINGULAR).all(axis=-1), 2 * np.log(d).sum(axis=-1), np.nan)
    return Likelihood(
        structure=structure,
        slots=s or slots(structure),
        fixed=with_exogenous(structure, mean, cov),
        group=np.arange(structure.n_groups),
        n=n,
        share=share,
        observed=None,
        mean=mean,
        cov=cov,
        constant=0.5 * (share * (logdet + structure.p)).sum(axis=-1),
    )


def _saturated_moments(sample: Sample) -> Implied:
    empty = np.zeros(0)
    return Implied(sample.cov, sample.mean, empty, empty, empty, empty, empty)


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

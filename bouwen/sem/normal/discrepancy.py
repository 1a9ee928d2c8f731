"""Sample and implied moments to a distance, its gradient and its curvature.

Every distance here is f = ½ F, with F the textbook discrepancy, so that chi-square is 2 N f and the
inverse of its curvature, divided by N, estimates the sampling covariance. Groups count by
their share of respondents. Functions take stacks of parameters (..., q).

Where Σ is not positive definite the distance is infinite, so that a line search steps back.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from bouwen.sem.normal.gaps import FEW, HELD, Alike, Gapped, Sums, batches, long_way, products
from bouwen.sem.normal.moments import Patterns, Sample

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
    patterns : Patterns, optional
        Where the moments come from, of one incomplete sample.

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
    patterns: Patterns | None = None

    def at(self, theta: Array) -> LikelihoodPoint:
        """Evaluate at parameters (..., q)."""
        return self.of_moments(implied_moments(self.structure, theta, self.fixed))

    def of_moments(self, implied: Implied) -> LikelihoodPoint:
        """Evaluate at implied moments."""
        one = not self.simple and self.share.ndim == 1 and implied.cov.ndim == 3
        return (IncompletePoint if one and self.structure.meanstructure else LikelihoodPoint)(self, implied)

    @cached_property
    def simple(self) -> bool:
        """Whether patterns are groups."""
        return self.observed is None

    @cached_property
    def batches(self) -> list[Alike]:
        """The patterns of one incomplete sample, those that lack equally many items together."""
        t = self.patterns
        if t is not None and t.mean is self.mean and t.cov is self.cov:
            return t.batches
        observed = np.ones_like(self.mean) if self.observed is None else self.observed
        return batches(self.group, observed, self.mean, self.cov)

    def part(self, patterns: Ints | slice) -> Likelihood:
        """The same for some patterns of one incomplete sample, with the shares that they have in all."""
        k, observed = patterns, self.observed
        return replace(
            self, group=self.group[k], share=self.share[k], mean=self.mean[k], cov=self.cov[k],
            observed=None if observed is None else observed[k],
        )  # fmt: skip


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

    def along(self, dmean: Array, dcov: Array) -> Array:
        """Expected curvature (..., G) along moments dμ (..., G, p) and dΣ (..., G, p, p), by group."""
        D, d = self._by_pattern(dcov, 2), self._by_pattern(dmean, 1)
        WD = self.W @ D
        covs = 0.5 * (WD * np.swapaxes(WD, -1, -2)).sum(axis=(-2, -1))
        return self._by_group(covs + (d * (self.W @ d[..., None])[..., 0]).sum(axis=-1), 0)

    def _pattern_sum(self, hessian: bool) -> Array:
        """Curvature without the ∂²Σ part, (..., G, rows, rows)."""
        o, s = self.objective, self.objective.slots
        c = self._by_pattern(mean_slopes(s, self.implied), 1) if o.structure.meanstructure else None
        Z = self._by_pattern(self.implied.Z, 2)
        if not hessian:
            return self._by_group(curvature_by_row(s, Z, self.W, self.W, self.W, c), 2)
        B, u = self._misfit
        return self._by_group(curvature_by_row(s, Z, self.W, 2 * B - self.W, self.W, c, u), 2)

    @cached_property
    def information(self) -> Array:
        """Expected information of one respondent (given who answered what).

        Σ_j share { ½ tr(Σ⁻¹ ∂Σ Σ⁻¹ ∂Σ) + ∂μᵀ Σ⁻¹ ∂μ }
        """
        return collect_matrix(self.objective.slots, self._pattern_sum(hessian=False))

    def weights(self) -> Iterator[tuple[int, Array, Array, Array]]:
        """A group, and W, M and N of which ½ tr(W ∂Σ M ∂Σ) + ∂μᵀ N ∂μ add up to its expected information."""
        for g, W, share in zip(self.objective.group.tolist(), self.W, self.objective.share, strict=True):
            yield g, W, share * W, share * W

    def products(self) -> Iterator[tuple[int, Array]]:
        """A group, and F (products, rows) of which FᵀF is to be added to its expected information."""
        return iter(())

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


@dataclass(frozen=True)
class IncompletePoint(LikelihoodPoint):
    """The likelihood of one incomplete sample, from one Σ⁻¹ for all patterns (`bouwen.sem.normal.gaps`).

    Where Σ is too close to singular for that, and where items are few, each pattern has its own Σ_j⁻¹.
    """

    @cached_property
    def gapped(self) -> Gapped | None:
        """What each pattern takes from Σ⁻¹; None where that is not exact enough, and of few items."""
        o = self.objective
        if o.structure.p <= FEW:
            return None
        return Gapped.at(o.batches, o.share, self.implied.mean, self.implied.cov)

    @cached_property
    def _apart(self) -> tuple[Ints, Gapped]:
        """Patterns that lack so much that each is taken by itself, and the others."""
        assert self.gapped is not None
        each = long_way(self.objective.batches)
        return each, self.gapped.without(each) if len(each) else self.gapped

    @cached_property
    def _sums(self) -> Sums | None:
        return None if self.gapped is None else self.gapped.sums()

    @cached_property
    def value(self) -> Array:
        """F at these parameters."""
        if self.gapped is None:
            return super().value
        return np.asarray(0.5 * self.gapped.distance - self.objective.constant)

    @cached_property
    def _forces(self) -> tuple[Array, Array]:
        x = self._sums
        if self.gapped is None or x is None:
            return super()._forces
        return x.share[:, None, None] * self.gapped.W - x.H - x.B, -x.u

    def along(self, dmean: Array, dcov: Array) -> Array:
        """Expected curvature (G,) along moments dμ (G, p) and dΣ (G, p, p), by group."""
        return super().along(dmean, dcov) if self.gapped is None else self.gapped.along(dmean, dcov)

    def _pattern_sum(self, hessian: bool) -> Array:
        """Curvature without the ∂²Σ part, (G, rows, rows): few patterns by themselves, the others at once."""
        o, R = self.objective, len(self.objective.slots.rows)
        each = np.arange(len(o.group)) if self.gapped is None else self._apart[0]
        total = np.zeros((o.structure.n_groups, R, R))
        step = max(1, HELD // max(1, R * R))
        for first in range(0, len(each), step):
            part = LikelihoodPoint(o.part(each[first : first + step]), self.implied)
            total += part._pattern_sum(hessian)
        if self.gapped is not None and len(each) < len(o.group):
            total += self._at_once(self._apart[1], hessian)
        return total

    def weights(self) -> Iterator[tuple[int, Array, Array, Array]]:
        """A group, and W, M and N of which ½ tr(W ∂Σ M ∂Σ) + ∂μᵀ N ∂μ add up to its expected information."""
        if self.gapped is None:
            yield from super().weights()
            return
        each, rest = self._apart
        if len(each):
            yield from LikelihoodPoint(self.objective.part(each), self.implied).weights()
        x = rest.sums()
        for g, W in enumerate(rest.W):
            yield g, W, x.share[g] * W - 2 * x.H[g], x.share[g] * W - x.H[g]

    def products(self) -> Iterator[tuple[int, Array]]:
        """A group, and F (products, rows) of which FᵀF is to be added to its expected information."""
        if self.gapped is not None:
            s, rest = self.objective.slots, self._apart[1]
            found = products(rest, s, self.implied.Z, mean_slopes(s, self.implied), hessian=False)
            yield from ((g, F) for g, _, F in found)

    def _at_once(self, gapped: Gapped, hessian: bool) -> Array:
        s, Z, W, x = self.objective.slots, self.implied.Z, gapped.W, gapped.sums()
        c, whole = mean_slopes(s, self.implied), x.share[:, None, None] * gapped.W
        if hessian:
            out = curvature_by_row(s, Z, W, 2 * x.B - whole + 2 * x.H, whole, c, x.u)
        else:
            out = curvature_by_row(s, Z, W, whole - 2 * x.H, whole - x.H, c)
        for g, sign, F in products(gapped, s, Z, c, hessian=hessian):
            out[g] += sign * (F.T @ F)
        return out


def curvature_by_row(
    s: Slots, Z: Array, W: Array, M: Array, N: Array, c: Array | None, u: Array | None = None
) -> Array:
    """½ tr(W ∂Σ M ∂Σ) + ∂μᵀ N ∂μ + uᵀ ∂Σ W ∂μ, twice, for each pair of rows, (..., rows, rows).

    With M = N = W it is the expected curvature, with M = 2 W S* W − W and u = W (m − μ) the observed one but
    for what second derivatives of Σ and μ add: tr(W S* W ∂Σ W ∂Σ) − ½ tr(W ∂Σ W ∂Σ).

    Parameters
    ----------
    c : array (..., rows), optional
        Slopes of the means, where they are modelled.
    """
    ZWZ = gram(Z, W)
    by_row = pairs_by_row(s, ZWZ, None if M is W else gram(Z, M))
    if c is None:
        return by_row
    by_row = by_row + mean_pairs_by_row(s, ZWZ if N is W else gram(Z, N), c)
    if u is None:
        return by_row
    zu = (np.swapaxes(Z, -1, -2) @ u[..., None])[..., 0]
    # uᵀ ∂Σ_r W ∂μ_s = w_r c_s (u·a_r  b_rᵀ W a_s + u·b_r  a_rᵀ W a_s)
    flat = ZWZ.reshape(*ZWZ.shape[:-2], -1)
    aa, ab, _ = s.pairs
    cross = (s.weight * zu[..., s.a])[..., :, None] * flat.take(ab.T, axis=-1) + (s.weight * zu[..., s.b])[
        ..., :, None
    ] * flat.take(aa, axis=-1)
    cross = cross * c[..., None, :]
    return np.asarray(by_row + cross + np.swapaxes(cross, -1, -2))


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
        structure, s, fixed, t.group, sample.n, t.n / sample.N, t.observed, t.mean, t.cov, 0.0, t
    )
    at_saturated = incomplete.of_moments(_saturated_moments(sample))
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

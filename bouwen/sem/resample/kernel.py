"""Parameters of many draws to their likelihoods and gradients, fast.

The same numbers as `bouwen.sem.discrepancy.Likelihood` gives for stacks, from the same formulas, arranged
for hundreds of small matrices at a time: matrices are filled by one `take` from a row of parameters and
constants, (I − A)⁻¹ is a finite sum because a recursive A is nilpotent, and covariances are inverted side by
side, with the draws as the last axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bouwen.sem.discrepancy import Likelihood
from bouwen.sem.implied import DIRECTED, INTERCEPT, SYMMETRIC, Array, Ints, Structure


@dataclass(frozen=True)
class Places:
    """Where the model's matrices find their elements in [θ, fixed values, 0, 1], and the gradient its own."""

    structure: Structure

    @property
    def zero(self) -> int:
        """Place of the number 0; 1 is behind it."""
        return int(self.structure.q + self.structure.free.size)

    def _matrix(self, kind: int, diagonal: int) -> Ints:
        st = self.structure
        out = np.full((st.n_groups, st.m, st.m), self.zero)
        out[:, range(st.m), range(st.m)] = diagonal
        rows = np.flatnonzero(st.kind == kind)
        source = np.where(st.free >= 0, st.free, st.q + np.arange(st.free.size).reshape(st.free.shape))[
            :, rows
        ]
        out[:, st.i[rows], st.j[rows]] = source
        if kind == SYMMETRIC:
            out[:, st.j[rows], st.i[rows]] = source
        return out

    @cached_property
    def A(self) -> Ints:
        """Places (G, m, m) of I + A."""
        return self._matrix(DIRECTED, self.zero + 1)

    @cached_property
    def S(self) -> Ints:
        """Places (G, m, m) of S."""
        return self._matrix(SYMMETRIC, self.zero)

    @cached_property
    def intercepts(self) -> Ints:
        """Places (G, m) of the intercepts."""
        return self._matrix(INTERCEPT, self.zero)[:, :, 0]

    @cached_property
    def depth(self) -> int | None:
        """Arrows on the longest path; None where there are circles."""
        _, i, j = self.structure.directed
        reach = np.zeros((self.structure.m, self.structure.m), dtype=np.int64)
        reach[i, j] = 1
        power, depth = reach, 0
        while power.any():
            power, depth = (power @ reach > 0).astype(np.int64), depth + 1
            if depth > self.structure.m:
                return None
        return depth

    @cached_property
    def causes(self) -> Ints:
        """Variables with an arrow that is a parameter."""
        st = self.structure
        free = (st.free >= 0).any(axis=0)
        return np.unique(st.j[free & (st.kind == DIRECTED)])

    @cached_property
    def rows(self) -> Ints:
        """Rows that are parameters in some group: paths, then covariances, then intercepts."""
        st = self.structure
        free = (st.free >= 0).any(axis=0)
        return np.concatenate(
            [np.flatnonzero(free & (st.kind == k)) for k in (DIRECTED, SYMMETRIC, INTERCEPT)]
        )

    @cached_property
    def collect(self) -> Array:
        """(G·rows, q): 1 where a row of a group is a parameter."""
        st = self.structure
        out = np.zeros((st.n_groups, len(self.rows), st.q))
        g, r = np.nonzero(st.free[:, self.rows] >= 0)
        out[g, r, st.free[g, self.rows[r]]] = 1.0
        return out.reshape(-1, st.q)


@dataclass(frozen=True)
class Kernel:
    """The likelihood of a stack of draws, as a function of a stack of parameters."""

    objective: Likelihood
    places: Places
    constants: Array
    """(D, G·R + 2): fixed values, 0 and 1."""

    @classmethod
    def of(cls, objective: Likelihood) -> Kernel:
        """Prepare an objective; all its fields that can have an axis of draws must have one."""
        D = len(objective.constant)
        fixed = np.broadcast_to(objective.fixed, (D, *objective.fixed.shape[-2:])).reshape(D, -1)
        constants = np.concatenate([fixed, np.zeros((D, 1)), np.ones((D, 1))], axis=1)
        return cls(objective, Places(objective.structure), constants)

    def take(self, draws: Array) -> Kernel:
        """The same for some of the draws."""
        o = self.objective
        parts = {name: getattr(o, name)[draws] for name in ("share", "mean", "cov", "constant", "n")}
        return replace(self, objective=replace(o, **parts), constants=self.constants[draws])

    def __call__(self, theta: Array) -> tuple[Array, Array]:
        """F (D,), infinite where Σ is not positive definite, and df/dθ (D, q) at parameters (D, q).

        With Q and q as in `LikelihoodPoint` and U = Eᵀ Fᵀ Q, the derivative by A_ij is
        (U F C)_ij + (Eᵀ Fᵀ q)_i η_j, by S_ij (U F E)_ij, halved on the diagonal, and by an intercept
        (Eᵀ Fᵀ q)_i.
        """
        st, at = self.objective.structure, self.places
        p, filling = st.p, np.concatenate([theta, self.constants], axis=1)
        A, S = filling.take(at.A, axis=1), filling.take(at.S, axis=1)
        E = _total_effects(A, at.depth)
        FE = E[..., :p, :]
        FES = FE @ S
        cov = FES @ FE.swapaxes(-1, -2)
        eta = (E @ filling.take(at.intercepts, axis=1)[..., None])[..., 0] if st.meanstructure else None
        residual = None if eta is None else self.objective.mean[...] - self._by_pattern(eta[..., :p])
        value, Q, q = self._forces(cov, residual)
        U = FE.swapaxes(-1, -2) @ Q
        kind, i, j = st.kind[at.rows], st.i[at.rows], st.j[at.rows]
        paths, covs = kind == DIRECTED, kind == SYMMETRIC
        FC = FES @ E[..., at.causes, :].swapaxes(-1, -2)
        by_path = (U @ FC)[..., i[paths], np.searchsorted(at.causes, j[paths])]
        by_cov = (U @ FE)[..., i[covs], j[covs]] * np.where(i[covs] == j[covs], 0.5, 1.0)
        parts = [by_path, by_cov]
        if q is not None and eta is not None:
            Eq = (FE.swapaxes(-1, -2) @ q[..., None])[..., 0]
            parts = [by_path + Eq[..., i[paths]] * eta[..., j[paths]], by_cov, Eq[..., i[kind == INTERCEPT]]]
        by_row = np.concatenate(parts, axis=-1)
        return value, by_row.reshape(len(theta), -1) @ at.collect

    def _by_pattern(self, array: Array) -> Array:
        return array if self.objective.observed is None else array[:, self.objective.group]

    def _forces(self, cov: Array, residual: Array | None) -> tuple[Array, Array, Array | None]:
        """f, and by group Q = Σ share (W − W S* W) and q = −Σ share W (m − μ)."""
        o = self.objective
        if o.observed is not None and residual is not None:
            return self._forces_by_pattern(cov, residual)
        M = o.cov if residual is None else o.cov + residual[..., :, None] * residual[..., None, :]
        W, logdet, good = inverse(cov)
        MW = M @ W
        distance = logdet + np.trace(MW, axis1=-2, axis2=-1)
        value = np.where(good.all(axis=1), 0.5 * (o.share * distance).sum(axis=1) - o.constant, np.inf)
        Q = (W - W @ MW) * o.share[..., None, None]
        q = None if residual is None else -(W @ residual[..., None])[..., 0] * o.share[..., None]
        return value, Q, q

    def _forces_by_pattern(self, cov: Array, residual: Array) -> tuple[Array, Array, Array]:
        o = self.objective
        assert o.observed is not None
        value, Q, q = -o.constant, np.zeros_like(cov), np.zeros(cov.shape[:-1])
        for k, (g, observed) in enumerate(zip(o.group.tolist(), o.observed, strict=True)):
            own = np.flatnonzero(observed)
            block = np.ix_(np.arange(len(cov)), [g], own, own)
            share, r = o.share[:, k], residual[:, k, own]
            M = o.cov[:, k, own[:, None], own] + r[:, :, None] * r[:, None, :]
            W, logdet, good = inverse(cov[:, g, own[:, None], own])
            MW = M @ W
            distance = logdet + np.trace(MW, axis1=-2, axis2=-1)
            value = value + np.where(good, 0.5 * share * distance, np.inf)
            Q[block] += ((W - W @ MW) * share[:, None, None])[:, None]
            q[:, g, own] -= (W @ r[..., None])[..., 0] * share[:, None]
        return value, Q, q


def _total_effects(identity_plus_A: Array, depth: int | None) -> Array:
    """E = (I − A)⁻¹ = I + A (I + A (I + …)), which ends after the longest path."""
    one = np.eye(identity_plus_A.shape[-1])
    if depth is None:
        return np.linalg.inv(2 * one - identity_plus_A)
    E = identity_plus_A
    if depth > 1:
        A = identity_plus_A - one
        for _ in range(depth - 1):
            E = one + A @ E
    return E


def inverse(cov: Array) -> tuple[Array, Array, Array]:
    """Inverses (..., p, p) of symmetric matrices, log-determinants, and whether they are positive definite.

    Grows T, the inverse of the Cholesky factor, row by row: with t = T a for the next column (a, α) of Σ and
    d² = α − tᵀt, the new row is (−tᵀT, 1)/d. All matrices at once, stacked along the last axis; what is not
    positive definite gives NaN.
    """
    shape, p = cov.shape[:-2], cov.shape[-1]
    columns = np.ascontiguousarray(cov.reshape(-1, p, p).transpose(1, 2, 0))
    T, square = np.zeros_like(columns), columns[range(p), range(p)]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for k in range(p):
            if k:
                t = np.einsum("ijd,jd->id", T[:k, :k], columns[k, :k])
                square[k] -= np.einsum("id,id->d", t, t)
            T[k, k] = square[k] ** -0.5
            if k:
                np.multiply(np.einsum("id,ijd->jd", t, T[:k, :k]), -T[k, k], out=T[k, :k])
        logdet = np.log(square).sum(axis=0)
    T = np.ascontiguousarray(T.transpose(2, 0, 1))
    good = np.asarray((square > 0).all(axis=0))
    return (T.swapaxes(1, 2) @ T).reshape(cov.shape), logdet.reshape(shape), good.reshape(shape)

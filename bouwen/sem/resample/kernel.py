"""Parameters of many draws to their likelihoods and gradients, fast.

The same numbers as `bouwen.sem.normal.discrepancy.Likelihood` gives for stacks, from the same formulas,
arranged for hundreds of small matrices at a time: matrices are filled by one `take` from a row of
parameters and constants, (I − A)⁻¹ is a finite sum because a recursive A is nilpotent, and covariances are
inverted side by side, with the draws as the last axis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from bouwen.checks import Array, Ints
from bouwen.sem.model.implied import DIRECTED, INTERCEPT, SYMMETRIC, Structure
from bouwen.sem.normal.discrepancy import Likelihood
from bouwen.sem.resample.samples import IncompleteDraws

SMALL = 8  # variables up to which sweeping beats inverting by halves


@dataclass(frozen=True)
class Places:
    """Where matrices find their elements in [θ, fixed values, 0, 1], and a gradient its own in Q, X and Y.

    Variables are "others" if an arrow leaves them or they are latent, k of them, and "ends" if not, which are
    most items. Matrices have the p observed variables in rows, or the others in rows and columns.
    """

    structure: Structure

    @cached_property
    def others(self) -> Ints:
        """Variables that an arrow leaves, and latent ones."""
        st = self.structure
        return np.union1d(st.directed[2], np.arange(st.p, st.m))

    @cached_property
    def ends(self) -> Array:
        """(m,) whether a variable is none of the others."""
        return ~np.isin(np.arange(self.structure.m), self.others)

    @property
    def zero(self) -> int:
        """Place of the number 0; 1 is behind it."""
        return int(self.structure.q + self.structure.free.size)

    def _source(self, rows: Ints) -> Ints:
        st = self.structure
        fixed = st.q + np.arange(st.free.size).reshape(st.free.shape)
        return np.where(st.free >= 0, st.free, fixed)[:, rows]

    @cached_property
    def A(self) -> Ints:
        """Places (G, m, m) of I + A."""
        st = self.structure
        rows, i, j = st.directed
        out = np.where(np.eye(st.m, dtype=bool), self.zero + 1, self.zero) + np.zeros(
            (st.n_groups, 1, 1), int
        )
        out[:, i, j] = self._source(rows)
        return out

    @cached_property
    def S(self) -> Ints:
        """Places (G, m, m) of S."""
        st = self.structure
        rows, i, j = st.symmetric
        out = np.full((st.n_groups, st.m, st.m), self.zero)
        out[:, i, j] = out[:, j, i] = self._source(rows)
        return out

    @cached_property
    def among_others(self) -> tuple[Ints, Ints]:
        """Places (G, k, k) of I + A and S."""
        o = self.others
        return self.A[:, o[:, None], o], self.S[:, o[:, None], o]

    @cached_property
    def from_others(self) -> Ints:
        """Places (G, p, k) of the arrows to the observed variables; of an other, itself."""
        st, o = self.structure, self.others
        itself = np.where(np.arange(st.p)[:, None] == o, self.zero + 1, self.zero)
        return np.where(self.ends[: st.p, None], self.A[:, : st.p, o], itself)

    @cached_property
    def of_ends(self) -> Ints:
        """Places (G, p, p) of the covariances of the ends."""
        p, ends = self.structure.p, self.ends[: self.structure.p]
        return np.where(ends[:, None] & ends, self.S[:, :p, :p], self.zero)

    @cached_property
    def across(self) -> Ints | None:
        """Places (G, p, k) of the covariances of ends with others; None where there are none."""
        p = self.structure.p
        places = np.where(self.ends[:p, None], self.S[:, :p, self.others], self.zero)
        return None if (places == self.zero).all() else places

    @cached_property
    def intercepts(self) -> tuple[Ints, Ints]:
        """Places of the intercepts of the observed ends (G, p) and of the others (G, k)."""
        st = self.structure
        rows, i, _ = st.intercepts
        out = np.full((st.n_groups, st.m), self.zero)
        out[:, i] = self._source(rows)
        return np.where(self.ends[: st.p], out[:, : st.p], self.zero), out[:, self.others]

    @cached_property
    def depth(self) -> int | None:
        """Arrows on the longest path among the others; None where there are circles."""
        o, (_, i, j) = self.others, self.structure.directed
        arrows = np.zeros((self.structure.m, self.structure.m), dtype=np.int64)
        arrows[i, j] = 1
        arrows = arrows[np.ix_(o, o)]
        power, depth = arrows, 0
        while power.any():
            power, depth = (power @ arrows > 0).astype(np.int64), depth + 1
            if depth > len(o):
                return None
        return depth

    @cached_property
    def gather(self) -> tuple[Ints, Array]:
        """Places (R,) of the derivatives of free rows in flat [Q, X, Y], and how they add up (G·R, q).

        See `Kernel.__call__`: X and Y have the columns of L, of Cov(observed, others), and of the mean.
        """
        st, p, k = self.structure, self.structure.p, len(self.others)
        wide, place = 2 * k + st.meanstructure, {int(v): n for n, v in enumerate(self.others)}
        rows = np.flatnonzero((st.free >= 0).any(axis=0) & (st.kind <= INTERCEPT))
        places, collect = [], np.zeros((st.n_groups, len(rows), st.q))
        for n, r in enumerate(rows):
            i, j, kind = int(st.i[r]), int(st.j[r]), int(st.kind[r])
            if kind == SYMMETRIC and not self.ends[i]:
                i, j = j, i  # an end first
            if kind == SYMMETRIC and self.ends[j] and self.ends[i]:
                places.append(i * p + j)
            else:
                column = {DIRECTED: k + place.get(j, 0), SYMMETRIC: place.get(j, 0), INTERCEPT: 2 * k}[kind]
                places.append(p * p + (i if self.ends[i] else p + place[i]) * wide + column)
            for g in np.flatnonzero(st.free[:, r] >= 0):
                collect[g, n, st.free[g, r]] = 0.5 if kind == SYMMETRIC and i == j else 1.0
        return np.array(places), collect.reshape(-1, st.q)


@dataclass(frozen=True, eq=False)
class Lacking:
    """Patterns that lack the same number of items, in the draws that have them: n pairs of these.

    Attributes
    ----------
    draw, place : arrays (n,)
        The draw, and the pattern among the others.
    at : array (n,)
        Draw and group as one number.
    missing : array (n, k)
    share : array (n,)
    spread : array (n, p, p) or None
        Covariances, where a pattern is that of several respondents.
    """

    draw: Ints
    place: Ints
    at: Ints
    missing: Ints
    share: Array
    spread: Array | None

    def fill(self, W: Array, residual: Array, M: Array) -> Array:
        """Fill in residuals (D, P, p), add to M what is uncertain about them; the part (D, G) of the value.

        Given the answers, the missing ones have expectation B (m − μ) with B = −V W_mo and covariance
        V = W_mm⁻¹; so that log|Σ_oo| = log|Σ| − log|V| and tr(Σ_oo⁻¹ M_oo) = tr(W M) − k (Little & Rubin,
        2002, ch. 11).
        """
        p, k = W.shape[-1], self.missing.shape[1]
        rows = self.at[:, None] * p + self.missing
        across = W.reshape(-1, p)[rows]  # (n, k, p)
        V, logdet, _ = inverse(np.take_along_axis(across, self.missing[:, None], axis=2))
        pull = np.einsum("nkp,np->nk", across, residual[self.draw, self.place])
        residual[self.draw[:, None], self.place[:, None], self.missing] = -np.einsum("nkl,nl->nk", V, pull)
        if self.spread is not None:
            B = -(V @ across)
            BS = B @ self.spread
            added = _added(rows[..., None] * p + np.arange(p), self.share[:, None, None] * BS, M)
            M += added
            M += added.swapaxes(-1, -2)
            V = V + BS @ B.swapaxes(1, 2)
        M += _added(rows[..., None] * p + self.missing[:, None], self.share[:, None, None] * V, M)
        return np.bincount(self.at, self.share * (logdet - k), minlength=M[..., 0, 0].size).reshape(
            M.shape[:2]
        )


def _added(cells: Ints, values: Array, like: Array) -> Array:
    """An array like another, with sums of the values that belong in each of its cells, counted flat."""
    return np.bincount(cells.ravel(), values.ravel(), minlength=like.size).reshape(like.shape)


class Expected(NamedTuple):
    """A stack at moments of each group, and its patterns with what is missing filled in.

    ``value`` (D,), ``W`` = Σ⁻¹ (D, G, p, p), ``size`` = Σ share (D, G), ``M`` = Σ share (S + r rᵀ), ``MW``,
    and ``r`` = Σ share (m − μ) (D, G, p), empty without means. Sums are over the patterns of a group.
    """

    value: Array
    W: Array
    MW: Array
    size: Array
    M: Array
    r: Array


@dataclass(frozen=True, eq=False)
class Kernel:
    """The likelihood of a stack of draws, as a function of a stack of parameters.

    Attributes
    ----------
    share, mean : arrays (D, P) and (D, P, p)
        As in `Likelihood`.
    several : array (S,)
        Incomplete patterns of several respondents.
    cov : array (D, G, p, p)
        Covariances within patterns, summed by group with their shares.
    spreads : array (D, S, p, p)
        Covariances of these.
    constants : array (D, G·R + 2)
        Fixed values, 0 and 1.
    """

    places: Places
    group: Ints
    observed: Array | None
    several: Ints
    share: Array
    mean: Array
    cov: Array
    spreads: Array
    constant: Array
    constants: Array

    @classmethod
    def of(cls, o: Likelihood) -> Kernel:
        """Prepare an objective whose fields, but for the fixed values, all have an axis of draws."""
        D = len(o.constant)
        fixed = np.broadcast_to(o.fixed, (D, *o.fixed.shape[-2:])).reshape(D, -1)
        constants = np.concatenate([fixed, np.zeros((D, 1)), np.ones((D, 1))], axis=1)
        several = np.asarray(o.several if isinstance(o, IncompleteDraws) else np.arange(len(o.group)))
        groups = range(o.structure.n_groups)
        own = [np.flatnonzero(o.group[several] == g) for g in groups]
        cov = np.stack([np.einsum("dj,djab->dab", o.share[:, several[g]], o.cov[:, g]) for g in own], axis=1)
        spread = np.zeros(0, dtype=np.int64)
        if o.observed is not None:
            spread = np.flatnonzero((o.observed[several] == 0).any(axis=1) & o.cov.any(axis=(0, 2, 3)))
        return cls(
            places=Places(o.structure),
            group=o.group,
            observed=o.observed,
            several=several[spread],
            share=o.share,
            mean=o.mean,
            cov=cov,
            spreads=o.cov[:, spread],
            constant=o.constant,
            constants=constants,
        )

    def take(self, draws: Array) -> Kernel:
        """The same for some of the draws."""
        names = ("share", "mean", "cov", "spreads", "constant", "constants")
        return replace(self, **{name: getattr(self, name)[draws] for name in names})

    @cached_property
    def lacking(self) -> tuple[Lacking, ...]:
        """The incomplete patterns, by how much they lack, and whether they have covariances."""
        if self.observed is None:
            return ()
        lacks = (self.observed == 0).sum(axis=1)
        alone = np.ones(len(lacks), dtype=bool)
        alone[self.several] = False
        return tuple(
            self._lacking(np.flatnonzero((lacks == k) & (alone == lone)), int(k))
            for lone in (True, False)
            for k in np.unique(lacks[(lacks > 0) & (alone == lone)])
        )

    def _lacking(self, patterns: Ints, k: int) -> Lacking:
        """Patterns that lack k items each, all of one respondent or all of several."""
        assert self.observed is not None
        draw, which = np.nonzero(self.share[:, patterns])
        place = patterns[which]
        missing = np.nonzero(self.observed[patterns] == 0)[1].reshape(-1, k)[which]
        of_several = len(patterns) and bool(np.isin(patterns[0], self.several))
        spread = self.spreads[draw, np.searchsorted(self.several, place)] if of_several else None
        at = draw * self.places.structure.n_groups + self.group[place]
        return Lacking(draw, place, at, missing, self.share[draw, place], spread)

    @cached_property
    def own(self) -> list[slice | Array]:
        """The patterns of each group; a slice where they stand together, as those of a sample do."""
        own = [np.flatnonzero(self.group == g) for g in range(self.places.structure.n_groups)]
        return [slice(int(k[0]), int(k[-1]) + 1) if len(k) and k[-1] - k[0] + 1 == len(k) else k for k in own]

    def __call__(self, theta: Array) -> tuple[Array, Array]:
        """F (D,), infinite where Σ is not positive definite, and df/dθ (D, q) at parameters (D, q).

        Let E be (I − A)⁻¹ among the others, L the total effects of the others on the observed variables, S
        the covariances of disturbances and C = Cov(observed, others) = (L S + S_across) Eᵀ. Then

            Σ = (L S + S_across) Lᵀ + L S_acrossᵀ + S_ends,   μ = L m + m_ends,   η = E m.

        With Q and q as in `LikelihoodPoint`, X = [Q L, Q C + q ηᵀ, q] and Y = Lᵀ X hold the derivatives: by
        A_ij, an element of the second block, by an intercept of the third, in X if i is an end and in Y
        if not; by S_ij, halved on the diagonal, an element of Q, or of the first block.
        """
        at, filling = self.places, np.concatenate([theta, self.constants], axis=1)
        arrows, covariances = at.among_others
        E = effects_by_depth(filling.take(arrows, axis=1), at.depth)
        L = filling.take(at.from_others, axis=1) @ E
        LS = L @ filling.take(covariances, axis=1)
        cov = filling.take(at.of_ends, axis=1)
        if at.across is not None:
            across = filling.take(at.across, axis=1)
            LS = LS + across
            cov += L @ across.swapaxes(-1, -2)
        cov += LS @ L.swapaxes(-1, -2)
        C = LS @ E.swapaxes(-1, -2)
        if not at.structure.meanstructure:
            value, Q, _ = self._forces(cov, None)
            X = Q @ np.concatenate([L, C], axis=-1)
        else:
            m_ends, m = (filling.take(places, axis=1) for places in at.intercepts)
            value, Q, q = self._forces(cov, (L @ m[..., None])[..., 0] + m_ends)
            eta = (E @ m[..., None]).swapaxes(-1, -2)
            X = np.concatenate([Q @ L, Q @ C + q[..., None] * eta, q[..., None]], axis=-1)
        parts = (Q, X, L.swapaxes(-1, -2) @ X)
        everything = np.concatenate([part.reshape(*part.shape[:2], -1) for part in parts], axis=-1)
        places, collect = at.gather
        return value, everything.take(places, axis=-1).reshape(len(theta), -1) @ collect

    def _forces(self, cov: Array, mean: Array | None) -> tuple[Array, Array, Array]:
        """The value, and by group Q = Σ share (W − W M W) and q = −Σ share W r.

        With r and M the expected m − μ and S + r rᵀ of a pattern, given its answers; those of its answers
        where nothing is missing.
        """
        found = self.expected(cov, mean)
        WMW = found.W @ found.MW
        Q = found.W * found.size[..., None, None]
        Q -= WMW
        return found.value, Q, np.zeros(0) if mean is None else -(found.W @ found.r[..., None])[..., 0]

    def expected(self, cov: Array, mean: Array | None) -> Expected:
        """What is expected of all items, given the answers, at covariances (D, G, p, p), means (D, G, p)."""
        W, logdet, good = inverse(cov)
        size = self._by_group(self.share[..., None])[..., 0]
        M, r = self.cov, np.zeros(0)
        distance = size * logdet
        if mean is not None:
            residual = self.mean - mean[:, self.group]
            if self.observed is not None:
                residual *= self.observed
                M = M.copy()
            for lacking in self.lacking:
                distance += lacking.fill(W, residual, M)
            weighted = residual * self.share[..., None]
            M = M + self._products(residual, weighted)
            r = self._by_group(weighted)
        MW = M @ W
        distance = distance + np.trace(MW, axis1=-2, axis2=-1)
        value = np.where(good.all(axis=1), 0.5 * distance.sum(axis=1) - self.constant, np.inf)
        return Expected(value, W, MW, size, M, r)

    def _by_group(self, array: Array) -> Array:
        if self.observed is None:
            return array
        return np.stack([array[:, g].sum(axis=1) for g in self.own], axis=1)

    def _products(self, a: Array, b: Array) -> Array:
        """Σ a bᵀ over the patterns of each group."""
        if self.observed is None:
            return np.asarray(a[..., :, None] * b[..., None, :])
        return np.stack([a[:, g].swapaxes(1, 2) @ b[:, g] for g in self.own], axis=1)


def effects_by_depth(identity_plus_A: Array, depth: int | None) -> Array:
    """E = (I − A)⁻¹ = I + A (I + A (I + …)), which ends after the longest path."""
    E, one = identity_plus_A, np.eye(identity_plus_A.shape[-1])
    if depth is None:
        return np.linalg.inv(2 * one - E)
    A = identity_plus_A - one
    for _ in range(1, depth):
        E = one + A @ E
    return E


def inverse(cov: Array) -> tuple[Array, Array, Array]:
    """Inverses (..., p, p) of symmetric matrices, log-determinants, and whether they are positive definite.

    Large ones by halves: with Σ = [A, B; Bᵀ, D], X = A⁻¹B and the Schur complement S = D − BᵀX, the inverse
    is [A⁻¹ + X S⁻¹ Xᵀ, −X S⁻¹; ., S⁻¹] and |Σ| = |A| |S| (Golub & Van Loan, 2013, ch. 2.1 and 3.2). What is
    not positive definite may give NaN.
    """
    p = cov.shape[-1]
    if p <= SMALL:
        return swept(cov)
    half = (p + 1) // 2
    B = cov[..., :half, half:]
    A, logdet, good = inverse(cov[..., :half, :half])
    X = A @ B
    S, rest, fine = inverse(cov[..., half:, half:] - B.swapaxes(-1, -2) @ X)
    XS = X @ S
    out = np.empty(cov.shape)
    out[..., :half, :half] = A + XS @ X.swapaxes(-1, -2)
    out[..., :half, half:], out[..., half:, :half] = -XS, -XS.swapaxes(-1, -2)
    out[..., half:, half:] = S
    return out, logdet + rest, good & fine


def swept(cov: Array) -> tuple[Array, Array, Array]:
    """As `inverse`, by sweeping one pivot after another, all matrices at once along the last axis.

    References
    ----------
    Goodnight (1979), A tutorial on the SWEEP operator, The American Statistician 33.
    """
    shape, p = cov.shape[:-2], cov.shape[-1]
    A = cov.reshape(-1, p, p).transpose(1, 2, 0).copy(order="C")
    pivots = np.empty((p, A.shape[-1]))
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        for k in range(p):
            pivots[k] = A[k, k]
            row = A[k] / pivots[k]
            A -= row[:, None] * A[k]
            A[k] = A[:, k] = row
            A[k, k] = -1 / pivots[k]
        logdet = np.log(pivots).sum(axis=0)
    good = np.asarray((pivots > 0).all(axis=0))
    return (-A.transpose(2, 0, 1)).reshape(cov.shape), logdet.reshape(shape), good.reshape(shape)

"""Patterns of missing answers to Σ_j⁻¹ of each, from one Σ⁻¹ for all.

The inverse of what a pattern answered is the whole inverse less what its k missing items M carry,

    Σ_j⁻¹ = Σ⁻¹ − C_j C_jᵀ,  C_j = (Σ⁻¹)_{·M} L⁻ᵀ,  L Lᵀ = (Σ⁻¹)_{MM},  log|Σ_j| = log|Σ| + log|(Σ⁻¹)_{MM}|,

of rank k (Harville, 1997, ch. 8 and 13). Most respondents lack few items or none, so that sums over
patterns of products of Σ_j⁻¹ are those of Σ⁻¹ and one matrix product of what C_j adds, however many they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from bouwen.checks import Array, Ints
from bouwen.sem.model.derivatives import Slots

LARGE = 200  # products for one pattern's curvature from which on Σ_j itself is the shorter way
HELD = 1_000_000  # numbers of a block of products that are held at a time
FEW = 5  # items, up to which there are so few patterns that Σ_j⁻¹ of each, all at once, is the shorter way
UNEXPLAINED = 1e-7  # share of an item's variance that the others must leave for Σ⁻¹ to be exact enough


@dataclass(frozen=True, eq=False)
class Alike:
    """Patterns of one group that lack equally many items.

    ``rows`` holds deviations of which products add up to the moments of each pattern: its mean
    (``level`` 1), and as many rows of a root of its covariances as these have rank (``level`` 0).
    """

    group: int
    patterns: Ints
    missing: Ints
    """(K, k)."""
    of: Ints
    """(T,) to which of the K patterns a row belongs."""
    rows: Array
    level: Array
    answered: Array
    """(T, p): 1 where the row's pattern has the item."""

    @property
    def n_products(self) -> Array:
        """Products (K,) that each pattern's curvature needs."""
        k = self.missing.shape[1]
        return np.asarray(np.bincount(self.of, minlength=len(self.patterns)) * k + k * (k + 1) // 2)

    def part(self, keep: Array) -> Alike:
        """Some of the patterns, and their rows."""
        place = np.cumsum(keep) - 1
        own = keep[self.of]
        return Alike(
            self.group, self.patterns[keep], self.missing[keep], place[self.of[own]], self.rows[own],
            self.level[own], self.answered[own],
        )  # fmt: skip


def batches(group: Ints, observed: Array, mean: Array, cov: Array) -> list[Alike]:
    """Sort patterns by group and by how many items they lack; those of `Patterns` are given."""
    lacking = (1 - observed).sum(axis=1).astype(int)
    out = []
    for g, k in sorted({*zip(group.tolist(), lacking.tolist(), strict=True)}):
        own = np.flatnonzero((group == g) & (lacking == k))
        missing = np.nonzero(observed[own] == 0)[1].reshape(len(own), k)
        of, roots = covariance_roots(cov[own])
        of = np.concatenate([np.arange(len(own)), of])
        rows = np.concatenate([mean[own], roots])
        level = np.repeat([1.0, 0.0], [len(own), len(roots)])
        out.append(Alike(g, own, missing, of, rows, level, observed[own][of]))
    return out


def covariance_roots(cov: Array) -> tuple[Ints, Array]:
    """Rows (T, p) whose products add up to each of the matrices (K, p, p), and to which each belongs.

    Cholesky's factorisation with pivots, of all matrices at once, which ends at the rank of each.
    """
    rest, of, rows = cov.copy(), [], []
    own = np.arange(len(cov))
    limit = 1e-14 * np.diagonal(cov, axis1=1, axis2=2).max(axis=1, initial=0.0)
    for _ in range(cov.shape[-1]):
        largest = np.diagonal(rest, axis1=1, axis2=2).max(axis=1, initial=0.0)
        some = largest > limit[own]
        own, rest = own[some], rest[some]
        if not len(own):
            break
        pivot = np.diagonal(rest, axis1=1, axis2=2).argmax(axis=1)
        row = rest[np.arange(len(own)), pivot] / np.sqrt(largest[some])[:, None]
        rest -= row[:, :, None] * row[:, None, :]
        of.append(own)
        rows.append(row)
    if not rows:
        return np.zeros(0, dtype=np.int64), np.zeros((0, cov.shape[-1]))
    return np.concatenate(of), np.concatenate(rows)


@dataclass(frozen=True, eq=False)
class Removed:
    """One batch at some moments: what its missing items carry, and its rows times Σ_j⁻¹."""

    batch: Alike
    C: Array
    """(K, k, p): C_jᵀ."""
    logdet: Array
    """(K,): log|Σ_j|."""
    residual: Array
    """(T, p): r, 0 where missing."""
    y: Array
    """(T, p): Σ_j⁻¹ r."""


def remove(batch: Alike, W: Array, logdet: float, mean: Array) -> Removed:
    """Take the missing items of a batch out of Σ⁻¹ (p, p), for rows about the mean (p,)."""
    C, lost = removed_factor(W, batch.missing)
    r = (batch.rows - batch.level[:, None] * mean) * batch.answered
    return Removed(batch, C, logdet + lost, r, weighted_rows(r, W, C[batch.of]) * batch.answered)


def removed_factor(W: Array, missing: Ints) -> tuple[Array, Array]:
    """C_jᵀ (K, k, p) and log|(Σ⁻¹)_{MM}| (K,) for missing items (K, k)."""
    if not missing.shape[1]:
        return np.zeros((*missing.shape, len(W))), np.zeros(len(missing))
    L = np.linalg.cholesky(W[missing[:, :, None], missing[:, None, :]])
    lost = 2 * np.log(np.diagonal(L, axis1=1, axis2=2)).sum(axis=1)
    return np.linalg.solve(L, W[missing]), lost


def weighted_rows(r: Array, W: Array, C: Array) -> Array:
    """Σ_j⁻¹ r for rows (T, p), each with its own C_jᵀ (T, k, p)."""
    carried = (C @ r[:, :, None])[:, :, 0]
    return np.asarray(r @ W - (carried[:, None, :] @ C)[:, 0])


@dataclass(frozen=True, eq=False)
class Gapped:
    """All patterns at means (G, p) and covariances (G, p, p), as Σ⁻¹ of each group and what each removes.

    Attributes
    ----------
    W : array (G, p, p)
    share : array (P,)
        n_j / N.
    parts : list of Removed
    """

    W: Array
    share: Array
    parts: list[Removed]

    @classmethod
    def at(cls, batches: list[Alike], share: Array, mean: Array, cov: Array) -> Gapped | None:
        """Evaluate; None where a covariance matrix is too close to singular for its inverse to serve all."""
        try:
            half = np.linalg.inv(np.linalg.cholesky(cov))
        except np.linalg.LinAlgError:
            return None
        W = np.swapaxes(half, -1, -2) @ half
        unexplained = 1 / (np.diagonal(W, axis1=1, axis2=2) * np.diagonal(cov, axis1=1, axis2=2))
        if not (unexplained > UNEXPLAINED).all():
            return None
        logdet = -2 * np.log(np.diagonal(half, axis1=1, axis2=2)).sum(axis=1)
        parts = [remove(b, W[b.group], logdet[b.group], mean[b.group]) for b in batches]
        return cls(W, share, parts)

    @property
    def distance(self) -> float:
        """Σ_j share { log|Σ_j| + tr(Σ_j⁻¹ S*_j) }."""
        total = 0.0
        for x in self.parts:
            share = self.share[x.batch.patterns]
            total += float(share @ x.logdet + share[x.batch.of] @ (x.residual * x.y).sum(axis=1))
        return total

    def sums(self) -> Sums:
        """What gradients and curvatures need of the patterns."""
        G, p = len(self.W), self.W.shape[-1]
        share, H, B, u = np.zeros(G), np.zeros((G, p, p)), np.zeros((G, p, p)), np.zeros((G, p))
        for x in self.parts:
            g, own = x.batch.group, self.share[x.batch.patterns]
            share[g] += own.sum()
            C = (x.C * np.sqrt(own)[:, None, None]).reshape(-1, p)
            H[g] += C.T @ C
            weight = own[x.batch.of]
            B[g] += (x.y * weight[:, None]).T @ x.y
            u[g] += (weight * x.batch.level) @ x.y
        return Sums(share, H, B, u)

    def along(self, dmean: Array, dcov: Array) -> Array:
        """Σ_j share { ½ tr(Σ_j⁻¹ dΣ Σ_j⁻¹ dΣ) + dμᵀ Σ_j⁻¹ dμ } along dμ (G, p), dΣ (G, p, p), by group."""
        x, D = self.sums(), dcov
        whole = x.share[:, None, None] * self.W
        out = 0.5 * ((self.W @ D) * np.swapaxes((whole - 2 * x.H) @ D, -1, -2)).sum(axis=(-2, -1))
        out += (dmean * ((whole - x.H) @ dmean[..., None])[..., 0]).sum(axis=-1)
        for part in self.parts:
            inner = part.C @ D[part.batch.group] @ np.swapaxes(part.C, -1, -2)
            out[part.batch.group] += 0.5 * self.share[part.batch.patterns] @ (inner**2).sum(axis=(-2, -1))
        return np.asarray(out)

    def casewise(
        self, g: int, r: Array, members: tuple[Ints, ...], Z: Array, s: Slots
    ) -> tuple[Array, Array]:
        """Σ_j⁻¹ r (n, p) of each respondent of a group, and aᵀ Σ_j⁻¹ b of each row of the table (n, rows).

        Parameters
        ----------
        r : array (n, p)
            Deviations from the means, 0 where missing.
        members : tuple of arrays
            The respondents of each of the group's patterns.
        Z : array (p, 2m)
        """
        W = self.W[g]
        y = r @ W
        expected = np.broadcast_to((Z.T @ W @ Z)[s.a, s.b], (len(r), len(s.a))).copy()
        first = min(int(x.batch.patterns.min()) for x in self.parts if x.batch.group == g)
        for x in self.parts:
            k = x.batch.missing.shape[1]
            if x.batch.group != g or not k:
                continue
            V = x.C @ Z
            for j, pattern in enumerate((x.batch.patterns - first).tolist()):
                rows = members[pattern]
                y[rows] -= (r[rows] @ x.C[j].T) @ x.C[j]
                y[rows[:, None], x.batch.missing[j]] = 0.0
                expected[rows] -= (V[j][:, s.a] * V[j][:, s.b]).sum(axis=0)
        return y, expected

    def without(self, dense: Ints) -> Gapped:
        """The patterns but for some."""
        parts = []
        for x in self.parts:
            keep = ~np.isin(x.batch.patterns, dense)
            rows = keep[x.batch.of]
            own = Removed(x.batch.part(keep), x.C[keep], x.logdet[keep], x.residual[rows], x.y[rows])
            parts.append(own)
        return Gapped(self.W, self.share, parts)


@dataclass(frozen=True, eq=False)
class Sums:
    """By group, over the patterns with their shares: their shares, C Cᵀ, Σ⁻¹ S* Σ⁻¹ and Σ⁻¹ (m − μ)."""

    share: Array
    H: Array
    B: Array
    u: Array


def long_way(batches: list[Alike]) -> Ints:
    """Patterns that lack so much that their curvature is quicker from Σ_j⁻¹ itself."""
    return np.concatenate([b.patterns[b.n_products > LARGE] for b in batches])


def products(
    gapped: Gapped, s: Slots, Z: Array, slopes: Array | None, *, hessian: bool
) -> Iterator[tuple[int, float, Array]]:
    """Blocks (products, rows of the table) of which FᵀF, with a sign, corrects the curvature of Σ⁻¹.

    For each pair of missing items x and y, and row r of the table, c_xᵀ ∂_rΣ c_y; for the observed curvature
    also, for each row of data, c_xᵀ (∂_rΣ Σ_j⁻¹ r + ∂_rμ).

    Parameters
    ----------
    Z : array (G, p, 2m)
        Of whose columns ∂Σ is made, see `bouwen.sem.model.derivatives`.
    slopes : array (G, rows), optional
        Where there are means.

    Yields
    ------
    group, sign, F
    """
    for x in gapped.parts:
        k = x.batch.missing.shape[1]
        if not k:
            continue
        g = x.batch.group
        root = np.sqrt(gapped.share[x.batch.patterns])
        V = x.C @ Z[g]
        one, two = np.triu_indices(k)
        half = np.where(one == two, np.sqrt(0.5), 1.0)[:, None]
        for part in _steps(len(root), len(one) * len(s.a)):
            F = _along(s, V[part][:, one], V[part][:, two]) * (root[part, None, None] * half)
            yield g, -1.0 if hessian else 1.0, F.reshape(-1, len(s.a))
        if not hessian:
            continue
        yZ, root = x.y @ Z[g], root[x.batch.of]
        for part in _steps(len(root), k * len(s.a)):
            own = V[x.batch.of[part]]
            F = _along(s, own, yZ[part][:, None, :])
            if slopes is not None:
                F += x.batch.level[part, None, None] * slopes[g] * own[..., s.a]
            yield g, -1.0, (F * root[part, None, None]).reshape(-1, len(s.a))


def _along(s: Slots, left: Array, right: Array) -> Array:
    """Leftᵀ ∂Σ right for each row of the table, from both times Z."""
    return np.asarray(s.weight * (left[..., s.a] * right[..., s.b] + left[..., s.b] * right[..., s.a]))


def _steps(n: int, size: int) -> Iterator[slice]:
    step = max(1, HELD // max(1, size))
    return (slice(first, first + step) for first in range(0, n, step))

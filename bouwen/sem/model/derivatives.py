"""Implied moments to their change with each parameter.

In the RAM form a parameter enters Σ through one element, so its derivative has rank two:

    ∂Σ/∂A_ij = a bᵀ + b aᵀ   with a = F E e_i, b = F C e_j,
    ∂Σ/∂S_ij = w (a bᵀ + b aᵀ)   with a = F E e_i, b = F E e_j, w = ½ on the diagonal,
    ∂μ/∂A_ij = a η_j,  ∂μ/∂m_i = a.

All a and b are columns of Z = [F E, F C]. A gradient or an information matrix is therefore
a matter of picking elements of Zᵀ Q Z, a matrix of 2m × 2m, and no Jacobian of size
p² × q is formed (after McArdle & McDonald, 1984; von Oertzen & Brick, 2014, who use the
same sparsity). Rows are added up to free parameters at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bouwen.checks import Array, Ints
from bouwen.sem.model.implied import DIRECTED, INTERCEPT, SYMMETRIC, Implied, Structure


@dataclass(frozen=True, eq=False)
class Slots:
    """The rows that are free in some group and enter Σ or μ, and how they add up to parameters."""

    structure: Structure
    rows: Ints
    a: Ints
    """Column of Z for a."""
    b: Ints
    """Column of Z for b."""
    weight: Array
    """w; 0 for intercepts, which leave Σ alone."""

    @cached_property
    def free(self) -> Ints:
        """(G, rows): which parameter a row of a group is, or -1."""
        return self.structure.free[:, self.rows]

    @cached_property
    def gather(self) -> Array:
        """(G, rows, q): 1 where a row of a group is a parameter."""
        return np.asarray(self.free[:, :, None] == np.arange(self.structure.q), dtype=float)

    @cached_property
    def identity(self) -> bool:
        """Whether rows and parameters coincide, so that nothing needs adding up."""
        return len(self.free) == 1 and np.array_equal(self.free[0], np.arange(self.structure.q))

    @cached_property
    def own(self) -> list[tuple[Ints, Ints]] | None:
        """The free rows of each group and their parameters; None where rows of a group share one."""
        rows = [np.flatnonzero(group >= 0) for group in self.free]
        places = [group[own] for group, own in zip(self.free, rows, strict=True)]
        shared = any(len(np.unique(own)) < len(own) for own in places)
        return None if shared else list(zip(rows, places, strict=True))

    @cached_property
    def pairs(self) -> tuple[Ints, Ints, Ints]:
        """Places of (a, a), (a, b) and (b, b) of every pair of rows in a flattened Zᵀ W Z."""
        width, a, b = 2 * self.structure.m, self.a, self.b
        return a[:, None] * width + a, a[:, None] * width + b, b[:, None] * width + b

    @cached_property
    def weights(self) -> Array:
        """Products of the weights of every pair of rows."""
        return np.asarray(self.weight[:, None] * self.weight)

    @cached_property
    def kinds(self) -> tuple[Ints, Ints, Ints]:
        """Which of the rows are paths, covariances and intercepts."""
        kind = self.structure.kind[self.rows]
        paths, covs, ints = (np.flatnonzero(kind == k) for k in (DIRECTED, SYMMETRIC, INTERCEPT))
        return paths, covs, ints


def slots(structure: Structure) -> Slots:
    """Prepare a structure for differentiation."""
    rows = np.flatnonzero((structure.kind <= INTERCEPT) & structure.is_free.any(axis=0))
    kind, i, j = structure.kind[rows], structure.i[rows], structure.j[rows]
    return Slots(
        structure=structure,
        rows=rows,
        a=i,
        b=np.where(kind == DIRECTED, structure.m + j, j),
        weight=np.where(kind == INTERCEPT, 0.0, np.where((kind == SYMMETRIC) & (i == j), 0.5, 1.0)),
    )


def mean_slopes(s: Slots, implied: Implied) -> Array:
    """C (..., G, rows) in ∂μ = c a: η_j for paths, 1 for intercepts, 0 for covariances."""
    paths, _, ints = s.kinds
    out = np.zeros((*implied.eta.shape[:-1], len(s.rows)))
    out[..., paths] = implied.eta[..., s.structure.j[s.rows[paths]]]
    out[..., ints] = 1.0
    return out


def collect_vector(s: Slots, by_row: Array) -> Array:
    """Add up (..., G, rows) to (..., q)."""
    if s.identity:
        return by_row[..., 0, :]
    if s.own is None:
        return np.asarray(np.einsum("...gr,grq->...q", by_row, s.gather))
    out = np.zeros((*by_row.shape[:-2], s.structure.q))
    for g, (rows, places) in enumerate(s.own):
        out[..., places] += by_row[..., g, rows]
    return out


def collect_group(s: Slots, g: int, by_row: Array) -> Array:
    """Add up (..., rows) of one group to (..., q)."""
    if s.identity:
        return by_row
    if s.own is None:
        return np.asarray(by_row @ s.gather[g])
    rows, places = s.own[g]
    out = np.zeros((*by_row.shape[:-1], s.structure.q))
    out[..., places] = by_row[..., rows]
    return out


def collect_columns(s: Slots, by_row: Array) -> Array:
    """Add up (..., G, k, rows) to (..., G, k, q), each group by itself."""
    groups = range(len(s.free))
    return np.stack([collect_group(s, g, by_row[..., g, :, :]) for g in groups], axis=-3)


def collect_matrix(s: Slots, by_row: Array) -> Array:
    """Add up (..., G, rows, rows) to (..., q, q)."""
    if s.identity:
        return by_row[..., 0, :, :]
    if s.own is None:
        return np.asarray((np.swapaxes(s.gather, -1, -2) @ by_row @ s.gather).sum(axis=-3))
    q = s.structure.q
    out = np.zeros((*by_row.shape[:-3], q, q))
    for g, (rows, places) in enumerate(s.own):
        out[..., places[:, None], places] += by_row[..., g, rows[:, None], rows]
    return out


def gram(Z: Array, W: Array) -> Array:
    """Zᵀ W Z for stacks."""
    return np.asarray(np.swapaxes(Z, -1, -2) @ W @ Z)


def trace_by_row(s: Slots, ZQZ: Array) -> Array:
    """½ tr(Q ∂Σ) for each row, from Zᵀ Q Z (..., 2m, 2m)."""
    return np.asarray(s.weight * ZQZ[..., s.a, s.b])


def pairs_by_row(s: Slots, ZWZ: Array, ZVZ: Array | None = None) -> Array:
    """½ tr(W ∂Σ V ∂Σ) for each pair of rows, from Zᵀ W Z and Zᵀ V Z (symmetric in the pair when V is W)."""
    Waa, Wab, Wbb = _picked(s, ZWZ)
    if ZVZ is None:
        out = Waa * Wbb + Wab * np.swapaxes(Wab, -1, -2)
    else:
        Vaa, Vab, Vbb = _picked(s, ZVZ)
        Wba, Vba = np.swapaxes(Wab, -1, -2), np.swapaxes(Vab, -1, -2)
        out = 0.5 * (Waa * Vbb + Wbb * Vaa + Wab * Vba + Wba * Vab)
    return np.asarray(out * s.weights)


def between(s: Slots, x: Ints, y: Ints, ZWZ: Array, ZMZ: Array) -> Array:
    """½ tr(W ∂Σ_x M ∂Σ_y) for rows x and y, which broadcast, from Zᵀ W Z and Zᵀ M Z (2m, 2m), symmetrised."""
    a, b, c, d = s.a[x], s.b[x], s.a[y], s.b[y]
    out = ZWZ[a, c] * ZMZ[b, d] + ZWZ[b, c] * ZMZ[a, d]
    out += ZMZ[a, c] * ZWZ[b, d] + ZMZ[b, c] * ZWZ[a, d]
    return np.asarray(0.5 * s.weight[x] * s.weight[y] * out)


def _picked(s: Slots, ZWZ: Array) -> tuple[Array, Array, Array]:
    flat = ZWZ.reshape(*ZWZ.shape[:-2], -1)
    aa, ab, bb = s.pairs
    return flat.take(aa, axis=-1), flat.take(ab, axis=-1), flat.take(bb, axis=-1)


def mean_pairs_by_row(s: Slots, ZWZ: Array, c: Array) -> Array:
    """∂μᵀ W ∂μ for each pair of rows."""
    aa = ZWZ.reshape(*ZWZ.shape[:-2], -1).take(s.pairs[0], axis=-1)
    return np.asarray(aa * (c[..., :, None] * c[..., None, :]))


def second_by_row(s: Slots, implied: Implied, FQF: Array, Fq: Array | None = None) -> Array:
    """½ tr(Q ∂²Σ) + qᵀ∂²μ for each pair of rows.

    Parameters
    ----------
    FQF : array (..., G, m, m)
        Fᵀ Q F, Q symmetric.
    Fq : array (..., G, m), optional
        Fᵀ q.

    Notes
    -----
    With T = C FᵀQF E and P = Eᵀ FᵀQF E:
    paths ij and kl:  T_li E_jk + T_jk E_li + C_jl P_ik  (+ t_i E_jk η_l + t_k E_li η_j, t = Eᵀ Fᵀ q);
    path ij and covariance kl:  w (E_jk P_li + E_jl P_ki);
    path ij and intercept k:  t_i E_jk.
    """
    i, j = s.structure.i[s.rows], s.structure.j[s.rows]
    E, C = implied.E, implied.C
    X = FQF @ E
    T, P = C @ X, np.swapaxes(E, -1, -2) @ X
    R = len(s.rows)
    out = np.zeros((*T.shape[:-2], R, R))
    paths, covs, ints = s.kinds
    if not len(paths):
        return out
    ip, jp, ic, jc = i[paths], j[paths], i[covs], j[covs]
    half = T[..., jp[:, None], ip] * np.swapaxes(E[..., jp[:, None], ip], -1, -2)
    both = half + np.swapaxes(half, -1, -2) + C[..., jp[:, None], jp] * P[..., ip[:, None], ip]
    mixed = s.weight[covs] * (
        E[..., jp[:, None], ic] * P[..., ip[:, None], jc] + E[..., jp[:, None], jc] * P[..., ip[:, None], ic]
    )
    if Fq is not None:
        t = (np.swapaxes(E, -1, -2) @ Fq[..., None])[..., 0]
        half = t[..., ip, None] * E[..., jp[:, None], ip] * implied.eta[..., None, jp]
        both = both + half + np.swapaxes(half, -1, -2)
        lone = t[..., ip, None] * E[..., jp[:, None], i[ints]]
        out[..., paths[:, None], ints] = lone
        out[..., ints[:, None], paths] = np.swapaxes(lone, -1, -2)
    out[..., paths[:, None], paths] = both
    out[..., paths[:, None], covs] = mixed
    out[..., covs[:, None], paths] = np.swapaxes(mixed, -1, -2)
    return out


def jacobian(s: Slots, implied: Implied, rows: Ints, cols: Ints) -> tuple[Array, Array]:
    """∂Σ[rows, cols] and ∂μ by parameter, (..., G, k, q) and (..., G, p, q).

    Only least-squares weights that link all moments need it.
    """
    Z, a, b = implied.Z, s.a, s.b
    by_row = s.weight * (
        Z[..., rows, :][..., a] * Z[..., cols, :][..., b] + Z[..., rows, :][..., b] * Z[..., cols, :][..., a]
    )
    dmean = Z[..., a] * mean_slopes(s, implied)[..., None, :]
    return collect_columns(s, by_row), collect_columns(s, dmean)

"""Thresholds and latent correlations to a distance and its derivatives.

Diagonally weighted least squares on the first-stage statistics of `bouwen.sem.ordinal.moments`, in the
delta parameterisation: latent responses have variance Δ⁻², with Δ = 1 unless it is freed in a
group. Covariates are conditioned on: the statistics are those of the regressions on them.

References
----------
Muthén (1984); Muthén, du Toit & Spisic (1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bouwen.checks import Array, Ints
from bouwen.sem.model.derivatives import Slots, collect_columns, jacobian
from bouwen.sem.model.implied import DIRECTED, SCALE, THRESHOLD, Implied, Structure, implied_moments
from bouwen.sem.model.standardised import numeric_jacobian
from bouwen.sem.normal.chisquare import theta_of


@dataclass(frozen=True, eq=False)
class Layout:
    """Which model quantity each first-stage statistic is.

    Each pair of arrays gives positions in the vector of statistics and places among the
    observed variables (and the level of a threshold).
    """

    thresholds: tuple[Ints, Ints, Ints]
    means: tuple[Ints, Ints]
    slopes: tuple[Ints, Ints, Ints]
    covariances: tuple[Ints, Ints, Ints]
    size: int

    def independent(self, covariates: Sequence[int]) -> Ints:
        """Positions of the covariances that the baseline holds at 0: all but those among covariates."""
        at, i, j = self.covariances
        return np.asarray(at[(i != j) & ~(np.isin(i, covariates) & np.isin(j, covariates))])


def read_layout(labels: Sequence[tuple[str, str, str]], observed: Sequence[str]) -> Layout:
    """Find the place of every statistic from its label."""
    place = {name: k for k, name in enumerate(observed)}
    found: dict[str, list[tuple[int, ...]]] = {"|": [], "~1": [], "~": [], "~~": []}
    for position, (lhs, op, rhs) in enumerate(labels):
        other = {"|": int(rhs[1:]) - 1 if op == "|" else 0, "~1": 0}.get(op)
        found[op].append((position, place[lhs], place[rhs] if other is None else other))
    columns = {op: tuple(np.array(x, dtype=np.int64).reshape(-1, 3).T) for op, x in found.items()}
    t, m, b, c = (columns[op] for op in ("|", "~1", "~", "~~"))
    return Layout((t[0], t[1], t[2]), (m[0], m[1]), (b[0], b[1], b[2]), (c[0], c[1], c[2]), len(labels))


@dataclass(frozen=True, eq=False)
class WeightedLeastSquares:
    """f = ½ Σ_g (n_g/N) (s − σ)ᵀ W (s − σ), W diagonal.

    Attributes
    ----------
    n, share : arrays (..., G)
        Respondents of each group, and (n_g − 1) / N.
    statistics, weight : arrays (..., G, k)
        s, and the diagonal of W: one over the asymptotic variances of s.
    """

    structure: Structure
    slots: Slots
    fixed: Array
    n: Array
    share: Array
    layout: Layout
    statistics: Array
    weight: Array

    def at(self, theta: Array) -> WeightedPoint:
        """Evaluate at parameters (..., q)."""
        return WeightedPoint(self, implied_moments(self.structure, theta, self.fixed))

    @cached_property
    def threshold_row(self) -> Ints:
        """Row of the table of each threshold statistic."""
        st = self.structure
        rows = {(int(st.i[r]), int(st.j[r])): int(r) for r in np.flatnonzero(st.kind == THRESHOLD)}
        _, item, level = self.layout.thresholds
        return np.array(
            [rows[i, k] for i, k in zip(item.tolist(), level.tolist(), strict=True)], dtype=np.int64
        )

    @cached_property
    def scale_rows(self) -> tuple[Ints, Ints]:
        """Rows of scaling factors and the items they belong to."""
        rows = np.flatnonzero(self.structure.kind == SCALE)
        return rows, self.structure.i[rows]

    @cached_property
    def gather(self) -> Array:
        """(G, R, q): 1 where a row of a group is a parameter; all rows."""
        st = self.structure
        out = np.zeros((*st.free.shape, st.q))
        g, r = np.nonzero(st.free >= 0)
        out[g, r, st.free[g, r]] = 1.0
        return out


@dataclass(frozen=True)
class WeightedPoint:
    """Weighted least squares at one parameter vector."""

    objective: WeightedLeastSquares
    implied: Implied

    @cached_property
    def scale(self) -> Array:
        """Δ (..., G, p), 1 for continuous items."""
        o = self.objective
        rows, items = o.scale_rows
        out = np.ones((*self.implied.values.shape[:-1], o.structure.p))
        out[..., items] = self.implied.values[..., rows]
        return out

    @cached_property
    def model(self) -> Array:
        """σ (..., G, k)."""
        o, lay, implied, scale = self.objective, self.objective.layout, self.implied, self.scale
        out = np.empty((*implied.mean.shape[:-1], lay.size))
        at, i, _ = lay.thresholds
        out[..., at] = scale[..., i] * (implied.values[..., o.threshold_row] - implied.mean[..., i])
        at, i = lay.means
        out[..., at] = implied.mean[..., i]
        at, i, x = lay.slopes
        out[..., at] = scale[..., i] * implied.E[..., i, x]
        at, i, j = lay.covariances
        out[..., at] = scale[..., i] * scale[..., j] * implied.cov[..., i, j]
        return out

    @cached_property
    def value(self) -> Array:
        """F at these parameters."""
        o = self.objective
        d = o.statistics - self.model
        f = 0.5 * (o.share * (o.weight * d * d).sum(axis=-1)).sum(axis=-1)
        return np.where(np.isfinite(f), f, np.inf)

    @cached_property
    def jacobian(self) -> Array:
        """∂σ/∂θ (..., G, k, q)."""
        o, lay, implied, scale = self.objective, self.objective.layout, self.implied, self.scale
        st, s = o.structure, o.slots
        if st.chained or st.theta:
            theta = theta_of(implied, st)
            flat = numeric_jacobian(lambda t: o.at(t).model.reshape(*t.shape[:-1], -1), theta)
            return flat.reshape(*implied.mean.shape[:-1], lay.size, st.q)
        out = np.zeros((*implied.mean.shape[:-1], lay.size, st.q))
        at, i, j = lay.covariances
        dcov, dmean = jacobian(s, implied, i, j)
        out[..., at, :] = (scale[..., i] * scale[..., j])[..., None] * dcov
        at, i = lay.means
        out[..., at, :] = dmean[..., i, :]
        at, i, x = lay.slopes
        if len(at):
            paths = np.flatnonzero(st.kind[s.rows] == DIRECTED)
            rows = s.rows[paths]
            by_row = np.zeros((*implied.mean.shape[:-1], len(at), len(s.rows)))
            by_row[..., paths] = (
                implied.E[..., i[:, None], st.i[rows]] * implied.E[..., st.j[rows], x[:, None]]
            )
            out[..., at, :] = scale[..., i, None] * collect_columns(s, by_row)
        at, i, _ = lay.thresholds
        rows, items = o.scale_rows
        unit = o.gather
        out[..., at, :] = scale[..., i, None] * (unit[:, o.threshold_row, :] - dmean[..., i, :])
        moving = (st.free[:, rows] >= 0).any(axis=0)
        for r, item in zip(rows[moving], items[moving], strict=True):
            d = unit[:, r, :]  # (G, q)
            at, i, _ = lay.thresholds
            own = i == item
            tau = implied.values[..., o.threshold_row[own]] - implied.mean[..., i[own]]
            out[..., at[own], :] += tau[..., None] * d[:, None, :]
            at, i, x = lay.slopes
            own = i == item
            out[..., at[own], :] += implied.E[..., i[own], x[own], None] * d[:, None, :]
            at, i, j = lay.covariances
            for this, that in ((i, j), (j, i)):
                own = this == item
                cov = scale[..., that[own]] * implied.cov[..., this[own], that[own]]
                out[..., at[own], :] += cov[..., None] * d[:, None, :]
        return out

    @cached_property
    def gradient(self) -> Array:
        """df/dθ."""
        o = self.objective
        pull = o.weight * (o.statistics - self.model) * o.share[..., None]
        return -np.asarray((np.swapaxes(self.jacobian, -1, -2) @ pull[..., None])[..., 0].sum(axis=-2))

    @cached_property
    def information(self) -> Array:
        """Σ (n_g/N) Δᵀ W Δ."""
        o, D = self.objective, self.jacobian
        weighted = D * (o.weight * o.share[..., None])[..., None]
        return np.asarray((np.swapaxes(D, -1, -2) @ weighted).sum(axis=-3))

    @property
    def hessian(self) -> Array:
        """The same: the distance is used with its Gauss–Newton curvature only."""
        return self.information

"""Sample moments to starting values.

Factors get the first principal direction of their indicators' correlations, rescaled to the
marker; their covariances and regressions come from least squares on those rough factors. The
values need not be good: they need to be on the scale of the data, so that scoring
converges whether items run from 0 to 1 or to 1000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.implied import DIRECTED, INTERCEPT, SCALE, SYMMETRIC, Structure
from bouwen.sem.model.table import ParTable


def start_values(table: ParTable, structure: Structure, mean: Array, cov: Array) -> Array:
    """Starting values θ (q,).

    Parameters
    ----------
    table, structure
        The model.
    mean, cov : arrays (G, p) and (G, p, p)
        Sample moments.
    """
    total, count = np.zeros(structure.q), np.zeros(structure.q)
    for g in range(structure.n_groups):
        free = structure.is_free[g]
        np.add.at(total, structure.free[g, free], _group_values(structure, g, mean[g], cov[g])[free])
        np.add.at(count, structure.free[g, free], 1)
    theta = total / np.maximum(count, 1)
    for row in table.rows:
        if row.free >= 0 and row.start is not None:
            theta[row.free] = row.start
    return theta


def _group_values(structure: Structure, g: int, mean: Array, cov: Array) -> Array:
    p, m = structure.p, structure.m
    kind, i, j = structure.kind, structure.i, structure.j
    free, fixed = structure.is_free[g], structure.fixed[g]
    rough = _Rough(
        values=np.where(free, 0.0, fixed),
        variance=np.concatenate([np.diag(cov), np.ones(m - p)]),
        weights=np.zeros((m - p, p)),
        communal=np.zeros(p),
    )
    loads: dict[int, list[int]] = {}
    loading_rows = np.flatnonzero(structure.loading)
    for r, factor in zip(loading_rows.tolist(), j[loading_rows].tolist(), strict=True):
        loads.setdefault(factor, []).append(r)
    for f, rows in loads.items():
        if items := [r for r in rows if i[r] < p]:
            _measure(structure, g, cov, f, items, rough)
    for f, rows in loads.items():
        if inner := [r for r in rows if i[r] >= p]:
            _measure_by_factors(structure, g, f, inner, rough)
    values, communal = rough.values, rough.communal
    joint = _joint(cov, rough.weights, rough.variance, communal)
    residual = np.diag(joint).copy()
    residual[:p] *= 1 - communal
    residual[np.unique(i[structure.loading & (i >= p)])] *= 0.5
    paths = (kind == DIRECTED) & ~structure.loading
    for outcome in np.unique(i[paths]):
        rows = np.flatnonzero(paths & (i == outcome)).tolist()
        causes = j[rows]
        within, along = joint[np.ix_(causes, causes)], joint[causes, outcome]
        slopes = np.linalg.solve(within + 0.05 * np.diag(np.diag(within)), along)
        slopes = np.where(free[rows], slopes, fixed[rows])
        values[rows] = slopes
        explained = float(slopes @ along)
        residual[outcome] = max(residual[outcome] - explained, 0.2 * residual[outcome])
    pairs = np.flatnonzero((kind == SYMMETRIC) & free)
    a, b = i[pairs], j[pairs]
    spread = np.sqrt(residual[a] * residual[b])
    total = np.concatenate([np.diag(cov), np.diag(joint)[p:]])
    related = 0.8 * cov[np.minimum(a, p - 1), np.minimum(b, p - 1)] / np.sqrt(total[a] * total[b])
    related = np.where((a >= p) & (b >= p), joint[a, b] / np.sqrt(total[a] * total[b]), related)
    measured = np.concatenate([communal > 0, np.zeros(m - p, dtype=bool)])
    related[((a < p) != (b < p)) | measured[a] | measured[b]] = 0.0
    values[pairs] = np.where(a == b, residual[a], related * spread)
    levels = np.flatnonzero((kind == INTERCEPT) & free & (i < p))
    values[levels] = mean[i[levels]]
    values[(kind == SCALE) & free] = 1.0
    return values


@dataclass(eq=False)
class _Rough:
    """What is known so far of one group, changed in place.

    ``values`` (R,) of the rows; ``variance`` (m,), in all, rough for factors; ``weights`` (m − p, p), factors
    as weighted sums of items; ``communal`` (p,), the share of each item that factors explain.
    """

    values: Array
    variance: Array
    weights: Array
    communal: Array


def _measure(structure: Structure, g: int, cov: Array, f: int, items: list[int], rough: _Rough) -> None:
    """Loadings of a factor's own items, from the first principal component of their correlations."""
    p, i = structure.p, structure.i
    free, fixed, sd = structure.is_free[g], structure.fixed[g], np.sqrt(np.diag(cov))
    own = i[items]
    if len(items) == 1:
        share = np.array([1.0 if not _has_free(structure, g, own[0]) else 0.7])
    else:
        eigenvalues, vectors = np.linalg.eigh(cov[np.ix_(own, own)] / np.outer(sd[own], sd[own]))
        first = vectors[:, -1] * np.sqrt(eigenvalues[-1])
        size = np.clip(np.abs(first) * 0.9, 0.25, 0.9)
        share = np.where(first < 0, -size, size)
    raw = share * sd[own]
    markers = [k for k, r in enumerate(items) if not free[r] and fixed[r] != 0]
    way = 1.0 if share[0] >= 0 else -1.0  # the first item points it
    ratio = fixed[items[markers[0]]] / raw[markers[0]] if markers else way
    loading = np.array([raw[k] * ratio if free[r] else fixed[r] for k, r in enumerate(items)])
    rough.values[items] = loading
    psi = 1 / ratio**2
    if len(markers) > 1:  # loadings given, as in growth curves
        psi = 0.3 * float(np.mean(sd[own] ** 2)) / max(float(np.mean(loading**2)), 1e-8)
    rough.variance[f] = psi
    rough.weights[f - p, own] = loading / (loading @ loading)
    np.maximum.at(rough.communal, own, np.clip(loading**2 * psi / sd[own] ** 2, 0.1, 0.9))


def _measure_by_factors(structure: Structure, g: int, f: int, inner: list[int], rough: _Rough) -> None:
    """Loadings of a factor of factors."""
    p, i, free, fixed = structure.p, structure.i, structure.is_free[g], structure.fixed[g]
    own = i[inner]
    raw = 0.7 * np.sqrt(rough.variance[own])
    markers = [k for k, r in enumerate(inner) if not free[r] and fixed[r] != 0]
    ratio = fixed[inner[markers[0]]] / raw[markers[0]] if markers else 1.0
    loading = rough.values[inner] = np.where(free[inner], raw * ratio, fixed[inner])
    rough.variance[f] = 1 / ratio**2
    used = loading != 0  # a slope leaves out its first occasion
    if used.any():
        rough.weights[f - p] = (rough.weights[own[used] - p] / loading[used, None]).mean(axis=0)


def _has_free(structure: Structure, g: int, item: int) -> bool:
    own = (structure.kind == SYMMETRIC) & (structure.i == item) & (structure.j == item)
    return bool((structure.free[g, own] >= 0).any())


def _joint(cov: Array, weights: Array, variance: Array, communal: Array) -> Array:
    """Rough covariances (m, m) of items and factors, safely positive definite."""
    p = len(cov)
    both = np.vstack([np.eye(p), weights])
    joint = both @ cov @ both.T
    unique = weights * (np.diag(cov) * (1 - communal)) @ weights.T
    joint[p:, p:] -= unique - np.diag(np.diag(unique))
    scale = np.sqrt(np.maximum(np.diag(joint), 1e-12))
    correlation = np.clip(joint / np.outer(scale, scale), -0.8, 0.8)
    np.fill_diagonal(correlation, 1.0)
    lowest = float(np.linalg.eigvalsh(correlation)[0])
    if lowest < 0.1:  # shrink towards independence
        shrink = 0.9 / (1 - lowest)
        correlation = shrink * correlation + (1 - shrink) * np.eye(len(correlation))
    sd = np.sqrt(variance)
    return np.asarray(correlation * np.outer(sd, sd))

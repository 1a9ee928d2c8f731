"""Sample moments to starting values.

Factors get the first principal direction of their indicators' correlations, rescaled to the
marker; their covariances and regressions come from least squares on those rough factors. The
values need not be good: they need to be on the scale of the data, so that scoring
converges whether items run from 0 to 1 or to 1000.
"""

from __future__ import annotations

import numpy as np

from bouwen.sem.model.implied import DIRECTED, INTERCEPT, SCALE, SYMMETRIC, Array, Structure
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
    sd = np.sqrt(np.diag(cov))
    loads: dict[int, list[int]] = {}
    loading_rows = np.flatnonzero(structure.loading)
    for r, factor in zip(loading_rows.tolist(), j[loading_rows].tolist(), strict=True):
        loads.setdefault(factor, []).append(r)
    paths = (kind == DIRECTED) & ~structure.loading
    values = np.where(free, 0.0, fixed)
    variance = np.concatenate([np.diag(cov), np.ones(m - p)])  # total variances, rough for factors
    weights = np.zeros((m - p, p))  # factors as weighted sums of items
    communal = np.zeros(p)
    for f, rows in loads.items():
        items = [r for r in rows if i[r] < p]
        if not items:
            continue
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
        values[items] = loading
        psi = 1 / ratio**2
        if len(markers) > 1:  # loadings given, as in growth curves
            psi = 0.3 * float(np.mean(sd[own] ** 2)) / max(float(np.mean(loading**2)), 1e-8)
        variance[f] = psi
        weights[f - p, own] = loading / (loading @ loading)
        np.maximum.at(communal, own, np.clip(loading**2 * psi / sd[own] ** 2, 0.1, 0.9))
    for f, rows in loads.items():  # factors of factors
        inner = [r for r in rows if i[r] >= p]
        if not inner:
            continue
        own = i[inner]
        raw = 0.7 * np.sqrt(variance[own])
        markers = [k for k, r in enumerate(inner) if not free[r] and fixed[r] != 0]
        ratio = fixed[inner[markers[0]]] / raw[markers[0]] if markers else 1.0
        loading = values[inner] = np.where(free[inner], raw * ratio, fixed[inner])
        variance[f] = 1 / ratio**2
        used = loading != 0  # a slope leaves out its first occasion
        if used.any():
            weights[f - p] = (weights[own[used] - p] / loading[used, None]).mean(axis=0)
    joint = _joint(cov, weights, variance, communal)
    residual = np.diag(joint).copy()
    residual[:p] *= 1 - communal
    residual[np.unique(i[structure.loading & (i >= p)])] *= 0.5
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

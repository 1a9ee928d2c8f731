"""A fit to ordered items and its respondents to factor scores.

Given the factors the items are independent, and an ordered item is c with probability

    Φ((τ_{c+1} − ν − λᵀη) / √θ) − Φ((τ_c − ν − λᵀη) / √θ).

The score is the mode of the factors' distribution given the answers: the empirical Bayes modal
score (Bartholomew, Knott & Moustaki, 2011, Latent variable models and factor analysis, ch. 7). The
log-density is concave, so that Newton's method with halved steps arrives.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import Array
from bouwen.sem.fitted import Fitted
from bouwen.sem.model.implied import THRESHOLD
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.ordinal.bivariate import FAR, normal_pdf
from bouwen.special import ndtr

LEAST = 1e-300  # least probability of an answer


def joined(fit: Fitted, frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Scores of all groups in the order of the data, with ``group`` where there are several."""
    out = pd.concat(frames)
    if len(frames) > 1:
        sizes = [len(frame) for frame in frames]
        out["group"] = np.repeat(np.array(fit.sample.group_values, dtype=object), sizes)
    return out.sort_index()


def scores_of_ordered(fit: Fitted) -> pd.DataFrame:
    """Likeliest factor values given the answers; one row a respondent, one column a factor.

    Raises
    ------
    UnsupportedModel
        Where items have residual covariances, or predict each other.
    """
    st = fit.structure
    rows, i, j = st.symmetric
    linked = rows[(i != j) & (i < st.p) & (j < st.p) & ~np.isin(i, st.exogenous)]
    _, _, causes = st.directed
    if (
        fit.implied.values[:, linked].any()
        or np.isin(causes, np.setdiff1d(np.arange(st.p), st.exogenous)).any()
    ):
        raise UnsupportedModel(
            "factor scores of ordered items need items that are independent given the factors; "
            "leave out residual covariances and regressions on items"
        )
    names = list(st.latent)
    frames = [
        pd.DataFrame(_scores(fit, g), columns=names, index=fit.sample.index[g])
        for g in range(len(fit.sample.groups))
    ]
    return joined(fit, frames)


def _scores(fit: Fitted, g: int) -> Array:
    st, p = fit.structure, fit.structure.p
    answers = fit.sample.rows[g]
    point: Any = fit.point
    values, E = point.implied.values[g], point.implied.E[g]
    A, nu, theta = np.zeros((st.m, st.m)), np.zeros(st.m), np.zeros(st.m)
    rows, i, j = st.directed
    A[i, j] = values[rows]
    rows, i, _ = st.intercepts
    nu[i] = values[rows]
    rows, i, j = st.symmetric
    theta[i[i == j]] = values[rows[i == j]]
    x = st.exogenous
    items = np.setdiff1d(np.arange(p), x)
    prior_mean = point.implied.eta[g, p:] + answers[:, x] @ E[p:, x].T
    precision = np.linalg.pinv(point.implied.C[g, p:, p:], hermitian=True)
    level = nu[items] + answers[:, x] @ A[items][:, x].T
    loading, sd = A[items, p:], np.sqrt(theta[items])
    low, high = _limits(fit, g, items)
    continuous = ~np.isin(items, st.ordered)
    y = np.where(continuous, answers[:, items], 0.0)
    answered = ~np.isnan(answers[:, items])

    def evaluate(eta: Array) -> tuple[Array, Array, Array]:
        """Log-density (n,) and, by item, its first and minus its second derivative by λᵀη / √θ (n, k)."""
        centre = level + eta @ loading.T
        a, b = np.clip((high - centre) / sd, -FAR, FAR), np.clip((low - centre) / sd, -FAR, FAR)
        inside = np.maximum(np.where(a + b > 0, ndtr(-b) - ndtr(-a), ndtr(a) - ndtr(b)), LEAST)
        slope = -(normal_pdf(a) - normal_pdf(b)) / inside
        bend = slope**2 + (a * normal_pdf(a) - b * normal_pdf(b)) / inside
        z = (y - centre) / sd
        value = np.where(continuous, -0.5 * z * z, np.log(inside))
        slope, bend = np.where(continuous, z, slope), np.where(continuous, 1.0, bend)
        r = eta - prior_mean
        density = np.where(answered, value, 0.0).sum(axis=1) - 0.5 * ((r @ precision) * r).sum(axis=1)
        return density, np.where(answered, slope, 0.0), np.where(answered, bend, 0.0)

    return _mode(evaluate, prior_mean, precision, loading / sd[:, None])


def _mode(evaluate: Any, prior_mean: Array, precision: Array, directions: Array) -> Array:
    """Newton's method for all respondents at once, each with its own step."""
    eta = prior_mean.copy()
    value, slope, bend = evaluate(eta)
    for _ in range(100):
        gradient = slope @ directions - (eta - prior_mean) @ precision
        curvature = np.einsum("nk,ka,kb->nab", bend, directions, directions) + precision
        move = np.linalg.solve(curvature, gradient[..., None])[..., 0]
        if np.abs(move).max() < 1e-9:
            return np.asarray(eta + move)
        size = np.ones((len(eta), 1))
        for _ in range(30):
            new = evaluate(eta + size * move)
            worse = new[0] < value - 1e-12 * (1 + np.abs(value))
            if not worse.any():
                break
            size[worse] /= 2
        eta, (value, slope, bend) = eta + size * move, new
    return eta


def _limits(fit: Fitted, g: int, items: Array) -> tuple[Array, Array]:
    """Thresholds below and above each answer (n, k); infinite at the ends and for continuous items."""
    st, answers = fit.structure, fit.sample.rows[g]
    family: Any = fit.family
    low, high = np.full((len(answers), len(items)), -np.inf), np.full((len(answers), len(items)), np.inf)
    for k, item in enumerate(items.tolist()):
        rows = np.flatnonzero((st.kind == THRESHOLD) & (st.i == item))
        if not len(rows):
            continue
        tau = np.concatenate([[-np.inf], fit.implied.values[g, rows[np.argsort(st.j[rows])]], [np.inf]])
        known = ~np.isnan(answers[:, item])
        codes = np.searchsorted(family.moments[g].categories[k], answers[known, item])
        low[known, k], high[known, k] = tau[codes], tau[codes + 1]
    return low, high

"""Where a model misses: sample minus implied moments, and how surprising each difference is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import Array, Ints, check_choice
from bouwen.sem.family.normal import NormalTheory
from bouwen.sem.family.ordinal import OrdinalFamily
from bouwen.sem.fitted import Fitted
from bouwen.sem.model.derivatives import jacobian, slots
from bouwen.sem.normal.chisquare import explained_moments, saturated_groups
from bouwen.sem.normal.inference import bread, moment_curvature
from bouwen.sem.normal.quadratic import LeastSquares

RESIDUALS = ("raw", "cor", "z")


def residual_covariances(fit: Fitted, type: str = "cor") -> pd.DataFrame:
    """Sample minus implied covariances.

    Parameters
    ----------
    fit : Fit
    type : "raw", "cor" or "z"
        As they are; of the correlations (Bollen, 1989, p. 258); or divided by their standard error.

    Returns
    -------
    DataFrame
        Items by items; rows also by group where there are several. A residual that the model
        fits whatever the data has z = 0.
    """
    type = check_choice("type", type, RESIDUALS)
    sample, implied = fit.family.compared(fit.point)
    if type == "cor":
        sample, implied = _correlations(sample), _correlations(implied)
    out = sample - implied
    if type == "z":
        out = _standard_normal(fit, out)
    names = list(fit.structure.observed)
    frames = [pd.DataFrame(x, index=names, columns=names) for x in out]
    if len(frames) == 1:
        return frames[0]
    return pd.concat(dict(zip(fit.sample.group_values, frames, strict=True)), names=["group", "item"])


def _correlations(cov: Array) -> Array:
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    return np.asarray(cov / (sd[:, :, None] * sd[:, None, :]))


@dataclass(frozen=True, eq=False)
class _Moments:
    """One group's sample moments s, k in number: what moves them and what the model makes of them.

    ``delta`` (k, q) is their derivative by the parameters, ``weight`` (k, k) the curvature of the
    discrepancy in them and ``gamma`` (k, k) n times their sampling covariance; the moments at
    ``at`` are the covariances of items ``i`` and ``j``.
    """

    delta: Array
    weight: Array
    gamma: Array
    at: Ints
    i: Ints
    j: Ints


def _standard_normal(fit: Fitted, raw: Array) -> Array:
    """Residuals over their standard errors.

    The residual s − σ(θ̂) of group g is, to first order,

        (s − σ)_g − Δ_g H Σ_h w_h Δ_hᵀ A_h (s − σ)_h,

    with H the inverse of Σ w Δᵀ A Δ and w the group's share, so its variance follows from the sampling
    covariances Γ_h / n_h (Ogasawara, 2001; Maydeu-Olivares, 2017, Assessing the size of model misfit). A is
    at the implied moments and Γ at the sample's. lavaan 0.6-14 leaves the other groups out of the variance:
    the same unless parameters are equal over groups.
    """
    family: Any = fit.family
    parts = _ordinal(family, fit) if isinstance(family, OrdinalFamily) else _continuous(family, fit)
    n, share = fit.sample.n, fit.sample.n / fit.sample.N
    pulls = [w * part.delta.T @ part.weight for w, part in zip(share, parts, strict=True)]
    curvature = np.sum([pull @ part.delta for pull, part in zip(pulls, parts, strict=True)], axis=0)
    H = bread(curvature, fit.solution.basis) if fit.partable.n_free else curvature
    spread = np.sum(
        [pull @ part.gamma @ pull.T / size for pull, part, size in zip(pulls, parts, n, strict=True)], axis=0
    )
    out = np.zeros_like(raw)
    for g, (pull, part) in enumerate(zip(pulls, parts, strict=True)):
        moved = part.delta @ H
        own = np.diag(part.gamma) / n[g]
        variance = own - 2 * np.einsum("kq,ql,lk->k", moved, pull, part.gamma) / n[g]
        variance = (variance + np.einsum("kq,qr,kr->k", moved, spread, moved))[part.at]
        i, j = part.i, part.j
        fitted = (variance < 1e-9 * own[part.at]) | (own[part.at] == 0)
        z = np.where(fitted, 0.0, raw[g][i, j] / np.sqrt(np.where(fitted, 1.0, variance)))
        out[g, i, j] = out[g, j, i] = z
    return out


def _continuous(family: NormalTheory, fit: Fitted) -> list[_Moments]:
    """Means (where the model has them), then covariances below the diagonal, row by row."""
    st, o, groups = family.structure, family.objective, saturated_groups(family.sample)
    rows, columns = np.tril_indices(st.p)
    dcov, dmean = jacobian(slots(st), fit.implied, rows, columns)
    keep = explained_moments(st)
    if not st.meanstructure:
        keep = keep[keep >= st.p]
    at = np.flatnonzero(keep >= st.p)
    i, j = rows[keep[at] - st.p], columns[keep[at] - st.p]
    block = np.ix_(keep, keep)
    out = []
    for g, group in enumerate(groups):
        gamma = np.linalg.inv(group.A[block])
        if family.estimator.errors != "standard":
            gamma = gamma @ group.B[block] @ gamma
        if isinstance(o, LeastSquares):
            gamma = gamma * (group.sample.n[0] / (group.sample.n[0] - 1)) ** 2
            weight = moment_curvature(o.V[g])
            variances = st.p + np.flatnonzero(rows == columns)
            weight[variances, variances] += 0.5 * o.diagonal
        else:
            observed = family.sample.patterns is not None or family.estimator.errors == "robust.huber.white"
            mean = fit.implied.mean[g] if st.meanstructure else group.sample.mean[0]
            weight = group.at(mean, fit.implied.cov[g], observed=observed)
        delta = np.concatenate([dmean[g], dcov[g]])[keep]
        out.append(_Moments(delta, weight[block], gamma, at, i, j))
    return out


def _ordinal(family: OrdinalFamily, fit: Fitted) -> list[_Moments]:
    """The first-stage statistics, with the diagonal weights of their distance."""
    point: Any = fit.point
    at, i, j = family.objective.layout.covariances
    return [
        _Moments(delta, np.diag(weight), gamma, at, i, j)
        for delta, weight, gamma in zip(point.jacobian, family.objective.weight, family.gammas, strict=True)
    ]

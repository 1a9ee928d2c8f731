"""Estimates to standard errors and tests.

Everything is built from casewise scores, the derivative of each respondent's log-likelihood. In the RAM
form a score is a product of two columns of r Σ⁻¹ Z, so no asymptotic covariance matrix of
p(p+1)/2 moments is needed for standard errors or for the mean-corrected tests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.derivatives import gram, mean_slopes
from bouwen.sem.model.implied import INTERCEPT, SYMMETRIC, Structure
from bouwen.sem.normal.discrepancy import LikelihoodPoint, likelihood
from bouwen.sem.normal.moments import Patterns, Sample
from bouwen.special import chdtrc


@dataclass(frozen=True)
class Test:
    """A chi-square test of the model.

    ``name`` is lavaan's; the scaled statistic is ``chisq / scaling + shift`` on ``df`` degrees of
    freedom; ``trace`` is tr(UΓ), the expectation that the scaling corrects for.
    """

    name: str
    chisq: float
    df: float
    scaling: float = 1.0
    shift: float = 0.0
    trace: float = float("nan")

    @property
    def pvalue(self) -> float:
        """Upper tail probability; NaN without degrees of freedom."""
        return float(chdtrc(self.df, max(self.chisq, 0.0))) if self.df > 0 else float("nan")


def casewise_scores(point: LikelihoodPoint, sample: Sample, *, about_sample: bool = False) -> Array:
    """Derivative of each respondent's log-likelihood with respect to the parameters, (N, q).

    w [ (aᵀΣ⁻¹r)(bᵀΣ⁻¹r) − aᵀΣ⁻¹b ] · 1 + c aᵀΣ⁻¹r for each row of the table, r = x − μ

    Parameters
    ----------
    point : LikelihoodPoint
    sample : Sample
        With rows; respondents are in the order of groups, then of rows.
    about_sample : bool
        Take r about the sample mean and centre the products: the influence on the sample
        moments rather than the score (for Satorra–Bentler's corrections). Complete data only.
    """
    o, s, implied = point.objective, point.objective.slots, point.implied
    about_sample_mean = about_sample or not o.structure.meanstructure
    slopes = mean_slopes(s, implied)
    blocks = []
    for g, x in enumerate(sample.rows):
        Z = implied.Z[g]
        r = x - (sample.mean[g] if about_sample_mean else implied.mean[g])
        patterns = _patterns_of(sample, g)
        y = _weighted(r, point, patterns) @ Z
        by_row = (s.weight * y[:, s.a]) * y[:, s.b]
        if about_sample:
            if len(o.structure.exogenous):
                z = fitted_by_covariates(x, o.structure.exogenous) @ (point.W[g] @ Z)
                by_row -= (s.weight * z[:, s.a]) * z[:, s.b]
                y = y - z
            by_row -= by_row.mean(axis=0)
        else:
            for k, rows in patterns:
                by_row[rows] -= s.weight * gram(Z, point.W[k])[s.a, s.b]
        if o.structure.meanstructure:
            by_row += slopes[g] * y[:, s.a]
        blocks.append(by_row if s.identity else by_row @ s.gather[g])
    return np.concatenate(blocks)


def _patterns_of(sample: Sample, g: int) -> list[tuple[int, Any]]:
    """Which Σ_j belongs to which rows of a group."""
    if sample.patterns is None:
        return [(g, slice(None))]
    own = np.flatnonzero(sample.patterns.group == g)
    return list(zip(own.tolist(), sample.patterns.rows[g], strict=True))


def _weighted(r: Array, point: LikelihoodPoint, patterns: list[tuple[int, Any]]) -> Array:
    """Σ_j⁻¹ r of each respondent (n, p); missing answers count as zero."""
    if len(patterns) == 1:
        return np.asarray(np.where(np.isnan(r), 0.0, r) @ point.W[patterns[0][0]])
    out = np.where(np.isnan(r), 0.0, r)
    for k, rows in patterns:
        out[rows] = out[rows] @ point.W[k]
    return out


def fitted_by_covariates(x: Array, places: Array) -> Array:
    """Deviations (n, p) that the covariates at ``places`` predict; their own are themselves."""
    centred = x - x.mean(axis=0)
    slopes = np.linalg.lstsq(centred[:, places], centred, rcond=None)[0]
    return np.asarray(centred[:, places] @ slopes)


def outer_product(scores: Array, sample: Sample | None = None) -> Array:
    """B = Σ s sᵀ / N; where the sample has clusters, scores are first added up within them.

    Clusters are those of a group, and C of them count C / (C − 1) times, as in lavaan.
    """
    if sample is None or not sample.cluster:
        return np.asarray(scores.T @ scores / len(scores))
    B = np.zeros((scores.shape[1], scores.shape[1]))
    first = 0
    for cluster in sample.cluster:
        _, codes = np.unique(cluster, return_inverse=True)
        count = int(codes.max()) + 1
        sums = np.zeros((count, scores.shape[1]))
        np.add.at(sums, codes, scores[first : first + len(cluster)])
        B += count / (count - 1) * sums.T @ sums
        first += len(cluster)
    return B / len(scores)


def bread(curvature: Array, basis: Array | None) -> Array:
    """K (Kᵀ I K)⁻¹ Kᵀ: the inverse information under the restrictions."""
    if basis is None:
        return np.linalg.inv(curvature)
    return np.asarray(basis @ np.linalg.solve(basis.T @ curvature @ basis, basis.T))


def saturated_trace(sample: Sample, places: Array | None = None, *, means: bool = True) -> float:
    """tr(A⁻¹B) of the saturated model of all variables, or of those at ``places``.

    For complete data it follows from Mahalanobis distances: ½ Σ d⁴/n + p/2 for each group, because A is
    block diagonal in means and covariances (compare Mardia, 1970). With clusters the casewise
    scores are formed. The variables must have no missing answers.
    """
    places = np.arange(len(sample.names)) if places is None else places
    p = len(places)
    if not p:
        return 0.0
    total = 0.0
    for g, x in enumerate(sample.rows):
        y = x[:, places]
        L = np.linalg.cholesky(sample.cov[g][np.ix_(places, places)])
        z = np.linalg.solve(L, (y - sample.mean[g][places]).T).T
        if not sample.cluster:
            d2 = (z * z).sum(axis=1)
            total += 0.5 * float(d2 @ d2) / len(x) + (0.5 if means else -0.5) * p
            continue
        i, j = np.tril_indices(p, -1)
        t = np.hstack([*((z,) if means else ()), z[:, i] * z[:, j], (z * z - 1) / np.sqrt(2)])
        total += float(np.trace(outer_product(t, one_group(sample, g))))
    return total


def saturated_point(sample: Sample, g: int) -> LikelihoodPoint:
    """The likelihood of one group at its saturated moments, with all moments as parameters.

    They are the means, then the covariances below the diagonal, row by row.
    """
    p = len(sample.names)
    i, j = np.tril_indices(p)
    q = p + len(i)
    none = np.zeros(0, dtype=np.int64)
    structure = Structure(
        observed=sample.names,
        latent=(),
        groups=(sample.groups[g],),
        meanstructure=True,
        q=q,
        kind=np.concatenate([np.full(p, INTERCEPT), np.full(len(i), SYMMETRIC)]),
        i=np.concatenate([np.arange(p), i]),
        j=np.concatenate([np.zeros(p, dtype=np.int64), j]),
        free=np.arange(q).reshape(1, -1),
        fixed=np.zeros((1, q)),
        loading=np.zeros(q, dtype=bool),
        exogenous_rows=none,
        exogenous=none,
        ordered=none,
    )
    own = one_group(sample, g)
    return likelihood(structure, own).at(np.concatenate([own.mean[0], own.cov[0][i, j]]))


def one_group(sample: Sample, g: int) -> Sample:
    """The part of a sample that is group ``g``."""
    patterns = sample.patterns
    if patterns is not None:
        own = patterns.group == g
        patterns = Patterns(
            np.zeros(int(own.sum()), dtype=np.int64),
            patterns.n[own],
            patterns.observed[own],
            patterns.mean[own],
            patterns.cov[own],
            (patterns.rows[g],),
        )
    return replace(
        sample,
        groups=(sample.groups[g],),
        group_values=(sample.group_values[g],),
        n=sample.n[g : g + 1],
        mean=sample.mean[g : g + 1],
        cov=sample.cov[g : g + 1],
        rows=sample.rows[g : g + 1],
        index=sample.index[g : g + 1],
        cluster=sample.cluster[g : g + 1],
        patterns=patterns,
    )


def saturated_curvature(point: LikelihoodPoint, *, observed: bool) -> Array:
    """Hessian (or expected information) about all means and covariances, for `saturated_point`'s model."""
    W, share = point.W, point.objective.share
    if not observed:
        return moment_curvature(W, share)
    u = (W @ point.residual[..., None])[..., 0]
    return moment_curvature(W, share, 2 * (W @ point.second_moment @ W) - W, u)


def moment_curvature(W: Array, share: Array, M: Array | None = None, u: Array | None = None) -> Array:
    """Curvature of the likelihood in the means, then the covariances below the diagonal, row by row.

    Of the model's form nothing is left but products of elements of Σ_j⁻¹ summed over patterns j, so one
    matrix product Σ_j vec(Σ_j⁻¹) vec(·)ᵀ holds them all, however many patterns there are.

    Parameters
    ----------
    W : array (P, p, p)
        Σ_j⁻¹.
    share : array (P,)
    M, u : arrays (P, p, p) and (P, p), optional
        2 Σ_j⁻¹ S*_j Σ_j⁻¹ − Σ_j⁻¹ and Σ_j⁻¹ (m_j − μ_j) for the observed curvature; the expected one without.
    """
    p = W.shape[-1]
    i, j = np.tril_indices(p)
    weight = np.where(i == j, 0.5, 1.0)
    flat = W.reshape(len(W), -1)
    K = (share[:, None] * flat).T @ (flat if M is None else M.reshape(len(M), -1))  # Σ share W_ab M_cd

    K = np.swapaxes(K.reshape(p, p, p, p), 1, 2).reshape(p * p, p * p)  # at (a, c) and (b, d)
    ij, ji = i * p + j, j * p + i
    half = K[ij] + K[ji]
    pairs = half[:, ij] + half[:, ji]
    out = np.zeros((p + len(i), p + len(i)))
    out[p:, p:] = 0.5 * pairs * (weight[:, None] * weight)
    out[:p, :p] = np.tensordot(share, W, axes=1)
    if u is not None:
        T = np.tensordot(u * share[:, None], W, axes=(0, 0))  # Σ share u_a W_bc
        cross = weight[:, None] * (T[i, j] + T[j, i])
        out[p:, :p] = cross
        out[:p, p:] = cross.T
    return out


def chunked_curvature(point: LikelihoodPoint, *, observed: bool, limit: int = 4_000_000) -> Array:
    """Hessian (or expected information), a few missing patterns at a time to bound memory."""
    o = point.objective
    step = max(1, limit // max(1, o.structure.q**2))
    if o.observed is None or len(o.group) <= step:
        return point.hessian if observed else point.information
    total = np.zeros((o.structure.q, o.structure.q))
    for first in range(0, len(o.group), step):
        k = slice(first, first + step)
        part = replace(
            o, group=o.group[k], share=o.share[k], observed=o.observed[k], mean=o.mean[k], cov=o.cov[k]
        )
        piece = LikelihoodPoint(part, point.implied)
        total += piece.hessian if observed else piece.information
    return total

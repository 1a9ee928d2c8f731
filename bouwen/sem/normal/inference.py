"""Estimates to standard errors and tests.

Everything is built from casewise scores, the derivative of each respondent's log-likelihood. In the RAM
form a score is a product of two columns of r Σ⁻¹ Z, so no asymptotic covariance matrix of
p(p+1)/2 moments is needed for standard errors or for the mean-corrected tests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.derivatives import collect_group, gram, mean_slopes
from bouwen.sem.model.implied import INTERCEPT, SYMMETRIC, Structure
from bouwen.sem.normal.discrepancy import IncompletePoint, LikelihoodPoint, likelihood
from bouwen.sem.normal.gaps import HELD, long_way, products
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

    Where respondents have sampling weights, times the weight.

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
        y, expected = _weighted(r, point, sample, g)
        y = y @ Z
        by_row = (s.weight * y[:, s.a]) * y[:, s.b]
        if about_sample:
            if len(o.structure.exogenous):
                z = fitted_by_covariates(x, o.structure.exogenous) @ (point.W[g] @ Z)
                by_row -= (s.weight * z[:, s.a]) * z[:, s.b]
                y = y - z
            by_row -= by_row.mean(axis=0)
        else:
            by_row -= s.weight * expected
        if o.structure.meanstructure:
            by_row += slopes[g] * y[:, s.a]
        if sample.weights:
            by_row *= sample.weights[g][:, None]
        blocks.append(collect_group(s, g, by_row))
    return np.concatenate(blocks)


def _weighted(r: Array, point: LikelihoodPoint, sample: Sample, g: int) -> tuple[Array, Array]:
    """Σ_j⁻¹ r of each respondent (n, p), missing answers as zero, and aᵀ Σ_j⁻¹ b (n or 1, rows)."""
    Z, s = point.implied.Z[g], point.objective.slots
    if sample.patterns is None:
        return r @ point.W[g], gram(Z, point.W[g])[None, s.a, s.b]
    r, members = np.where(np.isnan(r), 0.0, r), sample.patterns.rows[g]
    if isinstance(point, IncompletePoint) and point.gapped is not None:
        return point.gapped.casewise(g, r, members, Z, s)
    y, expected = r, np.empty((len(r), len(s.a)))
    for k, rows in zip(np.flatnonzero(sample.patterns.group == g), members, strict=True):
        y[rows] = r[rows] @ point.W[k]
        expected[rows] = gram(Z, point.W[k])[s.a, s.b]
    return y, expected


def fitted_by_covariates(x: Array, places: Array) -> Array:
    """Deviations (n, p) that the covariates at ``places`` predict; their own are themselves."""
    centred = x - x.mean(axis=0)
    slopes = np.linalg.lstsq(centred[:, places], centred, rcond=None)[0]
    return np.asarray(centred[:, places] @ slopes)


def outer_product(scores: Array, sample: Sample | None = None) -> Array:
    """B = Σ s sᵀ / N, over `independent_scores`."""
    rows = scores if sample is None else independent_scores(scores, sample)
    return np.asarray(rows.T @ rows / len(scores))


def independent_scores(scores: Array, sample: Sample) -> Array:
    """Scores; where the sample has clusters, added up within them.

    Clusters are those of a group, and C of them count C / (C − 1) times, as in lavaan.
    """
    if not sample.cluster:
        return scores
    out, first = [], 0
    for cluster in sample.cluster:
        _, codes = np.unique(cluster, return_inverse=True)
        count = int(codes.max()) + 1
        sums = np.zeros((count, scores.shape[1]))
        np.add.at(sums, codes, scores[first : first + len(cluster)])
        out.append(np.sqrt(count / (count - 1)) * sums)
        first += len(cluster)
    return np.concatenate(out)


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
        w = sample.weights[g] if sample.weights else None
        if not sample.cluster:
            d2 = (z * z).sum(axis=1)
            square = 0.5 * d2 * d2 - (0.0 if means else d2) + 0.5 * p  # the trace of one respondent
            total += float(np.sum(square if w is None else w * w * square)) / sample.n[g]
            continue
        i, j = np.tril_indices(p, -1)
        t = np.hstack([*((z,) if means else ()), z[:, i] * z[:, j], (z * z - 1) / np.sqrt(2)])
        sums = independent_scores(t if w is None else w[:, None] * t, one_group(sample, g))
        total += float(np.sum(sums * sums)) / sample.n[g]
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
    if patterns is not None and len(sample.groups) > 1:
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
        weights=sample.weights[g : g + 1],
        size=sample.size[g : g + 1],
        patterns=patterns,
    )


def saturated_curvature(point: LikelihoodPoint, *, observed: bool) -> Array:
    """Hessian (or expected information) about all means and covariances, for `saturated_point`'s model."""
    if not isinstance(point, IncompletePoint) or point.gapped is None:
        return _by_each_pattern(point, observed=observed)
    o, each = point.objective, long_way(point.objective.batches)
    gapped = point.gapped.without(each) if len(each) else point.gapped
    x = gapped.sums()
    W, H, whole = gapped.W[0], x.H[0], x.share[0] * gapped.W[0]
    if observed:
        out = moment_curvature(W, 2 * x.B[0] - whole + 2 * H, whole, x.u[0])
    else:
        out = moment_curvature(W, whole - 2 * H, whole - H)
    slopes = mean_slopes(o.slots, point.implied)
    for _, sign, F in products(gapped, o.slots, point.implied.Z, slopes, hessian=observed):
        product = F.T @ F
        product *= sign
        out += product
    if len(each):
        out += _by_each_pattern(LikelihoodPoint(o.part(each), point.implied), observed=observed)
    return out


def _by_each_pattern(point: LikelihoodPoint, *, observed: bool) -> Array:
    """The same, from Σ_j⁻¹ of every pattern.

    Of the model's form nothing is left but products of elements of Σ_j⁻¹ summed over patterns j, so one
    matrix product Σ_j vec(Σ_j⁻¹) vec(·)ᵀ holds them all, however many patterns there are.
    """
    W, share = point.W, point.objective.share
    p = W.shape[-1]
    i, j = np.tril_indices(p)
    M = 2 * (W @ point.second_moment @ W) - W if observed else W
    flat = W.reshape(len(W), -1)
    K = (share[:, None] * flat).T @ M.reshape(len(M), -1)  # Σ share W_ab M_cd
    K = np.swapaxes(K.reshape(p, p, p, p), 1, 2).reshape(p * p, p * p)  # at (a, c) and (b, d)
    ij, ji = i * p + j, j * p + i
    half = K[ij] + K[ji]
    pairs = half[:, ij] + half[:, ji]
    weight = np.where(i == j, 0.5, 1.0)
    out = np.zeros((p + len(i), p + len(i)))
    out[p:, p:] = 0.5 * pairs * (weight[:, None] * weight)
    out[:p, :p] = np.tensordot(share, W, axes=1)
    if observed:
        u = (W @ point.residual[..., None])[..., 0]
        _set_cross(out, np.tensordot(u * share[:, None], W, axes=(0, 0)))
    return out


def moment_curvature(
    W: Array, M: Array | None = None, N: Array | None = None, u: Array | None = None
) -> Array:
    """Curvature of a likelihood in the means, then the covariances below the diagonal, row by row.

    ½ tr(W ∂Σ M ∂Σ) + ∂μᵀ N ∂μ + uᵀ ∂Σ W ∂μ, twice: with W = M = N = Σ⁻¹ the expected one of complete data.

    Parameters
    ----------
    W, M, N : arrays (p, p)
    u : array (p,), optional
    """
    M, N = W if M is None else M, W if N is None else N
    p = len(W)
    i, j = np.tril_indices(p)
    weight = np.where(i == j, 0.5, 1.0)
    Wi, Wj, Mi, Mj = W[:, i], W[:, j], M[:, i], M[:, j]
    out = np.zeros((p + len(i), p + len(i)))
    for k in range(p):  # covariances of item k with those before it and itself
        first = p + k * (k + 1) // 2
        block = out[first : first + k + 1, p:]
        for one, two in ((Wi, Mj), (Wj, Mi), (Mi, Wj), (Mj, Wi)):
            block += one[k] * two[: k + 1]
        block *= 0.5 * weight
        block[k] *= 0.5
    out[:p, :p] = N
    if u is not None:
        _set_cross(out, u[:, None, None] * W)
    return out


def _set_cross(out: Array, T: Array) -> None:
    """Put what u_a W_bc (p, p, p) says of covariances and means together into a curvature."""
    p = len(T)
    i, j = np.tril_indices(p)
    out[p:, :p] = np.where(i == j, 0.5, 1.0)[:, None] * (T[i, j] + T[j, i])
    out[:p, p:] = out[p:, :p].T


def complete_products(W: Array, moments: Array) -> Array:
    """Rows of moments (n, p + p(p+1)/2) times `moment_curvature` of W, which is not formed."""
    p = len(W)
    i, j = np.tril_indices(p)
    out = np.empty_like(moments)
    out[:, :p] = moments[:, :p] @ W
    weight = np.where(i == j, 0.5, 1.0)
    step = max(1, HELD // p**2)
    for first in range(0, len(moments), step):
        part = moments[first : first + step, p:]
        V = np.zeros((len(part), p, p))
        V[:, i, j] = V[:, j, i] = part
        out[first : first + step, p:] = weight * (W @ V @ W)[:, i, j]
    return out

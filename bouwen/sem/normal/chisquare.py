"""Solutions to chi-square tests, of the model and of the baseline, plain and corrected.

All corrections work through tr(UΓ), the expectation of chi-square under the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np

from bouwen.checks import Array, DataError
from bouwen.sem.model.derivatives import jacobian
from bouwen.sem.model.implied import INTERCEPT, SYMMETRIC, Implied, Structure
from bouwen.sem.normal.discrepancy import LikelihoodPoint, likelihood
from bouwen.sem.normal.inference import (
    Test,
    bread,
    casewise_scores,
    complete_products,
    fitted_by_covariates,
    independent_scores,
    one_group,
    saturated_curvature,
    saturated_point,
)
from bouwen.sem.normal.moments import Patterns, Sample
from bouwen.sem.normal.saturated import em_moments

BLOCK = 256  # rows of a matrix of all moments that are held at a time


@dataclass(frozen=True)
class Corrected:
    """What a robust fit measure starts from: a chi-square and its expectation under the model.

    For complete data this is the plain chi-square and tr(UΓ); for incomplete data the
    complete-data chi-square of Zhang & Savalei (2023), for ordered items that of Savalei (2021).
    """

    chisq: float
    df: float
    trace: float


def baseline_structure(structure: Structure) -> Structure:
    """The independence model: variances and means, and nothing else but the covariates' moments.

    Where covariates are not fixed, their covariances are free parameters of the baseline too (lavaan).
    """
    p, G = structure.p, structure.n_groups
    exogenous = set(structure.exogenous.tolist())
    places = [(SYMMETRIC, k, k, k in exogenous) for k in range(p)]
    ordered = sorted(structure.covariates)
    places += [(SYMMETRIC, b, a, a in exogenous) for n, a in enumerate(ordered) for b in ordered[n + 1 :]]
    if structure.meanstructure:
        places += [(INTERCEPT, k, 0, k in exogenous) for k in range(p)]
    fixed = np.array([x[3] for x in places])
    free = np.full((G, len(places)), -1)
    n_free = int((~fixed).sum())
    free[:, ~fixed] = np.arange(G * n_free).reshape(G, n_free)
    return Structure(
        observed=structure.observed,
        latent=(),
        groups=structure.groups,
        meanstructure=structure.meanstructure,
        q=G * n_free,
        kind=np.array([x[0] for x in places]),
        i=np.array([x[1] for x in places]),
        j=np.array([x[2] for x in places]),
        free=free,
        fixed=np.zeros((G, len(places))),
        loading=np.zeros(len(places), dtype=bool),
        exogenous_rows=np.flatnonzero(fixed),
        exogenous=structure.exogenous,
        ordered=np.zeros(0, dtype=np.int64),
        covariates=structure.covariates,
    )


def baseline_point(structure: Structure, sample: Sample) -> LikelihoodPoint:
    """The independence model at its maximum.

    It has a closed form even with missing answers, unless covariates that are not fixed lack some.
    """
    base = baseline_structure(structure)
    mean, cov = sample.mean, sample.cov
    if sample.patterns is not None:
        mean, cov = _independent_moments(sample.patterns, len(sample.n))
        if len(structure.covariates) > len(structure.exogenous):
            x = np.array(structure.covariates)
            mean[:, x], cov[:, x[:, None], x] = em_moments(sample.patterns.of(x), len(sample.n))
    theta = np.zeros(base.q)
    for g in range(base.n_groups):
        for r, free in enumerate(base.free[g]):
            if free >= 0:
                moment = cov[g, base.i[r], base.j[r]] if base.kind[r] == SYMMETRIC else mean[g, base.i[r]]
                theta[free] = moment
    return likelihood(base, sample).at(theta)


def _independent_moments(patterns: Patterns, n_groups: int) -> tuple[Array, Array]:
    """Means (G, p) and, on the diagonals of (G, p, p), variances of all answers to each item."""
    t, p = patterns, patterns.observed.shape[1]
    mean, cov = np.zeros((n_groups, p)), np.zeros((n_groups, p, p))
    for g in range(n_groups):
        own = t.group == g
        counts = t.n[own] @ t.observed[own]
        mean[g] = (t.n[own] @ t.mean[own]) / counts
        spread = np.diagonal(t.cov[own], axis1=1, axis2=2) + t.observed[own] * (t.mean[own] - mean[g]) ** 2
        cov[g, range(p), range(p)] = (t.n[own] @ spread) / counts
    return mean, cov


def n_statistics(structure: Structure) -> int:
    """Sample moments that a model explains: all but those of fixed covariates."""
    p, x = structure.p, len(structure.exogenous)
    count = p * (p + 1) // 2 - x * (x + 1) // 2
    if structure.meanstructure:
        count += p - x
    return count * structure.n_groups


def satorra_bentler_trace(
    point: LikelihoodPoint, sample: Sample, basis: Array | None, influences: Array | None
) -> float:
    """tr(UΓ) at the implied moments, for complete data.

    tr(VΓ) − tr[(ΔᵀVΔ)⁻¹ ΔᵀVΓVΔ], with tr(VΓ) from Mahalanobis distances about the sample mean
    and the second term from casewise influences (Satorra & Bentler, 1994). Given covariates, the moments
    are those of what they leave unexplained.
    """
    st = point.objective.structure
    total = 0.0
    for g, x in enumerate(sample.rows):
        r = x - sample.mean[g]
        W, S = point.W[g], sample.cov[g]
        rW = r @ W
        d2 = (rW * r).sum(axis=1)
        square = float(d2 @ d2)
        if len(st.exogenous):  # the covariates' own moments, and what they predict, do not vary
            z = fitted_by_covariates(x, st.exogenous)
            both, own = (rW * z).sum(axis=1), ((z @ W) * z).sum(axis=1)
            square += float(own @ own) - 2 * float(both @ both)
            S = S - z.T @ z / len(z)
        WS = W @ S
        total += 0.5 * (square / len(x) - float(np.sum(WS * WS.T)))
        if st.meanstructure:
            total += float(np.trace(WS))
    if influences is None or not len(influences):
        return total
    return total - float(np.sum(bread(point.information, basis) * influences))


def yuan_bentler(chisq: float, df: float, saturated: float, model: float) -> Test:
    """Yuan & Bentler's (2000) test as Mplus computes it: scaled by (tr H₁ − tr H₀) / df.

    Parameters
    ----------
    saturated, model : float
        tr(A⁻¹B) of the saturated model and of the fitted one (Asparouhov & Muthén, 2005).
    """
    trace = saturated - model
    return scaled_test("yuan.bentler.mplus", chisq, df, trace)


def scaled_test(name: str, chisq: float, df: float, trace: float) -> Test:
    """Chi-square divided by tr(UΓ)/df (Satorra & Bentler, 1994); NaN where that is not positive."""
    scaling = trace / df if df > 0 else float("nan")
    if scaling <= 0:
        return Test(name, float("nan"), df, float("nan"), 0.0, trace)
    return Test(name, chisq / scaling if df > 0 else chisq, df, scaling, 0.0, trace)


@dataclass(frozen=True)
class SaturatedGroup:
    """The saturated model of one group of an incomplete sample, of all its moments."""

    sample: Sample
    point: LikelihoodPoint

    @cached_property
    def A(self) -> Array:
        """Observed information."""
        return saturated_curvature(self.point, observed=True)

    @cached_property
    def scores(self) -> Array:
        """(n, k) scores of respondents (or clusters)."""
        return independent_scores(casewise_scores(self.point, self.sample), self.sample)

    @property
    def B(self) -> Array:
        """Outer product of the scores."""
        return np.asarray(self.scores.T @ self.scores / self.sample.N)

    @cached_property
    def influences(self) -> Array:
        """A⁻¹ s of every score, (n, k)."""
        return np.linalg.solve(self.A, self.scores.T).T

    @property
    def trace(self) -> float:
        """tr(A⁻¹B)."""
        return float(np.sum(self.influences * self.scores)) / self.sample.N

    def at(self, mean: Array, cov: Array, *, observed: bool = False) -> Array:
        """Expected or observed information of these answers about other moments (p,) and (p, p)."""
        i, j = np.tril_indices(len(mean))
        point = self.point.objective.at(np.concatenate([mean, cov[i, j]]))
        return saturated_curvature(point, observed=observed)


def saturated_groups(sample: Sample) -> list[SaturatedGroup]:
    """The saturated model of every group.

    Raises
    ------
    DataError
        Where no respondent of a group answered some two items.
    """
    if sample.patterns is not None:
        _check_pairs(sample, sample.patterns)
    return [
        SaturatedGroup(one_group(sample, g), saturated_point(sample, g)) for g in range(len(sample.groups))
    ]


def _check_pairs(sample: Sample, patterns: Patterns) -> None:
    for g, label in enumerate(sample.groups):
        answered = patterns.observed[patterns.group == g]
        never = np.argwhere(np.triu(answered.T @ answered == 0))
        if len(never):
            one, two = (sample.names[k] for k in never[0])
            where = f' in group "{label}"' if len(sample.groups) > 1 else ""
            raise DataError(
                f'nobody answered both "{one}" and "{two}"{where}, so fit measures and tests have no '
                "covariance to compare with; leave one of them out",
                item=one,
                group=label,
            )


@dataclass(frozen=True, eq=False)
class Explained:
    """One group's saturated moments that a model explains: `Weighing` for `complete_data_fit` of any model.

    Attributes
    ----------
    A : array (k, k)
        Their information.
    W : array (p, p)
        Inverse of the saturated covariances: what W_c, never formed, is made of.
    keep : array (k,)
        Their places among all moments.
    own : array (k,)
        Whether they are of covariates only, which count for nothing in W_c.
    scores, influences : arrays (n, k) or None
        s and A⁻¹ s, where Γ is A⁻¹ B A⁻¹; none where it is A⁻¹.
    n : float
    trace : float
        tr(W_c Γ).
    """

    A: Array
    W: Array
    keep: Array
    own: Array
    scores: Array | None
    influences: Array | None
    n: float
    trace: float

    @classmethod
    def of(cls, group: SaturatedGroup, structure: Structure, *, robust: bool) -> Explained:
        """What a model of this structure explains of a group."""
        keep = explained_moments(structure)
        own = _among(structure.covariates, structure.p)[keep]
        everything = len(keep) == len(group.A)
        A = group.A if everything else group.A[np.ix_(keep, keep)]
        W, n = np.linalg.inv(group.sample.cov[0]), group.sample.N
        found = cls(A, W, keep, own, None, None, n, 0.0)
        if not robust:
            gamma, blocks = np.linalg.inv(A), range(0, len(A), BLOCK)
            parts = (np.trace(found.complete(gamma[k : k + BLOCK])[:, k : k + BLOCK]) for k in blocks)
            return replace(found, trace=float(sum(parts)))
        scores = group.scores if everything else group.scores[:, keep]
        X = group.influences if everything else np.linalg.solve(A, scores.T).T
        trace = float(np.sum(found.complete(X) * X)) / n
        return replace(found, scores=scores, influences=X, trace=trace)

    def weighted(self, D: Array) -> Array:
        """A Δ."""
        return np.asarray(self.A @ D)

    def moved(self, D: Array) -> Array:
        """Γ A Δ: Δ where Γ = A⁻¹, and A⁻¹ B Δ else."""
        if self.scores is None or self.influences is None:
            return D
        return np.asarray(self.influences.T @ (self.scores @ D) / self.n)

    def complete(self, rows: Array) -> Array:
        """Rows (r, k) times W_c."""
        whole = np.zeros((len(rows), len(self.W) * (len(self.W) + 3) // 2))
        whole[:, self.keep[~self.own]] = rows[:, ~self.own]
        found = complete_products(self.W, whole)[:, self.keep]
        found[:, self.own] = 0.0
        return found


def complete_data_fit(
    point: LikelihoodPoint,
    sample: Sample,
    df: float,
    basis: Array | None,
    explained: Sequence[Explained],
) -> Corrected:
    """Misfit of incomplete data as the complete data would have shown it.

    The FIML estimates enter the complete-data discrepancy between the saturated (EM) moments and the
    implied ones, chi-square N F_C, whose expectation under the model is

        k = tr[ W_c (I − P) Γ (I − P)ᵀ ],   P = Δ (Δᵀ W_m Δ)⁻¹ Δᵀ W_m,

    with W_m the information of the incomplete data about the saturated moments, Γ their
    sampling covariance and W_c the information of complete data. In W_c covariates' own moments count for
    nothing even where they are not fixed: lavaan 0.6-14 has it so, the paper has no covariates.

    References
    ----------
    Zhang & Savalei (2023), New computations for RMSEA and CFI following FIML and TS estimation with
    missing data. Psychological Methods 28.
    """
    st = point.objective.structure
    complete = Sample(sample.names, sample.groups, sample.n, sample.mean, sample.cov)
    s = point.objective.slots
    chisq = 2 * sample.N * float(LikelihoodPoint(likelihood(st, complete, s), point.implied).value)
    i, j = np.tril_indices(st.p)
    dcov, dmean = jacobian(s, point.implied, i, j)
    D = [np.concatenate([dmean[g], dcov[g]])[x.keep] for g, x in enumerate(explained)]
    return Corrected(chisq, df, expectation(D, explained, sample.n / sample.N, basis))


def explained_moments(structure: Structure) -> Array:
    """Places, among all means and then the covariances by row, of those that are no covariates' own."""
    return np.flatnonzero(~_among(structure.exogenous, structure.p))


def _among(items: Sequence[int] | Array, p: int) -> Array:
    """Whether each of all means and then the covariances by row is of these items only."""
    i, j = np.tril_indices(p)
    return np.concatenate([np.isin(np.arange(p), items), np.isin(i, items) & np.isin(j, items)])


def theta_of(implied: Implied, structure: Structure) -> Array:
    """The parameter vector that gave these implied moments."""
    theta = np.zeros((*implied.values.shape[:-2], structure.q))
    used = structure.free >= 0
    theta[..., structure.free[used]] = implied.values[..., used]
    return theta


def expectation(delta: list[Array], groups: Sequence[Weighing], share: Array, basis: Array | None) -> float:
    """tr[W_c (I − P) Γ (I − P)ᵀ], P = Δ (Δᵀ W_m Δ)⁻¹ Δᵀ W_m, group by group.

    Groups share only the parameters; see `complete_data_fit`.
    """
    q = delta[0].shape[1]
    H, middle, moved = np.zeros((q, q)), np.zeros((q, q)), []
    for w, D, x in zip(share, delta, groups, strict=True):
        weighted, GD = x.weighted(D), x.moved(D)
        H += w * D.T @ weighted
        middle += w * weighted.T @ GD
        moved.append(GD)
    inverse = bread(H, basis) if q else H
    spread = inverse @ middle @ inverse
    k = 0.0
    for w, D, x, GD in zip(share, delta, groups, moved, strict=True):
        CD = x.complete(D.T).T
        k += x.trace - 2 * w * float(np.sum((CD @ inverse) * GD)) + w * float(np.sum((D.T @ CD) * spread))
    return k


class Weighing(Protocol):
    """Weights W_m and W_c of a group's moments and their sampling covariance Γ, for `expectation`."""

    @property
    def trace(self) -> float:
        """tr(W_c Γ)."""

    def weighted(self, D: Array) -> Array:
        """W_m D."""

    def moved(self, D: Array) -> Array:
        """Γ W_m D."""

    def complete(self, rows: Array) -> Array:
        """Rows times W_c."""


@dataclass(frozen=True, eq=False)
class Weights:
    """`Weighing` by matrices that are at hand."""

    model: Array
    complete_data: Array
    gamma: Array

    @property
    def trace(self) -> float:
        """tr(W_c Γ)."""
        return float(np.sum(self.complete_data * self.gamma))

    def weighted(self, D: Array) -> Array:
        """W_m D."""
        return np.asarray(self.model @ D)

    def moved(self, D: Array) -> Array:
        """Γ W_m D."""
        return np.asarray(self.gamma @ (self.model @ D))

    def complete(self, rows: Array) -> Array:
        """Rows times W_c."""
        return np.asarray(rows @ self.complete_data)

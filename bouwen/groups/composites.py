"""Factors with pooled loadings -> paths of each level, again and again over bootstrap samples.

Local structure after measurement (Rosseel & Loh, 2022) with the measurement of all levels together:
covariances of factors are those of their Bartlett scores, and their variances follow from the covariances
between items, φ = Σ w cⱼₖ / Σ w λⱼλₖ with w = λⱼλₖ / θⱼθₖ, so that every level and every draw has residual
variances of its own. Where these would leave a factor no variance they are bounded after Fuller (1987,
section 2.5.1). All of it is sums over respondents: the draws of a level are one matrix product.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bouwen.checks import Array, Ints, Matrix, Vector
from bouwen.groups.climbing import bartlett_scores
from bouwen.groups.deviations import OneFactor

ROUNDS = 200  # of the least-squares factor of facets


@dataclass(frozen=True, eq=False)
class Variable:
    """A variable of the structure.

    Attributes
    ----------
    scores : array (N,)
        Bartlett scores, or answers; NaN where there is none.
    parts : array (N, p)
        What measures it; one column, the scores, where it is observed.
    slopes, residuals : array (p,)
        λ and θ.
    """

    scores: Vector
    parts: Matrix
    slopes: Vector
    residuals: Vector

    @classmethod
    def observed(cls, scores: Vector) -> Variable:
        """A variable without error."""
        return cls(scores, scores[:, None], np.ones(1), np.zeros(1))

    @classmethod
    def measured(cls, answers: Matrix, factor: OneFactor, anchors: Ints) -> Variable:
        """A factor, by the items that work alike."""
        own = answers[:, anchors]
        return cls(
            bartlett_scores(answers, factor, anchors),
            own,
            factor.loadings[anchors],
            factor.residuals[anchors],
        )

    @classmethod
    def of_facets(cls, facets: Sequence[Variable], level: Ints) -> Variable:
        """A factor of factors, by least squares from the facets' covariances within levels."""
        scores = np.column_stack([facet.scores for facet in facets])
        pairs = list(combinations(range(len(facets)), 2))
        within, n = np.zeros((len(facets),) * 2), np.zeros((len(facets),) * 2)
        for g in range(level.max() + 1):
            own = scores[level == g]
            count = len(own)
            for a, b in [*pairs, *((a, a) for a in range(len(facets)))]:
                both = own[np.isfinite(own[:, a]) & np.isfinite(own[:, b])]
                within[[a, b], [b, a]] += count * np.cov(both[:, a], both[:, b], bias=True)[0, 1]
                n[[a, b], [b, a]] += count
        within /= n
        diagonal = np.diag(within).copy()
        slopes = least_squares_factor(within)
        residuals = np.maximum(diagonal - slopes**2, 0.05 * diagonal)
        none = np.zeros((1, len(facets)))
        factor = OneFactor(slopes, residuals, none, np.zeros(1), np.zeros(len(facets), dtype=bool))
        return cls(bartlett_scores(scores, factor, np.arange(len(facets))), scores, slopes, residuals)


def least_squares_factor(cov: Matrix) -> Vector:
    """Loadings on one factor of variance 1 that come closest to the covariances off the diagonal (minres).

    >>> least_squares_factor(np.outer([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])).round(6)
    array([1., 2., 3.])
    """
    off = cov - np.diag(np.diag(cov))
    size = np.sqrt(np.diag(cov))
    R = off / np.outer(size, size)
    slopes = np.full(len(cov), np.sqrt(max(R.sum() / (len(R) * (len(R) - 1)), 0.01)))
    for _ in range(ROUNDS):
        for k in range(len(R)):
            others = slopes.copy()
            others[k] = 0.0
            slopes[k] = R[k] @ others / (others @ others)
    return np.asarray(slopes * size)


@dataclass(frozen=True, eq=False)
class Equations:
    """What leads to what: predictors of each outcome, by the numbers of variables."""

    names: tuple[str, ...]
    causes: Mapping[int, tuple[int, ...]]

    @property
    def paths(self) -> list[tuple[int, int]]:
        """Predictor and outcome of each path."""
        return [(x, y) for y, xs in self.causes.items() for x in xs]

    @property
    def routes(self) -> list[tuple[int, int]]:
        """Variables that lead to another through a third."""
        K = len(self.names)
        step = np.zeros((K, K), dtype=np.int64)
        for x, y in self.paths:
            step[y, x] = 1
        longer, power = np.zeros_like(step), step
        for _ in range(K):
            power = np.minimum(step @ power, 1)
            longer = longer | power
        return [(x, y) for x in range(K) for y in range(K) if longer[y, x]]

    @property
    def parameters(self) -> int:
        """Paths and residual variances."""
        return len(self.paths) + len(self.causes)

    def effects(self, cov: Array, sd: Vector) -> Array:
        """Paths, then total effects of `routes` (D, m), in the common standard deviations sd (K,)."""
        K = len(self.names)
        B = np.zeros((len(cov), K, K))
        for y, xs in self.causes.items():
            own = np.array(xs)
            of_x = cov[:, own[:, None], own]
            B[:, y, own] = np.linalg.solve(of_x, cov[:, own, y][..., None])[..., 0]
        B *= sd / sd[:, None]
        total = np.linalg.inv(np.eye(K) - B)
        direct = [B[:, y, x] for x, y in self.paths]
        return np.stack([*direct, *(total[:, y, x] for x, y in self.routes)], axis=1)


def covariances(values: Matrix, pairs: Sequence[tuple[int, int]], weights: Matrix) -> Matrix:
    """Covariances (D, P) of pairs of columns, each from who has both, under weights (D, n)."""
    here = np.isfinite(values)
    filled = np.where(here, values - np.nanmean(values, axis=0), 0.0)
    a, b = np.array(pairs).T
    both = (here[:, a] & here[:, b]).astype(float)
    x, y = filled[:, a] * both, filled[:, b] * both
    sums = weights @ np.hstack([both, x, y, x * y])
    n, sx, sy, sxy = np.split(sums, 4, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(sxy / n - sx * sy / n**2)


def factor_covariances(variables: Sequence[Variable], rows: Array, weights: Matrix) -> tuple[Array, Array]:
    """Covariances of scores (D, K, K) of some respondents, and variances (D, K) of what they stand for."""
    K = len(variables)
    scores = np.column_stack([v.scores[rows] for v in variables])
    pairs = [(a, b) for a in range(K) for b in range(a + 1)]
    found = covariances(scores, pairs, weights)
    total, own = np.zeros((len(weights), K, K)), np.zeros((len(weights), K))
    for k, (a, b) in enumerate(pairs):
        total[:, a, b] = total[:, b, a] = found[:, k]
    for k, variable in enumerate(variables):
        if len(variable.slopes) < 2:
            own[:, k] = total[:, k, k]
            continue
        inner = list(combinations(range(len(variable.slopes)), 2))
        product = np.array([variable.slopes[a] * variable.slopes[b] for a, b in inner])
        weight = product / np.array([variable.residuals[a] * variable.residuals[b] for a, b in inner])
        own[:, k] = covariances(variable.parts[rows], inner, weights) @ weight / (weight @ product)
    return total, own


def bounded(total: Array, own: Array, n: float) -> Array:
    """Covariances of the variables themselves (D, K, K): total − λ* U, with U what scores vary too much.

    λ* is 1, or λ − 1/(n − 1) where the smallest root λ of |total − λU| is below 1 + 1/(n − 1) (Fuller, 1987).
    """
    diagonal = np.diagonal(total, axis1=1, axis2=2)
    unique = np.maximum(diagonal - own, 0.0)
    values, vectors = np.linalg.eigh(total)
    values = np.maximum(values, 1e-4 * values[:, -1:])
    total = (vectors * values[:, None]) @ np.swapaxes(vectors, 1, 2)
    half = (vectors * values[:, None] ** -0.5) @ np.swapaxes(vectors, 1, 2)
    largest = np.linalg.eigvalsh(half * unique[:, None] @ half)[:, -1]
    root = 1 / np.maximum(largest, 1e-12)
    weight = np.where(root >= 1 + 1 / (n - 1), 1.0, root - 1 / (n - 1))
    return np.asarray(total - (weight[:, None] * unique)[:, :, None] * np.eye(total.shape[1]))


def resampled(level: Ints, draws: int, clusters: Ints | None, rng: np.random.Generator) -> Matrix:
    """How often each respondent (N,) is drawn, in the first row once: within levels, or whole clusters."""
    out = np.ones((draws + 1, len(level)))
    if clusters is not None:
        _, unit = np.unique(clusters, return_inverse=True)
        count = int(unit.max()) + 1
        out[1:] = rng.multinomial(count, np.full(count, 1 / count), size=draws)[:, unit.ravel()]
        return out
    for g in range(level.max() + 1):
        own = np.flatnonzero(level == g)
        out[1:, own] = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), size=draws)
    return out


def level_effects(
    variables: Sequence[Variable], equations: Equations, level: Ints, weights: Matrix
) -> tuple[Array, Array]:
    """Effects of each level, and of all others together (L, D, m)."""
    L = int(level.max()) + 1
    sizes = np.array([(level == g).sum() for g in range(L)], dtype=float)
    parts = [factor_covariances(variables, level == g, weights[:, level == g]) for g in range(L)]
    total, own = (np.stack([part[k] for part in parts]) for k in range(2))
    levels = np.stack([bounded(total[g], own[g], sizes[g]) for g in range(L)])
    sd = np.sqrt(np.einsum("g,gkk->k", sizes / sizes.sum(), levels[:, 0]))
    rest = []
    for g in range(L):
        share = np.where(np.arange(L) == g, 0.0, sizes)
        share = share / share.sum()
        mixed = bounded(np.tensordot(share, total, 1), np.tensordot(share, own, 1), sizes.sum() - sizes[g])
        rest.append(equations.effects(mixed, sd))
    return np.stack([equations.effects(C, sd) for C in levels]), np.stack(rest)

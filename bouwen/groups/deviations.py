"""One factor that is alike in all groups -> what each respondent says against that, item by item.

The score of a respondent for a loading or an intercept, after taking out what the factor's own mean or
variance and residual variances could do in a group of its own (the efficient score), sums to about nothing
in a group whose item works as in the others. Comparing its means over groups is the score test of that
parameter; made with Welch's errors it bears groups whose answers vary differently, also when they are
shuffled (Chung & Romano, 2013).

References
----------
Chung & Romano (2013), Exact and asymptotically robust permutation tests, The Annals of Statistics 41.
Merkle & Zeileis (2013), Tests of measurement invariance without subgroups, Psychometrika 78.
Nye & Drasgow (2011), Effect size indices for analyses of measurement equivalence, Journal of Applied
Psychology 96.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import Array, Ints, Matrix, Vector
from bouwen.sem import fit_sem
from bouwen.special import fdtrc

LATENT, GROUP = "f", "the group"
EQUAL = ("loadings", "intercepts", "residuals", "lv.variances")
LEAST_RESIDUAL = 0.05  # of an item's variance, below which its residual is not taken


@dataclass(frozen=True, eq=False)
class OneFactor:
    """A factor of variance 1 whose items work alike in all groups, but for those let go.

    Attributes
    ----------
    loadings, residuals : array (p,)
    intercepts : array (G, p)
        Those of an item that was let go are each group's own.
    means : array (G,)
        Of the factor; the first is 0.
    let_go : array of bool (p,)
    """

    loadings: Vector
    residuals: Vector
    intercepts: Matrix
    means: Vector
    let_go: Array

    def predicted(self, group: Ints) -> Matrix:
        """What each respondent would answer at the factor mean of the own group (N, p)."""
        at_mean = self.intercepts + self.means[:, None] * self.loadings
        return np.asarray(at_mean[group])


def alike_factor(answers: Matrix, group: Ints, let_go: Sequence[int] = ()) -> OneFactor:
    """Fit the factor by maximum likelihood from every answer given.

    Parameters
    ----------
    answers : array (N, p)
        NaN where no answer was given.
    group : array (N,)
        Numbers from 0.
    let_go : sequence of int
        Items with an intercept of their own in every group.
    """
    names = [f"x{j}" for j in range(answers.shape[1])]
    data = pd.DataFrame(answers, columns=names).assign(**{GROUP: group})
    fit = fit_sem(
        LATENT + " =~ " + " + ".join(names), data, group=GROUP, group_equal=EQUAL,
        group_partial=[f"{names[j]} ~ 1" for j in let_go], missing="fiml", std_lv=True, meanstructure=True,
    )  # fmt: skip
    values, table = fit.implied.values, fit.partable
    first = {row.key: k for k, row in enumerate(table.rows) if row.group == 0}
    loadings = np.array([values[0, first[LATENT, "=~", x]] for x in names])
    residuals = np.array([values[0, first[x, "~~", x]] for x in names])
    size = loadings**2 + np.maximum(residuals, 0.0)
    free = np.zeros(len(names), dtype=bool)
    free[list(let_go)] = True
    return OneFactor(
        loadings,
        np.maximum(residuals, LEAST_RESIDUAL * size),
        values[:, [first[x, "~1", ""] for x in names]],
        values[:, first[LATENT, "~1", ""]],
        free,
    )


def efficient_scores(answers: Matrix, group: Ints, factor: OneFactor) -> tuple[Matrix, Matrix]:
    """Efficient scores of the loadings and of the intercepts, both (N, p).

    With W = Σ⁻¹ of what a respondent answered, r the distances from ``factor.predicted`` and g = W r, the
    scores are g for intercepts and (gg' − W)λ for loadings. From the first is taken what that of the factor
    mean, λ'g, tells of them, from the second what those of its variance, ½ λ'(gg' − W)λ, and of residual
    variances, ½ (g² − w), tell; from both also those of the items let go. NaN for who answered none of the
    items, and for items let go.
    """
    p, lam = len(factor.loadings), factor.loadings
    away = answers - factor.predicted(group)
    of_mean, of_spread = np.zeros((len(away), p)), np.zeros((len(away), 2 * p + 1))
    info_mean, info_spread = np.zeros((p, p)), np.zeros((2 * p + 1, 2 * p + 1))
    slopes = spread_slopes(lam)
    for rows, W in patterns(answers, factor):
        g = np.where(np.isnan(away[rows]), 0.0, away[rows]) @ W
        of_mean[rows] = g
        of_spread[rows, :p] = g * (g @ lam)[:, None] - W @ lam
        of_spread[rows, p : 2 * p] = (g**2 - np.diag(W)) / 2
        of_spread[rows, 2 * p] = ((g @ lam) ** 2 - lam @ W @ lam) / 2
        info_mean += len(rows) * W
        turned = W @ slopes
        info_spread += len(rows) / 2 * np.einsum("kij,lji->kl", turned, turned)
    open_items = np.flatnonzero(factor.let_go)
    own = np.vstack([lam, np.eye(p)[open_items]])  # directions that a group has for itself
    intercepts = projected(of_mean, of_mean @ own.T, info_mean @ own.T, own @ info_mean @ own.T)
    apart = [*range(p, 2 * p + 1), *open_items]
    loadings = projected(
        of_spread[:, :p], of_spread[:, apart], info_spread[:p, apart], info_spread[np.ix_(apart, apart)]
    )
    silent = np.isnan(answers).all(axis=1)
    for found in (loadings, intercepts):
        found[silent] = np.nan
        found[:, open_items] = np.nan
    return loadings, intercepts


def patterns(answers: Matrix, factor: OneFactor) -> Iterator[tuple[Ints, Matrix]]:
    """Respondents who answered the same items, and the inverse covariance of these, 0 at the others."""
    kinds, which = np.unique(~np.isnan(answers), axis=0, return_inverse=True)
    for k, answered in enumerate(kinds):
        own = np.flatnonzero(answered)
        W = np.zeros((len(answered), len(answered)))
        if len(own):
            lam = factor.loadings[own]
            W[np.ix_(own, own)] = np.linalg.inv(np.outer(lam, lam) + np.diag(factor.residuals[own]))
            yield np.flatnonzero(which.ravel() == k), W


def spread_slopes(lam: Vector) -> Array:
    """∂Σ of the loadings, the residual variances and the factor's variance (2p + 1, p, p)."""
    p, one = len(lam), np.eye(len(lam))
    of_loadings = one[:, :, None] * lam + lam[:, None] * one[:, None, :]
    return np.concatenate([of_loadings, one[:, :, None] * one[:, None, :], np.outer(lam, lam)[None]]).reshape(
        2 * p + 1, p, p
    )


def projected(scores: Matrix, nuisance: Matrix, crossed: Matrix, information: Matrix) -> Matrix:
    """Scores minus what those of nuisance parameters tell of them."""
    return np.asarray(scores - nuisance @ np.linalg.pinv(information) @ crossed.T)


# ------------------------------------------------------------------ comparing over groups


@dataclass(frozen=True, eq=False)
class UnitSums:
    """Scores by respondent or by cluster, ready to be added up over any groups.

    Attributes
    ----------
    features : array (U, 6, K)
        Of each unit for K scores: sum, number of respondents, their squares and product, and whether it has
        any.
    """

    features: Array

    @classmethod
    def of(cls, scores: Matrix, clusters: Ints | None = None) -> UnitSums:
        """UnitSums of scores (N, K), NaN where a respondent has none."""
        here = np.isfinite(scores)
        total, count = np.where(here, scores, 0.0), here.astype(float)
        if clusters is not None:
            places = np.arange(clusters.max() + 1)[:, None] == clusters
            total, count = places @ total, places @ count
        any_ = (count > 0).astype(float)
        return cls(np.stack([total, count, total**2, total * count, count**2, any_], axis=1))

    def signs(self, group: Ints, groups: int) -> Matrix:
        """−log p of Welch's (1951) test over groups (D, K), for units' groups (D, U).

        Of clusters, errors are those of their sums. The first axis holds shuffles.
        """
        U, F, K = self.features.shape
        flat = self.features.reshape(U, F * K)
        added = np.stack([(group == g).astype(float) @ flat for g in range(groups)], axis=1)
        total, n, squares, crossed, sizes, units = np.moveaxis(added.reshape(len(group), groups, F, K), 2, 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = total / n
            var = (squares - 2 * mean * crossed + mean**2 * sizes) / n**2 * units / (units - 1)
            weight = 1 / var
            all_ = weight.sum(axis=1)
            centre = (weight * mean).sum(axis=1) / all_
            between = (weight * (mean - centre[:, None]) ** 2).sum(axis=1) / (groups - 1)
            lost = ((1 - weight / all_[:, None]) ** 2 / (units - 1)).sum(axis=1)
            f = between / (1 + 2 * (groups - 2) / (groups**2 - 1) * lost)
            p = fdtrc(groups - 1, (groups**2 - 1) / (3 * lost), f)
        return np.asarray(-np.log(np.maximum(np.where(np.isfinite(p), p, 1.0), 1e-300)))


def shuffles(units: int, draws: int, rng: np.random.Generator) -> Ints:
    """Orders of units (draws, units)."""
    return np.asarray(rng.permuted(np.tile(np.arange(units), (draws, 1)), axis=1))


def step_down(observed: Vector, drawn: Matrix) -> Vector:
    """P-values corrected by the largest of those not yet taken (Westfall & Young, 1993, algorithm 4.1).

    >>> step_down(np.array([3.0, 1.0]), np.array([[0.0, 2.0], [1.0, 0.5], [0.2, 0.1]]))
    array([0.25, 0.5 ])
    """
    order = np.argsort(-observed, kind="stable")
    largest = np.maximum.accumulate(drawn[:, order[::-1]], axis=1)[:, ::-1]
    p = (1 + np.sum(largest >= observed[order] - 1e-9, axis=0)) / (1 + len(drawn))
    out = np.empty(len(observed))
    out[order] = np.maximum.accumulate(p)
    return out


# ------------------------------------------------------------------ how much it matters


def dmacs(
    loading: tuple[float, float], intercept: tuple[float, float], mean: float, variance: float, sd: float
) -> float:
    """How far an item's expected answers lie apart in two groups, in standard deviations: dMACS.

    √∫ (Ŷ₁ − Ŷ₂)² f₂(η) dη / SD, with Ŷ = ν + λη and f₂ normal: √((Δν + Δλ μ)² + Δλ² σ²) / SD.

    Parameters
    ----------
    loading, intercept : pair of float
        Of the reference group and of the focal group.
    mean, variance : float
        Of the factor in the focal group.
    sd : float
        Of the item, pooled: ((n₁ − 1) SD₁ + (n₂ − 1) SD₂) / (n₁ + n₂ − 2).

    References
    ----------
    Nye & Drasgow (2011), equation 3.

    >>> round(dmacs((0.7, 0.7), (3.0, 3.5), 0.2, 1.0, 1.0), 3)
    0.5
    """
    steeper = loading[0] - loading[1]
    apart = intercept[0] - intercept[1] + steeper * mean
    return float(np.sqrt(apart**2 + steeper**2 * variance) / sd)


def scale_shift(
    loading: tuple[float, float], intercept: tuple[float, float], mean: float, items: int
) -> float:
    """What an item's deviation adds to the mean of a scale of so many items in the focal group.

    ∫ (Ŷ₂ − Ŷ₁) f₂(η) dη / items, in points of the answer scale (Nye & Drasgow, 2011, equation 4).

    >>> scale_shift((0.7, 0.7), (3.0, 3.6), 0.2, 3)
    0.2
    """
    return float(round((intercept[1] - intercept[0] + (loading[1] - loading[0]) * mean) / items, 12))

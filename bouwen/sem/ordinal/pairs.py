"""Pairs of items -> their latent correlations and who moved them.

The bivariate half of the first stage of DWLS and WLSMV: polychoric, polyserial and Pearson
correlations by maximum likelihood with the margins held, and the influence of every
respondent, which carries the uncertainty of the margins along.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bouwen.checks import Array
from bouwen.sem.ordinal.bivariate import (
    EDGE,
    FAR,
    Indices,
    cell_probabilities,
    cell_slopes,
    cell_strips,
    interval_probabilities,
    normal_pdf,
    pearson,
    polychoric_of_cases,
    polychoric_of_tables,
    polyserial,
    rectangle_probabilities,
)
from bouwen.sem.ordinal.margins import Continuous, Margin, Ordered


@dataclass(frozen=True, eq=False)
class PairCorrelations:
    """The K = p(p − 1)/2 pairs, column by column below the diagonal.

    Attributes
    ----------
    first, second : integer arrays (K,)
    rho : array (K,)
    influence : array (K, N)
        N times each respondent's part in the covariance of the pair, that is ρ times the
        standard deviations of the continuous items.
    warnings : tuple of str
    """

    first: Indices
    second: Indices
    rho: Array
    influence: Array
    warnings: tuple[str, ...]


def correlate_pairs(margins: Sequence[Margin], covariates: Array) -> PairCorrelations:
    """Estimate every latent correlation, and each respondent's influence on it.

    With s the score of ρ and t those of the margins, the influence is
    {N s − Σ (Σ s t) · influence on the margin} / Σ s².

    References
    ----------
    Muthén (1984); Muthén & Satorra (1995).
    """
    first, second = np.triu_indices(len(margins), 1)
    rho = np.empty(len(first))
    influence = np.empty((len(first), len(covariates)))
    ordered = np.array([isinstance(margin, Ordered) for margin in margins])
    scores = np.stack([margin.score for margin in margins])
    present = np.stack([margin.present for margin in margins])
    start = (scores @ scores.T / (present @ present.T))[first, second]
    warnings: list[str] = []

    both, neither = ordered[first] & ordered[second], ~ordered[first] & ~ordered[second]
    given = bool(covariates.shape[1])
    if both.any() and not given:
        tables = CrossTables.count([margin for margin in margins if isinstance(margin, Ordered)])
        rho[both] = tables.correlations(start[both])
        influence[both] = tables.influence(rho[both])
        warnings += tables.warnings()
    for kind, solve in (
        (both & given, _ordered_pairs),
        (~both & ~neither, _mixed_pairs),
        (neither, _continuous_pairs),
    ):
        if kind.any():
            # a mixed pair puts its ordered item first
            turn = ordered[second[kind]] & ~ordered[first[kind]]
            i, j = np.where(turn, second[kind], first[kind]), np.where(turn, first[kind], second[kind])
            cases = solve(_Side(margins, i), _Side(margins, j), start[kind])
            rho[kind] = cases.rho
            influence[kind] = _case_influence(cases, margins, i, j, covariates)
    warnings += [
        f'"{margins[i].name}" and "{margins[j].name}" agree perfectly: their correlation is at the edge'
        for i, j in zip(first[abs(rho) > EDGE - 1e-6], second[abs(rho) > EDGE - 1e-6], strict=True)
    ]
    _to_covariances(influence, rho, margins, first, second)
    return PairCorrelations(first, second, rho, influence, tuple(warnings))


def _to_covariances(
    influence: Array, rho: Array, margins: Sequence[Margin], first: Indices, second: Indices
) -> None:
    """Turn influences on ρ into influences on ρ σ₁ σ₂, in place.

    d(ρσ₁σ₂) = σ₁σ₂ dρ + ρ (σ₂/2σ₁) dσ₁² + ρ (σ₁/2σ₂) dσ₂²
    """
    for k, (i, j) in enumerate(zip(first, second, strict=True)):
        one, two = margins[i], margins[j]
        scale = np.sqrt(one.variance * two.variance)
        if scale != 1:
            influence[k] *= scale
        for item in (one, two):
            if isinstance(item, Continuous):
                influence[k] += rho[k] * scale / (2 * item.variance) * item.influence[-1]


@dataclass(frozen=True, eq=False)
class CrossTables:
    """Cross tables of ordered items, padded to the largest number of categories C.

    ``codes`` is (p, N) with C for a missing answer; ``counts`` (K, C, C); ``thresholds``
    (p, C + 1); ``answers`` (p, C + 1, C − 1) holds each answer's influence on each threshold.
    """

    items: Sequence[Ordered]
    codes: Indices
    counts: Array
    thresholds: Array
    answers: Array

    @property
    def first(self) -> Indices:
        """The one item (K,) of each pair, in the order of pairs above the diagonal."""
        return np.triu_indices(len(self.items), 1)[0]

    @property
    def second(self) -> Indices:
        """The other item (K,) of each pair."""
        return np.triu_indices(len(self.items), 1)[1]

    @classmethod
    def count(cls, items: Sequence[Ordered]) -> CrossTables:
        """Cross every item with every other."""
        p, size = len(items), max(len(item.categories) for item in items)
        codes = np.stack([np.where(item.present > 0, item.codes, size) for item in items])
        chosen = (codes[:, None, :] == np.arange(size)[:, None]).astype(float).reshape(p * size, -1)
        first, second = np.triu_indices(p, 1)
        counts = (chosen @ chosen.T).reshape(p, size, p, size)[first, :, second, :]
        thresholds = np.full((p, size + 1), FAR)
        thresholds[:, 0] = -FAR
        answers = np.zeros((p, size + 1, size - 1))
        for k, item in enumerate(items):
            levels = len(item.thresholds)
            thresholds[k, 1 : levels + 1] = item.thresholds
            answers[k, : levels + 1, :levels] = item.answer_influence()[:-1]
        return cls(items, codes, counts, thresholds, answers)

    def correlations(self, start: Array) -> Array:
        """Polychoric correlations (K,), thresholds held."""
        rows, columns = self.thresholds[self.first], self.thresholds[self.second]
        return polychoric_of_tables(without_empty_corner(self.counts), rows, columns, start)

    def influence(self, rho: Array) -> Array:
        """Influences (K, N) of the respondents on each correlation: a table, read off by answer."""
        first, second = self.first, self.second
        rows, columns = self.thresholds[first], self.thresholds[second]
        size, n = self.counts.shape[-1], self.codes.shape[1]
        table = influence_tables(
            self.counts, rows, columns, rho, self.answers[first], self.answers[second], np.array(n)
        )
        row = np.arange(len(first))[:, None] * (size + 1) + self.codes[first]
        return np.asarray(table.ravel()[row * (size + 1) + self.codes[second]])

    def empty_cells(self) -> Indices:
        """How many cells of each cross table (K,) nobody fills."""
        size = np.array([len(item.categories) for item in self.items])
        position = np.arange(self.counts.shape[-1])
        real = (position < size[self.first, None])[:, :, None] & (position < size[self.second, None])[
            :, None, :
        ]
        return np.asarray((real & (self.counts == 0)).sum(axis=(1, 2)))

    def warnings(self) -> list[str]:
        """One sentence naming the pairs with empty cells."""
        pairs = np.flatnonzero(self.empty_cells())
        if not len(pairs):
            return []
        named = [f"{self.items[self.first[k]].name} × {self.items[self.second[k]].name}" for k in pairs]
        shown = ", ".join(named[:5]) + (" and others" if len(named) > 5 else "")
        return [f"{len(pairs)} of {len(self.first)} cross tables have empty cells: {shown}"]


def influence_tables(
    counts: Array, rows: Array, columns: Array, rho: Array, first: Array, second: Array, n: Array
) -> Array:
    """How much an answer to each of two ordered items moves their correlation.

    Parameters
    ----------
    counts : array (..., K, C, C)
        Cross tables of those who answered both.
    rows, columns : arrays (..., K, C + 1)
        Thresholds, with ∓`FAR` at the ends.
    rho : array (..., K)
        Correlations at the maximum.
    first, second : arrays (..., K, C + 1, C − 1)
        Influence of each answer, the missing one last, on each threshold.
    n : array (...)
        Respondents in all.

    Returns
    -------
    array (..., K, C + 1, C + 1)
        By the answers, the missing one last.
    """
    cells = cell_probabilities(rows, columns, rho)
    score = cell_slopes(rows, columns, rho)[0] / cells
    weighted = counts * score / cells
    above = cell_strips(rows, columns, rho)[..., 1:-1, :]
    left = cell_strips(columns, rows, rho)[..., 1:-1, :].swapaxes(-1, -2)
    by_first = np.sum(above * -np.diff(weighted, axis=-2), axis=-1)
    by_second = np.sum(left * -np.diff(weighted, axis=-1), axis=-2)
    size = counts.shape[-1]
    table = np.zeros((*rho.shape, size + 1, size + 1))
    table[..., :size, :size] = n[..., None, None, None] * score
    table -= (first @ by_first[..., None])[..., 0][..., :, None]
    table -= (second @ by_second[..., None])[..., 0][..., None, :]
    table /= np.sum(counts * score * score, axis=(-2, -1))[..., None, None]
    return table


def without_empty_corner(counts: Array) -> Array:
    """Move ½ into the one empty cell of a 2 × 2 table (..., C, C); its margins stay.

    Only a single empty cell: with two on a diagonal the items agree perfectly.
    """
    corner = counts[..., :2, :2]
    small = counts.sum(axis=(-2, -1)) == corner.sum(axis=(-2, -1))
    single = small & ((corner == 0).sum(axis=(-2, -1)) == 1)
    if not single.any():
        return counts
    filled = counts.copy()
    on_diagonal = (corner[..., 0, 0] == 0) | (corner[..., 1, 1] == 0)
    sign = np.where(on_diagonal, 0.5, -0.5)[single, None, None]
    filled[single, :2, :2] += sign * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return filled


@dataclass(frozen=True, eq=False)
class _Cases:
    """Some pairs at their maximum: derivatives of each respondent's log-likelihood.

    ``by_rho`` is (K, N); ``by_first`` and ``by_second`` (K, N, 2) are by the limits of an
    ordered item, or by the mean and variance of a continuous one.
    """

    rho: Array
    by_rho: Array
    by_first: Array
    by_second: Array


class _Side:
    """One side of K pairs, stacked."""

    def __init__(self, margins: Sequence[Margin], index: Indices) -> None:
        self.present = np.stack([item.present for item in margins])[index]
        self.score = np.stack([item.score for item in margins])[index]
        self.variance = np.array([item.variance for item in margins])[index, None]
        no_limits = np.empty((len(margins[0].score), 2))
        self.limits = np.stack([m.limits if isinstance(m, Ordered) else no_limits for m in margins])[index]


def _case_influence(
    cases: _Cases, margins: Sequence[Margin], first: Indices, second: Indices, covariates: Array
) -> Array:
    """Influence on ρ, (K, N), from derivatives by respondent."""
    influence = len(covariates) * cases.by_rho
    for index, derivative in ((first, cases.by_first), (second, cases.by_second)):
        product = cases.by_rho[..., None] * derivative
        for i in np.unique(index):
            mine = index == i
            influence[mine] -= margins[i].gather(product[mine], covariates) @ margins[i].influence
    influence /= np.sum(cases.by_rho**2, axis=1, keepdims=True)
    return influence


def _ordered_pairs(one: _Side, two: _Side, start: Array) -> _Cases:
    """Polychoric correlations given covariates."""
    present = one.present * two.present
    rho = polychoric_of_cases(one.limits, two.limits, present, start)
    each = np.broadcast_to(rho[:, None], present.shape)
    inside = rectangle_probabilities(one.limits, two.limits, each)[..., 0, 0]
    weight = present / inside
    by_rho = weight * cell_slopes(one.limits, two.limits, each)[0][..., 0, 0]
    ends = np.array([-1.0, 1.0])
    by_first = weight[..., None] * ends * cell_strips(one.limits, two.limits, each)[..., 0]
    by_second = weight[..., None] * ends * cell_strips(two.limits, one.limits, each)[..., 0]
    return _Cases(rho, by_rho, by_first, by_second)


def _mixed_pairs(one: _Side, two: _Side, start: Array) -> _Cases:
    """Polyserial correlations; the first item is the ordered one."""
    present = one.present * two.present
    z = two.score
    rho = polyserial(z, one.limits, present, start)
    r = rho[:, None]
    root = np.sqrt(1 - r * r)
    weight = present / interval_probabilities(z, one.limits, r)
    ends = np.array([-1.0, 1.0])
    by_limits = (
        (weight / root)[..., None] * ends * normal_pdf((one.limits - (r * z)[..., None]) / root[..., None])
    )
    speed = (r[..., None] * one.limits - z[..., None]) / (root * root)[..., None]
    by_rho = np.sum(by_limits * speed, axis=-1)
    by_z = -z * present - r * by_limits.sum(axis=-1)
    return _Cases(rho, by_rho, by_limits, _by_mean_and_variance(by_z, z, two.variance, present))


def _continuous_pairs(one: _Side, two: _Side, start: Array) -> _Cases:
    """Pearson correlations."""
    present = one.present * two.present
    a, b = one.score * present, two.score * present
    rho = pearson(np.sum(a * b, axis=1), np.sum(a * a + b * b, axis=1), present.sum(axis=1))
    r = rho[:, None]
    free = 1 - r * r
    by_rho = (present * r * free + (1 + r * r) * a * b - r * (a * a + b * b)) / free**2
    by_a, by_b = (r * b - a) / free, (r * a - b) / free
    return _Cases(
        rho,
        by_rho,
        _by_mean_and_variance(by_a, a, one.variance, present),
        _by_mean_and_variance(by_b, b, two.variance, present),
    )


def _by_mean_and_variance(by_z: Array, z: Array, variance: Array, present: Array) -> Array:
    """From the derivative by z = (x − μ)/σ to those by μ and σ², the density's 1/σ included."""
    return np.stack([-by_z / np.sqrt(variance), -(present + z * by_z) / (2 * variance)], axis=-1)

"""Resampled respondents -> thresholds, latent correlations and their weights, for many draws at once.

The first stage of DWLS depends on the answers through cross tables only, so a draw is its tables: those
of all draws come from one matrix product, and every correlation of every draw climbs to its peak together.
With covariates or continuous items there are no tables; such draws are built and estimated one by one.

References
----------
Olsson (1979); Muthén (1984); Muthén, du Toit & Spisic (1997).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bouwen.checks import Array
from bouwen.errors import BouwenError
from bouwen.sem.family.ordinal import OrdinalFamily
from bouwen.sem.ordinal.bivariate import FAR, normal_pdf, polychoric_of_tables
from bouwen.sem.ordinal.discrepancy import WeightedLeastSquares
from bouwen.sem.ordinal.moments import ordinal_moments
from bouwen.sem.ordinal.pairs import influence_tables, without_empty_corner
from bouwen.special import ndtr, ndtri

CELLS = 100000  # of cross tables worked on at a time: what a processor keeps near


@dataclass(frozen=True, eq=False)
class OrderedItems:
    """The ordered items of a model: their numbers of categories (p,) and the K pairs, first < second."""

    sizes: NDArray[np.intp]
    first: NDArray[np.intp]
    second: NDArray[np.intp]

    @property
    def largest(self) -> int:
        """Largest number of categories, C."""
        return int(self.sizes.max())


def weighted_ordinal_objective(family: OrdinalFamily, weights: Array) -> WeightedLeastSquares:
    """The distances of many draws, in each of which every respondent counts a number of times.

    Parameters
    ----------
    family : OrdinalFamily
    weights : array (D, N)
        How often each respondent is drawn, in the order of the sample's groups and rows: whole numbers.

    Returns
    -------
    WeightedLeastSquares
        ``statistics`` and ``weight`` (D, G, k). NaN where a draw lacks an answer category that the sample
        has, or two items that nobody drawn answered both.
    """
    bounds = np.cumsum([len(rows) for rows in family.sample.rows])[:-1]
    by_group = np.split(np.asarray(weights, dtype=float), bounds, axis=1)
    tabled = 1 < len(family.structure.ordered) == family.structure.p
    stage = _from_tables if tabled else _from_rows
    found = [stage(family, g, part) for g, part in enumerate(by_group)]
    n = np.stack([part.sum(axis=1) for part in by_group], axis=-1)
    return replace(
        family.objective,
        n=n,
        statistics=np.stack([statistics for statistics, _ in found], axis=1),
        weight=1 / np.stack([variances for _, variances in found], axis=1),
        share=(n - 1) / n.sum(axis=1, keepdims=True),
    )


def _from_rows(family: OrdinalFamily, g: int, weights: Array) -> tuple[Array, Array]:
    """Statistics and N times their variances (D, k), from the rows of each draw."""
    m, rows, names = family.moments[g], family.sample.rows[g], family.structure.observed
    place = {name: k for k, name in enumerate(names)}
    inner, given = [place[name] for name in m.names], [place[name] for name in m.covariates]
    statistics = np.full((len(weights), len(m.statistics)), np.nan)
    variances = statistics.copy()
    for d, counts in enumerate(weights):
        drawn = np.repeat(rows, counts.astype(int), axis=0)
        try:
            of_draw = ordinal_moments(
                drawn[:, inner],
                m.ordered,
                m.names,
                categories=m.categories,
                covariates=drawn[:, given] if given else None,
                covariate_names=m.covariates,
                missing="pairwise",
            )
        except BouwenError:  # a category that nobody drawn has chosen: the draw stays NaN
            continue
        statistics[d], variances[d] = of_draw.statistics, np.diag(of_draw.gamma)
    return statistics, variances


def _from_tables(family: OrdinalFamily, g: int, weights: Array) -> tuple[Array, Array]:
    """Statistics and N times their variances (D, k), from the cross tables of each draw."""
    m, st = family.moments[g], family.structure
    first, second = np.triu_indices(st.p, 1)
    items = OrderedItems(np.array([len(values) for values in m.categories]), first, second)
    codes = answer_codes(family.sample.rows[g], m.categories, items.largest)
    step = max(1, CELLS // (len(first) * (items.largest + 1) ** 2))
    start = m.cov[first, second]
    parts = [
        first_stage(weighted_tables(codes, weights[at : at + step], items), items, start)
        for at in range(0, len(weights), step)
    ]
    statistics, variances = (np.concatenate(part) for part in zip(*parts, strict=True))
    return statistics, variances


def answer_codes(rows: Array, categories: tuple[Array, ...], missing: int) -> NDArray[np.intp]:
    """Places (N, p) of answers among an item's categories; ``missing`` where there is none."""
    codes = np.stack(
        [np.searchsorted(values, column) for values, column in zip(categories, rows.T, strict=True)], axis=-1
    )
    return np.where(np.isnan(rows), missing, codes)


def weighted_tables(codes: NDArray[np.intp], weights: Array, items: OrderedItems) -> Array:
    """Cross tables (D, K, C + 1, C + 1) of all pairs, the missing answer last."""
    size = items.largest + 1
    cell = codes[:, items.first] * size + codes[:, items.second]
    tables = np.empty((len(weights), len(items.first), size * size))
    for k, column in enumerate(cell.T):
        tables[:, k] = weights @ (column[:, None] == np.arange(size * size)).astype(float)
    return tables.reshape(len(weights), len(items.first), size, size)


def first_stage(tables: Array, items: OrderedItems, start: Array) -> tuple[Array, Array]:
    """Thresholds and polychoric correlations of each draw, and N times their variances.

    Parameters
    ----------
    tables : array (D, K, C + 1, C + 1)
        Cross tables of all pairs, the missing answer last.
    items : Items
    start : array (K,)
        Correlations to start from, such as those of the sample.

    Returns
    -------
    statistics, variances : arrays (D, k)
        Item by item its thresholds, then the correlations; NaN where a category or a pair is empty.
    """
    C, p = items.largest, len(items.sizes)
    margins = _margins(tables, p)
    real = np.arange(C) < items.sizes[:, None]
    lacking = ((margins[..., :C] == 0) & real).any(axis=(1, 2))
    lacking |= (tables[..., :C, :C].sum(axis=(-2, -1)) == 0).any(axis=1)
    statistics = np.full((len(tables), int((items.sizes - 1).sum()) + len(items.first)), np.nan)
    variances = statistics.copy()
    usable = ~lacking
    if usable.any():
        statistics[usable], variances[usable] = _usable_draws(
            tables[usable], margins[usable], items, real, start
        )
    return statistics, variances


def _margins(tables: Array, p: int) -> Array:
    """Answers to each item (D, p, C + 1), read off one table that it is part of."""
    with_next = np.cumsum(np.r_[0, np.arange(p - 1, 1, -1)])  # pair (i, i + 1), or (p − 2, p − 1) at the end
    by_first = tables[:, with_next].sum(axis=-1)
    last = tables[:, -1].sum(axis=-2)
    return np.concatenate([by_first, last[:, None]], axis=1)


def _usable_draws(
    tables: Array, margins: Array, items: OrderedItems, real: NDArray[np.bool_], start: Array
) -> tuple[Array, Array]:
    C = items.largest
    n = margins.sum(axis=-1)[:, 0]
    answered = margins[..., :C].sum(axis=-1, keepdims=True)
    inner = real[:, 1:]  # (p, C − 1): thresholds that exist
    below = np.cumsum(margins[..., : C - 1], axis=-1) / answered
    tau = np.where(inner, ndtri(np.where(inner, below, 0.5)), FAR)
    influence = _answer_influence(tau, inner, n[:, None] / answered[..., 0])
    ends = np.full((*tau.shape[:-1], 1), FAR)
    limits = np.concatenate([-ends, tau, ends], axis=-1)
    rows, columns = limits[:, items.first], limits[:, items.second]
    counts = tables[..., :C, :C]
    begin = np.broadcast_to(start, counts.shape[:2])
    rho = polychoric_of_tables(without_empty_corner(counts), rows, columns, begin)
    moved = influence_tables(
        counts, rows, columns, rho, influence[:, items.first], influence[:, items.second], n
    )
    of_thresholds = np.einsum("dpa,dpat->dpt", margins, influence**2)[:, inner]
    of_correlations = (tables * moved * moved).sum(axis=(-2, -1))
    statistics = np.concatenate([tau[:, inner], rho], axis=-1)
    return statistics, np.concatenate([of_thresholds, of_correlations], axis=-1) / n[:, None]


def _answer_influence(tau: Array, inner: NDArray[np.bool_], scale: Array) -> Array:
    """Influence of each answer on each threshold, (D, p, C + 1, C − 1): {1[c ≤ t] − Φ(τ_t)} / φ(τ_t).

    Times ``scale`` (D, p), respondents over answers; 0 for a missing answer, the last one.
    """
    levels = tau.shape[-1]
    reached = np.arange(levels + 2)[:, None] <= np.arange(levels)
    at = np.where(inner, tau, 0.0)[..., None, :]
    influence: Array = scale[..., None, None] * (reached - ndtr(at)) / normal_pdf(at)
    influence[..., -1, :] = 0.0
    return np.where(inner[:, None, :], influence, 0.0)

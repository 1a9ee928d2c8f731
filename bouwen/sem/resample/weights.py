"""How often each respondent is drawn in a bootstrap sample."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bouwen.checks import Array, Ints
from bouwen.sem.normal.moments import Sample
from bouwen.sem.resample.memory import parts_of
from bouwen.sem.resample.workers import CHUNK


def respondent_weights(n: int, draws: int, seed: int, units: Ints | None = None) -> Iterator[Array]:
    """Weights (up to `CHUNK` draws, n) of samples of n respondents with replacement, a chunk at a time.

    One generator draws all chunks in turn, for figures that need no model and so no workers; fewer draws at a
    time, where respondents are many, are the same draws. ``units`` numbers the clusters of respondents from
    0, of which as many are drawn as there are.
    """
    count = n if units is None else int(units.max()) + 1
    rng = np.random.default_rng(seed)
    for first in range(0, draws, CHUNK):
        for part in parts_of(min(CHUNK, draws - first), 3 * 8 * n):
            drawn = rng.multinomial(count, np.full(count, 1 / count), size=part.stop - part.start)
            yield (drawn if units is None else drawn[:, units]).astype(float)


def resampling_weights(sample: Sample, rng: np.random.Generator, size: int) -> Array:
    """How often each respondent is drawn, (size, n_total), in the order of groups and rows.

    As many units are drawn from a group as it has, a unit being a respondent or a cluster of them.
    """
    blocks = []
    for unit in units_of(sample):
        count = int(unit.max()) + 1
        chosen = rng.integers(0, count, (size, count)) + count * np.arange(size)[:, None]
        times = np.bincount(chosen.ravel(), minlength=size * count).reshape(size, count)
        blocks.append(times[:, unit])
    return np.concatenate(blocks, axis=1).astype(float)


def with_sampling_weights(times: Array, sample: Sample) -> Array:
    """Times that each respondent is drawn (D, n_total), each with the respondent's sampling weight.

    The weights of a draw have a mean of 1, as those of the sample have.
    """
    weighted = times * np.concatenate(sample.weights)
    total = weighted.sum(axis=1, keepdims=True)
    return np.asarray(weighted * (times.sum(axis=1, keepdims=True) / np.where(total > 0, total, 1.0)))


def leaving_out_weights(sample: Sample, some: slice = slice(None)) -> tuple[Array, Ints]:
    """Weights (units, n_total) of the samples without one respondent or cluster, and each one's group.

    Of all units, or of some.
    """
    units = units_of(sample)
    edges = np.cumsum([0, *map(len, units)])
    counts = [int(unit.max()) + 1 for unit in units]
    strata = np.repeat(np.arange(len(units)), counts)[some]
    number = np.concatenate([np.arange(count) for count in counts])[some]
    weights = np.ones((len(strata), edges[-1]))
    for g, unit in enumerate(units):
        weights[strata == g, edges[g] : edges[g + 1]] = number[strata == g, None] != unit
    return weights, strata


def count_units(sample: Sample) -> int:
    """Respondents, or clusters where the sample has them."""
    return sum(int(unit.max()) + 1 for unit in units_of(sample))


def units_of(sample: Sample) -> list[Ints]:
    """For each group the number of each respondent's unit: their own, or that of their cluster."""
    if not sample.cluster:
        return [np.arange(len(rows)) for rows in sample.rows]
    return [np.unique(cluster, return_inverse=True)[1] for cluster in sample.cluster]

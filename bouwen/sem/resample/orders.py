"""Respondents -> random orders of them that keep together what belongs together."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from bouwen.checks import Array, Ints


def shuffled_rows(kind: Array, size: int, rng: np.random.Generator, clusters: Ints | None = None) -> Ints:
    """Random orders (size, n) of respondents, each among those of the same kind.

    Parameters
    ----------
    kind : array (n,)
        Whom a respondent may be exchanged with.
    size : int
        Orders.
    rng : Generator
    clusters : array (n,), optional
        Whole clusters are exchanged with clusters of as many respondents of each kind, and respondents
        within theirs, so that whoever resembles each other stays together. A cluster that is unlike all
        others keeps its place.

    References
    ----------
    Winkler, Webster, Vidaurre, Nichols & Smith (2015), Multi-level block permutation. NeuroImage 123.
    """
    if clusters is None:
        keys = rng.random((size, len(kind))) + kind
        own = np.argsort(kind, kind="stable")
        orders = np.empty((size, len(kind)), dtype=np.intp)
        orders[:, own] = np.argsort(keys, axis=1)
        return orders
    orders = np.tile(np.arange(len(kind)), (size, 1))
    for members in exchangeable(kind, clusters):
        count, m = members.shape
        exchanged = members[np.argsort(rng.random((size, count)), axis=1)]
        within = np.argsort(rng.random((size, count, m)) + kind[members[0]], axis=2)
        orders[:, members.ravel()] = np.take_along_axis(exchanged, within, axis=2).reshape(size, -1)
    return orders


def exchangeable(kind: Array, clusters: Ints) -> list[Ints]:
    """Rows (clusters, members) of the clusters that have as many respondents of each kind."""
    order = np.lexsort((kind, clusters))
    edges = np.flatnonzero(np.diff(clusters[order])) + 1
    found: dict[tuple[float, ...], list[Ints]] = defaultdict(list)
    for rows in np.split(order, edges):
        found[tuple(kind[rows].tolist())].append(rows)
    return [np.stack(rows) for rows in found.values()]

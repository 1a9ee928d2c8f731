"""Answer categories that nobody of some group chose: named together, or joined with a neighbour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bouwen.checks import Array
from bouwen.sem.ordinal.margins import EmptyCategory


def refuse_empty(rows: Sequence[Array], items: Sequence[tuple[int, str]], groups: Sequence[str]) -> None:
    """Raise `EmptyCategory` with every category that is chosen somewhere, but by nobody of some group.

    Parameters
    ----------
    rows : sequence of arrays (n, p)
        Of each group.
    items : sequence of (column, name)
        The ordered ones.
    groups : sequence of str
    """
    empty = []
    for column, name in items:
        values, counts = count_categories(rows, column)
        if (np.count_nonzero(counts, axis=1) < 2).any():
            continue  # no variable at all in that group, which is refused by its own name
        empty += [(name, float(values[k]), groups[g]) for k, g in np.argwhere(counts.T == 0).tolist()]
    if empty:
        raise EmptyCategory(empty)


def count_categories(rows: Sequence[Array], column: int) -> tuple[Array, Array]:
    """The values (C,) that an item has in some group, and how many of each group (G, C) chose each."""
    values = np.unique(np.concatenate([x[:, column] for x in rows]))
    values = values[~np.isnan(values)]
    return values, np.array([[np.sum(x[:, column] == value) for value in values] for x in rows])


def join_categories(
    rows: Sequence[Array], items: Sequence[tuple[int, str]]
) -> tuple[tuple[Array, ...], list[str]]:
    """Rows in which every category is chosen in every group, and what was joined to get there.

    A category that somebody lacks takes the place of its neighbour towards the middle of the scale, in all
    groups alike, until none is left that some group lacks or only two categories are.
    """
    out, notes = tuple(x.copy() for x in rows), []
    for column, name in items:
        joined: dict[float, list[float]] = {}
        while True:
            values, counts = count_categories(out, column)
            lacking = np.flatnonzero((counts == 0).any(axis=0))
            if not len(lacking) or len(values) <= 2:
                break
            k = int(lacking[np.argmax(np.abs(lacking - (len(values) - 1) / 2))])  # from the ends inwards
            one, other = float(values[k]), float(values[k + 1 if k < (len(values) - 1) / 2 else k - 1])
            for x in out:
                x[x[:, column] == one, column] = other
            joined[other] = sorted({*joined.pop(other, [other]), *joined.pop(one, [one])})
        for parts in joined.values():
            numbers = ", ".join(f"{part:g}" for part in parts)
            notes.append(f'categories {numbers} of "{name}" count as one, because a group lacks one of them')
    return out, notes

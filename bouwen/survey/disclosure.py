"""Counts that could point at a respondent are not shown.

A count from 1 to ``min_cell`` − 1 is a small cell. Hiding one cell of a table whose total is
known would leave it to be found by subtraction, so a second cell is hidden with it; in answer
distributions small cells are counted with a neighbouring answer instead.
"""

from __future__ import annotations

import pandas as pd


def hidden(counts: pd.Series, min_cell: int) -> pd.Series:
    """Which counts of one table with a known total must not be shown.

    Parameters
    ----------
    counts : Series of int (k,)
        Respondents per category.
    min_cell : int
        The smallest count that may be shown.

    Returns
    -------
    Series of bool (k,)
        True for every small cell and, if that is a single one, for the next smallest cell too.

    >>> hidden(pd.Series({"a": 3, "b": 8, "c": 30}), 5).tolist()
    [True, True, False]
    >>> hidden(pd.Series({"a": 0, "b": 8}), 5).tolist()
    [False, False]
    """
    small = (counts > 0) & (counts < min_cell)
    if small.sum() == 1 and (counts[~small] > 0).any():
        rest = counts[~small & (counts > 0)]
        small = small | (counts.index == rest.idxmin())
    return small


def pooled(counts: pd.Series, min_cell: int) -> pd.Series:
    """Ordered counts with every small cell added to the neighbour towards the middle.

    Parameters
    ----------
    counts : Series of int (k,)
        Respondents per answer, lowest answer first.
    min_cell : int
        The smallest count that may be shown.

    Returns
    -------
    Series of int (k,)
        The same total; every count is zero or at least ``min_cell``, unless the total is smaller,
        which leaves nothing but zeros.

    >>> pooled(pd.Series([2, 4, 20, 30, 3]), 5).tolist()
    [0, 6, 20, 33, 0]
    >>> pooled(pd.Series([1, 0, 2]), 5).tolist()
    [0, 0, 0]
    """
    values = [int(v) for v in counts]
    middle = len(values) // 2
    if sum(values) < min_cell:
        return pd.Series(0, index=counts.index)
    for order, step in ((range(middle), 1), (range(len(values) - 1, middle, -1), -1)):
        for i in order:
            if 0 < values[i] < min_cell:
                values[i + step] += values[i]
                values[i] = 0
    if 0 < values[middle] < min_cell:
        target = max((i for i in range(len(values)) if i != middle), key=lambda i: values[i])
        values[target] += values[middle]
        values[middle] = 0
    return pd.Series(values, index=counts.index)


def count_text(counts: pd.Series, min_cell: int) -> pd.Series:
    """Counts as text, with ``<min_cell`` (or ``–`` for a cell hidden with it) where they are hidden.

    >>> count_text(pd.Series([3, 8, 30]), 5).tolist()
    ['<5', '–', '30']
    """
    secret = hidden(counts, min_cell)
    text = counts.astype(int).astype(str).astype(object)
    text[secret] = "–"
    text[secret & (counts < min_cell)] = f"<{min_cell}"
    return text

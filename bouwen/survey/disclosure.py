"""What counts, shares and figures of answers may be shown, so that nobody is given away.

A count below ``min_cell`` is a small cell; none is not told apart from few. Hiding small cells alone would
leave them to be found from the total, and hiding the next smallest with them would tell that it is the next
smallest: others are hidden that their place in the table alone decides. In answer distributions small cells
are counted with a neighbouring answer instead, and moments are as fine as what is not shown stays open
(`shown_moments`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bouwen.checks import Array, Vector
from bouwen.survey.settings import MIN_WIDTH

if TYPE_CHECKING:
    from bouwen.survey.study import Study

NOT_SHOWN = "–"  # the one mark of what is not shown, whatever the reason
UNANSWERED = ""  # the level of those who gave none


def hidden(counts: pd.Series, min_cell: int, min_width: int = MIN_WIDTH) -> pd.Series:
    """Which counts of one table with a known total must not be shown.

    Whoever sees the total and all counts that are shown is left with more than ``min_width`` values for each
    hidden one, and with ``min_cell`` of them who knows this rule as well.

    Parameters
    ----------
    counts : Series of int (k,)
        Respondents per category.
    min_cell : int
        The smallest count that may be shown.
    min_width : int
        Values that stay open for a count that is not shown.

    Returns
    -------
    Series of bool (k,)
        True for every small cell, and for as many cells before the last of them (and then from the end) as
        it takes for one that is not small to be among them and for all hidden to hold twice ``min_cell``
        respondents. Everything where the total is below that.

    >>> hidden(pd.Series({"a": 3, "b": 8, "c": 30}), 5).tolist()
    [True, False, True]
    >>> hidden(pd.Series({"a": 9, "b": 8}), 5).tolist()
    [False, False]
    """
    secret = hidden_cells([int(v) for v in counts], min_cell, max(min_cell, min_width))
    return pd.Series(secret, index=counts.index, dtype=bool)


def hidden_cells(values: Sequence[int], min_cell: int, least: int) -> list[bool]:
    """`hidden`, of counts in a list; what is hidden holds twice ``least`` respondents."""
    k = len(values)
    secret = [value < min_cell or sum(values) < 2 * least for value in values]
    if any(secret):
        last = max(i for i in range(k) if secret[i])
        for done, i in enumerate(i % k for i in range(last - 1, last - k, -1) if not secret[i % k]):
            if done and sum(v for v, s in zip(values, secret, strict=True) if s) >= 2 * least:
                break
            secret[i] = True
    return secret


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
        The same total; every count is zero or at least ``min_cell``, unless the total is below twice that,
        which leaves nothing but zeros.

    >>> pooled(pd.Series([2, 4, 20, 30, 3]), 5).tolist()
    [0, 6, 20, 33, 0]
    >>> pooled(pd.Series([1, 0, 6]), 5).tolist()
    [0, 0, 0]
    """
    values = counts.to_numpy(dtype=int)
    if values.sum() < 2 * min_cell:
        return pd.Series(0, index=counts.index)
    return pd.Series(
        np.bincount(pools(list(values), min_cell), values, len(values)).astype(int), counts.index
    )


def pools(counts: Sequence[int], min_cell: int) -> list[int]:
    """With which answer each is counted: itself, unless its cell is small, which an empty one is, too."""
    values, k = [int(v) for v in counts], len(counts)
    middle, target = k // 2, list(range(k))

    def pour(i: int, j: int) -> None:
        values[i], values[j] = 0, values[i] + values[j]
        target[:] = [j if t == i else t for t in target]

    for order, step in ((range(middle), 1), (range(k - 1, middle, -1), -1)):
        for i in order:
            if values[i] < min_cell:
                pour(i, i + step)
    if values[middle] < min_cell and k > 1:
        pour(middle, max((i for i in range(k) if i != middle), key=lambda i: values[i]))
    return target


SHARE_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)


def share_step(n: int, *, coarser: bool = False) -> float:
    """The step to which shares are rounded in a study of ``n``: the finest that three respondents fill,
    or the next.

    How many of them answered an item does not matter, so that the step does not tell it.

    >>> share_step(344), share_step(201), share_step(60), share_step(5000), share_step(201, coarser=True)
    (0.01, 0.02, 0.05, 0.001, 0.05)
    """
    place = next((i for i, step in enumerate(SHARE_STEPS) if step * n >= 3), len(SHARE_STEPS) - 1)
    return SHARE_STEPS[min(place + coarser, len(SHARE_STEPS) - 1)]


def rounded_shares(counts: Array, step: float) -> Array:
    """Counts of answers -> their shares in whole steps, by row; halves go up."""
    shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return np.asarray(np.floor(shares / step + 0.5 + 1e-9), dtype=int)


FEWEST_MOMENTS = 100  # answers behind a standard deviation of an item, and higher moments

#: Decimals of mean, SD, skewness and kurtosis of an item, finest first; None is not shown.
Decimals = tuple[int | None, int | None, int | None, int | None]
DECIMALS: tuple[Decimals, ...] = (
    (2, 2, 2, 2), (2, 2, 1, 1), (2, 2, None, None), (2, 1, None, None),
    (1, 1, 1, 1), (1, 1, None, None), (1, None, None, None),
)  # fmt: skip
NO_DECIMALS: Decimals = (None, None, None, None)
FINE_SCALE, OF_FINE_SCALE = (
    11,
    DECIMALS[-2],
)  # of more answers: mean and SD to one decimal
MOST_WAYS, MOST_BLOCKS = 3000, 100  # distributions of answers that are looked at


def shown_moments(counts: pd.Series, missing: int, min_cell: int, min_width: int = MIN_WIDTH) -> Decimals:
    """How many decimals of an item's moments may stand beside its pooled shares.

    As many as leave every count that is not shown open: in all distributions of answers that agree with
    what is shown it has at least ``min_width`` values.

    Parameters
    ----------
    counts : Series of int (k,)
        Respondents by answer (the index), lowest first.
    missing : int
        Respondents who left the item open.
    min_cell, min_width : int
        See `hidden`.

    Returns
    -------
    tuple
        Decimals of mean, standard deviation, skewness and kurtosis; None for what is not shown.
    """
    n = int(counts.sum())
    if n < 2 * min_cell:
        return NO_DECIMALS
    if len(counts) > FINE_SCALE:
        return OF_FINE_SCALE if n >= FEWEST_MOMENTS else DECIMALS[-1]
    codes, values = counts.index.to_numpy(dtype=float), counts.to_numpy(dtype=int)
    alike = distributions_shown_alike(values, missing, min_cell)
    target = pools(list(values), min_cell)
    secret = [i for i in range(len(values)) if target.count(target[i]) > 1]
    if missing < min_cell:
        secret.append(len(values))
    own, theirs = moments_of(values[None], codes), moments_of(alike[:, :-1], codes)
    for places in finest_decimals(n, missing):
        same = np.ones(len(alike), dtype=bool)
        for mine, others, decimals in zip(own, theirs, places, strict=True):
            if decimals is not None:
                same &= np.abs(others - np.round(mine, decimals)) <= 0.5 * 10.0**-decimals
        left = alike[same][:, secret]
        if all(len(np.unique(values)) >= min_width for values in left.T):
            return places
    return NO_DECIMALS


def finest_decimals(n: int, missing: int) -> tuple[Decimals, ...]:
    """Decimals that an item's moments may have: a second one from where three respondents move it."""
    if n < FEWEST_MOMENTS:
        return DECIMALS[-1:]
    return DECIMALS if share_step(n + missing) <= 0.01 else DECIMALS[-3:]


def distributions_shown_alike(values: Array, missing: int, min_cell: int) -> Array:
    """Counts by answer, and missing ones in the last column, that are shown as ``values`` are.

    Their shares are pooled and rounded. Whoever looks is taken to know the total and the rule: what was
    pooled is small, what was not is not, and where few are missing these are fewer than ``min_cell``. Of very
    many distributions some, which can only make less be shown.
    """
    n, target = int(values.sum()), pools(list(values), min_cell)
    step, heads = share_step(n + missing), sorted(set(target))
    shown = rounded_shares(np.bincount(target, values, len(values))[heads], step)
    small = [i for i in range(len(values)) if target[i] != i]
    splits = combinations([range(min_cell) if i in small else range(1) for i in range(len(values))])
    moved = splits.copy()
    for i in small:
        moved[:, target[i]] -= splits[:, i]
    found = []
    for gone in range(min_cell) if missing < min_cell else [missing]:
        sums = block_sums(shown, n + missing - gone, step, min_cell)
        blocks = np.zeros((len(sums), len(values)), dtype=int)
        blocks[:, heads] = sums
        counts = (blocks[:, None] + moved[None]).reshape(-1, len(values))
        counts = counts[(counts >= 0).all(axis=1)]
        found.append(np.column_stack([counts, np.full(len(counts), gone)]))
    return np.vstack(found)


def block_sums(shown: Array, n: int, step: float, min_cell: int) -> Array:
    """Counts of answers that add up to ``n`` and are rounded to the shares shown, a row each; of many some.

    One count after the other, and only what the counts to come can still complete.
    """
    found = np.zeros((1, 0), dtype=int)
    ranges = [rounded_to(int(share), n, step, min_cell) for share in shown]
    for i, near in enumerate(ranges):
        found = np.column_stack([found.repeat(len(near), axis=0), np.tile(near, len(found))])
        left, later = n - found.sum(axis=1), ranges[i + 1 :]
        fits = (left >= sum(r.min(initial=n) for r in later)) & (left <= sum(r.max(initial=0) for r in later))
        found = found[fits]
        found = found[:: 1 + len(found) // MOST_WAYS]
    return found[:: 1 + len(found) // MOST_BLOCKS]


def rounded_to(share: int, n: int, step: float, least: int) -> Array:
    """The counts of ``n`` from ``least`` that are rounded to a share, which is given in steps."""
    near = np.arange(max(least, int((share - 0.5) * step * n) - 1), int((share + 0.5) * step * n) + 2)
    counts: Array = near[np.floor(near / n / step + 0.5 + 1e-9) == share]
    return counts


def combinations(choices: Sequence[Sequence[int] | Array]) -> Array:
    """Every way to take one number of each, a row a way; `MOST_WAYS` of them where there are more."""
    if math.prod(map(len, choices)) > MOST_WAYS:
        rng = np.random.default_rng(0)
        return np.column_stack([rng.choice(np.asarray(numbers), MOST_WAYS) for numbers in choices])
    return np.stack(np.meshgrid(*choices, indexing="ij"), axis=-1).reshape(-1, len(choices)).astype(int)


def moments_of(counts: Array, codes: Vector) -> Array:
    """Mean, standard deviation (n − 1), skewness and kurtosis of answers from their counts: (4, rows)."""
    n = counts.sum(axis=1)
    mean = counts @ codes / n
    away = codes - mean[:, None]
    m2, m3, m4 = ((counts * away**power).sum(axis=1) / n for power in (2, 3, 4))
    sd = np.sqrt(m2 * n / np.maximum(n - 1, 1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.array([mean, sd, m3 / sd**3, m4 / sd**4 - 3])


def count_text(counts: pd.Series, min_cell: int, min_width: int = MIN_WIDTH) -> pd.Series:
    """Counts as text, with one mark for all that are hidden, whatever the reason.

    >>> count_text(pd.Series([30, 8, 3]), 5).tolist()
    ['30', '–', '–']
    """
    text = counts.astype(int).astype(str).astype(object)
    text[hidden(counts, min_cell, min_width)] = NOT_SHOWN
    return text


def level_counts(study: Study, variable: str) -> pd.DataFrame:
    """Respondents by level of a categorical variable, and what of that may be shown.

    Whoever left the variable open counts as a level of the table, which is not shown.

    Returns
    -------
    DataFrame
        Index level, in the instrument's order: ``n``, ``secret``, ``text`` (the count, or the mark).
    """
    levels, answers = list(study.levels(variable)), study.responses[variable]
    counts = answers.value_counts().reindex(levels, fill_value=0).astype(int)
    if unanswered := int(answers.isna().sum()):
        counts[UNANSWERED] = unanswered
    limits = study.settings.min_cell, study.settings.min_width
    secret, text = hidden(counts, *limits), count_text(counts, *limits)
    return pd.DataFrame({"n": counts, "secret": secret, "text": text}).loc[levels]


def estimable(sizes: pd.Series, secret: pd.Series, min_group: int, total: int | None = None) -> pd.Series:
    """Which levels of a variable get estimates of their own.

    A level needs ``min_group`` respondents and a count that may be shown, as an interval tells it; and
    everybody else must be nobody or as many: figures of all and of the level tell those of the others.

    Parameters
    ----------
    sizes : Series of int (k,)
        Respondents per level.
    secret : Series of bool (k,)
        Which of these are not shown.
    min_group : int
    total : int, optional
        All respondents, where some have no level.

    Returns
    -------
    Series of bool (k,)

    >>> sizes = pd.Series({"a": 193, "b": 8})
    >>> estimable(sizes, hidden(sizes, 5), 30).tolist()
    [False, False]
    """
    total = int(sizes.sum()) if total is None else total
    rest = total - sizes
    return ~secret & (sizes >= min_group) & ((rest == 0) | (rest >= min_group))

"""Two editions -> who of the one is who of the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from bouwen.checks import Array
from bouwen.report.editions.counted import Counted
from bouwen.report.editions.fingerprints import ERASED, OTHER

ALIKE = 0.5  # of the answers are the same, where two rows without a common id are taken for one respondent
MOST_PAIRS = 4_000_000  # of rows that are compared each with each
FEWEST_COLUMNS = 3  # by which respondents of two studies are known to be the same

SamePeople = list[tuple[int, int]]


def matched(before: Counted, now: Counted) -> SamePeople:
    """Which row of an edition is which of another.

    Rows with the same answers are the same respondent, whatever their ids, since files are numbered anew.
    For the others ids count, unless an id was given to somebody else; then, and without ids, those rows are
    paired that are most alike, so that no way to explain the difference takes fewer respondents.

    Returns
    -------
    list of (int, int)
        Places in ``before`` and in ``now``; who is in none came or went.
    """
    common = [column for column in before.answers if column in now.answers]
    first, second = coded(before.answers[common], now.answers[common])
    names = list(map(str, before.answers.index)), list(map(str, now.answers.index))
    same = same_rows(first, second, *names)
    left = unpaired(same, [*range(len(first))], [*range(len(second))])
    by_name = {name: j for j, name in enumerate(names[1])}
    of_one_id = [(i, by_name[names[0][i]]) for i in left[0] if names[0][i] in by_name]
    if before.named and now.named and are_kept(same, of_one_id, names, first, second):
        free = set(left[1])
        return same + [(i, j) for i, j in of_one_id if j in free]
    return same + most_alike(first, second, *left)


def coded(before: pd.DataFrame, now: pd.DataFrame) -> tuple[Array, Array]:
    """The same answers as the same numbers in both; unknown answers are like no other."""
    codes = [[], []]  # type: list[list[Array]]
    for column in before:
        numbers, _ = pd.factorize(pd.concat([before[column], now[column]]), sort=True)
        numbers = numbers.astype(np.int32)
        numbers[: len(before)][before[column].isin([OTHER, ERASED]).to_numpy()] = -1
        codes[0].append(numbers[: len(before)])
        codes[1].append(numbers[len(before) :])
    shapes = (len(before), len(now))
    first, second = (
        np.column_stack(part) if part else np.zeros((n, 0), np.int32)
        for part, n in zip(codes, shapes, strict=True)
    )
    return first, second


def same_rows(first: Array, second: Array, names: list[str], others: list[str]) -> SamePeople:
    """Rows that are the same in both, those of one id before others."""
    places: dict[bytes, dict[str, int]] = defaultdict(dict)
    for j, row in enumerate(second):
        places[row.tobytes()][others[j]] = j
    pairs, waiting = [], []
    for i, row in enumerate(first):
        found = places.get(row.tobytes(), {})
        if names[i] in found:
            pairs.append((i, found.pop(names[i])))
        elif found:
            waiting.append((i, found))
    pairs += [(i, found.pop(next(iter(found)))) for i, found in waiting if found]
    return pairs if first.shape[1] else []


def are_kept(
    same: SamePeople, of_one_id: SamePeople, names: tuple[list[str], list[str]], first: Array, second: Array
) -> bool:
    """Whether ids are still those of the same respondents, as far as rows tell that are the same."""
    given = set(names[1])
    moved = any(names[0][i] != names[1][j] and names[0][i] in given for i, j in same)
    alike = [float((first[i] == second[j]).mean()) for i, j in of_one_id if first.shape[1]]
    return not moved and (not alike or float(np.median(alike)) >= ALIKE)


def most_alike(first: Array, second: Array, left: list[int], right: list[int]) -> SamePeople:
    """Rows that are left, paired by how many answers are the same; who differs in most stays alone.

    Of very many rows those are paired first that are the same in one half of the columns.
    """
    pairs: SamePeople = []
    if len(left) * len(right) > MOST_PAIRS:
        halves = np.array_split(np.arange(first.shape[1]), 2)
        for half in halves:
            rows, columns = unpaired(pairs, left, right)
            one, other = first[rows][:, half], second[columns][:, half]
            names = [str(i) for i in rows], [f"of {j}" for j in columns]
            pairs += [(rows[i], columns[j]) for i, j in same_rows(one, other, *names)]
    rows, columns = unpaired(pairs, left, right)
    if len(rows) * len(columns) > MOST_PAIRS:
        found: Iterable[tuple[int, int]] = ((k, k) for k in range(min(len(rows), len(columns))))
    else:
        alike = np.zeros((len(rows), len(columns)), dtype=int)
        for one, other in zip(first[rows].T, second[columns].T, strict=True):
            alike += np.equal.outer(one, other)
        found = zip(*linear_sum_assignment(-alike), strict=True)
    pairs += [(rows[i], columns[j]) for i, j in found]
    return [(i, j) for i, j in pairs if first.shape[1] and (first[i] == second[j]).mean() >= ALIKE]


def unpaired(pairs: SamePeople, left: list[int], right: list[int]) -> tuple[list[int], list[int]]:
    """The rows of both editions that no pair has."""
    taken = {i for i, _ in pairs}, {j for _, j in pairs}
    return [i for i in left if i not in taken[0]], [j for j in right if j not in taken[1]]


def are_one_survey(before: Counted, now: Counted, pairs: SamePeople) -> bool:
    """Whether at least half of the smaller edition are respondents of the other, with the same answers."""
    common = [column for column in before.answers if column in now.answers]
    if len(common) < FEWEST_COLUMNS:
        return False
    old, new = before.answers[common].to_numpy(), now.answers[common].to_numpy()
    same = sum(bool((old[i] == new[j]).all()) for i, j in pairs)
    return same >= max(1, min(len(old), len(new)) / 2)

"""Two editions -> which few respondents could be told from others by comparing them.

Whoever has two editions has, for each set of respondents that one of them prints figures of, the difference
to each set of the other. A set is everybody, or some levels of a variable together; levels that are not
printed are known together, as what is missing to all. Who is in one of two sets and not in the other, or
answers otherwise, makes up their difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations as subsets

import numpy as np
from scipy.sparse.csgraph import connected_components

from bouwen.checks import Array
from bouwen.report.editions.counted import Counted
from bouwen.report.editions.matching import SamePeople

REST = None  # whoever has no printed level
MOST_PARTS = 12  # of which all ways to put some together are tried; of more those of few

PrintedLevel = str | None


@dataclass(frozen=True)
class Difference:
    """Fewer respondents than may be shown, by whom a set of one edition differs from one of another.

    ``variable`` and ``levels`` say which set of the new edition, or of the old one where the new has none of
    it; "" and () are everybody. ``column`` is what some of them answer otherwise, "" where respondents came,
    went or changed levels.
    """

    variable: str
    levels: tuple[str, ...]
    column: str = ""


@dataclass(frozen=True, eq=False)
class Crossing:
    """Respondents by their level in two editions; place 0 of both is who is not counted there.

    ``counts`` has their number, ``moved`` by column of those who answer it otherwise: (rows, columns of it,
    k). ``estimated`` says of the levels of either edition whether they have figures besides their number.
    """

    variable: str
    levels: tuple[list[PrintedLevel], list[PrintedLevel]]
    counts: Array
    moved: Array
    estimated: tuple[Array, Array]


def differences_of(before: Counted, now: Counted, pairs: SamePeople) -> list[Difference]:
    """Every small difference between two editions; at most one for a variable, that of the fewest levels."""
    least = max(before.min_cell, now.min_cell)
    common = [str(column) for column in before.answers if column in now.answers]
    values = [column for column in common if column not in {**before.printed, **now.printed}]
    found = [few_in(crossing, values, least) for crossing in crossings(before, now, pairs, values)]
    return list(dict.fromkeys(one for one in found if one))


def crossings(before: Counted, now: Counted, pairs: SamePeople, values: list[str]) -> Iterator[Crossing]:
    """Everybody, and each variable that either edition prints the levels of, beside what the other prints.

    A variable that one edition has and the other has not may be another's under a new name, or be made of it.
    """
    gone = sorted(set(range(len(before.answers))) - {i for i, _ in pairs})
    came = sorted(set(range(len(now.answers))) - {j for _, j in pairs})
    rows = np.array([*pairs, *((i, -1) for i in gone), *((-1, j) for j in came)], dtype=int).reshape(-1, 2)
    changed = changed_answers(before, now, rows, values)
    lost = [name for name in before.printed if name not in now.printed]
    added = [name for name in now.printed if name not in before.printed]
    common = [name for name in before.printed if name in now.printed]
    both: list[tuple[str, str]] = [("", ""), *((name, name) for name in common)]
    both += [(name, other) for name in lost for other in added] if lost and added else []
    both += [(name, "") for name in lost] + [("", name) for name in added]
    for name, other in both:
        one, first_of = levels_of(before, name, rows[:, 0])
        two, second_of = levels_of(now, other, rows[:, 1])
        shape = (len(one) + 1, len(two) + 1)
        counts, moved = np.zeros(shape, dtype=int), np.zeros((*shape, len(values)), dtype=int)
        np.add.at(counts, (first_of, second_of), 1)
        np.add.at(moved, (first_of, second_of), changed)
        told = figures_of(before, name, one), figures_of(now, other, two)
        yield Crossing(other or name, (one, two), counts, moved, told)


def changed_answers(before: Counted, now: Counted, rows: Array, values: list[str]) -> Array:
    """Which answers of whom are others in the new edition; of those who came or went none is: (rows, k)."""
    there = (rows[:, 0] >= 0) & (rows[:, 1] >= 0)
    changed = np.zeros((len(rows), len(values)), dtype=int)
    for k, value in enumerate(values):
        old, new = (counted.answers[value].to_numpy(dtype=object) for counted in (before, now))
        changed[there, k] = np.not_equal(old[rows[there, 0]], new[rows[there, 1]])
    return changed


def levels_of(counted: Counted, name: str, rows: Array) -> tuple[list[PrintedLevel], Array]:
    """The printed levels of a variable and the rest; each row's place among them from 1, 0 if not there."""
    printed = counted.printed.get(name, {})
    own = [answer if answer in printed else REST for answer in counted.answers[name]] if name else []
    given = {own[i] if own else REST for i in rows if i >= 0}
    levels = [level for level in [*printed, REST] if level in given]
    places = {level: k for k, level in enumerate(levels, 1)}
    return levels, np.array([0 if i < 0 else places[own[i] if own else REST] for i in rows], dtype=int)


def figures_of(counted: Counted, name: str, levels: list[PrintedLevel]) -> Array:
    """Which of some levels have figures besides their number."""
    printed = counted.printed.get(name, {})
    return np.array([level is not REST and printed.get(level, False) for level in levels], dtype=bool)


def few_in(crossing: Crossing, values: list[str], least: int) -> Difference | None:
    """The difference by fewer than ``least`` respondents of the fewest levels, if there is one."""
    a, best = len(crossing.counts), None
    part = inseparable(crossing.counts, least)
    for chosen in ways_to_choose(sorted(set(part) - {part[0]})):
        inside = np.isin(part, chosen)
        first, second = inside[:a], inside[a:]
        if not (first.any() and second.any()):  # a figure of one edition by itself
            continue
        apart = int(crossing.counts[first][:, ~second].sum() + crossing.counts[~first][:, second].sum())
        known = has_figures(first, crossing.estimated[0]) and has_figures(second, crossing.estimated[1])
        few = few_changed(crossing.moved[first][:, second], least) if known and not apart else []
        column = values[few[0]] if few else ""
        if 0 < apart < least or column:
            found = told_as(crossing, first, second, column)
            best = found if best is None or len(found.levels) < len(best.levels) else best
    return best


def few_changed(moved: Array, least: int) -> list[int]:
    """The columns in which fewer than ``least`` respondents of a set answer otherwise, and some do."""
    number = moved.sum(axis=(0, 1))
    return [int(k) for k in np.flatnonzero((number > 0) & (number < least))]


def inseparable(counts: Array, least: int) -> Array:
    """The part of each level of both editions: those of one part are together in or out of near sets.

    Two levels with ``least`` respondents in common cannot be one in and one out where two sets differ by
    fewer; a level that is the same in both would only tell what one edition tells by itself.
    """
    a, b = counts.shape
    alone = (counts == counts.sum(axis=0)) & (counts == counts.sum(axis=1)[:, None]) & (counts > 0)
    joined = np.zeros((a + b, a + b), dtype=bool)
    joined[:a, a:] = (counts >= least) | alone
    joined[0, a] = True  # who is not counted is in no set
    return np.asarray(connected_components(joined, directed=False)[1])


def ways_to_choose(parts: list[int]) -> Iterable[tuple[int, ...]]:
    """Every choice of some of the parts; of very many parts those of one, two and all but so few."""
    k = len(parts)
    sizes = range(1, k + 1) if k <= MOST_PARTS else sorted({1, 2, k - 2, k - 1, k})
    return (chosen for size in sizes for chosen in subsets(parts, size))


def has_figures(inside: Array, estimated: Array) -> bool:
    """Whether an edition has figures of a set besides its number: of its levels, or of all others."""
    own = inside[1:]
    return bool(estimated[own].all() or estimated[~own].all())


def told_as(crossing: Crossing, first: Array, second: Array, column: str) -> Difference:
    """The name of a difference: by levels of the new edition, or of the old one if those are everybody."""
    if first[1:].all() and second[1:].all():
        return Difference("", (), column)
    for levels, inside in zip(reversed(crossing.levels), (second[1:], first[1:]), strict=True):
        own = [level for level, chosen in zip(levels, inside, strict=True) if chosen and level is not REST]
        if own and not inside.all():
            return Difference(crossing.variable, tuple(own), column)
    return Difference(crossing.variable, (), column)

"""Complete sets of answers with a count that is asked for, by an integer programme.

Where a search by exchanges does not get there: so many respondents of each combination of groups give each
pattern of answers, and all that is printed is linear in these numbers once sums are held at their own values
where spreads and shapes are printed of them. Who left something open keeps all answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from bouwen.report.audit.blocks import AnswerCodes, Flags, Numbers, Rules, ScaleAnswers, Tally, shape

MOST_UNKNOWN = 1000  # numbers of a programme; larger ones seldom end in time
SECONDS_A_VALUE = 2.0  # that one value of a count may take; without an example it is not proved
HeldRow = tuple[Numbers, float, float]  # a row on the unknown numbers, and its ends


@dataclass(frozen=True, eq=False)
class Programme:
    """What is printed of a scale, as rows on how many respondents of each cell give each pattern."""

    rules: Rules

    @property
    def block(self) -> ScaleAnswers:
        """The scale as it was answered."""
        return self.rules.block

    @cached_property
    def whole(self) -> Flags:
        """Who answered every item (respondents,)."""
        return np.asarray((self.block.answers < self.block.missing).all(axis=1))

    @cached_property
    def combinations(self) -> AnswerCodes:
        """All patterns of answers (patterns, items)."""
        codes = range(self.block.missing)
        return np.array(list(product(codes, repeat=len(self.block.items))), dtype=np.int8)

    @cached_property
    def places(self) -> tuple[NDArray[np.int_], Flags]:
        """The combinations of groups of who answered everything, and the groups of each (cells, groups)."""
        found, first = np.unique(self.block.cells[self.whole], return_index=True)
        return found, self.block.members[self.whole][first]

    @property
    def unknown(self) -> int:
        """How many numbers are sought: combinations of groups times patterns."""
        return len(self.places[0]) * len(self.combinations)

    @cached_property
    def own(self) -> Tally:
        """What the answers themselves come to."""
        return self.block.sums(self.block.answers[None])

    @cached_property
    def kept(self) -> Tally:
        """What those come to who left something open."""
        some = ~self.whole
        rest = replace(
            self.block, answers=self.block.answers[some], members=self.block.members[some],
            outside=self.block.outside[some],
        )  # fmt: skip
        return rest.sums(rest.answers[None])

    def added(self, values: Numbers, group: int) -> Numbers:
        """The row that adds up a value of each pattern over the members of a group."""
        return np.outer(self.places[1][:, group], values).ravel()

    def rows(self) -> Iterator[HeldRow]:
        """All respondents of each combination of groups, and all that is printed."""
        for number, cell in enumerate(self.places[0]):
            row = np.zeros((len(self.places[0]), len(self.combinations)))
            row[number] = 1
            n = float((self.block.cells[self.whole] == cell).sum())
            yield row.ravel(), n, n
        for (g, j), found in self.rules.linear.items():
            for weights, constant in found:
                gone = float(weights @ self.kept.counts[0, g, j]) + constant
                yield self.added(weights[self.combinations[:, j]], g), -gone, np.inf
        for (g, j), ends in self.rules.shapes.items():
            yield from self.rows_of_shapes(g, j, ends)
        for one in self.rules.scored:
            yield from self.rows_of_scores(*one)

    def rows_of_shapes(self, g: int, j: int, ends: list[tuple[str, float, float]]) -> Iterator[HeldRow]:
        """Spread and shape of an item, its sum held, and its sum of squares where a shape is printed."""
        values, answers = self.block.values, self.combinations[:, j]
        counts, gone = self.own.counts[0, g, j, :-1], self.kept.counts[0, g, j, :-1]
        n, away = counts.sum(), values - float(counts @ values / counts.sum())
        shaped = any(kind != "sd" for kind, _, _ in ends)
        for power in (values, away**2) if shaped else (values,):
            held = float(power @ (counts - gone))
            yield self.added(power[answers], g), held, held
        variance = float(shape(counts[None], values, "sd")[0]) ** 2
        for kind, low, high in ends:
            if kind == "sd":
                power, least, most = away**2, max(low, 0.0) ** 2 * (n - 1), high**2 * (n - 1)
            elif kind == "skew":
                power, least, most = away**3, low * n * variance**1.5, high * n * variance**1.5
            else:
                power, least, most = away**4, (low + 3) * n * variance**2, (high + 3) * n * variance**2
            left = float(power @ gone)
            yield self.added(power[answers], g), least - left, most - left

    def rows_of_scores(self, g: int, version: int, kind: int, low: float, high: float) -> Iterator[HeldRow]:
        """The mean of scores, or their spread with the sum of scores held."""
        (n, total, _), gone = self.own.scores[0, g, version], self.kept.scores[0, g, version]
        score = self.block.scores_of(self.combinations)[0]
        if kind == 1:
            yield self.added(score, g), low * n - gone[1], high * n - gone[1]
        elif kind == 2:
            yield self.added(score, g), total - gone[1], total - gone[1]
            ends = [max(end, 0.0) ** 2 * (n - 1) + total**2 / n - gone[2] for end in (low, high)]
            yield self.added(score**2, g), ends[0], ends[1]

    @cached_property
    def held(self) -> LinearConstraint:
        """The rows as SciPy takes them."""
        rows, low, high = zip(*self.rows(), strict=True)
        return LinearConstraint(np.array(rows), np.array(low), np.array(high))

    def answers_with(self, goal: tuple[int, ...], value: int) -> AnswerCodes | None:
        """A complete set of answers that agrees with all that is printed, in which a count has a value.

        None where there is none, or none was found in time.
        """
        g, j, place = goal
        asked = self.added((self.combinations[:, j] == place).astype(float), g)
        left = value - float(self.kept.counts[0, g, j, place])
        found = milp(
            np.zeros(self.unknown),
            integrality=np.ones(self.unknown),
            bounds=Bounds(0, np.inf),
            constraints=[self.held, LinearConstraint(asked[None], left, left)],
            options={"time_limit": SECONDS_A_VALUE},
        )
        return None if found.x is None else self.dealt_out(np.rint(found.x).astype(int))

    def dealt_out(self, numbers: NDArray[np.int_]) -> AnswerCodes | None:
        """The answers of which so many respondents give each pattern; None where they break a rule."""
        answers = self.block.answers.copy()
        for cell, counts in zip(self.places[0], numbers.reshape(len(self.places[0]), -1), strict=True):
            rows = np.flatnonzero(self.whole & (self.block.cells == cell))
            given = np.repeat(np.arange(len(self.combinations)), counts)
            if len(given) != len(rows):
                return None
            answers[rows] = self.combinations[given]
        return answers if self.rules.violation(self.block.sums(answers[None]))[0] == 0 else None

"""The answers to one scale, and what every figure printed of them asks of such answers.

The answers to its items are kept as numbers of their codes, a missing one as one more, so that many
complete sets of answers (chains) are counted at once: how many of each group gave each answer, and sums
of scores. Most figures are linear in these; spreads and shapes are not. Computed here from what the words
mean, not by the code that printed them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bouwen.report.audit.printed import EVERYBODY, LEFT_OPEN, Group, PrintedFigure
from bouwen.survey import Study

Numbers = NDArray[np.float64]
AnswerCodes = NDArray[np.int8]
Flags = NDArray[np.bool_]

SLACK = 1e-6
SHAPES = ("sd", "skew", "kurtosis")


@dataclass(frozen=True, eq=False)
class Tally:
    """What a set of answers comes to, by chain.

    Attributes
    ----------
    counts : array (chains, groups, items, answers + 1)
        Respondents by answer, the missing last.
    scores : array (chains, groups, 2, 3)
        Number, sum and sum of squares of scores, of who answered at least half and of who answered all.
    shared : array (chains, patterns)
        Respondents with each printed pattern of gaps.
    """

    counts: Numbers
    scores: Numbers
    shared: Numbers

    def of(self, chains: NDArray[np.int_]) -> Tally:
        """Those of some chains."""
        return Tally(self.counts[chains], self.scores[chains], self.shared[chains])

    def put(self, chains: NDArray[np.int_], others: Tally) -> None:
        """Replace those of some chains."""
        self.counts[chains], self.scores[chains], self.shared[chains] = (
            others.counts,
            others.scores,
            others.shared,
        )


@dataclass(frozen=True, eq=False)
class ScaleAnswers:
    """A scale as it was answered.

    Attributes
    ----------
    items : sequence of str
    values : array (answers,)
        What each answer stands for; all items share an answer scale.
    answers : array (respondents, items)
        Wholes in ``values``; ``len(values)`` where there is none.
    turned : array (items,)
        Items that enter the score the other way round.
    members : array (respondents, groups)
        Who is in which of the groups; the first is everybody.
    groups : sequence of Group
    outside : array (respondents, patterns)
        Whose answers to all other items are as in a printed pattern.
    inside : array (patterns, items)
        Which of these items the pattern leaves open.
    """

    items: Sequence[str]
    values: Numbers
    answers: AnswerCodes
    turned: Flags
    members: Flags
    groups: Sequence[Group]
    outside: Flags
    inside: Flags

    @cached_property
    def cells(self) -> NDArray[np.int_]:
        """A number for each combination of groups (respondents,)."""
        return np.unique(self.members, axis=0, return_inverse=True)[1].ravel()

    @property
    def missing(self) -> int:
        """The place of no answer."""
        return len(self.values)

    def scores_of(self, rows: AnswerCodes) -> tuple[Numbers, Flags, Flags]:
        """Scores of rows of answers (…, items), who has one, and who answered everything."""
        given = rows < self.missing
        keyed = np.where(self.turned, self.values[::-1][np.minimum(rows, self.missing - 1)], 0.0)
        keyed = np.where(self.turned, keyed, self.values[np.minimum(rows, self.missing - 1)]) * given
        n = given.sum(axis=-1)
        return keyed.sum(axis=-1) / np.maximum(n, 1), n * 2 >= len(self.items), n == len(self.items)

    def sums(self, answers: AnswerCodes) -> Tally:
        """What sets of answers (chains, respondents, items) come to."""
        chains = len(answers)
        member = self.members.astype(float)
        codes = np.arange(self.missing + 1)
        counts = np.stack(
            [np.einsum("cnk,ng->cgk", (answers == code).astype(float), member) for code in codes], axis=-1
        )
        score, half, whole = self.scores_of(answers)
        powers = np.stack([np.ones_like(score), score, score**2], axis=-1)
        scores = np.stack(
            [np.einsum("cnp,ng->cgp", powers * who[..., None], member) for who in (half, whole)], axis=2
        )
        gaps = (answers == self.missing)[:, :, None, :] == self.inside[None, None]
        shared = (gaps.all(axis=-1) & self.outside[None]).sum(axis=1).astype(float)
        return Tally(counts, scores, shared.reshape(chains, -1))

    def moved(self, sums: Tally, rows: NDArray[np.int_], before: AnswerCodes, after: AnswerCodes) -> Tally:
        """The sums after a respondent (``rows``) of each chain answers otherwise (chains, items)."""
        counts, scores, shared = sums.counts.copy(), sums.scores.copy(), sums.shared.copy()
        chains, member = np.arange(len(rows)), self.members[rows].astype(float)
        for j in range(len(self.items)):
            counts[chains, :, j, before[:, j]] -= member
            counts[chains, :, j, after[:, j]] += member
        for answers, sign in ((before, -1.0), (after, 1.0)):
            score, half, whole = self.scores_of(answers)
            powers = np.stack([np.ones_like(score), score, score**2], axis=-1)
            for v, who in enumerate((half, whole)):
                scores[:, :, v] += sign * member[:, :, None] * (powers * who[:, None])[:, None]
            gaps = ((answers == self.missing)[:, None] == self.inside[None]).all(axis=-1)
            shared += sign * (gaps & self.outside[rows])
        return Tally(counts, scores, shared)


def block_of(
    study: Study, construct: str, groups: Sequence[Group], patterns: Sequence[Sequence[object]]
) -> ScaleAnswers:
    """The answers to a scale, for groups of respondents and printed patterns of gaps."""
    items = list(study.items_of(construct))
    codes = list(study.instrument.scale_of(items[0]).codes)
    place = {code: i for i, code in enumerate(codes)}
    answered = (
        study.responses[items].map(lambda a: len(codes) if pd.isna(a) else place[a]).to_numpy(dtype=np.int8)
    )
    gaps, every = study.responses[list(study.items)].isna(), list(study.items)
    others = [item for item in every if item not in items]
    outside = [(gaps[others] == [item in pattern for item in others]).all(axis=1) for pattern in patterns]
    inside = [[item in pattern for item in items] for pattern in patterns]
    member = [
        np.ones(len(answered), dtype=bool) if g == EVERYBODY else study.responses[g[0]] == g[1]
        for g in groups
    ]
    return ScaleAnswers(
        items,
        np.array(codes, dtype=float),
        answered,
        np.array([study.instrument.items[item].reversed for item in items]),
        np.column_stack(member),
        list(groups),
        np.column_stack(outside) if outside else np.zeros((len(answered), 0), dtype=bool),
        np.array(inside, dtype=bool).reshape(len(inside), len(items)),
    )


@dataclass(eq=False)
class Rules:
    """What the figures printed of a block ask.

    ``linear`` has, by group and item, rows whose product with the counts by answer, plus a constant, must
    not be below zero; ``shapes`` the ends of spreads and shapes of items, ``scored`` those of figures of
    scores, ``patterns`` those of patterns.
    """

    block: ScaleAnswers
    linear: dict[tuple[int, int], list[tuple[Numbers, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    shapes: dict[tuple[int, int], list[tuple[str, float, float]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    scored: list[tuple[int, int, int, float, float]] = field(default_factory=list)
    patterns: list[tuple[int, float, float]] = field(default_factory=list)

    def add(self, one: PrintedFigure) -> None:
        """Hold sets of answers to one printed figure."""
        block = self.block
        if one.kind == "pattern":
            gaps = [item in one.answers for item in block.items]
            found = np.flatnonzero((block.inside == gaps).all(axis=1))
            self.patterns += [(int(p), one.lower, one.upper) for p in found[:1]]
            return
        g = block.groups.index(one.group)
        if one.kind in SCORED:
            version = 1 if one.kind == "complete_mean" else 0
            self.scored.append((g, version, SCORED[one.kind], one.lower, one.upper))
            return
        j = block.items.index(one.of)
        if one.kind in SHAPES:
            self.shapes[g, j].append((one.kind, one.lower, one.upper))
            return
        given = np.append(np.ones(block.missing), 0.0)
        if one.kind == "mean":
            ends = [np.append(block.values - one.lower, 0), np.append(one.upper - block.values, 0)]
            self.hold(g, j, ends, (0.0, 0.0))
            return
        chosen = np.array([1.0 * (a in one.answers) for a in (*block.values, LEFT_OPEN)])
        if one.kind == "share":
            self.hold(g, j, [chosen - one.lower * given, one.upper * given - chosen], (0.0, 0.0))
        else:
            self.hold(g, j, [chosen, -chosen], (-one.lower, one.upper))

    def hold(self, g: int, j: int, rows: Iterable[Numbers], constants: Iterable[float]) -> None:
        """Add linear rules on the answers of a group to an item."""
        for row, constant in zip(rows, constants, strict=True):
            if np.isfinite(row).all() and np.isfinite(constant):
                self.linear[g, j].append((row, constant))

    def violation(self, sums: Tally) -> Numbers:
        """How far each chain is from agreeing with every figure; zero where it does."""
        weights, constants = self.matrix
        flat = sums.counts.reshape(len(sums.counts), -1)
        far: Numbers = np.maximum(-SLACK - flat @ weights - constants, 0).sum(axis=1)
        for (g, j), ends in self.shapes.items():
            for kind, low, high in ends:
                far += outside(shape(sums.counts[:, g, j, :-1], self.block.values, kind), low, high)
        if self.scored:
            groups, versions, kinds, lower, upper = self.ends
            far += outside(of_scores(sums.scores)[:, groups, versions, kinds], lower, upper).sum(axis=1)
        for p, low, high in self.patterns:
            far += outside(sums.shared[:, p], low, high)
        return far

    def room(self) -> float:
        """By how much answers must add up to more for scores to be in the middle of what is printed of them.

        What is printed of everybody, and of all levels of a variable, leaves the sum of scores in a range.
        """
        block, own = self.block, self.block.sums(self.block.answers[None]).scores[0, :, 0]
        means = {g: (low, high) for g, version, kind, low, high in self.scored if (version, kind) == (0, 1)}
        ranges = []
        for variable in dict.fromkeys(name for name, _ in block.groups):
            levels = [g for g, (name, _) in enumerate(block.groups) if name == variable and g in means]
            if levels and own[levels, 0].sum() == own[0, 0]:
                ranges.append([sum(own[g, 0] * means[g][end] for g in levels) for end in (0, 1)])
        if not ranges:
            return 0.0
        middle = (max(low for low, _ in ranges) + min(high for _, high in ranges)) / 2
        return float((middle - own[0, 1]) * len(block.items))

    @cached_property
    def matrix(self) -> tuple[Numbers, Numbers]:
        """The linear rules of all groups and items together: (counts, rules), (rules,)."""
        block, rows, constants = self.block, [], []
        for (g, j), found in self.linear.items():
            for row, constant in found:
                whole = np.zeros((len(block.groups), len(block.items), block.missing + 1))
                whole[g, j] = row
                rows.append(whole.ravel())
                constants.append(constant)
        shaped = (
            np.array(rows).reshape(len(rows), -1)
            if rows
            else np.zeros((0, len(block.groups) * len(block.items) * (block.missing + 1)))
        )
        return shaped.T, np.array(constants)

    @cached_property
    def ends(self) -> tuple[NDArray[np.int_], NDArray[np.int_], NDArray[np.int_], Numbers, Numbers]:
        """The figures of scores, column by column."""
        groups, versions, kinds, lower, upper = zip(*self.scored, strict=True)
        return np.array(groups), np.array(versions), np.array(kinds), np.array(lower), np.array(upper)

    def of_item(self, g: int, j: int, counts: Numbers) -> Numbers:
        """The same of the figures of one group and item, from counts by answer (…, answers + 1)."""
        far = np.zeros(len(counts))
        if rows := self.linear.get((g, j)):
            weights, constants = np.array([row for row, _ in rows]), np.array([c for _, c in rows])
            far += np.maximum(-SLACK - counts @ weights.T - constants, 0).sum(axis=1)
        for kind, lower, upper in self.shapes.get((g, j), ()):
            far += outside(shape(counts[:, :-1], self.block.values, kind), lower, upper)
        return far

    def broken(self, figures: Iterable[PrintedFigure]) -> list[PrintedFigure]:
        """Which figures the answers themselves do not agree with."""
        own = self.block.sums(self.block.answers[None])
        found = []
        for one in figures:
            alone = Rules(self.block)
            alone.add(one)
            if alone.violation(own).any():
                found.append(one)
        return found


SCORED = {"scored": 0, "score_mean": 1, "score_sd": 2, "complete_mean": 1}


def outside(values: Numbers, lower: float | Numbers, upper: float | Numbers) -> Numbers:
    """How far values are from what a printed figure allows, in halves of its width, six at most."""
    far = np.maximum(np.maximum(lower - SLACK - values, values - upper - SLACK), 0)
    half = (np.asarray(upper) - lower) / 2
    scaled: Numbers = np.minimum(far / np.where(half > 0, np.maximum(half, 1e-4), 0.3), 6.0)
    return scaled


def of_scores(sums: Numbers) -> Numbers:
    """Number, mean and standard deviation from sums (…, 3)."""
    n, first, second = np.moveaxis(sums, -1, 0)
    mean = first / np.maximum(n, 1)
    sd = np.sqrt(np.maximum(second - n * mean**2, 0) / np.maximum(n - 1, 1))
    return np.stack([n, mean, sd], axis=-1)


def shape(counts: Numbers, values: Numbers, kind: str) -> Numbers:
    """Standard deviation, skewness or kurtosis of answers from their counts (chains, answers)."""
    n = np.maximum(counts.sum(axis=1), 1)
    away = values - (counts @ values / n)[:, None]
    square = away * away
    variance: Numbers = np.maximum((counts * square).sum(axis=1), 1e-12) / np.maximum(n - 1, 1)
    if kind == "sd":
        found: Numbers = np.sqrt(variance)
    elif kind == "skew":
        found = (counts * square * away).sum(axis=1) / n / (variance * np.sqrt(variance))
    else:
        found = (counts * square * square).sum(axis=1) / n / (variance * variance) - 3
    return found

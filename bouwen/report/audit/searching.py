"""Complete sets of answers that agree with every printed figure, in which a count that is not printed is
another.

First counts of answers to each item are sought that agree with the figures of the item, by moving
respondents from answer to answer. Then respondents are found who answer so: a search by exchanges, in
which two of them swap an answer, or all their answers, until the figures of scores and of groups agree
too. Of every set that agrees with all figures more follow, since respondents with equal scores may
exchange all their answers to the scale. Any two of these sets are an example of what stays open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bouwen.report.audit.blocks import AnswerCodes, Flags, Numbers, Rules, ScaleAnswers, Tally
from bouwen.report.audit.programme import MOST_UNKNOWN, Programme

PAIRS, SUMS_APART = 30, 2  # respondents of whom a swap is tried; how far their sums may be apart
TRIED, MOST_MOVES, TURNS = 3000, 6, 8  # counts of an item that are tried at once, respondents moved, times
SEARCH_STEPS, SEARCH_ROUNDS = 80, 10  # of a search for respondents, which begins anew
CHAINS, BATCH = 48, 256  # sets of answers on their way, and exchanges that are tried at once
VARIANTS = 4  # of the beginning of each, of which the nearest to agreeing is taken
AGREEING = 0.7  # of these agree: on to the next
HOT, COLD = 0.5, 0.02  # how far from agreeing a step may lead, at the beginning and at the end of a round

Wholes = NDArray[np.int_]


@dataclass(eq=False)
class Seen:
    """Which values of each count were found in sets of answers that agree.

    ``values`` is (groups, items, answers + 1, respondents + 1).
    """

    values: Flags

    def note(self, block: ScaleAnswers, answers: AnswerCodes) -> None:
        """See a set of answers, and those that follow from it."""
        low, high = exchanged(block, answers)
        every = np.arange(self.values.shape[-1])
        self.values |= (every >= low[..., None]) & (every <= high[..., None])

    @property
    def width(self) -> Wholes:
        """How many values each count may have."""
        counted: Wholes = self.values.sum(axis=-1)
        return counted

    @property
    def ends(self) -> tuple[Wholes, Wholes]:
        """The least and the greatest of them."""
        last = self.values.shape[-1] - 1
        return self.values.argmax(axis=-1), last - self.values[..., ::-1].argmax(axis=-1)


@dataclass(eq=False)
class AnswerSets:
    """Sets of answers on their way.

    ``answers`` (chains, respondents, items), their ``scores`` (NaN without one), and how far each is
    from agreeing.
    """

    answers: AnswerCodes
    scores: Numbers
    sums: Tally
    far: Numbers


def widen(rules: Rules, protected: Flags, width: int, seed: int = 1) -> Seen:
    """Search until each protected count was seen to take ``width`` values, or the rounds are over.

    Parameters
    ----------
    rules : Rules
    protected : array of bool (groups, items, answers + 1)
    width : int
    seed : int

    Returns
    -------
    Seen
    """
    block, rng = rules.block, np.random.default_rng(seed)
    own = block.sums(block.answers[None]).counts[0]
    seen = Seen(np.zeros((*own.shape, len(block.answers) + 1), dtype=bool))
    seen.note(block, block.answers)
    asked: Flags = np.asarray(protected.any(axis=0))
    ways = [reachable(rules, j, own[0, j], asked[j], rng) for j in range(len(block.items))]
    pool = [block.answers]
    for attempt in range(SEARCH_ROUNDS):
        goals = np.argwhere(protected & (seen.width < width))
        if not len(goals):
            break
        for goal in goals[goals[:, 0] > 0]:
            within_group(rules, pool, goal, width, seen, rng)
        goals = np.argwhere(protected & (seen.width < width))
        if not len(goals):
            break
        chosen = rng.permutation(np.tile(goals, (1 + CHAINS // len(goals), 1)))[:CHAINS]
        sets = np.array([realised(rules, own[0], ways, chosen, seen, rng) for _ in range(VARIANTS)])
        far = [rules.violation(block.sums(answers)) for answers in sets]
        chains = begun(rules, sets[np.argmin(far, axis=0), np.arange(len(chosen))])
        steps = SEARCH_STEPS * (1 + attempt // 2)
        for at in range(steps):
            if (chains.far == 0).mean() > AGREEING:
                break
            step(rules, chains, HOT * (COLD / HOT) ** (at / steps), rng)
        for answers in chains.answers[chains.far == 0]:
            seen.note(block, answers)
            pool.append(answers)
    by_programme(rules, protected, width, seen)
    return seen


def by_programme(rules: Rules, protected: Flags, width: int, seen: Seen) -> None:
    """See further values of counts that the search has left, where an integer programme is small enough."""
    made = Programme(rules)
    if made.unknown > MOST_UNKNOWN:
        return
    own = rules.block.sums(rules.block.answers[None]).counts[0]
    goals = np.argwhere(protected & (seen.width < width))
    for goal in (tuple(int(part) for part in found) for found in goals if found[2] < rules.block.missing):
        for value in sorted(range(int(own[goal]) + 2 * width), key=lambda v: abs(v - own[goal])):
            if seen.width[goal] >= width:
                break
            if not seen.values[*goal, value] and (answers := made.answers_with(goal, value)) is not None:
                seen.note(rules.block, answers)


def within_group(
    rules: Rules, pool: Sequence[AnswerCodes], goal: Wholes, width: int, seen: Seen, rng: np.random.Generator
) -> None:
    """See more values of a count of a group, by exchanges that change nothing else."""
    counts = rules.block.sums(np.array(pool)).counts
    far = counts[:, *goal] + 0.5 * counts[:, 0, goal[1], goal[2]]
    for up in (True, False):
        answers: AnswerCodes | None = pool[int(((far if up else -far) + rng.random(len(pool))).argmax())]
        while answers is not None and seen.width[*goal] < width:
            answers = cycled(rules, answers, goal, up, rng)
            if answers is not None:
                seen.note(rules.block, answers)


def begun(rules: Rules, answers: AnswerCodes) -> AnswerSets:
    """Chains at the beginning."""
    sums = rules.block.sums(answers)
    return AnswerSets(answers, scores_or_nan(rules.block, answers), sums, rules.violation(sums))


def scores_or_nan(block: ScaleAnswers, answers: AnswerCodes) -> Numbers:
    """Scores of answers (…, items), NaN for who answered too few."""
    found, half, _ = block.scores_of(answers)
    return np.where(half, found, np.nan)


def exchanged(block: ScaleAnswers, answers: AnswerCodes) -> tuple[Numbers, Numbers]:
    """The least and greatest of each count of a group when respondents with equal scores exchange all
    answers to the scale.

    No figure of scores changes by that, nor a figure of everybody, nor a pattern of gaps if the rest of
    their answers is as complete. Of n respondents with a score, m with some answer and g in a group,
    between max(0, g + m − n) and min(g, m) are both.
    """
    score = np.round(np.nan_to_num(scores_or_nan(block, answers), nan=-9e9), 9)
    _, at = np.unique(np.column_stack([score, block.outside]), axis=0, return_inverse=True)
    classes = np.eye(at.max() + 1)[at.ravel()]
    given = np.eye(block.missing + 1)[answers]
    n = classes.sum(axis=0)[:, None, None, None]
    grouped = (classes.T @ block.members.astype(float))[:, :, None, None]
    with_answer = np.einsum("nc,nka->cka", classes, given)[:, None]
    return np.maximum(0, grouped + with_answer - n).sum(axis=0), np.minimum(grouped, with_answer).sum(axis=0)


# -------------------------------------------------------------------- counts of an item


def reachable(rules: Rules, j: int, own: Numbers, asked: Flags, rng: np.random.Generator) -> Numbers:
    """Counts by answer of everybody that agree with the figures of an item, its own first: (ways, answers
    + 1).

    From counts that have most or fewest of what is asked, respondents are moved to it, or away, and
    others about.
    """
    places, found = len(own), own[None]
    goals = np.flatnonzero(asked) if asked.any() else np.arange(places)
    for _ in range(TURNS):
        goal, up = rng.choice(goals, TRIED), rng.random(TRIED) < 0.5
        ends = np.where(up, found.argmax(axis=0)[goal], found.argmin(axis=0)[goal])
        base = found[np.where(rng.random(TRIED) < 0.7, ends, rng.integers(0, len(found), TRIED))].copy()
        moves = rng.integers(1, MOST_MOVES + 1, TRIED)
        for move in range(MOST_MOVES):
            at = np.flatnonzero(moves > move)
            goes, comes = rng.integers(0, places, (2, len(at)))
            if move == 0:
                goes, comes = np.where(up[at], goes, goal[at]), np.where(up[at], goal[at], comes)
            np.subtract.at(base, (at, goes), 1)
            np.add.at(base, (at, comes), 1)
        base = base[(base >= 0).all(axis=1)]
        good = base[rules.of_item(0, j, base) == 0]
        found = np.vstack([found, np.unique(good, axis=0)])
    return found


def realised(
    rules: Rules,
    own: Numbers,
    ways: Sequence[Numbers],
    goals: Wholes,
    seen: Seen,
    rng: np.random.Generator,
) -> AnswerCodes:
    """Answers with counts beyond those seen for each goal, a group, an item and a place: more of them,
    and every second time fewer.

    Other items make up for what that does to the sum of scores; in a group respondents swap answers with
    others.
    """
    block, aim = rules.block, rules.room()
    sign = np.where(block.turned, -1, 1)
    weight = np.append(block.values - block.values.mean(), 0)
    drift = [sign[j] * ((found - own[j]) @ weight) for j, found in enumerate(ways)]
    effort = [np.abs(found - own[j]).sum(axis=1) for j, found in enumerate(ways)]
    sets, (least, greatest) = [], seen.ends
    for number, (group, item, place) in enumerate(goals):
        found = ways[item][:, place]
        ahead = found - greatest[0, item, place] if number % 2 == 0 else least[0, item, place] - found
        wanted = ahead[ahead >= min(rng.integers(0, 4), ahead.max())].min()
        best = np.flatnonzero(ahead == wanted)
        cost = np.abs(drift[item][best] - aim) + 0.5 * effort[item][best] + rng.exponential(size=len(best))
        chosen = {int(item): int(best[cost.argmin()])}
        total = drift[item][chosen[int(item)]]
        for other in rng.permutation([j for j in range(len(ways)) if j != item]):
            away = np.abs(total + drift[other] - aim)
            cost = away + 0.25 * effort[other] + rng.exponential(size=len(ways[other]))
            chosen[int(other)] = int(cost.argmin())
            total += drift[other][chosen[int(other)]]
        answers = block.answers.copy()
        for j, way in chosen.items():
            answer_so(block, answers, j, ways[j][way], rng)
        for _ in range(rng.integers(1, 4) if group else 0):
            swap_in(block, answers, (group, item, place), number % 2 == 0, rng)
        sets.append(answers)
    return np.array(sets)


def answer_so(
    block: ScaleAnswers, answers: AnswerCodes, j: int, counts: Numbers, rng: np.random.Generator
) -> None:
    """Change answers to an item until they have the given counts, each by as little as can be."""
    now = np.bincount(answers[:, j], minlength=len(counts))
    few: Flags = np.logical_not(block.outside.any(axis=1))
    while (now != counts).any():
        source, goals = rng.choice(np.flatnonzero(now > counts)), np.flatnonzero(now < counts)
        goal = goals[np.abs(goals - source).argmin()]
        rows = np.flatnonzero(answers[:, j] == source)
        gappy = rows[few[rows]]
        row = rng.choice(gappy if block.missing in (source, goal) and len(gappy) else rows)
        answers[row, j] = goal
        now[source], now[goal] = now[source] - 1, now[goal] + 1


# -------------------------------------------------------------------- groups


def swap_in(
    block: ScaleAnswers, answers: AnswerCodes, goal: tuple[int, int, int], up: bool, rng: np.random.Generator
) -> None:
    """A respondent of a group and one from outside swap an answer: one more of a place, or one fewer."""
    group, item, place = goal
    inside, there = block.members[:, group], answers[:, item] == place
    takes, gives = np.flatnonzero(inside & (there != up)), np.flatnonzero(~inside & (there == up))
    if len(gives) and len(takes):
        first = rng.choice(takes)
        apart = np.abs(answers[gives, item] - answers[first, item].astype(int)) + rng.exponential(
            size=len(gives)
        )
        second = gives[apart.argmin()]
        answers[[first, second], item] = answers[[second, first], item]


def cycled(
    rules: Rules, answers: AnswerCodes, goal: Wholes, up: bool, rng: np.random.Generator
) -> AnswerCodes | None:
    """Answers that agree, with one more of a place in a group (or one fewer), where four respondents can
    bring that about; else None.

    One of the group and one from outside swap the answer. Two others, of the same groups as these, swap
    one too, which brings all means back; spreads change little where they have about the scores that the
    first two had.
    """
    block, (group, item, place) = rules.block, map(int, goal)
    keyed = np.where(block.turned, block.missing - 1 - answers, answers).astype(int)
    whole, total = (answers < block.missing).all(axis=1), keyed.sum(axis=1)
    there, inside = answers[:, item] == place, block.members[:, group]
    takes, gives = (
        np.flatnonzero(whole & inside & (there != up)),
        np.flatnonzero(whole & ~inside & (there == up)),
    )
    if not len(takes) or not len(gives):
        return None
    made: list[AnswerCodes] = []
    for first, second in zip(rng.choice(takes, PAIRS), rng.choice(gives, PAIRS), strict=True):
        by = keyed[second, item] - keyed[first, item]
        near = (
            np.abs(total - total[first] - by) <= SUMS_APART,
            np.abs(total - total[second] + by) <= SUMS_APART,
        )
        thirds = np.flatnonzero(whole & near[0] & (block.cells == block.cells[first]))
        fourths = np.flatnonzero(whole & near[1] & (block.cells == block.cells[second]))
        for j in range(len(block.items)):
            pairs = np.argwhere(keyed[thirds, j][:, None] == keyed[fourths, j][None] + by)
            for third, fourth in rng.permutation(
                np.column_stack([thirds[pairs[:, 0]], fourths[pairs[:, 1]]])
            )[:3]:
                if len({first, second, third, fourth}) == 4 and not (
                    j == item and place in answers[[third, fourth], j]
                ):
                    new = answers.copy()
                    new[[first, second], item] = answers[[second, first], item]
                    new[[third, fourth], j] = answers[[fourth, third], j]
                    made.append(new)
    if not made:
        return None
    agree = np.flatnonzero(rules.violation(block.sums(np.array(made))) == 0)
    return made[rng.choice(agree)] if len(agree) else None


# -------------------------------------------------------------------- respondents


def step(rules: Rules, chains: AnswerSets, heat: float, rng: np.random.Generator) -> None:
    """Try exchanges, and keep the best of each chain where it leads nearer to agreeing, or not far away."""
    block, open_ = rules.block, np.flatnonzero(chains.far > 0)
    tries = max(1, BATCH // len(open_))
    chain = open_.repeat(tries)
    first, second, swaps = exchanges(block, chains, chain, rng)
    before = chains.answers[chain, first], chains.answers[chain, second]
    after = np.where(swaps, before[1], before[0]), np.where(swaps, before[0], before[1])
    sums = block.moved(
        block.moved(chains.sums.of(chain), first, before[0], after[0]), second, before[1], after[1]
    )
    far = rules.violation(sums)
    worse = far - chains.far[chain]
    worse[(first == second) | (before[0] == after[0]).all(axis=1)] = np.inf
    noisy = (worse - heat * rng.exponential(size=len(chain))).reshape(-1, tries)
    best = noisy.argmin(axis=1) + np.arange(len(open_)) * tries
    best = best[worse[best] < heat * rng.exponential(size=len(open_))]
    at = chain[best]
    for rows, new in ((first, after[0]), (second, after[1])):
        chains.answers[at, rows[best]] = new[best]
        chains.scores[at, rows[best]] = scores_or_nan(block, new[best])
    chains.sums.put(at, sums.of(best))
    chains.far[at] = far[best]


def exchanges(
    block: ScaleAnswers, chains: AnswerSets, chain: Wholes, rng: np.random.Generator
) -> tuple[Wholes, Wholes, Flags]:
    """Two respondents for each try, mostly of the same groups, and what they swap (tries, items)."""
    tries, k = len(chain), len(block.items)
    open_ = chains.answers == block.missing
    gaps = open_.any(axis=2)[chain] & (rng.random(tries) < 0.2)[:, None]
    about_gaps = gaps.any(axis=1)
    first = one_wanted(np.where(about_gaps[:, None], gaps, True), rng)
    near = rng.random(tries) < 0.6
    partners = np.where(near[:, None], block.cells[None] == block.cells[first][:, None], True)
    second = one_wanted(partners, rng)
    item = (rng.random((tries, k)) + (open_[chain, first] & about_gaps[:, None])).argmax(axis=1)
    return first, second, np.arange(k) == item[:, None]


def one_wanted(wanted: Flags, rng: np.random.Generator) -> Wholes:
    """One of the wanted respondents of each row by chance; the first of all where there are none."""
    sums = wanted.cumsum(axis=1, dtype=np.int32)
    found: Wholes = (sums > (rng.random(len(wanted)) * sums[:, -1])[:, None]).argmax(axis=1)
    return found

"""The integer programme against all sets of answers there are, of scales small enough to list them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from bouwen.report.audit.blocks import Rules, ScaleAnswers
from bouwen.report.audit.printed import EVERYBODY, PrintedFigure
from bouwen.report.audit.programme import Programme

VALUES = np.array([1.0, 2.0, 3.0])
GROUP = ("size", "small")


def scale(answers, members):
    """A scale of answers (respondents, items), 3 of them being none, of everybody and of one group."""
    answers = np.array(answers, dtype=np.int8)
    k, n = answers.shape[1], len(answers)
    return ScaleAnswers(
        [f"t{j}" for j in range(k)], VALUES, answers, np.zeros(k, dtype=bool),
        np.column_stack([np.ones(n, dtype=bool), np.array(members, dtype=bool)]), [EVERYBODY, GROUP],
        np.zeros((n, 0), dtype=bool), np.zeros((0, k), dtype=bool),
    )  # fmt: skip


def printed(kind, value, half, group=EVERYBODY, of="t0"):
    return PrintedFigure(kind, of, group, value - half, value + half)


def held(block, figures):
    rules = Rules(block)
    for one in figures:
        rules.add(one)
    return rules


def every_value(block, rules, goal):
    """The values of a count over all sets of answers that agree, gaps staying where they are."""
    given = np.argwhere(block.answers < 3)
    found = set()
    for codes in product(range(3), repeat=len(given)):
        answers = block.answers.copy()
        answers[given[:, 0], given[:, 1]] = codes
        sums = block.sums(answers[None])
        if rules.violation(sums)[0] == 0:
            found.add(int(sums.counts[0][goal]))
    return found


@pytest.mark.parametrize("seed", range(6))
def test_every_value_that_there_is_is_found_and_no_other(seed):
    """Without spreads nothing is held that need not be, so that the programme finds all there is."""
    rng = np.random.default_rng(seed)
    answers = rng.integers(0, 3, (7, 1))
    block = scale(answers, rng.random(7) < 0.5)
    own = block.sums(block.answers[None]).counts[0, :, 0, :3]
    mean = [float(own[g] @ VALUES / max(own[g].sum(), 1)) for g in (0, 1)]
    rules = held(block, [printed("mean", round(mean[0], 1), 0.05), printed("mean", mean[1], 0.3, GROUP)])
    for goal in [(0, 0, 0), (0, 0, 2), (1, 0, 1)]:
        made = {v for v in range(8) if Programme(rules).answers_with(goal, v) is not None}
        assert made == every_value(block, rules, goal)


def test_answers_agree_with_spreads_and_scores_and_gaps_stay():
    answers = [[0, 0], [1, 1], [2, 2], [1, 0], [0, 3]]
    block = scale(answers, [1, 0, 1, 0, 1])
    sums = block.sums(block.answers[None])
    n, total, square = sums.scores[0, 0, 0]
    sd = float(np.sqrt((square - total**2 / n) / (n - 1)))
    figures = [
        printed("score_mean", total / n, 0.1, of="x"), printed("score_sd", sd, 0.2, of="x"),
        printed("sd", 0.84, 0.3),
    ]  # fmt: skip
    rules = held(block, figures)
    found = {}
    for value in range(6):
        made = Programme(rules).answers_with((0, 0, 0), value)
        if made is not None:
            found[value] = made
            assert ((made == 3) == (block.answers == 3)).all()
            assert rules.violation(block.sums(made[None]))[0] == 0
            assert block.sums(made[None]).counts[0, 0, 0, 0] == value
    assert set(found) <= every_value(block, rules, (0, 0, 0))
    assert len(found) >= 2

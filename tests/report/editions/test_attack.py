"""Who has two editions that publishing let pass recovers no answer of a respondent who came between.

The attacker has more than any page prints: the exact number of each answer of everybody and of every level
with estimates, and knows how many came, went and answer otherwise in each of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from bouwen.report.editions.counted import counted_in
from bouwen.report.editions.differences import differences_of
from bouwen.report.editions.matching import matched

NUMBERS = [1, 5, 9, 10, 11, 14, 20]


def passes(before, now):
    """Whether publishing lets the second edition pass beside the first."""
    return not differences_of(before, now, matched(before, now))


def populations(counted):
    """By name, which respondents an edition prints figures of."""
    answers = counted.answers
    yield ("all", ""), pd.Series(data=True, index=answers.index)
    for name, levels in counted.printed.items():
        for level, estimated in levels.items():
            if estimated:
                yield (name, level), answers[name] == level


def recovered(before, now, items):
    """How many answers the attacker knows of respondents who came, went or answer otherwise, and of how many.

    Where as many more gave an answer as came or changed, all of those gave it; where as many fewer gave it as
    went or changed, all of these did.
    """
    known = asked = 0
    values = ["", *"12345"]
    old, new = ({v: one.answers[items].to_numpy(str) == v for v in values} for one in (before, now))
    first = dict(populations(before))
    for name, people in populations(now):
        if name not in first:  # of which there was a number only
            continue
        had = first[name]
        both = sorted(set(people.index[people]) & set(had.index[had]))
        others = (before.answers.loc[both, items] != now.answers.loc[both, items]).sum().to_numpy()
        came, went = people.sum() - len(both) + others, had.sum() - len(both) + others
        gap = np.array([new[v][people].sum(axis=0) - old[v][had].sum(axis=0) for v in values])
        known += int(((came > 0) & (gap.max(axis=0) == came)).sum())
        known += int(((went > 0) & (gap.min(axis=0) == -went)).sum())
        asked += int((came > 0).sum() + (went > 0).sum())
    return known, asked


def home(study):
    """The largest level of each variable."""
    counted = counted_in(study)
    return {name: max(levels, key=lambda level: (counted.answers[name] == level).sum())
            for name, levels in counted.printed.items()}  # fmt: skip


def later(study, level, rng, kinds):
    """A later edition: some came, went or answer otherwise, of one level of each variable or of any."""
    own, level = study.responses.copy(), level if rng.random() < 0.8 else {}
    came, went, others = (int(kind in kinds) * rng.choice(NUMBERS) for kind in ("came", "went", "others"))
    more = own.iloc[rng.integers(0, len(own), came)].copy()
    more.index = [f"later {i}" for i in range(came)]
    for item in study.items:
        more[item] = rng.permutation(more[item].to_numpy(copy=True))
    near = own.index[
        np.logical_and.reduce([own[v] == value for v, value in level.items()] or [own.index == own.index])
    ]
    for item in rng.choice(study.items, 2, replace=False):
        changed = rng.permutation(near)[:others]
        own.loc[changed, item] = own.loc[changed, item].fillna(1) % 5 + 1
    for name, value in level.items():
        more[name] = value
    own = own.drop(index=rng.permutation(near)[:went])
    both = pd.concat([own, more]).astype(study.responses.dtypes.to_dict())
    return replace(study, responses=both)


def attacked(study, seeds, *kinds):
    """Answers recovered, answers asked for, and editions, each by whether publishing let them pass."""
    known, asked, times, before, level = Counter(), Counter(), Counter(), counted_in(study), home(study)
    for seed in seeds:
        now = counted_in(later(study, level, np.random.default_rng(seed), kinds))
        passed = passes(before, now)
        times[passed] += 1
        for total, number in zip((known, asked), recovered(before, now, list(study.items)), strict=True):
            total[passed] += number
    return known, asked, times


@pytest.fixture(scope="module")
def study(providers):
    """The default study with many respondents of one level of each variable, so that some can come and go."""
    own = providers.responses
    level, many = home(providers), own.index[::3]
    return replace(providers, responses=own.assign(
        **{name: own[name].where(~own.index.isin(many), value) for name, value in level.items()}
    ))  # fmt: skip


@pytest.mark.parametrize("kind", ["came", "went", "others"])
def test_who_has_two_editions_that_passed_recovers_no_answer(study, kind):
    known, _, times = attacked(study, range(7), kind)
    assert min(times[True], times[False]) >= 1
    assert known[True] == 0
    assert known[False] > 0, "the attack succeeds on what is refused"


@pytest.mark.long
@pytest.mark.parametrize("kind", ["came", "went", "others"])
def test_the_same_of_many_editions(study, runs, kind):
    known, _, times = attacked(study, range(1000, 1000 + runs(400)), kind)
    assert min(times[True], times[False]) >= 10
    assert known[True] == 0


@pytest.mark.long
def test_where_some_came_and_others_went_few_answers_are_recovered_from_exact_numbers(study, runs):
    """Whoever is the only one to go, and gave an answer that no newcomer gave, is found in exact numbers.

    That is why pages round them (`tests/report/test_attacks.py`), and what `docs/protection.md` says of it.
    """
    known, asked, times = attacked(study, range(5000, 5000 + runs(400)), "came", "went", "others")
    assert times[True] >= 10
    assert known[True] / asked[True] < known[False] / asked[False]
    assert known[True] / asked[True] < 0.05


def test_of_one_who_came_every_answer_is_recovered_unless_it_is_refused(study):
    before = counted_in(replace(study, responses=study.responses.iloc[:-1]))
    now = counted_in(study)
    assert recovered(before, now, list(study.items))[0] >= len(study.items)
    assert not passes(before, now)

"""What two editions tell of few respondents is found, however they came about, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, combinations

import numpy as np
import pandas as pd
import pytest

from bouwen.report.editions import matching
from bouwen.report.editions.counted import Counted
from bouwen.report.editions.differences import differences_of
from bouwen.report.editions.fingerprints import made_fingerprints, recognised
from bouwen.report.editions.matching import matched
from bouwen.survey import hidden

KEY = b"a key of this test only"
ITEMS = [f"t{k}" for k in range(6)]


def people(n=120, seed=0, first=1):
    """Answers of so many respondents to six items, and two variables of three and two levels."""
    rng = np.random.default_rng(seed)
    answers = {item: rng.choice(list("12345"), n, p=[0.1, 0.2, 0.3, 0.25, 0.15]) for item in ITEMS}
    answers |= {"kind": [("a", "b", "c")[i % 3] for i in range(n)]}
    answers |= {"where": [("north", "south")[i // 2 % 2] for i in range(n)]}
    index = pd.Index([f"r{first + i}" for i in range(n)])
    return pd.DataFrame(answers, index=index, dtype=object)


def edition(answers, *, estimated=("kind",), min_cell=10, named=True):
    """An edition that prints every level that is large enough."""
    printed = {}
    for name in (column for column in answers if column not in ITEMS and not column.startswith("u")):
        sizes = answers[name].value_counts().sort_index()
        secret = hidden(sizes, min_cell)
        printed[name] = {level: name in estimated for level in sizes.index[~secret] if level}
    return Counted(answers, printed, min_cell, named)


def told(before, now):
    """What is told by a new edition beside one of which there are only fingerprints."""
    record = made_fingerprints("1.0", before, KEY)
    read = recognised(record, KEY, now)
    return differences_of(read, now, matched(read, now))


def places(found):
    return [(one.variable, one.levels, one.column) for one in found]


def with_more(answers, seed=9, **kinds):
    """The same respondents and so many more of each kind, all of them in the north."""
    more = [people(n, seed + n).assign(kind=kind, where="north") for kind, n in kinds.items()]
    more = pd.concat(more)
    return pd.concat([answers, more.set_axis([f"r{1001 + i}" for i in range(len(more))])])


def changed(answers, rows, column, value=None):
    """The same with other answers in some rows."""
    out, k = answers.copy(), list(answers).index(column)
    for row in rows:
        out.iloc[row, k] = value or {"1": "2"}.get(out.iloc[row, k], "1")
    return out


def numbered(answers):
    return answers.set_axis([str(i + 1) for i in range(len(answers))])


def recoded(answers):
    return answers.assign(t3=answers["t3"] + "0")


ALL = people()
NUMBERED = numbered(ALL)
A_NORTH = [i for i, row in enumerate(ALL.itertuples()) if (row.kind, row.where) == ("a", "north")]
MERGED = ALL.assign(kind=ALL["kind"].replace({"a": "ab", "b": "ab"}))
RARE = changed(ALL, range(4), "kind", "d")

#: What happened -> the old answers, the new ones, and the variable of which something is told.
PLANTED = {
    "one came": (ALL, with_more(ALL, a=1), ""),
    "nine came": (ALL, with_more(ALL, a=9), ""),
    "one went": (ALL, ALL.drop("r50"), ""),
    "one for another": (ALL, with_more(ALL.drop("r50"), a=1), ""),
    "one answer is another": (ALL, changed(ALL, [7], "t2"), ""),
    "one gap is filled": (changed(ALL, [7], "t2", " "), ALL, ""),
    "nine answers of nine": (ALL, changed(ALL, range(9), "t2"), ""),
    "twelve rows, each item in few of them": (
        ALL, changed(changed(ALL, range(6), "t1"), range(6, 12), "t2"), ""),
    "few came, and others answer one item otherwise": (
        ALL, with_more(changed(ALL, range(20, 31), "t2"), a=5), ""),
    "many came, few of them to one level": (ALL, with_more(ALL, a=17, b=3), "kind"),
    "few moved from one level to another": (ALL, changed(ALL, A_NORTH[:3], "kind", "b"), "kind"),
    "few of a level answer otherwise, many of all do": (
        ALL, changed(ALL, [i for i in range(33) if i % 3 or i < 9], "t2"), "kind"),
    "levels are no longer merged, and few came to the others": (MERGED, with_more(ALL, a=12, c=4), "kind"),
    "levels are merged, and few moved there": (ALL, changed(MERGED, [2, 5, 8], "kind", "ab"), "kind"),
    "few were counted with one level, and now with another": (
        RARE.replace({"kind": {"d": "a"}}), RARE.replace({"kind": {"d": "b"}}), "kind"),
    "a variable has another name, and few another level": (
        ALL, changed(ALL, A_NORTH[:3], "kind", "b").rename(columns={"kind": "sort"}), "sort"),
    "rows are numbered anew, one is gone": (NUMBERED, numbered(NUMBERED.drop("7")), ""),
    "the last rows are numbered anew, one is gone": (NUMBERED, numbered(NUMBERED.drop("115")), ""),
    "rows are numbered anew, one is gone and five answer otherwise": (
        NUMBERED, numbered(changed(NUMBERED, A_NORTH[-5:], "t2").drop("7")), ""),
    "one level only, without one of them and without the variable": (
        ALL, ALL[ALL["kind"] == "a"].iloc[1:].drop(columns="kind"), "kind"),
    "an item is coded anew for all, one is gone": (ALL, recoded(ALL.drop("r50")), ""),
    "an item is left out, one is gone": (ALL, ALL.drop("r50").drop(columns="t3"), ""),
    "an item is new, one came": (ALL.drop(columns="t3"), with_more(ALL, a=1), ""),
    "an item has another name, one is gone": (ALL, ALL.drop("r50").rename(columns={"t3": "t33"}), ""),
    "few came to the levels that are not shown": (RARE, with_more(RARE, a=12, d=3), "kind"),
    "one level only, without one of them": (ALL, ALL[ALL["kind"] == "a"].iloc[1:], "kind"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_difference_by_few_is_found(name):
    before, now, where = PLANTED[name]
    found = told(edition(before), edition(now))
    assert where in [one.variable for one in found], places(found)
    assert told(edition(now), edition(before)), "the other way round"


def test_a_small_level_is_found_that_was_hidden_with_another_than_now():
    """Both editions print all levels but two, and the total, and one of the two is the same small one."""
    before, now = (
        replace(edition(RARE), printed={"kind": dict.fromkeys(shown, False)}) for shown in ("ab", "bc")
    )
    assert [one.variable for one in told(before, now)] == ["kind"]
    assert not told(before, before)


def test_few_that_one_edition_tells_by_itself_are_no_difference_unless_they_change():
    """Three gave no kind: who reads one edition finds that by subtraction, which is not for this check."""
    before = edition(changed(ALL, A_NORTH[:3], "kind", " "))
    assert " " not in before.printed["kind"]
    before = replace(before, printed={"kind": dict.fromkeys("abc", True)})
    after = changed(before.answers, A_NORTH[3:4], "kind", " ")
    assert not told(before, before)
    assert told(before, replace(before, answers=after))


def test_figures_of_all_and_of_all_other_levels_are_figures_of_a_level():
    before = replace(edition(ALL), printed={"kind": {"a": True, "b": True, "c": False}})
    rows = {kind: [i for i in range(len(ALL)) if ALL["kind"].iloc[i] == kind] for kind in "abc"}
    now = changed(ALL, [*rows["a"][:20], *rows["c"][:5]], "t2")
    assert places(told(before, replace(before, answers=now))) == [("kind", ("c",), "t2")]
    unknown = {"kind": dict.fromkeys("abc", False)}
    assert not told(replace(before, printed=unknown), replace(before, answers=now, printed=unknown))


@pytest.mark.parametrize(
    "now",
    [numbered(NUMBERED.drop("7")), changed(NUMBERED, [7], "t2"), numbered(recoded(NUMBERED.drop("7")))],
    ids=["one is gone", "one answer is another", "an item is coded anew, one is gone"],
)
def test_a_difference_by_few_is_found_where_nobody_has_an_id(now):
    found = told(edition(NUMBERED, named=False), edition(now, named=False))
    assert "" in [one.variable for one in found], places(found)


def test_the_larger_of_two_smallest_cells_decides():
    now = with_more(ALL, a=7)
    assert not told(edition(ALL, min_cell=5), edition(now, min_cell=5))
    assert told(edition(ALL, min_cell=5), edition(now, min_cell=10))
    assert told(edition(ALL, min_cell=10), edition(now, min_cell=5))


def test_very_many_rows_are_paired_by_the_half_of_their_answers_that_is_the_same(monkeypatch):
    monkeypatch.setattr(matching, "MOST_PAIRS", 100)
    now = numbered(recoded(NUMBERED.drop("7")))
    found = told(edition(NUMBERED, named=False), edition(now, named=False))
    assert places(found) == [("", (), "")]


SHUFFLED = ALL.sample(frac=1, random_state=3)
GONE = [f"r{i + 1}" for i in A_NORTH]
TWINS = ALL.assign(**dict.fromkeys(ITEMS, "3"))
TWINS = TWINS.where(pd.Series(ALL.index.isin(["r20", "r50", "r80", "r110"]), ALL.index), ALL, axis=0)
INNOCENT = {
    "nothing": (ALL, ALL),
    "the order of rows": (ALL, SHUFFLED),
    "ids that are others for all": (ALL, SHUFFLED.set_axis([f"x{i}" for i in range(len(ALL))])),
    "ten who came to one level of each variable": (ALL, with_more(ALL, a=10)),
    "ten who went": (ALL, ALL.drop(index=GONE[:10])),
    "five for five others": (ALL, with_more(ALL.drop(index=GONE[:5]), a=5)),
    "five for five others, of whom some are as others who moved in the file": (
        TWINS, with_more(TWINS.drop(index=GONE[:5]), a=5).iloc[::-1]),
    "ten of a level who answer one item otherwise": (ALL, changed(ALL, A_NORTH[:10], "t2")),
    "a new item": (ALL.drop(columns="t3"), ALL),
    "an item coded anew for all": (ALL, recoded(ALL)),
    "levels that are merged": (ALL, MERGED),
    "few in each of two levels that are merged now": (
        ALL, with_more(ALL, a=6, b=6).assign(kind=lambda t: t["kind"].replace({"a": "ab", "b": "ab"}))),
    "a variable less": (ALL, ALL.drop(columns="kind")),
    "other people": (ALL, people(90, seed=77, first=5001)),
    "what no page prints": (ALL.assign(u1="x"), ALL),
}  # fmt: skip


@pytest.mark.parametrize("name", INNOCENT)
def test_what_tells_of_nobody_or_of_ten_passes(name):
    before, now = map(edition, INNOCENT[name])
    assert places(told(before, now)) == []
    assert places(told(now, before)) == []


def test_the_order_of_rows_tells_nothing_where_nobody_has_an_id():
    now = numbered(NUMBERED.sample(frac=1, random_state=3))
    assert not told(edition(NUMBERED, named=False), edition(now, named=False))


# ------------------------------------------------------------------ an attacker who tries everything


def unions(sets):
    """Every union of some sets."""
    return [frozenset().union(*some) for k in range(1, len(sets) + 1) for some in combinations(sets, k)]


def printed_sets(counted, name, *, estimated):
    """All sets of respondents of which an edition gives the number (or figures) by adding and subtracting."""
    everybody = frozenset(counted.answers.index)
    levels = [
        frozenset(counted.answers.index[counted.answers[name] == level])
        for level, figures in counted.printed[name].items()
        if figures or not estimated
    ]
    return {s for s in chain([everybody], unions(levels), (everybody - u for u in unions(levels))) if s}


def attack(before, now):
    """Whether some difference of two printed sets is one of few respondents or of few of their answers."""
    old, new = before.answers, now.answers
    items = [item for item in ITEMS if item in old and item in new]
    for name in before.printed.keys() & now.printed.keys():
        for estimated in (False, True):
            for one in printed_sets(before, name, estimated=estimated):
                for two in printed_sets(now, name, estimated=estimated):
                    apart = len(one ^ two)
                    if 0 < apart < 10:
                        return True
                    if not apart and estimated:
                        both = sorted(one)
                        moved = (old.loc[both, items] != new.loc[both, items]).sum()
                        if ((moved > 0) & (moved < 10)).any():
                            return True
    return False


def second_edition(rng, answers):
    """The answers of a later edition: some came, went, answer otherwise or changed levels, by chance."""
    now = answers.copy()
    few = [0, 0, 1, 3, 9, 10, 11, 14, 25]
    level = rng.choice(["", "a", "b", "c"])
    near = [i for i in now.index if level in ("", now.at[i, "kind"])]
    now = now.drop(index=list(rng.permutation(near)[: rng.choice(few)]))
    for item in rng.choice(ITEMS, rng.integers(0, 3), replace=False):
        own = [i for i in now.index if level in ("", now.at[i, "kind"])]
        rows = rng.permutation(own)[: rng.choice([*few, 60])]
        now.loc[rows, item] = [{"1": "2"}.get(value, "1") for value in now.loc[rows, item]]
    rows = rng.choice(list(now.index), rng.choice([0, 0, 0, 2, 12]), replace=False)
    now.loc[rows, "kind"] = rng.choice(["a", "b", "c"])
    more = people(int(rng.choice(few)), int(rng.integers(1000)), 2001)
    if level:
        more = more.assign(kind=level, where="north")
    now = pd.concat([now, more])
    if rng.random() < 0.3:
        now["kind"] = now["kind"].replace({"a": "ab", "b": "ab"})
    return now


def agree_on(runs, seed):
    """How often the attack succeeds in pairs of editions drawn by chance, and the check says the same."""
    rng, given_away = np.random.default_rng(seed), 0
    for run in range(runs):
        answers = people(int(rng.integers(60, 140)), int(rng.integers(1000)))
        if rng.random() < 0.3:
            answers["kind"] = answers["kind"].replace({"b": "bc", "c": "bc"})
        before, now = edition(answers), edition(second_edition(rng, answers))
        success = attack(before, now)
        given_away += success
        assert bool(told(before, now)) == success, run
    return given_away


def test_whoever_tries_every_difference_finds_few_exactly_where_publishing_is_refused():
    assert 10 < agree_on(40, 1) < 40


@pytest.mark.long
def test_the_same_of_many_pairs_of_editions(runs):
    many = runs(1000)
    assert many / 3 < agree_on(many, 2) < many

"""What is hidden stays hidden."""

import itertools
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bouwen.survey.disclosure import (
    DECIMALS,
    count_text,
    distributions_shown_alike,
    estimable,
    hidden,
    hidden_cells,
    moments_of,
    pooled,
    pools,
    rounded_shares,
    share_step,
    shown_moments,
)

counts = st.lists(st.integers(0, 40), min_size=2, max_size=9).map(pd.Series)
answers = st.lists(st.integers(0, 90), min_size=3, max_size=7).map(pd.Series)


@given(counts, st.integers(3, 10))
def test_no_small_cell_is_shown_and_all_that_is_shown_is_true(counts, min_cell):
    secret = hidden(counts, min_cell)
    assert secret[counts < min_cell].all()
    assert secret.sum() != 1
    shown = count_text(counts, min_cell)
    assert all(text == str(count) for text, count in zip(shown[~secret], counts[~secret], strict=True))
    assert set(shown[secret]) <= {"–"}
    if counts.sum() < 2 * min_cell:
        assert secret.all()


@pytest.mark.parametrize(
    ("levels", "top", "min_cell"),
    [
        (2, 60, 10),
        (3, 19, 5),
        (4, 13, 3),
        pytest.param(3, 50, 10, marks=pytest.mark.long),
        pytest.param(4, 22, 5, marks=pytest.mark.long),
        pytest.param(5, 13, 3, marks=pytest.mark.long),
    ],
)
def test_whoever_knows_the_rule_is_left_with_as_many_values_as_a_cell_needs(levels, top, min_cell):
    """Brute force: all tables that are printed alike, with the same total."""
    least, alike = max(min_cell, 5), defaultdict(list)
    for table in itertools.product(range(top), repeat=levels):
        secret = hidden_cells(table, min_cell, least)
        alike[tuple(None if s else v for s, v in zip(secret, table, strict=True)), sum(table)].append(table)
    judged = 0
    for (shown, total), tables in alike.items():
        rest = total - sum(value or 0 for value in shown)
        if total < 2 * least or rest >= top:  # nothing but marks; or some such tables are not listed
            continue
        for values, text in zip(zip(*tables, strict=True), shown, strict=True):
            judged += text is None
            assert text is not None or len(set(values)) >= min_cell
    assert judged


@pytest.mark.parametrize("whole", [200, pytest.param(10_000, marks=pytest.mark.long)])
def test_random_tables_keep_what_they_hide(whole, runs):
    """Tables of two to six levels, in which others of the same face are looked for by two moves."""
    rng = np.random.default_rng(1)
    judged = 0
    for _ in range(whole if whole == 200 else runs(whole)):
        k, min_cell = int(rng.integers(2, 7)), int(rng.choice([3, 5, 10]))
        table = np.where(rng.random(k) < 0.5, rng.integers(0, 12, k), rng.integers(0, 80, k)).tolist()
        least, secret = max(min_cell, 5), hidden_cells(table, min_cell, max(min_cell, 5))
        if sum(table) < 2 * least:
            assert all(secret)
            continue
        at = [i for i in range(k) if secret[i]]
        for i in at:
            others, steps = {table[i]}, range(-5, 6)
            for j, k, first, second in itertools.product(at, at, steps, steps):
                moved = list(table)
                moved[j], moved[k], moved[i] = moved[j] - first, moved[k] - second, moved[i] + first + second
                alike = i not in (j, k) and min(moved) >= 0
                if alike and moved[i] not in others and hidden_cells(moved, min_cell, least) == secret:
                    others.add(moved[i])
                if len(others) >= 5:
                    break
            judged += 1
            assert len(others) >= min(min_cell, 5), (table, min_cell)
    assert judged > 100


@given(counts, st.integers(1, 10))
def test_pooling_keeps_the_total_and_leaves_no_small_cell(counts, min_cell):
    found = pooled(counts, min_cell)
    if counts.sum() < 2 * min_cell:
        assert (found == 0).all()
    else:
        assert found.sum() == counts.sum()
        assert ((found == 0) | (found >= min_cell)).all()


@given(answers, st.integers(0, 25), st.sampled_from([5, 10]))
@example(pd.Series([23, 20, 23, 48, 48, 72, 72]), 1, 5)
def test_what_is_looked_at_beside_an_item_is_printed_like_it(counts, missing, min_cell):
    if counts.sum() < 2 * min_cell:
        return
    target, values = pools(list(counts), min_cell), counts.to_numpy()
    step = share_step(int(counts.sum()) + missing)

    def face(rows):
        together = np.array([np.bincount(target, row, len(values)) for row in rows])
        return rounded_shares(together, step)

    alike = distributions_shown_alike(values, missing, min_cell)[:50]
    assert (alike.sum(axis=1) == counts.sum() + missing).all()
    assert (face(alike[:, :-1]) == face(values[None])).all()
    assert (alike[:, -1] == missing).all() if missing >= min_cell else (alike[:, -1] < min_cell).all()


def test_moments_are_as_fine_as_what_is_not_shown_stays_open():
    """A published distribution of 201 answers gave three small counts away by its moments."""
    counts = pd.Series([6, 23, 48, 66, 56], index=range(1, 6))
    places = shown_moments(counts, 2, 10)
    alike = distributions_shown_alike(counts.to_numpy(), 2, 10)
    codes = counts.index.to_numpy(dtype=float)
    own, theirs = moments_of(counts.to_numpy()[None], codes), moments_of(alike[:, :-1], codes)

    def left(decimals):
        same = [
            np.abs(others - np.round(mine, d)) <= 0.5 * 10.0**-d
            for mine, others, d in zip(own, theirs, decimals, strict=True)
            if d is not None
        ]
        return alike[np.all(same, axis=0)][:, [0, 1, 5]]

    assert (np.ptp(left(places), axis=0) >= 4).all()
    finer = DECIMALS[DECIMALS.index(places) - 1]
    assert (np.ptp(left(finer), axis=0) < 4).any()


@pytest.mark.parametrize(("n", "sd"), [(99, False), (100, True)])
def test_the_spread_of_an_item_takes_a_hundred_answers(n, sd):
    counts = pd.Series([20, 20, 20, 20, n - 80], index=range(1, 6))
    places = shown_moments(counts, 30, 10)
    assert (places[1] is not None) == sd
    assert places[0] == 1


def test_of_few_answers_nothing_is_shown():
    assert shown_moments(pd.Series([5, 5, 9], index=[1, 2, 3]), 0, 10) == (None,) * 4
    fine = pd.Series([2] * 101, index=range(101))
    assert shown_moments(fine, 0, 10) == (1, 1, None, None)
    assert shown_moments(fine[:20], 0, 10) == (1, None, None, None)


@pytest.mark.parametrize(
    ("sizes", "enough"),
    [
        ([171, 30], [True, True]),
        ([172, 29], [False, False]),  # everybody else is too few
        ([193, 8], [False, False]),
        ([201], [True]),  # everybody else is nobody
        ([90, 60, 47, 4], [True, True, False, False]),  # the third is hidden with the fourth
        ([16, 48, 38, 48], [False, True, True, True]),
        ([100, 97, 4], [True, False, False]),  # an interval would tell what is hidden with the four
    ],
)
def test_which_levels_get_estimates(sizes, enough):
    sizes = pd.Series(sizes)
    assert estimable(sizes, hidden(sizes, 10), 30).tolist() == enough


def test_who_named_no_level_is_one_of_everybody_else():
    sizes = pd.Series([60])
    assert [estimable(sizes, hidden(sizes, 10), 30, n).all() for n in (60, 61, 89, 90)] == [
        True,
        False,
        False,
        True,
    ]

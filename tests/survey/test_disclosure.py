"""What is hidden stays hidden."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouwen.survey.disclosure import count_text, hidden, pooled

counts = st.lists(st.integers(0, 40), min_size=2, max_size=9).map(pd.Series)


@given(counts, st.integers(1, 10))
def test_no_small_cell_is_shown_or_found_by_subtraction(counts, min_cell):
    secret = hidden(counts, min_cell)
    assert secret[(counts > 0) & (counts < min_cell)].all()
    if secret.sum() == 1:  # only when there is nothing else to hide it with
        assert (counts > 0).sum() == 1
    shown = count_text(counts, min_cell)
    assert all(text == str(count) for text, count in zip(shown[~secret], counts[~secret], strict=True))
    assert not any(text.isdigit() for text in shown[secret])


@given(counts, st.integers(1, 10))
def test_pooling_keeps_the_total_and_leaves_no_small_cell(counts, min_cell):
    found = pooled(counts, min_cell)
    if counts.sum() < min_cell:
        assert (found == 0).all()
    else:
        assert found.sum() == counts.sum()
        assert ((found == 0) | (found >= min_cell)).all()


@pytest.mark.parametrize(
    ("given_counts", "expected"),
    [
        ([10, 2, 20], [10, 0, 22]),  # a small middle joins the larger side
        ([20, 2, 10], [22, 0, 10]),
        ([30, 3, 9, 20, 4], [30, 0, 12, 24, 0]),  # both sides join what is nearer the middle
        ([5, 5, 5], [5, 5, 5]),
    ],
)
def test_a_small_cell_joins_the_neighbour_towards_the_middle(given_counts, expected):
    assert pooled(pd.Series(given_counts), 5).tolist() == expected

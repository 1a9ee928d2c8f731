"""What is hidden stays hidden, and numbers read as the language has them."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bouwen.report.telling import say
from bouwen.survey.disclosure import count_text, hidden, pooled
from bouwen.words import interval, number, pvalue

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
    ("text", "expected"),
    [
        (number(-0.001), "0.00"),
        (number(0.5, 2, "nl"), "0,50"),
        (number(12345, 0, "nl"), "12.345"),
        (number(float("inf")), "–"),
        (interval(0.1, 0.2, 1, "nl"), "[0,1;\u00a00,2]"),
        (pvalue(0.0005), "0.001"),
        (pvalue(0.00049), "<0.001"),
        (say(201, "nl"), "201"),
        (say(0.666, "nl"), "0,67"),
        (say(["a", "b"], "nl"), "a en b"),
    ],
)
def test_numbers_in_words(text, expected):
    assert text == expected

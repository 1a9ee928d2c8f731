"""What is hidden stays hidden."""

import pandas as pd
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

"""Numbers read as the language has them."""

import pytest

from bouwen.words import interval, number, pvalue


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
    ],
)
def test_numbers_in_words(text, expected):
    assert text == expected

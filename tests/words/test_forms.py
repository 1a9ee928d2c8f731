"""Numbers read as the language has them."""

import pytest

from bouwen.words import words

EN, NL = words("en"), words("nl")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (EN.number(-0.001), "0.00"),
        (EN.number(-1234.5, 1), "−1,234.5"),
        (NL.number(0.5), "0,50"),
        (NL.number(12345, 0), "12.345"),
        (EN.number(float("inf")), "–"),
        (EN.plain(2.5), "2.5"),
        (NL.plain(-2500), "−2.500"),
        (NL.plain(1234567.25), "1.234.567,25"),
        (NL.percent(0.5), "50%"),
        (NL.percent(-0.1234, 1), "−12,3%"),
        (EN.interval(0.1, 0.2, 1), "[0.1,\u00a00.2]"),
        (NL.interval(0.1, 0.2, 1), "[0,1;\u00a00,2]"),
        (EN.pvalue(0.0005), "0.001"),
        (EN.pvalue(0.00049), "<0.001"),
        (NL.pvalue(0.00049), "<0,001"),
        (NL.pvalue(float("nan")), "–"),
        (NL.listing(["a", "b", "c"]), "a, b en c"),
        (NL.listing(["a"]), "a"),
        (EN.listing([]), "–"),
        (EN.range(1, 3), "1 to 3"),
        (NL.range(2, 2), "2"),
    ],
)
def test_numbers_in_words(text, expected):
    assert text == expected


def test_a_language_is_called_by_its_own_name_or_its_code():
    assert (EN.own_name, NL.own_name, words("xx").own_name) == ("English", "Nederlands", "xx")

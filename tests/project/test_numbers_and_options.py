"""Numbers as results tell them, and options and answers at the edges of what may be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from bouwen import checks, results

NAN = float("nan")


@pytest.mark.parametrize(
    ("value", "said", "line"),
    [
        (0.0005, "0.001", "p = .001"), (0.00049, "< .001", "p < .001"), (0.0, "< .001", "p < .001"),
        (0.0494, "0.049", "p = .049"), (1.0, "1.000", "p = 1.000"), (NAN, "", ""),
    ],
)  # fmt: skip
def test_p_values(value, said, line):
    assert (results.chance(value), results.p_line(value)) == (said, line)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, ".00"),
        (0.994, ".99"),
        (0.996, "1.00"),
        (-0.996, "-1.00"),
        (10.05, "10.05"),
        (NAN, "–"),
    ],
)
def test_numbers_in_short(value, said):
    assert results.short(value) == said


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((0.1, 0.9), ".50 [.10, .90]"),
        ((NAN, 0.9), ".50 [–, .90]"),
        ((0.1, NAN), ".50 [.10, –]"),
        ((NAN, NAN), ".50"),
    ],
)
def test_a_share_with_its_interval(limits, said):
    assert results.within(0.5, *limits) == said


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [
        (1.23456, 3, "1.235"),
        (2.0, 3, "2.000"),
        (2.5, 4, "2.5"),
        (2.0, 6, "2"),
        (100.0, 4, "100"),
        (NAN, 3, ""),
    ],
)
def test_rounding(value, digits, said):
    assert results.rounded(value, digits) == said


def test_counts_with_their_noun():
    said = [results.how_many(k, "study", "studies") for k in range(3)]
    assert said == ["0 studies", "1 study", "2 studies"]
    assert results.how_many(0, "item") == "0 items"


def test_cells_of_tables():
    frame = pd.DataFrame({
        "n": [3, 4], "whole": [3.0, NAN], "part": [2.0, 2.5], "pvalue_scaled": [1e-5, 0.25],
        "via": [("a", "b"), ()], "mixed": pd.Series([0.5, None], dtype=object), "no": pd.Series([None, "x"]),
    })  # fmt: skip
    cells = [results._texts(frame[name]) for name in frame]
    assert cells[:5] == [["3", "4"], ["3", ""], ["2.000", "2.500"], ["< .001", "0.250"], ["a, b", ""]]
    assert cells[5:] == [["0.500", ""], ["", "x"]]
    page = results.html_table(frame[["n"]].set_axis(pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])), "x")
    assert page.count("scope='row'") == 4
    assert page.count("scope='col'") == 3
    named = results.html_table(frame[["n"]].rename_axis("row"), "x")
    assert "<th scope='col'>row</th><th scope='col'>n</th>" in named


# ------------------------------------------------------------------ options


@pytest.mark.parametrize(
    ("found", "options", "fine"),
    [
        (0.0, {}, False), (1.0, {}, False), (0.5, {}, True), (1e-9, {}, True), (0.0, {"zero": True}, True),
        (1.0, {"zero": True}, False), (1.0, {"one": True}, True), (0.0, {"one": True}, False),
        (-0.1, {"zero": True}, False), (1.1, {"one": True}, False), (NAN, {"zero": True, "one": True}, False),
    ],
)  # fmt: skip
def test_shares(found, options, fine):
    if fine:
        checks.check_share("goal", found, **options)
        return
    with pytest.raises(checks.NotAShare, match="goal is a share between 0 and 1"):
        checks.check_share("goal", found, **options)


@pytest.mark.parametrize(
    ("found", "least", "fine"),
    [
        (0, 0, True),
        (-1, 0, False),
        (2, 2, True),
        (1, 2, False),
        (np.int64(3), 2, True),
        (2.0, 1, False),
        ("2", 1, False),
    ],
)
def test_counts(found, least, fine):
    if fine:
        checks.check_count("draws", found, least)
        return
    with pytest.raises(checks.NotACount, match=f"give a whole number from {least} on"):
        checks.check_count("draws", found, least)


# ------------------------------------------------------------------ answers


def test_places_of_ordered_categories_count_from_one():
    column = pd.Series(pd.Categorical(["b", None, "a", "c"], [*"abc"], ordered=True))
    np.testing.assert_array_equal(checks.check_numbers(column, "x"), [2, NAN, 1, 3])
    with pytest.raises(checks.NotNumeric, match="text or categories"):
        checks.check_numbers(column.cat.as_unordered(), "x")
    with pytest.raises(checks.NotNumeric, match="dates"):
        checks.check_numbers(pd.Series(pd.to_datetime(["2026-01-01"])), "x")
    with pytest.raises(checks.NotNumeric, match="infinite"):
        checks.check_numbers(pd.Series([1.0, -np.inf]), "x")
    np.testing.assert_array_equal(checks.check_numbers(pd.Series([1, None], dtype="Int64"), "x"), [1, NAN])


def test_rows_with_gaps_stay_unless_only_complete_ones_are_asked():
    frame = pd.DataFrame({"a": [1.0, 2.0, NAN, NAN], "b": [2.0, 1.0, 5.0, NAN]}, index=[*"wxyz"])
    assert list(checks.check_answers(frame).index) == ["w", "x", "y"]
    assert list(checks.check_answers(frame, missing="listwise").index) == ["w", "x"]
    with pytest.raises(checks.UnknownOption):
        checks.check_answers(frame, missing="fiml")


@pytest.mark.parametrize(
    ("frame", "options", "said"),
    [
        ({"a": [1, 2]}, {"minimum": 2, "what": "Alpha"}, 'Alpha needs at least 2 items; found "a".'),
        ({}, {"minimum": 1}, "at least 1 items; found none"),
        ({"a": [1.0, NAN], "b": [NAN, 2.0]}, {"missing": "listwise"}, "2 respondents with answers; found 0"),
        ({"a": [1, 2, 3], "b": [4, 4, NAN]}, {}, 'item "b" has the same answer from all 2 respondents'),
        ({"a": [1, 2, 3], "b": [NAN] * 3}, {}, 'item "b" has no answers'),
    ],
)  # fmt: skip
def test_answers_that_will_not_do(frame, options, said):
    with pytest.raises(checks.DataError, match=said):
        checks.check_answers(pd.DataFrame(frame), **options)


def test_refusals_name_items_and_groups():
    assert 'item "a" in group "g" has the same' in str(checks.ConstantItem("a", 5, "g"))
    below, singular = (str(checks.SingularMatrix(["a", "b"], value)) for value in (-0.2, -1e-9))
    assert "not positive definite (smallest eigenvalue -0.2)" in below
    assert "is singular" in singular
    assert 'items "a", "b"' in singular
    with pytest.raises(checks.RepeatedItem, match='"b" is the name of more than one column'):
        checks.check_names(["a", "b", "c", "b"])

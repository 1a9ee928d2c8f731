"""Answers, numbers and classes at, just inside and just outside their bounds."""

from __future__ import annotations

import pandas as pd
import pytest

from bouwen.survey import FileError, TableError
from bouwen.survey.register import classify
from bouwen.survey.responses import thousands


def answered(trial, t1="3", years="1", plan="1", missing="-99, refused"):
    """The trial study with one more respondent who answers so."""
    trial.change("study.yml", "-99, refused", missing)
    trial.write("answers.csv", f'id;t1;t2;plan;years\nr1;3;2;1;1\nr2;"{t1}";2;"{plan}";"{years}"\n')
    return trial.read().responses.loc["r2"]


@pytest.mark.parametrize(
    ("answer", "kept"), [("0", False), ("1", True), ("5", True), ("6", False), ("-1", False)]
)
def test_answers_lie_on_their_scale(trial, answer, kept):
    if kept:
        assert answered(trial, t1=answer)["t1"] == float(answer)
    else:
        with pytest.raises(TableError, match="outside the scale") as caught:
            answered(trial, t1=answer)
        assert caught.value.columns == ("t1",)


@pytest.mark.parametrize("answer", ["2.5", "2,5"])
def test_answers_are_whole(trial, answer):
    with pytest.raises(TableError, match="with decimals"):
        answered(trial, t1=answer)


@pytest.mark.parametrize(
    ("years", "refused"),
    [("-0.01", "below 0"), ("0", ""), ("50", ""), ("50,01", "above 50"), ("3.5", ""), ("3,5", "")],
)
def test_numbers_lie_within_their_bounds_and_on_them(trial, years, refused):
    if refused:
        with pytest.raises(TableError, match=refused) as caught:
            answered(trial, years=years)
        assert (caught.value.columns, caught.value.rows) == (("years",), (3,))
    else:
        assert answered(trial, years=years)["years"] == float(years.replace(",", "."))


@pytest.mark.parametrize("code", ["-99", "-99.0", "refused", " refused "])
def test_a_missing_code_is_no_answer_however_it_is_written(trial, code):
    row = answered(trial, t1=code, years=code)
    assert row[["t1", "years"]].isna().all()


def test_a_missing_code_inside_a_scale_is_refused(trial):
    with pytest.raises(FileError, match='3 is an answer of the answer scale "agree"'):
        answered(trial, t1="3", missing="3")


def test_a_missing_code_beside_a_scale_is_read_before_the_scale_is(trial):
    assert pd.isna(answered(trial, t1="99", missing="99")["t1"])


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["1.500"], [True]), (["1,500"], [True]), (["12.345,678"], [True]), (["0.500"], [False]),
        (["1500"], [False]), (["1.50"], [False]), (["1.5000"], [False]), (["1.500", "2.5"], [False, False]),
        (["1.500", "2"], [True, False]), (["-1.500"], [True]), ([1.5], [False]), (["1234.500"], [False]),
    ],
)  # fmt: skip
def test_a_sign_before_three_digits_may_be_of_thousands(cells, found):
    assert thousands(pd.Series(cells, dtype=object)).tolist() == found


class Classes:
    """Three classes by two bounds."""

    bounds = (5.0, 10.0)
    categories = dict.fromkeys(["under_5", "5_10", "from_10"])


def test_a_value_on_a_bound_belongs_to_the_higher_class():
    found = classify(pd.Series([-3.0, 4.999, 5.0, 5.001, 9.999, 10.0, 1e9, None]), Classes)
    assert found.astype("str").tolist()[:7] == [
        "under_5", "under_5", "5_10", "5_10", "5_10", "from_10", "from_10"
    ]  # fmt: skip
    assert found.isna().tolist() == [False] * 7 + [True]
    assert found.cat.ordered

"""Counts below, at and above the smallest that may be shown, wherever answers are only read."""

from __future__ import annotations

import pandas as pd
import pytest

from bouwen.survey import screen
from bouwen.survey.disclosure import count_text, hidden, pooled
from bouwen.survey.screening import inattentive, is_small

LEAST = 4


@pytest.mark.parametrize(
    ("count", "secret"), [(0, True), (1, True), (LEAST - 1, True), (LEAST, False), (LEAST + 1, False)]
)
def test_a_cell_is_secret_below_the_smallest_and_so_is_the_one_before_it(count, secret):
    counts = pd.Series({"a": 20, "b": 12, "c": count})
    assert hidden(counts, LEAST).tolist() == [False, secret, secret]
    assert count_text(counts, LEAST).tolist() == (["20", "–", "–"] if secret else ["20", "12", str(count)])


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        (
            [30, 2, 12, 0, 30],
            ["30", "–", "–", "–", "30"],
        ),  # its place decides, not its size
        ([0, 9, 7, 10], ["–", "9", "7", "–"]),  # before the first comes the last
        ([9, 2, 3, 7], ["–", "–", "–", "7"]),  # one that is not small is always among them
        ([30, 4, 4, 0], ["–", "–", "–", "–"]),  # until they hold twice as many as must stay open
        ([0, 9], ["–", "–"]),
        ([5, 4], ["–", "–"]),  # of nine respondents nothing is shown
        ([5, 5], ["5", "5"]),
    ],
)
def test_what_is_hidden_with_a_small_cell(counts, shown):
    assert count_text(pd.Series(counts), LEAST).tolist() == shown


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([3, 5, 9, 5, 3], [0, 8, 9, 8, 0]),  # towards the middle from both ends
        ([4, 5, 9, 5, 4], [4, 5, 9, 5, 4]),
        ([1, 2, 9, 0, 5], [0, 0, 12, 0, 5]),  # what is still too small moves on
        ([9, 0, 3, 0, 5], [12, 0, 0, 0, 5]),  # a small middle goes to the largest
        ([9, 0, 4, 0, 5], [9, 0, 4, 0, 5]),
        ([2, 0, 4, 0, 1], [0, 0, 0, 0, 0]),  # seven in all are not shown
        ([2, 0, 4, 0, 2], [0, 0, 8, 0, 0]),  # eight are
        ([3, 6, 6, 3], [0, 9, 9, 0]),
        ([0, 2, 3, 9], [0, 0, 5, 9]),
    ],
)
def test_small_answers_are_counted_with_their_neighbour(given, kept):
    assert pooled(pd.Series(given), LEAST).tolist() == kept


def numbered(trial, sizes, answers=None):
    """The trial study with so many respondents per plan, who answer in turns."""
    trial.change("study.yml", "min_group: 3, min_cell: 3", f"min_group: 9, min_cell: {LEAST}, min_width: 4")
    trial.change("study.yml", "[-99, refused]", "[-99]")
    rows = [plan for plan, size in zip((1, 2), sizes, strict=True) for _ in range(size)]
    lines = [f"p{k},{1 + k % 5},{1 + k // 5 % 5},{plan},1," for k, plan in enumerate(rows)]
    trial.write("answers.csv", "\n".join(["id,t1,t2,plan,years,remark", *(answers or []), *lines]) + "\n")
    return trial.read()


@pytest.mark.parametrize(("size", "told"), [(0, "–"), (3, "–"), (4, "4"), (5, "5")])
def test_a_small_level_is_not_counted_in_the_report(trial, size, told):
    report = screen(numbered(trial, (15, size))).text("en")
    assert f"Contract: {told} (no estimates of its own)\n" in report
    assert f"Prepaid: {'–' if size < LEAST else 15} (no estimates of its own)\n" in report


@pytest.mark.parametrize(("size", "enough"), [(8, False), (9, True), (10, True)])
def test_a_level_needs_min_group_respondents(trial, size, enough):
    found = screen(numbered(trial, (15, size)))
    assert found.groups["enough"].tolist() == [enough, enough]  # all but one level would tell of that one
    assert ("no estimates" in found.text("en")) == (not enough)


@pytest.mark.parametrize(("count", "small"), [(0, True), (1, True), (3, True), (4, False), (5, False)])
def test_small_counts_in_the_report(trial, count, small):
    study = numbered(trial, (15, 9))
    assert is_small(count, study) == small
    study = numbered_gaps(study, count)
    report = screen(study).text("en")
    assert ("most often left open" in report) == (not small)
    assert (f"most often left open: t1 ({count})\n" in report) == (not small)


def numbered_gaps(study, count):
    """The study with so many gaps in its first item."""
    study.responses.iloc[:count, study.responses.columns.get_loc("t1")] = float("nan")
    return study


@pytest.mark.parametrize(("repeated", "told"), [(3, "fewer than 4"), (4, "4"), (5, "5")])
def test_repeated_answers_in_the_report(trial, repeated, told):
    study = numbered(trial, (15, 9))
    study.responses.iloc[1 : 1 + repeated, :2] = study.responses.iloc[0, :2].to_numpy()
    assert f"earlier respondent: {told}\n" in screen(study).text("en")


@pytest.mark.parametrize(("items", "constant"), [(5, False), (6, True), (7, True)])
def test_six_equal_answers_on_a_scale_are_constant(trial, items, constant):
    more = "\n".join(f"      t{i}: {{text: {{user: {{nl: n, en: e}}}}}}" for i in range(3, items + 1))
    trial.change("instrument.yml", "background:\n", f"{more}\nbackground:\n")
    names = [f"t{i}" for i in range(1, items + 1)]
    lines = [",".join(["id", *names, "plan", "years"])]
    lines += [
        ",".join(["a", *["3"] * items, "1", "1"]),
        ",".join(["b", *"12345"[:5], *"12"[: items - 5], "1", "1"]),
    ]
    trial.write("answers.csv", "\n".join(lines) + "\n")
    study = trial.read()
    assert screen(study).constant == constant
    assert inattentive(study).tolist() == [constant, False]


def test_more_than_a_quarter_left_open_is_inattentive_and_a_quarter_is_not(trial):
    more = "\n".join(f"      t{i}: {{text: {{user: {{nl: n, en: e}}}}}}" for i in range(3, 9))
    trial.change("instrument.yml", "background:\n", f"{more}\nbackground:\n")
    names = ",".join(f"t{i}" for i in range(1, 9))
    rows = ["1,2,3,4,5,1,2,3", "1,2,3,4,5,1,,", "1,2,3,4,5,,,", "1,2,3,4,5,1,2,"]
    lines = [f"id,{names},plan,years", *(f"r{k},{row},1,1" for k, row in enumerate(rows))]
    trial.write("answers.csv", "\n".join(lines) + "\n")
    assert inattentive(trial.read()).tolist() == [False, False, True, False]

"""A screening whose counts were worked out by hand."""

from __future__ import annotations

import pytest

from bouwen.survey import inattentive, read_study, screen
from bouwen.survey.screening import fallback
from bouwen.words import words

ITEMS = "\n".join(f"      t{i}: {{text: {{user: {{nl: n, en: e}}}}}}" for i in range(3, 7))
# r1 and r2 answer alike and always 3; r4 leaves one open, r5 all; r6 has one 3 too few for a constant.
ANSWERS = """\
id,t1,t2,t3,t4,t5,t6,plan,years
PERSON1,3,3,3,3,3,3,1,1
PERSON2,3,3,3,3,3,3,1,1
PERSON3,1,2,3,4,1,2,1,1
PERSON4,4,2,,4,1,2,1,
PERSON5,,,,,,,2,
PERSON6,3,3,3,3,3,,2,1
"""


@pytest.fixture
def screened(trial):
    trial.change("instrument.yml", "background:\n", f"{ITEMS}\nbackground:\n")
    trial.change("instrument.yml", "code: 2}\n", "code: 2}\n      rented: {nl: Gehuurd, en: Rented}\n")
    trial.write("answers.csv", ANSWERS)
    trial.change("study.yml", "  id: id", "  id: id\n  min_answered: 0")
    return screen(trial.read())


def test_counts(screened):
    assert screened.n == 6
    assert screened.missing_per_item["missing"].to_dict() == {
        "t1": 1,
        "t2": 1,
        "t3": 2,
        "t4": 1,
        "t5": 1,
        "t6": 2,
    }
    assert screened.missing_per_item.loc["t3", "share"] == pytest.approx(1 / 3)
    assert screened.missing_per_respondent.to_dict() == {0: 3, 1: 2, 6: 1}
    assert screened.out_of_range == 0
    assert screened.constant == 2
    assert screened.duplicated == 1


def test_empty_categories(screened):
    empty = screened.empty_categories.groupby("variable")["category"].agg(list).to_dict()
    assert empty == {
        "t1": ["2", "5"],
        "t2": ["1", "4", "5"],
        "t3": ["1", "2", "4", "5"],
        "t4": ["1", "2", "5"],
        "t5": ["2", "4", "5"],
        "t6": ["1", "4", "5"],
        "plan": ["rented"],
    }


def test_group_sizes(screened):
    assert screened.groups["n"].to_dict() == {
        ("plan", "prepaid"): 4,
        ("plan", "contract"): 2,
        ("plan", "rented"): 0,
    }
    assert screened.groups["enough"].tolist() == [
        False,
        False,
        False,
    ]  # six are too few


def test_report_hides_small_counts_ids_and_answers(screened):
    report = screened.text("en")
    assert "6 respondents, 6 items" in report
    assert "most often left open" not in report
    for level in ("Prepaid", "Contract", "Rented"):
        assert f"{level}: – (no estimates of its own)\n" in report
    assert "one answer to all items of a scale: fewer than 3" in report
    assert "t1: chosen by fewer than 3, or by nobody: " in report
    assert "rented:" not in report
    assert "PERSON" not in report
    assert "antwoord" in screened.text("nl")


def test_a_group_in_which_all_answers_are_in_one_level(trial):
    trial.change("answers.csv", "Contract", "prepaid")
    report = screen(read_study(trial.folder / "study.yml")).text()
    assert report.startswith("Trial\n")
    assert "all answers are in one level" in report
    assert "niveau" in screen(read_study(trial.folder)).text("nl")


def test_two_of_seven_items_left_open_is_more_than_a_quarter(trial):
    trial.change(
        "instrument.yml", "background:\n", f"{ITEMS}\n      t7: {{text: {{user: n}}}}\nbackground:\n"
    )
    rows = ["1;2;3;4;1;2;", "1;2;3;4;1;;", "3;3;3;3;3;3;3", "1;2;3;4;1;2;3"]
    lines = [f"r{k};{row};1;1" for k, row in enumerate(rows)]
    trial.write("answers.csv", "\n".join(["id;t1;t2;t3;t4;t5;t6;t7;plan;years", *lines]) + "\n")
    assert inattentive(trial.read()).tolist() == [False, True, True, False]


def test_the_outcome_in_the_model_is_its_factor_or_its_only_item(trial):
    assert trial.read().outcome_variable == "trust"
    trial.change("instrument.yml", "      t2: {text: {user: {nl: twee, en: two}}, reversed: true}\n", "")
    trial.change("instrument.yml", "trust =~ t1 + t2", "t1 ~ 1")
    trial.write("answers.csv", "id;t1;plan;years\nr1;3;1;1\nr2;4;1;1\n")
    assert trial.read().outcome_variable == "t1"


def test_a_study_names_every_file_that_determines_it(trial):
    names = [path.name for path in trial.read().files]
    assert names == ["study.yml", "instrument.yml", "answers.csv"]


@pytest.mark.parametrize(
    ("keys", "shown"), [("a", "a"), ("abcde", "a, b, c, d, e"), ("abcdef", "a, b, c, d, e, …")]
)
def test_dots_stand_only_for_texts_that_are_not_named(keys, shown):
    assert fallback(words("en"), "texts", list(keys)).endswith(f" {len(keys)} ({shown})")

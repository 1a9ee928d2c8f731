"""What a study may not be, though each of its keys has the right type."""

from __future__ import annotations

import pytest

from bouwen.survey import FileError, TableError


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("min_cell: 3", "min_cell: 1", "min_cell"),
        ("min_cell: 3", "min_cell: 2", "min_cell"),
        ("min_group: 3", "min_group: 2", "min_group"),
        (
            "min_group: 3, min_cell: 3",
            "min_group: 9, min_cell: 10",
            '"min_group" must be at least "min_cell"',
        ),
        (
            "min_group: 3, min_cell: 3",
            "min_group: 4",
            '"min_group" must be at least "min_cell"; 4 is below 10',
        ),
        (
            "min_group: 3, min_cell: 3",
            "min_cell: 31",
            '"min_group" must be at least "min_cell"; 30 is below 31',
        ),
        ("min_cell: 3", "min_cell: 3, seed: -5", "seed"),
        ("min_cell: 3", "min_cell: 3, seed: 99999999999999999999999", "seed"),
        ("min_cell: 3", "min_cell: 3, confidence: 1e-300", "confidence"),
        ("min_cell: 3", "min_cell: 3, confidence: 95", "confidence"),
        ("min_cell: 3", "min_cell: 3, confidence: .nan", "confidence"),
        ("groups: [plan]", "groups: [plan, plan]", 'the group "plan" stands here twice'),
        ("file: answers.csv", "file: [answers.csv, answers.csv]", 'the file "answers.csv" stands here twice'),
    ],
)
def test_settings_that_do_not_fit_are_refused_at_their_line(trial, old, new, key):
    content = (trial.folder / "study.yml").read_text(encoding="utf-8").replace(old, new)
    trial.write("study.yml", content)
    line = 1 + [new in line for line in content.splitlines()].index(True)
    with pytest.raises(FileError, match=r"study\.yml") as caught:
        trial.read()
    assert key in str(caught.value)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


SECOND = """\
  calm:
    label: {nl: rust, en: calm}
    definition: {nl: Rust., en: Calm.}
    source: made for this test
    answer_scale: agree
    items:
      c1: {text: {user: {nl: drie, en: three}}}
background:
"""


def test_one_model_cannot_play_both_roles_where_there_is_a_path_to_name(trial):
    assert trial.read().model("structural") == "trust =~ t1 + t2"  # one construct: nothing to lead to it
    trial.change("instrument.yml", "background:\n", SECOND)
    with pytest.raises(FileError, match='"all" is the measurement model already') as caught:
        trial.read()
    assert caught.value.line == 11


@pytest.mark.parametrize(
    "written",
    [
        "1:30",
        "030",
        "0o17",
        "0x1F",
        "0b11",
        "1_0",
        "yes",
        "No",
        "on",
        "2024-01-31",
        '"5"',
        "5.5",
        ".inf",
        "~",
        "٥",
    ],
)
def test_a_number_is_what_a_reader_sees(trial, written):
    trial.change("instrument.yml", "highest: 5", f"highest: {written}")
    with pytest.raises(FileError, match=r"instrument\.yml, line 7: .*whole number in plain digits"):
        trial.read()


@pytest.mark.parametrize(
    ("written", "value"), [("12", 12), ("-3", -3), ("+12.50", 12.5), (".5", 0.5), ("1e2", 100)]
)
def test_numbers_in_plain_digits_are_read(trial, written, value):
    trial.change("instrument.yml", "maximum: 50", "maximum: 500")
    trial.change("instrument.yml", "minimum: 0", f"minimum: {written}")
    trial.change("answers.csv", "prepaid,3.5", "prepaid,")
    trial.change("answers.csv", "1,12,", "1,,")
    assert trial.read().instrument.background["years"].minimum == value


def test_what_is_no_plain_number_is_the_text_that_stands_there(trial):
    trial.change(
        "study.yml", "about: {nl: Proef., en: Trial.}", "about: 2024-01-31\nauthors: [1:30, 0x1F, 1_000]"
    )
    study = trial.read()
    assert study.file.about["en"] == "2024-01-31"
    assert study.authors == ("1:30", "0x1F", "1_000")


@pytest.mark.parametrize(("key", "value"), [("highest", 100000000), ("lowest", -1001)])
def test_a_scale_of_more_answers_than_anybody_gives_is_refused(trial, key, value):
    trial.change("instrument.yml", "highest: 5" if key == "highest" else "lowest: 1", f"{key}: {value}")
    with pytest.raises(FileError, match="must lie between -1000 and 1000"):
        trial.read()


def test_bounds_of_a_number_that_exclude_each_other_are_refused(trial):
    trial.change("instrument.yml", "minimum: 0", "minimum: 60")
    with pytest.raises(FileError, match='line 34: "maximum" must be at least "minimum"'):
        trial.read()


def test_answers_of_one_respondent_are_no_study(trial):
    trial.write("answers.csv", "id,t1,t2,plan,years\nr1,5,1,prepaid,3\n")
    with pytest.raises(TableError, match=r"answers\.csv: holds the answers of one respondent"):
        trial.read()


def test_a_file_without_any_answer_to_an_item_is_refused(trial):
    trial.write("answers.csv", "id,t1,t2,plan,years\nr1,,,prepaid,3\nr2,-99,refused,contract,\n")
    with pytest.raises(TableError, match=r"answers\.csv: holds no answer to any item"):
        trial.read()

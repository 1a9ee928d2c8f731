"""Answers get the type that the instrument gives them, or are refused without being quoted."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from bouwen.survey import FileError, TableError
from bouwen.survey.columns import match_columns
from bouwen.survey.readers import read_raw
from bouwen.survey.responses import type_column, typed_once, without_missing


def test_types_and_missing_answers(trial):
    answers = trial.read().responses
    assert answers.index.name == "respondent"
    assert answers.index.tolist() == ["r1", "r2", "r3"]
    assert answers.columns.tolist() == ["t1", "t2", "plan", "years", "remark"]
    np.testing.assert_array_equal(answers["t1"], [5, np.nan, 3])
    np.testing.assert_array_equal(answers["t2"], [1, 2, 4])
    np.testing.assert_array_equal(answers["years"], [3.5, np.nan, 12])
    assert answers["plan"].tolist() == ["prepaid", "contract", "prepaid"]
    assert answers["plan"].cat.ordered
    assert answers["plan"].cat.categories.tolist() == ["prepaid", "contract"]
    assert answers["remark"].tolist()[:2] == ["SECRET thoughts", "NA"]
    assert answers["remark"].isna().tolist() == [False, False, True]


def test_as_dutch_excel_saves_it(trial):
    rows = [
        "id;t1;t2;plan;years;remark",
        "r1;5,0;refused;  VOORAF   betaald;3,5;één",
        "r2;helemaal MEE eens;2;2;;",
    ]
    trial.write("answers.csv", "\r\n".join(rows).encode("cp1252"))
    answers = trial.read().responses
    np.testing.assert_array_equal(answers["t1"], [5, 5])
    np.testing.assert_array_equal(answers["t2"], [np.nan, 2])
    np.testing.assert_array_equal(answers["years"], [3.5, np.nan])
    assert answers["plan"].tolist() == ["prepaid", "contract"]


def test_columns_are_renamed_and_ignored(trial):
    trial.change("answers.csv", "id,t1", "nr,Q1 [a]")
    trial.change("answers.csv", "remark\n", "Opm *\n")
    trial.change("study.yml", "  id: id", '  id: nr\n  columns: {"Q1 [a]": t1}\n  ignore: ["Opm*"]')
    answers = trial.read().responses
    np.testing.assert_array_equal(answers["t1"], [5, np.nan, 3])
    assert answers["remark"].isna().all()


def test_without_ids_respondents_are_numbered(trial):
    trial.change("study.yml", "  id: id\n", "  ignore: [id]\n")
    assert trial.read().responses.index.tolist() == ["1", "2", "3"]


def test_an_open_question_may_have_no_column_or_no_answers(trial):
    trial.write("answers.csv", "id,t1,t2,plan,years\nr1,1,2,1,\nr2,1,2,1,\n")
    assert trial.read().responses["remark"].isna().tolist() == [True, True]


def test_numbers_of_spss_become_ids_and_labels_become_categories(trial):
    trial.change("study.yml", "answers.csv", "answers.sav")
    trial.change("instrument.yml", ", code: 1", "")
    trial.change("instrument.yml", ", code: 2", "")
    data = pd.DataFrame(
        {"id": [1.0, 2.0], "t1": [1.0, 5.0], "t2": [2.0, 9.0], "plan": [7.0, 8.0], "years": [1.0, 2.0]}
    )
    labels = {
        "plan": {7.0: "contract", 8.0: "vooraf betaald"},
        "t1": {1.0: "Fully disagree", 5.0: "Fully agree"},
    }
    pyreadstat.write_sav(
        data, str(trial.folder / "answers.sav"), variable_value_labels=labels, missing_ranges={"t2": [9.0]}
    )
    answers = trial.read().responses
    assert answers.index.tolist() == ["1", "2"]
    assert answers["plan"].tolist() == ["contract", "prepaid"]
    np.testing.assert_array_equal(answers["t2"], [2, np.nan])


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".xlsx", ".parquet", ".sav"])
def test_the_same_answers_in_every_format(trial, ending):
    expected = trial.read().responses
    table = pd.read_csv(trial.folder / "answers.csv", keep_default_na=False, dtype=object)
    path = trial.folder / f"answers{ending}"
    match ending:
        case ".csv" | ".tsv":
            table.to_csv(path, index=False, sep="\t" if ending == ".tsv" else ";")
        case ".xlsx":
            table.to_excel(path, index=False)
        case ".parquet":
            table.to_parquet(path)
        case ".sav":
            pyreadstat.write_sav(table, str(path))
    trial.change("study.yml", "answers.csv", path.name)
    pd.testing.assert_frame_equal(trial.read().responses, expected)


def test_labels_of_half_a_scale_are_no_answers(trial):
    for code in ("2", "3", "4"):
        lines = (trial.folder / "instrument.yml").read_text().splitlines(keepends=True)
        trial.write(
            "instrument.yml", "".join(line for line in lines if not line.startswith(f"      {code}: "))
        )
    with pytest.raises(TableError, match="in text"):
        trial.read()
    trial.change("answers.csv", "Mee eens", "4")
    np.testing.assert_array_equal(trial.read().responses["t2"], [1, 2, 4])


@pytest.mark.parametrize(
    ("labels", "column"),
    [
        ({"t1": {1.0: "Fully agree", 5.0: "Fully disagree"}}, "t1"),  # the scale runs the other way
        ({"plan": {1.0: "Contract", 2.0: "Prepaid"}}, "plan"),  # the codes are swapped
    ],
)
def test_value_labels_that_contradict_the_instrument(trial, labels, column):
    trial.change("study.yml", "answers.csv", "answers.sav")
    data = pd.DataFrame({"id": ["a"], "t1": [1.0], "t2": [2.0], "plan": [1.0], "years": [1.0]})
    pyreadstat.write_sav(data, str(trial.folder / "answers.sav"), variable_value_labels=labels)
    with pytest.raises(TableError) as caught:
        trial.read()
    assert (caught.value.columns, caught.value.rows) == ((column,), (1,))


@pytest.mark.parametrize(
    ("old", "new", "columns", "rows", "message"),
    [
        ("r1,5", "r1,SECRET", ("t1",), (2,), "found 1 answer in text .* from 1 to 5"),
        ("r1,5", "r1,6", ("t1",), (2,), "found 1 answer outside the scale, .* from 1 to 5"),
        ("r1,5", "r1,2.5", ("t1",), (2,), "found 1 answer with decimals"),
        ("r1,5", "r1,inf", ("t1",), (2,), "in text"),
        ("prepaid", "SECRET", ("plan",), (2,), 'found 1 answer other than "prepaid" or "contract"'),
        ("3.5", "SECRET", ("years",), (2,), "in text where a number"),
        ("3.5", "51", ("years",), (2,), "found 1 number above 50"),
        ("3.5", "1.500", ("years",), (2,), "before three digits"),
        ("r3", "r1", ("id",), (2, 4), "2 rows sharing an id"),
        ("r3", " ", ("id",), (4,), "1 respondent without an id"),
    ],
)
def test_answers_that_do_not_fit(trial, old, new, columns, rows, message):
    if new == "1.500":
        trial.change("answers.csv", ",12,", ",,")
    trial.change("answers.csv", old, new)
    with pytest.raises(TableError, match=message) as caught:
        trial.read()
    assert caught.value.path == trial.folder / "answers.csv"
    assert (caught.value.columns, caught.value.rows) == (columns, rows)
    assert f'column "{columns[0]}", row' in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert "r1" not in str(caught.value).removeprefix(str(trial.folder))


def test_three_decimals_are_decimals_where_others_show_it(trial):
    trial.change("answers.csv", ",12,", ",12.125,")
    np.testing.assert_array_equal(trial.read().responses["years"], [3.5, np.nan, 12.125])


def test_several_bad_columns_are_told_together(trial):
    trial.change("answers.csv", "r1,5,1", "r1,9,x")
    with pytest.raises(TableError) as caught:
        trial.read()
    assert caught.value.columns == ("t1", "t2")
    assert len(str(caught.value).splitlines()) == 2


def test_many_bad_rows_are_counted(trial):
    rows = "".join(f"r{i},9,1,1,,\n" for i in range(100))
    trial.write("answers.csv", "id,t1,t2,plan,years,remark\n" + rows)
    with pytest.raises(TableError, match=r"rows 2, 3, 4, 5, 6 and 95 more: found 100 answers") as caught:
        trial.read()
    assert len(caught.value.rows) == 100


@pytest.mark.parametrize(
    ("old", "new", "columns", "message"),
    [
        (
            "id,t1",
            "id,tt1",
            ("t1", "tt1"),
            r'there is no column for "t1" .* the column "tt1" is not in .* \("tt1" resembles "t1"\)',
        ),
        ("years", "age", ("years", "age"), 'no column for "years" of the instrument'),
        ("remark\n", "notes\n", ("notes",), 'the column "notes" is not in the instrument;'),
        ("remark\n", "remarks\n", ("remarks",), '"remarks" resembles "remark"'),
        ("id,", "key,", ("id",), "the file does not have it"),
        ("t1,t2", "t1,t1", ("t1",), "more than once"),
    ],
)
def test_columns_that_do_not_fit(trial, old, new, columns, message):
    trial.change("answers.csv", old, new)
    with pytest.raises(TableError, match=message) as caught:
        trial.read()
    assert caught.value.columns == columns


def test_only_columns_that_are_there_can_be_ignored(trial):
    """To name under "ignore" what the file lacks does not help."""
    table = pd.read_csv(trial.folder / "answers.csv", dtype=object)
    table.drop(columns="t1").to_csv(trial.folder / "answers.csv", index=False)
    for ignored in ("", "\n  ignore: [t1]"):
        trial.change("study.yml", "  id: id", f"  id: id{ignored}")
        with pytest.raises(TableError, match=r'for "t1" of the instrument; .*add what is lacking') as caught:
            trial.read()
        assert "ignore" not in str(caught.value)
        assert caught.value.columns == ("t1",)


def test_two_columns_for_one_variable(trial):
    trial.change("study.yml", "  id: id", "  id: id\n  columns: {remark: t1}")
    with pytest.raises(TableError, match='both stand for "t1"') as caught:
        trial.read()
    assert caught.value.columns == ("t1", "remark")


def test_errors_name_the_file_among_several(trial):
    trial.change("study.yml", "file: answers.csv", "file: [answers.csv, more.csv]")
    trial.write("more.csv", "id,t1,t2,plan,years,remark\nr9,8,1,1,,\n")
    with pytest.raises(TableError) as caught:
        trial.read()
    assert (caught.value.path, caught.value.rows) == (trial.folder / "more.csv", (2,))


def test_missing_codes_are_numbers_or_texts(trial):
    trial.change("study.yml", "refused]", "No]")  # YAML reads No as false
    with pytest.raises(FileError, match="number or a text; put") as caught:
        trial.read()
    assert caught.value.line == 8


def test_unknown_columns_are_named_for_who_pastes_them_as_far_as_there_is_room(trial):
    names = [f"extra_{k}" for k in range(30)]
    heads = ";".join(["id", "t1", "t2", "plan", "years", *names])
    trial.write("answers.csv", f"{heads}\nr1;3;2;1;1{';' * 30}")
    with pytest.raises(TableError) as caught:
        trial.read()
    assert caught.value.columns == tuple(names)
    shown = [name for name in names if f'"{name}"' in str(caught.value)]
    assert shown == names[: len(shown)]
    assert len(shown) >= 10
    assert f"and {30 - len(shown)} more" in str(caught.value)
    assert len(str(caught.value)) < 600


def test_rows_are_those_of_the_file_that_is_named(trial):
    trial.change("study.yml", "file: answers.csv", "file: [answers.csv, more.csv]")
    trial.write("answers.csv", "id;t1;t2;plan;years\nr1;3;2;1;1\nr2;9;2;1;1\n")
    trial.write("more.csv", "id;t1;t2;plan;years\nr3;9;2;1;1\nr4;9;2;1;1\n")
    with pytest.raises(TableError, match="found 1 answer outside the scale") as caught:
        trial.read()
    assert (caught.value.path.name, caught.value.rows) == ("answers.csv", (3,))


@pytest.mark.parametrize("wrong", [2, 10, 11, 12])
def test_of_many_wrong_columns_some_are_shown_and_all_are_counted(trial, wrong):
    names = [f"q{k}" for k in range(wrong)]
    asked = "".join(f"      {name}: {{text: {{user: {{nl: vraag, en: question}}}}}}\n" for name in names)
    trial.change("instrument.yml", "      t1: {text", f"{asked}      t1: {{text")
    heads, cells = ";".join(names), ";".join(["9"] * wrong)
    trial.write("answers.csv", f"id;t1;t2;plan;years;{heads}\nr1;3;2;1;1;{cells}\n")
    with pytest.raises(TableError) as caught:
        trial.read()
    assert caught.value.columns == tuple(names)
    *shown, last = str(caught.value).splitlines()
    left = re.fullmatch(r"… and (\d+) more\.", last)
    assert len(shown) + (int(left[1]) if left else 1) == wrong
    assert all("outside the scale" in line for line in shown)
    assert len(str(caught.value)) < 600


def test_typing_each_different_cell_once_gives_what_typing_every_cell_does(trial, municipalities):
    """Second route: every column of the study cell by cell."""
    spec = municipalities.file.responses
    found = read_raw([municipalities.path.parent / name for name in spec.files])
    raw = found.cells
    for name, column in match_columns(found, municipalities.instrument, spec).items():
        once = typed_once(raw[column], name, municipalities.instrument, spec.missing_codes)
        every = type_column(without_missing(raw[column], spec.missing_codes), name, municipalities.instrument)
        pd.testing.assert_series_equal(once, every, check_names=False)

"""Spreadsheets of codes: both forms, what they say, and what is refused in one sentence."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest
from coded import ANSWERS, study_with

import bouwen
from bouwen.errors import BouwenError
from bouwen.themes import CodesError
from bouwen.themes.codes import as_coded

ROWS = """\
respondent,theme,coder,start,end
r1,rules,anna,7,13
r1,Vast gezicht,anna,18,35
r1,rules,bram,,
r2,REGELS,anna,11,17
r2,money,bram,21,25
r3,,anna,,
r3,money,bram,,
r5,rules,anna,,
"""


def write(folder, text, name="codes.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_one_row_a_code(study, tmp_path):
    codes = bouwen.read_codes(study, write(tmp_path, ROWS))
    assert codes.themes == ("rules", "money", "face")
    assert codes.coders == ("anna", "bram")
    assert codes.marks.fillna(-1).to_numpy().tolist() == [
        ["r1", "remark", "rules", "anna", 7, 13],
        ["r1", "remark", "rules", "bram", -1, -1],
        ["r1", "remark", "face", "anna", 18, 35],
        ["r2", "remark", "rules", "anna", 11, 17],
        ["r2", "remark", "money", "bram", 21, 25],
        ["r3", "remark", "money", "bram", -1, -1],
        ["r5", "remark", "rules", "anna", -1, -1],
    ]
    placed = codes.marks.dropna()
    cut = {m.theme: as_coded(ANSWERS[m.respondent])[m.start : m.end] for m in placed.itertuples()}
    assert cut == {"rules": "regels", "face": "één vast gezicht.", "money": "geld"}


def test_ratings_tell_not_seen_from_not_read(study, tmp_path):
    codes = bouwen.read_codes(study, write(tmp_path, ROWS))
    ratings = codes.ratings()
    assert list(ratings) == ["rules", "money", "face"]
    money = ratings["money"]
    assert list(money.index) == [("r1", "remark"), ("r2", "remark"), ("r3", "remark"), ("r5", "remark")]
    assert money["anna"].tolist() == [0, 0, 0, 0]
    assert money["bram"].fillna(-1).tolist() == [0, 1, 1, -1]
    assert ratings["rules"]["bram"].fillna(-1).tolist() == [1, 0, 0, -1]
    found = bouwen.coder_agreement(codes, draws=20)
    assert found.table()["double_coded"].tolist() == [3, 3, 3]
    assert repr(codes) == "<CodedAnswers: 3 themes, 2 coders, 4 answers>"


def test_a_column_a_theme_says_the_same_in_text_and_in_excel(study, tmp_path):
    header = ["Respondent", "Coder", "rules", "Geld", "A familiar face"]
    cells = [
        ["r1", "anna", 1, 0, "x"], ["r1", "bram", True, None, None], ["r2", "anna", 1, None, "-"],
        ["r2", "bram", 0, 1, 0], ["r3", "anna", 0, 0, 0], ["r3", "bram", None, "X", None],
        ["r4", "anna", None, None, None], ["r5", "anna", 1, 0, 0],
    ]  # fmt: skip
    book = openpyxl.Workbook()
    for row in (header, *cells):
        book.active.append(row)
    book.save(tmp_path / "codes.xlsx")
    pd.DataFrame(cells, columns=header).to_csv(tmp_path / "wide.csv", sep=";", index=False)
    rows = "\n".join(",".join([*line.split(",")[:3], "", ""]) for line in ROWS.splitlines()[1:])
    long = bouwen.read_codes(study, write(tmp_path, ROWS.splitlines()[0] + "\n" + rows))
    for name in ("codes.xlsx", "wide.csv"):
        wide = bouwen.read_codes(study, tmp_path / name)
        pd.testing.assert_frame_equal(wide.marks, long.marks)
        pd.testing.assert_frame_equal(wide.read, long.read)


def test_files_are_put_together_and_what_is_said_twice_counts_once(study, tmp_path):
    one = write(tmp_path, "respondent,theme,coder\nr1,rules,anna\nr1,rules,anna\n")
    two = write(tmp_path, "respondent,theme,coder\nr1,rules,anna\nr3,money,bram\n", "more.csv")
    codes = bouwen.read_codes(study, one, two)
    assert codes.marks["theme"].tolist() == ["rules", "money"]
    assert len(codes.read) == 2


def test_ids_that_are_numbers_in_a_workbook(tmp_path):
    study = study_with(tmp_path, {str(n): "Geld." for n in range(1, 7)})
    book = openpyxl.Workbook()
    for row in (["respondent", "theme", "coder"], [2, "money", "anna"], [6.0, "money", "anna"]):
        book.active.append(row)
    book.save(tmp_path / "codes.xlsx")
    assert bouwen.read_codes(study, tmp_path / "codes.xlsx").marks["respondent"].tolist() == ["2", "6"]


def test_two_questions_need_their_column(tmp_path):
    study = study_with(tmp_path / "s", ANSWERS, questions=("remark", "wish"))
    with pytest.raises(BouwenError, match="has no column question"):
        bouwen.read_codes(study, write(tmp_path, "respondent,theme,coder\nr1,rules,anna\n"))
    text = "respondent,question,theme,coder\nr1,wish,rules,anna\nr1,remark,money,anna\n"
    codes = bouwen.read_codes(study, write(tmp_path, text))
    assert codes.marks["question"].tolist() == ["remark", "wish"]
    assert codes.respondents.tolist() == ["r1", "r1"]


HEAD = "respondent,theme,coder\n"
SPANS = "respondent,theme,coder,start,end\n"


@pytest.mark.parametrize(
    ("text", "places", "said"),
    [
        (HEAD + "r1,rules,anna\nr9,rules,anna\nr8,,anna\n", (3, 4), "no such respondent, or leaves them out"),
        (HEAD + "r1,rule,anna\n", (2,), 'no theme "rule". Did you mean "rules"?'),
        (HEAD + "r1,rules,\n", (2,), "give a pseudonym"),
        (HEAD + "r1,rules,anna@example.org\n", (2,), "is an e-mail address"),
        (HEAD + "r3,rules,anna\nr4,rules,anna\n", (3,), "in an answer that is empty"),
        (HEAD + "r1,rules,anna\nr1,,anna\n", (2,), "saw no theme in the answer"),
        (SPANS + "r3,money,anna,0,4\nr3,money,anna,0,5\n", (3,), "lies outside the answer"),
        (SPANS + "r3,money,anna,3,3\n", (2,), "lies outside the answer, or ends before it starts"),
        (SPANS + "r3,money,anna,3,1\n", (2,), "lies outside the answer, or ends before it starts"),
        (SPANS + "r3,money,anna,0,\n", (2,), "needs both its start and its end"),
        (SPANS + "r3,money,anna,-1,3\n", (2,), "no whole number"),
        (SPANS + "r3,money,anna,0.5,3\n", (2,), "no whole number"),
        ("respondent,coder,rules\nr1,anna,perhaps\n", (2,), "something else than 1, x, true"),
        ("respondent,coder,ruls\nr1,anna,1\n", (2,), 'no theme "ruls"'),
        (
            "respondent,question,coder,rules\nr1,remrk,anna,1\n",
            (2,),
            'no open question "remrk". Did',
        ),
    ],
)
def test_codes_that_do_not_fit_are_refused_with_their_rows(study, tmp_path, text, places, said):
    with pytest.raises(CodesError) as refused:
        bouwen.read_codes(study, write(tmp_path, text))
    message = str(refused.value)
    assert refused.value.places == places
    assert said in message
    assert f"row{'s' * (len(places) > 1)} {places[0]}" in message
    assert "\n" not in message
    assert not [secret for secret in ("regels", "forms", "r9", "anna") if secret in message]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theme,coder\nrules,anna\n", "has no column respondent"),
        ("respondent,theme\nr1,rules\n", "has no column coder"),
        ("respondent,coder\nr1,anna\n", "neither a column theme nor a column for any theme"),
        (HEAD.replace("\n", ",memo\n") + "r1,rules,anna,so\n", "has a column memo, which codes do not"),
        ("respondent,coder,rules,Regels\nr1,anna,1,0\n", "two columns for one theme"),
    ],
)
def test_tables_that_are_no_codes_are_refused(study, tmp_path, text, said):
    with pytest.raises(BouwenError, match=said):
        bouwen.read_codes(study, write(tmp_path, text))


def test_a_study_without_a_codebook_or_without_a_file(tmp_path, study):
    with pytest.raises(BouwenError, match="name the file with the codes"):
        bouwen.read_codes(study)
    bare = study_with(tmp_path / "bare", ANSWERS, themes={})
    with pytest.raises(BouwenError, match="has no themes; describe them"):
        bouwen.read_codes(bare, write(tmp_path, HEAD))
    with pytest.raises(BouwenError, match="give a study first"):
        bouwen.read_codes("codes.csv")

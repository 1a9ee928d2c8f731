"""Files in the forms in which tools, programs and people write them."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyreadstat
import pytest

from bouwen.errors import BouwenError
from bouwen.survey import FileError, TableError, read_study
from bouwen.survey.readers import READERS, read_raw, read_tables
from bouwen.survey.table import Reading

FILES = Path(__file__).parent / "files"
EXPORTS = Path(__file__).parent / "exports"
FIRST = [2, 5, 1, 3, 1]  # of respondent 001 in most of the folders
KNOWN = frozenset({"id", "t1", "t2", "plan", "years", "remark"})


@pytest.mark.parametrize("name", ["baddate", "delim", "dimA1", "dup", "hd1", "hidden", "ig1", "q2", "rn"])
def test_files_that_are_read_as_they_are(name):
    study = read_study(FILES / name)
    assert len(study.responses) == 40
    assert study.responses.iloc[0].tolist() == FIRST


def test_a_second_sheet_is_named_and_read_when_asked_for(trial):
    with pytest.raises(TableError, match=r'"Toelichting" and "Antwoorden".*sheet: "Antwoorden"') as caught:
        read_study(FILES / "sheet2")
    assert caught.value.sheet == "Antwoorden"
    for sheet in ("Antwoorden", 2, " Antwoorden\u00a0"):
        for name in ("study.yml", "instrument.yml", "second_sheet.xlsx"):
            trial.write(name, (FILES / "sheet2" / name).read_bytes())
        said = sheet if isinstance(sheet, int) else f'"{sheet}"'
        trial.change("study.yml", "  id: id", f"  id: id\n  sheet: {said}")
        assert trial.read().responses.iloc[0].tolist() == FIRST
    trial.change("study.yml", f"sheet: {said}", "sheet: blad")
    with pytest.raises(FileError, match='has no sheet "blad"; its sheets are "Toelichting"'):
        trial.read()


def test_a_formula_without_a_value_is_no_empty_answer():
    with pytest.raises(TableError, match="40 cells with a formula without a stored value") as caught:
        read_study(FILES / "formula")
    assert caught.value.columns == ("b2",)


def test_formulas_with_values_are_read_and_columns_that_are_not_used_may_lack_them(tmp_path):
    book = openpyxl.Workbook()
    for row in (["id", "a", "b"], [1, "=1+1", 2], [2, "=A2", 3]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    raw = read_raw([tmp_path / "a.xlsx"]).cells
    assert raw["b"].tolist() == [2, 3]
    with zipfile.ZipFile(tmp_path / "a.xlsx") as old, zipfile.ZipFile(tmp_path / "b.xlsx", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = data.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>").replace(
                    b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"
                )
            new.writestr(name, data)
    assert read_raw([tmp_path / "b.xlsx"]).cells["a"].tolist()[0] == 2


ROWS = [("001", 2, 5, 1), ("002", 4, 4, 2), ("003", 1, 4, 3), ("004", 5, 1, 2)]


def as_r_writes(sign: str, *, first: str = "", names: str = "{n}", quote: str = '"') -> str:
    """The rows as R writes them: row names by number, if any, and what stands above them in the header."""
    lines = [first + sign.join(f"{quote}{name}{quote}" for name in ("id", "t1", "t2", "t3"))]
    for n, (respondent, *answers) in enumerate(ROWS, start=1):
        named = f"{quote}{names.format(n=n, m=3 * n)}{quote}{sign}" if names else ""
        lines.append(named + sign.join([f"{quote}{respondent}{quote}", *map(str, answers)]))
    return "\n".join(lines) + "\n"


R_FILES = {
    "write.csv": as_r_writes(",", first='"",'),
    "write.csv without row names": as_r_writes(",", names=""),
    "write.csv2": as_r_writes(";", first='"";'),
    "write.table": as_r_writes(" "),
    "write.table, of a subset": as_r_writes(" ", names="{m}"),
    "write.table, tabs": as_r_writes("\t"),
    "write.table, without quotes": as_r_writes(" ", names="", quote=""),
}


@pytest.mark.parametrize("way", R_FILES)
@pytest.mark.parametrize("known", [frozenset(), frozenset({"id", "t1", "t2", "t3"})])
def test_every_way_in_which_r_writes(tmp_path, way, known):
    (tmp_path / "a.csv").write_text(R_FILES[way])
    raw = read_raw([tmp_path / "a.csv"], Reading(known=known))
    assert raw.cells[["id", "t1", "t2", "t3"]].to_numpy().tolist() == [
        [a, *map(str, rest)] for a, *rest in ROWS
    ]
    assert (
        set(raw.cells.columns) - {"id", "t1", "t2", "t3"}
        <= raw.table.nameless
        == frozenset(raw.cells.columns) - {"id", "t1", "t2", "t3"}
    )


def test_quotes_within_quotes_as_r_and_databases_write_them(tmp_path):
    (tmp_path / "a.csv").write_text('"id","x"\n"1","she said \\"no\\", twice"\n"2","y"\n')
    assert read_tables([tmp_path / "a.csv"])["x"].tolist() == ['she said "no", twice', "y"]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_titles_above_and_totals_and_sentences_below(tmp_path, ends):
    lines = [
        "Enquete aanbieders 2024",
        "",
        "id;t1;t2",
        "a;1;2",
        "b;3;4",
        "Totaal;4;6",
        "Gemaakt op 1 mei 2024 door ons;;",
    ]
    (tmp_path / "a.csv").write_text(ends.join(lines), newline="")
    raw = read_raw([tmp_path / "a.csv"], Reading(known=KNOWN))
    assert raw.cells.to_dict("list") == {"id": ["a", "b"], "t1": ["1", "3"], "t2": ["2", "4"]}
    assert list(raw.cells.index.get_level_values("row")) == [4, 5]
    assert {r.key: r.values["n"] for r in raw.remarks} == {"above": 1, "below": 2}


def test_rows_are_skipped_and_headers_counted_as_the_study_says(tmp_path):
    (tmp_path / "a.csv").write_text("x;y;z\nQ;;R\na;b;c\n1;2;3\n4;5;6\n")
    raw = read_raw([tmp_path / "a.csv"], Reading(skip_rows=1, header_rows=2))
    assert raw.cells.columns.tolist() == ["Q - a", "Q - b", "R - c"]
    assert raw.cells.to_numpy().tolist() == [["1", "2", "3"], ["4", "5", "6"]]
    raw = read_raw([tmp_path / "a.csv"], Reading(skip_rows=0, header_rows=1))
    assert raw.cells.columns.tolist() == ["x", "y", "z"]
    assert len(raw.cells) == 4


def test_two_header_rows_of_surveymonkey(tmp_path):
    lines = [
        "Respondent ID,Start Date,How much do you agree?,,Any remarks?",
        ",,I trust them,I like them,Open-Ended Response",
        "118,2024-05-01,Agree,Disagree,",
        "119,2024-05-01,Agree,Agree,none",
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    raw = read_raw([tmp_path / "a.csv"])
    assert raw.cells.columns.tolist() == [
        "Respondent ID", "Start Date", "How much do you agree? - I trust them",
        "How much do you agree? - I like them", "Any remarks?",
    ]  # fmt: skip
    assert raw.cells["Any remarks?"].tolist() == [None, "none"]


QUALTRICS = {
    "three rows": ['"{""ImportId"":""QID1""}","{""ImportId"":""_recordId""}","{""ImportId"":""QID2""}"'],
    "in Python's quotes": ["\"{'ImportId': 'QID1'}\",\"{'ImportId': '_recordId'}\",\"{'ImportId': 'QID2'}\""],
    "two rows": [],
}


@pytest.mark.parametrize("kind", QUALTRICS)
def test_header_rows_of_qualtrics(tmp_path, kind):
    lines = [
        "StartDate,ResponseId,Q1",
        "Start Date,Response ID,I trust them",
        *QUALTRICS[kind],
        "2024,R_1,5",
        "2024,R_2,4",
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    raw = read_raw([tmp_path / "a.csv"])
    assert raw.cells["ResponseId"].tolist() == ["R_1", "R_2"]
    assert raw.table.wordings["Q1"] == ("I trust them",)


def test_a_question_may_be_named_by_its_text_in_the_header(trial):
    trial.change(
        "answers.csv",
        "id,t1,t2,plan,years,remark\n",
        "ResponseId,Q1,t2,plan,years,remark\nResponse ID,I  trust\u00a0them,t2,p,y,r\n",
    )
    trial.change("study.yml", "id: id", 'id: ResponseId\n  columns: {"I trust them": t1}')
    assert trial.read().responses["t1"].tolist()[0] == 5


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("id, t1 ,t2,plan,years,remark", "t1"),
        ("id,t1\u00a0,t2,plan,years,remark", "t1"),
        ("id,T1,t2,plan,years,remark", "t1"),
        ("id,\ufefft1\u200b,t2,plan,years,remark", "t1"),
        ("id,Vragen  één,t2,plan,years,remark", "Vragen e\u0301e\u0301n"),
        ('id,"Vraag\neen",t2,plan,years,remark', "Vraag een"),
    ],
)
def test_names_are_compared_as_people_see_them(trial, header, named):
    trial.change("answers.csv", "id,t1,t2,plan,years,remark", header)
    if named != "t1":
        trial.change("study.yml", "  id: id", f'  id: id\n  columns: {{"{named}": t1}}')
    assert trial.read().responses["t1"].tolist()[0] == 5


def test_columns_whose_names_are_seen_alike_are_refused_where_one_is_used(trial):
    trial.change("answers.csv", "plan,years,remark", "plan,years,t1\u00a0")
    with pytest.raises(
        TableError, match="columns 2 and 6 have a name that stands in the header more than once"
    ):
        trial.read()
    trial.change("study.yml", "  id: id", '  id: id\n  columns: {"t1 (2)": remark}')
    with pytest.raises(TableError, match="no column for"):
        trial.read()
    trial.change("study.yml", '{"t1 (2)": remark}', '{t1: t1, "t1 (2)": remark}')
    assert trial.read().responses["t1"].tolist()[0] == 5


@pytest.mark.parametrize("ignore", ["[V*]", "['V3[SQ001]', 'V3(2)', 'V3?']", "others"])
def test_only_a_star_is_special_in_a_pattern(trial, ignore):
    header = "id,t1,t2,plan,years,V3[SQ001],V3(2),V3?"
    trial.write("answers.csv", f"{header}\nr1,5,1,1,3,x,y,z\nr2,4,1,1,3,x,y,z\n")
    trial.change("study.yml", "  id: id", f"  id: id\n  ignore: {ignore}")
    assert trial.read().responses["t1"].tolist() == [5, 4]
    trial.change("study.yml", f"ignore: {ignore}", "ignore: ['V3[SQ00?]', 'V3[(]2)', 'V3?']")
    with pytest.raises(TableError) as caught:
        trial.read()
    assert caught.value.columns == ("V3[SQ001]", "V3(2)")


@pytest.mark.parametrize("ignore", ["['*']", "['t*']", "[t1]", "others"])
def test_items_win_over_patterns(trial, ignore):
    others = ", plan2" if ignore != "others" else ""
    trial.change("study.yml", "  id: id", f"  id: id\n  ignore: {ignore}")
    assert trial.read().responses["t1"].tolist()[0] == 5
    assert others is not None


def test_an_open_question_that_is_ignored_by_its_name_is_not_read(trial):
    trial.change("study.yml", "  id: id", "  id: id\n  ignore: [remark]")
    assert trial.read().responses["remark"].isna().all()
    trial.change("study.yml", "ignore: [remark]", "ignore: others")
    assert trial.read().responses["remark"].tolist()[0] == "SECRET thoughts"


TEXT = "id;name;t1\n" + "".join(f"{i};één vraag, ’t is zo ö;{i % 5 + 1}\n" for i in range(30))


@pytest.mark.parametrize(
    "encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-8", "cp1252", "mac_roman", "cp850"]
)
def test_encodings_without_a_mark(tmp_path, encoding):
    text = TEXT if encoding != "cp850" else TEXT.replace("’", "'")
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert read_tables([tmp_path / "a.csv"])["name"].tolist() == [text.split("\n")[1].split(";")[1]] * 30


def test_an_encoding_may_be_named(trial):
    trial.write(
        "answers.csv", "id;t1;t2;plan;years;remark\nr1;5;1;1;3;caf\u0119\nr2;4;1;1;3;\n".encode("cp1250")
    )
    trial.change("study.yml", "  id: id", "  id: id\n  encoding: cp1250")
    assert trial.read().responses["remark"].tolist()[0] == "caf\u0119"
    trial.change("study.yml", "cp1250", "cp9999")
    with pytest.raises(FileError, match="must be the name of an encoding") as caught:
        trial.read()
    assert caught.value.line == 8
    trial.change("study.yml", "cp9999", "utf-8")
    with pytest.raises(FileError, match='line 2: is not in the encoding "utf-8"'):
        trial.read()


@pytest.mark.parametrize(("said", "sign"), [('"!"', "!"), ("tab", "\t"), ("semicolon", ";")])
def test_a_delimiter_may_be_named(trial, said, sign):
    content = (trial.folder / "answers.csv").read_text().replace(",", sign)
    trial.write("answers.csv", content)
    trial.change("study.yml", "  id: id", f"  id: id\n  delimiter: {said}")
    assert trial.read().responses["t1"].tolist()[0] == 5
    trial.change("study.yml", f"delimiter: {said}", 'delimiter: "&&"')
    with pytest.raises(FileError, match="must be one sign"):
        trial.read()


@pytest.mark.parametrize(
    "content",
    [
        "a;b\n1,5;2,5\n3,5;4,5\n",
        "Hoe vaak, per week, en waarom, denkt u;b\n1;2\n3;4\n",
        "a;b\n1;x, y, z\n2;p, q\n",
        "a\tb\n1,5\t2;5\n",
    ],
)
def test_delimiters_are_judged_from_many_lines(tmp_path, content):
    (tmp_path / "a.csv").write_text(content)
    assert read_tables([tmp_path / "a.csv"]).shape[1] == 2


@pytest.mark.parametrize("known", [frozenset(), KNOWN])
def test_old_excel(known):
    raw = read_raw([EXPORTS / "old.xls"], Reading(known=known))
    assert raw.cells["id"].tolist() == ["r1", "r2", "r3"]
    assert raw.cells["t1"].tolist() == [5.0, None, 3.0]
    assert {r.key: r.values["n"] for r in raw.remarks} == {"above": 1, "below": 1}


@pytest.mark.parametrize(
    ("name", "of"),
    [("a.csv", ".xlsx"), ("a.xls", ".csv"), ("a.csv", ".parquet"), ("a.xlsx", ".xls"), ("a.sav", ".dta")],
)
def test_content_is_believed_and_not_the_ending(tmp_path, name, of):
    data = pd.DataFrame({"id": ["a", "b"], "t1": [1.0, 2.0]})
    path = tmp_path / f"own{of}"
    match of:
        case ".xlsx":
            data.to_excel(path, index=False)
        case ".csv":
            data.to_csv(path, index=False, sep="\t")
        case ".parquet":
            data.to_parquet(path)
        case ".dta":
            pyreadstat.write_dta(data, str(path))
        case _:
            path = EXPORTS / "old.xls"
    (tmp_path / name).write_bytes(path.read_bytes())
    assert read_tables([tmp_path / name]).iloc[0, 0] in ("a", "r1")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "holds a web page"),
        (
            "a.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "by a password",
        ),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "as an Excel workbook"),
        ("a.dta", b"not Stata" * 20, "as a Stata file"),
        ("a.por", b"not portable" * 20, "as a portable SPSS file"),
        ("a.zsav", b"$FL3 not" * 20, "as an SPSS file"),
    ],
)
def test_files_that_are_something_else(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=message):
        read_tables([tmp_path / name])


def test_stata_and_portable_files_keep_their_labels(tmp_path):
    data = pd.DataFrame({"t1": [1, 2, 3], "name": ["x", "y", "z"]})
    pyreadstat.write_dta(data, str(tmp_path / "a.dta"), variable_value_labels={"t1": {1: "no", 2: "yes"}})
    raw = read_raw([tmp_path / "a.dta"])
    assert [getattr(cell, "label", None) for cell in raw.cells["t1"]] == ["no", "yes", None]
    assert raw.table.labels["t1"] == {1: "no", 2: "yes"}
    pyreadstat.write_por(data, str(tmp_path / "a.por"), column_labels=["I trust them", "who"])
    raw = read_raw([tmp_path / "a.por"])
    assert [c.casefold() for c in raw.cells.columns] == ["t1", "name"]
    assert raw.cells.iloc[:, 0].tolist() == [1.0, 2.0, 3.0]


def test_texts_with_labels_and_missing_texts_of_spss(tmp_path):
    data = pd.DataFrame({"g": ["m", "v", "x"], "t1": [1.0, 9.0, 2.0]})
    pyreadstat.write_sav(
        data, str(tmp_path / "a.sav"), variable_value_labels={"g": {"m": "man", "v": "vrouw"}},
        missing_ranges={"g": ["x"], "t1": [{"lo": 8, "hi": 9}]}, column_labels={"g": "Geslacht"},
    )  # fmt: skip
    raw = read_raw([tmp_path / "a.sav"])
    assert raw.cells["g"].tolist() == ["m", "v", None]
    assert [getattr(cell, "label", None) for cell in raw.cells["g"]] == ["man", "vrouw", None]
    assert raw.cells["t1"].tolist() == [1.0, None, 2.0]
    assert raw.table.wordings["g"] == ("Geslacht",)


def test_a_date_that_cannot_be_is_told_where_it_is_asked_for(trial):
    for name in ("study.yml", "instrument.yml", "bad_date.sav"):
        trial.write(name, (FILES / "baddate" / name).read_bytes())
    trial.change("study.yml", "  - ingevuld", "  - others")
    trial.change("study.yml", "  ignore:", "  columns: {ingevuld: a1, a1: x}\n  ignore:")
    with pytest.raises(TableError, match="a date that cannot be") as caught:
        trial.read()
    assert caught.value.columns == ("ingevuld",)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("a;b\n1;2\n3;4\n")

    def growing(found, reading):
        table = READERS[".tsv"](found, reading)
        path.write_text("a;b\n1;2\n3;4\n5;6\n")
        return table

    monkeypatch.setitem(READERS, ".csv", growing)
    with pytest.raises(FileError, match="was written to while it was read"):
        read_tables([path])


def test_a_workbook_that_unpacks_to_very_much_is_refused(tmp_path, monkeypatch):
    pd.DataFrame({"a": range(3)}).to_excel(tmp_path / "a.xlsx")
    monkeypatch.setattr("bouwen.survey.workbooks.MOST_UNPACKED", 100)
    with pytest.raises(FileError, match="unpacks to more than any survey holds"):
        read_tables([tmp_path / "a.xlsx"])


def samples(folder: Path) -> list[Path]:
    """A file of every kind that is read."""
    data = pd.DataFrame(
        {"id": [f"r{i}" for i in range(60)], "t1": np.arange(60) % 5 + 1.0, "x": ["é, ;"] * 60}
    )
    data.to_csv(folder / "a.csv", index=False)
    (folder / "b.csv").write_bytes(data.to_csv(index=False, sep=";").encode("utf-16-le"))
    data.to_excel(folder / "a.xlsx", index=False)
    data.to_parquet(folder / "a.parquet")
    labels = {"t1": {1.0: "no", 5.0: "yes"}}
    pyreadstat.write_sav(data, str(folder / "a.sav"), variable_value_labels=labels)
    pyreadstat.write_sav(data, str(folder / "a.zsav"), compress=True, variable_value_labels=labels)
    pyreadstat.write_dta(data, str(folder / "a.dta"))
    pyreadstat.write_por(data.drop(columns="x"), str(folder / "a.por"))
    (folder / "a.xls").write_bytes((EXPORTS / "old.xls").read_bytes())
    return sorted(folder.iterdir())


def refused(path: Path) -> str:
    """What reading a file says, if it is refused."""
    try:
        read_raw([path], Reading(known=frozenset({"id", "t1"})))
    except BouwenError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", range(3))
def test_damaged_files_are_read_or_refused_in_one_sentence(tmp_path, seed):
    """Cut short, or with bytes changed: never another error than ours, never an answer quoted."""
    chance = random.Random(seed)
    for path in samples(tmp_path):
        whole = path.read_bytes()
        for _ in range(12):
            damaged = bytearray(whole[: chance.randrange(1, len(whole))] if chance.random() < 0.5 else whole)
            for _ in range(chance.choice([0, 1, 8, 60])):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            path.write_bytes(damaged)
            said = refused(path)
            assert len(said) < 600
            assert len(said.splitlines()) <= 1

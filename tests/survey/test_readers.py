"""Every kind of file that people save their answers in, whole and damaged."""

from __future__ import annotations

import struct
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
import pytest

from bouwen.survey import FileError, TableError
from bouwen.survey.readers import READERS, read_raw, read_tables
from bouwen.survey.table import parsing
from bouwen.survey.values import Labelled, distinct, number_in

EXPORTS = Path(__file__).parent / "exports"
DUTCH = 'id;t1;open\r\n1;3,5;"één; twee\r\ndrie"\r\n2;4;NA\r\n'
CELLS = {"id": ["1", "2"], "t1": ["3,5", "4"], "open": ["één; twee\r\ndrie", "NA"]}


def cells(*paths: Path) -> dict[str, list[object]]:
    return read_tables(paths).to_dict("list")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1", "cp1252"])
@pytest.mark.parametrize("prefix", ["", "sep=;\r\n"])
def test_dutch_excel_in_every_encoding(tmp_path, encoding, prefix):
    path = tmp_path / "a.csv"
    path.write_bytes((prefix + DUTCH).encode(encoding))
    assert cells(path) == CELLS


@pytest.mark.parametrize(
    ("ending", "delimiter"), [(".csv", ","), (".tsv", "\t"), (".txt", "|"), (".CSV", ";")]
)
def test_every_delimiter(tmp_path, ending, delimiter):
    path = tmp_path / f"a{ending}"
    path.write_text(f'"x{delimiter}, ;"{delimiter}b\n1{delimiter}None\n')
    assert cells(path) == {f"x{delimiter}, ;": ["1"], "b": ["None"]}


def test_windows_letters_outside_latin_1(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("a;b\n€ 5;“ja”\n".encode("cp1252"))
    assert cells(path) == {"a": ["€ 5"], "b": ["“ja”"]}


def test_rows_keep_the_number_that_a_spreadsheet_shows(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('a;b\n"one\ntwo";1\n;\n\n3;4\n')
    assert list(read_tables([path]).index.get_level_values("row")) == [2, 5]


def test_line_ends_of_old_macs(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"a;b\r1;2,5\r3;4\r")
    assert cells(tmp_path / "a.csv") == {"a": ["1", "3"], "b": ["2,5", "4"]}


def test_one_column_and_a_delimiter_that_ends_each_line(tmp_path):
    (tmp_path / "one.csv").write_text("a\n1\n2\n")
    (tmp_path / "end.csv").write_text("a,b,\n1,2,\n")
    assert cells(tmp_path / "one.csv") == {"a": ["1", "2"]}
    assert cells(tmp_path / "end.csv") == {"a": ["1"], "b": ["2"]}


@pytest.mark.parametrize(
    ("name", "row", "respondent"), [("sample.csv", 4, "ResponseId"), ("sample_legacy.csv", 3, "V1")]
)
def test_qualtrics_exports(name, row, respondent):
    data = read_tables([EXPORTS / name])
    assert list(data.index) == [(EXPORTS / name, row)]
    assert data[respondent].tolist() == ["R_2YPOQ602ER1jkf1"]
    assert data["Q2"].tolist() == ["Hello World!"]


def test_spss_keeps_codes_and_labels_and_drops_user_missing(tmp_path):
    data = pd.DataFrame({"t1": [1.0, 9.0, 3.0], "plan": [1.0, 2.0, 7.0], "open": ["NA", "", "é"]})
    pyreadstat.write_sav(
        data,
        str(tmp_path / "a.sav"),
        variable_value_labels={"plan": {1.0: "Prepaid", 2.0: "Contract"}},
        missing_ranges={"t1": [{"lo": 8.0, "hi": 9.0}]},
    )
    read = read_tables([tmp_path / "a.sav"])
    assert read.to_dict("list") == {
        "t1": [1.0, None, 3.0],
        "plan": [1.0, 2.0, 7.0],
        "open": ["NA", None, "é"],
    }
    labels = [cell.label if isinstance(cell, Labelled) else None for cell in read["plan"]]
    assert labels == ["Prepaid", "Contract", None]
    assert list(read.index.get_level_values("row")) == [1, 2, 3]


def test_excel_first_sheet(tmp_path):
    book = openpyxl.Workbook()
    for row in (["a", "b", None], [1, "NA", None], [None, None, None], [2.5, None, None]):
        book.active.append(row)
    book.create_sheet("notes").append(["not this"])
    book.save(tmp_path / "a.xlsx")
    read = read_tables([tmp_path / "a.xlsx"])
    assert read.to_dict("list") == {"a": [1, 2.5], "b": ["NA", None]}
    assert list(read.index.get_level_values("row")) == [2, 4]


def test_parquet(tmp_path):
    data = pd.DataFrame({"a": [1.0, None], "b": pd.Categorical(["x", "NA"]), "c": [1, 2]})
    data.to_parquet(tmp_path / "a.parquet")
    assert cells(tmp_path / "a.parquet") == {"a": [1.0, None], "b": ["x", "NA"], "c": [1, 2]}


def test_a_second_file_without_names_is_refused_by_the_places_of_its_columns(tmp_path):
    (tmp_path / "a.csv").write_text("id,t1,remark\nx1,3,fine\n")
    (tmp_path / "b.csv").write_text("jansen,3,my own words\npieters,2,\n")
    with pytest.raises(TableError) as error:
        read_tables([tmp_path / "a.csv", tmp_path / "b.csv"])
    said = str(error.value)
    assert "columns 1, 2 and 3 of this file and columns 1, 2 and 3 of" in said
    assert "names in the first row" in said
    assert "jansen" not in said
    assert "my own words" not in said


def test_files_are_appended_whatever_the_order_of_their_columns(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,é\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("b;a\nplain;3\n")
    assert cells(tmp_path / "a.csv", tmp_path / "b.csv") == {"a": ["1", "3"], "b": ["é", "plain"]}


def test_files_of_different_encodings_are_refused(tmp_path):
    for name, encoding in (("a.csv", "utf-8"), ("b.csv", "latin-1")):
        (tmp_path / name).write_bytes("a\né\n".encode(encoding))
    with pytest.raises(FileError, match=r"UTF-8.*save both") as caught:
        read_tables([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert caught.value.path == tmp_path / "b.csv"
    assert "a.csv" in str(caught.value)
    assert "Latin-1" in str(caught.value)


def test_files_with_different_columns_are_refused(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    (tmp_path / "b.csv").write_text("a,c\n1,2\n")
    with pytest.raises(TableError) as caught:
        read_tables([tmp_path / "a.csv", tmp_path / "b.csv"])
    assert caught.value.columns == ("b", "c")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n , \n", "is empty"),
        ("a.csv", b"a\0b", "not a text file"),
        ("a.csv", "a,b\n1,2\n".encode("utf-16")[:-1], "as UTF-16 text"),
        ("a.csv", b'a,b\n1,2\n"cut', "line 3: cannot be read"),
        ("a.csv", "a\né\n".encode() + "ë\n".encode("latin-1"), "line 3: mixes UTF-8"),
        ("a.sav", b"no SPSS file" * 20, "as an SPSS file"),
        ("a.xlsx", b"no workbook", "as an Excel workbook"),
        ("a.parquet", b"PAR1 no more", "as a Parquet file"),
        ("a.docx", b"x", f'ending in ".docx".*{", ".join([*READERS][:-1])} or {[*READERS][-1]}'),
    ],
)
def test_unreadable_files(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FileError, match=message) as caught:
        read_tables([tmp_path / name])
    assert caught.value.path == tmp_path / name
    assert str(tmp_path / name) in str(caught.value)


@pytest.mark.parametrize("ending", [".sav", ".xlsx", ".parquet"])
def test_files_cut_short(tmp_path, ending):
    data, path = pd.DataFrame({"a": range(500)}), tmp_path / f"a{ending}"
    if ending == ".sav":
        pyreadstat.write_sav(data, str(path))
    else:
        data.to_excel(path) if ending == ".xlsx" else data.to_parquet(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(FileError, match="damaged or cut short"):
        read_tables([path])


def test_a_missing_file_is_looked_for_nearby(tmp_path):
    (tmp_path / "answers.csv").write_text("a\n1\n")
    with pytest.raises(FileError, match=r'no such file. Did you mean "answers.csv"\?'):
        read_tables([tmp_path / "answer.csv"])


@pytest.mark.parametrize(
    ("content", "columns", "rows", "message"),
    [
        ("a,b\n", (), (), "header but no answers"),
        ("a,b\n1,2\n1,2,3\n", (), (3,), "more cells than the header"),
        ("a,b\n1,2\n3\n", (), (3,), "cut short"),
    ],
)
def test_tables_that_are_not_tables(tmp_path, content, columns, rows, message):
    (tmp_path / "a.csv").write_text(content)
    with pytest.raises(TableError, match=message) as caught:
        read_tables([tmp_path / "a.csv"])
    assert (caught.value.columns, caught.value.rows) == (columns, rows)


@pytest.mark.parametrize("cell", [True, False, 1j, float("nan"), float("inf"), "1e999", "1.000,5", "3 4", ""])
def test_what_is_no_finite_number_is_none(cell):
    assert number_in(cell) is None


def test_a_workbook_is_read_by_its_cells_and_not_up_to_its_corner(tmp_path):
    book = openpyxl.Workbook()
    for row in (["a", "b"], [1, "x"], [None, "y"]):
        book.active.append(row)
    book.active["XFD1048576"].font = openpyxl.styles.Font(bold=True)  # nothing in it
    book.save(tmp_path / "a.xlsx")
    read = read_tables([tmp_path / "a.xlsx"])
    assert read.to_dict("list") == {"a": [1, None], "b": ["x", "y"]}
    book.active["XFD1048576"] = "stray"
    book.save(tmp_path / "a.xlsx")
    found = read_raw([tmp_path / "a.xlsx"])
    assert found.cells.to_dict("list") == {"a": [1, None], "b": ["x", "y"]}
    assert [(r.key, r.values["n"]) for r in found.remarks] == [("beside", 1)]


def test_a_list_in_a_cell_is_no_answer_to_an_item(trial):
    data = pd.DataFrame({"id": ["a", "b"], "t1": [[1], [1]], "t2": [2, 3], "plan": [1, 1], "years": [1, 2]})
    data.to_parquet(trial.folder / "answers.parquet")
    trial.change("study.yml", "answers.csv", "answers.parquet")
    with pytest.raises(TableError, match="found 2 answers in text") as caught:
        trial.read()
    assert caught.value.rows == (1, 2)


ODD = [
    1,
    1.0,
    True,
    "1",
    " 1 ",
    Labelled(1, "yes"),
    Labelled(1, "no"),
    None,
    "1,0",
    "x",
    [1],
    [1],
    -0.0,
    0,
    10**20,
]


@pytest.mark.parametrize("cells", [ODD, ODD * 3, ["3", "3", None], [2.0, 2.0, None], [None, None], [True, 1]])
def test_each_cell_is_one_of_the_different_ones(cells):
    """Typing the different cells once is typing all of them: type, value and label are the same."""
    places, different = distinct(cells)
    for cell, place in zip(cells, places, strict=True):
        other = different[place]
        assert (type(other), other, getattr(other, "label", None)) == (
            type(cell), cell, getattr(cell, "label", None)
        )  # fmt: skip
    assert len({(type(c), repr(c), getattr(c, "label", None)) for c in cells}) <= len(different) <= len(cells)


@pytest.mark.parametrize("control", ["\x07", "\x1b", "\x7f", "\x0b"])
def test_control_characters_are_refused_where_they_stand(tmp_path, control):
    (tmp_path / "a.csv").write_text(f"a,b\n1,SECRET\n2,SEC{control}RET\n3,\n")
    with pytest.raises(TableError, match=r'column "b", row 3: holds control characters') as caught:
        read_tables([tmp_path / "a.csv"])
    assert "SEC" not in str(caught.value)
    (tmp_path / "a.csv").write_text(f"a,b{control}c\n1,2\n")
    with pytest.raises(TableError, match="control characters in its header"):
        read_tables([tmp_path / "a.csv"])


@pytest.mark.parametrize("row", ["r1,5,1,SECRET,4,9", "r1,5,5,SECRET,4,9", "SECRET,SECRET,1,2,3,4"])
def test_a_first_row_of_answers_is_quoted_nowhere(trial, row):
    """Without a header the names of columns are what the first respondent answered."""
    trial.write("answers.csv", f"{row}\nr2,3,1,prepaid,12,\n")
    trial.change("study.yml", "  id: id\n", "")
    with pytest.raises(TableError) as caught:
        trial.read()
    assert "SECRET" not in str(caught.value)
    assert "r1" not in str(caught.value)
    assert '"5"' not in str(caught.value)


class OfALibrary(Exception):
    """What a library raises that derives from nothing usual."""


@pytest.mark.parametrize("error", [ValueError, KeyError, OSError, EOFError, struct.error, OfALibrary])
def test_what_a_library_trips_over_is_told_as_damage(tmp_path, error):
    refused = pytest.raises(FileError, match="cannot be read as a table")
    with refused as caught, parsing(tmp_path / "a.sav", "a table", OfALibrary):
        raise error("detail")
    assert "detail" not in str(caught.value)


@pytest.mark.parametrize("error", [MemoryError(), PermissionError(13, "denied"), OfALibrary()])
def test_what_is_no_damage_is_passed_on(tmp_path, error):
    with pytest.raises(type(error)), parsing(tmp_path / "a.sav", "a table"):
        raise error

"""Data files -> one table of raw cells, each still as the file has it."""

from __future__ import annotations

import csv
import gc
import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bouwen.errors import BouwenError
from bouwen.inputs import opened
from bouwen.survey.files import FileError, refuse_no_file
from bouwen.survey.values import Labelled, is_empty, text

Row = Sequence[Any]
LONGEST_SHEET = 1_048_576  # rows, more than which no workbook has
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # all of ASCII but tab and the ends of lines
SHOWN = 5  # rows or columns named in a message before "and … more"


class TableError(BouwenError):
    """The cells of a data file are not what the study says they are.

    Attributes
    ----------
    path : Path
        The file.
    columns : tuple of str
        The columns concerned, by their names in the file.
    rows : tuple of int
        The rows concerned, as a spreadsheet numbers them: the header is row 1.
    """

    def __init__(
        self, path: Path, message: str, columns: Iterable[str] = (), rows: Iterable[int] = ()
    ) -> None:
        self.path, self.columns, self.rows = path, tuple(columns), tuple(rows)
        where = [str(path)]
        if self.columns:
            where.append(f"column{'s' * (len(self.columns) > 1)} {listed(quoted(self.columns))}")
        if self.rows:
            where.append(f"row{'s' * (len(self.rows) > 1)} {listed(self.rows)}")
        super().__init__(f"{', '.join(where)}: {message}")


class RepeatedColumns(TableError):
    """Columns have the same name; they are told by their places, for without a header names are answers."""

    def __init__(self, path: Path, header: Sequence[str], names: Sequence[str]) -> None:
        places = [n for n, name in enumerate(header, start=1) if name == names[0]]
        message = f"columns {listed(places)} have a name that stands in the header more than once"
        super().__init__(path, f"{message}; rename or remove one.")
        self.columns = tuple(names)


class OtherColumns(TableError):
    """Files whose columns differ; they are told by their places, for without a header names are answers."""

    def __init__(self, table: Table, first: Table) -> None:
        own, others = only_in(table, first), only_in(first, table)
        found = [f"{places} of this file" for places in own] + [
            f"{places} of {first.path}" for places in others
        ]
        message = f"only one of this file and {first.path} has {' and '.join(found)}"
        super().__init__(
            table.path, f"{message}; make their columns the same, with the names in the first row of each."
        )
        self.columns = tuple(sorted(set(first.header) ^ set(table.header)))


def only_in(table: Table, other: Table) -> list[str]:
    """The places of columns whose names another table does not have, in words; empty if there are none."""
    places = [n for n, name in enumerate(table.header, start=1) if name not in other.header]
    return [f"column{'s' * (len(places) > 1)} {listed(places)}"] if places else []


@dataclass(frozen=True)
class Table:
    """One data file: unique column names above rows of the same length.

    ``rows`` holds each row with its number; ``encoding`` is known for text files with more
    than plain ASCII.
    """

    path: Path
    header: list[str]
    rows: list[tuple[int, Row]]
    encoding: str | None = None


def read_tables(paths: Sequence[Path]) -> pd.DataFrame:
    """Read one or several data files and append them.

    Parameters
    ----------
    paths : sequence of Path
        Files ending in .csv, .tsv, .txt, .sav, .xlsx or .parquet, with the same columns.

    Returns
    -------
    DataFrame
        Cells as texts, numbers or None where a cell is empty; the index holds the file (Path)
        and the row as a spreadsheet or SPSS numbers it.

    Raises
    ------
    FileError
        A file is missing, empty, damaged or of an unknown kind; text files differ in encoding.
    TableError
        A file has a header only, two columns of the same name or rows of different lengths;
        files differ in their columns.
    """
    with uncollected():
        tables = [read_table(path) for path in paths]
        refuse_mixed_encodings(tables)
        refuse_other_columns(tables)
        return pd.concat([frame(table)[tables[0].header] for table in tables])


def frame(table: Table) -> pd.DataFrame:
    """A table as a data frame of objects, indexed by file and row."""
    index = pd.MultiIndex.from_product([[table.path], [n for n, _ in table.rows]], names=["file", "row"])
    shape = (len(table.rows), len(table.header))
    every = chain.from_iterable(row for _, row in table.rows)
    columns = np.fromiter(every, dtype=object, count=shape[0] * shape[1]).reshape(shape).T.copy()
    for name, column in zip(table.header, columns, strict=True):
        cells = filled(column.tolist())
        refuse_controls(table, name, cells)
        column[:] = cells
    header = pd.Index(table.header, dtype=object)
    return pd.DataFrame(columns.T, index, header, dtype=object, copy=False)


def filled(cells: list[Any]) -> list[Any]:
    """The cells of a column, None where one is empty; each different cell is looked at once."""
    try:
        empty = {cell for cell in dict.fromkeys(cells) if is_empty(cell)}
    except TypeError:  # lists in cells, as Parquet may hold
        return [None if is_empty(cell) else cell for cell in cells]
    return [None if cell in empty else cell for cell in cells] if empty - {None} else cells


def refuse_controls(table: Table, name: str, cells: Sequence[Any]) -> None:
    """Raise a TableError where a text holds a character that is a command to a screen or printer."""
    texts = {cell for cell in cells if isinstance(cell, str)}
    if held := {cell for cell in texts if CONTROL.search(cell)}:
        places = zip(table.rows, cells, strict=True)
        rows = [n for (n, _), cell in places if isinstance(cell, str) and cell in held]
        raise TableError(table.path, "holds control characters; remove them.", [name], rows)


@contextmanager
def uncollected() -> Iterator[None]:
    """Do not look for garbage: rows of cells are none, and looking through them takes most of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def refuse_mixed_encodings(tables: Sequence[Table]) -> None:
    """Text files that are read together must have one encoding; plain ASCII goes with any."""
    known = [table for table in tables if table.encoding]
    for other in known[1:]:
        if other.encoding != known[0].encoding:
            raise FileError(
                other.path,
                f"is in {other.encoding} while {known[0].path} is in {known[0].encoding}; "
                "save both with the same encoding, preferably UTF-8.",
            )


def refuse_other_columns(tables: Sequence[Table]) -> None:
    """Files that are appended must have the same columns, in any order."""
    first = tables[0]
    for other in tables[1:]:
        if set(first.header) != set(other.header):
            raise OtherColumns(other, first)


def read_table(path: Path) -> Table:
    """Read one data file with the reader for its ending."""
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        endings = listed(READERS, "or", most=len(READERS))
        raise FileError(path, f'a file ending in "{path.suffix}" cannot be read; save it as {endings}.')
    refuse_no_file(path)
    try:
        if opened(path).stat().st_size == 0:
            raise FileError(path, "is empty.")
        return replace(reader(opened(path)), path=path)
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror or error}).") from error


def read_delimited(path: Path) -> Table:
    """Read a text file with delimiters; encoding and delimiter are recognised."""
    content, encoding = decode(path, path.read_bytes())
    content, delimiter = delimited(content)
    lines = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        return table_of(path, list(enumerate(lines, start=1)), encoding)
    except csv.Error as error:
        raise FileError(path, f"cannot be read: {error}; check the quotes here.", lines.line_num) from error


def decode(path: Path, data: bytes) -> tuple[str, str | None]:
    """The text of a file, and its encoding unless it is plain ASCII.

    UTF-16 and UTF-8 are recognised by their mark or by being valid; what remains is taken
    for Windows-1252, which Excel writes and which contains the letters of Latin-1.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        with parsing(path, "UTF-16 text"):
            return data.decode("utf-16"), "UTF-16"
    if b"\0" in data:
        raise FileError(path, "is not a text file; check its ending.")
    try:
        return data.decode("utf-8-sig"), None if data.isascii() else "UTF-8"
    except UnicodeDecodeError as error:
        if re.search(rb"[\xc3\xe2][\x80-\xbf]", data):  # UTF-8 letters beside others
            line = data[: error.start].count(b"\n") + 1
            raise FileError(path, "mixes UTF-8 with another encoding; save it as UTF-8.", line) from None
    try:
        return data.decode("cp1252"), "Latin-1 (Windows-1252)"
    except UnicodeDecodeError:
        return data.decode("latin-1"), "Latin-1"


def delimited(content: str) -> tuple[str, str]:
    """A text without Excel's ``sep=`` line, and the delimiter between its cells.

    >>> delimited('id;"a, b, c";t1')[1]
    ';'
    """
    if said := re.match(r'"?sep=(.)"?\r?\n', content, re.IGNORECASE):
        return content[said.end() :], said[1]
    header = re.sub(r'"(?:[^"]|"")*"', "", content[:100_000]).lstrip("\r\n").partition("\n")[0]
    return content, max(",;\t|", key=header.count)


def read_excel(path: Path) -> Table:
    """Read the first sheet of an Excel workbook."""
    import openpyxl

    with parsing(path, "an Excel workbook"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and validations, which hold no answers
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # it has the cells that it holds, not all up to its corner
            lines = islice(enumerate(sheet.iter_rows(values_only=True), start=1), LONGEST_SHEET)
            records = [(n, up_to_last(cells)) for n, cells in lines if not all(map(is_empty, cells))]
        finally:
            book.close()
    width = len(records[0][1]) if records else 0
    return table_of(path, [(n, (*cells, *[None] * (width - len(cells)))) for n, cells in records])


def up_to_last(cells: Row) -> Row:
    """A row without the empty cells at its end."""
    last = len(cells)
    while last and is_empty(cells[last - 1]):
        last -= 1
    return cells[:last]


def read_spss(path: Path) -> Table:
    """Read an SPSS file: codes keep their value labels, user-missing values become empty."""
    import pyreadstat

    with parsing(path, "an SPSS file"):
        data, meta = pyreadstat.read_sav(path)
    columns = [
        label_codes(data[name], meta.variable_value_labels.get(name, {})) for name in meta.column_names
    ]
    return checked(path, meta.column_names, list(enumerate(zip(*columns, strict=True), start=1)))


def label_codes(column: pd.Series[Any], labels: dict[Any, str]) -> list[Any]:
    """The cells of an SPSS variable, each labelled code with its label."""
    return [
        Labelled(cell, labels[cell]) if isinstance(cell, float) and cell in labels else cell
        for cell in column.tolist()
    ]


def read_parquet(path: Path) -> Table:
    """Read a Parquet file."""
    import pyarrow.parquet

    with parsing(path, "a Parquet file"):
        data = pyarrow.parquet.read_table(path)
    rows = zip(*(column.to_pylist() for column in data.columns), strict=True)
    return checked(path, data.column_names, list(enumerate(rows, start=1)))


READERS: dict[str, Callable[[Path], Table]] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".txt": read_delimited,
    ".sav": read_spss,
    ".xlsx": read_excel,
    ".parquet": read_parquet,
}


@contextmanager
def parsing(path: Path, kind: str) -> Iterator[None]:
    """Say that a file is damaged, whatever the library that reads it trips over."""
    try:
        yield
    except (OSError, MemoryError):
        raise
    except Exception as error:
        raise FileError(
            path, f"cannot be read as {kind}; it may be damaged or cut short, so export it again."
        ) from error


def table_of(path: Path, records: Iterable[tuple[int, Row]], encoding: str | None = None) -> Table:
    """Numbered records with the header first -> a table; rows without any cell filled are left out."""
    lines = [(n, record) for n, record in records if not all(map(is_empty, record))]
    if not lines:
        raise FileError(path, "is empty.")
    (_, header), *rows = lines
    rows = rows[extra_headers([record for _, record in rows[:2]]) :]
    names = ["" if is_empty(cell) else text(cell) for cell in header]
    return checked(path, names, rows, encoding)


def extra_headers(records: Sequence[Row]) -> int:
    """The number of header rows that Qualtrics writes below the names: two, in the older form one."""
    if len(records) == 2 and all(is_empty(c) or str(c).startswith('{"ImportId"') for c in records[1]):
        return 2
    return int(bool(records) and {"ResponseID", "ResponseSet"} <= set(records[0]))


def checked(
    path: Path, names: Sequence[str], rows: list[tuple[int, Row]], encoding: str | None = None
) -> Table:
    """A table, once it is known to have answers below columns with names of their own."""
    if not rows:
        raise TableError(path, "has a header but no answers below it.")
    width = len(names)
    while width and not names[width - 1]:
        width -= 1  # exports may end each line with a delimiter
    for n, row in rows:
        if len(row) < width:
            raise TableError(path, "has fewer cells than the header; is the file cut short?", rows=[n])
        if len(row) > width and not all(map(is_empty, row[width:])):
            message = "has more cells than the header; name their columns, or put quotes around a text with "
            raise TableError(path, message + "a delimiter in it.", rows=[n])
    header = list(names[:width])
    if any(map(CONTROL.search, header)):
        raise TableError(path, "holds control characters in its header; remove them.")
    if "" in header:
        raise TableError(
            path, f"column {header.index('') + 1} has no name; name it in the first row.", rows=[1]
        )
    if repeated := sorted({name for name in header if header.count(name) > 1}):
        raise RepeatedColumns(path, header, repeated)
    return Table(
        path, header, [(n, row[:width]) if len(row) > width else (n, row) for n, row in rows], encoding
    )


def listed(words: Iterable[object], conjunction: str = "and", most: int = SHOWN) -> str:
    """Words as a sentence lists them, at most so many and one by name.

    >>> listed([3, 9]), listed(range(1, 9))
    ('3 and 9', '1, 2, 3, 4, 5 and 3 more')
    """
    shown = [str(word) for word in words]
    if len(shown) > most + 1:
        shown = [*shown[:most], f"{len(shown) - most} more"]
    return f" {conjunction} ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def quoted(words: Iterable[str]) -> list[str]:
    """Each word in quotes."""
    return [f'"{word}"' for word in words]

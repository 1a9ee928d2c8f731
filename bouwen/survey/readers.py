"""Data files -> one table of raw cells, each still as the file has it."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bouwen.inputs import opened
from bouwen.survey.files import FileError, refuse_no_file
from bouwen.survey.parquet import read_parquet
from bouwen.survey.plain import read_delimited
from bouwen.survey.statistical import read_portable, read_spss, read_stata
from bouwen.survey.table import AS_FOUND, CONTROL, OtherColumns, Reading, Remark, Table, TableError, listed
from bouwen.survey.values import as_seen, is_empty
from bouwen.survey.workbooks import read_excel, read_old_excel

FileReader = Callable[[Path, Reading], Table]


@dataclass(frozen=True, eq=False)
class Raw:
    """What files hold: ``cells`` as `read_tables` gives them, and the first of them as a table."""

    cells: pd.DataFrame
    table: Table
    remarks: tuple[Remark, ...] = ()

    @property
    def path(self) -> Path:
        """The first file."""
        return self.table.path


def read_tables(paths: Sequence[Path]) -> pd.DataFrame:
    """Read one or several data files and append them.

    Parameters
    ----------
    paths : sequence of Path
        Files ending in .csv, .tsv, .txt, .xlsx, .xls, .sav, .zsav, .por, .dta or .parquet, with the same
        columns.

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
        A file has a header only or rows of different lengths; files differ in their columns.
    """
    raw = read_raw(paths).cells
    refuse_controls(raw, raw.columns)
    return raw


def read_raw(paths: Sequence[Path], reading: Reading = AS_FOUND, optional: Sequence[str] = ()) -> Raw:
    """The same with what files say of their columns; some may lack the columns of ``optional`` patterns."""
    with uncollected():
        tables = [read_table(path, reading) for path in paths]
        refuse_mixed_encodings(tables)
        tables = with_same_columns(tables, optional)
        cells = pd.concat([frame(table)[tables[0].header] for table in tables])
    remarks = tuple(Remark(r.key, {"file": t.path.name, **r.values}) for t in tables for r in t.remarks)
    return Raw(cells, tables[0], remarks)


def frame(table: Table) -> pd.DataFrame:
    """A table as a data frame of objects, indexed by file and row."""
    index = pd.MultiIndex.from_product([[table.path], [n for n, _ in table.rows]], names=["file", "row"])
    shape = (len(table.rows), len(table.header))
    every = chain.from_iterable(row for _, row in table.rows)
    columns = np.fromiter(every, dtype=object, count=shape[0] * shape[1]).reshape(shape).T.copy()
    for column in columns:
        column[:] = filled(column.tolist())
    header = pd.Index(table.header, dtype=object)
    return pd.DataFrame(columns.T, index, header, dtype=object, copy=False)


def filled(cells: list[Any]) -> list[Any]:
    """The cells of a column, None where one is empty; each different cell is looked at once."""
    try:
        empty = {cell for cell in dict.fromkeys(cells) if is_empty(cell)}
    except TypeError:  # lists in cells, as Parquet may hold
        return [None if is_empty(cell) else cell for cell in cells]
    return [None if cell in empty else cell for cell in cells] if empty - {None} else cells


def refuse_controls(raw: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise a TableError where a text holds a character that is a command to a screen or printer."""
    for name in columns:
        cells = raw[name].tolist()
        texts = {cell for cell in cells if isinstance(cell, str)}
        if held := {cell for cell in texts if CONTROL.search(cell)}:
            places = [
                p for p, cell in zip(raw.index, cells, strict=True) if isinstance(cell, str) and cell in held
            ]
            rows = [row for file, row in places if file == places[0][0]]
            raise TableError(places[0][0], "holds control characters; remove them.", [name], rows)


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


def with_same_columns(tables: Sequence[Table], optional: Sequence[str]) -> list[Table]:
    """Tables that may be appended: names are those of the first, whatever blanks they are written with.

    Raises
    ------
    OtherColumns
        One has a column, not among the optional ones, that another has not.
    """
    first, rest = tables[0], []
    own = {as_seen(name): name for name in first.header}
    for other in tables[1:]:
        renamed = replace(other, header=[own.get(as_seen(name), name) for name in other.header])
        lacking = {*first.header} ^ {*renamed.header}
        if any(not is_optional(name, optional) for name in lacking - first.nameless - other.nameless):
            raise OtherColumns(renamed, first)
        rest.append(renamed)
    every = list(dict.fromkeys(name for table in [first, *rest] for name in table.header))
    return [widened(table, every) for table in [first, *rest]]


def is_optional(name: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns fits a name; only ``*`` is special in them.

    >>> is_optional("V3[SQ001]", ["V3[SQ001]"]), is_optional("V3[SQ001]", ["V3*"]), is_optional("V3", ["?3"])
    (True, True, False)
    """
    seen = as_seen(name)
    return any(fnmatchcase(seen, star_only(as_seen(pattern))) for pattern in patterns)


def star_only(pattern: str) -> str:
    """A pattern in which only ``*`` is special."""
    return "".join(f"[{sign}]" if sign in "[?" else sign for sign in pattern)


def widened(table: Table, header: list[str]) -> Table:
    """A table with empty columns for those that it lacks."""
    lacking = [name for name in header if name not in table.header]
    if not lacking:
        return table
    rows = [(n, (*row, *[None] * len(lacking))) for n, row in table.rows]
    return replace(table, header=[*table.header, *lacking], rows=rows)


def read_table(path: Path, reading: Reading = AS_FOUND) -> Table:
    """Read one data file by what it holds, or with the reader for its ending."""
    if path.suffix.lower() not in READERS:
        endings = listed(READERS, "or", most=len(READERS))
        raise FileError(path, f'a file ending in "{path.suffix}" cannot be read; save it as {endings}.')
    refuse_no_file(path)
    try:
        before = opened(path).stat()
        if before.st_size == 0:
            raise FileError(path, "is empty.")
        table = replace(file_reader(path)(opened(path), reading), path=path)
        after = opened(path).stat()
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror or error}).") from error
    except MemoryError:
        raise FileError(path, "is too large for the memory there is; remove columns or rows.") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FileError(path, "was written to while it was read; wait until that is done.")
    return table


def file_reader(path: Path) -> FileReader:
    """The reader for what a file holds, which its ending may not tell."""
    with opened(path).open("rb") as file:
        begin = file.read(1024)
    if begin.startswith(OLE) and "Encrypted".encode("utf-16-le") in opened(path).read_bytes():
        raise FileError(path, "is protected by a password; save it without one.")
    for sign, reader in CONTENTS.items():
        if begin.startswith(sign):
            return reader
    if begin.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower().startswith(PAGES):
        raise FileError(path, "holds a web page; open it in a spreadsheet program and save it as .xlsx.")
    own = READERS[path.suffix.lower()]
    return read_delimited if own is read_old_excel and b"\0" not in begin else own


READERS: Mapping[str, FileReader] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".txt": read_delimited,
    ".sav": read_spss,
    ".zsav": read_spss,
    ".por": read_portable,
    ".dta": read_stata,
    ".xlsx": read_excel,
    ".xls": read_old_excel,
    ".parquet": read_parquet,
}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # what old Office files begin with
CONTENTS: Mapping[bytes, FileReader] = {
    b"PK\x03\x04": read_excel,
    OLE: read_old_excel,
    b"$FL2": read_spss,
    b"$FL3": read_spss,
    b"<stata_dta>": read_stata,
    b"PAR1": read_parquet,
}
PAGES = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<head", b"<meta")

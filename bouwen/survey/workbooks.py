"""Excel workbooks -> tables: the sheet with the answers, whatever it says of its size."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree

from bouwen.survey.files import FileError
from bouwen.survey.headers import MOST_TITLES, table_of
from bouwen.survey.table import AS_FOUND, OtherSheet, Reading, Remark, Row, Table, listed, parsing, quoted
from bouwen.survey.values import DATE, FORMULA, as_seen, is_empty

LONGEST_SHEET = 1_048_576  # rows, more than which no workbook has
MOST_UNPACKED = 4_000_000_000  # bytes that a workbook may hold when unpacked


def read_excel(path: Path, reading: Reading = AS_FOUND) -> Table:
    """Read a sheet of an Excel workbook: the one that is named, or the first that is shown."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    refuse_bombs(path)
    with parsing(path, "an Excel workbook", InvalidFileException), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and validations, which hold no answers
        file = path.open("rb")  # whatever it is called
        try:
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheets = {sheet.title: sheet for sheet in book.worksheets}
            shown = [title for title, sheet in sheets.items() if sheet.sheet_state == "visible"]
            for sheet in sheets.values():
                sheet.reset_dimensions()  # it has the cells that it holds, not all up to its corner
            begins = {title: first_rows(sheets[title]) for title in shown or sheets} if reading.known else {}
            name, remarks = chosen_sheet(path, list(sheets), shown, reading, begins)
            records = sheet_records(sheets[name])
            lacking = formulas_without_values(book, sheets[name])
        finally:
            file.close()
    if lacking:
        records = [(n, with_formulas(n, cells, lacking)) for n, cells in records]
    table = table_of(path, records, reading=reading, sheet=True)
    return with_remarks(table, remarks)


def read_old_excel(path: Path, reading: Reading = AS_FOUND) -> Table:
    """The same of a workbook of before 2007."""
    import xlrd

    with parsing(path, "an Excel workbook", xlrd.XLRDError, xlrd.compdoc.CompDocError):
        book = xlrd.open_workbook(file_contents=path.read_bytes(), logfile=StringIO())
        shown = [sheet.name for sheet in book.sheets() if sheet.visibility == 0]
        rows = {sheet.name: old_rows(sheet, book.datemode) for sheet in book.sheets()}
    begins = {title: [cells for _, cells in rows[title][:MOST_TITLES]] for title in shown or rows}
    name, remarks = chosen_sheet(path, list(rows), shown, reading, begins if reading.known else {})
    return with_remarks(table_of(path, rows[name], reading=reading, sheet=True), remarks)


def old_rows(sheet: Any, datemode: int) -> list[tuple[int, Row]]:
    """The rows of a sheet of an old workbook that hold something, numbered."""
    rows = enumerate(([old_cell(cell, datemode) for cell in row] for row in sheet.get_rows()), start=1)
    return [(n, up_to_last(cells)) for n, cells in rows if not all(map(is_empty, cells))]


def old_cell(cell: Any, datemode: int) -> Any:
    """What a cell of an old workbook holds."""
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate_as_datetime(cell.value, datemode)
        except (ValueError, OverflowError):
            return DATE
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return xlrd.error_text_from_code.get(cell.value) if cell.ctype == xlrd.XL_CELL_ERROR else cell.value


def with_remarks(table: Table, remarks: Sequence[Remark]) -> Table:
    """A table about which more is to be told."""
    return replace(table, remarks=(*table.remarks, *remarks))


def refuse_bombs(path: Path) -> None:
    """Raise a FileError where little unpacks to more than any survey is."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return  # told by what reads it
    if size > MOST_UNPACKED:
        raise FileError(path, "unpacks to more than any survey holds; save the answers as .csv.")


def first_rows(sheet: Any) -> list[Row]:
    """The first rows of a sheet, among which a header would be."""
    return list(islice(sheet.iter_rows(values_only=True), MOST_TITLES))


def sheet_records(sheet: Any) -> list[tuple[int, Row]]:
    """The rows of a sheet that hold something, numbered."""
    lines = islice(enumerate(sheet.iter_rows(values_only=True), start=1), LONGEST_SHEET)
    return [(n, up_to_last(cells)) for n, cells in lines if not all(map(is_empty, cells))]


def up_to_last(cells: Row) -> Row:
    """A row without the empty cells at its end."""
    last = len(cells)
    while last and is_empty(cells[last - 1]):
        last -= 1
    return cells[:last]


def chosen_sheet(
    path: Path,
    titles: Sequence[str],
    shown: Sequence[str],
    reading: Reading,
    begins: Mapping[str, Sequence[Row]],
) -> tuple[str, list[Remark]]:
    """The sheet to read, and a remark where another seems to hold answers too.

    Raises
    ------
    FileError
        There is no such sheet.
    OtherSheet
        The first that is shown holds no known name, and another does.
    """
    if isinstance(reading.sheet, int):
        if not 1 <= reading.sheet <= len(titles):
            raise FileError(path, f"has no sheet {reading.sheet}; its sheets are {listed(quoted(titles))}.")
        return titles[reading.sheet - 1], []
    if reading.sheet is not None:
        found = [title for title in titles if as_seen(title) == as_seen(reading.sheet)]
        if not found:
            raise FileError(path, f'has no sheet "{reading.sheet}"; its sheets are {listed(quoted(titles))}.')
        return found[0], []
    own = (shown or titles)[0]
    known = {title: max(map(reading.knows, rows), default=0) for title, rows in begins.items()}
    best = max(known, key=lambda title: known[title], default=own)
    if known.get(best) and not known.get(own):
        raise OtherSheet(path, own, titles, best)
    others = [title for title, n in known.items() if title != own and n > 1 and n >= known[own] / 2]
    return own, [Remark("sheets", {"sheets": listed(quoted(others)), "sheet": own})] if others else []


def formulas_without_values(book: Any, sheet: Any) -> set[tuple[int, int]]:
    """Row and column of each cell with a formula of which no value was stored, as programs write them."""
    place = sheet._worksheet_path
    with book._archive.open(place) as stream:
        if not holds_formulas(stream):
            return set()
    with book._archive.open(place) as stream:
        return set(uncomputed(stream))


def holds_formulas(stream: BinaryIO) -> bool:
    """Whether there is any formula in the XML of a sheet."""
    before = b""
    while part := stream.read(1 << 20):
        if b"<f>" in before + part or b"<f " in before + part or b":f>" in before + part:
            return True
        before = part[-4:]
    return False


def uncomputed(stream: BinaryIO) -> list[tuple[int, int]]:
    """The places of formulas whose value is not there; an empty text is a value."""
    from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

    found, n, place = [], 0, 0
    for event, element in ElementTree.iterparse(stream, ("start", "end")):
        tag = element.tag.rpartition("}")[2]
        if event == "start" and tag == "row":
            n, place = int(element.get("r", n + 1)), 0
        elif event == "end" and tag == "c":
            where = element.get("r")
            place = column_index_from_string(coordinate_from_string(where)[0]) if where else place + 1
            parts = {part.tag.rpartition("}")[2]: part for part in element}
            value = parts["v"].text if "v" in parts else None
            if "f" in parts and not value and not ("v" in parts and element.get("t") == "str"):
                found.append((n, place))
        elif event == "end" and tag == "row":
            element.clear()
    return found


def with_formulas(n: int, cells: Row, lacking: set[tuple[int, int]]) -> Row:
    """A row with a mark where a formula has no value."""
    places = [place for row, place in lacking if row == n]
    if not places:
        return cells
    made = [*cells, *[None] * (max(places) - len(cells))]
    for place in places:
        made[place - 1] = FORMULA
    return made

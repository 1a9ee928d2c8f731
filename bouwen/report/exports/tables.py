"""The tables of a document -> files that other programs read: CSV, a workbook, JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bouwen.escaping import slug
from bouwen.questionnaire import with_fixed_dates
from bouwen.report.audit import number_said
from bouwen.report.book.recording import Record
from bouwen.report.exports.contents import Document, Heading, TextTable
from bouwen.words import Words, words

SAVED = datetime(2000, 1, 1)
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
WIDEST = 60  # characters of a column of a sheet


class PageOfResults(BaseModel):
    """What one page shows: values in its prose, sentences, and tables and figures by what made them."""

    model_config = ConfigDict(extra="forbid", title="Page")

    title: str
    told: dict[str, Any] = Field(description="Values that stand in the prose, by name.")
    sentences: list[str]
    tables: dict[str, TableOfResults]
    figures: dict[str, FigureOfResults]


class TableOfResults(BaseModel):
    """The texts of a table; a row of one cell is a heading for those below it, or a note at the end."""

    model_config = ConfigDict(extra="forbid", title="Table")

    heads: list[str]
    rows: list[list[str]]


class LayerOfResults(BaseModel):
    """What a figure draws with one kind of mark."""

    model_config = ConfigDict(extra="forbid", title="Layer")

    mark: str
    columns: list[str]
    rows: list[list[float | str | None]]


class FigureOfResults(BaseModel):
    """A figure: its words, and the data of each of its layers."""

    model_config = ConfigDict(extra="forbid", title="Figure")

    texts: list[str]
    layers: list[LayerOfResults]


class BookOfResults(BaseModel):
    """Everything that a book shows, page by page in reading order."""

    model_config = ConfigDict(extra="forbid", title="Results of a book of bouwen")

    title: str
    language: str
    note: str = Field(description="What every page says, as that answers were simulated; else empty.")
    pages: dict[str, PageOfResults]


def json_text(document: Document, records: Mapping[str, Record]) -> str:
    """All results as JSON, after the schema that `results_schema` gives."""
    pages = {}
    for name, blocks in document.pages.items():
        record = records[name]
        title = next((block.text for block in blocks if isinstance(block, Heading)), name)
        shown = record.model_dump(include={"sentences", "tables", "figures"})
        for figure in shown["figures"].values():
            figure.pop("picture")
        told = {key: one.value for key, one in record.told.items()}
        pages[name] = PageOfResults(title=title, told=told, **shown)
    book = BookOfResults(title=document.title, language=document.language, note=document.banner, pages=pages)
    return json.dumps(book.model_dump(mode="json"), ensure_ascii=False, indent=1) + "\n"


def results_schema() -> str:
    """JSON Schema of `json_text`."""
    return json.dumps(BookOfResults.model_json_schema(), ensure_ascii=False, indent=1) + "\n"


def named_tables(document: Document) -> Iterator[tuple[str, str, TextTable]]:
    """Each table with the page that it stands on and a name for its file."""
    for page, table in document.of(TextTable):
        yield page, f"{table.number:02d}-{slug(table.caption or page)}"[:60].rstrip("-"), table


def csv_files(document: Document) -> dict[str, str]:
    """A file a table, by name, and ``contents.csv``, which says what is where."""
    listed = [["file", "page", "table", "caption"]]
    files = {}
    for page, name, table in named_tables(document):
        files[f"{name}.csv"] = as_csv(flat_rows(table))
        listed.append([f"{name}.csv", page, str(table.number), table.caption])
    if document.banner:
        listed.append(["", "", "", document.banner])
    return {"contents.csv": as_csv(listed), **files}


def flat_rows(table: TextTable) -> list[list[str]]:
    """Heads and rows; headings between rows stand in a first column of their own, notes below."""
    grouped = any(len(row) == 1 < len(table.heads) for row in table.rows)
    above, rows = "", [["", *table.heads] if grouped else [*table.heads]]
    for row in table.rows:
        if grouped and len(row) == 1:
            above = row[0]
        else:
            rows.append([above, *row] if grouped else [*row])
    return rows


def as_csv(rows: list[list[str]]) -> str:
    """Rows as CSV (RFC 4180); what a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return out.getvalue()


def harmless(cell: str) -> str:
    """A cell that no spreadsheet runs; numbers stay as they are.

    >>> harmless("=1+1"), harmless("-0.25"), harmless("−0.25")
    ("'=1+1", '-0.25', '−0.25')
    """
    bare = cell.replace(".", "", 1).replace(",", "", 1)
    if cell.startswith(FORMULA_SIGNS) and not bare.lstrip("+-").isdigit():
        return f"'{cell}"
    return cell


def workbook_bytes(document: Document) -> bytes:
    """A workbook with a sheet a table, and a first one that leads to them; numbers are numbers."""
    import openpyxl
    from openpyxl.styles import Alignment, Font

    book = openpyxl.Workbook()
    say, contents = words(document.language), book.active
    contents.title = say("exports.contents")[:31]
    contents.append([document.title])
    contents.append([document.banner])
    contents["A1"].font = Font(bold=True, size=14)
    for _, _, table in named_tables(document):
        sheet = book.create_sheet(str(table.number))
        contents.append([table.number, table.caption])
        place = contents.cell(contents.max_row, 2)
        place.hyperlink, place.style = f"#'{sheet.title}'!A1", "Hyperlink"
        sheet.append([f"{say('site.table')} {table.number}  {table.caption}"])
        sheet["A1"].font = Font(bold=True)
        for n, row in enumerate(flat_rows(table), 2):
            for m, text in enumerate(row, 1):
                put(sheet.cell(n, m), text, say)
                if n == 2:
                    sheet.cell(n, m).font = Font(bold=True)
                    sheet.cell(n, m).alignment = Alignment(wrap_text=True, vertical="top")
        for note in table.notes:
            put(sheet.cell(sheet.max_row + 1, 1), note, say)
        sheet.freeze_panes = "A3"
        fit_columns(sheet)
    contents.column_dimensions["B"].width = WIDEST
    book.properties.creator, book.properties.title = "", document.title
    book.properties.language = document.language
    book.properties.created = book.properties.modified = SAVED
    out = io.BytesIO()
    book.save(out)
    return with_fixed_dates(out.getvalue())


def put(cell: Any, text: str, say: Words) -> None:
    """A number as a number, with as many decimals as it has; anything else as text, also formulas."""
    found = number_said(text, say)
    if found is None or found.sign:
        cell.value = text
        cell.data_type = "s"
        return
    decimals = len(text.rstrip("% \N{NO-BREAK SPACE}").partition(say("numbers.decimal"))[2])
    shape = "0" + ("." + "0" * decimals if decimals else "")
    cell.value, cell.number_format = found.value, shape + ("%" if found.percent else "")


def fit_columns(sheet: Any) -> None:
    """Columns about as wide as their longest text."""
    for column in sheet.iter_cols(min_row=2):
        longest = max((len(str(cell.value)) for cell in column if cell.value is not None), default=8)
        sheet.column_dimensions[column[0].column_letter].width = min(max(longest + 2, 8), WIDEST)

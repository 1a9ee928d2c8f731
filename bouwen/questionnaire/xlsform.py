"""A questionnaire -> an XLSForm, the workbook that KoboToolbox and ODK read (xlsform.org)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from bouwen.questionnaire.pages import Leaf, Option, Posed, Sheet, Texts

FormRow = dict[str, Any]
FORM_DATE = datetime(2000, 1, 1)
ZIP_DATE = (2000, 1, 1, 0, 0, 0)
FEWEST_ALIKE = 2  # questions with the same answers that make a table


def form_bytes(sheet: Sheet) -> bytes:
    """The workbook, with the same bytes for the same questionnaire."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    names = label_columns(sheet.languages)
    for name, rows in (("survey", survey_cells(sheet)), ("choices", choice_cells(sheet))):
        fill(book.create_sheet(name), list(rows))
    first = names[sheet.languages[0]].partition("::")[2]
    settings = {"form_title": sheet.title[sheet.languages[0]], "form_id": "questionnaire", "version": "1"}
    fill(book.create_sheet("settings"), [{**settings, **({"default_language": first} if first else {})}])
    book.properties.created = book.properties.modified = FORM_DATE
    out = io.BytesIO()
    book.save(out)
    return with_fixed_dates(out.getvalue())


def fill(page: Any, rows: Sequence[FormRow]) -> None:
    """A header and rows; texts stay texts, also those that look like a formula."""
    header = list(dict.fromkeys(key for row in rows for key in row))
    for n, cells in enumerate([dict(zip(header, header, strict=True)), *rows], start=1):
        for m, key in enumerate(header, start=1):
            cell = page.cell(n, m)
            cell.value = cells.get(key)
            if isinstance(cell.value, str):
                cell.data_type = "s"


def with_fixed_dates(data: bytes) -> bytes:
    """A zipped document whose parts all have one date."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name in given.namelist():
            part = given.read(name)
            if name == "docProps/core.xml":
                part = pinned_moment(part)
            made.writestr(zipfile.ZipInfo(name, ZIP_DATE), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def pinned_moment(part: bytes) -> bytes:
    """The properties of a document as if it was saved when it was made."""
    import re

    stamp = FORM_DATE.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    return re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, part)


def label_columns(languages: Sequence[str]) -> dict[str, str]:
    """The column of labels in each language; one language needs no name."""
    if len(languages) == 1:
        return {languages[0]: "label"}
    return {code: f"label::{code} ({code})" for code in languages}


def label_cells(texts: Texts) -> FormRow:
    """A label in every language; what would refer to another question does not."""
    names = label_columns(list(texts))
    return {names[code]: text.replace("${", "$ {") for code, text in texts.items()}


def survey_cells(sheet: Sheet) -> Iterator[FormRow]:
    """The questions, those of a page in a group."""
    blank = dict.fromkeys(sheet.languages, "–")
    yield {"type": "note", "name": "title_note", **label_cells(sheet.title)}
    for name in ("introduction", "privacy"):
        if name in sheet.around:
            yield {"type": "note", "name": f"{name}_note", **label_cells(sheet.around[name])}
    relevant: FormRow = {}
    if sheet.consent:
        yield {**posed_cells(sheet.consent), "required": "yes"}
        relevant = {"relevant": f"${{{sheet.consent.name}}} = 'yes'"}
    for page in sheet.pages:
        alike = page.lead and page.questions[0].choices and len(page.questions) >= FEWEST_ALIKE
        appearance = "field-list table-list" if alike else "field-list"
        head = label_cells(page.lead or blank)
        yield {
            "type": "begin_group",
            "name": group_name(page, sheet),
            **head,
            "appearance": appearance,
            **relevant,
        }
        yield from (posed_cells(question) for question in page.questions)
        yield {"type": "end_group"}
    if "end" in sheet.around:
        yield {"type": "note", "name": "end_note", **label_cells(sheet.around["end"])}


def group_name(page: Leaf, sheet: Sheet) -> str:
    """The name of a page's group; a construct and its only item may share one."""
    taken = {question.name for question in sheet.questions}
    return f"{page.name}_group" if page.name in taken else page.name


def posed_cells(question: Posed) -> FormRow:
    """A question."""
    cells: FormRow = {"type": form_type(question), "name": question.name, **label_cells(question.text)}
    scale = question.scale
    if scale and not question.choices:
        step = 0.01 if scale.step == "any" else scale.step
        cells["parameters"] = f"start={scale.lowest} end={scale.highest} step={step:g}"
    elif question.kind == "number":
        bounds = {">=": question.minimum, "<=": question.maximum}
        held = [f". {sign} {value:g}" for sign, value in bounds.items() if value is not None]
        cells["constraint"] = " and ".join(held) or None
    return cells


def form_type(question: Posed) -> str:
    """What XLSForm calls a kind of question."""
    if question.kind == "scale":
        return f"select_one {question.scale_name}_scale" if question.choices else "range"
    listed = {"category": "select_one", "multiple": "select_multiple"}
    if question.kind in listed:
        return f"{listed[question.kind]} {question.name}_list"
    return "decimal" if question.kind == "number" else "text"


def choice_cells(sheet: Sheet) -> Iterator[FormRow]:
    """The lists of answers, each once."""
    lists: dict[str, tuple[Option, ...]] = {}
    for question in sheet.questions:
        if question.choices:
            lists[form_type(question).partition(" ")[2]] = question.choices
    for name, choices in lists.items():
        yield from ({"list_name": name, "name": c.name, **label_cells(c.label)} for c in choices)

"""Hand-made notebooks -> blocks, and these -> Word, tables and data."""

from __future__ import annotations

import base64
import csv
import io
import json
import zipfile
from types import SimpleNamespace

import docx
import jsonschema
import openpyxl
import pytest
from docx.oxml.ns import qn
from mini import code, markdown

from bouwen.report.book.recording import record_of
from bouwen.report.exports.contents import Heading, Paragraph, Picture, TextTable, document_of
from bouwen.report.exports.tables import csv_files, json_text, results_schema, workbook_bytes
from bouwen.report.exports.word import word_bytes

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
TABLE = (
    '<table class="gt_table"><thead><tr><th>Item</th><th>Mean</th><th>Share</th></tr></thead><tbody>'
    "<tr><td>Trust</td></tr><tr><td>t1</td><td>−0.25</td><td>62%</td></tr>"
    "<tr><td>=1+1</td><td>1,234.50</td><td>–</td></tr></tbody>"
    "<tfoot><tr><td>A note.</td></tr></tfoot></table>"
)


SEEN = {"alt": "Seen"}


def shows(cell, **data):
    output = {"output_type": "display_data", "metadata": {}, "data": data}
    return {**cell, "outputs": [output]}


def glue(name, text):
    kind = "application/papermill.record/text/plain"
    metadata = {"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}}
    return {"output_type": "display_data", "metadata": metadata, "data": {kind: repr(text)}}


@pytest.fixture
def notebooks():
    told = {**code("tell(n=n)", "remove-output"), "outputs": [glue("n", "more than *191*")]}
    first = [
        markdown("# Key findings\n\nOf {glue:text}`n` **all** are *here*; see [the paths](#paths)."),
        told,
        markdown("(means)=\n## Means\n\n- one\n- two\n\n1. first\n2. second"),
        shows(code("tables.items(survey)"), **{"text/html": TABLE, "text/plain": "GT(...)"}),
        shows(code("tables.items(survey)"), **{"text/html": TABLE}),
        markdown("Hidden.", "remove-cell"),
    ]
    second = [
        markdown("(paths)=\n# The paths\n\nA < b & c; [elsewhere](https://example.org)."),
        shows(
            code("plots.paths(fit)", mystnb={"figure": {"caption": "The *paths*."}, "image": SEEN}),
            **{"image/png": PIXEL},
        ),
        shows(code("texts.paths(fit)"), **{"text/markdown": "Trust *matters*."}),
    ]  # fmt: skip
    return {name: {"cells": cells} for name, cells in (("book/first", first), ("book/second", second))}


@pytest.fixture
def document(notebooks):
    pages = [SimpleNamespace(name=name) for name in notebooks]
    return document_of("A book", "en", "Synthetic data.", pages, notebooks)


def test_a_page_in_reading_order(document):
    said = [
        (type(block).__name__, getattr(block, "text", ""), getattr(block, "kind", ""))
        for block in document.pages["book/first"]
    ]
    assert said == [
        ("Heading", "Key findings", ""),
        ("Paragraph", "Of more than *191* all are here; see the paths.", "text"),
        ("Heading", "Means", ""),
        ("Paragraph", "one", "bullet"), ("Paragraph", "two", "bullet"),
        ("Paragraph", "1. first", "number"), ("Paragraph", "2. second", "number"),
        ("TextTable", "", ""), ("TextTable", "", ""),
    ]  # fmt: skip
    runs = document.pages["book/first"][1].runs
    assert [run.text for run in runs if run.bold] == ["all"]
    assert [run.text for run in runs if run.italic] == ["here"]
    assert [(run.text, run.link) for run in runs if run.link] == [("the paths", "#paths")]


def test_tables_and_figures_are_numbered_and_named(document):
    tables = [block for _, block in document.of(TextTable)]
    assert [(t.number, t.caption, t.call) for t in tables] == [
        (1, "Means", "tables.items"),
        (2, "Means (2)", "tables.items"),
    ]
    assert tables[0].heads == ("Item", "Mean", "Share")
    assert tables[0].rows == (("Trust",), ("t1", "−0.25", "62%"), ("=1+1", "1,234.50", "–"))
    assert tables[0].notes == ("A note.",)
    [(page, figure)] = document.of(Picture)
    assert (page, figure.number, figure.caption, figure.alt) == ("book/second", 1, "The paths.", "Seen")
    assert figure.png == base64.b64decode(PIXEL)
    assert [b.names for _, b in document.of(Heading)] == [(), ("means",), ("paths",)]


def test_a_drawing_of_a_browser_is_told_in_words():
    svg = "<style>x</style><svg><title>T</title><desc>From a to b: 0.41 &lt; 1.</desc><text>a</text></svg>"
    cell = shows(code("d", mystnb={"figure": {"caption": "All paths."}}), **{"text/html": svg + svg})
    document = document_of("A", "en", "", [SimpleNamespace(name="p")], {"p": {"cells": [cell]}})
    [(_, figure)] = document.of(Picture)
    assert (figure.number, figure.caption, figure.alt) == (1, "All paths.", "From a to b: 0.41 < 1.")
    made = docx.Document(io.BytesIO(word_bytes(document)))
    assert "From a to b: 0.41 < 1." in [p.text for p in made.paragraphs]


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def test_word_has_headings_heads_captions_links_and_alternative_texts(document):
    data = word_bytes(document)
    made = docx.Document(io.BytesIO(data))
    assert [p.text for p in made.paragraphs if p.style.name == "Heading 1"][1:] == [
        "Key findings",
        "The paths",
    ]
    captions = [p._p for p in made.paragraphs if p.style.name == "Caption"]
    assert ["".join(part.text for part in one.iter(qn("w:t"))) for one in captions] == [
        "Table 1  Means", "Table 2  Means (2)", "Figure 1  The paths."
    ]  # fmt: skip
    assert made.sections[0].header.paragraphs[0].text == "A book — Synthetic data."
    [table, _] = made.tables
    assert [cell.text for cell in table.rows[0].cells] == ["Item", "Mean", "Share"]
    assert [cell.text for cell in table.rows[2].cells] == ["t1", "−0.25", "62%"]
    xml = parts(data)["word/document.xml"]
    assert xml.count("<w:tblHeader/>") == 2
    assert xml.count("SEQ Table") == 2
    assert 'descr="Seen"' in xml
    assert 'w:anchor="paths"' in xml
    assert 'w:name="paths"' in xml
    assert "A &lt; b &amp; c" in xml
    assert "https://example.org" in parts(data)["word/_rels/document.xml.rels"]
    assert 'w:lang w:val="en"' in parts(data)["word/styles.xml"]


def test_every_link_of_word_leads_somewhere(document):
    import re

    xml = parts(word_bytes(document))["word/document.xml"]
    anchors, names = (set(re.findall(rf'w:{key}="([^"]+)"', xml)) for key in ("anchor", "name"))
    assert anchors
    assert anchors <= names


def test_a_workbook_has_numbers_and_no_formulas(document):
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(document)))
    assert book.sheetnames == ["Contents", "1", "2"]
    rows = [[cell.value for cell in row] for row in book["1"].iter_rows()]
    assert rows[1] == [None, "Item", "Mean", "Share"]
    assert rows[2] == ["Trust", "t1", -0.25, 0.62]
    assert rows[3][:3] == ["Trust", "=1+1", 1234.5]
    assert book["1"]["B4"].data_type == "s"
    assert (book["1"]["C3"].number_format, book["1"]["D3"].number_format) == ("0.00", "0%")
    assert book["Contents"]["A2"].value == "Synthetic data."


def test_tables_as_files(document):
    files = csv_files(document)
    assert list(files) == ["contents.csv", "01-means.csv", "02-means-2.csv"]
    rows = list(csv.reader(io.StringIO(files["01-means.csv"])))
    assert rows == [
        ["", "Item", "Mean", "Share"], ["Trust", "t1", "−0.25", "62%"], ["Trust", "'=1+1", "1,234.50", "–"]
    ]  # fmt: skip
    assert "Synthetic data." in files["contents.csv"]


def test_data_after_their_schema(document, notebooks):
    records = {name: record_of(notebook) for name, notebook in notebooks.items()}
    found = json.loads(json_text(document, records))
    jsonschema.Draft202012Validator(json.loads(results_schema())).validate(found)
    assert found["note"] == "Synthetic data."
    page = found["pages"]["book/first"]
    assert page["title"] == "Key findings"
    assert page["tables"]["tables.items"]["rows"][1] == ["t1", "−0.25", "62%"]
    assert "Of more than *191* all are here; see the paths." in page["sentences"] or page["sentences"]


@pytest.mark.parametrize("make", [word_bytes, workbook_bytes])
def test_the_same_book_gives_the_same_bytes(document, make):
    assert make(document) == make(document)
    assert b"2026" not in parts(make(document))["docProps/core.xml"].encode()


def test_signs_that_xml_has_no_place_for_are_left_out():
    pages = [SimpleNamespace(name="book/a")]
    notebooks = {"book/a": {"cells": [markdown("# A\x0bb\n\nc\x01d")]}}
    document = document_of("T\x00", "nl", "", pages, notebooks)
    assert document.title == "T"
    made = docx.Document(io.BytesIO(word_bytes(document)))
    assert "cd" in [p.text for p in made.paragraphs]
    assert [b.text for _, b in document.of(Paragraph)]

"""An executed notebook -> everything that its page shows: values told, sentences, tables, data of figures.

All of it is read from the outputs, so that a chapter's author has nothing to remember, and it lies in the
cache wherever the notebook does. What is not shown (removed cells, code, versions of programs) is not here.
"""

from __future__ import annotations

import ast
import hashlib
import html
import json
import math
import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from bouwen.report.book.chapters import Notebook, source_of, tags_of
from bouwen.report.tables.origin import PROGRAMS
from bouwen.report.telling import GLUED

Cell = float | str | None


class RecordPart(BaseModel):
    """A part of a record, which has its own keys and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, ser_json_inf_nan="constants")


class Told(RecordPart):
    """A value in the prose, and how far a later one may be off; without a tolerance it is to be the same."""

    value: Any
    tolerance: Annotated[float, Field(ge=0)] | None


class ShownTable(RecordPart):
    """The texts of a table."""

    heads: list[str]
    rows: list[Annotated[list[str], Field(min_length=1)]]


class Layer(RecordPart):
    """What a figure draws with one kind of mark."""

    mark: str
    columns: list[str]
    rows: list[list[Cell]]


class Figure(RecordPart):
    """A picture: its texts and layers; of anything that is neither drawn nor text, a hash of its bytes."""

    texts: list[str] = []
    layers: list[Layer] = []
    picture: str | None = None


class Record(RecordPart):
    """Everything that a page shows; tables and figures by the call that made them.

    ``edges`` are numbers in texts that another processor may round to the other side, and what they are
    then.
    """

    told: dict[str, Told] = {}
    sentences: list[str] = []
    tables: dict[str, ShownTable] = {}
    figures: dict[str, Figure] = {}
    edges: list[Annotated[list[str], Field(min_length=2, max_length=2)]] = []

    @property
    def count(self) -> int:
        """How many values, sentences, and cells of tables and of the data of figures there are."""
        cells = sum(len(row) for table in self.tables.values() for row in table.rows)
        marks = [row for figure in self.figures.values() for layer in figure.layers for row in layer.rows]
        return len(self.told) + len(self.sentences) + cells + sum(map(len, marks))


ABSOLUTE, RELATIVE = 1e-6, 1e-3


def tolerance(value: Any) -> float | None:
    """How far a later number may be off; None where the value must be the same.

    Numbers come from iterative fits, which other versions of numpy and other processors end
    elsewhere within their stopping rule.
    """
    if isinstance(value, bool) or not isinstance(value, float) or not math.isfinite(value):
        return None
    return significant(max(ABSOLUTE, RELATIVE * abs(value)), 3)


def significant(value: float, digits: int) -> float:
    """A number with so many digits.

    >>> significant(0.030755314, 6), significant(1234567.0, 6)
    (0.0307553, 1234570.0)
    """
    return float(f"{value:.{digits}g}")


def record_of(notebook: Notebook) -> Record:
    """Everything that an executed notebook shows."""
    record, glued = Record(), dict[str, str]()
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            note_glued(output, record, glued)
            record.edges.extend(output.get("metadata", {}).get("bouwen", {}).get("edges", []))
    record.edges = [[*pair] for pair in sorted({(first, second) for first, second in record.edges})]
    for cell in notebook["cells"]:
        if "remove-cell" in tags_of(cell):
            continue
        if cell["cell_type"] == "markdown":
            said = GLUE_ROLE.sub(lambda role: glued.get(role[1], role[0]), source_of(cell))
            record.sentences.extend(sentences(said))
        elif not {"remove-output", "remove-outputs"} & set(tags_of(cell)):
            for output in cell.get("outputs", []):
                note_shown(output, source_of(cell), record)
            if cell.get("outputs"):
                record.sentences.extend(captions(cell["metadata"].get("mystnb", {})))
    return record


def note_glued(output: Mapping[str, Any], record: Record, glued: dict[str, str]) -> None:
    """Note a value that is told, and the text under which prose has it."""
    metadata = output.get("metadata", {})
    name = metadata.get("scrapbook", {}).get("name")
    text = output.get("data", {}).get(f"{GLUED}text/plain")
    if name is None or text is None:
        return
    glued[name] = unquoted("".join(text))
    if "value" in metadata.get("bouwen", {}):
        value = metadata["bouwen"]["value"]
        if isinstance(value, float):
            value = significant(value, 6) if math.isfinite(value) else str(value)
        record.told[name] = Told(value=value, tolerance=tolerance(value))


def unquoted(text: str) -> str:
    """The text of which this is the repr."""
    try:
        return str(ast.literal_eval(text))
    except (ValueError, SyntaxError):
        return text


#: What a page takes of an output that has several forms, the first of these that is there.
FORMS = ("text/html", "image/svg+xml", "image/png", "image/jpeg", "text/markdown", "text/latex", "text/plain")


PICTURE = re.compile(r"<svg\b.*?</svg>", re.DOTALL)  # whose data are recorded as those of a figure


def note_shown(output: Mapping[str, Any], source: str, record: Record) -> None:
    """Note what one output shows."""
    if "text" in output:
        record.sentences.extend(printed("".join(output["text"])))
        return
    data = {form.removeprefix(GLUED): content for form, content in output.get("data", {}).items()}
    if not data or set(output["data"]) == {f"{GLUED}text/plain"}:  # a word in prose is read with it
        return
    form = next((form for form in FORMS if form in data), next(iter(data)))
    content = data[form] if isinstance(data[form], str) else json.dumps(data[form], sort_keys=True)
    figures = output.get("metadata", {}).get("bouwen", {}).get("figures", [])
    if form == "text/html":
        shown = read_html(PICTURE.sub("", content) if figures else content)
        for table in shown.tables:
            record.tables[unused(called(source), record.tables)] = table
        record.sentences.extend(sentences(shown.prose))
    elif form == "text/markdown":
        record.sentences.extend(sentences(content))
    elif form.startswith("text/"):
        record.sentences.extend(printed(content))
    elif not figures:
        figures = [{"picture": hashlib.sha256(content.encode()).hexdigest()[:16]}]
    for figure in figures:
        record.figures[unused(called(source), record.figures)] = Figure.model_validate(figure)


def called(source: str) -> str:
    r"""What makes the output of a cell, in short: the function it calls last, or its last line.

    >>> called("x = 1\ntables.items(survey, x)"), called("figure"), called("a if b else None")
    ('tables.items', 'figure', 'a if b else None')
    """
    try:
        last = ast.parse(source).body[-1]
    except (SyntaxError, IndexError):
        return "a cell"
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.IfExp):
        taken = last.value.body
        last = ast.Expr(taken) if isinstance(taken, ast.Call) else last
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant):
        return "a cell"
    made = last.value.func if isinstance(last, ast.Expr) and isinstance(last.value, ast.Call) else last
    return " ".join(ast.unparse(made).split())[:60]


def unused(name: str, taken: Mapping[str, object]) -> str:
    """A name, numbered where it is taken.

    >>> unused("a", {}), unused("a", {"a": 1, "a 2": 1})
    ('a', 'a 3')
    """
    number = 1
    while (own := name if number == 1 else f"{name} {number}") in taken:
        number += 1
    return own


def captions(mystnb: Mapping[str, Any]) -> Iterator[str]:
    """What stands below a figure, and what is read instead of it."""
    for kind, key in (("figure", "caption"), ("image", "alt")):
        if said := mystnb.get(kind, {}).get(key):
            yield from sentences(str(said))


# -------------------------------------------------------------------- HTML


class Shown(HTMLParser):
    """Reads the tables of a piece of HTML, and the text around them."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[ShownTable] = []
        self.prose = ""
        self.unseen = 0
        self.cell: list[str] | None = None
        self.row: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Begin a table, a row or a cell."""
        if tag in UNSEEN:
            self.unseen += 1
        elif tag == "table":
            self.tables.append(ShownTable(heads=[], rows=[]))
        elif tag == "tr":
            self.row = []
        elif tag in ("td", "th"):
            self.cell = []
        elif tag in ("br", "p", "div", "li") and self.cell is not None:
            self.cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """End a cell or a row."""
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        elif tag in ("td", "th") and self.cell is not None:
            self.row.append(" ".join("".join(self.cell).split()))
            self.cell = None
        elif tag == "tr" and self.tables and self.row:
            table, row, self.row = self.tables[-1], self.row, []
            if not table.heads:
                table.heads.extend(row)
            else:
                table.rows.append([row[0], ANY_VERSION] if row[0] in PROGRAMS else row)
        elif tag in ("p", "div", "li", "caption"):
            self.prose += "\n\n"

    def handle_data(self, data: str) -> None:
        """Add text to where it stands."""
        if self.unseen:
            return
        if self.cell is not None:
            self.cell.append(data)
        else:
            self.prose += html.escape(data, quote=False)


UNSEEN = ("style", "script")
ANY_VERSION = "…"  # for the version of a program: it is of the place and not of the answers


def read_html(content: str) -> Shown:
    """The tables in a piece of HTML, and its other text."""
    shown = Shown()
    shown.feed(content)
    shown.close()
    return shown


# -------------------------------------------------------------------- sentences

GLUE_ROLE = re.compile(r"\{glue:\w*\}`([^`:]+)(?::[^`]*)?`")

#: Marks of MyST that a reader does not see, and what is left of them, in this order.
MARKS = (
    (re.compile(r"<!--.*?-->", re.DOTALL), " "),
    (re.compile(r"^\s*\([\w-]+\)=\s*$", re.MULTILINE), "\n"),  # a target
    (re.compile(r"^\s*(?:`{3,}|~{3,}|:{3,})(?:\{[\w:-]+\})?(.*)$", re.MULTILINE), r"\n\n\1\n\n"),  # a fence
    (re.compile(r"^\s*:[\w-]+:.*$", re.MULTILINE), ""),  # an option of a directive
    (re.compile(r"^\s*(?:#{1,6}|[-*+>]|\d+\.)\s+", re.MULTILINE), "\n\n"),
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"\{[\w:-]+\}`([^`<]*?)\s*(?:<[^`]*>)?`"), r"\1"),  # a role
    (re.compile(r"</?[a-zA-Z][^>]*>"), " "),
    (re.compile(r"(?<!\\)[*`]+|(?<![\w\\])_+|(?<!\\)_+(?!\w)"), ""),
    (re.compile(r"\\(?=[^\w\s]|_)"), ""),
)
END = re.compile(r"(?<=[.!?…])\s+(?=[^\W\d_a-z]|[“‘\"(])")


def printed(text: str) -> Iterator[str]:
    """The lines of a text that is shown as it is, one blank between words."""
    yield from filter(None, (" ".join(line.split()) for line in text.splitlines()))


def sentences(text: str) -> Iterator[str]:
    r"""The sentences of a piece of MyST in normal form: no marks, one blank between words.

    >>> list(sentences("(a)=\n# Two *things*\n\nOne  is\nhere. See [that](b.md): `x`, a\\_b \\*."))
    ['Two things', 'One is here.', 'See that: x, a_b *.']
    """
    for mark, left in MARKS:
        text = mark.sub(left, text)
    for paragraph in re.split(r"\n\s*\n", html.unescape(text)):
        if said := " ".join(paragraph.split()):
            yield from END.split(said)

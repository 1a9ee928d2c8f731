"""Executed notebooks -> what they show, in reading order: headings, paragraphs, tables and pictures.

Prose is read as CommonMark, with the marks of MyST that chapters use: targets, glued values and links to
sections. Code and what stays off a page are left out.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import TYPE_CHECKING, Any

from bouwen.report.book.chapters import Notebook, Page, source_of, tags_of
from bouwen.report.book.recording import GLUE_ROLE, called, read_html, unquoted
from bouwen.report.telling import GLUED

if TYPE_CHECKING:
    from markdown_it.token import Token

TARGET = re.compile(r"^\(([\w-]+)\)=\s*$", re.MULTILINE)
TARGET_MARK = "bouwen-target:"  # stands before the name of a section, on a line of its own
OTHER_ROLE = re.compile(r"\{[\w:-]+\}`([^`<]*?)\s*(?:<[^`]*>)?`")
NO_SIGN = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
DESCRIBED = re.compile(r"<svg\b.*?<desc[^>]*>(.*?)</desc>", re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Run:
    """Words that look alike; ``link`` is "#" and the name of a section, or an address."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading: 1 is that of a page. ``names`` are what links call it."""

    level: int
    text: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, "bullet" or "number" of a list, or "quote"."""

    runs: tuple[Run, ...]
    kind: str = "text"

    @property
    def text(self) -> str:
        """Its words."""
        return "".join(run.text for run in self.runs)


@dataclass(frozen=True)
class TextTable:
    """A table; a row of one cell is a heading for those below it.

    ``call`` is what made it, as ``tables.items``.
    """

    number: int
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    call: str


@dataclass(frozen=True)
class Picture:
    """A figure, with what stands below it and what is read instead of it.

    ``png`` is empty for a drawing that only a browser shows.
    """

    number: int
    caption: str
    alt: str
    png: bytes = field(repr=False)


BookBlock = Heading | Paragraph | TextTable | Picture


@dataclass(frozen=True)
class Document:
    """A book in reading order.

    Attributes
    ----------
    title, language : str
    banner : str
        What every page says, as that answers were simulated; nothing where there is nothing to say.
    pages : mapping from name to blocks
    """

    title: str
    language: str
    banner: str
    pages: Mapping[str, tuple[BookBlock, ...]]

    def of(self, kind: type) -> Iterator[tuple[str, Any]]:
        """Blocks of a kind with the page that they stand on."""
        for name, blocks in self.pages.items():
            yield from ((name, block) for block in blocks if isinstance(block, kind))


def document_of(
    title: str, language: str, banner: str, pages: Iterable[Page], notebooks: Mapping[str, Notebook]
) -> Document:
    """What the pages of a book show.

    Parameters
    ----------
    title, language, banner : str
    pages, notebooks
        The pages in reading order, and by name what they became when run.
    """
    numbers = Counter[str]()
    read = {page.name: tuple(blocks_on(notebooks[page.name], numbers)) for page in pages}
    return Document(writable(title), language, writable(banner), read)


def writable(text: str) -> str:
    """A text without the signs that neither Word nor a workbook has a place for."""
    return NO_SIGN.sub("", text)


def blocks_on(notebook: Notebook, numbers: Counter[str]) -> Iterator[BookBlock]:
    """What a page shows; ``numbers`` counts tables and figures from page to page."""
    above, below = "", Counter[str]()
    glued = glued_in(notebook)
    for cell in notebook["cells"]:
        tags = set(tags_of(cell))
        if "remove-cell" in tags:
            continue
        if cell["cell_type"] == "markdown":
            found = list(blocks_of_prose(source_of(cell), glued))
        elif tags & {"remove-output", "remove-outputs"}:
            continue
        else:
            found = [block for output in cell.get("outputs", []) for block in blocks_of_output(cell, output)]
        for block in found:
            above = block.text if isinstance(block, Heading) else above
            yield given_number(block, above, numbers, below)


def given_number(block: BookBlock, above: str, numbers: Counter[str], below: Counter[str]) -> BookBlock:
    """A block with its number in the book; a table is called after the heading above it."""
    if isinstance(block, Picture):
        numbers["figure"] += 1
        return Picture(numbers["figure"], block.caption, block.alt, block.png)
    if isinstance(block, TextTable):
        numbers["table"] += 1
        below[above] += 1
        caption = above if below[above] == 1 else f"{above} ({below[above]})"
        return TextTable(numbers["table"], caption, block.heads, block.rows, block.notes, block.call)
    return block


def glued_in(notebook: Notebook) -> dict[str, str]:
    """The texts that prose names, by name."""
    found = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            text = output.get("data", {}).get(f"{GLUED}text/plain")
            if name is not None and text is not None:
                found[name] = unquoted("".join(text))
    return found


def blocks_of_output(cell: Mapping[str, Any], output: Mapping[str, Any]) -> Iterator[BookBlock]:
    """The blocks of one output."""
    data = output.get("data", {})
    if said := "".join(output.get("text", [])).rstrip("\n"):
        yield Paragraph((Run(writable(said), code=True),), "code")
    elif "text/html" in data and (drawn := DESCRIBED.search("".join(data["text/html"]))):
        caption = words_of_prose(cell["metadata"].get("mystnb", {}).get("figure", {}).get("caption", ""))
        yield Picture(0, caption, writable(" ".join(unescape(drawn[1]).split())), b"")
    elif "text/html" in data:
        read = read_html("".join(data["text/html"]))
        for table in read.tables:
            yield table_as_read(table.heads, table.rows, called(source_of(cell)))
        if not read.tables and (said := " ".join(read.prose.split())):
            yield Paragraph((Run(writable(said)),))
    elif "image/png" in data:
        told = cell["metadata"].get("mystnb", {})
        caption, alt = told.get("figure", {}).get("caption", ""), told.get("image", {}).get("alt", "")
        yield Picture(
            0, words_of_prose(caption), words_of_prose(alt or caption), picture_bytes(data["image/png"])
        )
    elif "text/markdown" in data:
        yield from blocks_of_prose("".join(data["text/markdown"]), {})


def picture_bytes(content: Any) -> bytes:
    """The bytes of a picture in a notebook."""
    return base64.b64decode("".join(content))


def table_as_read(heads: list[str], rows: list[list[str]], call: str) -> TextTable:
    """A table as it was read; rows of one cell at its end are lines below it."""
    body = [tuple(map(writable, row)) for row in rows]
    notes: list[str] = []
    while body and len(body[-1]) == 1 < len(heads):
        notes.insert(0, body.pop()[0])
    return TextTable(0, "", tuple(map(writable, heads)), tuple(body), tuple(notes), call)


# -------------------------------------------------------------------- prose


def words_of_prose(text: str) -> str:
    """The words of a piece of prose."""
    return " ".join(b.text for b in blocks_of_prose(text, {}) if isinstance(b, Heading | Paragraph))


def blocks_of_prose(text: str, glued: Mapping[str, str]) -> Iterator[BookBlock]:
    """Headings and paragraphs of a piece of MyST."""
    from markdown_it import MarkdownIt

    text = COMMENT.sub("", GLUE_ROLE.sub(lambda role: escaped(glued.get(role[1], role[0])), writable(text)))
    text = TARGET.sub(lambda found: f"\n{TARGET_MARK}{found[1]}\n\n", OTHER_ROLE.sub(r"`\1`", text))
    names: list[str] = []
    kinds: list[str] = []
    items = Counter[int]()  # of the list at each depth
    tokens = MarkdownIt("commonmark").parse(text)
    for place, token in enumerate(tokens):
        if token.type in OPENS:
            kinds.append(OPENS[token.type])
            items[len(kinds)] = 0
        elif token.type in CLOSES:
            kinds.pop()
        elif token.type in ("fence", "code_block"):
            yield Paragraph((Run(token.content.rstrip("\n"), code=True),), "code")
        elif token.type == "inline":
            runs = tuple(runs_of(token.children or []))
            said = "".join(run.text for run in runs)
            if said.startswith(TARGET_MARK):
                names.append(said.removeprefix(TARGET_MARK).strip())
            elif tokens[place - 1].type == "heading_open":
                yield Heading(int(tokens[place - 1].tag[1]), said, tuple(names))
                names.clear()
            elif said:
                kind = kinds[-1] if kinds else "text"
                items[len(kinds)] += 1
                first = (Run(f"{items[len(kinds)]}. "),) if kind == "number" else ()
                yield Paragraph((*first, *runs), kind)


OPENS = {"bullet_list_open": "bullet", "ordered_list_open": "number", "blockquote_open": "quote"}
CLOSES = {name.replace("_open", "_close") for name in OPENS}


def escaped(text: str) -> str:
    """A text as CommonMark that shows it as it is."""
    return re.sub(r"([\\`*_{}\[\]<>#|~!&])", r"\\\1", text)


def runs_of(tokens: Iterable[Token]) -> Iterator[Run]:
    """Words of a paragraph by how they look."""
    bold = italic = 0
    link = ""
    for token in tokens:
        kind = token.type
        bold += {"strong_open": 1, "strong_close": -1}.get(kind, 0)
        italic += {"em_open": 1, "em_close": -1}.get(kind, 0)
        if kind == "link_open":
            link = str(token.attrs.get("href", ""))
        elif kind == "link_close":
            link = ""
        elif kind in ("softbreak", "hardbreak"):
            yield Run(" ", bool(bold), bool(italic), link=link)
        elif kind in ("text", "code_inline"):
            yield Run(token.content, bool(bold), bool(italic), kind == "code_inline", link)

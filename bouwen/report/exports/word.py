"""A document -> Word, by python-docx.

Headings are Word's own, so that its navigation shows them. The first row of a table holds its heads and is
repeated on each page. Captions are numbered by fields, links lead to sections, and figures have a text that
is read in their place.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from bouwen.questionnaire import with_fixed_dates
from bouwen.report.exports.contents import BookBlock, Document, Heading, Paragraph, Picture, Run, TextTable
from bouwen.words import Words, words

if TYPE_CHECKING:
    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph as WordParagraph

STYLES_OF_KIND = {"bullet": "List Bullet", "number": "List Continue", "quote": "Quote", "code": "macro"}
WORD_WIDTH = 6.3  # inches between the margins of A4
ON_ONE_PAGE = 16  # rows of a table that is not parted
A_LETTER, BESIDE = 0.082, 0.17  # inches of a letter in a cell, and of the space beside its text
TALLEST = 8.2  # inches of a picture
LINK_COLOUR = "0B5CAD"
LOOKS_NUMERIC = re.compile(r"[<>≤≥]?\s?[−-]?[\d.,]*\d[\d.,]*\s?%?|\[.*\]|–|")


def word_bytes(document: Document) -> bytes:
    """The document; the same contents give the same bytes."""
    import docx

    made = docx.Document()
    say = words(document.language)
    prepare_page(made, document)
    made.add_paragraph(document.title, style="Title")
    if document.banner:
        made.add_paragraph(document.banner, style="Intense Quote")
    writer = Writer(made, say, sections_of(document))
    writer.contents(document)
    for name, blocks in document.pages.items():
        writer.page(name, blocks)
    out = io.BytesIO()
    made.save(out)
    return with_fixed_dates(out.getvalue())


def prepare_page(made: WordDocument, document: Document) -> None:
    """A4, with the title and what every page says at its top, and its number at its foot."""
    from docx.shared import Mm, Pt

    section = made.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Mm(25)
    properties = made.core_properties
    properties.title, properties.author, properties.language = document.title, "", document.language
    properties.comments = ""
    normal = made.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10.5)
    language = add_element(normal.element.get_or_add_rPr(), "w:lang")
    language.set(qualified("w:val"), document.language)
    header = section.header.paragraphs[0]
    header.text = " \u2014 ".join(part for part in (document.title, document.banner) if part)
    header.runs[0].font.size = Pt(8)
    footer = section.footer.paragraphs[0]
    footer.alignment = 1
    add_field(footer, "PAGE", "1")


def sections_of(document: Document) -> dict[str, str]:
    """The bookmark of each name that links use: a section's, and the file of a page."""
    found: dict[str, str] = {}
    for name, blocks in document.pages.items():
        found[name] = found[name.rpartition("/")[2]] = bookmark(name)
        for block in blocks:
            if isinstance(block, Heading):
                found |= {own: bookmark(own) for own in block.names}
    return found


def bookmark(name: str) -> str:
    """A name as Word takes it for a place: letters, digits and low lines, forty at most.

    >>> bookmark("book/key-findings")
    'book_key_findings'
    """
    return re.sub(r"\W", "_", name)[:40]


class Writer:
    """Writes blocks into a document of Word.

    Parameters
    ----------
    made : docx.document.Document
    say : Words
        Of the language of the document.
    places : mapping from the name that links use to the bookmark
    """

    def __init__(self, made: WordDocument, say: Words, places: dict[str, str]) -> None:
        self.made, self.say, self.places = made, say, places
        self.bookmarks = 0

    def contents(self, document: Document) -> None:
        """The pages, each a link to its place."""
        self.made.add_heading(self.say("exports.contents"), 1)
        for name, blocks in document.pages.items():
            title = next((b.text for b in blocks if isinstance(b, Heading)), name)
            self.link(self.made.add_paragraph(), Run(title, link=f"#{name}"))

    def page(self, name: str, blocks: Iterable[BookBlock]) -> None:
        """A page of the book, from the top of a sheet."""
        first = True
        for block in blocks:
            if isinstance(block, Heading):
                names = (name, *block.names) if first else block.names
                self.heading(block, names, new_sheet=first)
                first = False
            elif isinstance(block, Paragraph):
                self.paragraph(block)
            elif isinstance(block, TextTable):
                self.table(block)
            else:
                self.picture(block)

    def heading(self, block: Heading, names: Iterable[str], *, new_sheet: bool) -> None:
        """A heading with the places that links lead to."""
        made = self.made.add_heading(block.text, min(block.level, 9))
        made.paragraph_format.page_break_before = new_sheet
        for name in names:
            self.bookmarks += 1
            start = add_element(made._p, "w:bookmarkStart")
            start.set(qualified("w:id"), str(self.bookmarks))
            start.set(qualified("w:name"), self.places[name])
            add_element(made._p, "w:bookmarkEnd").set(qualified("w:id"), str(self.bookmarks))

    def paragraph(self, block: Paragraph) -> None:
        """A paragraph, by how its words look."""
        made = self.made.add_paragraph(style=STYLES_OF_KIND.get(block.kind))
        for run in block.runs:
            if run.link.startswith("#") or "://" in run.link:
                self.link(made, run)
            else:
                self.run(made, run)

    def run(self, made: WordParagraph, run: Run) -> Any:
        """Words that look alike."""
        one = made.add_run(run.text)
        one.bold, one.italic = run.bold or None, run.italic or None
        if run.code:
            one.font.name = "Consolas"
        return one

    def link(self, made: WordParagraph, run: Run) -> None:
        """Words that lead to a section, or to an address; as words alone where the section is not here."""
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.shared import RGBColor

        one = self.run(made, run)
        place = self.places.get(run.link.removeprefix("#"))
        if run.link.startswith("#") and place is None:
            return
        one.font.color.rgb, one.font.underline = RGBColor.from_string(LINK_COLOUR), True
        around = add_element(made._p, "w:hyperlink")
        if place is not None:
            around.set(qualified("w:anchor"), place)
        else:
            related = made.part.relate_to(run.link, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
            around.set(qualified("r:id"), related)
        around.append(one._r)

    def caption(self, kind: str, number: int, text: str, *, above: bool) -> None:
        """The caption of a table, above it, or of a figure, below it; its number is a field."""
        made = self.made.add_paragraph(style="Caption")
        made.paragraph_format.keep_with_next = above
        made.add_run(f"{self.say(f'site.{kind}')} ")
        add_field(made, f"SEQ {kind.capitalize()} \\* ARABIC", str(number))
        made.add_run(f"  {text}" if text else "")

    def table(self, block: TextTable) -> None:
        """A table of Word's own, with its caption above and what is said of it below."""
        from docx.shared import Pt

        self.caption("table", block.number, block.caption, above=True)
        width = max([len(block.heads), *map(len, block.rows)])
        made: Any = self.made.add_table(rows=0, cols=width)
        made.style = "Table Grid"
        made.autofit = False
        right = [is_numeric(block.rows, k) for k in range(width)]
        self.row(made, [*block.heads, *[""] * (width - len(block.heads))], right, head=True)
        for row in block.rows:
            if len(row) == 1 < width:
                self.heading_row(made, row[0])
            else:
                self.row(made, [*row, *[""] * (width - len(row))], right)
        set_widths(made, column_widths(block, width))
        whole = len(block.rows) <= ON_ONE_PAGE
        for row in made.rows[:-1] if whole else made.rows[:2]:
            for cell in row.cells:
                cell.paragraphs[0].paragraph_format.keep_with_next = True
        for note in block.notes:
            self.made.add_paragraph().add_run(note).font.size = Pt(8.5)
        self.made.add_paragraph()

    def row(self, made: Any, texts: Iterable[str], right: Iterable[bool], *, head: bool = False) -> None:
        """A row, which stays on one page; a head is repeated on each."""
        row = made.add_row()
        add_element(row._tr.get_or_add_trPr(), "w:cantSplit")
        if head:
            add_element(row._tr.get_or_add_trPr(), "w:tblHeader")
        for cell, text, numeric in zip(row.cells, texts, right, strict=True):
            self.cell(cell, text, bold=head, right=numeric)

    def heading_row(self, made: Any, text: str) -> None:
        """A row of one cell, which names those below it."""
        row = made.add_row()
        add_element(row._tr.get_or_add_trPr(), "w:cantSplit")
        cell = row.cells[0].merge(row.cells[-1])
        self.cell(cell, text, bold=True, right=False)
        cell.paragraphs[0].paragraph_format.keep_with_next = True

    def cell(self, cell: Any, text: str, *, bold: bool, right: bool) -> None:
        """The text of a cell."""
        from docx.shared import Pt

        paragraph = cell.paragraphs[0]
        paragraph.alignment = 2 if right else 0
        paragraph.paragraph_format.space_after = Pt(1)
        run = paragraph.add_run(text)
        run.bold, run.font.size = bold or None, Pt(8.5)

    def picture(self, block: Picture) -> None:
        """A figure as wide as the text at most, with its alternative text and its caption below."""
        from docx.shared import Inches

        made = self.made.add_paragraph()
        made.paragraph_format.keep_with_next = True
        if not block.png:  # in words, as Word shows no drawing of a browser
            made.add_run(block.alt)
            self.caption("figure", block.number, block.caption, above=False)
            return
        shape = made.add_run().add_picture(io.BytesIO(block.png))
        wide = min(WORD_WIDTH / shape.width.inches, TALLEST / shape.height.inches, 1.0)
        shape.width, shape.height = (
            Inches(shape.width.inches * wide),
            Inches(shape.height.inches * wide),
        )
        shape._inline.docPr.set("descr", block.alt)
        self.caption("figure", block.number, block.caption, above=False)


def is_numeric(rows: Iterable[Iterable[str]], k: int) -> bool:
    """Whether most cells of a column are numbers, so that they stand right."""
    cells = [row[k] for row in (list(row) for row in rows) if len(row) > max(k, 1)]
    return (
        k > 0 and bool(cells) and sum(bool(LOOKS_NUMERIC.fullmatch(cell)) for cell in cells) > len(cells) / 2
    )


def column_widths(block: TextTable, width: int) -> list[float]:
    """Inches of the columns: each holds its longest word, and the rest goes by how much stands in it."""
    rows = [list(row) for row in (block.heads, *block.rows) if len(row) > 1 or width == 1]
    columns = [[text for row in rows for text in row[k : k + 1]] for k in range(width)]
    texts_of = [max(map(len, column), default=1) for column in columns]
    words_of = [
        max((len(word) for text in column for word in text.split(" ")), default=1) for column in columns
    ]
    least = [A_LETTER * max(n, 3) + BESIDE for n in words_of]
    spare = WORD_WIDTH - sum(least)
    if spare <= 0:
        return [WORD_WIDTH * one / sum(least) for one in least]
    wished = [max(0.0, A_LETTER * n + BESIDE - one) for n, one in zip(texts_of, least, strict=True)]
    share = min(1.0, spare / sum(wished)) if sum(wished) else 0.0
    found = [one + share * more for one, more in zip(least, wished, strict=True)]
    return [one * WORD_WIDTH / sum(found) for one in found]


def set_widths(made: Any, inches: Iterable[float]) -> None:
    """Columns as wide as they are to be, in every row, as some readers ask for."""
    from docx.shared import Inches

    for column, wide in zip(made.columns, inches, strict=True):
        column.width = Inches(wide)
    for row in made.rows:
        if len(row._tr.tc_lst) == len(made.columns):
            for cell, column in zip(row.cells, made.columns, strict=True):
                cell.width = column.width


def add_field(paragraph: WordParagraph, code: str, shown: str) -> None:
    """A field, such as a number that Word counts, with what it shows until it is updated."""
    from docx.oxml import OxmlElement

    field = OxmlElement("w:fldSimple")
    field.set(qualified("w:instr"), code)
    run = paragraph.add_run(shown)
    paragraph._p.append(field)
    field.append(run._r)


def add_element(parent: Any, name: str) -> Any:
    """A new last add_element of an element."""
    from docx.oxml import OxmlElement

    made = OxmlElement(name)
    parent.append(made)
    return made


def qualified(name: str) -> str:
    """A name of Office Open XML with its name space."""
    from docx.oxml.ns import qn

    return str(qn(name))

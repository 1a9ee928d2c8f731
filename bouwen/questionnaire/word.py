"""Blocks on paper -> a document of Word (Office Open XML, ECMA-376), as_parts part by part."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape, quoteattr

from bouwen.questionnaire.paper import BOX, Block, share_of_items
from bouwen.questionnaire.xlsform import ZIP_DATE

SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
KIND = "application/vnd.openxmlformats-officedocument.wordprocessingml"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
TABLE_WIDTH = 9638  # twentieths of a point between the margins of A4
WRITING_LINE = "_" * 60
STYLES = {"title": (36, True), "text": (22, False), "question": (22, True), "hint": (18, False)}


def document_bytes(blocks: Iterable[Block], language: str) -> bytes:
    """The document; the same blocks give the same bytes."""
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{KIND}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{KIND}.styles+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "word/styles.xml": styles_of(language),
        "word/document.xml": f'<w:document xmlns:w="{SPACE}"><w:body>{"".join(as_parts(blocks))}'
        '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" '
        'w:left="1134" w:header="709" w:footer="709" w:gutter="0"/></w:sectPr></w:body></w:document>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in parts.items():
            made.writestr(
                zipfile.ZipInfo(name, ZIP_DATE), (DECLARATION + text).encode(), zipfile.ZIP_DEFLATED
            )
    return out.getvalue()


def styles_of(language: str) -> str:
    """The font of the whole document, its language, and a style for titles, which readers aloud announce."""
    return (
        f'<w:styles xmlns:w="{SPACE}"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" '
        f'w:hAnsi="Calibri" w:cs="Calibri"/><w:sz w:val="22"/><w:lang w:val={quoteattr(language)}/></w:rPr>'
        '</w:rPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name '
        'w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/>'
        '<w:basedOn w:val="Normal"/></w:style></w:styles>'
    )


def as_parts(blocks: Iterable[Block]) -> Iterator[str]:
    """Each block as paragraphs or a table."""
    for block in blocks:
        if block.kind == "table":
            yield table_of_items(block)
            yield paragraph("", 22)
        elif block.kind == "boxes":
            for answer in block.answers:
                yield paragraph(f"{BOX} {answer}", 22, indent=360)
        elif block.kind == "lines":
            yield from (paragraph(WRITING_LINE, 22, indent=360) for _ in block.rows)
        else:
            size, bold = STYLES[block.kind]
            style = "Title" if block.kind == "title" else ""
            yield paragraph(block.text, size, bold=bold, keep=block.kind in ("question", "hint"), style=style)


def paragraph(
    text: str, size: int, *, bold: bool = False, indent: int = 0, centred: bool = False, keep: bool = False,
    style: str = "",
) -> str:  # fmt: skip
    """A paragraph, its letters in half points; ``keep`` holds it on the page of the next one."""
    looks = f'<w:pStyle w:val="{style}"/>' if style else ""
    looks += "<w:keepNext/>" if keep else ""
    looks += '<w:spacing w:before="60" w:after="60"/>'
    looks += f'<w:ind w:left="{indent}"/>' if indent else ""
    looks += '<w:jc w:val="center"/>' if centred else ""
    letters = ("<w:b/>" if bold else "") + f'<w:sz w:val="{size}"/>'
    run = f'<w:r><w:rPr>{letters}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>' if text else ""
    return f"<w:p><w:pPr>{looks}</w:pPr>{run}</w:p>"


def table_of_items(block: Block) -> str:
    """A table with a row for each item, whose header is repeated on every page."""
    first = round(TABLE_WIDTH * share_of_items(block.answers))
    rest = (TABLE_WIDTH - first) // len(block.answers)
    widths = [first, *[rest] * len(block.answers)]
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    lines = "".join(f'<w:{side} w:val="single" w:sz="4" w:color="999999"/>' for side in sides)
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in widths)
    head = [paragraph("", 18), *(paragraph(answer, 16, centred=True) for answer in block.answers)]
    mark = BOX if len(block.answers) > 1 else "_____"
    rows = [
        [paragraph(row, 20), *(paragraph(mark, 22, centred=True) for _ in block.answers)]
        for row in block.rows
    ]  # fmt: skip
    made = table_row(head, widths, "<w:cantSplit/><w:tblHeader/>")
    made += "".join(table_row(cells, widths, "<w:cantSplit/>") for cells in rows)
    looks = f'<w:tblW w:w="{TABLE_WIDTH}" w:type="dxa"/><w:tblBorders>{lines}</w:tblBorders>'
    looks += '<w:tblLayout w:type="fixed"/>'
    return f"<w:tbl><w:tblPr>{looks}</w:tblPr><w:tblGrid>{columns}</w:tblGrid>{made}</w:tbl>"


def table_row(cells: Iterable[str], widths: Iterable[int], looks: str) -> str:
    """A row of a table."""
    made = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{cell}</w:tc>'
        for cell, width in zip(cells, widths, strict=True)
    )
    return f"<w:tr><w:trPr>{looks}</w:trPr>{made}</w:tr>"

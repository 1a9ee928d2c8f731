"""An edition's public record: a text file with what its book printed, for version control.

It holds nothing that no page shows: texts as they are printed, and what figures draw with as many digits as
a picture has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from bouwen.errors import BouwenError
from bouwen.report.book.chapters import Notebook
from bouwen.report.book.recording import Figure, Record, RecordPart, ShownTable, record_of, significant
from bouwen.report.book.results import lines
from bouwen.survey import USUAL_CELL, Study, write_whole

PUBLIC = "editions"  # a folder beside a study, with a file for each edition
DRAWN_DIGITS = 3  # of a number that a figure draws: fewer than a picture of a thousand pixels has
VERSION_NAME = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}(?:-[a-z0-9]{1,20})?")
FIRST_VERSION = "1.0"


class PrintedPage(RecordPart):
    """What a page printed."""

    sentences: list[str] = []
    tables: dict[str, ShownTable] = {}
    figures: dict[str, Figure] = {}


class Edition(RecordPart):
    """An edition: what its book printed; only version and dates once it was withdrawn.

    ``book`` is a hash of all names and bytes of the book, ``settings`` are those of disclosure.
    """

    version: Annotated[str, Field(pattern=f"^{VERSION_NAME.pattern}$")]
    date: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    withdrawn: str | None = None
    book: str = ""
    settings: dict[str, Any] = {}
    pages: dict[str, PrintedPage] = {}


class BadEdition(BouwenError):
    """An edition that is not there, is there already, or cannot be read; ``version`` says which."""

    def __init__(self, version: str, problem: str) -> None:
        super().__init__(problem)
        self.version = version


def edition_of(
    study: Study, version: str, date: str, tree: str, notebooks: Mapping[str, Notebook]
) -> Edition:
    """The public record of an edition."""
    pages = {name: printed_page(record_of(notebook)) for name, notebook in notebooks.items()}
    return Edition(version=version, date=date, book=tree, settings=disclosure_of(study), pages=pages)


def disclosure_of(study: Study) -> dict[str, Any]:
    """The settings by which counts and figures are shown or not, as the colophon has them."""
    settings = study.settings
    told = settings.model_dump(include={"min_cell", "min_width", "min_group"})
    if settings.min_cell < USUAL_CELL and settings.min_cell_reason:
        told["min_cell_reason"] = settings.min_cell_reason[study.language]
    merged = {
        name: {str(new): list(map(str, level.levels)) for new, level in levels.items()}
        for name, levels in study.file.merge.items()
    }
    return told | {"groups": list(study.groups)} | ({"merge": merged} if merged else {})


def printed_page(record: Record) -> PrintedPage:
    """What of a record is printed: not the digits that only `verify` compares."""
    figures = {name: as_drawn(figure) for name, figure in record.figures.items()}
    return PrintedPage(sentences=record.sentences, tables=record.tables, figures=figures)


def as_drawn(figure: Figure) -> Figure:
    """A figure with as many digits as can be read off it."""
    layers = [
        layer.model_copy(update={"rows": [[drawn_number(cell) for cell in row] for row in layer.rows]})
        for layer in figure.layers
    ]
    return figure.model_copy(update={"layers": layers})


def drawn_number(cell: Any) -> Any:
    """A number with few digits; anything else as it is."""
    return significant(cell, DRAWN_DIGITS) if isinstance(cell, float) else cell


# ------------------------------------------------------------------ files


def write_edition(folder: Path, edition: Edition) -> Path:
    """Write a public record, whole or not at all."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{edition.version}.json"
    write_whole(path, "\n".join(lines(edition.model_dump(exclude_defaults=True), "")) + "\n")
    return path


def read_editions(folder: Path) -> dict[str, Edition]:
    """The editions of a study by version, the oldest version first.

    Raises
    ------
    BadEdition
        A file there is not a record of an edition.
    """
    found = {}
    for path in sorted(folder.glob("*.json"), key=lambda path: order_of(path.stem)):
        try:
            edition = Edition.model_validate(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, RecursionError):
            problem = f"{path}: is no record of an edition; restore it from version control."
            raise BadEdition(path.stem, problem) from None
        if edition.version != path.stem:
            problem = f'{path}: is the record of edition "{edition.version}"; give the file its old name.'
            raise BadEdition(path.stem, problem)
        found[edition.version] = edition
    return found


def order_of(version: str) -> tuple[list[int], str]:
    """By which versions stand in order.

    >>> sorted(["1.10", "1.9", "2.0", "1.9-a"], key=order_of)
    ['1.9', '1.9-a', '1.10', '2.0']
    """
    return [int(number) for number in re.findall(r"\d+", version.partition("-")[0])], version


def next_version(versions: list[str]) -> str:
    """The version that follows the last one.

    >>> next_version([]), next_version(["1.0", "1.9"]), next_version(["2", "1.0"]), next_version(["1.0-a"])
    ('1.0', '1.10', '3', '1.1')
    """
    if not versions:
        return FIRST_VERSION
    *kept, last = order_of(max(versions, key=order_of))[0]
    return ".".join(map(str, [*kept, last + 1]))

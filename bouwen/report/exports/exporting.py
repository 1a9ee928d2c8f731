"""A study -> its book in a form to take away."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path

from bouwen.checks import check_choice
from bouwen.errors import BouwenError
from bouwen.report.audit import refuse_leaks
from bouwen.report.book.answers import refuse_answers
from bouwen.report.book.building import (
    Listener,
    Plan,
    Silence,
    locked,
    plan,
    refusing_bad_output,
    run_chapters,
)
from bouwen.report.book.recording import Record, record_of
from bouwen.report.book.site import announcement
from bouwen.report.exports.contents import Document, document_of
from bouwen.report.exports.tables import csv_files, json_text, results_schema, workbook_bytes
from bouwen.report.exports.word import word_bytes
from bouwen.words import words

EXPORT_FORMATS = {"docx": ".docx", "xlsx": ".xlsx", "csv": "", "json": ".json", "zip": ".zip"}
EXPORT_DATE = (2000, 1, 1, 0, 0, 0)


class ExportInTheWay(BouwenError):
    """Something stands where an export would be written; ``path`` is where."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{path}: {what}; name another with --output, or move it away.")
        self.path = path


def export_book(
    path: str | Path,
    output: str | Path,
    *,
    to: str,
    language: str | None = None,
    jobs: int | None = None,
    listener: Listener | None = None,
) -> Path:
    """Write what the book of a study shows as a document, as tables or as data.

    Chapters are run where something changed. What a page may not show is refused here as in a build.

    Parameters
    ----------
    path : str or Path
        The study file.
    output : str or Path
        The file to write, or for "csv" a folder that is new or empty; nothing is replaced.
    to : "docx", "xlsx", "csv", "json" or "zip"
        All pages for Word; every table as a sheet, or as a file; everything as data; or all of these.
    language : str, optional
        Of the book; that of the study if not given.
    jobs : int, optional
        Chapters that run at once.
    listener : Listener, optional
        Told about progress.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    BouwenError
        The study, a chapter or the place of the output is refused, or a page would show answers.
    """
    check_choice("to", to, EXPORT_FORMATS)
    listener, target = listener or Silence(), Path(output)
    refuse_what_stands(target, folder=to == "csv")
    listener.step("Checking")
    book = plan(path, {"language": language} if language else None, jobs=jobs)
    document, records = read_book(book, listener)
    with refusing_bad_output(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        if to == "csv":
            target.mkdir(exist_ok=True)
            for name, text in csv_files(document).items():
                (target / name).write_bytes(text.encode("utf-8-sig"))
        else:
            part = target.with_name(f"{target.name}.part")
            part.write_bytes(WRITERS[to](document, records))
            part.replace(target)
    return target


def refuse_what_stands(target: Path, *, folder: bool) -> None:
    """Refuse to replace a file, or to fill a folder that holds other files."""
    if folder and target.is_dir() and any(target.iterdir()):
        raise ExportInTheWay(target, "is a folder with other files")
    if target.exists() and not (folder and target.is_dir()):
        raise ExportInTheWay(target, "stands there already")


def read_book(book: Plan, listener: Listener) -> tuple[Document, Mapping[str, Record]]:
    """What the pages of a book show, found fit to be shown."""
    with refusing_bad_output(book.work), locked(book.work):
        notebooks = run_chapters(book, listener)
    study = book.study.in_language(book.language)
    records = {name: record_of(notebook) for name, notebook in notebooks.items()}
    for one in filter(None, (book.study, book.other)):
        refuse_answers(one, notebooks)
    refuse_leaks(study, records)
    banner = unescape(announcement(study, words(book.language)))
    title = study.title[book.language]
    return document_of(title, book.language, banner, book.pages, notebooks), records


def everything(document: Document, records: Mapping[str, Record]) -> bytes:
    """All forms in one archive, the same bytes for the same book."""
    files = {
        "book.docx": word_bytes(document),
        "tables.xlsx": workbook_bytes(document),
        "results.json": json_text(document, records).encode(),
        "results.schema.json": results_schema().encode(),
        **{f"tables/{name}": text.encode("utf-8-sig") for name, text in csv_files(document).items()},
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files.items():
            made.writestr(zipfile.ZipInfo(name, EXPORT_DATE), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()


WRITERS: Mapping[str, Callable[[Document, Mapping[str, Record]], bytes]] = {
    "docx": lambda document, _: word_bytes(document),
    "xlsx": lambda document, _: workbook_bytes(document),
    "json": lambda document, records: json_text(document, records).encode(),
    "zip": everything,
}

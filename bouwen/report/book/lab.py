"""The chapters with a study's parameters, to work on in JupyterLab."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bouwen.report.book.building import plan, refusing_bad_output
from bouwen.report.book.caching import digest
from bouwen.report.book.chapters import Page
from bouwen.report.book.notebooks import stored
from bouwen.report.book.running import METADATA


@dataclass(frozen=True)
class Written:
    """Where the copies are, and the names of those that were kept because somebody changed them."""

    folder: Path
    kept: tuple[str, ...]


def write_chapters(study: str | Path) -> Written:
    """Copy the chapters with the study's parameters filled in to ``_build/<study>/lab``.

    A copy that was changed since is never overwritten.
    """
    book = plan(study)
    folder = book.work / "lab"
    with refusing_bad_output(folder):
        folder.mkdir(parents=True, exist_ok=True)
        return Written(folder, tuple(write_copies(book.pages, folder)))


def write_copies(pages: Iterable[Page], folder: Path) -> Iterator[str]:
    """Write a copy of each page, and give the names of those that somebody changed, which are kept."""
    record_file = folder / ".copies.json"
    record = read_digests(record_file)
    for page in pages:
        path = folder / f"{Path(page.name).name}.ipynb"
        if path.exists() and digest_cells(path) != record.get(path.name):
            yield path.name
            continue
        path.write_text(copy_of(page), encoding="utf-8")
        record[path.name] = digest_cells(path)
    record_file.write_text(json.dumps(record, indent=1), encoding="utf-8")


def read_digests(path: Path) -> dict[str, str]:
    """What the copies were when they were written, by name; nothing where that is not known."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def copy_of(page: Page) -> str:
    """A page as a notebook file; the study's path holds from any folder of the project."""
    return stored({**page.notebook, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}, page.name)


def digest_cells(path: Path) -> str:
    """A hash of what somebody wrote in a notebook; running it changes nothing here."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return digest(f"{cell['cell_type']} {''.join(cell['source'])}" for cell in cells)
    except (ValueError, KeyError, TypeError, RecursionError):
        return "not a notebook"


def open_lab(folder: Path, *, browser: bool = True) -> None:
    """Run JupyterLab on a folder until it is stopped."""
    options = [] if browser else ["--no-browser"]
    subprocess.run([sys.executable, "-m", "jupyterlab", *options, str(folder)], check=False)

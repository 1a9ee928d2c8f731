"""The chapters with a study's parameters, to work on in JupyterLab."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bouwen.report.book.building import plan
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
    record_file = folder / ".copies.json"
    record = json.loads(record_file.read_text(encoding="utf-8")) if record_file.exists() else {}
    kept = []
    for page in book.pages:
        path = folder / f"{Path(page.name).name}.ipynb"
        if path.exists() and digest_cells(path) != record.get(path.name):
            kept.append(path.name)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(copy_of(page), encoding="utf-8")
        record[path.name] = digest_cells(path)
    record_file.write_text(json.dumps(record, indent=1), encoding="utf-8")
    return Written(folder, tuple(kept))


def copy_of(page: Page) -> str:
    """A page as a notebook file; the study's path holds from any folder of the project."""
    return stored({**page.notebook, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}, page.name)


def digest_cells(path: Path) -> str:
    """A hash of what somebody wrote in a notebook; running it changes nothing here."""
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return digest(f"{cell['cell_type']} {''.join(cell['source'])}" for cell in cells)
    except (ValueError, KeyError):
        return "not a notebook"


def open_lab(folder: Path, *, browser: bool = True) -> None:
    """Run JupyterLab on a folder until it is stopped."""
    options = [] if browser else ["--no-browser"]
    subprocess.run([sys.executable, "-m", "jupyterlab", *options, str(folder)], check=False)

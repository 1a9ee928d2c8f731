"""What builds of a study left on this machine, and how it goes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from bouwen.report.book.building import find_root, locked, work_of
from bouwen.report.book.notebooks import stored
from bouwen.report.book.places import clear_scratch
from bouwen.survey import find_study

MAY_HOLD_ANSWERS = ("cache", "inputs", "source")  # in the folder of a study


def clear(study: str | Path, *, answers: bool = False) -> list[Path]:
    """Remove what builds of a study left below ``_build``.

    Copies of chapters that were made for JupyterLab stay, since they may have been changed.

    Parameters
    ----------
    study : str or Path
        The study file; it need not be valid.
    answers : bool
        Remove only what may hold respondents' answers: kept results of chapters, copies of inputs, the
        sources of the site, and the outputs in copies for JupyterLab. The book stays.

    Returns
    -------
    list of Path
        What was removed or emptied.
    """
    file = find_study(study)
    work = work_of(file, find_root(file))
    if not work.is_dir():
        return []
    with locked(work):
        clear_scratch(work / "cache")
        unwanted = [path for path in work.iterdir() if path.name not in ("lab", ".lock")]
        removed = [path for path in unwanted if not answers or path.name in MAY_HOLD_ANSWERS]
        for path in removed:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        return sorted(removed) + (without_outputs(work / "lab") if answers else [])


def without_outputs(folder: Path) -> list[Path]:
    """Take the outputs out of the notebooks in a folder, and remove what JupyterLab kept of them."""
    emptied = []
    for path in sorted(folder.glob("*.ipynb")):
        before = path.read_text(encoding="utf-8")
        after = stored(json.loads(before), path.stem)
        if after != before:
            path.write_text(after, encoding="utf-8")
            emptied.append(path)
    shutil.rmtree(folder / ".ipynb_checkpoints", ignore_errors=True)
    return emptied

"""How long a build takes: cold, with nothing changed, and after one change.

usage: python benchmarks/book.py [STUDY]

Works on a copy of the project, so nothing here is touched; seconds of the whole command.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from figures import ROOT, Figure, clock_seconds, show

STUDY = "data/providers/study.yml"


def copy_project(folder: Path) -> Path:
    """What git tracks of the project, in a new folder."""
    copy = folder / "bouwen"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in files.decode().rstrip("\0").split("\0"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    return copy


def build(copy: Path, study: str) -> None:
    """Run ``bouwen build`` there."""
    code = "from bouwen.cli import main; main()"
    command = [sys.executable, "-c", code, "build", study]
    done = subprocess.run(
        command, cwd=copy, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(copy)}
    )
    if done.returncode:
        sys.exit(done.stderr)


def change_chapter(copy: Path) -> None:
    """Add a sentence to one chapter."""
    path = copy / "book" / "scales.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"].append("\n\nOne sentence more.")
    path.write_text(json.dumps(notebook))


def change_answer(copy: Path, study: str) -> None:
    """Change one answer of one respondent, within its scale."""
    path = (copy / study).parent / "responses.csv"
    header, first, *rest = path.read_text().splitlines()
    at = header.split(",").index("integrity1")
    cells = first.split(",")
    cells[at] = "2" if cells[at] != "2" else "3"
    path.write_text("\n".join([header, ",".join(cells), *rest]) + "\n")


def figures(study: str = STUDY) -> dict[str, Figure]:
    """The four builds in the order in which a user meets them."""
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_project(Path(folder))
        found = {"book, cold": clock_seconds(lambda: build(copy, study))}
        found["book, nothing changed"] = clock_seconds(lambda: build(copy, study))
        change_chapter(copy)
        found["book, one chapter changed"] = clock_seconds(lambda: build(copy, study))
        change_answer(copy, study)
        found["book, one answer changed"] = clock_seconds(lambda: build(copy, study))
    return {name: Figure(seconds) for name, seconds in found.items()}


if __name__ == "__main__":
    show(figures(*sys.argv[1:]))

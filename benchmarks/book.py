"""How long a build takes: cold, with nothing changed, and after one change.

    python benchmarks/book.py [STUDY]

Works on a copy of the project, so nothing here is touched. Prints seconds of the whole command.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
STUDY = sys.argv[1] if len(sys.argv) > 1 else "data/providers/study.yml"


def copy_project(folder: Path) -> Path:
    """What git tracks of the project, in a new folder."""
    copy = folder / "bouwen"
    files = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in files.decode().rstrip("\0").split("\0"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    return copy


def build(copy: Path) -> float:
    """Seconds that ``bouwen build`` takes there."""
    start = time.perf_counter()
    command = [Path(sys.executable).with_name("bouwen"), "build", STUDY]
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return time.perf_counter() - start


def change_chapter(copy: Path) -> None:
    """Add a sentence to one chapter."""
    path = copy / "book" / "scales.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["source"].append("\n\nOne sentence more.")
    path.write_text(json.dumps(notebook))


def change_answer(copy: Path) -> None:
    """Change one answer of one respondent, within its scale."""
    path = (copy / STUDY).parent / "responses.csv"
    header, first, *rest = path.read_text().splitlines()
    at = header.split(",").index("integrity1")
    cells = first.split(",")
    cells[at] = "2" if cells[at] != "2" else "3"
    path.write_text("\n".join([header, ",".join(cells), *rest]) + "\n")


def main() -> None:
    """Time the four builds in the order in which a user meets them."""
    with tempfile.TemporaryDirectory() as folder:
        copy = copy_project(Path(folder))
        print(f"{'cold':<22} {build(copy):6.1f} s")
        print(f"{'nothing changed':<22} {build(copy):6.1f} s")
        change_chapter(copy)
        print(f"{'one chapter changed':<22} {build(copy):6.1f} s")
        change_answer(copy)
        print(f"{'one answer changed':<22} {build(copy):6.1f} s")


if __name__ == "__main__":
    main()

"""Where the bytes of an input are: in its own place, or in the copy that a build made of all inputs.

A build copies its inputs once, and everything that runs for it reads the copy, whatever is saved meanwhile.
Files keep their names in messages and pages.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

COPIES = "BOUWEN_INPUTS"  # in the environment of a build's processes: the folder with the copies


def opened(path: Path) -> Path:
    """The file to open for an input: its copy where this process works for a build that has one."""
    folder = os.environ.get(COPIES)
    if folder and (copy := copied(path, Path(folder))).is_file():
        return copy
    return path


def copied(path: Path, folder: Path) -> Path:
    """Where the copy of a file is in the folder of copies, which has the tree of the whole machine.

    >>> copied(Path("/home/jan/study.yml"), Path("copies")).as_posix()
    'copies/home/jan/study.yml'
    """
    absolute = Path(os.path.normpath(Path.cwd() / path))
    return folder.joinpath(absolute.drive.replace(":", ""), *absolute.parts[1:])


def copy_inputs(files: Iterable[Path], folder: Path) -> None:
    """Copy files into a folder that nobody else may read."""
    folder.mkdir(mode=0o700, parents=True)
    for path in files:
        copy = copied(path, folder)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)

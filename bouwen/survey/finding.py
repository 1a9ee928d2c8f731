"""Where the files of a study lie."""

from __future__ import annotations

import os
from pathlib import Path

from bouwen.checks import OptionError
from bouwen.survey.files import FileError, refuse_no_file


def find_study(path: str | Path) -> Path:
    """A study file, looked up from the working directory upwards.

    So the same path works at the root of the project, in ``book/`` and in a notebook.

    Raises
    ------
    FileError
        There is no such file here or in any folder above.
    """
    if not isinstance(path, (str, Path)):
        raise OptionError(f"a study is read from the path of its file; found {type(path).__name__}")
    path = Path(path)
    try:
        if path.is_dir():
            path = path / "study.yml"
        for folder in [Path(), *Path.cwd().parents]:
            if (folder / path).exists():
                refuse_no_file(folder / path)
                return folder / path
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror}).") from None
    raise FileError(path, f"there is no such study file in {Path.cwd()} or in a folder above it.")


def beside(path: Path, name: str) -> Path:
    """A file that is named from the folder of another one, without a detour in its path."""
    return Path(os.path.normpath(path.parent / name))

"""The books that tests read: each is built once in a run, whichever worker asks first."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pseudo
from mini import write_book, write_study

from bouwen.report.book import building, results
from bouwen.survey import read_study

REPOSITORY = Path(__file__).parents[2]


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Work in a folder for a while."""
    here = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(here)


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Wait until no other worker holds a file."""
    import fcntl

    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def html_of(root: Path) -> Path:
    """Where the miniature book is."""
    return root / "_build" / "mini" / "html"


def tree(folder: Path) -> dict[str, str]:
    """A hash of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


class Books:
    """Books of the repository's chapters, in a copy below a folder that all workers of a run share."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self.failed: dict[Path, Exception] = {}  # nobody waits twice for a book that cannot be built
        with alone(folder / "lock"):
            if not self.root.exists():
                self.copy_repository(folder / "copying").rename(self.root)

    @property
    def root(self) -> Path:
        """Where the chapters and studies are."""
        return self.folder / "repository"

    def copy_repository(self, root: Path) -> Path:
        """Copy what makes books: chapters, data, assets and their settings."""
        root.mkdir(parents=True)
        for name in ("book", "data", "assets"):
            shutil.copytree(REPOSITORY / name, root / name)
        for name in ("_config.yml", "_toc.yml", "requirements.lock"):
            shutil.copy(REPOSITORY / name, root / name)
        return root

    def html(self, study: str, language: str | None = None, **parameters: str) -> Path:
        """The folder of a study's finished book, which nobody may change.

        By default it is in the study's own language; parameters are those of chapters.
        """
        path = f"data/{study}/study.yml"
        with alone(self.folder / f"{study}.lock"), working_in(self.root):
            language = language or read_study(path).language
            output = self.folder / "-".join([study, language, *parameters])
            if output in self.failed:
                raise self.failed[output]
            if not (output / "index.html").exists():
                try:
                    building.build(path, parameters={"language": language, **parameters}, output=output)
                except Exception as error:
                    self.failed[output] = error
                    raise
        return output

    def verified(self, study: str) -> int:
        """How many results were compared with those that are recorded; chapters run only if no book has."""
        with alone(self.folder / f"{study}.lock"), working_in(self.root):
            return results.verify(f"data/{study}/study.yml")

    def pseudo(self) -> Path:
        """The root of a book in the pseudo-language, in its ``html``, which nobody may change."""
        root = self.folder / "pseudo"
        with alone(self.folder / "pseudo.lock"):
            if not (root / "html" / "index.html").exists():
                shutil.rmtree(root, ignore_errors=True)
                study = pseudo.write_book(root)
                with working_in(root), pseudo.known(root):
                    building.build(study, parameters={"permutations": "20"}, output=root / "html")
        return root

    def mini(self) -> Path:
        """The root of a miniature book that has been built, which nobody may change."""
        root = self.folder / "mini"
        with alone(self.folder / "mini.lock"):
            if not (root / "_build" / "mini" / "html").exists():
                shutil.rmtree(root, ignore_errors=True)
                root.mkdir()
                write_book(root)
                write_study(root)
                with working_in(root):
                    building.build("data/mini/study.yml", warm=False)
        return root

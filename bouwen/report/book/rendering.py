"""Sources of a site -> HTML, the same bytes wherever and whenever it is built.

Sphinx runs in a process of its own, so that its global state, its signals and its death are no
concern of the build.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from bouwen.errors import BouwenError
from bouwen.report.book.startup import ANSI, ENVIRONMENT, end_with_parent, skip_address_grammar

SPHINX_PARTS = (
    "docutils.parsers.rst.states",
    "sphinx.application",
    "sphinx.builders.html",
    "myst_nb.sphinx_ext",
    "jupyter_book.directive.toc",
    "sphinx_book_theme",
    "sphinx_external_toc",
)


class SiteError(BouwenError):
    """The site cannot be written; ``problems`` holds Sphinx's own lines."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("the site was not built:\n" + "\n".join(f"  {line}" for line in problems))
        self.problems = problems


class Sphinx:
    """A process that builds one site; it may be started early, to load what it needs while chapters run.

    Leaving the context ends it.
    """

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Sphinx:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process:
            self.process.kill()
            self.process.communicate()

    def start(self) -> subprocess.Popen[str]:
        """Start the process, unless it is started already."""
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(os.getpid())],
                env=os.environ | ENVIRONMENT,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        return self.process

    def render(self, source: Path, folder: Path) -> None:
        """Build HTML with Jupyter Book's configuration; a warning is an error.

        Parameters
        ----------
        source : Path
            The assembled sources.
        folder : Path
            New; the site is in its ``html``.

        Raises
        ------
        SiteError
            Sphinx warned or failed.
        """
        folder.mkdir(parents=True)
        process = self.start()
        _, said = process.communicate(json.dumps([str(source), str(folder)]))
        if process.returncode:
            raise SiteError(problems_in(said, source))
        (folder / "html" / ".buildinfo").unlink()


def problems_in(log: str, source: Path) -> list[str]:
    """What Sphinx complained about, without the place of the sources on this machine."""
    plain = ANSI.sub("", log).replace(f"{source}{os.sep}", "")
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    complaints = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b", line)]
    return complaints or lines[-5:] or ["Sphinx ended without a word."]


def main(parent: str) -> None:
    """Be the process that runs Sphinx: load it, then wait to be told the folders."""
    end_with_parent(int(parent))
    skip_address_grammar()
    for module in SPHINX_PARTS:
        with suppress(ImportError):  # Sphinx will say what is missing
            importlib.import_module(module)
    from jupyter_book.sphinx import build_sphinx

    if not (told := sys.stdin.read()):
        return
    source, folder = json.loads(told)
    result = build_sphinx(
        source,
        f"{folder}/html",
        path_config=f"{source}/_config.yml",
        noconfig=True,
        confoverrides={
            "external_toc_path": f"{source}/_toc.yml",
            "latex_individualpages": False,
            "nitpicky": True,
        },
        doctreedir=f"{folder}/doctrees",
        warningiserror=True,
        keep_going=True,
        quiet=True,
    )
    sys.exit(1 if isinstance(result, Exception) else result)


if __name__ == "__main__":
    main(*sys.argv[1:])

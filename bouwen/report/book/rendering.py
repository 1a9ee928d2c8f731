"""Sources of a site -> HTML, the same bytes wherever and whenever it is built.

Sphinx runs in a process of its own, so that its global state, its signals and its death are no
concern of the build.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from bouwen.errors import BouwenError
from bouwen.report.book.startup import ANSI, ENVIRONMENT, end_with_parent, skip_address_grammar


class SiteError(BouwenError):
    """The site cannot be written; ``problems`` holds Sphinx's own lines."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("the site was not built:\n" + "\n".join(f"  {line}" for line in problems))
        self.problems = problems


def render(source: Path, folder: Path) -> None:
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
    sphinx = subprocess.run(
        [sys.executable, "-m", __name__, str(os.getpid()), str(source), str(folder)],
        env=os.environ | ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    if sphinx.returncode:
        raise SiteError(problems_in(sphinx.stderr, source))
    (folder / "html" / ".buildinfo").unlink()


def problems_in(log: str, source: Path) -> list[str]:
    """What Sphinx complained about, without the place of the sources on this machine."""
    plain = ANSI.sub("", log).replace(f"{source}{os.sep}", "")
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    complaints = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b", line)]
    return complaints or lines[-5:] or ["Sphinx ended without a word."]


def main(parent: str, source: str, folder: str) -> None:
    """Be the process that runs Sphinx for another one."""
    end_with_parent(int(parent))
    skip_address_grammar()
    from jupyter_book.sphinx import build_sphinx

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

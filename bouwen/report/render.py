"""Sources of a site -> HTML, the same bytes wherever and whenever it is built.

Sphinx runs in a process of its own, so that its global state, its signals and its death are no
concern of the build.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bouwen.errors import BouwenError
from bouwen.report.startup import ENVIRONMENT, end_with_parent, skip_address_grammar


class SiteError(BouwenError):
    """The site cannot be written; ``problems`` holds Sphinx's own lines."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("the site was not built:\n" + "\n".join(f"  {line}" for line in problems))
        self.problems = problems


def render(source: Path, output: Path, scratch: Path) -> None:
    """Build HTML with Jupyter Book's configuration; a warning is an error.

    Parameters
    ----------
    source, output : Path
        The assembled sources and an empty folder.
    scratch : Path
        For what Sphinx keeps between its steps; cleared before and after.

    Raises
    ------
    SiteError
        Sphinx warned or failed.
    """
    shutil.rmtree(scratch, ignore_errors=True)
    sphinx = subprocess.run(
        [sys.executable, "-m", __name__, str(source), str(output), str(scratch)],
        env=os.environ | ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
    )
    shutil.rmtree(scratch, ignore_errors=True)
    if sphinx.returncode:
        raise SiteError(problems_in(sphinx.stderr, source))
    for leftover in (".buildinfo", ".buildinfo.bak"):
        (output / leftover).unlink(missing_ok=True)


def problems_in(log: str, source: Path) -> list[str]:
    """What Sphinx complained about, without the place of the sources on this machine."""
    plain = ANSI.sub("", log).replace(f"{source}{os.sep}", "")
    lines = [line.strip() for line in plain.splitlines() if line.strip()]
    complaints = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL|SEVERE)\b", line)]
    return complaints or lines[-5:] or ["Sphinx ended without a word."]


ANSI = re.compile(r"\x1b\[[0-9;]*m")


def main(source: str, output: str, scratch: str) -> None:
    """Be the process that runs Sphinx."""
    end_with_parent()
    skip_address_grammar()
    from jupyter_book.sphinx import build_sphinx

    result = build_sphinx(
        source,
        output,
        path_config=f"{source}/_config.yml",
        noconfig=True,
        confoverrides={
            "external_toc_path": f"{source}/_toc.yml",
            "latex_individualpages": False,
            "nitpicky": True,
        },
        doctreedir=scratch,
        warningiserror=True,
        keep_going=True,
        quiet=True,
    )
    sys.exit(1 if isinstance(result, Exception) else result)


if __name__ == "__main__":
    main(*sys.argv[1:])

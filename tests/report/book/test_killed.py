"""A build that is killed at any moment: the old book is whole, nothing runs on, the next one clears up."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from books import html_of, tree
from mini import code, markdown, write_book, write_chapter, write_study

from bouwen.report.book import building

pytestmark = [pytest.mark.book, pytest.mark.long]
STUDY = "data/mini/study.yml"
KILLS, FULL = 30, 6  # after every sixth kill a build may end
CONTENT = {"a": "One answer.", "b": "Another answer."}


def write(root: Path, content: str) -> None:
    """A chapter that takes a moment, so that kills fall into it as well."""
    cells = [code(f"import time\n\ntime.sleep(0.2)\nprint({CONTENT[content]!r})") for _ in range(3)]
    write_chapter(root, "book/sample", markdown("# Sample"), *cells)
    write_chapter(root, "book/subgroups", markdown(f"# Groups {content}"), code("1"))


def start(root: Path, mark: str, scratch: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", "from bouwen.cli import main; main()", "build", STUDY]
    environment = os.environ | {"BOUWEN_TEST_MARK": mark, "TMPDIR": str(scratch)}
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen(command, cwd=root, env=environment, start_new_session=True, **silent)


def alive(mark: str) -> list[str]:
    """What still runs of a build, wherever it hangs in the tree of processes."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("BOUWEN_TEST_MARK") == mark and process.status() != "zombie":
                found.append(" ".join(process.cmdline())[-80:])
        except psutil.Error:
            continue
    return found


@pytest.fixture
def roots(tmp_path, monkeypatch):
    """Clean books of both contents, and a root that has the first."""
    clean = {}
    for content in CONTENT:
        root = tmp_path / content
        root.mkdir()
        write_book(root)
        write_study(root)
        write(root, content)
        monkeypatch.chdir(root)
        building.build(STUDY)
        clean[content] = tree(html_of(root))
    return tmp_path / "a", clean


def test_kills_at_random_moments(roots, record):
    root, clean = roots
    scratch = Path(tempfile.mkdtemp(prefix="b"))
    began = time.monotonic()
    write(root, "b")
    assert start(root, "whole", scratch).wait() == 0
    whole = time.monotonic() - began
    draw, rows = random.Random(20), []
    for number in range(KILLS):
        content = "ab"[number % 2]
        write(root, content)
        moment = draw.uniform(0, whole)
        build = start(root, f"{number}", scratch)
        time.sleep(moment)
        build.send_signal(signal.SIGKILL)
        build.wait()
        deadline = time.monotonic() + 2
        while (left := alive(str(number))) and time.monotonic() < deadline:
            time.sleep(0.1)
        shown = tree(html_of(root)) if html_of(root).exists() else tree(html_of(root).with_name(".html.old"))
        rows.append({"moment": moment / whole, "processes": len(left), "whole": shown in clean.values()})
        assert not left, (moment, left)
        assert rows[-1]["whole"], moment
        if number % FULL == FULL - 1:
            assert start(root, "next", scratch).wait() == 0
            assert tree(html_of(root)) == clean[content]
            assert not list(scratch.iterdir()), moment
            places = {path.name for path in html_of(root).parent.iterdir()}
            assert places == {".html.json", ".lock", ".secret", "cache", "html", "source"}, moment
    found = pd.DataFrame(rows)
    table = {"kills": [KILLS], "left running": [int(found["processes"].sum())]}
    record("killed-builds", pd.DataFrame({**table, "book whole": [int(found["whole"].sum())]}))
    scratch.rmdir()

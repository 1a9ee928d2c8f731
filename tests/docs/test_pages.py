"""The reference builds without a warning and without the network, and names files that are there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOLD = [*(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md", ROOT / "README.md"]
FOLDERS = "assets|benchmarks|book|bouwen|data|docs|tests"


@pytest.mark.parametrize("page", TOLD, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_files_that_a_page_names_are_there(page):
    named = re.findall(rf"`((?:{FOLDERS})/[\w./-]+)`", page.read_text(encoding="utf-8"))
    real = [name for name in named if not re.search("NAME|CODE", name)]
    assert not [name for name in real if not (ROOT / name).exists()]


@pytest.mark.book
def test_the_reference_builds_and_asks_the_network_for_nothing(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-q", "-E", "-W", "-n", "-d", tmp_path / "trees"]
    done = subprocess.run([*command, ROOT / "docs", tmp_path / "html"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for page in (tmp_path / "html").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//[^"]+', text), page
        assert not re.findall(r'<link[^>]+stylesheet[^>]+href="(?:https?:)?//[^"]+', text), page

"""The tests that the page on formulas names are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "formulas.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(test_\w+)::(test_\w+)`", PAGE)))


@pytest.mark.parametrize(("file", "name"), NAMED, ids="::".join)
def test_a_named_test_is_there(file, name):
    paths = list((ROOT / "tests").rglob(f"{file}.py"))
    assert paths, f"there is no {file}.py"
    assert any(f"def {name}(" in path.read_text(encoding="utf-8") for path in paths)


def test_every_row_names_a_test():
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| Quantity")]
    assert len(rows) > 30
    assert not [row for row in rows if "::test_" not in row]

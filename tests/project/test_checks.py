"""The checks that are promised exist, and each runs the tests that it should."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = ("book", "quick", "test", "long", "times", "lint", "lab", "docs", "bench", "clean", "lock")
CLOCKS = {"time", "monotonic", "perf_counter", "process_time"}
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def commands(target: str) -> str:
    """What make runs for a target."""
    found = re.search(rf"^{target}:.*\n((?:\t.*\n)*)", MAKEFILE, re.MULTILINE)
    return found[1] if found else ""


@pytest.mark.parametrize("target", TARGETS)
def test_a_target_that_is_documented_does_something(target):
    assert re.search(rf"^#.*\bmake {target}\b", MAKEFILE, re.MULTILINE)
    assert commands(target)
    assert re.search(rf"^\.PHONY:.*\b{target}\b", MAKEFILE, re.MULTILINE)


def test_every_phony_target_is_documented():
    phony = re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split()
    assert set(phony) == {".venv", *TARGETS}


def test_each_target_chooses_its_tests():
    chosen = {t: re.findall(r'PYTEST\) -m (?:"([^"]*)"|(\w+))', commands(t)) for t in TARGETS}
    words = {target: " ".join(map("".join, found)) for target, found in chosen.items() if found}
    assert words == {"quick": "not book and not browser and not long", "test": "not long", "long": "long"}
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^make test$", script, re.MULTILINE)
    assert re.search(r"^make long SHARE=0\.1$", script, re.MULTILINE)


def test_there_are_three_markers():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    markers = settings["tool"]["pytest"]["ini_options"]["markers"]
    assert {line.split(":")[0] for line in markers} == {"book", "browser", "long"}


def of_a_clock(node: ast.AST) -> bool:
    """Whether an assertion looks at a clock."""
    calls = (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))
    return any(isinstance(call.func, ast.Attribute) and call.func.attr in CLOCKS for call in calls)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_only_long_tests_assert_how_long_something_takes(path):
    """Helpers that wait may give up after a while; their names begin with ``wait`` or ``start``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
        marks = " ".join(map(ast.unparse, function.decorator_list))
        if "mark.long" in marks or function.name.startswith(("wait", "start")):
            continue
        clocked = [
            node.lineno for node in ast.walk(function) if isinstance(node, ast.Assert) and of_a_clock(node)
        ]
        assert clocked == [], f"{path.name}: {function.name}"


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_who_asks_for_a_book_or_a_browser_is_marked(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    whole = " ".join(
        ast.unparse(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "pytestmark"
    )
    needs = {
        "books": "mark.book",
        "mini_book": "mark.book",
        "site": "mark.book",
        "chromium": "mark.browser",
        "seen": "mark.browser",
    }
    for function in (node for node in tree.body if isinstance(node, ast.FunctionDef)):
        marks = whole + " ".join(map(ast.unparse, function.decorator_list))
        if function.name.startswith("test_"):
            for argument in (argument.arg for argument in function.args.args):
                assert needs.get(argument, "") in marks, f"{path.name}: {function.name}"

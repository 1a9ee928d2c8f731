"""The chapters of a study, their cells run here rather than in kernels."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from unittest import mock

import matplotlib

from bouwen.report import telling
from bouwen.report.book.building import plan
from bouwen.report.book.chapters import Page, source_of


def run_book(study, **parameters: str) -> dict[str, list[str]]:
    """What the cells of every page of a study's book show, by page; an error is that of the cell."""
    return {page.name: list(run_page(page)) for page in plan(study, parameters).pages}


def run_page(page: Page) -> Iterator[str]:
    """The texts of a page with its numbers filled in, and what its cells of code show."""
    matplotlib.use("agg")
    told: dict[str, str] = {}

    def tell(language: str = "en", **values: object) -> None:
        for name, value in values.items():
            told[name] = value[1] if isinstance(value, tuple) else telling.say(value, language)

    space: dict[str, object] = {}
    with mock.patch("bouwen.tell", tell):
        code = {id(cell): shown(run_cell(source_of(cell), space)) for cell in cells_of(page, "code")}
    for cell in page.notebook["cells"]:  # numbers are filled in when the page is finished
        if cell["cell_type"] == "markdown":
            yield re.sub(r"\{glue:text\}`(\w+)`", lambda found: str(told[found[1]]), source_of(cell))
        else:
            yield code[id(cell)]


def cells_of(page: Page, kind: str) -> list[dict]:
    return [cell for cell in page.notebook["cells"] if cell["cell_type"] == kind]


def run_cell(source: str, space: dict[str, object]) -> object:
    """Run a cell; the value of its last line."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "cell", "exec"), space)
    return eval(compile(ast.Expression(last.value), "cell", "eval"), space) if last else None


def shown(value: object) -> str:
    """A value as a page shows it; figures are drawn."""
    if value is None:
        return ""
    if hasattr(value, "draw"):
        value.draw()
        return "(figure)"
    if hasattr(value, "as_raw_html"):
        return str(value.as_raw_html())
    return str(getattr(value, "data", value))

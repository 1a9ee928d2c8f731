"""Chapters as they are stored: no outputs, no execution counts, fixed ids, one way to write JSON.

``python -m bouwen.report.book.notebooks FILE...`` rewrites notebooks so; with ``--check`` it only says
which are not.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from bouwen.report.book.chapters import Notebook, source_of
from bouwen.report.book.running import METADATA, cell_id


def stored(notebook: Notebook, name: str) -> str:
    """A notebook as the text that is stored.

    Parameters
    ----------
    notebook : dict
    name : str
        The notebook's name, from which its cells get their ids.
    """
    cells = [stored_cell(cell, name, number) for number, cell in enumerate(notebook["cells"])]
    wishes = {key: value for key, value in notebook["metadata"].items() if key == "bouwen"}
    content = {"cells": cells, "metadata": {**METADATA, **wishes}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def stored_cell(cell: dict[str, Any], name: str, number: int) -> dict[str, Any]:
    """One cell without anything that running it left behind."""
    metadata = {key: cell["metadata"][key] for key in sorted(filter(KEPT.fullmatch, cell["metadata"]))}
    code: dict[str, Any] = {"execution_count": None, "outputs": []} if cell["cell_type"] == "code" else {}
    return {
        "cell_type": cell["cell_type"],
        "id": cell_id(name, number),
        "metadata": metadata,
        **code,
        "source": source_of(cell).rstrip().splitlines(keepends=True),
    }


KEPT = re.compile(r"tags|mystnb(_.+)?")  # of a cell's metadata


def main(arguments: list[str]) -> int:
    """Rewrite or check notebooks; the exit status is 1 if one was not as it should be."""
    check = "--check" in arguments
    changed = []
    for path in (Path(argument) for argument in arguments if argument != "--check"):
        before = path.read_text(encoding="utf-8")
        after = stored(json.loads(before), path.stem)
        if before != after:
            changed.append(path)
            if not check:
                path.write_text(after, encoding="utf-8")
    for path in changed:
        print(f"{path}: {'is not as stored notebooks are' if check else 'rewritten'}")  # noqa: T201
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The numbers that a book tells: recorded once, compared with every later build.

A chapter tells a number with `bouwen.tell`, which leaves the bare value in the output's metadata.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bouwen.errors import BouwenError
from bouwen.report.book.building import Listener, Silence, locked, plan, run_chapters
from bouwen.report.book.chapters import Notebook

ABSOLUTE, RELATIVE = 1e-6, 1e-3

Results = dict[str, dict[str, Any]]  # by page, then by the name that was told


class DifferentResultsError(BouwenError):
    """Results that are not as recorded; ``differences`` lists them."""

    def __init__(self, differences: list[str]) -> None:
        count = "1 result is" if len(differences) == 1 else f"{len(differences)} results are"
        super().__init__(f"{count} not as recorded:\n" + "\n".join(f"  {line}" for line in differences))
        self.differences = differences


def record(study: str | Path, listener: Listener | None = None) -> Path:
    """Write the results of a study's book, with tolerances, to ``expected.json`` beside the study."""
    found, path = results_of(study, listener or Silence())
    expected = {
        page: {name: {"value": value, "tolerance": tolerance(value)} for name, value in values.items()}
        for page, values in found.items()
    }
    path.write_text(json.dumps(expected, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def verify(study: str | Path, listener: Listener | None = None) -> int:
    """Compare the results of a study's book with the recorded ones.

    Returns
    -------
    int
        How many results were compared.

    Raises
    ------
    DifferentResultsError
        A result differs by more than its tolerance, is missing or is new.
    """
    found, path = results_of(study, listener or Silence())
    if not path.exists():
        raise BouwenError(f"{path}: no results are recorded yet; run `bouwen verify --record` first.")
    expected = json.loads(path.read_text(encoding="utf-8"))
    differences = list(compare(expected, found))
    if differences:
        raise DifferentResultsError(differences)
    return sum(map(len, expected.values()))


def results_of(study: str | Path, listener: Listener) -> tuple[Results, Path]:
    """What the chapters tell now, run where something changed, and where the record is."""
    book = plan(study)
    with locked(book.work):
        notebooks = run_chapters(book, listener)
    return {name: told for name, notebook in notebooks.items() if (told := told_in(notebook))}, (
        book.study.path.parent / "expected.json"
    )


def told_in(notebook: Notebook) -> dict[str, Any]:
    """The values that an executed notebook tells, by name."""
    return {
        output["metadata"]["scrapbook"]["name"]: output["metadata"]["bouwen"]["value"]
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        if "bouwen" in output.get("metadata", {})
    }


def tolerance(value: Any) -> float | None:
    """How far a later number may be off; None where the value must be the same.

    Numbers come from iterative fits, which other versions of numpy and other processors end
    elsewhere within their stopping rule.
    """
    if isinstance(value, bool) or not isinstance(value, float) or not math.isfinite(value):
        return None
    return max(ABSOLUTE, RELATIVE * abs(value))


def compare(expected: Mapping[str, Mapping[str, Any]], found: Results) -> Iterator[str]:
    """A line for each result that is not as recorded, with both values."""
    for page in sorted(expected.keys() | found.keys()):
        recorded, told = expected.get(page, {}), found.get(page, {})
        for name in sorted(recorded.keys() | told.keys()):
            if name not in told:
                yield f"{page}, {name}: recorded {recorded[name]['value']}, now absent"
            elif name not in recorded:
                yield f"{page}, {name}: now {told[name]}, not recorded"
            elif not agree(recorded[name], told[name]):
                yield f"{page}, {name}: recorded {recorded[name]['value']}, now {told[name]}"


def agree(recorded: Mapping[str, Any], now: Any) -> bool:
    """Whether a value is within the recorded tolerance."""
    value, allowed = recorded["value"], recorded["tolerance"]
    if allowed is None or not isinstance(now, int | float):
        return bool(value == now) or (value != value and now != now)
    return math.isclose(now, value, rel_tol=0, abs_tol=allowed)

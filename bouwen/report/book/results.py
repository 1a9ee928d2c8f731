"""Everything that a book shows: recorded once, compared with every later build.

The record is a file beside the study, ``expected.json``: what its pages show and nothing else, a line for
each sentence and each row, so that version control shows what a change moved.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bouwen.errors import BouwenError
from bouwen.report.book.answers import refuse_answers
from bouwen.report.book.building import Listener, Silence, locked, plan, refusing_bad_output, run_chapters
from bouwen.report.book.comparing import differences, in_line
from bouwen.report.book.recording import Record, record_of
from bouwen.report.tables.origin import make_key

MOST_PAGES = 4  # that are named for what a message leaves out
MOST_LINES = 10  # differences in a message; all are in the error

Results = dict[str, Record]  # by page
FILE: TypeAdapter[Results] = TypeAdapter(Results)


class DifferentResultsError(BouwenError):
    """Results that are not as recorded; ``differences`` lists them."""

    def __init__(self, differences: list[str]) -> None:
        count = "1 result is" if len(differences) == 1 else f"{len(differences)} results are"
        lines = [f"  {line}" for line in differences[:MOST_LINES]]
        if rest := differences[MOST_LINES:]:
            pages = Counter(re.split("[,:]", line)[0] for line in rest).most_common(MOST_PAGES)
            lines.append(f"  and {len(rest)} more, most in {', '.join(f'{page} ({n})' for page, n in pages)}")
        super().__init__("\n".join([f"{count} not as recorded:", *lines]))
        self.differences = differences


class BadRecord(BouwenError):
    """A file of recorded results that cannot be read; ``path`` is where it is."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}; restore it, or write it anew with `bouwen verify --record`.")
        self.path = path


def record(study: str | Path, listener: Listener | None = None) -> Path:
    """Write what the pages of a study's book show to ``expected.json`` beside the study."""
    found, path = results_of(study, listener or Silence(), recording=True)
    part = path.with_suffix(".part")
    with refusing_bad_output(path):
        part.write_text(as_text(found), encoding="utf-8")
        part.replace(path)
    return path


def verify(study: str | Path, listener: Listener | None = None) -> int:
    """Compare what the pages of a study's book show with what was recorded.

    Returns
    -------
    int
        How many values, sentences, cells of tables and figures were compared.

    Raises
    ------
    DifferentResultsError
        A result differs by more than its tolerance, is missing or is new.
    BadRecord
        There is no record, or it is not one.
    """
    found, path = results_of(study, listener or Silence())
    expected = read_record(path)
    if lines := list(compare(expected, found)):
        raise DifferentResultsError(lines)
    return sum(page.count for page in expected.values())


def results_of(study: str | Path, listener: Listener, *, recording: bool = False) -> tuple[Results, Path]:
    """What the pages show now, run where something changed, and where the record is."""
    book = plan(study)
    path = book.study.path.parent / "expected.json"
    with refusing_bad_output(path):
        if recording:
            make_key(book.study)
        else:
            read_record(path)  # before chapters run for nothing
    with refusing_bad_output(book.work), locked(book.work):
        notebooks = run_chapters(book, listener)
        if recording:
            refuse_answers(book.study, notebooks)
    return {name: record_of(notebook) for name, notebook in notebooks.items()}, path


def read_record(path: Path) -> Results:
    """The recorded results of a study.

    Raises
    ------
    BadRecord
        The file is missing, cannot be read or does not hold a record.
    """
    if path.exists() and not path.is_file() and not path.is_dir():  # a device or a pipe may have no end
        raise BadRecord(path, "is no ordinary file")
    try:
        return FILE.validate_python(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise BadRecord(path, "no results are recorded yet") from None
    except OSError as error:
        raise BadRecord(path, f"cannot be read ({error.strerror})") from None
    except ValidationError as error:
        where = ", ".join(in_line(str(part)) for part in error.errors()[0]["loc"][:3]) or "the whole of it"
        raise BadRecord(path, f"is not a record of results of this version (see {where})") from None
    except json.JSONDecodeError as error:
        raise BadRecord(path, f"is damaged (line {error.lineno})") from None
    except (ValueError, RecursionError):
        raise BadRecord(path, "is damaged") from None


def compare(expected: Mapping[str, Record], found: Mapping[str, Record]) -> Iterator[str]:
    """A line for each result that is not as recorded: where it is, what it was and what it is now."""
    for page in [*expected, *(name for name in found if name not in expected)]:
        if page not in found:
            yield f"{in_line(page)}: recorded, now absent"
        elif page not in expected:
            yield f"{page}: a page that is not recorded"
        else:
            yield from (f"{page}, {line}" for line in differences(expected[page], found[page]))


def as_text(results: Mapping[str, Record]) -> str:
    """Results as JSON in a fixed order, with a line for every value, sentence and row."""
    pages = {name: page.model_dump(exclude_defaults=True) for name, page in results.items()}
    return "\n".join(lines(pages, "")) + "\n"


def lines(part: Any, indent: str) -> Iterator[str]:
    """JSON with a line for every value, sentence and row, keys in their order."""
    if is_line(part):
        yield json.dumps(part, ensure_ascii=False)
        return
    named = isinstance(part, dict)
    entries = sorted(part.items()) if named else [("", value) for value in part]
    yield "{" if named else "["
    for number, (key, value) in enumerate(entries):
        whole = key in WHOLE or isinstance(value, dict)
        first, *rest = lines(value, indent + " ") if whole else [json.dumps(value, ensure_ascii=False)]
        made = [
            f"{indent} {json.dumps(key, ensure_ascii=False)}: {first}" if named else f"{indent} {first}",
            *rest,
        ]
        made[-1] += "," if number + 1 < len(entries) else ""
        yield from made
    yield indent + ("}" if named else "]")


WHOLE = ("sentences", "rows", "layers", "edges")  # lists that have a line for each entry


def is_line(part: Any) -> bool:
    """Whether a part stands on one line by itself: what is told, and what is empty."""
    return not part or (isinstance(part, dict) and part.keys() == {"value", "tolerance"})

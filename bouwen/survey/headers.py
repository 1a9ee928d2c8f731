"""Numbered records of a file -> a table: where its header is, what its columns are called, where it ends."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

from bouwen.survey.exports import totals
from bouwen.survey.files import FileError
from bouwen.survey.table import AS_FOUND, CONTROL, Reading, Remark, Row, Table, TableError
from bouwen.survey.values import as_seen, fold, is_empty, number_in, text

MOST_TITLES = 30  # rows among which the header is looked for
MOST_FOOTERS = 5  # rows at the end that may be no respondents
NAMELESS = re.compile(r"|Unnamed: [0-9]+|__index_level_[0-9]+__")
RESPONSE = (
    "response",
    "open-ended response",
    "reactie",
    "antwoord op open vraag",
)  # SurveyMonkey's second row


def table_of(
    path: Path,
    records: Iterable[tuple[int, Row]],
    encoding: str | None = None,
    reading: Reading = AS_FOUND,
    *,
    sheet: bool = False,
) -> Table:
    """Numbered records, the header among the first -> a table; rows without any cell filled are left out.

    The rows of a ``sheet`` may be shorter than its header, or have something beside it.
    """
    skipped = reading.skip_rows or 0
    lines = [(n, record) for n, record in records if n > skipped and not all(map(is_empty, record))]
    if not lines:
        raise FileError(path, "is empty.")
    above = title_rows([record for _, record in lines[:MOST_TITLES]], reading)
    lines = lines[above:]
    heads = header_rows([record for _, record in lines[:4]], reading)
    names, wordings = column_names([record for _, record in lines[:heads]], reading)
    rows = lines[heads:]
    if not sheet and has_row_names(names, rows):
        names, wordings = ["", *names], {place + 1: said for place, said in wordings.items()}
    below = footer_rows(rows, len(names))
    rows = rows[: len(rows) - below]
    remarks = [Remark(key, {"n": n}) for key, n in (("above", above), ("below", below)) if n]
    if sheet:
        rows, beside = evened(rows, names)
        remarks += [Remark("beside", {"n": beside})] if beside else []
    table = checked(path, names, rows, encoding)
    said = {table.header[place]: words for place, words in wordings.items() if place < len(table.header)}
    return replace(table, wordings=said, remarks=tuple(remarks))


def title_rows(first: Sequence[Row], reading: Reading) -> int:
    """The rows above the header: up to the row with most known names, else to the first wide one."""
    if reading.skip_rows is not None:
        return 0
    known = [reading.knows(record) for record in first]
    if best := max(known):
        return 0 if known[0] == best else known.index(best)
    widths = [sum(not is_empty(cell) for cell in record) for record in first]
    widest = max(widths)
    if widths[0] > 1 or widest < 3:
        return 0
    return next(i for i, width in enumerate(widths) if width >= max(3, widest / 2))


def header_rows(first: Sequence[Row], reading: Reading) -> int:
    """The number of rows that the header takes: as the study says, or as exports of known tools have it."""
    if reading.header_rows is not None:
        return reading.header_rows
    below = first[1:]
    for n, record in enumerate(below, start=1):
        if is_import_ids(record):
            return n + 1
    if not below:
        return 1
    old = {"ResponseID", "ResponseSet"} <= set(first[0])
    return 2 if old or says_the_same(first[0], below[0]) or continues(first[0], below[0]) else 1


def is_import_ids(record: Row) -> bool:
    """Whether a row holds the ids that Qualtrics gives columns, also as Python writes them."""
    filled = [str(cell).lstrip() for cell in record if not is_empty(cell)]
    return bool(filled) and all(re.match(r"\{\s*[\"']+ImportId", cell) for cell in filled)


def says_the_same(header: Row, record: Row) -> bool:
    """Whether a row says the names of Qualtrics' own columns again, such as "Start Date" for StartDate."""
    pairs = [(squeezed(a), squeezed(b)) for a, b in zip(header, record, strict=False)]
    return sum(a == b and len(a) > 5 for a, b in pairs) >= 2 or ("responseid", "responseid") in pairs


def squeezed(cell: Any) -> str:
    """The letters and digits of a cell."""
    return re.sub(r"[\W_]+", "", str(cell).casefold())


def continues(header: Row, record: Row) -> bool:
    """Whether a row continues the header, as SurveyMonkey's second: it names what has no name above it."""
    pairs = list(zip_longest(header, record))
    if is_empty(pairs[0][0]) or not is_empty(pairs[0][1]):
        return False
    named = any(is_empty(a) and isinstance(b, str) and not is_empty(b) for a, b in pairs)
    return named and all(is_empty(b) or (isinstance(b, str) and number_in(b) is None) for _, b in pairs)


def column_names(heads: Sequence[Row], reading: Reading) -> tuple[list[str], dict[int, tuple[str, ...]]]:
    """The name of each column, and what further rows of the header say of columns, by place."""
    names = ["" if is_empty(cell) else text(cell) for cell in heads[0]] if heads else []
    if not heads:
        return names, {}
    if len(heads) == 2 and (continues(heads[0], heads[1]) or (reading.header_rows == 2 and "" in names)):
        return joined_names(heads[0], heads[1])
    said: dict[int, tuple[str, ...]] = {}
    for record in heads[1:]:
        if not is_import_ids(record):
            for place, cell in enumerate(record[: len(names)]):
                if not is_empty(cell):
                    said[place] = (*said.get(place, ()), text(cell))
    return names, said


def joined_names(first: Row, second: Row) -> tuple[list[str], dict[int, tuple[str, ...]]]:
    """Questions and the parts below them as one name each, and other ways to write it."""
    names, said, question = [], {}, ""
    for place, (above, below) in enumerate(zip_longest(first, second)):
        part = "" if is_empty(below) else text(below)
        question = question if is_empty(above) else text(above)
        alone = not part or (fold(part) in RESPONSE and not is_empty(above))
        own = "" if is_empty(above) and not part else question
        names.append(own if alone else f"{own} - {part}" if own else part)
        if part and own:
            said[place] = (part, *(f"{own}{sign}{part}" for sign in (" ", ": ", " / ", " | ", ". ")))
    return names, said


def has_row_names(names: Sequence[str], rows: Sequence[tuple[int, Row]]) -> bool:
    """Whether R's row names, numbers that go up, stand before what the header names."""
    if len(rows) < 2 or any(len(row) != len(names) + 1 for _, row in rows):
        return False
    numbers = [number_in(row[0]) for _, row in rows]
    up = all(a is not None and b is not None and a < b for a, b in pairwise(numbers))
    return up and not all(is_empty(row[-1]) for _, row in rows)


def footer_rows(rows: Sequence[tuple[int, Row]], width: int) -> int:
    """The rows at the end that are no respondents: sums of columns, and sentences below the table."""
    below = 0
    while below < min(MOST_FOOTERS, len(rows) - 1) and is_footer(rows[-1 - below][1], width):
        below += 1
    return below


def is_footer(row: Row, width: int) -> bool:
    """Whether a row says "Total" before numbers, or one sentence in a table of three columns or more."""
    filled = [cell for cell in row if not is_empty(cell)]
    if width < 3 or not filled or not isinstance(filled[0], str):
        return False
    if len(filled) == 1:
        return not is_empty(row[0]) and len(filled[0].split()) > 1 and len(filled[0]) > 10
    rest = all(number_in(cell) is not None or not isinstance(cell, str) for cell in filled[1:])
    return rest and fold(filled[0]).rstrip(":") in totals()


def evened(rows: Sequence[tuple[int, Row]], names: Sequence[str]) -> tuple[list[tuple[int, Row]], int]:
    """The rows of a sheet as long as its header, and how many had something beside it."""
    width = len(names)
    even = [(n, (*row[:width], *[None] * (width - len(row)))) for n, row in rows]
    beside = sum(len(row) > width and not all(map(is_empty, row[width:])) for _, row in rows)
    return [(n, row) for n, row in even if not all(map(is_empty, row))], beside


def checked(
    path: Path, names: Sequence[str], rows: Sequence[tuple[int, Row]], encoding: str | None = None
) -> Table:
    """A table, once it is known to have answers below columns with names of their own."""
    if not rows:
        raise TableError(path, "has a header but no answers below it.")
    width = len(names)
    while width and not names[width - 1] and all(len(r) < width or is_empty(r[width - 1]) for _, r in rows):
        width -= 1  # exports may end each line with a delimiter
    for n, row in rows:
        if len(row) < width:
            raise TableError(path, "has fewer cells than the header; is the file cut short?", rows=[n])
        if len(row) > width and not all(map(is_empty, row[width:])):
            message = "has more cells than the header; name their columns, or put quotes around a text with "
            raise TableError(path, message + "a delimiter in it.", rows=[n])
    if any(map(CONTROL.search, names[:width])):
        raise TableError(path, "holds control characters in its header; remove them.")
    header, nameless, repeated = named_by_place(names[:width])
    even = [(n, row[:width]) if len(row) > width else (n, row) for n, row in rows]
    return Table(path, header, even, encoding, nameless=nameless, repeated=repeated)


def named_by_place(names: Sequence[str]) -> tuple[list[str], frozenset[str], dict[str, tuple[str, ...]]]:
    """Unique names of columns; those that had none; by the name as it is seen, those that shared one.

    >>> named_by_place(["", "Remark", "Remark "])[0]
    ['column 1', 'Remark', 'Remark (2)']
    """
    taken = set(names)
    header: list[str] = []
    repeated: dict[str, tuple[str, ...]] = {}
    nameless = set()
    seen: Counter[str] = Counter()
    for place, name in enumerate(names, start=1):
        key, own = as_seen(name), name
        seen[key] += 1
        if NAMELESS.fullmatch(key):
            own = free_name(f"column {place}", taken)
            nameless.add(own)
        elif seen[key] > 1:
            own = free_name(f"{name.strip()} ({seen[key]})", taken)
        if own != name:
            taken.add(own)
        header.append(own)
        if key and own not in nameless:
            repeated[key] = (*repeated.get(key, ()), own)
    shared = {key: found for key, found in repeated.items() if len(found) > 1}
    return header, frozenset(nameless), shared


def free_name(name: str, taken: set[str]) -> str:
    """A name that no other column has."""
    while name in taken:
        name += "'"
    return name

"""Two records of a page -> a line for each thing that is not the same: where, what it was, what it is now."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any

from bouwen.report.book.recording import Cell, Figure, Layer, Record, ShownTable, Told

#: How far a number in a figure may be off, by itself and as a part of its size: other processors end an
#: iteration a millionth elsewhere, and six digits are kept.
FIGURE_ABSOLUTE, FIGURE_RELATIVE = 2e-6, 2e-5

LONGEST_TEXT = 80  # letters of a text in a line


def differences(recorded: Record, now: Record) -> Iterator[str]:
    """A line for each value, sentence, table and figure of a page that is not as recorded.

    Recorded texts may be anything, since people edit the file: lines hold them cut and clean.
    """
    edges = [*recorded.edges, *now.edges]
    recorded, now = settled(recorded, edges), settled(now, edges)
    yield from different_values(recorded.told, now.told)
    yield from different_texts("sentence", recorded.sentences, now.sentences)
    yield from in_both("table", recorded.tables, now.tables, different_cells)
    yield from in_both("figure", recorded.figures, now.figures, different_marks)


def settled(record: Record, edges: Sequence[Sequence[str]]) -> Record:
    """A record in whose texts every number on an edge is written in one of its two ways."""
    one_way = {first: second for pair in edges for first, second in [sorted(pair)]}

    def settle(part: Any) -> Any:
        if isinstance(part, str):
            return NUMBER_IN_TEXT.sub(lambda found: one_way.get(found[0], found[0]), part)
        if isinstance(part, dict):
            return {key: settle(value) for key, value in part.items()}
        return [settle(value) for value in part] if isinstance(part, list) else part

    return Record.model_validate(settle(record.model_dump(exclude={"edges"}))) if one_way else record


NUMBER_IN_TEXT = re.compile(r"[-−]?\d+(?:[.,]\d+)*")


def in_both(kind: str, recorded: Mapping[str, Any], now: Mapping[str, Any], compare: Any) -> Iterator[str]:
    """Lines for tables or figures by name: those that are gone or new, and what differs in the others."""
    for name in [*recorded, *(name for name in now if name not in recorded)]:
        where = f"{kind} {in_line(name)}"
        if name not in now:
            yield f"{where}: recorded, now absent"
        elif name not in recorded:
            yield f"{where}: new, not recorded"
        else:
            yield from (f"{where}, {line}" for line in compare(recorded[name], now[name]))


# -------------------------------------------------------------------- values


def different_values(recorded: Mapping[str, Told], now: Mapping[str, Told]) -> Iterator[str]:
    """A line for each value in the prose."""
    for name in sorted(recorded.keys() | now.keys()):
        if name not in now:
            yield f"{in_line(name)}: recorded {in_line(recorded[name].value)}, now absent"
        elif name not in recorded:
            yield f"{in_line(name)}: now {in_line(now[name].value)}, not recorded"
        elif not agree(recorded[name], now[name].value):
            yield f"{in_line(name)}: {moved(recorded[name].value, now[name].value)}"


def agree(recorded: Told, now: Any) -> bool:
    """Whether a value is within the recorded tolerance."""
    value, allowed = recorded.value, recorded.tolerance
    if allowed is None or not is_number(value) or not is_number(now):
        return bool(value == now)
    return math.isclose(now, value, rel_tol=0, abs_tol=allowed)


def is_number(value: object) -> bool:
    """Whether a value is a number that has a size, which a truth value has not."""
    return isinstance(value, float) or (type(value) is int and abs(value) < 1 << 1000)


def moved(before: Any, after: Any) -> str:
    """Both values, and the distance between them where they are numbers.

    >>> moved(1.5, 1.6), moved("−3.45", "−3.46"), moved("12", "<10")
    ('recorded 1.5, now 1.6 (+0.1)', 'recorded −3.45, now −3.46 (-0.01)', 'recorded 12, now <10')
    """
    said = f"recorded {in_line(before)}, now {in_line(after)}"
    first, second = number_of_cell(before), number_of_cell(after)
    return said if first is None or second is None else f"{said} ({second - first:+.3g})"


def number_of_cell(value: Any) -> float | None:
    """The number that a value is, or that a cell is read as; None where that is not certain."""
    if is_number(value):
        return float(value)
    if isinstance(value, str) and (match := READ.fullmatch(value)):
        return float(f"{match[1]}{match[2]}.{match[3] or 0}".replace("−", "-"))
    return None


READ = re.compile(r"([-−]?)(\d+)(?:[.,](\d{1,2}|\d{4,}))?\s?%?")  # three digits may be thousands


def in_line(value: Any) -> str:
    """A value in a line, cut where it is long."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value)
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


# -------------------------------------------------------------------- texts


def different_texts(kind: str, recorded: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    """A line for each text that is gone, new or another one."""
    steps = SequenceMatcher(None, recorded, now, autojunk=False).get_opcodes()
    for step, first, last, new_first, new_last in steps:
        if step == "equal":
            continue
        for before, after in zip_longest(recorded[first:last], now[new_first:new_last]):
            if after is None:
                yield f'{kind} "{in_line(before)}": recorded, now absent'
            elif before is None:
                yield f'{kind} "{in_line(after)}": new, not recorded'
            else:
                yield f"{kind}: {changed_words(before, after)}"


def changed_words(before: str, after: str) -> str:
    """Two texts from a little before the first word in which they differ."""
    one, other = before.split(), after.split()
    same = next(
        (k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    start = max(0, same - 4)
    lead = "… " if start else ""
    return (
        f'recorded "{in_line(lead + " ".join(one[start:]))}", now "{in_line(lead + " ".join(other[start:]))}"'
    )


# -------------------------------------------------------------------- tables


def different_cells(recorded: ShownTable, now: ShownTable) -> Iterator[str]:
    """A line for each cell, row or head."""
    yield from different_texts("head", recorded.heads, now.heads)
    before, after = by_label(recorded.rows), by_label(now.rows)
    for label in [*before, *(label for label in after if label not in before)]:
        if label not in after:
            yield f'row "{in_line(label)}": recorded, now absent'
        elif label not in before:
            yield f'row "{in_line(label)}": new, not recorded'
        else:
            for column, (was, is_now) in enumerate(zip_longest(before[label], after[label])):
                if was != is_now:
                    head = recorded.heads[column] if column < len(recorded.heads) else str(column + 1)
                    yield f'row "{in_line(label)}", column "{in_line(head)}": {moved(was, is_now)}'
    if before.keys() == after.keys() and list(before) != list(after):
        yield "the rows stand in another order"


def by_label(rows: Sequence[Sequence[str]]) -> dict[str, Sequence[str]]:
    """Rows by what names them: their heading, where there is one, and their first cell."""
    named, seen, heading = dict[str, Sequence[str]](), Counter[str](), ""
    for row in rows:
        if len(row) == 1:
            heading = row[0]
        label = row[0] if len(row) == 1 or not heading else f"{heading}: {row[0]}"
        seen[label] += 1
        named[label if seen[label] == 1 else f"{label} ({seen[label]})"] = row
    return named


# -------------------------------------------------------------------- figures


def different_marks(recorded: Figure, now: Figure) -> Iterator[str]:
    """A line for each text, layer and number of a figure."""
    yield from different_texts("text", recorded.texts, now.texts)
    if recorded.picture != now.picture:
        yield "another picture"
    if [layer.mark for layer in recorded.layers] != [layer.mark for layer in now.layers]:
        marks = [", ".join(layer.mark for layer in one.layers) or None for one in (recorded, now)]
        yield f"drawn with {in_line(marks[0])} as recorded, now with {in_line(marks[1])}"
        return
    for number, (before, after) in enumerate(zip(recorded.layers, now.layers, strict=True), 1):
        where = f"layer {number} ({in_line(before.mark)})"
        yield from (f"{where}, {line}" for line in different_rows(before, after))


def different_rows(recorded: Layer, now: Layer) -> Iterator[str]:
    """A line for each number or text that one layer draws."""
    if recorded.columns != now.columns:
        columns = [", ".join(layer.columns) for layer in (recorded, now)]
        yield f"maps {in_line(columns[0])} as recorded, now {in_line(columns[1])}"
    elif len(recorded.rows) != len(now.rows):
        yield f"{len(recorded.rows)} rows recorded, now {len(now.rows)}"
    else:
        for number, (before, after) in enumerate(zip(recorded.rows, now.rows, strict=True), 1):
            for column, was, is_now in zip_longest(recorded.columns, before, after):
                if not close(was, is_now):
                    yield f"row {number}, {in_line(column)}: {moved(was, is_now)}"


def close(before: Cell, after: Cell) -> bool:
    """Whether two values in a figure are the same, or numbers as near as other processors make them."""
    if isinstance(before, str) or isinstance(after, str) or before is None or after is None:
        return before == after or alike(str(before), str(after))
    return math.isclose(before, after, rel_tol=FIGURE_RELATIVE, abs_tol=FIGURE_ABSOLUTE)


def alike(before: str, after: str) -> bool:
    """Whether two texts are colours that lie a step of 255 apart, as of a number that is rounded to one.

    >>> alike("#0072B2", "#0073B1"), alike("#0072B2", "#0074B2"), alike("a", "b")
    (True, False, False)
    """
    if not COLOUR.fullmatch(before) or not COLOUR.fullmatch(after):
        return False
    pairs = zip(bytes.fromhex(before[1:]), bytes.fromhex(after[1:]), strict=True)
    return all(abs(one - other) <= 1 for one, other in pairs)


COLOUR = re.compile("#[0-9A-Fa-f]{6}")

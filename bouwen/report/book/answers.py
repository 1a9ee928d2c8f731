"""What respondents answered must not stand on a page: pages are read before they take the place of others.

A page is refused that shows who answered, rows or columns of answers, or a passage of an open answer. This
finds what slips in by a mistake, such as a cell that ends in ``survey.responses``; it does not judge tables
of counts.
"""

from __future__ import annotations

import html
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import pandas as pd

from bouwen.errors import BouwenError
from bouwen.inputs import opened
from bouwen.report.book.chapters import Notebook, source_of
from bouwen.survey import Study, several_of

PASSAGE = 6  # words in a row of an open answer
RUN = 10  # numbers in a row at least, as one respondent or one question has them
SHORTEST_NUMBER = 6  # an id of digits alone that is shorter may be any number
LEAST_ROWS = 3
LEAST_COLUMNS = 4


class AnswersShown(BouwenError):
    """A page that would show what respondents answered; ``chapter`` and ``cell`` (from 1) say where."""

    def __init__(self, chapter: str, cell: int, what: str) -> None:
        super().__init__(f"{chapter}, cell {cell}: shows {what}; take it out of what the cell shows.")
        self.chapter, self.cell = chapter, cell


def refuse_answers(study: Study, notebooks: Mapping[str, Notebook]) -> None:
    """Raise `AnswersShown` at the first cell of the pages that shows answers."""
    protected = Protected(study)
    for name, notebook in notebooks.items():
        for number, cell in enumerate(notebook["cells"], 1):
            for text in told_by(cell):
                if what := protected.found_in(text):
                    raise AnswersShown(name, number, what)


def told_by(cell: Mapping[str, Any]) -> Iterator[str]:
    """Everything in an executed cell that a reader may see or download."""
    if cell["cell_type"] == "markdown":
        yield source_of(cell)
    for output in cell.get("outputs", []):
        metadata = {key: value for key, value in output.get("metadata", {}).items() if key != "bouwen"}
        data = [content for kind, content in output.get("data", {}).items() if kind not in PIXELS]
        if any("gt_table" in str(content) for content in data):  # its plain text is a list of settings
            data = [content for content in data if "gt_table" in str(content)]
        for value in [output.get("text", ""), *data, metadata]:
            yield value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    yield json.dumps(cell["metadata"], ensure_ascii=False)


@dataclass(frozen=True)
class Protected:
    """What must not be shown of a study."""

    study: Study

    def found_in(self, text: str) -> str | None:
        """What of the answers is in a text, in words that do not repeat it; None if nothing is."""
        plain = plain_text(text)
        if not self.ids.isdisjoint(TOKEN.findall(plain)) or any(name in plain for name in self.odd_ids):
            return "who answered"
        if not self.passages.isdisjoint(windows(words_in(plain), PASSAGE)):
            return "what somebody answered to an open question"
        tables = [*html_tables(text), *printed_tables(text)]
        lines = [plain, *map(" ".join, columns_of(tables))]
        runs = (run for line in lines for mark in ".," for run in numbers_in(line, mark))
        if any(map(self.has_run, runs)) or any(self.is_column(*found) for found in printed_columns(plain)):
            return "answers in a row"
        return "answers of respondents as a table" if any(map(self.is_frame, tables)) else None

    @cached_property
    def own_text(self) -> str:
        """What the study itself says, which anybody may read."""
        study, instrument = self.study.files[:2]
        return "\n".join(opened(path).read_text(encoding="utf-8-sig") for path in (study, instrument))

    @cached_property
    def protected_ids(self) -> set[str]:
        """Ids that could be told from ordinary words and numbers."""
        own = set(TOKEN.findall(self.own_text))
        ids = {str(name) for name in self.study.responses.index}
        ids = {name for name in ids if len(name) > 1}  # a page has every letter somewhere by itself
        return {name for name in ids if re.search(r"[^\W\d]", name) or len(name) >= SHORTEST_NUMBER} - own

    @cached_property
    def ids(self) -> set[str]:
        """Ids that are one word."""
        return {name for name in self.protected_ids if TOKEN.fullmatch(name)}

    @cached_property
    def odd_ids(self) -> set[str]:
        """Ids of several words or with other signs."""
        return self.protected_ids - self.ids

    @cached_property
    def passages(self) -> set[tuple[str, ...]]:
        """Words in a row of open answers that the study itself does not have."""
        texts = self.study.responses.drop(columns=several_of(self.study))  # their words are the instrument's
        texts = texts.select_dtypes(["object", "string"])
        answers = (str(answer) for column in texts for answer in texts[column].dropna().unique())
        found = {passage for answer in answers for passage in windows(words_in(answer), PASSAGE)}
        return found - set(windows(words_in(self.own_text), PASSAGE)) if found else found

    @cached_property
    def runs(self) -> set[tuple[float, ...]]:
        """Numbers in a row of a respondent or of a question."""
        answers = self.study.responses.select_dtypes("number")
        lines = [*answers.to_numpy(float), *answers.to_numpy(float).T]
        return {run for line in lines for run in windows(line.tolist(), self.run) if is_telling(run)}

    @cached_property
    def run(self) -> int:
        """How many numbers in a row are no chance: more where there are more answers."""
        return max(RUN, math.ceil(math.log(10 + 20 * self.study.responses.size, 4)))

    def has_run(self, numbers: Sequence[float]) -> bool:
        """Whether numbers stand in a row as they do in the answers."""
        return any(is_telling(run) and run in self.runs for run in windows(numbers, self.run))

    def is_column(self, name: str, lines: Sequence[Sequence[str]]) -> bool:
        """Whether labelled values are those of a column, and the labels number or name respondents."""
        if name not in self.cells or len(lines) < LEAST_ROWS:
            return False
        known, labels = set(self.cells[name]), set(self.cells.index)
        return all((label in labels or label.isdigit()) and normal(value) in known for label, value in lines)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The answers as texts, by respondent."""
        answers = self.study.responses
        return pd.DataFrame(
            {name: answers[name].map(normal) for name in answers}, index=answers.index.astype(str)
        )

    def is_frame(self, table: Sequence[Sequence[str]]) -> bool:
        """Whether a table has columns of the answers and, in most rows, what some respondent has there."""
        header, *rows = table if table else [()]
        places = {place: name for place, name in enumerate(header) if name in self.cells}
        rows = [row for row in rows if len(row) == len(header)]
        if not places or len(rows) < LEAST_ROWS:
            return False
        shown = [tuple(normal(row[place]) for place in places) for row in rows]
        by_name = self.cells[list(places.values())]
        labels = [row[0] for row in rows]
        if set(labels) <= set(by_name.index) and len(set(labels)) == len(labels):
            return all(tuple(by_name.loc[label]) == row for label, row in zip(labels, shown, strict=True))
        known = set(by_name.itertuples(index=False, name=None))
        return len(places) >= LEAST_COLUMNS and sum(row in known for row in shown) >= 0.8 * len(shown)


# ------------------------------------------------------------------ texts


PIXELS = {"image/png", "image/jpeg", "application/pdf"}  # in which no text is found
TOKEN = re.compile(r"\w+(?:[-.@]\w+)*")
PLAIN_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")
TAG = re.compile(r"(?s)<(?:style|script)\b.*?</(?:style|script)>|<!--|-->|<[^>]*>")
WRITTEN_BREAK = re.compile(r"\\[nrt]")  # as `repr` and JSON write a text of several lines


def plain_text(text: str) -> str:
    """A text without tags, with what their attributes say to a reader; written breaks are blanks."""
    text = WRITTEN_BREAK.sub(" ", text)
    if "<" not in text:
        return text
    told = re.findall(r'(?:alt|title|aria-label)="([^"]*)"', text)
    return html.unescape(" ".join([TAG.sub(" ", text), *told]))


def words_in(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return re.findall(r"\w+", text.casefold())


def windows(values: Sequence[Any], size: int) -> Iterator[tuple[Any, ...]]:
    """Every so many values in a row.

    >>> list(windows("abcd", 3))
    [('a', 'b', 'c'), ('b', 'c', 'd')]
    """
    for start in range(len(values) - size + 1):
        yield tuple(values[start : start + size])


def is_telling(run: Sequence[float]) -> bool:
    """Whether numbers in a row are neither few, as counts may be, nor in order, as a numbering is.

    >>> is_telling([1, 2, 3, 3, 4]), is_telling([3, 3, 4, 4, 3]), is_telling([4, 2, 3, 5, 1])
    (False, False, True)
    """
    steps = [later - earlier for earlier, later in pairwise(run)]
    in_order = all(step >= 0 for step in steps) or all(step <= 0 for step in steps)
    return len(set(run)) > 2 and not in_order and all(number == number for number in run)


def numbers_in(text: str, mark: str = ".") -> list[list[float]]:
    """The numbers of a text in their order, anew after each word; ``mark`` stands before decimals.

    >>> numbers_in("array([[4., 3.], [2, nan, 5]])")
    [[4.0, 3.0, 2.0], [5.0]]
    """
    runs: list[list[float]] = [[]]
    for token in re.findall(rf"[^\W\d_][\w.]*|-?\d+(?:[{mark}]\d+)?", text):
        if PLAIN_NUMBER.fullmatch(token):
            runs[-1].append(float(token.replace(",", ".")))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def normal(value: object) -> str:
    """A cell as it is compared: 4, 4.0 and 4.00 are the same.

    >>> normal(4.0), normal("4.00"), normal("4,5"), normal(" Small "), normal(float("nan"))
    ('4', '4', '4.5', 'small', '')
    """
    text = str(value).strip().casefold()
    if text in ("nan", "none", "<na>", "—", "-"):
        return ""
    return f"{float(text.replace(',', '.')):g}" if PLAIN_NUMBER.fullmatch(text) else text


def html_tables(text: str) -> Iterator[list[list[str]]]:
    """The tables of a page, row by row, as texts."""
    for table in re.findall(r"(?s)<table\b.*?</table>", text):
        rows = re.findall(r"(?s)<tr\b.*?</tr>", table)
        cells = (re.findall(r"(?s)<t[hd]\b[^>]*>(.*?)</t[hd]>", row) for row in rows)
        yield [[plain_text(cell).strip() for cell in row] for row in cells if row]


def printed_tables(text: str) -> Iterator[list[list[str]]]:
    """Tables that were printed as lines of cells with blanks between them."""
    if "<table" in text or "<svg" in text:
        return
    for block in re.split(r"\n\s*\n", text):
        lines = [line.split() for line in block.splitlines()]
        if len(lines) > LEAST_ROWS and len(lines[0]) + 1 == len(lines[1]):
            lines[0] = ["", *lines[0]]  # above the labels of rows
        yield lines


def printed_columns(text: str) -> Iterator[tuple[str, list[list[str]]]]:
    """The name and the labelled values of each column that pandas printed by itself."""
    for block, name in re.findall(r"((?:^.*\n)+)Name: (\w+)(?:, Length: \d+)?, dtype", text, re.MULTILINE):
        lines = (line.split() for line in block.splitlines())
        yield name, [line for line in lines if len(line) == 2]


def columns_of(tables: Iterable[Sequence[Sequence[str]]]) -> Iterator[list[str]]:
    """The columns of tables, from the right, since labels may have several words."""
    for table in tables:
        for place in range(1, max(map(len, table), default=0) + 1):
            yield [row[-place] for row in table if len(row) >= place]

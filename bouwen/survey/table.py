"""One data file as a table: what readers make, what they are told, and how they refuse."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

from bouwen.errors import BouwenError
from bouwen.survey.files import FileError
from bouwen.survey.proposals import Proposal
from bouwen.survey.values import as_seen

Row = Sequence[Any]
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # all of ASCII but tab and the ends of lines
SHOWN = 5  # rows or columns named in a message before "and … more"


class TableError(BouwenError):
    """The cells of a data file are not what the study says they are.

    Attributes
    ----------
    path : Path
        The file.
    columns : tuple of str
        The columns concerned, by their names in the file.
    rows : tuple of int
        The rows concerned, as a spreadsheet numbers them: the header is row 1.
    """

    def __init__(
        self, path: Path, message: str, columns: Iterable[str] = (), rows: Iterable[int] = ()
    ) -> None:
        self.path, self.columns, self.rows = path, tuple(columns), tuple(rows)
        where = [str(path)]
        if self.columns:
            where.append(f"column{'s' * (len(self.columns) > 1)} {listed(quoted(self.columns))}")
        if self.rows:
            where.append(f"row{'s' * (len(self.rows) > 1)} {listed(self.rows)}")
        super().__init__(f"{', '.join(where)}: {message}")


class RepeatedColumns(TableError):
    """Columns have the same name; they are told by their places, for without a header names are answers."""

    def __init__(self, path: Path, places: Sequence[int], name: str) -> None:
        message = f"columns {listed(places)} have a name that stands in the header more than once"
        super().__init__(path, f'{message}; rename one, or say which is meant under "columns" in the study.')
        self.columns = (name,)


class OtherColumns(TableError):
    """Files whose columns differ; they are told by their places, for without a header names are answers."""

    def __init__(self, table: Table, first: Table) -> None:
        own, others = only_in(table, first), only_in(first, table)
        found = [f"{places} of this file" for places in own] + [
            f"{places} of {first.path}" for places in others
        ]
        message = f"only one of this file and {first.path} has {' and '.join(found)}"
        super().__init__(
            table.path, f"{message}; make their columns the same, with the names in the first row of each."
        )
        self.columns = tuple(sorted(set(first.header) ^ set(table.header)))


class OtherSheet(TableError):
    """The sheet that was read has no known column, and another has; ``sheet`` is the one that has most."""

    def __init__(self, path: Path, read: str, sheets: Sequence[str], sheet: str) -> None:
        self.sheet = sheet
        message = f'the sheet "{read}" holds no name of the instrument, "{sheet}" does'
        message += f' (the workbook has {listed(quoted(sheets))}); write sheet: "{sheet}" under "responses".'
        super().__init__(path, message)
        self.proposals = (Proposal("study", ("responses", "sheet"), sheet),)


def only_in(table: Table, other: Table) -> list[str]:
    """The places of columns whose names another table does not have, in words; empty if there are none."""
    places = [n for n, name in enumerate(table.header, start=1) if name not in other.header]
    return [f"column{'s' * (len(places) > 1)} {listed(places)}"] if places else []


@dataclass(frozen=True)
class Reading:
    """What a study says about the form of its files, and the names that are looked for in their headers.

    ``known`` are names as `as_seen` folds them, without case.
    """

    sheet: str | int | None = None
    delimiter: str | None = None
    encoding: str | None = None
    header_rows: int | None = None
    skip_rows: int | None = None
    known: frozenset[str] = frozenset()

    def knows(self, row: Row) -> int:
        """How many cells of a row are names that are looked for."""
        return sum(isinstance(c, str) and as_seen(c).casefold() in self.known for c in row[:MOST_COLUMNS])


# What content that is not as its format has it raises in code that takes it apart: numbers and places that
# are not there, parts of another kind, archives and XML that are cut short.
TRIPPED: tuple[type[Exception], ...] = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RuntimeError,
    EOFError,
    OSError,
    SyntaxError,
    struct.error,
    zlib.error,
    BadZipFile,
)
MOST_COLUMNS = 20_000  # in which names are looked for
AS_FOUND = Reading()


@dataclass(frozen=True)
class Remark:
    """Something that was not read as answers: a key below ``reading`` in the words, and its numbers."""

    key: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Table:
    """One data file: unique column names above rows of the same length.

    ``rows`` holds each row with its number; ``encoding`` is known for text files with more
    than plain ASCII. ``nameless`` are columns whose names tell their place only, ``repeated`` those of names
    that stand in the header more than once. ``wordings`` are what a file says of its columns beside their
    names, ``labels`` what it says of their codes.
    """

    path: Path
    header: list[str]
    rows: Sequence[tuple[int, Row]]
    encoding: str | None = None
    nameless: frozenset[str] = frozenset()
    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    wordings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    labels: Mapping[str, Mapping[Any, str]] = field(default_factory=dict)
    remarks: tuple[Remark, ...] = ()


@contextmanager
def parsing(path: Path, kind: str, *own: type[Exception]) -> Iterator[None]:
    """Say that a file is damaged where its content trips up a library, with an error of its ``own`` or ours.

    What the system says of a file (an `OSError` with a number) is passed on.
    """
    tripped: tuple[type[Exception], ...] = (*TRIPPED, *own)
    try:
        yield
    except BouwenError:
        raise
    except tripped as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise FileError(
            path, f"cannot be read as {kind}; it may be damaged or cut short, so export it again."
        ) from error


def listed(words: Iterable[object], conjunction: str = "and", most: int = SHOWN) -> str:
    """Words as a sentence lists them, at most so many and one by name.

    >>> listed([3, 9]), listed(range(1, 9))
    ('3 and 9', '1, 2, 3, 4, 5 and 3 more')
    """
    shown = [str(word) for word in words]
    if len(shown) > most + 1:
        shown = [*shown[:most], f"{len(shown) - most} more"]
    return f" {conjunction} ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def quoted(words: Iterable[str]) -> list[str]:
    """Each word in quotes."""
    return [f'"{word}"' for word in words]

"""The columns of a file -> the variables of an instrument, by names as people see them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from bouwen.errors import did_you_mean, nearest
from bouwen.survey.form import ResponsesSpec
from bouwen.survey.instrument import Instrument
from bouwen.survey.readers import Raw, is_optional
from bouwen.survey.table import RepeatedColumns, Table, TableError, listed, quoted
from bouwen.survey.values import as_seen

ROOM = 200  # letters of a list of names


def match_columns(
    raw: Raw, instrument: Instrument, spec: ResponsesSpec, also: Sequence[str] = ()
) -> dict[str, str]:
    """The column of the file that holds each variable of the instrument; ``also`` are columns of other use.

    Raises
    ------
    TableError
        No name of the first row is known; the study names a column that is not there; two columns stand for
        one variable.
    RepeatedColumns
        A name that is used stands in the header more than once.
    ColumnsError
        A variable has no column, or a column is no variable and not ignored.
    """
    header = header_of(raw, spec)
    refuse_no_header(header, instrument, spec)
    given = {header.named(name): variable for name, variable in spec.columns.items()}
    others = {header.named(name) for name in (*spec.named, *also)}
    required = [*instrument.items, *instrument.background]
    known = [*required, *instrument.open_questions]
    names = dict(given)
    for variable in known:
        column = header.find(variable)
        if column is None or column in others:
            continue
        if variable in required or not ignored_by_name(column, spec):
            names[column] = variable
    names = {column: names[column] for column in header.columns if column in names}
    refuse_repeated(raw.path, names)
    absent = [name for name in required if name not in names.values()]
    used = {*(column for column, name in names.items() if name in known), *others}
    extra = [c for c in header.columns if c not in used and not header.passes_over(c, spec)]
    if absent or extra:
        raise ColumnsError(raw.path, absent, extra, known)
    sources = {name: column for column, name in names.items()}
    return {name: sources[name] for name in known if name in sources}


def header_of(raw: Raw, spec: ResponsesSpec) -> Header:
    """The columns of what was read, as a study calls them."""
    return Header(raw.table, list(raw.cells.columns), frozenset(as_seen(name) for name in spec.columns))


def named_column(raw: Raw, spec: ResponsesSpec, name: str | None) -> str | None:
    """The column that a study names, if it names one; a `TableError` where the file lacks it."""
    return None if name is None else header_of(raw, spec).named(name)


@dataclass(frozen=True)
class Header:
    """The columns of a file, by names as people see them; ``given`` are those that the study renames."""

    table: Table
    columns: list[str]
    given: frozenset[str] = frozenset()

    def find(self, name: str) -> str | None:
        """The column of a name: written the same, seen the same, with other capitals, or below a group.

        Forms of ODK name columns after their groups: ``background/years``.

        Raises
        ------
        RepeatedColumns
            There are several.
        """
        key = as_seen(name)
        if (shared := self.table.repeated.get(key)) and not self.told_apart(key):
            raise RepeatedColumns(
                self.table.path, [self.columns.index(c) + 1 for c in shared if c in self.columns], name
            )
        for fold in (str, as_seen, lambda text: as_seen(text).casefold(), below_groups):
            found = [column for column in self.columns if fold(column) == fold(name)]
            if len(found) == 1:
                return None if self.is_put_aside(found[0], key) else found[0]
        return None

    def told_apart(self, key: str) -> bool:
        """Whether the study says which of several columns of a name it means."""
        return any(as_seen(column) in self.given for column in self.table.repeated[key][1:])

    def is_put_aside(self, column: str, key: str) -> bool:
        """Whether the study means another column of the same name."""
        return key in self.table.repeated and self.told_apart(key) and as_seen(column) not in self.given

    def named(self, name: str) -> str:
        """The column that a study names, also by what a further row of the header says of it.

        Raises
        ------
        TableError
            The file does not have it.
        """
        if (column := self.find(name)) is not None:
            return column
        key = as_seen(name)
        worded = [c for c, said in self.table.wordings.items() if key in map(as_seen, said)]
        if len(worded) == 1:
            return worded[0]
        message = "the study names this column, but the file does not have it."
        raise TableError(self.table.path, message + did_you_mean(name, self.columns), columns=[name])

    def passes_over(self, column: str, spec: ResponsesSpec) -> bool:
        """Whether a column is no part of the study, or has no name."""
        if column in self.table.nameless:
            return True
        shared = [key for key, found in self.table.repeated.items() if column in found]
        return any(
            is_optional(name, spec.patterns) or self.is_put_aside(column, name) for name in shared
        ) or (is_optional(column, spec.patterns))


def below_groups(column: str) -> str:
    """The name of a column without the groups that it stands in, as it is compared.

    >>> below_groups("Background/home/Years"), below_groups("and / or")
    ('years', 'and / or')
    """
    seen = as_seen(column).casefold()
    return seen.rpartition("/")[2] if re.fullmatch(r"[\w/.-]+", seen) else seen


def ignored_by_name(column: str, spec: ResponsesSpec) -> bool:
    """Whether the study ignores a column by its very name; patterns leave variables alone."""
    return spec.ignore != "others" and as_seen(column) in map(as_seen, spec.ignore)


def refuse_no_header(header: Header, instrument: Instrument, spec: ResponsesSpec) -> None:
    """Raise a TableError where the first row has no name that is known: it may be a row of answers."""
    known = spec.reading(instrument).known
    wordings = [word for said in header.table.wordings.values() for word in said]
    grouped = [below_groups(name) for name in header.columns]
    if not any(as_seen(name).casefold() in known for name in [*header.columns, *wordings, *grouped]):
        message = "the first row holds no name of the instrument; put the names of the columns there"
        path = header.table.path
        raise TableError(path, f'{message}, or tell which is which under "columns" in the study.', rows=[1])


def refuse_repeated(path: Path, names: dict[str, str]) -> None:
    """Two columns may not stand for one variable."""
    for name in names.values():
        if len(double := [column for column, other in names.items() if other == name]) > 1:
            message = f'both stand for "{name}"; change "columns" or "ignore" in the study.'
            raise TableError(path, message, columns=double)


class ColumnsError(TableError):
    """The columns of a file and the variables of the instrument do not match.

    Attributes
    ----------
    absent : tuple of str
        Variables without a column.
    extra : tuple of str
        Columns that are no variable.
    """

    def __init__(self, path: Path, absent: Sequence[str], extra: Sequence[str], known: Iterable[str]) -> None:
        self.absent, self.extra = tuple(absent), tuple(extra)
        said = []
        if absent:
            said.append(f"there is no column for {every(absent)} of the instrument")
        if extra:
            alike = {column: near for column in extra for near in nearest(column, absent or known)}
            hints = [f'"{column}" resembles "{near}"' for column, near in [*alike.items()][:3]]
            said.append(
                f"the column{'s' * (len(extra) > 1)} {every(extra)} {'are' if len(extra) > 1 else 'is'} "
                "not in the instrument" + (f" ({'; '.join(hints)})" if hints else "")
            )
        help_ = 'give columns the instrument\'s names under "columns" in the study'
        help_ += ', or list them under "ignore".' if extra else ", or add what is lacking to the file."
        super().__init__(path, f"{', and '.join(said)}; {help_}")
        self.columns = (*absent, *extra)


def every(names: Sequence[str]) -> str:
    """As many of the names as a message has room for, since someone will paste them."""
    fitting = sum(1 for length in accumulate(len(name) + 4 for name in names) if length <= ROOM)
    return listed(quoted(names), most=max(fitting, 1))

"""Raw cells and an instrument -> answers: numbers on their scales, categories, texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import BeforeValidator, Field

from bouwen.errors import BouwenError, did_you_mean, nearest
from bouwen.survey.files import Part
from bouwen.survey.instrument import AnswerScale, Background, Category, Instrument, Text
from bouwen.survey.readers import TableError, listed, quoted
from bouwen.survey.values import Labelled, distinct, fold, is_empty, lookup, number_in, text

ROOM = 200  # letters of a list of names
THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}([.,][0-9]{3})+")
SEPARATED = re.compile(r"[+-]?[0-9]+[.,][0-9]+")
Cells = pd.Series  # raw cells of one column, None where empty, indexed by file and row


def as_list(value: Any) -> Any:
    """One name -> a list of one."""
    return [value] if isinstance(value, str) else value


def number_or_text(value: Any) -> Any:
    """Refuse what YAML makes of a bare No or 2024-01-01."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError('a missing code must be a number or a text; put a text such as "No" in quotes.')
    return value


FileNames = Annotated[list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str])]


class ResponsesSpec(Part):
    """Where the answers are and how the file writes them.

    ``id`` is the column that identifies respondents (without it they are numbered);
    ``missing_codes`` mean "no answer" in every column; ``columns`` gives the instrument's
    name for columns that the file calls otherwise; ``ignore`` lists columns that are not
    part of the study, where ``*`` stands for any characters.
    """

    formerly: ClassVar = {"path": "file", "missing": "missing_codes", "rename": "columns", "drop": "ignore"}

    file: Annotated[
        list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str]), Field(min_length=1)
    ]
    """The file of answers, or a list of files with the same columns, as seen from the study file."""
    id: str | None = None
    """The column that tells respondents apart; without it they are numbered."""
    missing_codes: list[Annotated[int | float | str, BeforeValidator(number_or_text)]] = []
    """Numbers and texts that mean no answer, in every column."""
    columns: dict[str, str] = {}
    """The instrument's name by column, where the file calls a variable otherwise."""
    ignore: list[str] = []
    """Columns that are no part of the study; `*` stands for any characters."""

    @property
    def files(self) -> list[str]:
        """The names of the data files."""
        return self.file

    def ignores(self, column: str) -> bool:
        """Whether a column of the file is not part of the study."""
        return any(fnmatchcase(column, pattern) for pattern in self.ignore)


def type_responses(raw: pd.DataFrame, instrument: Instrument, spec: ResponsesSpec) -> pd.DataFrame:
    """Check the answers against the instrument and give every column its type.

    Parameters
    ----------
    raw : DataFrame
        Cells as `read_tables` returns them, indexed by file and row.
    instrument : Instrument
        What was asked.
    spec : ResponsesSpec
        How the file names its columns and missing answers.

    Returns
    -------
    DataFrame
        One row per respondent, indexed by "respondent" (text). Items and numbers are float64 with
        NaN for no answer; categories are ordered as in the instrument; texts are str. An open
        question without a column counts as not answered, since texts are often
        removed before a file is shared.

    Raises
    ------
    TableError
        Columns and instrument do not match; an answer is not on its scale; a category or number
        is not among those allowed; an id is missing or repeated. No answer is quoted.
    """
    sources = match_columns(raw, instrument, spec)
    columns, problems = {}, []
    for name, column in sources.items():
        try:
            columns[name] = typed_once(raw[column], name, instrument, spec.missing_codes)
        except TableError as error:
            problems.append(error)
    refuse_all(problems)
    for question in instrument.open_questions:
        columns.setdefault(question, pd.Series(np.nan, index=raw.index, dtype="str"))
    return pd.DataFrame(columns).set_axis(respondents(raw, spec), axis="index")


def refuse_nothing_to_analyse(path: Path, items: pd.DataFrame) -> None:
    """Raise a TableError where one respondent answered, or nobody any item."""
    if len(items) < 2:
        raise TableError(path, "holds the answers of one respondent; a study needs at least two.")
    if items.isna().all(axis=None):
        raise TableError(path, "holds no answer to any item; see whether it is the right file.")


def match_columns(raw: pd.DataFrame, instrument: Instrument, spec: ResponsesSpec) -> dict[str, str]:
    """The column of the file that holds each variable of the instrument."""
    path, in_file = raw.index[0][0], list(raw.columns)
    refuse_no_header(path, in_file, instrument, spec)
    for column in [*spec.columns, *([spec.id] if spec.id else [])]:
        if column not in in_file:
            message = "the study names this column, but the file does not have it."
            raise TableError(path, message + did_you_mean(column, in_file), columns=[column])
    own = [column for column in in_file if column != spec.id and not spec.ignores(column)]
    required = [*instrument.items, *instrument.background]
    known = [*required, *instrument.open_questions]
    names = {column: spec.columns.get(column, column) for column in own}
    refuse_repeated(path, names)
    absent = [name for name in required if name not in names.values()]
    extra = [column for column, name in names.items() if name not in known]
    if absent or extra:
        raise ColumnsError(path, absent, extra, known)
    sources = {name: column for column, name in names.items()}
    return {name: sources[name] for name in known if name in sources}


def refuse_no_header(path: Path, in_file: Sequence[str], instrument: Instrument, spec: ResponsesSpec) -> None:
    """Raise a TableError where the first row has no name that is known: it may be a row of answers."""
    named = [*instrument.items, *instrument.background, *instrument.open_questions, *spec.columns]
    known = {name.casefold() for name in [*named, spec.id or ""]}
    if not any(name.casefold() in known for name in in_file):
        message = "the first row holds no name of the instrument; put the names of the columns there"
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


def without_missing(cells: Cells[Any], codes: Iterable[float | str]) -> Cells[Any]:
    """The cells, None where one is empty or holds a code for "no answer"."""
    texts = {code for code in codes if isinstance(code, str)}
    values = {code for code in codes if not isinstance(code, str)}
    missing = [is_empty(c) or number_in(c) in values or (bool(texts) and text(c) in texts) for c in cells]
    return cells.mask(pd.Series(missing, cells.index, dtype=bool), None)


def respondents(raw: pd.DataFrame, spec: ResponsesSpec) -> pd.Index[str]:
    """The ids of the respondents, or numbers from 1 where the file has none."""
    if spec.id is None:
        return pd.Index([str(n) for n in range(1, len(raw) + 1)], name="respondent")
    cells = raw[spec.id]
    refuse_cells(cells.isna(), "respondent", "without an id; fill it in.")
    ids = cells.map(text)
    refuse_cells(
        ids.duplicated(keep=False), "row", "sharing an id; each respondent needs an id of their own."
    )
    index: pd.Index[str] = pd.Index(list(ids), name="respondent")
    return index


def typed_once(
    cells: Cells[Any], name: str, instrument: Instrument, codes: Iterable[float | str]
) -> pd.Series[Any]:
    """The answers in one column, each different cell looked at once.

    Where one is refused, all are looked at, to tell in how many rows it stands.
    """
    places, different = distinct(cells.to_list())
    try:
        some = pd.Series(different, cells.index[: len(different)], name=cells.name, dtype=object)
        typed = type_column(without_missing(some, codes), name, instrument)
    except TableError:
        return type_column(without_missing(cells, codes), name, instrument)
    return typed.take(places).set_axis(cells.index)


def type_column(cells: Cells[Any], name: str, instrument: Instrument) -> pd.Series[Any]:
    """The answers in one column, with the type that its variable has."""
    if name in instrument.items:
        return item_answers(cells, instrument.scale_of(name))
    background = instrument.background.get(name)
    if background is None or background.kind == "text":
        return pd.Series([np.nan if is_empty(c) else text(c) for c in cells], cells.index, dtype="str")
    if background.kind == "number":
        return numbers(cells, background)
    return categories(cells, background.categories)


def item_answers(cells: Cells[Any], scale: AnswerScale) -> pd.Series[float]:
    """Answers to an item as codes on its scale; labels will do where every answer has one."""
    span = f"whole numbers from {scale.lowest} to {scale.highest}"
    hint = 'correct the file, or list the code for "no answer" under "missing_codes".'
    labels = scale_labels(scale)
    accepted = labels if set(scale.labels) == set(scale.codes) else {}
    codes = cells.map(lambda cell: answer_code(cell, accepted), na_action="ignore").astype(float)
    refuse_cells(cells.notna() & codes.isna(), "answer", f"in text where the item takes {span}; {hint}")
    refuse_cells(codes.notna() & (codes % 1 != 0), "answer", f"with decimals, but the item takes {span}.")
    outside = codes.notna() & ~codes.between(scale.lowest, scale.highest)
    refuse_cells(outside, "answer", f"outside the scale, which takes {span}; {hint}")
    contradicting = pd.Series([contradicts(cell, labels) for cell in cells], cells.index, name=cells.name)
    refuse_cells(
        contradicting, "answer", "whose value label belongs to another code in the instrument; recode it."
    )
    return codes


def scale_labels(scale: AnswerScale) -> dict[str, float]:
    """Label -> code, in every language."""
    return lookup((w, float(code)) for code, label in scale.labels.items() for w in label_words(label))


def label_words(label: Text) -> list[str]:
    """A label in every language."""
    return list(label.texts.values())


def answer_code(cell: Any, labels: dict[str, float]) -> float | None:
    """The code that a cell holds, as a number or by its label."""
    code = number_in(cell)
    return labels.get(fold(text(cell))) if code is None else code


def contradicts(cell: Any, labels: dict[str, Any]) -> bool:
    """Whether the file's own label for a code is the instrument's label for another."""
    return isinstance(cell, Labelled) and labels.get(fold(cell.label), float(cell)) != float(cell)


def numbers(cells: Cells[Any], background: Background) -> pd.Series[float]:
    """Numbers within their bounds."""
    values = cells.map(number_in, na_action="ignore").astype(float)
    refuse_cells(
        cells.notna() & values.isna(), "answer", "in text where a number is expected; correct the file."
    )
    refuse_cells(thousands(cells), "number", 'with "," or "." before three digits; write 1500, not 1.500.')
    for bound, side, outside in (
        (background.minimum, "below", values.lt),
        (background.maximum, "above", values.gt),
    ):
        if bound is not None:
            what = f"{side} {bound:g}; correct the file, or the bound in the instrument."
            refuse_cells(outside(bound), "number", what)
    return values


def thousands(cells: Cells[Any]) -> pd.Series[bool]:
    """Texts such as "1.500", unless others in the column show that the sign marks decimals."""
    words = pd.Series(
        [cell.strip() if isinstance(cell, str) else "" for cell in cells], cells.index, name=cells.name
    )
    decimals = words.map(lambda w: bool(SEPARATED.fullmatch(w) and not THOUSANDS.fullmatch(w)))
    return words.map(lambda w: bool(THOUSANDS.fullmatch(w)) and not decimals.any())


def categories(cells: Cells[Any], allowed: dict[str, Category]) -> pd.Series[Any]:
    """Categories in the instrument's order, named in the file by name, label or code."""
    by_code = {float(c.code): name for name, c in allowed.items() if c.code is not None}
    by_words = lookup((w, name) for name, c in allowed.items() for w in {name, *label_words(c)})
    names = cells.map(lambda cell: category(cell, by_code, by_words), na_action="ignore")
    refuse_cells(
        cells.notna() & names.isna(),
        "answer",
        f"other than {listed(quoted(allowed), 'or')} (or their labels or codes); "
        "correct the file, or add the category to the instrument.",
    )
    named = pd.Categorical(names, categories=list(allowed), ordered=True)
    return pd.Series(named, index=cells.index)


def category(cell: Any, by_code: dict[float, str], by_words: dict[str, str]) -> str | None:
    """The category in a cell; none where the file's label and the instrument's code disagree."""
    code = number_in(cell)
    coded = None if code is None else by_code.get(code)
    worded = by_words.get(fold(text(cell)))
    return (coded or worded) if None in (coded, worded) or coded == worded else None


def refuse_cells(bad: pd.Series[bool], thing: str, what: str) -> None:
    """Raise a TableError that counts the bad cells of a column and names their rows."""
    if not bad.any():
        return
    places = bad.index[bad.to_numpy()]
    path = places[0][0]
    rows = [row for file, row in places if file == path]
    message = f"found {len(rows)} {thing}{'s' * (len(rows) > 1)} {what}"
    raise TableError(path, message, columns=[str(bad.name)], rows=rows)


def refuse_all(problems: Sequence[TableError]) -> None:
    """Raise the only problem, or one error that lists them."""
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise SeveralTableErrors(problems)


class SeveralTableErrors(TableError):
    """Several columns of a data file are not what the study says they are."""

    def __init__(self, problems: Sequence[TableError]) -> None:
        first, *rest = problems
        more, left = "".join(f"\n{problem}" for problem in rest[:9]), len(rest) - 9
        more += f"\n… and {left} more column{'s' * (left > 1)}." if left > 0 else ""
        self.path, self.rows = first.path, first.rows
        self.columns = tuple(column for problem in problems for column in problem.columns)
        BouwenError.__init__(self, f"{first}{more}")

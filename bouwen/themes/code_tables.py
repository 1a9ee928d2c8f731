"""A spreadsheet of codes -> marks: one row a code, or a column a theme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bouwen.survey import (
    FileError,
    Study,
    check_is_study,
    fold,
    is_empty,
    listed,
    read_table,
    refuse_no_file,
    text,
)
from bouwen.themes.codes import CodedAnswers, CodesError, Mark, Marked, gathered, theme_names
from bouwen.themes.refi import codebook_marks, project_marks

ROW_COLUMNS = ("respondent", "question", "theme", "coder", "start", "end")
SEEN, NOT_SEEN = ("1", "x", "true"), ("0", "-", "false", "")
ROW = "row"


def read_codes(study: Study, *files: str | Path) -> CodedAnswers:
    """Read what coders marked in the answers to a study's open questions.

    Parameters
    ----------
    study : Study
        Its instrument has ``themes``.
    *files : str or Path
        Tables (``.csv``, ``.xlsx`` and whatever else answers are read from) of one of two forms. *One row a
        code*: columns ``respondent theme coder``, and if wanted ``question`` (where the study has one open
        question it may be left out), ``start`` and ``end`` (letters from 0 to the one after the last, lines
        ending in one letter); a row without a theme says that the coder read the answer and saw none. *A
        column a theme*: ``respondent coder``, and a column named as each theme with 1, x or true where it
        applies, and 0, - or nothing where not. Or projects in the exchange format REFI-QDA (``.qdpx``), with
        a text for each answer, called by respondent and question (``r17 remark``; with one open question by
        the respondent); who coded anything in a project counts as having read all of it. A codebook of that
        format (``.qdc``) is held against the study's. Themes are named as in the codebook, or by their label.

    Returns
    -------
    CodedAnswers

    Raises
    ------
    CodesError
        An unknown respondent, question or theme, a coder without a pseudonym, a place outside the answer, a
        theme in an empty answer, a coder who saw no theme and one.
    FileError
        A file that cannot be read, lacks a column, or has none for any theme.
    """
    check_is_study(study)
    if not study.instrument.themes:
        raise FileError(study.path, "the instrument has no themes; describe them there under themes.")
    if not files:
        raise FileError(study.path, "name the file with the codes, or several.")
    return gathered(study, [marks_of(study, Path(file)) for file in files])


def marks_of(study: Study, path: Path) -> Marked:
    """The marks of one table or project."""
    if path.suffix.lower() in (".qdpx", ".qdc"):
        refuse_no_file(path)
        return project_marks(study, path) if path.suffix.lower() == ".qdpx" else codebook_marks(study, path)
    table = read_table(path)
    places = {fold(str(name)): i for i, name in enumerate(table.header)}
    lacking = [name for name in ("respondent", "coder") if name not in places]
    if "question" not in places and len(study.instrument.open_questions) != 1:
        lacking.append("question")
    if lacking:
        raise FileError(path, f"has no column {listed(lacking)}; codes need it.")
    one_a_row = "theme" in places
    form = code_rows if one_a_row else theme_columns
    return Marked(path, ROW, list(form(study, path, table.rows, places)))


TableRows = Sequence[tuple[int, Sequence[Any]]]


def who(study: Study, row: Sequence[Any], places: Mapping[str, int]) -> tuple[str, str, str]:
    """Respondent, question and coder of a row."""
    only = next(iter(study.instrument.open_questions))
    question = cell(row, places, "question") if "question" in places else only
    return cell(row, places, "respondent"), question, cell(row, places, "coder")


def cell(row: Sequence[Any], places: Mapping[str, int], name: str) -> str:
    """What a cell says; "" where the column or the value is not there."""
    value = row[places[name]] if name in places else None
    return "" if is_empty(value) else text(value)


def code_rows(study: Study, path: Path, rows: TableRows, places: Mapping[str, int]) -> Iterator[Mark]:
    """Marks of a table with one row a code."""
    if strange := [name for name in places if name not in ROW_COLUMNS]:
        known = listed(ROW_COLUMNS)
        raise FileError(path, f"has a column {listed(strange)}, which codes do not; they have {known}.")
    names = theme_names(study)
    for number, row in rows:
        theme = cell(row, places, "theme")
        start, end = (letters(path, number, cell(row, places, name)) for name in ("start", "end"))
        yield Mark(*who(study, row, places), names.get(fold(theme), theme) or None, start, end, number)


def letters(path: Path, number: int, said: str) -> int | None:
    """A place in an answer; None for none."""
    if not said:
        return None
    if not said.isascii() or not said.isdigit():
        raise CodesError(path, ROW, [number], "a start or an end is no whole number; count letters from 0.")
    return int(said)


def theme_columns(study: Study, path: Path, rows: TableRows, places: Mapping[str, int]) -> Iterator[Mark]:
    """Marks of a table with a column a theme."""
    names = theme_names(study)
    themes = {name: i for name, i in places.items() if name not in ("respondent", "question", "coder")}
    if not themes:
        raise FileError(path, "has neither a column theme nor a column for any theme.")
    if len({names.get(name, name) for name in themes}) < len(themes):
        raise FileError(path, "has two columns for one theme; keep one.")
    for number, row in rows:
        marks = {names.get(name, name): mark_in(path, number, row[i]) for name, i in themes.items()}
        seen: list[str | None] = [name for name, applies in marks.items() if applies]
        for theme in seen or [None]:
            yield Mark(*who(study, row, places), theme, None, None, number)


def mark_in(path: Path, number: int, value: Any) -> bool:
    """Whether a cell below a theme says that it applies."""
    said = "" if is_empty(value) else text(value).casefold()
    if said not in SEEN + NOT_SEEN:
        marks = "1, x, true, 0, - or nothing"
        raise CodesError(path, ROW, [number], f"a theme is marked by something else than {marks}.")
    return said in SEEN

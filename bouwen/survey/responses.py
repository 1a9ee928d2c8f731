"""Raw cells and an instrument -> answers: numbers on their scales, categories, texts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bouwen.errors import BouwenError
from bouwen.survey.exports import unit_names
from bouwen.survey.form import ResponsesSpec
from bouwen.survey.instrument import AnswerScale, Background, Category, Instrument
from bouwen.survey.table import TableError, listed, quoted
from bouwen.survey.values import DATE, FORMULA, Labelled, distinct, fold, is_empty, lookup, number_in, text
from bouwen.survey.wordings import Text

THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}([.,][0-9]{3})+")
SEPARATED = re.compile(r"[+-]?[0-9]+[.,][0-9]+")
NUMBER_FIRST = re.compile(r"\(?([+-]?[0-9]{1,4})\)?\s*(?:[-–—=:.)]\s*|\s)([^\W\d_].*)")
NUMBER_LAST = re.compile(r"([^\W\d_].*?)\s*[(\[=]\s*([0-9]{1,4})\s*[)\]]?")
CODE_WITH_NUMBER = re.compile(r"[A-Za-z]{1,3}[0]*([0-9]{1,3})")
BESIDE_UNIT = re.compile(r"([^\d+.,-]*)([+-]?[0-9][0-9.,]*)([^\d]*)")
WHOLE_SUM = re.compile(r"([1-9][0-9]{0,2}(?:\.[0-9]{3})*|[0-9]+),[-–—]")
BOTH_MARKS = re.compile(r"[+-]?[1-9][0-9]{0,2}((?:\.[0-9]{3})+|(?:,[0-9]{3})+)[.,][0-9]+")
FEWEST = 5  # respondents who gave a text that is named, where a study does not say
HIDDEN = 10**9  # more than any study has
Cells = pd.Series  # raw cells of one column, None where empty, indexed by file and row


def type_responses(
    raw: pd.DataFrame,
    sources: Mapping[str, str],
    instrument: Instrument,
    spec: ResponsesSpec,
    min_cell: int = FEWEST,
) -> pd.DataFrame:
    """Check the answers against the instrument and give every column its type.

    Parameters
    ----------
    raw : DataFrame
        Cells as `read_tables` returns them, indexed by file and row.
    sources : mapping
        The column of each variable, see `bouwen.survey.columns.match_columns`.
    instrument : Instrument
        What was asked.
    spec : ResponsesSpec
        How the file writes missing answers.
    min_cell : int
        As many respondents gave a text that a message names.

    Returns
    -------
    DataFrame
        One row per respondent, indexed as the cells are. Items and numbers are float64 with
        NaN for no answer; categories are ordered as in the instrument; texts are str. An open
        question without a column counts as not answered, since texts are often
        removed before a file is shared.

    Raises
    ------
    TableError
        An answer is not on its scale; a category or number is not among those allowed. No answer of few is
        quoted.
    """
    columns, problems = {}, []
    for name, column in sources.items():
        try:
            refuse_unreadable(raw[column])
            codes = missing_of(name, instrument, spec.missing_codes)
            columns[name] = typed_once(raw[column], name, instrument, codes, min_cell)
        except TableError as error:
            problems.append(error)
    refuse_all(problems)
    for question in instrument.open_questions:
        columns.setdefault(question, pd.Series(np.nan, index=raw.index, dtype="str"))
    return pd.DataFrame(columns)


def refuse_nothing_to_analyse(path: Path, items: pd.DataFrame) -> None:
    """Raise a TableError where one respondent answered, or nobody any item."""
    if len(items) < 2:
        raise TableError(path, "holds the answers of one respondent; a study needs at least two.")
    if items.isna().all(axis=None):
        raise TableError(path, "holds no answer to any item; see whether it is the right file.")


def without_missing(cells: Cells[Any], codes: Iterable[float | str]) -> Cells[Any]:
    """The cells, None where one is empty or holds a code for "no answer", however it is written."""
    codes = list(codes)
    texts = {fold(code) for code in codes if isinstance(code, str)}
    values = {float(code) for code in codes if not isinstance(code, str)}
    missing = [is_empty(c) or (bool(codes) and is_missing(c, texts, values)) for c in cells]
    return cells.mask(pd.Series(missing, cells.index, dtype=bool), None)


def is_missing(cell: Any, texts: set[str], values: set[float]) -> bool:
    """Whether a cell holds a text or number for "no answer", or such a number with a label."""
    own = cell if number_in(cell) is not None else with_number(cell, {}, {})
    return number_in(own) in values or bool({fold(text(cell)), fold(text(own))} & texts)


def missing_of(name: str, instrument: Instrument, everywhere: Sequence[float | str]) -> list[float | str]:
    """What means no answer to a variable; what it says itself comes before what holds everywhere."""
    variable: AnswerScale | Background | None = instrument.background.get(name)
    own: list[float | str] = [*variable.missing] if variable else []
    if name in instrument.items:
        variable = instrument.scale_of(name)
        own = [*instrument.items[name].missing, *variable.missing]
    if variable is None or not own:
        return [*everywhere]
    return [*own, *(c for c in everywhere if isinstance(c, str) or not variable.allows(float(c)))]


def refuse_unreadable(cells: Cells[Any]) -> None:
    """Raise a TableError where something else stands in cells than an answer."""
    for mark in (FORMULA, DATE):
        held = pd.Series([cell is mark for cell in cells], cells.index, name=cells.name, dtype=bool)
        refuse_cells(held, "cell", f"with {mark.what}; {mark.remedy}.")


def respondents(raw: pd.DataFrame, id_column: str | None) -> pd.Index[str]:
    """The ids of the respondents, or numbers from 1 where the file has none."""
    if id_column is None:
        return pd.Index([str(n) for n in range(1, len(raw) + 1)], name="respondent")
    cells = raw[id_column]
    refuse_unreadable(cells)
    refuse_cells(cells.isna(), "respondent", "without an id; fill it in.")
    ids = cells.map(text)
    refuse_cells(
        ids.duplicated(keep=False), "row", "sharing an id; each respondent needs an id of their own."
    )
    index: pd.Index[str] = pd.Index(list(ids), name="respondent")
    return index


def typed_once(
    cells: Cells[Any],
    name: str,
    instrument: Instrument,
    codes: Iterable[float | str],
    min_cell: int = FEWEST,
) -> pd.Series[Any]:
    """The answers in one column, each different cell looked at once.

    Where one is refused, all are looked at, to tell in how many rows it stands.
    """
    places, different = distinct(cells.to_list())
    try:
        some = pd.Series(different, cells.index[: len(different)], name=cells.name, dtype=object)
        typed = type_column(without_missing(some, codes), name, instrument, HIDDEN)
    except TableError:
        return type_column(without_missing(cells, codes), name, instrument, min_cell)
    return typed.take(places).set_axis(cells.index)


def type_column(
    cells: Cells[Any], name: str, instrument: Instrument, min_cell: int = FEWEST
) -> pd.Series[Any]:
    """The answers in one column, with the type that its variable has."""
    if name in instrument.items:
        return item_answers(cells, instrument.scale_of(name), min_cell)
    background = instrument.background.get(name)
    if background is None or background.kind == "text":
        return pd.Series([np.nan if is_empty(c) else text(c) for c in cells], cells.index, dtype="str")
    if background.kind == "multiple":
        return several(cells, background)
    if background.kind == "number":
        return numbers(cells, background)
    return categories(cells, background.categories)


def item_answers(cells: Cells[Any], scale: AnswerScale, min_cell: int = FEWEST) -> pd.Series[float]:
    """Answers to an item as numbers on its scale; labels will do where both ends or all answers have one."""
    hint = 'correct the file, or list the code for "no answer" under "missing" of the answer scale.'
    labels = scale_labels(scale)
    ended = {scale.lowest, scale.highest} <= set(scale.labels)
    accepted = labels if ended else {}
    spelt = {fold(str(spelling)): float(answer) for spelling, answer in scale.spellings.items()}
    parts = [None if is_empty(cell) else with_number(cell, accepted, spelt) for cell in cells]
    cells = pd.Series(parts, cells.index, dtype=object, name=cells.name)
    codes = cells.map(lambda cell: answer_code(cell, accepted, spelt), na_action="ignore").astype(float)
    bad = cells.notna() & codes.isna()
    said = often(cells[bad], min_cell)
    refuse_cells(
        bad, "answer", f"in text{said} where the item takes {scale.span}; {hint}{proposal(cells[bad], scale)}"
    )
    if scale.step == 1:
        what = f'with decimals, but the item takes {scale.span}; "step: any" allows all numbers.'
        refuse_cells(codes.notna() & (codes % 1 != 0), "answer", what)
    inside = pd.Series([scale.allows(code) for code in codes], cells.index, dtype=bool, name=cells.name)
    outside = codes.notna() & ~inside
    refuse_cells(outside, "answer", f"outside the scale, which takes {scale.span}; {hint}")
    contradicting = pd.Series([contradicts(cell, labels) for cell in cells], cells.index, name=cells.name)
    what = "whose value label belongs to another code in the instrument"
    which = disagreements(cells[contradicting], labels)
    refuse_cells(contradicting, "answer", f"{what} ({which}); recode it.")
    return codes


def with_number(cell: Any, labels: Mapping[str, float], spelt: Mapping[str, float]) -> Any:
    """A text such as "1 - never", "1 never" or "never (1)" as a code with its label; others as they are.

    >>> with_number("5 - agree", {}, {}), with_number("99=unknown", {}, {}).label, with_number("3,5", {}, {})
    (5.0, 'unknown', '3,5')
    """
    if not isinstance(cell, str) or fold(cell) in labels or fold(cell) in spelt:
        return cell
    if found := NUMBER_FIRST.fullmatch(cell.strip()):
        return Labelled(float(found[1]), found[2])
    if found := NUMBER_LAST.fullmatch(cell.strip()):
        return Labelled(float(found[2]), found[1])
    return cell


def often(cells: Cells[Any], min_cell: int) -> str:
    """The most frequent texts, as a part of a sentence, of those that enough respondents gave."""
    counts = pd.Series([text(cell) for cell in cells], dtype="str").value_counts()
    shown = [str(word)[:40] for word in counts[counts >= min_cell].index[:3]]
    return f" (most often {listed(quoted(shown))})" if shown else ""


def proposal(cells: Cells[Any], scale: AnswerScale) -> str:
    """Lines for the answer scale that would read codes such as A1, where all are of that kind."""
    found = {text(cell): CODE_WITH_NUMBER.fullmatch(text(cell)) for cell in cells}
    numbers = {word: int(match[1]) for word, match in found.items() if match}
    if not numbers or len(numbers) < len(found) or not all(map(scale.allows, numbers.values())):
        return ""
    pairs = ", ".join(f"{word}: {number}" for word, number in sorted(numbers.items(), key=lambda p: p[1]))
    return f" Or write under the answer scale: codes: {{{pairs}}}"


def scale_labels(scale: AnswerScale) -> dict[str, float]:
    """Label -> code, in every language."""
    return lookup((w, float(code)) for code, label in scale.labels.items() for w in label_words(label))


def label_words(label: Text) -> list[str]:
    """A label in every language."""
    return list(label.texts.values())


def answer_code(cell: Any, labels: Mapping[str, float], spelt: Mapping[str, float]) -> float | None:
    """The code that a cell holds: spelt otherwise, as a number or by its label."""
    code = number_in(cell)
    if spelt and (own := spelt.get(f"{code:g}" if code is not None else fold(text(cell)))) is not None:
        return own
    return labels.get(fold(text(cell))) if code is None else code


def contradicts(cell: Any, labels: dict[str, Any]) -> bool:
    """Whether the file's own label for a code is the instrument's label for another."""
    return isinstance(cell, Labelled) and labels.get(fold(cell.label), float(cell)) != float(cell)


def disagreements(cells: Cells[Any], labels: Mapping[str, float]) -> str:
    """Code by code, what the file calls it, and the code of that label in the instrument."""
    pairs = sorted({(float(cell), cell.label) for cell in cells})
    return listed(f'{code:g} is "{label}" in the file, {labels[fold(label)]:g} here' for code, label in pairs)


def numbers(cells: Cells[Any], background: Background) -> pd.Series[float]:
    """Numbers within their bounds, also beside a unit."""
    cells = without_unit(cells)
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


def without_unit(cells: Cells[Any]) -> Cells[Any]:
    """Texts such as "€ 12,50", "12,5 %" or "1.000,-" as the number that they say; others as they are.

    Raises
    ------
    TableError
        There are two units in one column.
    """
    parts = [unit_of(cell) for cell in cells]
    units = sorted({unit for _, unit in parts if unit})
    if len(units) > 1:
        several = pd.Series([bool(unit) for _, unit in parts], cells.index, name=cells.name)
        refuse_cells(several, "number", f"in more than one unit ({listed(units)}); write all in one.")
    return pd.Series([cell for cell, _ in parts], cells.index, dtype=object, name=cells.name)


def unit_of(cell: Any) -> tuple[Any, str]:
    """The number beside a known unit, and the unit; where both marks stand in it, without the first.

    >>> unit_of("€ 1.234,50"), unit_of("12,5%"), unit_of("€ 1.500,-"), unit_of("40 stuks")
    (('1234,50', '€'), ('12,5', '%'), ('1500', '€'), ('40 stuks', ''))
    """
    if not isinstance(cell, str) or not (found := BESIDE_UNIT.fullmatch(cell.strip())):
        return cell, ""
    before, number, after = found[1].strip(), found[2], found[3].strip()
    if whole := WHOLE_SUM.fullmatch(f"{number}{after}"):
        number, after = whole[1].replace(".", ""), ""
    if both := BOTH_MARKS.fullmatch(number):
        number = number.replace("." if "." in both[1] else ",", "")
    said = [fold(word) for word in (before, after) if word]
    units = unit_names()
    if len(said) > 1 or any(word not in units for word in said):
        return cell, ""
    return number, units[said[0]] if said else ""


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
    known = dict.fromkeys(by_words, 0.0)
    names = cells.map(
        lambda cell: category(with_number(cell, known, {}), by_code, by_words), na_action="ignore"
    )
    refuse_cells(
        cells.notna() & names.isna(),
        "answer",
        f"other than {listed(quoted(allowed), 'or')} (or their labels or codes); "
        f"correct the file, or add the category to the instrument.{together(cells, by_words)}",
    )
    named = pd.Categorical(names, categories=list(allowed), ordered=True)
    return pd.Series(named, index=cells.index)


def together(cells: Cells[Any], by_words: Mapping[str, str]) -> str:
    """What to write where cells hold several categories."""
    for sign in (";", "|", ", ", ","):
        held = [text(cell).split(sign) for cell in cells if not is_empty(cell) and sign in text(cell)]
        if any(fold(part) in by_words for parts in held for part in parts):
            return f' Several in one answer are read by: kind: multiple, separator: "{sign}".'
    return ""


def several(cells: Cells[Any], background: Background) -> pd.Series[str]:
    """The categories in each cell by name, in the instrument's order, with the separator between them.

    A cell of names with blanks between them, as forms of ODK are exported, is read whatever the separator is.
    """
    by_code = {float(c.code): name for name, c in background.categories.items() if c.code is not None}
    by_words = lookup((w, n) for n, c in background.categories.items() for w in {n, *label_words(c)})

    def chosen(cell: Any) -> str | None:
        parts = [part.strip() for part in text(cell).split(background.separator) if part.strip()]
        found = {category(part, by_code, by_words) for part in parts}
        if None in found:
            found = {category(part, by_code, by_words) for part in text(cell).split()}
        if None in found:
            return None
        return background.separator.join(name for name in background.categories if name in found)

    names = cells.map(chosen, na_action="ignore")
    what = f"with a part other than {listed(quoted(background.categories), 'or')}; add it to the categories."
    refuse_cells(cells.notna() & names.isna(), "answer", what)
    return pd.Series([np.nan if is_empty(n) else n for n in names], cells.index, dtype="str")


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
        self.proposals = tuple(one for problem in problems for one in problem.proposals)
        BouwenError.__init__(self, f"{first}{more}")

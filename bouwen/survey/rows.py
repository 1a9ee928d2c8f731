"""The rows of files -> respondents: who consented, of which wave, kept and dropped by rules, one row each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from bouwen.errors import did_you_mean
from bouwen.survey.columns import named_column
from bouwen.survey.exports import folded_words
from bouwen.survey.form import LongFile, ResponsesSpec, Rule, Span
from bouwen.survey.readers import Raw, is_optional
from bouwen.survey.table import TableError, listed, quoted
from bouwen.survey.values import as_seen, fold, is_empty, number_in, text

Check = Callable[[Any], bool]


@dataclass(frozen=True)
class LeftOut:
    """How many were left out, and why: a key of the study, and the column that it is about."""

    key: str
    column: str
    count: int


def respondents_of(raw: Raw, spec: ResponsesSpec, min_cell: int) -> tuple[Raw, tuple[LeftOut, ...]]:
    """One row for each respondent that a study keeps, and how many it left out for which rule.

    Raises
    ------
    TableError
        The study names a column or a value to keep that the file does not have; nobody is left; there are
        several waves and none is chosen; somebody has two answers to one question.
    """
    raw, unwilling = kept(raw, spec, "consent", spec.consent, min_cell)
    raw, others = one_wave(raw, spec, min_cell)
    if spec.wide_from:
        raw = wide(raw, spec, spec.wide_from)
    raw, unkept = kept(raw, spec, "keep", spec.keep, min_cell)
    raw, dropped = kept(raw, spec, "drop", spec.drop, min_cell)
    return raw, (*unwilling, *others, *unkept, *dropped)


def kept(
    raw: Raw, spec: ResponsesSpec, key: str, rules: Mapping[str, Any], min_cell: int
) -> tuple[Raw, list[LeftOut]]:
    """The rows that fit all rules, or of ``drop`` none, and how many were left out by each in turn."""
    out = []
    for name, rule in rules.items():
        column = named_column(raw, spec, name) or name
        cells = raw.cells[column]
        if key != "drop":
            refuse_no_level(raw, column, cells, rule, key, min_cell)
        fits = pd.Series([fit(rule)(cell) for cell in cells], cells.index, dtype=bool)
        stays = ~fits if key == "drop" else fits
        if not stays.any():
            what = f'nobody is left once "{key}" is applied to it; change "{key}" in the study.'
            raise TableError(raw.path, what, columns=[column])
        out.append(LeftOut(key, column, int((~stays).sum())))
        raw = replace(raw, cells=raw.cells[stays])
    return raw, out


def fit(rule: Any) -> Check:
    """Whether a cell fits a rule."""
    if isinstance(rule, Span):
        low = float("-inf") if rule.minimum is None else rule.minimum
        high = float("inf") if rule.maximum is None else rule.maximum
        return lambda cell: (number := number_in(cell)) is not None and low <= number <= high
    checks = [same_as(value) for value in rule]
    return lambda cell: any(check(cell) for check in checks)


def same_as(value: Any) -> Check:
    """Whether a cell says a value, as a number, a text, a label or yes or no; ``*`` is any text."""
    if isinstance(value, bool):
        words = folded_words("yes" if value else "no")
        return lambda cell: not is_empty(cell) and (cell is value or bool({*said(cell)} & words))
    number = number_in(value)
    pattern = str(value).casefold()
    return lambda cell: (
        not is_empty(cell)
        and (
            (number is not None and number_in(cell) == number)
            or any(is_optional(w, [pattern]) for w in said(cell))
        )
    )


def said(cell: Any) -> Iterable[str]:
    """What a cell says: its text, and of a labelled one its code too."""
    code = number_in(cell)
    own = {fold(text(cell)), fold(str(cell)) if isinstance(cell, str) else ""}
    return (own | ({f"{code:g}"} if code is not None else set())) - {""}


def refuse_no_level(
    raw: Raw, column: str, cells: pd.Series[Any], rule: Rule, key: str, min_cell: int
) -> None:
    """Raise a TableError where the file has nothing that is to be kept; levels of few are not named."""
    values = [] if isinstance(rule, Span) else rule
    for value in values:
        if any(map(same_as(value), cells.unique() if hashable(cells) else cells)):
            continue
        levels = frequent(cells, min_cell)
        there = f" It has {listed(quoted(levels))}." if levels else ""
        what = f'"{key}" asks for "{value}", which the file does not hold.{did_you_mean(str(value), levels)}'
        raise TableError(raw.path, what + there, columns=[column])


def hashable(cells: pd.Series[Any]) -> bool:
    """Whether different cells can be told apart at once."""
    return not any(isinstance(cell, list | dict) for cell in cells)


def frequent(cells: Iterable[Any], least: int, most: int = 5) -> list[str]:
    """The most frequent texts that at least so many respondents gave."""
    counts = pd.Series([text(cell) for cell in cells if not is_empty(cell)], dtype="str").value_counts()
    return [str(level) for level in counts[counts >= least].index[:most]]


def one_wave(raw: Raw, spec: ResponsesSpec, min_cell: int) -> tuple[Raw, list[LeftOut]]:
    """The rows of the wave that is studied."""
    if spec.wave is None:
        return raw, []
    if isinstance(spec.wave, dict):
        return kept(raw, spec, "wave", {name: [value] for name, value in spec.wave.items()}, min_cell)
    column = named_column(raw, spec, spec.wave) or spec.wave
    levels = list(dict.fromkeys(text(cell) for cell in raw.cells[column] if not is_empty(cell)))
    if len(levels) > 1:
        shown = frequent(raw.cells[column], min_cell)
        what = f'holds {len(levels)} waves, and each is a study of its own; choose one under "wave"'
        example = f', such as {{"{column}": "{shown[0]}"}} (it has {listed(quoted(shown))})' if shown else ""
        raise TableError(raw.path, f"{what}{example}.", columns=[column])
    return raw, []


def wide(raw: Raw, spec: ResponsesSpec, long: LongFile) -> Raw:
    """One row a respondent from one row an answer; columns that differ within a respondent are left out."""
    key, item, value = (named_column(raw, spec, n) or n for n in (spec.id or "", long.item, long.value))
    rows: dict[str, dict[str, Any]] = {}
    places: dict[str, Any] = {}
    differing: set[str] = set()
    twice = []
    others = [column for column in raw.cells.columns if column not in (key, item, value)]
    for place, row in zip(raw.cells.index, raw.cells.to_dict("records"), strict=True):
        if is_empty(row[key]):
            raise TableError(
                raw.path, "found a row without an id; fill it in.", columns=[key], rows=[place[1]]
            )
        own = rows.setdefault(text(row[key]), {key: row[key]})
        places.setdefault(text(row[key]), place)
        differing |= {c for c in others if c in own and not same(own[c], row[c])}
        own |= {column: row[column] for column in others}
        if is_empty(row[item]):
            continue
        name = as_seen(text(row[item]))
        if name in own and not is_empty(own[name]):
            twice.append(place[1])
        own[name] = row[value]
    if twice:
        what = f'found {len(twice)} rows with an answer that is there already; is there a column for "wave"?'
        raise TableError(raw.path, what, columns=[item], rows=twice)
    index = pd.MultiIndex.from_tuples(list(places.values()), names=["file", "row"])
    cells = pd.DataFrame(list(rows.values()), index=index, dtype=object).drop(columns=list(differing))
    cells = cells.where(cells.notna(), None)
    table = replace(raw.table, header=list(cells.columns), repeated={}, wordings={})
    return replace(raw, cells=cells, table=table)


def same(one: Any, other: Any) -> bool:
    """Whether two cells say the same; empty ones do."""
    return (is_empty(one) and is_empty(other)) or bool(one == other)

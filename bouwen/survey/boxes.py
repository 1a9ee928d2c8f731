"""A column for each box that could be ticked -> one column with what was chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from bouwen.errors import did_you_mean
from bouwen.survey.asked import Background, Category
from bouwen.survey.columns import header_of
from bouwen.survey.exports import folded_words
from bouwen.survey.form import ResponsesSpec
from bouwen.survey.headers import squeezed
from bouwen.survey.instrument import Instrument
from bouwen.survey.readers import Raw
from bouwen.survey.responses import refuse_cells, without_missing
from bouwen.survey.table import TableError
from bouwen.survey.values import fold, is_empty, text

FEWEST_BOXES = 2  # that show, by their names, what they belong to


def with_boxes_joined(raw: Raw, instrument: Instrument, spec: ResponsesSpec) -> tuple[Raw, ResponsesSpec]:
    """The cells with one column for each variable of kind `multiple`, and what is left to say of columns.

    A box belongs to a variable where the study says so (``columns: {Q5_1: drinks.tea}``), or where two or
    more columns are named after the variable and its categories, as in ``drinks___1`` or ``drinks[tea]``.
    Who ticked none has no answer, for files do not tell that from a question that was passed over.

    Raises
    ------
    TableError
        The study names a category that the variable lacks; a box holds something else than yes or no.
    """
    for name, asked in instrument.background.items():
        if asked.kind != "multiple":
            continue
        boxes = boxes_of(raw, name, asked, spec)
        if not boxes:
            continue
        chosen = ticked_of(raw, boxes, asked, [*asked.missing, *spec.missing_codes])
        cells = raw.cells.drop(columns=list(boxes)).assign(**{name: chosen})
        raw = replace(raw, cells=cells)
        left = {column: said for column, said in spec.columns.items() if said.partition(".")[0] != name}
        spec = spec.model_copy(update={"columns": left})
    return raw, spec


def boxes_of(raw: Raw, name: str, asked: Background, spec: ResponsesSpec) -> dict[str, str]:
    """The category of each column that is a box of a variable."""
    header = header_of(raw, spec)
    told = dict(told_boxes(raw, name, asked, spec))
    if told:
        return {header.named(column): category for column, category in told.items()}
    if header.find(name) is not None or name in spec.columns.values():
        return {}
    spelt = box_names(name, asked)
    found = {
        column: category
        for column in header.columns
        for said in (column, *header.table.wordings.get(column, ()))
        if (category := spelt.get(squeezed(said))) is not None
    }
    return found if FEWEST_BOXES <= len(set(found.values())) == len(found) else {}


def told_boxes(raw: Raw, name: str, asked: Background, spec: ResponsesSpec) -> Iterator[tuple[str, str]]:
    """Columns that the study gives to a category."""
    for column, said in spec.columns.items():
        variable, dot, category = said.partition(".")
        if not dot or variable != name:
            continue
        if category not in asked.categories:
            what = f'stands for "{said}" in the study, but "{name}" has no category "{category}".'
            raise TableError(raw.path, what + did_you_mean(category, asked.categories), columns=[column])
        yield column, category


def box_names(name: str, asked: Background) -> dict[str, str]:
    """How a box may be called: after the variable, and the category by name, code or label."""
    stems = [name, *asked.label.texts.values()]
    return {
        squeezed(stem + part): category
        for category, said in asked.categories.items()
        for stem in stems
        for part in said_as(category, said)
    }


def said_as(name: str, said: Category) -> list[str]:
    """A category by name, code and labels."""
    return [name, *([str(said.code)] if said.code is not None else []), *said.texts.values()]


def ticked_of(raw: Raw, boxes: Mapping[str, str], asked: Background, missing: list[Any]) -> pd.Series[Any]:
    """The categories that were ticked, with the separator between them; None where there are none."""
    ticked = {}
    for column, category in boxes.items():
        cells = without_missing(raw.cells[column], missing)
        own = {fold(word) for word in said_as(category, asked.categories[category])}
        ticks = cells.map(lambda cell, own=own: tick(cell, own))
        refuse_cells(ticks.isna(), "answer", f'other than yes or no, in the box of "{category}".')
        ticked[category] = ticks.astype(bool)
    order = [category for category in asked.categories if category in ticked]
    rows = zip(*(ticked[category] for category in order), strict=True)
    names = [asked.separator.join(c for c, yes in zip(order, row, strict=True) if yes) for row in rows]
    return pd.Series([one or None for one in names], raw.cells.index, dtype=object)


def tick(cell: Any, own: set[str]) -> bool | None:
    """Whether a box was ticked; None where a cell does not say.

    >>> tick("Y", set()), tick("", set()), tick("tea", {"tea"}), tick(0.0, set()), tick("maybe", set())
    (True, False, True, False, None)
    """
    if is_empty(cell):
        return False
    word = fold(text(cell))
    if word in own or word in folded_words("yes") or cell is True:
        return True
    return False if word in folded_words("no") or cell is False else None

"""Who was invited, and how much each answer counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated

import pandas as pd
from pydantic import BeforeValidator

from bouwen.survey.files import Whole
from bouwen.survey.readers import Raw
from bouwen.survey.table import TableError
from bouwen.survey.values import number_in
from bouwen.survey.wordings import Name, unknown
from bouwen.survey.writing import Problem

MOST_INVITED = 10**9  # invited


def number_or_numbers(value: object) -> object:
    """A number of people, or such numbers by level of a variable."""
    parts = value.values() if isinstance(value, dict) else [{"": value}]
    for numbers in parts:
        found = numbers.values() if isinstance(numbers, dict) else [None]
        if not all(type(number) is int and 0 < number <= MOST_INVITED for number in found):
            raise ValueError('"invited" takes how many were, or a number for each level of one variable.')
    return value


Invited = Annotated[Whole | dict[Name, dict[Name, Whole]] | None, BeforeValidator(number_or_numbers)]


def read_weights(raw: Raw, column: str | None, respondents: pd.Index) -> pd.Series[float] | None:
    """The sampling weights of respondents, in the order of the rows; None where there is no column.

    Raises
    ------
    TableError
        A weight is missing, no number or negative, or all of them are zero. None is quoted.
    """
    if column is None:
        return None
    cells = raw.cells[column]
    found = cells.map(number_in).astype(float)
    path = cells.index[0][0]
    if rows := [row for (_, row), bad in zip(cells.index, ~(found >= 0), strict=True) if bad]:
        raise TableError(path, "a sampling weight is a number from 0 upwards, in every row.", [column], rows)
    if not found.any():
        raise TableError(path, "the sampling weights are all zero.", [column])
    return found.set_axis(respondents).rename("weights")


def weights_problems(column: str | None, variables: Collection[str]) -> Iterator[Problem]:
    """A `weights:` that is something else already."""
    if column in variables:
        yield ("weights",), f'"weights" names "{column}", which is asked of respondents; give another column.'


def invited_problems(invited: Invited, levels: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """An `invited:` that is not by one known variable with all its levels."""
    if not isinstance(invited, dict):
        return
    if len(invited) != 1:
        yield ("invited",), f"give one number, or numbers by one variable; found {len(invited)} variables."
    for variable, numbers in invited.items():
        if variable not in levels:
            yield ("invited", variable), unknown("categorical background variable", variable, levels)
            continue
        for level in numbers:
            if level not in levels[variable]:
                yield ("invited", variable, level), unknown("level", level, levels[variable])
        if lacking := [level for level in levels[variable] if level not in numbers]:
            yield ("invited", variable), f'there is no number for "{lacking[0]}"; give one for every level.'


def response_problems(invited: Invited, responses: pd.DataFrame) -> Iterator[Problem]:
    """More who answered than were invited."""
    text = "more answered than were invited; give the number of all who were."
    if isinstance(invited, int) and invited < len(responses):
        yield ("invited",), text
    elif isinstance(invited, dict):
        for variable, numbers in invited.items():
            counts = responses[variable].value_counts()
            for level, number in numbers.items():
                if counts.get(level, 0) > number:
                    yield ("invited", variable, level), text

"""A study -> who is counted in an edition of its book: answers as texts, and which levels are printed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from bouwen.survey import Study, estimable, hidden, level_counts, several_of, ticked_categories

NO_ANSWER = ""
BETWEEN = ": "  # stands between a question with several answers and one of them

#: By variable, the levels whose number is printed, and whether they get estimates of their own.
Printed = Mapping[str, Mapping[str, bool]]


@dataclass(frozen=True, eq=False, repr=False)
class Counted:
    """Who is counted in an edition, and what of it is printed.

    Attributes
    ----------
    answers : DataFrame of str (n, k)
        By respondent, what every printed figure is made from: items, numbers and levels.
    printed : mapping
        See `Printed`; whoever has another level is counted with the rest.
    min_cell : int
        The smallest count that may be shown.
    named : bool
        Whether the index holds ids of respondents rather than numbers of rows.
    """

    answers: pd.DataFrame
    printed: Printed
    min_cell: int
    named: bool


def counted_in(study: Study) -> Counted:
    """Who is counted in the book of a study, as its pages count them."""
    responses, limits = study.responses, (study.settings.min_cell, study.settings.min_width)
    background = study.instrument.background
    numbers = [name for name, asked in background.items() if asked.kind == "number"]
    found = {name: responses[name] for name in [*study.items, *numbers] if name in responses}
    printed: dict[str, dict[str, bool]] = {}
    for name in study.categories:
        if name in responses:
            found[name], sizes = responses[name], level_counts(study, name)
            large = estimable(sizes["n"], sizes["secret"], study.settings.min_group, len(responses))
            own = large & (name in study.groups)
            printed[name] = {str(level): bool(own[level]) for level in sizes.index[~sizes["secret"]]}
    for name in joined_columns(study):
        found[name], joined = responses[name], responses[name].value_counts().sort_index()
        printed[name] = dict.fromkeys(map(str, joined.index[~hidden(joined, *limits)]), False)
    for name in several_of(study):
        for level, ticked in ticked_categories(study, name).items():
            pair = pd.Series({"yes": int(ticked.sum()), "no": int((~ticked).sum())})
            found[(box := f"{name}{BETWEEN}{level}")] = ticked.map({True: "yes", False: "no"})
            printed[box] = dict.fromkeys(map(str, pair.index[~hidden(pair, *limits)]), False)
    answers = pd.DataFrame({name: as_texts(column) for name, column in found.items()}, index=responses.index)
    return Counted(answers, printed, limits[0], study.file.responses.id is not None)


def joined_columns(study: Study) -> list[str]:
    """Columns of the register of which the levels are compared with it."""
    register = study.file.register_
    return [name for name in register.columns if name not in study.categories] if register else []


def as_texts(column: pd.Series) -> pd.Series:
    """Answers as texts that are the same for the same answer.

    >>> as_texts(pd.Series([4.0, float("nan"), 2.5])).tolist()
    ['4', '', '2.5']
    """
    texts = column.map(lambda value: f"{value:.12g}" if isinstance(value, float) else str(value))
    return texts.astype(object).where(column.notna(), NO_ANSWER)

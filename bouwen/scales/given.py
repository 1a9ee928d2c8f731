"""What a user gives -> items that a function of this room may use.

A function of items takes a data frame, or a study for all of its items; a function of scales takes a study, a
mapping of scales to data frames, or a data frame for a single scale. Reversed items of a study are turned.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, Union

import pandas as pd

from bouwen.checks import DataError, check_numbers, check_rows, is_ordered
from bouwen.scales.nested import enough_clusters

if TYPE_CHECKING:
    from bouwen.survey import Study

Items: TypeAlias = Union[pd.DataFrame, "Study"]
Given: TypeAlias = Union[pd.DataFrame, Mapping[str, pd.DataFrame], "Study"]

ONE = "scale"  # what the scale of a bare data frame is called


class NotAnswers(DataError):
    """Something that holds no answers."""

    def __init__(self, found: object) -> None:
        self.found = type(found).__name__
        super().__init__(f"give a data frame with a column per item, or a study; found {self.found}.")


class UnknownGroup(DataError):
    """A group that the answers do not hold."""

    def __init__(self, group: str) -> None:
        self.group = group
        super().__init__(f'"{group}" is no column of the answers; name the column with the groups.')


@dataclass(frozen=True, eq=False)
class Scales:
    """Answers, arranged by scale.

    Attributes
    ----------
    answers, keyed : DataFrame
        As they were given, and with reversed items turned.
    items : dict of str to tuple of str
        The items of each scale.
    ends : dict of str to tuple
        The lowest and the highest answer that each item offers; of a bare data frame, that its scale holds.
    reversed : frozenset of str
    confidence : float
        The level of intervals where none is asked for.
    """

    answers: pd.DataFrame
    keyed: pd.DataFrame
    items: dict[str, tuple[str, ...]]
    ends: dict[str, tuple[float, float]]
    reversed: frozenset[str]
    confidence: float

    def of(self, scale: str) -> pd.DataFrame:
        """The keyed items of a scale."""
        return self.keyed[list(self.items[scale])]


def clusters_of(given: Given) -> pd.Series[int] | None:
    """The clusters of a study by which its respondents are drawn; None of other answers."""
    if isinstance(given, pd.DataFrame | Mapping):
        return None
    return enough_clusters(given)


def nested_in(given: Given) -> pd.Series[int] | None:
    """The clusters of a study, few as they may be, for errors that know how few; None of other answers."""
    return None if isinstance(given, pd.DataFrame | Mapping) else given.clusters


def answers_of(given: Items) -> pd.DataFrame:
    """The items of a data frame as they are, or of a study with reversed ones turned."""
    if isinstance(given, pd.DataFrame):
        return given
    return read_scales(given).keyed


def read_scales(given: Given) -> Scales:
    """Arrange answers by scale.

    Raises
    ------
    NotAnswers
        Something else than a data frame, a mapping of data frames or a study.
    """
    if isinstance(given, pd.DataFrame):
        return _from_frames({ONE: given})
    if isinstance(given, Mapping):
        return _from_frames({str(name): frame for name, frame in given.items()})
    if not hasattr(given, "instrument"):
        raise NotAnswers(given)
    answers = given.responses[list(given.items)]
    keyed, turned = answers.astype(float), set()
    ends: dict[str, tuple[float, float]] = {}
    for name, item in given.instrument.items.items():
        scale = given.instrument.scale_of(name)
        ends[name] = (scale.lowest, scale.highest)
        if item.reversed:
            turned.add(name)
            keyed[name] = scale.lowest + scale.highest - keyed[name]
    items = {construct: tuple(given.items_of(construct)) for construct in given.constructs}
    return Scales(answers, keyed, items, ends, frozenset(turned), given.settings.confidence)


def _from_frames(frames: Mapping[str, pd.DataFrame]) -> Scales:
    if not frames or not all(isinstance(frame, pd.DataFrame) for frame in frames.values()):
        raise NotAnswers(next((f for f in frames.values() if not isinstance(f, pd.DataFrame)), frames))
    named = {name: _in_places(frame) for name, frame in frames.items()}
    answers = pd.concat(list(named.values()), axis=1)
    answers = answers.loc[:, ~answers.columns.duplicated()]
    ends: dict[str, tuple[float, float]] = {}
    for frame in named.values():
        numeric = frame.select_dtypes("number")
        ends |= dict.fromkeys(frame.columns, (float(numeric.min().min()), float(numeric.max().max())))
    items = {name: tuple(frame.columns) for name, frame in named.items()}
    return Scales(answers, answers, items, ends, frozenset(), 0.95)


def _in_places(frame: pd.DataFrame) -> pd.DataFrame:
    """A frame with names that are texts, its ordered categories counted from 1."""
    check_rows(frame)
    columns = [frame.iloc[:, k] for k in range(frame.shape[1])]
    read = [pd.Series(check_numbers(c, str(c.name)), frame.index) if is_ordered(c) else c for c in columns]
    names = [str(name) for name in frame.columns]
    return pd.concat(read, axis=1).set_axis(names, axis=1) if read else frame


def by_level(given: Given, group: str) -> dict[str, Given]:
    """The same answers of every level of a group: a background variable of a study, or a column.

    Raises
    ------
    UnknownGroup
    """
    if isinstance(given, pd.DataFrame):
        if group not in given.columns:
            raise UnknownGroup(group)
        column = given[group]
        categorical = isinstance(column.dtype, pd.CategoricalDtype)
        levels = list(column.cat.categories) if categorical else sorted(column.dropna().unique())
        return {str(level): given[column == level].drop(columns=group) for level in levels}
    if isinstance(given, Mapping):
        raise NotAnswers(given)
    return {level: given.subset(group, level) for level in given.levels(group)}

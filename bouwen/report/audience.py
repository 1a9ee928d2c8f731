"""For whom a table, a figure or a sentence is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from bouwen.checks import OptionError, check_confidence
from bouwen.claims import variable_label
from bouwen.errors import did_you_mean
from bouwen.report.given import WrongResult
from bouwen.results import interval_level
from bouwen.survey import Study
from bouwen.words import ENGLISH, Words, check_language, words


class OtherLevel(OptionError):
    """Intervals of one level are to be shown as those of another; ``own`` is theirs, ``asked`` the other."""

    def __init__(self, own: float, asked: float) -> None:
        self.own, self.asked = own, asked
        super().__init__(
            f"the intervals of this result are of confidence {own:g}, so they cannot be shown as those of "
            f"{asked:g}; compute the result with confidence={asked:g}."
        )


class ReaderOptions(TypedDict, total=False):
    """What every table and figure of a result takes besides a study; see `reader`."""

    language: str | None
    labels: Mapping[str, str] | None
    confidence: float | None


@dataclass(frozen=True, eq=False)
class Reader:
    """The language, the names and the caution with which results are shown.

    Attributes
    ----------
    words : Words
        Texts and numbers in the reader's language.
    confidence : float
        The level of intervals.
    min_cell : int or None
        Counts below it are not shown; None where every count may be.
    labels : mapping from name to label
        What goes before the labels of the study.
    study : Study or None
        Gives the labels of constructs, factors, items and background variables.
    """

    words: Words
    confidence: float = 0.95
    min_cell: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    study: Study | None = None

    @property
    def confidence_text(self) -> str:
        """The level of intervals as a percentage: 95%, or 99.5%."""
        whole = abs(100 * self.confidence - round(100 * self.confidence)) < 1e-6
        return self.words.percent(self.confidence, 0 if whole else 1)

    def label(self, name: str) -> str:
        """A variable as a reader sees it; its name where it has no label."""
        if name in self.labels:
            return self.labels[name]
        return variable_label(self.study, name) if self.study else name

    def name(self, name: str) -> str:
        """An item or a group under its own name, which a study keeps, unless it was given a label."""
        return self.labels.get(name, name)

    def group(self, name: str) -> str:
        """A background variable as a reader sees it."""
        if name in self.labels or self.study is None:
            return self.name(name)
        return self.study.group_label(name)

    def level(self, group: str, level: str) -> str:
        """A level of a background variable as a reader sees it."""
        if level in self.labels or self.study is None:
            return self.name(level)
        return self.study.level_label(group, level)

    def chain(self, names: Iterable[str]) -> str:
        """Variables in a row, each leading to the next; ``…`` stands for itself."""
        return " → ".join(name if name == "…" else self.label(name) for name in names)

    def pair(self, first: str, second: str, between: str = "↔") -> str:
        """Two variables that have something to do with each other."""
        return f"{self.label(first)} {between} {self.label(second)}"


def reader(
    study: Study | None = None,
    language: str | None = None,
    labels: Mapping[str, str] | None = None,
    confidence: float | None = None,
    **unknown: object,
) -> Reader:
    """A reader of a study, or of results without one.

    Parameters
    ----------
    study : Study, optional
        Gives labels, and language, confidence and smallest count where they are not given.
    language : str, optional
        A language that `bouwen.words.languages` names, by default the study's, or English.
    labels : mapping from name to label, optional
        Of items, factors and observed variables.
    confidence : float, optional
        The level of intervals, by default the study's, or 0.95.

    Raises
    ------
    UnknownLanguage
        There are no words in the language.
    WrongResult
        Something else than a study is given for one.
    NotAShare
        The level of confidence is not between 0 and 1.
    OptionError
        There is no such option.
    """
    for name in unknown:
        known = ReaderOptions.__annotations__
        raise OptionError(
            f"there is no {name}= here; known are {', '.join(known)}.{did_you_mean(name, known)}"
        )
    if study is not None and not isinstance(study, Study):
        raise WrongResult("the result first and a study (bouwen.read_study)", study, "after it")
    if confidence is not None:
        check_confidence(confidence)
    if study is None:
        check_language(language := language or ENGLISH)
        return Reader(words(language), 0.95 if confidence is None else confidence, None, dict(labels or {}))
    if language and language != study.language:
        study = study.in_language(language)
    level = study.settings.confidence if confidence is None else confidence
    return Reader(words(study.language), level, study.settings.min_cell, dict(labels or {}), study)


def reader_of(found: object, study: Study | None = None, **options: Unpack[ReaderOptions]) -> Reader:
    """A reader of a result whose intervals were computed with it: the level is the result's own.

    Raises
    ------
    OtherLevel
        Another level is asked for.
    BouwenError
        See `reader`.
    """
    own, asked = interval_level(found), options.get("confidence")
    if own is not None:
        if asked is not None and abs(asked - own) > 1e-9:
            check_confidence(asked)
            raise OtherLevel(own, asked)
        options["confidence"] = own
    return reader(study, **options)

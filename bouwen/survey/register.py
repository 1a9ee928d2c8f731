"""A register of places or organisations -> facts about those that respondents name."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field, ValidationInfo, field_validator

from bouwen.errors import did_you_mean
from bouwen.survey.files import FileError, Part, Real
from bouwen.survey.instrument import Category
from bouwen.survey.readers import read_tables
from bouwen.survey.table import TableError
from bouwen.survey.values import is_empty, number_in, text
from bouwen.survey.wordings import Name, Text, unknown
from bouwen.survey.writing import fits_on_a_line
from bouwen.words import Words, languages, words


class ClassSpec(Part):
    """Classes of a numeric column: ``bounds`` are where the next class begins."""

    label: Text
    """What a reader calls the classification."""
    column: str
    """The column of numbers in the register."""
    bounds: list[Real] = Field(min_length=1)
    """Where the next class begins, from low to high."""

    @field_validator("bounds")
    @classmethod
    def increasing(cls, bounds: list[float]) -> list[float]:
        """Bounds go up."""
        if any(low >= high for low, high in pairwise(bounds)):
            raise ValueError('"bounds" must go up, each higher than the one before.')
        return bounds

    @cached_property
    def categories(self) -> dict[str, Category]:
        """The classes from low to high, by name, with a label in every language."""
        lows, highs = [None, *self.bounds], [*self.bounds, None]
        return {class_name(*ends): class_label(*ends) for ends in zip(lows, highs, strict=True)}


def class_name(low: float | None, high: float | None) -> str:
    """The name of the class between two bounds, of which the first or the last may be missing.

    >>> class_name(None, 20000.0), class_name(2.5, 5.0), class_name(5.0, None)
    ('under_20000', '2_5_5', 'from_5')
    """
    if high is None:
        return f"from_{in_name(low or 0)}"
    return f"under_{in_name(high)}" if low is None else f"{in_name(low)}_{in_name(high)}"


def class_label(low: float | None, high: float | None) -> Category:
    """What the class between two bounds is called, in every language that has words."""

    def label(words: Words) -> str:
        if high is None:
            return words("classes.last", bound=words.plain(low or 0))
        if low is None:
            return words("classes.first", bound=words.plain(high))
        return words("classes.between", low=words.plain(low), high=words.plain(high))

    return Category.model_validate({language: label(words(language)) for language in languages()})


def in_name(bound: float) -> str:
    """A bound as part of a name."""
    return re.sub(r"\W", "_", f"{bound:.15g}")


class RegisterSpec(Part):
    """A register, the background variable that refers to it, and what is taken from it.

    A respondent refers to an entry by ``code`` or by one of its ``names``, of which the first
    is shown; ``columns`` are joined as they are and tell entries of the same name apart; one of the
    ``ignored_words`` may stand before a name.
    """

    file: str
    """The register, as seen from the study file."""
    variable: Name
    """The background variable, of kind `text`, in which respondents name an entry."""
    code: str = "code"
    """The column that identifies entries."""
    names: list[str] = Field(default=["name"], min_length=1)
    """Columns by which an entry may be named; the first is shown."""
    columns: list[Name] = []
    """Columns that are joined to the answers, and that tell entries of the same name apart."""
    labels: dict[Name, Text] = {}
    """What a reader calls columns that are joined; by default what they are called in the register."""
    classes: dict[Name, ClassSpec] = {}
    """Classes of numeric columns, by which groups can be compared."""
    ignored_words: list[str] = []
    """Words that may stand before a name."""
    is_population: bool = False
    """Whether its entries are all that the study is about, and each answers at most once."""

    @field_validator("labels")
    @classmethod
    def labels_of_columns(cls, labels: dict[Name, Text], info: ValidationInfo) -> dict[Name, Text]:
        """Only columns that are joined have a label."""
        for name in labels:
            if "columns" in info.data and name not in info.data["columns"]:
                raise ValueError(unknown("column among those that are joined", name, info.data["columns"]))
        return labels

    def label_of(self, name: str, language: str) -> str:
        """A classification or a joined column as a reader sees it."""
        if name in self.classes:
            return self.classes[name].label[language]
        return self.labels[name][language] if name in self.labels else name

    def fold(self, name: str) -> str:
        """A name as it is compared; see `fold_name`."""
        return fold_name(name, self.ignored_words)

    def is_asked_once(self, responses: pd.DataFrame) -> bool:
        """Whether the entries are the population, of which none answered twice."""
        return self.is_population and not responses[f"{self.variable}_code"].dropna().duplicated().any()

    @property
    def categories(self) -> dict[str, dict[str, Category]]:
        """The classes of each classification, by name, from low to high."""
        return {name: spec.categories for name, spec in self.classes.items()}


class UnknownEntryError(TableError):
    """A respondent names something that the register does not have, or has more than once.

    Attributes
    ----------
    candidates : tuple of str
        The entries that may be meant; the message names none, as the answer is among them.
    """

    def __init__(
        self, path: Path, message: str, column: str, rows: Iterable[int], candidates: Sequence[str]
    ) -> None:
        self.candidates = tuple(candidates)
        super().__init__(path, message, columns=[column], rows=rows)


@dataclass(frozen=True, eq=False, repr=False)
class Register:
    """A register that has been read: one row per entry, indexed by code.

    Attributes
    ----------
    path : Path
        The file.
    spec : RegisterSpec
        How it is used.
    table : DataFrame
        Names and joined columns as text, columns that are classified as numbers.
    """

    path: Path
    spec: RegisterSpec
    table: pd.DataFrame

    def __repr__(self) -> str:
        return f"<Register: {self.path.name}, {len(self.table)} entries>"

    @cached_property
    def codes(self) -> dict[str, set[str]]:
        """Every accepted way to write an entry, folded -> the codes that it may stand for."""
        known: dict[str, set[str]] = {}
        names = self.table[self.spec.names].to_numpy(dtype=object)
        qualifiers = self.table[self.spec.columns].to_numpy(dtype=object)
        for code, called, placed in zip(self.table.index.astype(str), names, qualifiers, strict=True):
            for written in spellings(code, called, placed, self.spec.ignored_words):
                known.setdefault(written, set()).add(code)
        return {written: codes for written, codes in known.items() if written}

    def find(self, written: str) -> set[str]:
        """The codes of the entries that a code or name may stand for; none where it is unknown."""
        return self.codes.get(self.spec.fold(written)) or self.codes.get(fold_code(written), set())

    def match(self, names: pd.Series[Any]) -> pd.Series[Any]:
        """The codes of the entries that respondents name.

        Parameters
        ----------
        names : Series of str
            Codes or names, NaN where no answer was given; its index holds file and row.

        Returns
        -------
        Series of str
            Codes, NaN where no answer was given.

        Raises
        ------
        UnknownEntryError
            A name is not in the register, or fits several entries. The message repeats neither the name nor
            one that resembles it; ``candidates`` holds the three nearest, or those that fit.
        """
        found = {name: self.find(str(name)) for name in names.dropna().unique()}
        for name, codes in found.items():
            if len(codes) != 1:
                self.refuse(names, str(name), codes)
        return names.map({name: next(iter(codes)) for name, codes in found.items()}).astype("str")

    def refuse(self, names: pd.Series[Any], name: str, codes: set[str]) -> None:
        """Say which rows name an unknown or ambiguous entry, and what they may mean."""
        shown = self.spec.names[0]
        places = names.index[(names == name).to_numpy()]
        rows = [row for file, row in places if file == places[0][0]]
        if codes:
            candidates = sorted(self.table.loc[sorted(codes), shown])
            message = f"the name there fits more than one entry of {self.path.name}; write the code of one."
        else:
            candidates = self.nearest(name)
            message = (
                f"the name there is not in {self.path.name}; correct it, or write the code of its entry."
            )
        raise UnknownEntryError(places[0][0], message, str(names.name), rows, candidates)

    def nearest(self, name: str, n: int = 3) -> list[str]:
        """The names of the ``n`` entries whose spelling resembles ``name`` most, the best first."""
        wanted = self.spec.fold(name)

        def likeness(row: pd.Series[Any]) -> float:
            folded = [self.spec.fold(str(row[column])) for column in self.spec.names]
            return max(resemblance(wanted, other) for other in folded)

        ranked = self.table.apply(likeness, axis=1).sort_values(ascending=False, kind="stable")
        return [str(name) for name in self.table.loc[ranked.index[:n], self.spec.names[0]]]

    def join(self, responses: pd.DataFrame, rows: pd.Index[Any]) -> pd.DataFrame:
        """The responses with what the register knows about the entries they name.

        Parameters
        ----------
        responses : DataFrame
            One row per respondent.
        rows : MultiIndex of file and row
            Where each respondent stands, for messages.

        Returns
        -------
        DataFrame
            The variable holds the register's name; new are ``<variable>_code``, the register's
            columns (str) and its classes (ordered categories). Where no answer was
            given they are all missing.

        Raises
        ------
        UnknownEntryError
            See `match`.
        TableError
            A new column has the name of one that is already there.
        """
        variable = self.spec.variable
        codes = self.match(responses[variable].set_axis(rows)).set_axis(responses.index)
        entries = self.table.reindex(codes).set_axis(responses.index)
        new = {f"{variable}_code": codes, **{column: entries[column] for column in self.spec.columns}}
        for name, spec in self.spec.classes.items():
            new[name] = classify(entries[spec.column], spec)
        if taken := [name for name in new if name in responses]:
            raise TableError(self.path, "a variable of the instrument has this name; rename one.", taken)
        return responses.assign(**{variable: entries[self.spec.names[0]]}, **new)


def read_register(path: Path, spec: RegisterSpec) -> Register:
    """Read a register.

    Raises
    ------
    FileError
        The file cannot be read or lacks a column that the study names.
    TableError
        A code is missing or repeated, a name is missing, or a column with classes holds
        something else than numbers.
    """
    raw = read_tables([path])
    texts = list(dict.fromkeys([spec.code, *spec.names, *spec.columns]))
    values = list(dict.fromkeys(kind.column for kind in spec.classes.values()))
    for column in [*texts, *values]:
        if column not in raw:
            raise FileError(path, f'has no column "{column}".{did_you_mean(column, raw.columns)}')
    refuse_rows(path, raw, spec.code, raw[spec.code].isna(), "without a code.")
    refuse_rows(path, raw, spec.code, raw[spec.code].map(text).duplicated(), "with a code that stands above.")
    refuse_rows(path, raw, spec.names[0], raw[spec.names[0]].isna(), "without a name.")
    for column in texts:
        unfit = raw[column].map(lambda cell: not is_empty(cell) and not fits_on_a_line(text(cell)))
        refuse_rows(path, raw, column, unfit, "with a control character, a line break or too many letters.")
    table = raw[texts].map(lambda cell: np.nan if is_empty(cell) else text(cell)).astype("str")
    for column in values:
        table[column] = raw[column].map(number_in).astype(float)
        refuse_rows(path, raw, column, table[column].isna(), "without a number.")
    return Register(path, spec, table.set_index(spec.code))


def refuse_rows(path: Path, raw: pd.DataFrame, column: str, bad: pd.Series[bool], what: str) -> None:
    """Raise a TableError if rows of a register are bad."""
    if rows := [row for _, row in raw.index[bad.to_numpy()]]:
        raise TableError(path, f"found {len(rows)} row{'s' * (len(rows) > 1)} {what}", [column], rows)


def classify(values: pd.Series[float], spec: ClassSpec) -> pd.Series[Any]:
    """The class of each value; a value on a bound belongs to the higher class."""
    edges = [-np.inf, *spec.bounds, np.inf]
    return pd.cut(values, edges, right=False, labels=list(spec.categories), ordered=True)


def spellings(
    code: str, names: Iterable[Any], qualifiers: Iterable[Any], ignored: Iterable[str] = ()
) -> Iterator[str]:
    """Every accepted way to write an entry, folded.

    A name may stand without the part in brackets, and with a qualifier such as the
    region, in full or by its initials.

    >>> sorted(set(spellings("GM0373", ["Bergen (NH.)"], ["Noord-Holland"])))
    ['373', 'bergen', 'bergen nh', 'bergen noord holland', 'gm373']
    """
    yield from (fold_code(code), re.sub(r"^\D+", "", fold_code(code)))
    for name in (str(name) for name in names if not is_empty(name)):
        base = fold_name(re.sub(r"\(.*?\)", "", name), ignored)
        yield from (fold_name(name, ignored), base)
        for qualifier in (fold_name(str(q)) for q in qualifiers if not is_empty(q)):
            yield from (f"{base} {qualifier}", f"{base} {''.join(word[0] for word in qualifier.split())}")


def fold_name(name: str, ignored: Iterable[str] = ()) -> str:
    """A name without differences in case, accents, punctuation and a word in front that says nothing.

    >>> fold_name("City of 's-Gravenhage", ["city of"]), fold_name("Bergen (N.H.) Súd")
    ('s gravenhage', 'bergen nh sud')
    """
    folded = fold_words(name)
    for word in sorted(map(fold_words, ignored), key=len, reverse=True):
        if word and folded.startswith(f"{word} "):
            return folded.removeprefix(f"{word} ")
    return folded


def fold_words(name: str) -> str:
    """Words without differences in case, accents and punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w.]+", " ", bare).replace(".", "").split())


def fold_code(code: str) -> str:
    """A code without differences in case and leading zeros.

    >>> fold_code("GM0344"), fold_code(" 0344 ")
    ('gm344', '344')
    """
    return re.sub(r"(?<!\d)0+(?=\d)", "", code.strip().casefold())


def resemblance(a: str, b: str) -> float:
    """Similarity from 0 to 1; a name that begins like the other counts as near."""
    ratio = difflib.SequenceMatcher(None, a, b).ratio()
    begins = min(len(a), len(b)) > 3 and (a.startswith(b) or b.startswith(a))
    return max(ratio, 0.9) if begins else ratio

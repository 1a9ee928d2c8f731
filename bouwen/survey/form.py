"""What a study file says of its answers: which files, in what form, which rows and columns of them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from bouwen.survey.asked import MissingCode
from bouwen.survey.files import Part, Real, Whole
from bouwen.survey.instrument import Instrument
from bouwen.survey.table import Reading
from bouwen.survey.values import as_seen
from bouwen.survey.writing import Problem

NAMED_SIGNS = {"tab": "\t", "comma": ",", "semicolon": ";", "blank": " "}


def as_list(value: Any) -> Any:
    """One name -> a list of one."""
    return [value] if isinstance(value, str) else value


Value = Annotated[bool | int | float | str, Field(union_mode="left_to_right")]


class Span(Part):
    """Numbers between two ends, which count too."""

    minimum: Real | None = None
    """The lowest number."""
    maximum: Real | None = None
    """The highest number."""


def values_or_span(given: Any) -> Any:
    """One value -> a list of one; numbers between two ends stay."""
    if isinstance(given, dict):
        if not set(given) & {"minimum", "maximum"} or set(given) - {"minimum", "maximum"}:
            raise ValueError("takes a value, a list of values, or minimum and maximum.")
        return given
    values = given if isinstance(given, list) else [given]
    if not values or not all(isinstance(value, bool | int | float | str) for value in values):
        raise ValueError("takes a value, a list of values, or minimum and maximum.")
    return values


Rule = Annotated[
    list[Value] | Span, BeforeValidator(values_or_span, json_schema_input_type=Value | list[Value] | Span)
]


class LongFile(Part):
    """The columns of a file with a row an answer."""

    item: str
    """The column that says which question was answered."""
    value: str
    """The column with the answer."""


class ResponsesSpec(Part):
    """Where the answers are and how the file writes them.

    ``id`` is the column that identifies respondents (without it they are numbered);
    ``missing_codes`` mean "no answer" in every column; ``columns`` gives the instrument's
    name for columns that the file calls otherwise; ``ignore`` lists columns that are not
    part of the study, where ``*`` stands for any characters.
    """

    formerly: ClassVar = {"path": "file", "missing": "missing_codes", "rename": "columns"}

    file: Annotated[
        list[str], BeforeValidator(as_list, json_schema_input_type=str | list[str]), Field(min_length=1)
    ]
    """The file of answers, or a list of files with the same columns, as seen from the study file."""
    sheet: str | Whole | None = None
    """The sheet of a workbook, by name or number; the first that is shown without it."""
    delimiter: str | None = None
    """The sign between cells of a text file, or `tab`, `comma`, `semicolon`, `blank`; judged without it."""
    encoding: str | None = None
    """The encoding of a text file, or of an old one of SPSS or Stata; judged without it."""
    header_rows: Whole | None = Field(default=None, ge=1, le=9)
    """Rows that the names of columns take; recognised without it."""
    skip_rows: Whole | None = Field(default=None, ge=0)
    """Rows of the file above those; recognised without it."""
    id: str | None = None
    """The column that tells respondents apart; without it they are numbered."""
    missing_codes: list[MissingCode] = []
    """Numbers and texts that mean no answer, in every column."""
    columns: dict[str, str] = {}
    """The instrument's name by column, where the file calls a variable otherwise."""
    ignore: list[str] | Literal["others"] = []
    """Columns that are no part of the study, `*` for any characters; or `others`, all that are not used."""

    consent: dict[str, Rule] = {}
    """By column, what was answered by those who consent; all others are left out before anything else."""
    wave: str | dict[str, Value] | None = None
    """The column that tells waves apart, and the wave of this study, such as `{event: baseline}`."""
    wide_from: LongFile | None = None
    """Where the file has a row for each answer: its columns; needs `id`."""
    keep: dict[str, Rule] = {}
    """By column, the values or the span of those who are kept; `*` stands for any characters."""
    drop: dict[str, Rule] = {}
    """By column, the values or the span of those who are left out."""
    min_answered: Whole = Field(default=1, ge=0)
    """Answered items that make a respondent; who has fewer is left out."""

    def problems(self) -> Iterator[Problem]:
        """A delimiter is one sign, an encoding one that is known, a long file tells respondents apart."""
        if self.wide_from and self.id is None:
            yield ("wide_from",), 'a file with a row an answer needs "id", which says whose it is.'
        if isinstance(self.wave, dict) and len(self.wave) != 1:
            yield ("wave",), "must name one column and one wave."
        if self.delimiter is not None and len(self.sign or "") != 1:
            yield ("delimiter",), f"must be one sign, or {', '.join(NAMED_SIGNS)}."
        if self.encoding is not None and not is_encoding(self.encoding):
            yield ("encoding",), "must be the name of an encoding, such as utf-8, cp1252 or mac-roman."

    @property
    def files(self) -> list[str]:
        """The names of the data files."""
        return self.file

    @property
    def sign(self) -> str | None:
        """The delimiter itself."""
        return NAMED_SIGNS.get(self.delimiter, self.delimiter) if self.delimiter else self.delimiter

    @property
    def patterns(self) -> list[str]:
        """Patterns of columns that are no part of the study."""
        return ["*"] if self.ignore == "others" else list(self.ignore)

    @property
    def named(self) -> list[str]:
        """Columns that the study names beside those of the instrument."""
        rules = [*self.consent, *self.keep, *self.drop]
        wave = [self.wave] if isinstance(self.wave, str) else [*(self.wave or {})]
        return [*self.columns, *([self.id] if self.id else []), *rules, *wave]

    def reading(self, instrument: Instrument) -> Reading:
        """What readers are told of the form, and the names that they look for."""
        long = [self.wide_from.item, self.wide_from.value] if self.wide_from else []
        names = [*instrument.items, *instrument.background, *instrument.open_questions, *self.named, *long]
        return Reading(
            sheet=self.sheet,
            delimiter=self.sign,
            encoding=self.encoding,
            header_rows=self.header_rows,
            skip_rows=self.skip_rows,
            known=frozenset(as_seen(name).casefold() for name in names),
        )


def is_encoding(name: str) -> bool:
    """Whether texts can be read in an encoding of this name."""
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        return False

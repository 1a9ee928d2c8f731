"""What coders marked in which answers, held against the study: answers, themes and places that are there."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bouwen.errors import BouwenError, did_you_mean
from bouwen.results import how_many
from bouwen.survey import Study, fold, listed

ANSWER = ["respondent", "question"]


class CodesError(BouwenError):
    """A file of codes says what does not fit the study.

    Attributes
    ----------
    path : Path
    places : tuple of int
        The rows of a table (its header is row 1), or the sources of a project, in their order.
    """

    def __init__(self, path: Path, what: str, places: Iterable[int], message: str) -> None:
        self.path, self.places = path, tuple(dict.fromkeys(places))
        many = "s" if len(self.places) > 1 else ""
        super().__init__(f"{path}, {what}{many} {listed(self.places)}: {message}")


@dataclass(frozen=True)
class Mark:
    """What a coder says of an answer; without a theme, that none applies.

    ``start`` and ``end`` are code points of the answer as `as_coded` has it, None where the whole answer is
    meant; ``place`` is where the file says so.
    """

    respondent: str
    question: str
    coder: str
    theme: str | None
    start: int | None
    end: int | None
    place: int


@dataclass(frozen=True)
class Marked:
    """One file of codes, before it is held against the study; ``what`` its places are called."""

    path: Path
    what: str
    marks: Sequence[Mark]


@dataclass(frozen=True, eq=False, repr=False)
class CodedAnswers:
    """What coders marked; many to many between answers, themes, coders and places in an answer.

    Attributes
    ----------
    themes : tuple of str
        Those of the codebook, in its order, whether or not somebody saw them.
    marks : DataFrame
        A row for each ``respondent question theme coder start end``, in the order of the study; the last two
        are code points from 0, missing where the whole answer is meant.
    read : DataFrame
        A row for each ``respondent question coder``: who read which answer, also where no theme applies.

    Notes
    -----
    Both tables name respondents and are not for readers; ``repr`` shows counts only.
    """

    themes: tuple[str, ...]
    marks: pd.DataFrame
    read: pd.DataFrame

    @property
    def coders(self) -> tuple[str, ...]:
        """Who coded, by pseudonym, in alphabetical order."""
        return tuple(sorted(self.read["coder"].unique()))

    @property
    def respondents(self) -> pd.Series:
        """Who gave each answer that somebody read, by respondent and question."""
        answers = pd.MultiIndex.from_frame(self.read[ANSWER].drop_duplicates())
        return pd.Series(answers.get_level_values(0), index=answers, name="respondent")

    def ratings(self) -> dict[str, pd.DataFrame]:
        """For each theme a table (answers, coders): 1 where seen, 0 where not, NaN where not read."""
        wide = self.read.assign(read=0.0).pivot(index=ANSWER, columns="coder", values="read")
        wide = wide.reindex(self.respondents.index)
        out = {}
        for theme in self.themes:
            table = wide.copy()
            seen = self.marks[self.marks["theme"] == theme]
            rows = wide.index.get_indexer(pd.MultiIndex.from_frame(seen[ANSWER]))
            table_values = table.to_numpy(copy=True)
            table_values[rows, wide.columns.get_indexer(pd.Index(seen["coder"]))] = 1.0
            out[theme] = pd.DataFrame(table_values, wide.index, wide.columns)
        return out

    def __repr__(self) -> str:
        told = (
            how_many(len(self.themes), "theme"),
            how_many(len(self.coders), "coder"),
            how_many(len(self.respondents), "answer"),
        )
        return f"<CodedAnswers: {', '.join(told)}>"


def as_coded(answer: str) -> str:
    r"""An answer as places in it are counted: lines end in one character, accents are composed.

    >>> len(as_coded("e\u0301en\r\nprobleem"))
    12
    """
    return unicodedata.normalize("NFC", answer.replace("\r\n", "\n").replace("\r", "\n"))


def theme_names(study: Study) -> dict[str, str]:
    """Name and label of every theme, in every language and as `fold` has them -> its name."""
    out: dict[str, str] = {}
    for name, theme in study.instrument.themes.items():
        out |= {fold(label): name for label in theme.label.texts.values()}
    return out | {fold(name): name for name in study.instrument.themes}


def gathered(study: Study, files: Sequence[Marked]) -> CodedAnswers:
    """The marks of all files together, or a `CodesError` for what does not fit the study."""
    for file in files:
        refuse_strangers(study, file)
        refuse_outside(study, file)
        refuse_contradictions(file)
    marks = [mark for file in files for mark in file.marks if mark.theme or answer_of(study, mark)]
    order = {str(r): i for i, r in enumerate(study.responses.index)}
    themes = tuple(study.instrument.themes)
    questions = list(study.instrument.open_questions)

    def place(mark: Mark) -> tuple[int, int]:
        return order[mark.respondent], questions.index(mark.question)

    read = sorted({(*place(m), m.respondent, m.question, m.coder) for m in marks})
    seen = sorted(
        {
            (*place(m), themes.index(m.theme), m.coder, -1 if m.start is None else m.start, m.end or 0, m)
            for m in (m for m in told_once(marks) if m.theme)
        },
        key=lambda row: row[:6],
    )
    columns = [*ANSWER, "theme", "coder", "start", "end"]
    rows = [(m.respondent, m.question, m.theme, m.coder, m.start, m.end) for *_, m in seen]
    return CodedAnswers(
        themes,
        pd.DataFrame(rows, columns=columns).astype({"start": "Int64", "end": "Int64"}),
        pd.DataFrame([row[2:] for row in read], columns=[*ANSWER, "coder"]),
    )


def told_once(marks: Iterable[Mark]) -> set[Mark]:
    """Marks as they are whatever file they stand in, so that one that is told twice counts once."""
    return {Mark(m.respondent, m.question, m.coder, m.theme, m.start, m.end, 0) for m in marks}


def answer_of(study: Study, mark: Mark) -> str:
    """The answer that a mark is about; "" where none was given."""
    given = study.responses.at[mark.respondent, mark.question]
    return as_coded(given) if isinstance(given, str) else ""


def refuse_marks(file: Marked, wrong: Callable[[Mark], bool], message: str) -> None:
    """A `CodesError` about all marks with which something is wrong."""
    if places := [mark.place for mark in file.marks if wrong(mark)]:
        raise CodesError(file.path, file.what, places, message)


def refuse_strangers(study: Study, file: Marked) -> None:
    """Respondents, questions, themes and coders that are none."""
    known = set(map(str, study.responses.index))
    refuse_marks(
        file,
        lambda m: m.respondent not in known,
        "the study has no such respondent, or leaves them out; take the codes out or correct the id.",
    )
    questions = study.instrument.open_questions
    for name in dict.fromkeys(m.question for m in file.marks if m.question not in questions):
        said = f'there is no open question "{name}".{did_you_mean(name, questions)}'
        refuse_marks(file, lambda m, name=name: m.question == name, said)  # type: ignore[misc]
    themes = study.instrument.themes
    for name in dict.fromkeys(m.theme for m in file.marks if m.theme and m.theme not in themes):
        said = f'the codebook has no theme "{name}".{did_you_mean(str(name), themes)}'
        refuse_marks(file, lambda m, name=name: m.theme == name, said)  # type: ignore[misc]
    refuse_marks(file, lambda m: not m.coder.strip(), "nobody is named as the coder; give a pseudonym.")
    refuse_marks(file, lambda m: "@" in m.coder, "the coder is an e-mail address; give a pseudonym.")


def refuse_outside(study: Study, file: Marked) -> None:
    """Themes of answers that are empty, and places outside an answer."""
    refuse_marks(
        file,
        lambda m: m.theme is not None and not answer_of(study, m).strip(),
        "a theme is marked in an answer that is empty; take it out.",
    )
    refuse_marks(
        file,
        lambda m: (m.start is None) != (m.end is None),
        "a place in an answer needs both its start and its end, or neither.",
    )

    def outside(m: Mark) -> bool:
        if m.start is None or m.end is None:
            return False
        return not 0 <= m.start < m.end <= len(answer_of(study, m))

    message = "the marked place lies outside the answer, or ends before it starts; count its letters from 0."
    refuse_marks(file, outside, message)


def refuse_contradictions(file: Marked) -> None:
    """A coder who saw no theme in an answer, and saw one."""
    said = {(m.respondent, m.question, m.coder) for m in file.marks if m.theme is None}
    refuse_marks(
        file,
        lambda m: m.theme is not None and (m.respondent, m.question, m.coder) in said,
        "another place says that this coder saw no theme in the answer; keep one of both.",
    )

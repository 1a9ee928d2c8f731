"""What was asked -> answer scales, constructs of items that were asked together, and the rest."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from bouwen.survey.exports import known
from bouwen.survey.headers import squeezed
from bouwen.survey.questions import Question, whole
from bouwen.survey.readers import Raw
from bouwen.survey.values import fold, is_empty, number_in, text

FEWEST_ITEMS = 3  # that make a factor
LONGEST_NAME = 30
RESERVED = {"respondent", "file", "row"}


@dataclass(frozen=True)
class Scale:
    """An answer scale: its ends, labels by answer, what files write for answers, and what is none."""

    lowest: int
    highest: int
    labels: Mapping[int, str]
    codes: Mapping[Any, int] = field(default_factory=dict)
    missing: tuple[Any, ...] = ()
    whole: bool = True
    guessed: bool = False


@dataclass(frozen=True)
class Battery:
    """Items that were asked together on one answer scale; ``items`` are questions by name."""

    name: str
    label: str
    scale: Scale
    items: Mapping[str, Question]
    against: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Draft:
    """What a study may be made of, and what was left out and why."""

    id: str | None
    batteries: Sequence[Battery]
    background: Mapping[str, Question]
    open_questions: Mapping[str, Question]
    left: Sequence[Question]


def draft_of(raw: Raw, asked: Sequence[Question]) -> Draft:
    """Batteries, facts about respondents and open questions among what was asked."""
    own = id_column(raw)
    asked = [question for question in asked if question.column != own]
    names = Names()
    batteries, alone = batteries_of(raw, asked, names)
    taken = {question.column for battery in batteries for question in battery.items.values()}
    background: dict[str, Question] = {}
    texts: dict[str, Question] = {}
    left: list[Question] = []
    for question in asked:
        if question.column in taken:
            continue
        fact = question.kind in ("category", "number", "multiple")
        if (fact or (question.kind == "scale" and question.answers)) and question.column not in alone:
            background[names.of(last_part(question.column))] = question
        elif question.kind == "text":
            texts[names.of(last_part(question.column))] = question
        else:
            left.append(question)
    return Draft(own, batteries, background, texts, left)


def id_column(raw: Raw) -> str | None:
    """The column that tells respondents apart: a known name, and no two cells alike."""
    for name in known()["ids"]:
        for column in raw.cells.columns:
            cells = [text(cell) for cell in raw.cells[column] if not is_empty(cell)]
            if squeezed(column) == squeezed(name) and len(set(cells)) == len(raw.cells):
                return str(column)
    return None


def batteries_of(raw: Raw, asked: Sequence[Question], names: Names) -> tuple[list[Battery], set[str]]:
    """Questions on one scale that share a stem, or stand side by side; columns that stand alone on none."""
    found: list[Battery] = []
    alone: set[str] = set()
    for run in with_short_ones_joined(runs(asked)):
        if len(run) < FEWEST_ITEMS:
            alone |= {question.column for question in run if not question.answers}
            continue
        stem = run[0].battery
        label = run[0].label or stem or f"{run[0].column} – {run[-1].column}"
        name = names.of(stem or f"battery {len(found) + 1}")
        items = {names.of(last_part(question.column)): question for question in run}
        found.append(Battery(name, label, shared_scale(run), items, against_the_others(raw, items, run)))
    return found, alone


def runs(asked: Sequence[Question]) -> list[list[Question]]:
    """Questions on one scale, by the stem that they share; those without one as they follow each other."""
    found: dict[Any, list[Question]] = {}
    number, before = 0, None
    for question in asked:
        if question.kind != "scale" or (len(question.answers) in (1, 2) and not has_steps(question)):
            number, before = number + 1, None
            continue
        key = (scale_key(question), question.battery)
        if not question.battery and key != before:
            number += 1
        before = key
        found.setdefault((*key, 0 if question.battery else number), []).append(question)
    return list(found.values())


def has_steps(question: Question) -> bool:
    """Whether there are answers between the two that have a label."""
    return question.span is not None and question.span[1] - question.span[0] > 1


def with_short_ones_joined(found: Sequence[list[Question]]) -> list[list[Question]]:
    """Runs that are too short for a factor joined where they share a scale, the others as they are."""
    joined: dict[Any, list[Question]] = {}
    long = [run for run in found if len(run) >= FEWEST_ITEMS]
    for run in found:
        if len(run) < FEWEST_ITEMS:
            joined.setdefault(scale_key(run[0]), []).extend(run)
    several = [[replace(q, battery="", label="") for q in run] for run in joined.values()]
    return [*long, *several]


def scale_key(question: Question) -> Any:
    """What questions on one answer scale have in common."""
    if question.answers:
        return tuple((fold(str(code)), fold(label)) for code, label in question.answers.items())
    assert question.span
    return question.prefix or ("0-100" if question.span[1] > 10 else "numbers")


def shared_scale(run: Sequence[Question]) -> Scale:
    """The answer scale of questions that share one."""
    missing = tuple(dict.fromkeys(code for question in run for code in question.missing))
    answers = run[0].answers
    if not answers:
        low = min(question.span[0] for question in run if question.span)
        high = max(question.span[1] for question in run if question.span)
        ends = (0, 100) if high > 10 else (0 if low == 0 else 1, int(high))
        prefix = run[0].prefix
        codes = {f"{prefix}{n}": n for n in range(ends[0], ends[1] + 1)} if prefix else {}
        return Scale(
            *ends, {end: f"{prefix}{end}" for end in ends}, codes, missing,
            whole=all(question.whole for question in run), guessed=True,
        )  # fmt: skip
    if all(number_in(code) is not None for code in answers) and run[0].span:
        low, high = (int(end) for end in run[0].span)
        labels = {int(code): label for code, label in answers.items() if label}
        return Scale(low, high, labels or {low: str(low), high: str(high)}, missing=missing)
    labels = {n: label or str(code) for n, (code, label) in enumerate(answers.items(), start=1)}
    spelt = {code: n for n, code in enumerate(answers, start=1) if fold(str(code)) != fold(labels[n])}
    return Scale(1, len(labels), labels, spelt, missing)


def against_the_others(raw: Raw, items: Mapping[str, Question], run: Sequence[Question]) -> frozenset[str]:
    """Items that go down where the sum of the others goes up."""
    order = {fold(str(code)): n for n, code in enumerate(run[0].answers)} if run[0].answers else {}
    missing = {code for question in run for code in question.missing}

    def value(cell: Any) -> float:
        number = number_in(cell)
        if run[0].prefix and isinstance(cell, str):
            number = number_in(cell.strip().removeprefix(run[0].prefix))
        elif number is None or (not run[0].span and order):
            return float(order.get(fold(text(cell)), np.nan))
        return np.nan if number is None or whole(number) in missing else number

    answers = pd.DataFrame({name: [value(c) for c in raw.cells[q.column]] for name, q in items.items()})
    r = answers.corr(min_periods=10).fillna(0.0).to_numpy()
    if not np.isfinite(r).all() or not r.any():
        return frozenset()
    first = np.linalg.eigh(r)[1][:, -1]
    signs = np.sign(first) * (1.0 if (first > 0).sum() * 2 >= len(first) else -1.0)
    return frozenset(name for name, sign in zip(items, signs, strict=True) if sign < 0)


def last_part(column: str) -> str:
    """The name of a column without the group before it.

    >>> last_part("group/t1"), last_part("and/or ?"), last_part("t1")
    ('t1', 'and/or ?', 't1')
    """
    return column.rpartition("/")[2] if re.fullmatch(r"[\w/]+", column) else column


class Names:
    """Names for parts of an instrument, each given out once."""

    def __init__(self) -> None:
        self.taken = set(RESERVED)

    def of(self, words: str) -> str:
        """A name like some words, that is not taken.

        >>> names = Names()
        >>> names.of("V3[SQ001]"), names.of("V3 SQ001"), names.of("1e vraag: één?")
        ('V3_SQ001', 'V3_SQ001_2', 'q_1e_vraag_een')
        """
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode()
        name = re.sub(r"\W+", "_", plain).strip("_") or "q"
        if len(name) > LONGEST_NAME:
            name = name[:LONGEST_NAME].rpartition("_")[0] or name[:LONGEST_NAME]
        if not re.match(r"[A-Za-z_]", name):
            name = f"q_{name}"
        own, n = name, 1
        while own.casefold() in self.taken:
            n += 1
            own = f"{name}_{n}"
        self.taken.add(own.casefold())
        return own


def shared_scales(batteries: Iterable[Battery]) -> dict[str, Scale]:
    """The different answer scales by name; what is no answer on one of the same labels is none on all."""
    found: dict[str, Scale] = {}
    for battery in batteries:
        if battery.scale not in found.values():
            found[f"scale_{len(found) + 1}"] = battery.scale
    return found

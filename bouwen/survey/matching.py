"""What a file of answers seems to ask, and what a codebook says was asked -> one of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bouwen.survey.exports import folded_words
from bouwen.survey.headers import squeezed
from bouwen.survey.ladders import ascending
from bouwen.survey.questions import Question, is_outlying, whole
from bouwen.survey.readers import Raw
from bouwen.survey.settling import SEPARATORS, forms_of
from bouwen.survey.table import TableError
from bouwen.survey.values import fold, is_empty, number_in, text


class OtherCodebook(TableError):
    """A codebook has no question for any column of a file."""


def with_codebook(raw: Raw, asked: Sequence[Question], book: Sequence[Question]) -> list[Question]:
    """What was asked in each column: as the codebook says, where it has the column, else as it seems.

    Boxes of one question become one question, in the place of the first.

    Raises
    ------
    OtherCodebook
        It has none of the columns.
    """
    by_name = {squeezed(question.column): question for question in book}
    several = [question for question in book if question.kind == "multiple"]
    boxes = {squeezed(f"{q.column}{code}"): (q, code) for q in several for code in q.answers}
    names = {q.column: [squeezed(form) for form in names_of_column(raw, q.column)] for q in asked}
    told = {column: first_of(by_name, own) for column, own in names.items()}
    ticks = {column: first_of(boxes, own) for column, own in names.items() if told[column] is None}
    if not any(told.values()) and not any(ticks.values()):
        what = "the codebook has a question for none of its columns; is it that of another survey?"
        raise OtherCodebook(raw.path, what)
    whole_ones = {question.column for question in told.values() if question}
    found: dict[str, Question] = {}
    for question in asked:
        if tick := ticks.get(question.column):
            of, code = tick
            if of.column in whole_ones:
                found[question.column] = replace(question, kind="none", why="box")
            else:
                own = found.get(of.column, of)
                found[of.column] = replace(own, boxes={**own.boxes, question.column: code})
        else:
            book_one = told[question.column]
            found[question.column] = as_told(raw, question, book_one) if book_one else question
    return list(found.values())


def first_of(known: Mapping[str, Any], names: Iterable[str]) -> Any:
    """What the first name that is known stands for; None where none is."""
    return next((known[name] for name in names if name in known), None)


def names_of_column(raw: Raw, column: str) -> list[str]:
    """A column's name and its forms, the whole first."""
    said = raw.table.wordings.get(column, ())
    forms = [form for word in (column, *said) for form in sorted(forms_of(word))]
    return list(dict.fromkeys([column, *forms]))


def as_told(raw: Raw, seems: Question, told: Question) -> Question:
    """A column as the codebook has it."""
    question = replace(
        seems, wording=told.wording or seems.wording, battery=told.battery or seems.battery, label=told.label
    )
    if told.kind == "multiple":
        sign = separator_in(raw.cells[seems.column], told.answers)
        return replace(question, kind="multiple", answers=told.answers, separator=sign, span=None, prefix="")
    if told.answers:
        return with_told_answers(question, told.answers)
    if told.kind == "scale":
        return replace(question, kind="scale", span=told.span, answers={}, whole=seems.whole)
    if told.kind == "text":
        return question if seems.kind == "number" else replace(question, kind="text", answers={})
    if told.kind == "number" and seems.kind == "scale" and not seems.answers:
        return replace(question, kind="number")
    return question


def with_told_answers(question: Question, answers: Mapping[Any, str]) -> Question:
    """A closed question: codes that mean no answer apart, a scale where the others are in an order."""
    words = folded_words("no_answer")
    numbers = {code: label for code, label in answers.items() if not isinstance(code, str)}
    apart = [code for code in numbers if len(numbers) == len(answers) and is_outlying(code, numbers)]
    none = [code for code, label in answers.items() if fold(label) in words or code in apart]
    valid = {code: label for code, label in answers.items() if code not in none}
    missing = (*question.missing, *none, *(answers[code] for code in none if answers[code]))
    told = replace(question, answers=valid, missing=tuple(dict.fromkeys(missing)))
    told = replace(told, prefix="", span=None, why="")
    if len(valid) < 2:
        return replace(told, kind="none", why="one answer")
    in_a_row = all(not isinstance(code, str) for code in valid) and is_row(valid)
    if in_a_row:
        told = replace(told, span=(float(min(valid)), float(max(valid))))
    elif order := ascending(valid.values()):
        back = {label: code for code, label in valid.items()}
        told = replace(told, answers={back[label]: label for label in order})
    return replace(told, kind="scale" if len(valid) > 2 else "category")


def is_row(codes: Iterable[int]) -> bool:
    """Whether whole numbers follow each other."""
    codes = sorted(codes)
    return codes == list(range(codes[0], codes[-1] + 1))


def separator_in(cells: Iterable[Any], answers: Mapping[Any, str]) -> str:
    """What stands between several answers in one cell: the sign by which all parts are answers."""
    known = {fold(str(word)) for pair in answers.items() for word in pair}
    held = [text(cell) for cell in cells if not is_empty(cell) and number_in(cell) is None]
    for sign in (*SEPARATORS, " "):
        parts = [part for cell in held for part in cell.split(sign) if part.strip()]
        if parts and all(fold(part) in known for part in parts):
            return sign
    return ";"


def code_text(code: Any) -> str:
    """A code of a category as a name."""
    return code if isinstance(code, str) else f"level_{whole(code)}".replace("-", "minus_")

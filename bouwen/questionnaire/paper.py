"""A questionnaire -> what stands on paper: one list of blocks, from which Word and PDF are written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bouwen.questionnaire.pages import Leaf, Posed, Sheet
from bouwen.words import words

BOX = "\N{BALLOT BOX}"
LINES_OF_A_TEXT = 4  # to write on, below an open question


@dataclass(frozen=True)
class Block:
    """What stands below each other: a text, boxes to tick, lines to write on, or a table of items."""

    kind: Literal["title", "text", "question", "hint", "boxes", "lines", "table"]
    text: str = ""
    answers: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


def blocks_of(sheet: Sheet) -> Iterator[Block]:
    """The questionnaire on paper, in its first language; questions are numbered."""
    language = sheet.languages[0]
    yield Block("title", sheet.title[language])
    for name in ("introduction", "privacy"):
        if name in sheet.around:
            yield Block("text", sheet.around[name][language])
    number = 0
    if sheet.consent:
        yield from single(sheet.consent, "", language)
    for page in sheet.pages:
        if page.lead:
            yield Block("text", page.lead[language])
            yield grid(page, number, language)
            number += len(page.questions)
            continue
        for question in page.questions:
            number += 1
            at_length = question.name in sheet.at_length
            yield from single(question, f"{number}. ", language, at_length=at_length)
    if "end" in sheet.around:
        yield Block("text", sheet.around["end"][language])


def grid(page: Leaf, number: int, language: str) -> Block:
    """The items of a construct with a box for each answer, or a place for a number."""
    rows = tuple(f"{number + n}. {q.text[language]}" for n, q in enumerate(page.questions, start=1))
    question = page.questions[0]
    if question.choices:
        return Block("table", answers=tuple(c.label[language] for c in question.choices), rows=rows)
    return Block("table", answers=(span_hint(question, language),), rows=rows)


def single(question: Posed, number: str, language: str, *, at_length: bool = False) -> Iterator[Block]:
    """A question of its own."""
    yield Block("question", f"{number}{question.text[language]}")
    if question.kind in ("category", "multiple"):
        yield Block("hint", words(language)(f"questionnaire.{question.kind}"))
        yield Block("boxes", answers=tuple(c.label[language] for c in question.choices))
    elif question.kind == "number":
        yield Block("hint", span_hint(question, language))
        yield Block("lines", rows=("",))
    else:
        yield Block("lines", rows=("",) * (LINES_OF_A_TEXT if at_length else 1))


def span_hint(question: Posed, language: str) -> str:
    """Which numbers may be written."""
    say = words(language)
    if question.minimum is None or question.maximum is None:
        return say("questionnaire.number")
    return say("questionnaire.between", low=f"{question.minimum:g}", high=f"{question.maximum:g}")


def share_of_items(answers: Sequence[str]) -> float:
    """The part of a table's width that its items take."""
    return max(0.34, 0.7 - 0.07 * len(answers))

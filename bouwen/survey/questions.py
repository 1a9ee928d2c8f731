"""A table of answers -> what seems to have been asked: wordings, answers, and what is no answer."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

from bouwen.survey.directions import height
from bouwen.survey.exports import folded_words, known
from bouwen.survey.headers import squeezed
from bouwen.survey.ladders import ascending
from bouwen.survey.readers import Raw
from bouwen.survey.responses import CODE_WITH_NUMBER, FEWEST, with_number
from bouwen.survey.table import CONTROL
from bouwen.survey.values import Labelled, LabelledText, as_seen, fold, is_empty, number_in, text

Kind = Literal["scale", "category", "multiple", "number", "text", "none"]
DATE_TEXTS = re.compile(r"\d{4}-\d\d?-\d\d?([ T].*)?|\d\d?[-/.]\d\d?[-/.]\d{2,4}([ ,].*)?")
MOST_ANSWERS_LISTED = 12  # different texts that may be the answers to a closed question
LONGEST_OF_A_LIST = 80
HIGHEST_UNLABELLED = 10  # of whole numbers without labels that may be answers on one scale
MARK = re.compile(r"</?[A-Za-z!][^<>]*>")
MARK_WITHIN = re.compile(r"</?(?:b|i|u|em|strong|span|font|a|sup|sub)(?:\s[^<>]*)?>", re.IGNORECASE)
LONG_TEXT = 25  # letters, on average, of answers in one's own words
STEM = re.compile(r"(.+?)\s*[\[(]\w+[\])]|(.*?[^\W\d_])[\s_.:-]*0*\d+[a-z]?|(.+\d)[_.-]\d+", re.IGNORECASE)
IN_BRACKETS_LAST = re.compile(r"(.+?)\s*[\[(]\s*(.+?)\s*[\])]\s*$")


@dataclass(frozen=True)
class Question:
    """One column and what seems to have been asked there.

    ``answers`` are codes and labels, in the order of the answers; a code is a number, or a text where the
    file writes one. ``battery`` is what it shares with those that were asked together, ``prefix`` what stands
    before the numbers of its codes (A1), ``boxes`` the code of each column that is a box of it, ``why`` the
    reason for which it is none.
    """

    column: str
    wording: str
    kind: Kind
    answers: Mapping[Any, str] = field(default_factory=dict)
    missing: tuple[Any, ...] = ()
    battery: str = ""
    label: str = ""
    span: tuple[float, float] | None = None
    whole: bool = True
    prefix: str = ""
    boxes: Mapping[str, Any] = field(default_factory=dict)
    separator: str = ";"
    why: str = ""


def questions_in(raw: Raw) -> list[Question]:
    """What every column of a table seems to ask."""
    found = [question_of(raw, column) for column in raw.cells.columns]
    return with_shared_texts(found)


def question_of(raw: Raw, column: str) -> Question:
    """What one column seems to ask, by what it holds and what the file says of it."""
    said = raw.table.wordings.get(column, ())
    cells = [cell for cell in raw.cells[column].tolist() if not is_empty(cell)]
    battery, wording = parts_of_name(column, said)
    asked = Question(column, wording, "none", battery=battery)
    labels = labels_of(raw, column, cells)
    if squeezed(column) in known()["metadata"] or column in raw.table.nameless:
        return replace(asked, why="metadata")
    if not cells:
        return replace(asked, why="empty")
    if any(isinstance(c, date) or (isinstance(c, str) and DATE_TEXTS.fullmatch(c)) for c in cells[:20]):
        return replace(asked, why="dates")
    if len(labels) > 1 and not any(isinstance(code, str) for code in labels):
        return labelled_question(asked, cells, labels)
    numbers = [number_in(cell) for cell in cells]
    if sum(number is not None for number in numbers) > 0.5 * len(cells):
        return numeric_question(asked, cells)
    return worded_question(asked, cells)


def parts_of_name(column: str, said: Sequence[str]) -> tuple[str, str]:
    """What a column shares with its neighbours, and the wording of its question.

    >>> parts_of_name("V3[SQ001]", ()), parts_of_name("How do you agree? [I like them]", ())
    (('V3', 'V3[SQ001]'), ('How do you agree?', 'I like them'))
    >>> parts_of_name("mood_2", ("To what extent? - They help",)), parts_of_name("group/t1", ())
    (('mood', 'They help'), ('group', 'group/t1'))
    """
    worded = clean(max(said, key=len)) if said else ""
    match = STEM.fullmatch(as_seen(column))
    stem = next(filter(None, match.groups())) if match else ""
    for whole in (worded, as_seen(column)):
        for sign in (" - ", ": "):
            above, _, below = whole.rpartition(sign)
            if above and below and len(above.split()) > 1:
                return (stem if stem and worded else above), below
        match = IN_BRACKETS_LAST.fullmatch(whole)
        if match and (len(match[2].split()) > 1 or len(match[1].split()) > 2):
            return (stem if stem and worded else match[1]), match[2]
    if "/" in column and not worded:
        return column.rpartition("/")[0], column
    return stem, worded or as_seen(column)


def clean(words: str) -> str:
    """A text without marks of HTML, on one line.

    >>> clean("<p>How <b>sure</b>&nbsp;are<br/>you?</p>"), clean("&lt; 5 or > 9")
    ('How sure are you?', '< 5 or > 9')
    """
    plain = html.unescape(MARK.sub(" ", MARK_WITHIN.sub("", words)))
    return as_seen(CONTROL.sub(" ", plain))


def labels_of(raw: Raw, column: str, cells: Sequence[Any]) -> dict[Any, str]:
    """The labels of codes that the file has, or that its cells show beside their numbers."""
    found = {code: clean(label) for code, label in raw.table.labels.get(column, {}).items() if clean(label)}
    if found:
        return found
    parts = [c if isinstance(c, Labelled | LabelledText) else with_number(c, {}, {}) for c in cells]
    shown = [part for part in parts if isinstance(part, Labelled | LabelledText)]
    if any(number_in(part) is None for part in parts if fold(text(part)) not in folded_words("no_answer")):
        return {}
    return {code: part.label for part in shown if (code := number_in(part)) is not None}


def labelled_question(asked: Question, cells: Sequence[Any], labels: Mapping[Any, str]) -> Question:
    """A question whose codes have labels: an answer scale where they are in a row, else categories."""
    numbers = [number_in(with_number(cell, {}, {})) for cell in cells]
    used = {number for number in numbers if number is not None}
    words = folded_words("no_answer")
    missing = [code for code, label in labels.items() if fold(label) in words or is_outlying(code, labels)]
    missing += [number for number in used - {*map(float, labels)} if is_outlying(number, labels)]
    valid = {whole(code): label for code, label in sorted(labels.items()) if code not in missing}
    left = used - {*map(float, missing)}
    told = replace(asked, answers=valid, missing=tuple(map(whole, dict.fromkeys(missing))))
    if len(valid) < 2 or any(code % 1 for code in map(float, valid)):
        return replace(told, kind="none", why="one answer")
    span = (min(map(float, valid)), max(map(float, valid)))
    ends_only = len(valid) < span[1] - span[0] + 1
    if any(n % 1 or not span[0] <= n <= span[1] for n in left) or (
        not ends_only and left - {*map(float, valid)}
    ):
        return replace(told, kind="none", why="codes without a label")
    in_a_row = span[1] - span[0] + 1 == len(valid) or (ends_only and left - {*map(float, valid)})
    ordered = ascending(valid.values()) is not None and len(valid) > 2
    kind: Kind = "scale" if in_a_row and (ends_only or ordered or len(valid) > 3) else "category"
    if kind == "category" and not left <= {*map(float, valid)}:
        return replace(told, kind="none", why="codes without a label")
    return replace(told, kind=kind, span=span)


def is_outlying(code: Any, labels: Mapping[Any, str]) -> bool:
    """Whether a number that often means no answer stands apart from the others."""
    others = [float(other) for other in labels if float(other) not in known()["no_answer_numbers"]]
    return (
        float(code) in known()["no_answer_numbers"]
        and bool(others)
        and not (min(others) - 1 <= float(code) <= max(others) + 1)
    )


def whole(number: Any) -> Any:
    """A number as a file of settings has it."""
    return int(number) if float(number).is_integer() else float(number)


def numeric_question(asked: Question, cells: Sequence[Any]) -> Question:
    """A question that is answered by numbers without labels."""
    words = folded_words("no_answer")
    texts = {text(cell) for cell in cells if number_in(cell) is None}
    numbers = [n for cell in cells if (n := number_in(cell)) is not None]
    ends = [word for word in texts if fold(word) not in words]
    if ends:
        return ended_question(asked, numbers, ends, sorted(texts - set(ends)))
    low = [n for n in numbers if 0 <= n <= HIGHEST_UNLABELLED]
    odd = {n for n in numbers if n in known()["no_answer_numbers"] and not 0 <= n <= HIGHEST_UNLABELLED}
    if len(low) + sum(n in odd for n in numbers) < len(numbers):
        odd = {n for n in odd if n < 0}
    left = [n for n in numbers if n not in odd]
    if not left:
        return replace(asked, why="empty")
    span, is_whole = (min(left), max(left)), all(n % 1 == 0 for n in left)
    missing = (*sorted(map(whole, odd)), *sorted(texts))
    kind: Kind = "number"
    if (is_whole and span[0] >= 0 and span[1] <= HIGHEST_UNLABELLED and len(set(left)) > 2) or (
        span[0] >= 0 and 50 < span[1] <= 100
    ):
        kind = "scale"  # where others were asked like it
    return replace(asked, kind=kind, span=span, whole=is_whole, missing=missing)


def ended_question(
    asked: Question, numbers: Sequence[float], ends: Sequence[str], missing: Sequence[str]
) -> Question:
    """A question whose lowest and highest answers are words, and the others numbers between them."""
    heights = {fold(word): height(word) for word in ends}
    span = (min(numbers) - 1, max(numbers) + 1)
    opposite = len(heights) == 2 and min(heights.values()) < 0 < max(heights.values())
    small = all(n % 1 == 0 and 0 <= n <= HIGHEST_UNLABELLED for n in numbers)
    if not (opposite and small) or set(numbers) != {*range(int(span[0]) + 1, int(span[1]))}:
        return replace(asked, why="numbers and texts")
    low, high = sorted(ends, key=lambda word: heights[fold(word)])[:: max(len(ends) - 1, 1)]
    answers = {int(span[0]): low, int(span[1]): high}
    return replace(asked, kind="scale", span=span, answers=answers, missing=tuple(missing))


def worded_question(asked: Question, cells: Sequence[Any]) -> Question:
    """A question that is answered in words: those of a list, or one's own."""
    counts = Counter(text(cell) for cell in cells)
    words = folded_words("no_answer")
    missing = tuple(sorted(word for word in counts if fold(word) in words))
    labels: dict[str, str] = {}
    for word, _ in counts.most_common():
        if word not in missing:
            labels.setdefault(fold(word), word)
    told = replace(asked, missing=missing)
    if coded := coded_question(told, list(labels.values())):
        return coded
    if len(labels) > MOST_ANSWERS_LISTED or any(len(word) > LONGEST_OF_A_LIST for word in labels.values()):
        mean = sum(map(len, counts)) / len(counts)
        return replace(told, kind="text" if mean >= LONG_TEXT else "none", why="texts")
    often = Counter(fold(text(cell)) for cell in cells)
    order = ascending(labels.values())
    answers = {word: word for word in (order or sorted(labels.values(), key=fold))}
    if order and len(order) > 2:
        return replace(told, kind="scale", answers=answers)
    if len(labels) < 2 or any(often[word] < FEWEST for word in labels):
        return replace(told, kind="none", answers=answers, why="rare texts")
    return replace(told, kind="category", answers=answers)


def coded_question(asked: Question, words: Sequence[str]) -> Question | None:
    """A question that is answered by codes such as A1, if it is: numbers below the same letters."""
    codes = [CODE_WITH_NUMBER.fullmatch(word) for word in words]
    prefixes = {match[0].rstrip("0123456789") if match else "" for match in codes}
    numbers = [int(match[1]) for match in codes if match]
    if len(prefixes) != 1 or "" in prefixes or len(numbers) < 2 or max(numbers) > HIGHEST_UNLABELLED:
        return None
    (prefix,) = prefixes
    if any(word != f"{prefix}{number}" for word, number in zip(words, numbers, strict=True)):
        return None
    span = (float(min(numbers)), float(max(numbers)))
    return replace(asked, kind="scale", span=span, prefix=prefix)


def with_shared_texts(asked: Iterable[Question]) -> list[Question]:
    """The questions, each with all texts of a scale of which one column shows some only."""
    asked = list(asked)
    worded = [q for q in asked if q.answers and all(isinstance(code, str) for code in q.answers)]
    sets: list[dict[str, str]] = []
    for question in sorted(worded, key=lambda q: -len(q.answers)):
        own = {fold(word): word for word in question.answers}
        for shared in sets:
            both = own.keys() & shared.keys()
            if both and ascending([*{**own, **shared}.values()]) and 2 * len(both) >= len(own):
                shared.update({word: said for word, said in own.items() if word not in shared})
                break
        else:
            sets.append(own)
    return [shared_question(q, sets) if q in worded else q for q in asked]


def shared_question(question: Question, sets: Sequence[Mapping[str, str]]) -> Question:
    """A question with the texts of the ladder that it is on."""
    own = {fold(word) for word in question.answers}
    for shared in sets:
        order = ascending(shared.values()) if own <= shared.keys() and len(shared) > 2 else None
        if order:
            return replace(question, kind="scale", answers={word: word for word in order}, why="")
    return question

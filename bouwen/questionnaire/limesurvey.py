"""A questionnaire -> LimeSurvey's tab-separated structure, and what its export calls the answers.

The form is that of "Tab Separated Value survey structure" in LimeSurvey's manual: a row for each setting,
group, question, subquestion and answer, first in the language of the survey, then in all others.
"""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bouwen.questionnaire.pages import Leaf, Option, Posed, Sheet, Texts
from bouwen.survey import Proposal

HEADER = (
    "id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language", "validation",
    "mandatory", "other", "default", "same_default", "slider_layout", "slider_min", "slider_max",
    "slider_accuracy", "min_num_value_n", "max_num_value_n",
)  # fmt: skip
LONGEST_CODE, LONGEST_LIME = 20, 5
SETTINGS = {"format": "G", "anonymized": "Y", "datestamp": "N", "ipaddr": "N", "refurl": "N"}
TYPES = {"category": "L", "multiple": "M", "number": "N", "text": "T"}


class LimeNames:
    """What LimeSurvey calls questions and answers: letters and digits only, and few of them."""

    def __init__(self, sheet: Sheet) -> None:
        taken: set[str] = set()
        self.pages = {page.name: short_name(page.name, taken) for page in sheet.pages if page.lead}
        single = [q for q in sheet.questions if q.kind != "scale"]
        self.questions = {q.name: short_name(q.name, taken) for q in single}
        self.columns = dict(self.questions)
        for page in sheet.pages:
            if page.lead:
                code = self.pages[page.name]
                self.columns |= {q.name: f"{code}[{part_code(n)}]" for n, q in enumerate(page.questions)}


def short_name(name: str, taken: set[str]) -> str:
    """A question's code like a name, that is not taken; LimeSurvey tells no capitals apart."""
    plain = re.sub(r"[^A-Za-z0-9]", "", name)
    plain = plain if plain[:1].isalpha() else f"q{plain}"
    own, n = plain[:LONGEST_CODE], 1
    while own.casefold() in taken:
        n += 1
        own = f"{plain[: LONGEST_CODE - len(str(n))]}{n}"
    taken.add(own.casefold())
    return own


def part_code(n: int) -> str:
    """The code of a subquestion, by its place from 0."""
    return f"SQ{n + 1:03d}"


def lime_codes(question: Posed) -> dict[str, str]:
    """The code of each choice: its number, its name where that is short, else its place."""
    numbers = [choice.code for choice in question.choices]
    if all(code is not None and 0 <= code < 10**LONGEST_LIME for code in numbers):
        return {choice.name: str(choice.code) for choice in question.choices}
    names = [choice.name for choice in question.choices]
    short = all(re.fullmatch(r"[A-Za-z0-9]{1,5}", name) for name in names)
    if short and len({name.casefold() for name in names}) == len(names):
        return {name: name for name in names}
    return {name: f"A{n}" for n, name in enumerate(names, start=1)}


def lime_text(sheet: Sheet) -> str:
    """The structure as text, to be written in UTF-8 with a byte order mark."""
    out = io.StringIO()
    writer = csv.DictWriter(out, HEADER, restval="", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lime_structure(sheet))
    return out.getvalue()


def lime_structure(sheet: Sheet) -> Iterator[dict[str, Any]]:
    """The rows of the structure."""
    first, *others = sheet.languages
    settings = {"sid": "1", "language": first, "additional_languages": " ".join(others), **SETTINGS}
    if "privacy" in sheet.around:
        settings["showsurveypolicynotice"] = "1"
    yield from ({"class": "S", "name": name, "text": value} for name, value in settings.items())
    named = {"introduction": "welcometext", "privacy": "policy_notice", "end": "endtext"}
    for language in sheet.languages:
        told: dict[str, Texts] = {
            "title": sheet.title,
            **{named[k]: text for k, text in sheet.around.items()},
        }
        for name, text in told.items():
            words = text[language] if name == "title" else markup(text[language])
            yield {"class": "SL", "name": f"surveyls_{name}", "text": words, "language": language}
    for language in sheet.languages:
        yield from spoken_structure(sheet, language)


def spoken_structure(sheet: Sheet, language: str) -> Iterator[dict[str, Any]]:
    """Groups with their questions in one language; numbers are the same in each."""
    names = LimeNames(sheet)
    pages = list(sheet.pages)
    relevance = "1"
    if sheet.consent:
        pages.insert(0, Leaf("consent", (sheet.consent,)))
    number = 0
    for n, page in enumerate(pages):
        group = {"id": n + 1, "class": "G", "type/scale": f"G{n}", "name": f"{n + 1}", "language": language}
        yield {**group, "relevance": relevance}
        for rows in question_rows(page, names, language):
            number += 1
            for row in rows:
                yield {**row, "id": number, "language": language}
        if sheet.consent and n == 0:
            yes = lime_codes(sheet.consent)["yes"]
            relevance = f'{names.questions[sheet.consent.name]}.NAOK == "{yes}"'


def question_rows(page: Leaf, names: LimeNames, language: str) -> Iterator[list[dict[str, Any]]]:
    """The rows of each question of a page: itself, its parts, its answers."""
    if page.lead:
        question = page.questions[0]
        code, text = names.pages[page.name], markup(page.lead[language])
        parts = [sub_row(part_code(n), q.text[language]) for n, q in enumerate(page.questions)]
        head = {"class": "Q", "type/scale": "F" if question.choices else "K", "name": code, "text": text}
        slider = {} if question.choices else slider_settings(question)
        answers = answer_rows(question, language)
        yield [{**head, **slider, "relevance": "1", "mandatory": "N", "other": "N"}, *parts, *answers]
        return
    for question in page.questions:
        head = {"class": "Q", "type/scale": TYPES[question.kind], "name": names.questions[question.name]}
        head |= {"text": markup(question.text[language]), "relevance": "1", "other": "N"}
        head |= {"mandatory": "Y" if page.name == "consent" else "N", **lime_bounds(question)}
        if question.kind == "multiple":
            codes = lime_codes(question)
            yield [head, *(sub_row(codes[c.name], c.label[language]) for c in question.choices)]
        else:
            yield [head, *answer_rows(question, language)]


def sub_row(code: str, text: str) -> dict[str, Any]:
    """A subquestion."""
    return {"class": "SQ", "type/scale": "0", "name": code, "relevance": "1", "text": markup(text)}


def answer_rows(question: Posed, language: str) -> list[dict[str, Any]]:
    """The answers of a closed question."""
    codes = lime_codes(question)
    return [
        {"class": "A", "type/scale": "0", "name": codes[choice.name], "relevance": "0",
         "text": markup(choice.label[language])}
        for choice in question.choices
    ]  # fmt: skip


def slider_settings(question: Posed) -> dict[str, str]:
    """A scale with too many answers to list."""
    scale = question.scale
    assert scale
    step = "0.01" if scale.step == "any" else f"{scale.step:g}"
    ends = {"slider_min": f"{scale.lowest}", "slider_max": f"{scale.highest}"}
    return {"slider_layout": "1", **ends, "slider_accuracy": step}


def lime_bounds(question: Posed) -> dict[str, str]:
    """The least and the greatest number that is accepted."""
    both = {"min_num_value_n": question.minimum, "max_num_value_n": question.maximum}
    return {name: f"{value:g}" for name, value in both.items() if value is not None}


def markup(text: str) -> str:
    """A text as HTML, in which no brace begins an expression."""
    return re.sub(r"\{(?=\S)", "{ ", html.escape(text, quote=False))


def lime_proposals(sheet: Sheet) -> list[Proposal]:
    """What a study file says of the export: what each column and each code stands for."""
    names = LimeNames(sheet)
    asked = {q.name: q for q in sheet.questions}
    columns: dict[str, str] = {}
    recode: dict[str, dict[Any, str]] = {}
    scales: dict[str, dict[str, int]] = {}
    for name, column in names.columns.items():
        question = asked[name]
        if name in sheet.added:
            continue
        codes = lime_codes(question)
        if question.kind == "scale":
            if told := {code: int(step) for step, code in codes.items() if code != step}:
                scales[question.scale_name] = told
            codes = {}
        if question.kind == "multiple":
            columns |= {f"{column}[{code}]": f"{name}.{choice}" for choice, code in codes.items()}
            continue
        if column != name:
            columns[column] = name
        if spelt := {c: choice for choice, c in codes.items() if needs_telling(question.choices, choice, c)}:
            recode[name] = spelt
    found = [Proposal("study", ("responses", "columns", column), name) for column, name in columns.items()]
    found += [Proposal("study", ("recode", name), spelt) for name, spelt in recode.items()]
    scale_codes = [Proposal("instrument", ("answer_scales", s, "codes"), told) for s, told in scales.items()]
    return found + scale_codes


def needs_telling(choices: Iterable[Option], name: str, code: str) -> bool:
    """Whether a file's code for a choice is neither its name nor its number."""
    numbers: Mapping[str, int | None] = {choice.name: choice.code for choice in choices}
    return code not in (name, str(numbers[name]))

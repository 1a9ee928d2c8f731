"""What a survey tool says of its questionnaire -> questions: LimeSurvey, Qualtrics, REDCap, XLSForm, SPSS."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bouwen.survey.files import FileError, refuse_no_file
from bouwen.survey.plain import decode
from bouwen.survey.questions import Kind, Question, clean, whole
from bouwen.survey.readers import read_raw
from bouwen.survey.table import parsing
from bouwen.survey.values import number_in

Rows = list[dict[str, str]]
KNOWN_BOOKS = (
    "a .lss or a structure (.txt) of LimeSurvey, a .qsf of Qualtrics, a data dictionary of REDCap (.csv), an "
    "XLSForm (.xlsx), or a file of SPSS or Stata"
)
LARGEST_BOOK = 50_000_000  # bytes of a codebook
UNSAFE = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
FIVE, TEN = ({str(n): str(n) for n in range(1, most + 1)} for most in (5, 10))
YES_NO = {"Y": "Yes", "N": "No"}


def read_codebook(path: Path, language: str) -> list[Question]:
    """The questions of a codebook, by the names of their columns; texts in a language where it has several.

    Raises
    ------
    FileError
        It is none that is known, or damaged.
    """
    refuse_no_file(path)
    if path.stat().st_size > LARGEST_BOOK:
        raise FileError(path, "is too large for a codebook.")
    data = path.read_bytes()
    kind = path.suffix.lower()
    with parsing(path, "a codebook"):
        if kind == ".lss":
            found = limesurvey(path, data, language)
        elif kind == ".qsf":
            found = qualtrics(json.loads(data.decode("utf-8-sig")))
        elif kind == ".xlsx" and (sheets := form_sheets(path)):
            found = xlsform(sheets, language)
        elif kind in (".txt", ".tsv", ".csv") and (rows := structure_rows(path, data)):
            found = lime_structured(rows, language)
        elif kind in (".csv", ".txt") and (rows := dictionary_rows(path, data)):
            found = redcap(rows)
        elif kind in (".sav", ".zsav", ".por", ".dta"):
            found = variables_of(path)
        else:
            raise FileError(path, f"is no codebook that is known; give {KNOWN_BOOKS}.")
        questions = list(found)
    if not questions:
        raise FileError(path, "holds no question; export the questionnaire again.")
    return questions


def told_closed(kind: Kind, answers: Mapping[str, str]) -> dict[str, Any]:
    """Kind and answers of a closed question, codes that are whole numbers as numbers."""
    told = by_code(answers)
    if all(isinstance(code, int) for code in told):
        told = dict(sorted(told.items()))
    return {"kind": kind if len(told) > 1 else "none", "answers": told}


def by_code(answers: Mapping[str, str]) -> dict[Any, str]:
    """Labels by code, whole numbers as numbers."""
    return {as_code(code): clean(label) for code, label in answers.items()}


def as_code(code: str) -> Any:
    """A code as a number, where it is a whole one in plain digits."""
    number = number_in(code)
    plain = number is not None and number % 1 == 0 and re.fullmatch(r"-?(0|[1-9]\d*)", code.strip())
    return whole(number) if plain else code.strip()


# LimeSurvey


def limesurvey(path: Path, data: bytes, language: str) -> Iterator[Question]:
    """The questions of a structure file: texts in its rows, or in tables of their own by language."""
    if UNSAFE.search(data) or b"\0" in data:
        raise FileError(path, "declares entities of XML, which no questionnaire needs; export it again.")
    tables = LimeTables((part.tag, lime_rows(part)) for part in ElementTree.fromstring(data))
    language = lime_language(tables, language)
    texts = {row["qid"]: row.get("question", "") for row in spoken(tables["question_l10ns"], language)}
    asked = spoken([*tables["questions"], *tables["subquestions"]], language)
    attributes: dict[str, dict[str, str]] = defaultdict(dict)
    for row in tables["question_attributes"]:
        attributes[row["qid"]][row.get("attribute", "")] = row.get("value", "")
    asked = sorted(unique(asked, "qid"), key=lambda row: (number(row, "gid"), number(row, "question_order")))
    answers = lime_answers(tables, language)
    below: dict[str, Rows] = defaultdict(list)
    for row in asked:
        row["question"] = clean(texts.get(row["qid"], row.get("question", "")))
        if row.get("parent_qid", "0") != "0":
            below[row["parent_qid"]].append(row)
    for row in asked:
        if row.get("parent_qid", "0") == "0":
            own = {**attributes[row["qid"]], **row}
            yield from lime_question(own, below[row["qid"]], answers.get(row["qid"], {}))


def structure_rows(path: Path, data: bytes) -> Rows:
    """The rows of a tab-separated structure; none where a file is something else."""
    rows = list(csv.DictReader(io.StringIO(decode(path, data)[0], newline=""), delimiter="\t"))
    known = rows and {"class", "type/scale", "name", "text", "language"} <= set(rows[0])
    return [{k: v or "" for k, v in row.items() if isinstance(k, str)} for row in rows] if known else []


def lime_structured(rows: Rows, language: str) -> Iterator[Question]:
    """The questions of a tab-separated structure, whose parts and answers follow each of them."""
    own = [row for row in rows if row["class"] in ("Q", "SQ", "A")]
    language = lime_language({"questions": own}, language)
    parts: list[tuple[dict[str, str], Rows, dict[str, str]]] = []
    for row in spoken(own, language):
        if row["class"] == "Q":
            asked = {**row, "type": row["type/scale"], "title": row["name"], "question": clean(row["text"])}
            parts.append((asked, [], {}))
        elif parts and row["type/scale"] in ("", "0"):  # others are on the second scale of a question
            head, below, answers = parts[-1]
            if row["class"] == "A":
                answers.setdefault(row["name"], row["text"])
            else:
                below.append({"title": row["name"], "question": clean(row["text"]), "question_order": ""})
    for head, below, answers in parts:
        yield from lime_question(head, below, answers)


class LimeTables(dict[str, Rows]):
    """Tables of a structure file; those that it lacks are empty."""

    def __missing__(self, _name: str) -> Rows:
        return []


def lime_rows(part: ElementTree.Element) -> Rows:
    """The rows of one table."""
    return [{cell.tag: cell.text or "" for cell in row} for row in part.findall("./rows/row")]


def lime_language(tables: Mapping[str, Rows], wanted: str) -> str:
    """The language to take: the one that is wanted, perhaps with more behind it, or the first."""
    rows = [*tables.get("question_l10ns", []), *tables.get("questions", [])]
    there = list(dict.fromkeys(row["language"] for row in rows if row.get("language")))
    longer = [code for code in there if code.partition("-")[0] == wanted]
    return ([code for code in there if code == wanted] or longer or there or [""])[0]


def spoken(rows: Iterable[dict[str, str]], language: str) -> Rows:
    """The rows in a language, and those that have none."""
    return [dict(row) for row in rows if row.get("language", language) in (language, "")]


def unique(rows: Rows, key: str) -> Rows:
    """Each row once."""
    return list({row[key]: row for row in rows}.values())


def number(row: Mapping[str, str], key: str) -> float:
    """A number in a row, by which rows are in order."""
    return number_in(row.get(key, "")) or 0.0


def lime_answers(tables: Mapping[str, Rows], language: str) -> dict[str, dict[str, str]]:
    """The labels of answers by question and code, in their order."""
    own = spoken(tables["answer_l10ns"], language)
    texts = {row.get("aid") or (row.get("qid"), row.get("code")): row.get("answer", "") for row in own}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for row in sorted(spoken(tables["answers"], language), key=lambda r: number(r, "sortorder")):
        label = texts.get(row.get("aid", ""), texts.get((row["qid"], row["code"]), row.get("answer", "")))
        found[row["qid"]].setdefault(row["code"], label)
    return found


def lime_question(row: dict[str, str], below: Rows, answers: Mapping[str, str]) -> Iterator[Question]:
    """The columns of one question."""
    kind, name, asked = row.get("type", ""), row["title"], row["question"]
    parts = sorted(below, key=lambda part: number(part, "question_order"))
    scale = {"A": FIVE, "B": TEN, "C": {**YES_NO, "U": "Uncertain"}}.get(kind, answers)
    if kind in "FABCEH" and parts:
        for part in parts:
            words = part["question"] or asked
            told = told_closed("scale", scale)
            yield Question(f"{name}[{part['title']}]", words, battery=name, label=asked, **told)
    elif kind == "K" and parts:
        low, high = (number_in(row.get(f"slider_{end}") or "") for end in ("min", "max"))
        span = (0.0 if low is None else low, 100.0 if high is None else high)
        sliding = row.get("slider_layout") in ("1", "Y")
        for part in parts:
            one = Question(f"{name}[{part['title']}]", part["question"] or asked, "number")
            slider = replace(one, kind="scale", battery=name, label=asked, span=span)
            yield slider if sliding else one
    elif kind in "MP" and parts:
        boxes = {part["title"]: part["question"] for part in parts}
        yield Question(name, asked, "multiple", answers=by_code(boxes))
    elif kind in ("L", "!", "O", "Y", "5", "G"):
        own = {"Y": YES_NO, "5": FIVE, "G": {"F": "Female", "M": "Male"}}.get(kind, answers)
        own = {**own, "-oth-": "Other"} if row.get("other") == "Y" else own
        yield Question(name, asked, **told_closed("category", own))
    elif kind in ("N", "S", "T", "U"):
        yield Question(name, asked, "number" if kind == "N" else "text")


# Qualtrics


def qualtrics(survey: Any) -> Iterator[Question]:
    """The questions of a survey file; those in the trash are left out."""
    gone = {
        part.get("QuestionID")
        for element in survey["SurveyElements"] if element.get("Element") == "BL"
        for block in listed_values(element.get("Payload")) if block.get("Type") == "Trash"
        for part in block.get("BlockElements", [])
    }  # fmt: skip
    for element in survey["SurveyElements"]:
        payload = element.get("Payload")
        if element.get("Element") == "SQ" and payload and element.get("PrimaryAttribute") not in gone:
            yield from qualtrics_question(payload)


def listed_values(found: Any) -> list[Any]:
    """The values of what may be a list or a mapping."""
    return list(found.values()) if isinstance(found, dict) else list(found or [])


def qualtrics_question(asked: Mapping[str, Any]) -> Iterator[Question]:
    """The columns of one question."""
    name, words, kind = asked["DataExportTag"], clean(asked.get("QuestionText", "")), asked["QuestionType"]
    choices = displayed(asked, "Choices", "ChoiceOrder")
    tags = asked.get("ChoiceDataExportTags") or {}
    recoded = asked.get("RecodeValues") or {}
    if kind == "Matrix":
        shown = displayed(asked, "Answers", "AnswerOrder")
        answers = {str(recoded.get(code, code)): label for code, label in shown.items()}
        for code, text in choices.items():
            own = tags.get(code) or f"{name}_{code}"
            yield Question(own, text or words, battery=name, label=words, **told_closed("scale", answers))
    elif kind == "MC" and str(asked.get("Selector", "")).startswith("MA"):
        boxes = {str(recoded.get(code, code)): label for code, label in choices.items()}
        yield Question(name, words, "multiple", answers=by_code(boxes))
    elif kind == "MC":
        answers = {str(recoded.get(code, code)): label for code, label in choices.items()}
        yield Question(name, words, **told_closed("category", answers))
    elif kind == "Slider":
        for code, text in choices.items():
            own = tags.get(code) or f"{name}_{code}"
            yield Question(own, text or words, "scale", battery=name, label=words, span=(0, 100))
    elif kind == "TE":
        yield Question(name, words, "text")


def displayed(asked: Mapping[str, Any], key: str, order: str) -> dict[str, str]:
    """Texts by code, in the order in which they are shown."""
    found = asked.get(key) or {}
    parts = {str(n): part for n, part in enumerate(found, start=1)} if isinstance(found, list) else found
    codes = [str(code) for code in asked.get(order) or parts]
    return {code: clean(str(parts[code].get("Display", ""))) for code in codes if code in parts}


# REDCap


def dictionary_rows(path: Path, data: bytes) -> Rows:
    """The rows of a data dictionary; none where a file is something else."""
    rows = list(csv.DictReader(io.StringIO(decode(path, data)[0], newline="")))
    return rows if rows and "Variable / Field Name" in rows[0] else []


def redcap(rows: Rows) -> Iterator[Question]:
    """The fields of a data dictionary."""
    for row in rows:
        kind, name, words = (
            row.get("Field Type", ""),
            row["Variable / Field Name"],
            clean(row.get("Field Label") or ""),
        )
        given = row.get("Choices, Calculations, OR Slider Labels") or ""
        parts = [part.partition(",") for part in given.split("|")]
        answers = {code.strip(): label.strip() for code, comma, label in parts if comma}
        group = row.get("Matrix Group Name") or ""
        if kind in ("radio", "dropdown"):
            above = clean(row.get("Section Header") or "")
            yield Question(name, words, battery=group, label=above, **told_closed("scale", answers))
        elif kind == "checkbox":
            yield Question(name, words, "multiple", answers=by_code(answers))
        elif kind in ("yesno", "truefalse"):
            yield Question(name, words, **told_closed("category", {"1": "Yes", "0": "No"}))
        elif kind == "slider":
            yield Question(name, words, "scale", span=(0, 100), battery=group)
        elif kind in ("text", "notes"):
            numeric = (row.get("Text Validation Type OR Show Slider Number") or "") in ("number", "integer")
            yield Question(name, words, "number" if numeric else "text")


# XLSForm


def form_sheets(path: Path) -> dict[str, Rows]:
    """The sheets of an XLSForm as rows; empty where a workbook is none."""
    import openpyxl

    with path.open("rb") as file:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
        if not {"survey", "choices"} <= set(book.sheetnames):
            return {}
        return {name: sheet_rows(book[name]) for name in ("survey", "choices")}


def sheet_rows(sheet: Any) -> Rows:
    """The rows of a sheet below its header."""
    sheet.reset_dimensions()
    cells = sheet.iter_rows(values_only=True)
    head, *rows = [["" if cell is None else str(cell).strip() for cell in row] for row in cells]
    return [dict(zip(head, row, strict=False)) for row in rows if any(row)]


def xlsform(sheets: Mapping[str, Rows], language: str) -> Iterator[Question]:
    """The questions of a form."""
    lists: dict[str, dict[str, str]] = defaultdict(dict)
    for row in sheets["choices"]:
        name = row.get("list_name") or row.get("list name") or ""
        lists[name][row.get("name", "")] = label_in(row, language)
    groups: list[tuple[str, str]] = []
    for row in sheets["survey"]:
        kind, _, choices = row.get("type", "").partition(" ")
        name, words = row.get("name", ""), clean(label_in(row, language))
        if row["type"].replace("_", " ").startswith("begin "):
            groups.append((name, words))
        elif row["type"].replace("_", " ").startswith("end ") and groups:
            groups.pop()
        group, label = groups[-1] if groups else ("", "")
        answers = lists.get(choices.split(" ")[0], {})
        if kind == "select_one":
            yield Question(name, words or name, battery=group, label=label, **told_closed("scale", answers))
        elif kind == "select_multiple":
            yield Question(name, words or name, "multiple", answers=by_code(answers))
        elif kind == "range":
            ends = dict(part.partition("=")[::2] for part in row.get("parameters", "").split())
            low, high = (number_in(ends.get(end, "")) for end in ("start", "end"))
            span = (0.0 if low is None else low, 10.0 if high is None else high)
            yield Question(name, words or name, "scale", battery=group, label=label, span=span)
        elif kind in ("integer", "decimal", "text"):
            yield Question(name, words or name, "text" if kind == "text" else "number")


def label_in(row: Mapping[str, str], language: str) -> str:
    """The label of a row in a language: of ``label::Nederlands (nl)``, else of ``label``, else the first."""
    labels = {key: text for key, text in row.items() if key.partition("::")[0] == "label" and text}
    own = [text for key, text in labels.items() if key.endswith((f"({language})", f"::{language}"))]
    plain = [labels["label"]] if labels.get("label") else []
    return [*own, *plain, *labels.values(), ""][0]


# SPSS and Stata


def variables_of(path: Path) -> Iterator[Question]:
    """The variables of a file with labels, whatever answers it holds."""
    table = read_raw([path]).table
    for column in table.header:
        words = clean((table.wordings.get(column) or (column,))[0])
        if labels := table.labels.get(column):
            told = {code if number_in(code) is None else whole(code): clean(t) for code, t in labels.items()}
            yield Question(column, words, "scale" if len(told) > 1 else "none", answers=told)
        else:
            yield Question(column, words, "none")

"""A questionnaire -> an empty file of SPSS with its variables, labels and codes for no answer."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from bouwen.questionnaire.pages import Posed, Sheet
from bouwen.survey import Proposal

STAMP = slice(92, 109)  # where the file says when it was made
MADE = b"01 Jan 0000:00:00"
LONGEST_VALUE = 120  # bytes of the label of a value; what is longer is cut
LONGEST_WORDING = 256  # bytes of that of a variable


def spss_bytes(sheet: Sheet, missing: Mapping[str, list[Any]]) -> bytes:
    """The file; ``missing`` has the numbers that mean no answer by variable.

    Texts are in the first language of the questionnaire.
    """
    import pyreadstat

    language = sheet.languages[0]
    frame: dict[str, Any] = {}
    texts: list[str | None] = []
    labels: dict[str, dict[int | float, str]] = {}
    measures: dict[str, Any] = {}
    for name, question, part in spss_variables(sheet):
        text = question.text[language] if part is None else f"{question.text[language]}: {part[language]}"
        texts.append(cut(text, LONGEST_WORDING))
        frame[name] = pd.Series([], dtype=object if question.kind == "text" else float)
        if question.kind == "multiple":
            labels[name] = {1: "1", 0: "0"}
        elif question.choices:
            codes = spss_codes(question)
            labels[name] = {codes[c.name]: cut(c.label[language], LONGEST_VALUE) for c in question.choices}
        measures[name] = {"scale": "ordinal", "number": "scale"}.get(question.kind, "nominal")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "empty.sav")
        pyreadstat.write_sav(
            pd.DataFrame(frame),
            path,
            file_label=cut(sheet.title[language], 64),
            column_labels=texts,
            variable_value_labels=labels,
            missing_ranges={name: codes for name, codes in missing.items() if name in frame and codes},
            variable_measure=measures,
        )
        data = bytearray(path.read_bytes())
    data[STAMP] = MADE
    return bytes(data)


def spss_variables(sheet: Sheet) -> list[tuple[str, Posed, Mapping[str, str] | None]]:
    """Each variable with its question, and the label of its box where it is one."""
    found: list[tuple[str, Posed, Mapping[str, str] | None]] = []
    for question in sheet.questions:
        if question.kind == "multiple":
            found += [(f"{question.name}_{c.name}", question, c.label) for c in question.choices]
        else:
            found.append((question.name, question, None))
    return found


def spss_codes(question: Posed) -> dict[str, int]:
    """The number of each choice: its own, or its place where one has none."""
    codes = [choice.code for choice in question.choices]
    if None in codes:
        codes = list(range(1, len(codes) + 1))
    return {choice.name: int(code or 0) for choice, code in zip(question.choices, codes, strict=True)}


def cut(text: str, most: int) -> str:
    """A text of at most so many bytes."""
    data = text.encode()
    return text if len(data) <= most else data[: most - 3].decode(errors="ignore") + "…"


def spss_proposals(sheet: Sheet) -> list[Proposal]:
    """What a study file says of such a file: the number of each category that has none of its own."""
    recode = {
        question.name: {code: name for name, code in spss_codes(question).items()}
        for question in sheet.questions
        if question.kind == "category" and any(choice.code is None for choice in question.choices)
        if question.name not in sheet.added
    }
    boxes = {
        f"{question.name}_{choice.name}": f"{question.name}.{choice.name}"
        for question in sheet.questions if question.kind == "multiple"
        for choice in question.choices
    }  # fmt: skip
    found = [Proposal("study", ("responses", "columns"), boxes)] if boxes else []
    return found + [Proposal("study", ("recode", name), told) for name, told in recode.items()]

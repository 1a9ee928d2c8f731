"""A study of six respondents with answers to an open question, and a codebook of three themes."""

from __future__ import annotations

import copy

import mini
import pandas as pd
import yaml

import bouwen
from bouwen.themes import CodedAnswers

ANSWERS = {
    "r1": "Minder regels, en één vast gezicht.",
    "r2": "Cafe\u0301s en 😀 regels\r\nen geld.",
    "r3": "Geld",
    "r4": "",
    "r5": "Too many forms.",
    "r6": "Alles goed",
}
TEXT = {"en": "Yes.", "nl": "Ja."}


def theme(**more):
    return {key: dict(TEXT) for key in ("definition", "applies", "applies_not", "example")} | more


THEMES = {
    "rules": theme(label={"en": "Rules", "nl": "Regels"}, constructs=["trust"]),
    "money": theme(label={"en": "Money", "nl": "Geld"}),
    "face": theme(label={"en": "A familiar face", "nl": "Vast gezicht"}),
}


def study_with(folder, answers, questions=("remark",), themes=THEMES):
    """A study whose answers to its (first) open question are these, by respondent."""
    instrument = yaml.load(mini.INSTRUMENT, yaml.CSafeLoader) | {"themes": themes}
    instrument["open_questions"] = {name: {"text": {"client": dict(TEXT)}} for name in questions}
    rows = ["respondent,t1,t2,t3,size," + ",".join(questions)]
    for i, (name, said) in enumerate(answers.items()):
        size = "small" if i % 2 else "large"
        cells = ",".join(f'"{said}"' for _ in questions)
        rows.append(f"{name},{1 + i % 3},{1 + (i // 2) % 3},{1 + i % 2},{size},{cells}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.yml").write_text(mini.STUDY, "utf-8")
    text = yaml.safe_dump(copy.deepcopy(instrument), allow_unicode=True, sort_keys=False)
    (folder / "instrument.yml").write_text(text, "utf-8")
    (folder / "responses.csv").write_bytes("\n".join(rows).encode())
    return bouwen.read_study(folder / "study.yml")


def codes_of(study, seen, coder="anna"):
    """What one coder marked who read all answers to the first question: respondents by theme, numbered."""
    question = next(iter(study.instrument.open_questions))
    ids = [str(name) for name in study.responses.index]
    rows = [(ids[i], question, theme, coder, pd.NA, pd.NA) for theme, found in seen.items() for i in found]
    columns = ["respondent", "question", "theme", "coder", "start", "end"]
    read = pd.DataFrame({"respondent": ids, "question": question, "coder": coder})
    return CodedAnswers(tuple(study.instrument.themes), pd.DataFrame(rows, columns=columns), read)

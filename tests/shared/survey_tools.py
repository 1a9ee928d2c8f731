"""What survey tools do with a questionnaire: read the file that was written, and export what was answered.

Respondents answer what they read: everything is found by wording and label, nothing by name.
"""

from __future__ import annotations

import csv
import html
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat


def unmarked(text):
    return html.unescape(text).replace("{ ", "{")


def unreferred(cell):
    return cell.replace("$ {", "${") if isinstance(cell, str) else cell


def by_limesurvey(form: Path, people: list[dict], out: Path, language: str) -> Path:
    with form.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["language"] in (language, "")]
    asked = []
    for row in rows:
        if row["class"] == "Q":
            asked.append((row, [], {}))
        elif row["class"] == "SQ":
            asked[-1][1].append(row)
        elif row["class"] == "A":
            asked[-1][2][unmarked(row["text"])] = row["name"]
    table = []
    for n, person in enumerate(people, start=1):
        cells = {"id": n, "submitdate": "1980-01-01 00:00:00", "lastpage": 9, "startlanguage": language}
        for row, parts, codes in asked:
            name, said = row["name"], person.get(unmarked(row["text"]))
            if row["type/scale"] in "FK":
                for part in parts:
                    answer = person.get(unmarked(part["text"]))
                    cells[f"{name}[{part['name']}]"] = codes[answer] if codes and answer else answer
            elif row["type/scale"] == "M":
                for part in parts:
                    cells[f"{name}[{part['name']}]"] = "Y" if unmarked(part["text"]) in (said or ()) else ""
            else:
                cells[name] = codes[said] if codes and said else said
        table.append(cells)
    path = out / "results-survey1.csv"
    pd.DataFrame(table).to_csv(path, index=False, quoting=csv.QUOTE_ALL)
    return path


def by_kobo(form: Path, people: list[dict], out: Path, language: str) -> Path:
    book = openpyxl.load_workbook(form)
    head, *rows = book["survey"].iter_rows(values_only=True)
    survey = [dict(zip(head, [unreferred(cell) for cell in row], strict=True)) for row in rows]
    head, *rows = book["choices"].iter_rows(values_only=True)
    choices = [dict(zip(head, row, strict=True)) for row in rows]
    label = "label" if "label" in survey[0] else f"label::{language} ({language})"
    table = []
    for person in people:
        cells, group = {}, ""
        for row in survey:
            kind, _, listed = row["type"].partition(" ")
            names = {c[label]: c["name"] for c in choices if c["list_name"] == listed}
            column, said = group + str(row["name"]), person.get(row[label])
            if kind == "begin_group":
                group = f"{row['name']}/"
            elif kind == "end_group":
                group = ""
            elif kind == "select_one":
                cells[column] = names[said] if said else None
            elif kind == "select_multiple":
                cells[column] = " ".join(names[one] for one in said) if said else None
                for text, name in names.items():
                    cells[f"{column}/{name}"] = None if said is None else int(text in said)
            elif kind != "note":
                cells[column] = said
        table.append({"start": "2026-01-01T10:00:00", **cells, "_id": len(table) + 100})
    path = out / "export.xlsx"
    pd.DataFrame(table).to_excel(path, index=False)
    return path


def by_spss(form: Path, people: list[dict], out: Path, _language: str) -> Path:
    _, meta = pyreadstat.read_sav(form)
    labels = meta.column_names_to_labels
    table: dict[str, list] = {name: [] for name in meta.column_names}
    for person in people:
        for name, wording in labels.items():
            codes = {text: code for code, text in meta.variable_value_labels.get(name, {}).items()}
            whole, _, part = wording.rpartition(": ")
            if wording not in person and isinstance(person.get(whole), tuple):
                table[name].append(float(part in person[whole]))
            else:
                said = person.get(wording)
                table[name].append(codes[said] if codes and said else said)
    frame = pd.DataFrame(table)
    for name, kind in meta.readstat_variable_types.items():
        frame[name] = frame[name].astype(object if kind == "string" else float)
        frame[name] = frame[name].fillna("") if kind == "string" else frame[name]
    path = out / "filled.sav"
    pyreadstat.write_sav(
        frame, path, column_labels=list(labels.values()), variable_value_labels=meta.variable_value_labels
    )
    return path


TOOLS = {"limesurvey": by_limesurvey, "xlsform": by_kobo, "sav": by_spss}

"""A book small enough to build in seconds: three chapters and a template."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

ROOT = Path(__file__).parents[2]


def markdown(text: str, *tags: str) -> dict:
    return {"cell_type": "markdown", "source": text, "metadata": {"tags": list(tags)}}


def code(text: str, *tags: str, **metadata: object) -> dict:
    return {
        "cell_type": "code",
        "source": text,
        "metadata": {"tags": list(tags), **metadata},
        "outputs": [],
        "execution_count": None,
    }


def write_chapter(root: Path, name: str, *cells: dict) -> Path:
    short = name.rpartition("/")[2]
    for number, cell in enumerate(cells):
        cell["id"] = f"{short}-{number:02}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path = root / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


PARAMETERS = 'study = "data/mini/study.yml"\nlanguage = "en"'

FIGURE = """\
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(4, 2))
axes.plot([1, 2, 3], [3, 1, 2])
axes.set_xlabel("Trust in $\\\\xi$")
None
"""

TABLE = """\
import pandas as pd

pd.DataFrame({"vertrouwen": [1.0, 2.0]}).style.format(precision=1)
"""


def write_book(root: Path) -> None:
    """Write chapters, table of contents, configuration and assets below ``root``."""
    write_chapter(
        root,
        "book/findings",
        markdown("# Key findings\n\nTrust in municipalities: $\\chi^2$ and care providers.", "en"),
        markdown(
            "# Kernbevindingen\n\nVertrouwen in gemeenten: $\\chi^2$ en zorgaanbieders.", "nl", "remove-cell"
        ),
        code(PARAMETERS, "parameters", "remove-cell"),
        code("from myst_nb import glue\n\nglue('answer', 42, display=False)", "remove-cell"),
        markdown("The answer is {glue:text}`answer`.", "en"),
        markdown("Het antwoord is {glue:text}`answer`.", "nl", "remove-cell"),
    )
    write_chapter(
        root,
        "book/sample",
        markdown("# Sample", "en"),
        markdown("# Steekproef", "nl", "remove-cell"),
        code(PARAMETERS + "\ndraws = 100  # how many", "parameters", "remove-cell"),
        code(
            FIGURE,
            "hide-input",
            mystnb={"image": {"alt": "A line"}, "figure": {"caption": "A line.", "name": "line"}},
            mystnb_nl={"image": {"alt": "Een lijn"}, "figure": {"caption": "Een lijn.", "name": "line"}},
        ),
        code(TABLE, "hide-input"),
        code("import random, uuid\n\nprint(random.random(), uuid.uuid4(), object())", "hide-input"),
    )
    write_chapter(
        root,
        "book/subgroups",
        markdown("# Subgroups", "en"),
        markdown("# Subgroepen", "nl", "remove-cell"),
        code(PARAMETERS, "parameters", "remove-cell"),
    )
    write_chapter(
        root,
        "book/subgroup",
        markdown("# One subgroup", "en"),
        markdown("# Een subgroep", "nl", "remove-cell"),
        code(PARAMETERS + '\ngroup = "size"\nlevel = "small"', "parameters", "remove-cell"),
        code("print(group, level)"),
    )
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: book/findings\nchapters:\n- file: book/sample\n- file: book/subgroups\n"
        "  sections:\n  - file: book/subgroup\n"
    )
    shutil.copy(ROOT / "_config.yml", root / "_config.yml")
    shutil.copytree(ROOT / "assets", root / "assets")


STUDY = """\
title: {nl: Bouwen aan vertrouwen, en: Building trust}
about: {nl: Een klein onderzoek., en: A small study.}
authors: [A. Author]
citation: "Author, A. (2026). A small study."
instrument: instrument.yml
perspective: client
language: nl
synthetic: true
responses: {file: responses.csv, id: respondent}
groups: [size]
outcome: trust
models: {measurement: measurement, structural: measurement}
"""

INSTRUMENT = """\
title: {nl: Klein, en: Small}
perspectives:
  client: {nl: cliënten, en: clients}
answer_scales:
  agree3:
    lowest: 1
    highest: 3
    labels: {1: {nl: oneens, en: disagree}, 3: {nl: eens, en: agree}}
constructs:
  trust:
    label: {nl: vertrouwen, en: trust}
    definition: {nl: Vertrouwen., en: Trust.}
    source: made up
    answer_scale: agree3
    items:
      t1: {text: {client: {nl: Een., en: One.}}}
      t2: {text: {client: {nl: Twee., en: Two.}}}
      t3: {text: {client: {nl: Drie., en: Three.}}}
background:
  size:
    label: {nl: Omvang, en: Size}
    kind: category
    categories:
      small: {nl: klein, en: small}
      large: {nl: groot, en: large}
open_questions:
  remark: {text: {client: {nl: Wat nog meer?, en: Anything else?}}}
models:
  measurement:
    label: {nl: meetmodel, en: measurement model}
    syntax: "trust =~ t1 + t2 + t3"
"""

RESPONSES = """\
respondent,t1,t2,t3,size,remark
r1,1,2,3,small,Mijn geheime antwoord
r2,2,2,3,large,
r3,3,1,1,small,
r4,1,3,3,large,
"""


def write_study(root: Path) -> Path:
    """Write a study of four respondents and give its file."""
    folder = root / "data" / "mini"
    folder.mkdir(parents=True)
    (folder / "study.yml").write_text(STUDY, encoding="utf-8")
    (folder / "instrument.yml").write_text(INSTRUMENT, encoding="utf-8")
    (folder / "responses.csv").write_text(RESPONSES, encoding="utf-8")
    return folder / "study.yml"

"""One changed answer is noticed by what pages show, without a hash of the answers."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pandas as pd
import pytest

from bouwen.report.book.building import plan
from bouwen.report.book.chapters import Page, pages, read_chapters
from bouwen.report.book.comparing import differences
from bouwen.report.book.recording import record_of
from bouwen.report.book.running import Runner, run
from bouwen.survey import Study, read_study

pytestmark = [pytest.mark.book, pytest.mark.long]

STUDY = Path("data/providers/study.yml")
CHAPTERS = ("book/sample", "book/scales")  # neither shows a hash of the answers
TRIALS, LEAST, SEED = 40, 38, 20


def change_one(study: Study, file: Path, rng: random.Random) -> str:
    """Change one answer by one point, up or down where both are there; gives its item."""
    answers = pd.read_csv(file, dtype=str, keep_default_na=False)
    at = rng.choice([(row, item) for item in study.items for row in answers.index if answers.loc[row, item]])
    scale, now = study.instrument.scale_of(at[1]), int(answers.loc[at])
    answers.loc[at] = str(rng.choice([v for v in (now - 1, now + 1) if scale.lowest <= v <= scale.highest]))
    answers.to_csv(file, index=False)
    return at[1]


def pages_in(folder: Path, name: str) -> list[Page]:
    """The chapters about a study, under names of their own."""
    chapters = {chapter: read_chapters(Path())[chapter] for chapter in CHAPTERS}
    made = pages(read_study(folder / "study.yml"), chapters, {}, "en", str(folder / "study.yml"))
    return [Page(f"{name}/{page.name}", page.chapter, page.title, page.notebook) for page in made]


def test_one_changed_answer_is_noticed(tmp_path, record):
    """All trials are one run of pages, so that the libraries are loaded once."""
    study, rng = plan(STUDY).study, random.Random(SEED)
    shutil.copytree("data", tmp_path / "data")
    made, items = [], {}
    for trial in ["as answered", *map(str, range(1, TRIALS + 1))]:
        folder = shutil.copytree(tmp_path / "data/providers", tmp_path / "data" / f"trial {trial}")
        if made:
            items[trial] = change_one(study, folder / "responses.csv", rng)
        made += pages_in(folder, trial)
    notebooks = run(made, "trials", Runner(Path(), tmp_path / "cache", timeout=3600))
    records = {name: record_of(notebook) for name, notebook in notebooks.items()}
    rows = []
    for trial, item in items.items():
        found = [
            [*differences(records[f"as answered/{chapter}"], records[f"{trial}/{chapter}"])]
            for chapter in CHAPTERS
        ]
        tables = sum(line.startswith("table") for lines in found for line in lines)
        rows.append([item, *map(len, found), tables, sum(map(len, found)) > 0])
    table = pd.DataFrame(rows, columns=["item", "sample", "scales", "in tables", "noticed"])
    table.index = pd.Index(items, name="trial")
    record("changed-answers", table)
    assert table["noticed"].sum() >= LEAST

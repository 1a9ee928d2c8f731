"""The real survey: what is published about it, and a subject without places in it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from bouwen.survey import read_study, screen

FOLDER = Path(__file__).parents[2] / "data/reputation"


@pytest.fixture(scope="module")
def study():
    return read_study(FOLDER)


def test_missing_cells_as_published(study):
    published = pd.read_csv(FOLDER / "corp_rep_data.csv")
    assert published.shape == (344, 50)
    assert (published == -99).sum().sum() == 70
    answers = study.responses
    assert len(answers) == 344
    missing = answers.isna().sum()
    assert missing[missing > 0].to_dict() == {"cusa": 1, "cusl_1": 3, "cusl_2": 4, "cusl_3": 3}
    for item in study.items:
        valid = published[item][published[item] != -99]
        assert answers[item].sum() == valid.sum()


def test_group_sizes_as_published(study):
    found = screen(study).groups
    assert found["n"].tolist() == [125, 219, 130, 127, 44, 43]
    assert found["enough"].all()


def test_screening(study):
    found = screen(study)
    assert found.duplicated == 7
    assert found.missing_per_respondent.sum() == 344
    assert found.out_of_range == 0


@pytest.mark.parametrize("language", ["nl", "en"])
def test_nothing_is_about_municipalities(study, language):
    texts = [
        (FOLDER / name).read_text(encoding="utf-8") for name in ("study.yml", "instrument.yml", "README.md")
    ]
    said = " ".join([*texts, screen(read_study(FOLDER)).text(language)]).casefold()
    assert [word for word in ("municipal", "gemeente", "zorg", " care") if word in said] == []
    assert "municipality_size" not in study.categories

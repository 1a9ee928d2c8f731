"""The questionnaire in the languages in which its texts are given."""

import shutil
from pathlib import Path

import pytest
import yaml

import bouwen
from bouwen.report import tables

DATA = Path("data")


def in_english(value):
    """A study or an instrument whose texts are plain strings."""
    if isinstance(value, dict) and isinstance(value.get("en"), str):
        return value["en"]
    if isinstance(value, dict):
        return {key: in_english(part) for key, part in value.items()}
    return [in_english(part) for part in value] if isinstance(value, list) else value


@pytest.fixture
def plain(tmp_path):
    """The study of the providers without a code of a language but its own."""
    shutil.copytree(DATA / "netherlands", tmp_path / "netherlands")
    shutil.copytree(DATA / "providers", tmp_path / "providers")
    for name in ("instrument.yml", "providers/study.yml"):
        content = in_english(yaml.safe_load((DATA / name).read_text(encoding="utf-8")))
        (tmp_path / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return bouwen.read_study(tmp_path / "providers/study.yml")


def test_a_study_of_plain_strings_says_the_same(plain, providers):
    assert plain.untranslated() == []
    assert plain.instrument.languages == ()
    assert tables.items(plain).as_raw_html() == tables.items(providers).as_raw_html()
    assert bouwen.screen(plain).text() == bouwen.screen(providers).text()


def test_the_codebook_has_a_column_for_each_language_of_the_questionnaire(plain, providers):
    """The classes of a register have a name in every language of the program, which adds no column."""
    shown = tables.categories(plain)._tbl_data
    assert list(shown) == ["Variable", "Name in the data", "English"]
    under = shown["Name in the data"].tolist().index("under_20000")
    assert shown["English"][under] == "under 20,000"
    both = tables.categories(providers)._tbl_data
    assert list(both) == ["Variable", "Name in the data", "Dutch", "English"]
    assert both["Dutch"][under] == "tot 20.000"
    assert list(tables.codebook(plain)._tbl_data) == ["Construct", "Item", "English"]
    assert list(tables.codebook(providers)._tbl_data) == ["Construct", "Item", "Dutch", "English"]

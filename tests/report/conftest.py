"""A miniature book and study, so that the pipeline is tested in seconds."""

from pathlib import Path

import pytest
from mini import write_book, write_study


@pytest.fixture
def mini(tmp_path, monkeypatch) -> Path:
    """The root of a miniature book, which is also the working directory."""
    write_book(tmp_path)
    write_study(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def study(mini):
    from bouwen.survey import read_study

    return read_study("data/mini/study.yml")

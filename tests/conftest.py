"""What tests of several rooms use: the studies, a miniature book, and what every test leaves behind it."""

import sys
from pathlib import Path

import pytest
from mini import write_book, write_study

import bouwen


@pytest.fixture(autouse=True)
def _no_open_figures():
    """Close the figures that a test drew: matplotlib warns when they pile up."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def providers():
    return bouwen.read_study("data/providers/study.yml")


@pytest.fixture(scope="session")
def municipalities():
    return bouwen.read_study("data/municipalities/study.yml")


@pytest.fixture(scope="session")
def reputation():
    return bouwen.read_study("data/reputation/study.yml")


@pytest.fixture(params=["providers", "municipalities", "reputation"])
def each_study(request):
    """Each study in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def mini(tmp_path, monkeypatch) -> Path:
    """The root of a miniature book, which is also the working directory."""
    write_book(tmp_path)
    write_study(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path

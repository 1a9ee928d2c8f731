"""What tests of several rooms use: the studies, a miniature book, and what every test leaves behind it."""

import gc
import os
import sys
from pathlib import Path

import pytest
from books import Books
from hypothesis import settings
from mini import write_book, write_study

import bouwen

# The same examples every time in a check; many new ones with --hypothesis-profile=long.
settings.register_profile("check", max_examples=100, deadline=None, derandomize=True, database=None)
settings.register_profile("long", max_examples=5000, deadline=None, print_blob=True)
settings.load_profile("check")


def pytest_addoption(parser):
    parser.addoption(
        "--record",
        type=lambda text: Path(text).absolute(),
        help="keep the tables of simulations in this folder, if they are whole",
    )
    parser.addoption(
        "--share", type=float, default=1.0, help="which part of the runs of large simulations is done"
    )


def pytest_collection_finish():
    """What was collected stays to the end, so nobody need look whether it is rubbish."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_collection_modifyitems(items):
    """What takes longest begins first, so that workers end together."""
    items.sort(key=lambda item: -sum(map(bool, map(item.get_closest_marker, ("long", "browser", "book")))))


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


@pytest.fixture(scope="session")
def books(tmp_path_factory) -> Books:
    """Finished books, for whoever reads them; who changes a build takes a miniature one."""
    base = tmp_path_factory.getbasetemp()
    return Books((base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "books")


@pytest.fixture(scope="session")
def mini_book(books) -> Path:
    """The root of a miniature book that has been built."""
    return books.mini()


@pytest.fixture
def runs(request):
    """How many runs of a large simulation are done: the share of ``--share``, and at least twenty.

    Bounds of such a simulation allow for the errors of as many runs as were done. Where a run is dear, a
    share of the simulation takes the square of it, and at least ten.
    """
    share = request.config.getoption("share")

    def counted(whole, *, dear=False):
        least, part = (10, share**2) if dear else (20, share)
        return whole if share >= 1 else max(least, round(part * whole))

    return counted


@pytest.fixture
def record(request):
    """Keep the table of a whole simulation in the folder of ``--record``; otherwise it is only tested.

    A table that a study shows is kept beside that study.
    """
    folder = request.config.getoption("record")
    whole = request.config.getoption("share") >= 1

    def keep(name, table, *, beside=None):
        if folder and whole:
            own = folder if beside is None else Path(beside)
            own.mkdir(parents=True, exist_ok=True)
            table.to_csv(own / f"{name}.csv", float_format="%.4g", lineterminator="\n")

    return keep

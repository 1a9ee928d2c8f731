"""The chapters go with the package: what a wheel takes along is what a build reads."""

import tomllib
from pathlib import Path

from bouwen.report.book import building
from bouwen.report.book.building import CARRIED, find_root, work_of

ROOT = Path(__file__).parents[2]


def taken() -> dict[str, str]:
    """What a wheel takes along from outside the package, and where it stands there."""
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    return tool["force-include"]


def test_everything_that_a_build_reads_of_its_root_is_taken_along():
    place = CARRIED.relative_to(ROOT).as_posix()
    assert taken() == {name: f"{place}/{name}" for name in ("book", "assets", "_toc.yml", "_config.yml")}
    assert all((ROOT / name).exists() for name in taken())


def test_without_a_clone_the_chapters_are_those_of_the_library(tmp_path, monkeypatch):
    installed = tmp_path / "site-packages" / "bouwen"
    shipped = installed / "shipped"
    shipped.mkdir(parents=True)
    for name in ("_toc.yml", "_config.yml"):
        (shipped / name).write_bytes((ROOT / name).read_bytes())
    study = tmp_path / "mijn werk" / "teams" / "study.yml"
    study.parent.mkdir(parents=True)
    monkeypatch.chdir(study.parent)
    monkeypatch.setattr(building, "CARRIED", shipped)
    monkeypatch.setattr(building, "__file__", str(installed / "report" / "book" / "building.py"))
    assert find_root(study) == shipped
    assert work_of(study, shipped) == study.parent / "_build" / "teams"
    for name in ("_toc.yml", "_config.yml"):  # a book of its own goes first
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    assert find_root(study) == tmp_path
    assert work_of(study, tmp_path) == tmp_path / "_build" / "teams"

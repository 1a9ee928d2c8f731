"""Forms, workflows, changelog and citation are what their readers expect."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

import bouwen

ROOT = Path(__file__).parents[2]
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
ELEMENTS = {"markdown", "textarea", "input", "dropdown", "checkboxes"}


def read(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def forms() -> list[Path]:
    return [path for path in FORMS if path.stem != "config"]


def jobs() -> list[tuple[str, dict]]:
    return [(f"{path.stem}: {name}", job) for path in WORKFLOWS for name, job in read(path)["jobs"].items()]


def test_there_is_a_form_for_a_bug_a_refused_file_and_a_new_study():
    assert {path.stem for path in forms()} == {"bug", "file", "study"}


@pytest.mark.parametrize("path", forms(), ids=lambda path: path.stem)
def test_a_form_can_be_shown(path):
    form = read(path)
    assert form["name"]
    assert form["description"]
    fields = [element for element in form["body"] if element["type"] != "markdown"]
    names = [field["id"] for field in fields]
    assert len(names) == len(set(names))
    assert {element["type"] for element in form["body"]} <= ELEMENTS
    assert all(isinstance(field["attributes"]["label"], str) for field in fields[:-1])
    for field in fields:
        if field["type"] == "dropdown":  # a bare yes or no would be read as a truth value
            assert all(isinstance(option, str) for option in field["attributes"]["options"])


@pytest.mark.parametrize("path", forms(), ids=lambda path: path.stem)
def test_a_form_warns_first_and_asks_last_that_no_answers_are_pasted(path):
    first, *_, last = read(path)["body"]
    assert "Never paste answers" in first["attributes"]["value"]
    (promise,) = last["attributes"]["options"]
    assert promise["required"] is True
    assert "no answers" in promise["label"]


@pytest.mark.parametrize(("name", "job"), jobs(), ids=[name for name, _ in jobs()])
def test_a_job_can_run(name, job):
    assert job["runs-on"]
    assert job["timeout-minutes"] <= 60
    assert all(("uses" in step) != ("run" in step) for step in job["steps"])


def test_quick_tests_run_on_three_systems_without_words_of_one_shell():
    job = read(ROOT / ".github/workflows/test.yml")["jobs"]["quick"]
    systems = job["strategy"]["matrix"]["system"]
    assert {name.split("-")[0] for name in systems} == {"ubuntu", "macos", "windows"}
    for step in job["steps"]:
        assert not re.search(r"&&|\|\||[$`;]|\bmake\b|\.venv/", step.get("run", "")), step


def test_workflows_choose_tests_by_markers_that_exist():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    markers = {line.split(":")[0] for line in settings["tool"]["pytest"]["ini_options"]["markers"]}
    commands = [step.get("run", "") for _, job in jobs() for step in job["steps"]]
    chosen = [words for command in commands for words in re.findall(r'pytest .*-m "([^"]*)"', command)]
    assert chosen
    for words in chosen:
        assert set(words.split()) - {"not", "and", "or"} <= markers


def test_the_site_is_the_book_with_its_reference_below_it():
    job = read(ROOT / ".github/workflows/book.yml")["jobs"]["publish"]
    commands = [step.get("run", "") for step in job["steps"]]
    (assemble,) = [command for command in commands if "_build/site" in command]
    assert "make book docs" in commands
    assert "cp -r _build/docs/html _build/site/docs" in assemble


def test_the_changelog_dates_this_version_and_keeps_a_place_for_what_comes():
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert heads[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", head) for head in heads[1:])
    version, released = heads[1].split(" - ")
    citation = read(ROOT / "CITATION.cff")
    assert version == f"[{bouwen.__version__}]"
    assert (citation["version"], str(citation["date-released"])) == (bouwen.__version__, released)


def test_the_package_says_that_it_has_types():
    assert (Path(bouwen.__file__).parent / "py.typed").exists()

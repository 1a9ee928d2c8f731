import subprocess
import sys
import time
from pathlib import Path

import pytest
from mini import code, markdown, write_chapter

from bouwen.cli import joined_parameters

RUN = [sys.executable, "-c", "from bouwen.cli import main; main()"]
STUDY = "data/mini/study.yml"


def bouwen(*arguments, cwd=None):
    return subprocess.run([*RUN, *arguments], cwd=cwd, capture_output=True, text=True)


def test_help_comes_at_once():
    bouwen("--help")
    began = time.monotonic()
    done = bouwen("--help")
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("build", "check", "lab", "power", "simulate", "verify"))
    assert time.monotonic() - began < 2


def test_the_command_line_imports_nothing_heavy():
    heavy = "{'pandas', 'numpy', 'plotnine', 'semopy', 'sphinx', 'papermill'} & set(sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, bouwen.cli; print({heavy})"], capture_output=True, text=True
    )
    assert done.stdout.strip() == "set()"


def test_version():
    assert bouwen("--version").stdout.startswith("bouwen 0.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["bild"],
        ["build", "--colour"],
        ["build", "--jobs", "none"],
        ["build", "--jobs", "0"],
        ["build", "-p", "draws"],
        ["check", "one", "two"],
        ["simulate"],
        ["power", "-n", "many"],
        ["power", "--reps", "1"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_status_2(arguments, mini):
    done = bouwen(*arguments, cwd=mini)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["build", "nowhere/study.yml"], "nowhere/study.yml"),
        (["check", "nowhere/study.yml"], "nowhere/study.yml"),
        (["build", STUDY, "-p", "drws", "5"], 'Did you mean "draws"?'),
        (["build", STUDY, "-p", "draws", "many"], "must be of type int"),
        (["build", STUDY, "-o", "/proc/here"], "cannot be written"),
        (["power", "nowhere/study.yml"], "nowhere/study.yml"),
        (["power", STUDY, "--plot", "figure.pdf"], "must end in .svg or .png"),
        (["verify", "nowhere/study.yml"], "nowhere/study.yml"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_refused_is_status_1_with_one_message(arguments, problem, mini):
    done = bouwen(*arguments, cwd=mini)
    assert done.returncode == 1
    assert done.stderr.startswith("bouwen: ")
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_a_failing_chapter_shows_a_traceback_only_when_asked(mini):
    write_chapter(mini, "book/sample", markdown("# Sample"), code("1 / 0"))
    plain = bouwen("build", STUDY, "--no-warm", cwd=mini)
    assert plain.returncode == 1
    message = "bouwen: book/sample, cell 2 (1 / 0): ZeroDivisionError: division by zero"
    assert plain.stderr.strip() == message
    asked = bouwen("--debug", "build", STUDY, "--no-warm", cwd=mini)
    assert asked.returncode == 1
    assert "Traceback" in asked.stderr
    assert asked.stderr.strip().endswith(message)


def test_a_build_ends_by_naming_the_page_to_open(mini):
    done = bouwen("build", STUDY, "--no-warm", cwd=mini)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    last = done.stdout.splitlines()[-1]
    assert Path(last.removeprefix("The book is ready: ")).is_file()


def test_the_study_is_found_from_a_folder_below(mini):
    assert bouwen("check", STUDY, cwd=mini / "book").returncode == 0


def test_parameters_may_be_written_as_papermill_has_them():
    assert joined_parameters(["-p", "a", "1", "-p", "b=2", "x"]) == ["-p", "a=1", "-p", "b=2", "x"]

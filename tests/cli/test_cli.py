import subprocess
import sys
from pathlib import Path

import pytest
from mini import code, markdown, write_chapter

from bouwen.cli import joined_parameters, main

RUN = [sys.executable, "-c", "from bouwen.cli import main; main()"]
STUDY = "data/mini/study.yml"


def bouwen(*arguments, cwd=None):
    """The command in a process of its own."""
    return subprocess.run([*RUN, *arguments], cwd=cwd, capture_output=True, text=True)


@pytest.fixture
def said(monkeypatch, capsys):
    """The command in this process: its exit status and what it wrote to both streams."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["bouwen", *arguments])
        try:
            main()
        except SystemExit as stop:
            return stop.code or 0, *capsys.readouterr()
        return 0, *capsys.readouterr()

    return call


def test_help_names_every_command(said):
    status, out, _ = said("--help")
    assert status == 0
    assert all(name in out for name in ("build", "check", "lab", "power", "publish", "simulate", "verify"))


def test_the_package_is_the_command_too():
    ran = subprocess.run(
        [sys.executable, "-m", "bouwen", "check", "nowhere.yml"], capture_output=True, text=True
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("bouwen: nowhere.yml")


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
        ["publish", "--withdraw", "1.0", "--forget"],
        ["publish", "--withdraw", "1.0", "--version", "1.1"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_status_2(arguments, mini, said):
    status, _, err = said(*arguments)
    assert status == 2
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["build", "nowhere/study.yml"], "nowhere/study.yml"),
        (["check", "nowhere/study.yml"], "nowhere/study.yml"),
        (["build", STUDY, "-p", "drws", "5"], 'Did you mean "draws"?'),
        (["build", STUDY, "-p", "draws", "many"], "must be of type int"),
        pytest.param(["build", STUDY, "-o", "/proc/here"], "cannot be written", marks=pytest.mark.book),
        (["power", "nowhere/study.yml"], "nowhere/study.yml"),
        (["power", STUDY, "--plot", "figure.pdf"], "must end in .svg or .png"),
        (["verify", "nowhere/study.yml"], "nowhere/study.yml"),
        (["publish", "nowhere/study.yml"], "nowhere/study.yml"),
        (["publish", STUDY, "--version", "one"], "is no version; write numbers such as 1.0"),
        (["publish", STUDY, "--withdraw", "1.0"], 'no edition "1.0" to withdraw; there is none.'),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_refused_is_status_1_with_one_message(arguments, problem, mini, said):
    status, _, err = said(*arguments)
    assert status == 1
    assert err.startswith("bouwen: ")
    assert problem in err
    assert "Traceback" not in err


def test_a_refusal_leaves_the_process_as_it_leaves_the_command(mini):
    done = bouwen("check", "nowhere/study.yml", cwd=mini)
    assert done.returncode == 1
    assert done.stderr.startswith("bouwen: ")
    assert "Traceback" not in done.stderr


@pytest.mark.book
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


@pytest.mark.book
def test_a_build_ends_by_naming_the_page_to_open(mini):
    done = bouwen("build", STUDY, "--no-warm", cwd=mini)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    last = done.stdout.splitlines()[-1]
    assert Path(last.removeprefix("The book is ready: ")).is_file()


def test_the_study_is_found_from_a_folder_below(mini, monkeypatch, said):
    monkeypatch.chdir(mini / "book")
    assert said("check", STUDY)[0] == 0


def test_parameters_may_be_written_as_papermill_has_them():
    assert joined_parameters(["-p", "a", "1", "-p", "b=2", "x"]) == ["-p", "a=1", "-p", "b=2", "x"]

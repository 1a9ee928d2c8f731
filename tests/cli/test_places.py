"""What the machine, the shell or a wrong path may do to the command: one sentence, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bouwen.cli import main
from bouwen.errors import BouwenError, concise
from bouwen.report.book import building
from bouwen.survey import FileError, read_study
from bouwen.survey.files import read_text

COMMAND = f"{sys.executable} -m bouwen"
linux = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs the devices of Linux")  # noqa: PTH110


def shell(line):
    """A line of the shell in which ``bouwen`` is the command: status and stderr."""
    ran = subprocess.run(
        ["bash", "-c", line.replace("bouwen", COMMAND, 1)], capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stderr


@pytest.fixture
def said(monkeypatch, capsys):
    """The command in this process: its exit status and what it wrote to stderr."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["bouwen", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        return stop.value.code or 0, capsys.readouterr().err

    return call


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["check", "a" * 300], 1),
        (["check", "a" * 5000], 1),
        (["check", "a/" * 3000], 1),
        (["check", "a\0b"], 2),
        (["build", "a\0b/study.yml"], 2),
        (["verify", "a" * 300], 1),
        (["power", "a" * 300], 1),
        (["simulate", "a" * 300, "-o", "x.csv"], 1),
        (["a" * 5000], 2),
        (["build", "-p", "a" * 5000], 2),
        (["power", "-n", "1," * 5000 + "x"], 2),
        (["check", "one", "two " * 500], 2),
    ],
    ids=lambda value: " ".join(value)[:20] if isinstance(value, list) else "",
)
def test_long_and_impossible_arguments_are_refused_in_one_sentence(arguments, status, mini, said):
    found, err = said(*arguments)
    assert found == status
    assert err.startswith("bouwen: ")
    assert len(err) < 600
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert "mistake in bouwen" not in err


@linux
@pytest.mark.parametrize("key", ["instrument: instrument.yml", "file: responses.csv"])
@pytest.mark.parametrize("kind", ["device", "pipe", "folder"])
def test_what_is_no_file_is_not_read(mini, key, kind):
    """A device has no end, and a pipe nobody who writes into it."""
    path = mini / "data/mini" / f"{kind}.csv"
    if kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    study = mini / "data/mini/study.yml"
    study.write_text(study.read_text().replace(key, f"{key.split(':')[0]}: {path.name}"))
    with pytest.raises(FileError, match="is a folder" if kind == "folder" else "is no ordinary file"):
        read_study(study)
    with pytest.raises(FileError, match="is a folder" if kind == "folder" else "is no ordinary file"):
        read_text(path)


@linux
def test_a_full_disk_is_told_once():
    status, err = shell("bouwen --version > /dev/full")
    assert (status, err) == (1, "bouwen: the output cannot be written (No space left on device).\n")


@linux
def test_who_reads_no_more_is_left_in_peace():
    status, err = shell("bouwen --help | true; exit ${PIPESTATUS[0]}")
    assert status in (0, 1)
    assert err == ""
    assert shell("bouwen --version >&-") == (0, "")
    assert shell("bouwen check nowhere 2>/dev/full")[0] == 1


@linux
def test_too_little_memory_is_told_before_a_library_ends_the_process():
    status, err = shell("ulimit -v 600000; bouwen check nowhere")
    assert (status, err.count("\n")) == (1, 1)
    assert err.startswith("bouwen: there is too little memory")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (MemoryError(), "there is too little memory"),
        (OSError(24, "Too many open files", "x.csv"), "x.csv cannot be used (Too many open files)."),
        (KeyError("SECRET"), "this is a mistake in bouwen itself (KeyError in test_places.py, line"),
        (BouwenError("\n".join(["a line of some length, and more"] * 500)), "… and 4"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_whatever_fails_is_one_sentence_without_what_was_read(error, sentence, monkeypatch, said):
    def fail(study):
        raise error

    monkeypatch.setattr(building, "check_book", fail)
    status, err = said("check")
    assert status == 1
    assert sentence in err
    assert len(err) < 600
    assert not {"SECRET", "Traceback"} & set(err.replace(":", " ").split())
    assert "Traceback" in said("--debug", "check")[1]


def test_the_module_of_the_command_is_the_command():
    ran = subprocess.run(
        [sys.executable, "-m", "bouwen.cli", "check", "nowhere"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("bouwen: nowhere: there is no such study file")


@pytest.mark.parametrize("size", [1, 100, 589, 590, 591, 700, 5000, 100_000])
@pytest.mark.parametrize("unit", ["a", "ab ", "a line\n", "\x07", "é\u202e "])
def test_every_message_is_shorter_than_600_characters_and_can_be_seen(size, unit):
    said = concise((unit * size)[:size])
    assert len(said) <= 590
    assert all(sign.isprintable() or sign == "\n" for sign in said)


@pytest.mark.parametrize("name", ["a\0b", "a" * 300, "a/" * 3000, "study.yml/study.yml"])
def test_a_name_that_no_file_can_have_is_refused_where_it_stands(mini, name):
    study = mini / "data/mini/study.yml"
    with pytest.raises(FileError):
        read_study(mini / name)
    escaped = name.replace("\0", r"\0")
    study.write_text(study.read_text().replace("responses.csv", f'"{escaped}.csv"'))
    with pytest.raises(FileError) as caught:
        read_study(study)
    assert len(str(caught.value)) < 600

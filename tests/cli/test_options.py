"""What the command line hands over: each option reaches its function, and what comes back is printed."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

import bouwen.report.follow_up
import bouwen.twin
from bouwen.cli import joined_parameters, main, named_value, sizes
from bouwen.report.book import building, lab, results
from bouwen.report.editions import publishing

STUDY = Path("data/providers/study.yml")


@pytest.fixture
def handed(monkeypatch, capsys):
    """Run the command with a function replaced: what it was given, and what both streams said."""

    def call(place, name, answer, *arguments):
        given = []

        def taken(*positional, **named):
            given.append((positional, named))
            return answer

        monkeypatch.setattr(place, name, taken)
        monkeypatch.setattr(sys, "argv", ["bouwen", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        assert not stop.value.code
        assert len(given) == 1
        return *given[0], *capsys.readouterr()

    return call


def test_a_build_by_default(handed):
    positional, named, out, _ = handed(building, "build", "here.html", "build")
    assert positional == (STUDY,)
    assert (named["output"], named["parameters"], named["jobs"], named["timeout"]) == (None, {}, None, None)
    assert out.splitlines()[-1] == "The book is ready: here.html"


def test_a_build_with_every_option(handed):
    options = ["-p", "draws", "5", "-p", "language=nl", "-o", "out", "-j", "3", "--timeout", "9", "--no-warm"]
    options += ["--mirror", "theirs.yml"]
    positional, named, _, _ = handed(building, "build", "x", "build", "my.yml", *options)
    assert positional == (Path("my.yml"),)
    named.pop("listener")
    assert named == {
        "output": Path("out"), "parameters": {"draws": "5", "language": "nl"}, "jobs": 3, "timeout": 9,
        "mirror": Path("theirs.yml"), "warm": False,
    }  # fmt: skip


EDITION = Path("data/providers/editions/1.0.json")


def test_an_edition_by_default_and_with_every_option(handed):
    where = (publishing, "publish_edition", EDITION, "publish")
    positional, named, out, _ = handed(*where)
    named.pop("listener")
    assert (positional, named) == ((STUDY,), {"version": "1.0", "date": None})
    assert f"Edition 1.0 is made: {EDITION}" in out
    options = ["--version", "2.1", "--date", "2026-03-01", "--yes"]
    positional, named, out, _ = handed(*where, str(STUDY), *options)
    named.pop("listener")
    assert (positional, named) == ((STUDY,), {"version": "2.1", "date": "2026-03-01"})
    assert f"Edition 2.1 is made: {EDITION}" in out


def test_an_edition_is_withdrawn_and_respondents_forgotten(handed):
    options = ["--withdraw", "1.0", "--date", "2026-03-01"]
    positional, named, out, _ = handed(publishing, "withdraw_edition", EDITION, "publish", *options)
    assert (positional, named) == ((STUDY, "1.0", "2026-03-01"), {})
    assert "Edition 1.0 is withdrawn" in out
    assert "Take its book down" in out
    positional, named, out, _ = handed(publishing, "forget_people", 3, "publish", "--forget")
    assert (positional, named) == ((STUDY,), {})
    assert out.endswith("is erased from the fingerprints of 3 editions.\n")


@pytest.mark.parametrize(
    ("name", "options", "answer", "done"),
    [
        ("publish_edition", [], "\n", True), ("publish_edition", [], "n\n", False),
        ("publish_edition", ["--yes"], "", True), ("withdraw_edition", ["--withdraw", "1.0"], "y\n", True),
        ("withdraw_edition", ["--withdraw", "1.0"], "\n", False),
        ("withdraw_edition", ["--withdraw", "1.0", "-y"], "", True),
    ],
)  # fmt: skip
def test_somebody_at_a_terminal_is_asked(monkeypatch, capsys, name, options, answer, done):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    calls = []
    monkeypatch.setattr(publishing, name, lambda *_, **__: calls.append(name) or EDITION)
    monkeypatch.setattr(sys, "stdin", Terminal(answer))
    monkeypatch.setattr(sys, "argv", ["bouwen", "publish", *options])
    with pytest.raises(SystemExit) as stop:
        main()
    assert bool(calls) == done
    assert bool(stop.value.code) != done
    assert done or capsys.readouterr().err.endswith("bouwen: stopped.\n")


@pytest.mark.parametrize(
    ("options", "given"),
    [([], (201, 1, "out.csv")), (["-n", "50", "--seed", "7"], (50, 7, "out.csv"))],
)
def test_simulated_answers_are_as_many_as_asked(handed, options, given):
    positional, named, out, _ = handed(
        bouwen.twin, "simulate_file", None, "simulate", "p.yml", "-o", "out.csv", *options
    )
    assert positional == (Path("p.yml"), given[0], given[1], Path(given[2]))
    assert named == {}
    assert out == f"{given[0]} respondents written to out.csv\n"


def test_a_follow_up_by_default_and_with_every_option(handed):
    where = (bouwen.report.follow_up, "power_report", "the report", "power")
    positional, named, out, _ = handed(*where)
    assert positional == (STUDY, None)
    assert named == {"reps": 1000, "seed": 1, "n_jobs": None, "cluster_address": None, "plot": None}
    assert out == "the report\n"
    options = [
        "my.yml",
        "-n",
        "150,200",
        "--reps",
        "20",
        "--seed",
        "3",
        "-j",
        "2",
        "--cluster",
        "tcp://a:1",
        "--plot",
        "f.svg",
    ]
    positional, named, _, _ = handed(*where, *options)
    assert positional == (Path("my.yml"), [150, 200])
    assert named == {
        "reps": 20, "seed": 3, "n_jobs": 2, "cluster_address": "tcp://a:1", "plot": Path("f.svg"),
    }  # fmt: skip


def test_results_are_compared_unless_they_are_to_be_recorded(handed):
    positional, _, out, _ = handed(results, "verify", 12, "verify", "my.yml")
    assert positional == (Path("my.yml"),)
    assert out == "12 results are as recorded.\n"
    positional, _, out, _ = handed(results, "record", "expected.json", "verify", "--record")
    assert positional == (STUDY,)
    assert out == "Recorded in expected.json\n"


@pytest.mark.parametrize(("options", "browser"), [([], True), (["--no-browser"], False)])
def test_copies_that_were_kept_are_named(handed, monkeypatch, options, browser):
    written = SimpleNamespace(folder=Path("copies"), kept=("a.ipynb", "b.ipynb"))
    monkeypatch.setattr(lab, "write_chapters", lambda study: written)
    positional, named, out, err = handed(lab, "open_lab", None, "lab", *options)
    assert (positional, named) == ((Path("copies"),), {"browser": browser})
    assert out == "The chapters are in copies\n"
    assert [line.split(":")[0] for line in err.splitlines()] == ["a.ipynb", "b.ipynb"]


def test_values_and_sizes_are_read():
    assert named_value("a=b=c") == ("a", "b=c")
    assert named_value("a=") == ("a", "")
    assert sizes(" 150 ,200,") == [150, 200]
    for wrong in (lambda: named_value("a"), lambda: sizes("1.5")):
        with pytest.raises(typer.BadParameter):
            wrong()
    assert joined_parameters(["-p", "a", "1"]) == ["-p", "a=1"]
    assert joined_parameters(["--parameter", "a", "-1", "-p", "b"]) == ["--parameter", "a=-1", "-p", "b"]

"""A study folder of a stranger: whatever is wrong in it, one sentence says so and no answer stands in it."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from mutants import SECRETS, pristine, write_mutant

from bouwen.cli import main

CHEAP, ALL, LIMITED = 100, 1000, 20
SECONDS = 20
OFTEN = re.compile(r" \(most often [^)]*\)")  # texts that `min_cell` respondents gave, which may be named
PROPOSED = re.compile(r"(categories|codes): \{[^}]*\}")  # so are those that are proposed as answers
LIMITS = (
    "import resource as r; r.setrlimit(r.RLIMIT_AS, (2**30, 2**30)); r.setrlimit(r.RLIMIT_CPU, (20, 20)); "
)


def complaint(status: int, said: str) -> str:
    """What is wrong with how the command ended, if anything."""
    for wrong, found in {
        "status": status not in (0, 1, 2),
        "length": len(said) >= 600,
        "traceback": "Traceback" in said or "mistake in bouwen" in said,
        "no sentence": (status > 0) != said.startswith("bouwen: "),
        "answer": any(secret in OFTEN.sub("", said) for secret in SECRETS),
    }.items():
        if found:
            return wrong
    return ""


def checked(folder, seed, monkeypatch, capsys) -> str:
    """Check a mutant in this process: what there is to complain about."""
    monkeypatch.setattr(sys, "argv", ["bouwen", "check", str(write_mutant(folder, seed))])
    capsys.readouterr()
    start = time.process_time()
    with pytest.raises(SystemExit) as stop:
        main()
    took, (out, said) = time.process_time() - start, capsys.readouterr()
    found = complaint(stop.value.code or 0, said) or ("slow" if took > SECONDS else "")
    if not found and any(secret in PROPOSED.sub("", out) for secret in SECRETS):
        found = "answer in the report"
    return f"seed {seed}: {found}: {said[:700]}" if found else ""


def in_turn(tmp_path, seeds, monkeypatch, capsys) -> list[str]:
    found = []
    for seed in seeds:
        folder = tmp_path / str(seed)
        folder.mkdir()
        found.append(checked(folder, seed, monkeypatch, capsys))
    return [line for line in found if line]


def test_the_study_is_in_order_before_it_is_damaged(tmp_path, monkeypatch, capsys):
    for name, content in pristine().items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setattr(sys, "argv", ["bouwen", "check", str(tmp_path)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code, capsys.readouterr().err


@pytest.mark.book
def test_mutated_studies_are_refused_in_one_sentence(tmp_path, monkeypatch, capsys):
    assert in_turn(tmp_path, range(CHEAP), monkeypatch, capsys) == []


@pytest.mark.long
def test_many_mutated_studies_are_refused_in_one_sentence(tmp_path, monkeypatch, capsys):
    assert in_turn(tmp_path, range(CHEAP, ALL), monkeypatch, capsys) == []


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="needs the limits of Linux")
@pytest.mark.parametrize("seed", range(0, ALL, ALL // LIMITED))
def test_a_mutant_keeps_within_a_gigabyte_and_twenty_seconds(tmp_path, seed):
    code = f"{LIMITS}from bouwen.cli import main; main()"
    command = [sys.executable, "-c", code, "check", str(write_mutant(tmp_path, seed))]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert complaint(ran.returncode, ran.stderr) == ""

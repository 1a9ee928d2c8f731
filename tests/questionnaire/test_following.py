"""The follow-up of a study from the other side."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bouwen.cli import main
from bouwen.errors import BouwenError
from bouwen.questionnaire import follow_study, write_questionnaire
from bouwen.survey import read_asked, read_study

PROVIDERS = Path(__file__).parents[2] / "data/providers/study.yml"


def test_the_other_side_is_asked_the_same_in_its_own_words(tmp_path):
    made = follow_study(tmp_path / "wave two", PROVIDERS, "municipality")
    after, before = read_asked(made.path), read_asked(PROVIDERS)
    assert after.items == before.items
    assert after.perspective == "municipality"
    assert "role" in after.instrument.background
    assert "provider_size" not in after.instrument.background
    assert after.groups == ("procurement_variant", "municipality_size")
    with pytest.raises(BouwenError, match="answers"):
        read_study(made.path)
    answers = tmp_path / "wave two" / "responses.csv"
    header = answers.read_text("utf-8").strip()
    fact = {"municipality": "Utrecht", "role": "policy_officer", "procurement_variant": "taakgericht"}
    names = header.split(",")
    filled = [fact.get(n, "3" if n in after.items else "") for n in names]
    answers.write_text(header + "\n" + "".join(",".join([f"r{i}", *filled[1:]]) + "\n" for i in range(30)))
    assert len(read_study(made.path).responses) == 30
    assert made.sent.path.suffix == ".docx"
    write_questionnaire(made.path, tmp_path / "q.pdf", to="pdf", language="nl")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--like", str(PROVIDERS), "--perspective", "citizen"], "citizen"),
        (["--like", str(PROVIDERS)], "--perspective"),
        (["--like", str(PROVIDERS), "--from", "x.csv", "--perspective", "municipality"], "--like"),
        ([], "--from"),
    ],
)
def test_bad_input_is_one_sentence_and_makes_nothing(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bouwen", "new", "later", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code in (1, 2)
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_left_as_it_is(tmp_path):
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(BouwenError, match=r"mine\.txt"):
        follow_study(tmp_path, PROVIDERS, "municipality")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]

"""Study and instrument files that are refused, each with its line."""

from __future__ import annotations

import pytest

from bouwen.errors import BouwenError
from bouwen.survey import FileError, read_study

BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"


@pytest.mark.parametrize(
    ("name", "old", "new", "line", "message"),
    [
        (
            "study.yml",
            "perspective:",
            "perspectief:",
            4,
            'unknown key "perspectief". Did you mean "perspective"',
        ),
        ("study.yml", "file: answers.csv", "file: []", 6, '"file"'),
        ("study.yml", "groups:", "group:", 9, 'unknown key "group". Did you mean "groups"'),
        (
            "study.yml",
            "missing_codes",
            "missing_code",
            8,
            'unknown key "missing_code". Did you mean "missing_codes"',
        ),
        ("study.yml", "groups: [plan]", "groups: [plans]", 9, 'variable "plans". Did you mean "plan"'),
        ("study.yml", "outcome: trust", "outcome: thrust", 10, 'construct "thrust". Did you mean "trust"'),
        ("study.yml", "measurement: all", "measurement: al", 11, 'no model "al". Did you mean "all"'),
        ("study.yml", "min_group: 3", "min_group: two", 12, "min_group"),
        ("study.yml", "groups:", "about: 1\ngroups:", 9, 'the key "about" stands here twice'),
        (
            "instrument.yml",
            "answer_scale: agree",
            "answer_scale: agreed",
            19,
            'scale "agreed". Did you mean "agree"',
        ),
        (
            "instrument.yml",
            "reversed: true",
            "reverse: true",
            22,
            'unknown key "reverse". Did you mean "reversed"',
        ),
        ("instrument.yml", "t1 + t2", "t1 + t17", 40, 'no item "t17". Did you mean "t1"'),
        ("instrument.yml", "trust =~", "distrust =~", 40, '"distrust" is no construct'),
        ("instrument.yml", "lowest: 1", "lowest: 2", 9, "runs from 2 to 5, not to 1"),
        ("instrument.yml", "highest: 5", "highest: !!python/object:os.system 5", 7, "YAML tag"),
        ("instrument.yml", "highest: 5", "highest: [5", None, "is not valid YAML"),
    ],
)
def test_mistakes_are_named_with_their_line(trial, name, old, new, line, message):
    trial.change(name, old, new)
    with pytest.raises(FileError) as caught:
        trial.read()
    assert caught.value.path == trial.folder / name
    assert message in str(caught.value)
    assert caught.value.line == line or (line is None and caught.value.line)
    assert f"{name}, line {caught.value.line}: " in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (BOMB, "anchors and aliases"),
        ("a: !!python/object/apply:os.system [ls]\n", "YAML tag"),
        ("[" * 100 + "]" * 100, "nested more than"),
        ("#" * 1_100_000, "larger than"),
        ("", "is empty"),
        ("- a list\n", "dictionary"),
        (b"title: \xe9\n", "is not UTF-8"),
        ("a: \x07\n", "is not valid YAML"),
    ],
)
def test_hostile_and_broken_yaml(trial, content, message):
    trial.write("study.yml", content)
    with pytest.raises(FileError, match=message) as caught:
        trial.read()
    assert str(trial.folder / "study.yml") in str(caught.value)


def test_missing_files(trial, tmp_path):
    with pytest.raises(FileError, match="no such study file"):
        read_study(tmp_path / "elsewhere")
    trial.change("study.yml", "answers.csv", "anwsers.csv")
    with pytest.raises(BouwenError, match=r'Did you mean "answers.csv"\?'):
        trial.read()
    trial.change("study.yml", "instrument.yml", "instruments.yml")
    with pytest.raises(FileError, match=r'Did you mean "instrument.yml"\?'):
        trial.read()

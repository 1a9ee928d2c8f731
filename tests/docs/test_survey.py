"""The files of *your own survey in ten minutes* make a study, as the page says."""

import re
import runpy
from pathlib import Path

import pytest

import bouwen

PAGE = (Path(__file__).parents[2] / "docs" / "survey.md").read_text(encoding="utf-8")
FILE = re.compile(r"^```\{code-block\} \w+\n:caption: (\S+)\n\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The page's files, written and the answers drawn as it says."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILE.findall(PAGE):
        (tmp_path / name).write_text(text, encoding="utf-8")
    runpy.run_path("answers.py")
    return tmp_path


def test_the_page_shows_what_its_answers_and_their_check_look_like(folder):
    assert "\n".join((folder / "answers.csv").read_text().splitlines()[:3]) in PAGE
    assert bouwen.screen(bouwen.read_study(folder)).text().strip() in PAGE


def test_the_claim_of_the_page_is_put_to_the_test(folder):
    verdicts = bouwen.claim_verdicts(bouwen.weigh_claims(bouwen.read_study(folder / "study.yml")))
    assert verdicts.to_dict() == {"support_builds_trust": "supported"}


def test_what_the_page_says_is_refused_is_refused(folder):
    wrong = (folder / "instrument.yml").read_text().replace("reversed: true", "reverse: true")
    (folder / "instrument.yml").write_text(wrong)
    with pytest.raises(bouwen.BouwenError) as refusal:
        bouwen.read_study(folder)
    (told,) = re.findall(r"^instrument.yml, line \d+: unknown key.*$", PAGE, re.MULTILINE)
    assert told in str(refusal.value)

"""What the researchers tell under ``report:``: on pages as it is written, and in the checklists."""

import pytest

from bouwen.checks import UnknownName
from bouwen.report import tables, texts
from bouwen.report.checklists import read_checklists
from bouwen.survey import REPORTED, FileError

HOSTILE = "`</td><script>alert(1)</script>` {{ x }} [a](javascript:b) $c$\n\n# heading"


def telling(trial, **told):
    """The trial with a text under some keys of ``report:``."""
    lines = "".join(f"  {key}: {text!r}\n" for key, text in told.items())
    trial.write("study.yml", (trial.folder / "study.yml").read_text("utf-8") + f"report:\n{lines}")
    return trial.read()


def test_what_is_told_is_shown_in_its_order_and_language(trial):
    trial.write(
        "study.yml",
        (trial.folder / "study.yml").read_text("utf-8")
        + "report:\n  limitations: {nl: Klein., en: Small.}\n  recruitment: {nl: Per post., en: By mail.}\n",
    )
    study = trial.read().in_language("en")
    assert texts.report(study).data == (
        "**How respondents were found**\n\nBy mail.\n\n**Limitations**\n\nSmall."
    )
    assert "Per post." in texts.report(study.in_language("nl")).data
    assert texts.report(study, "limitations").data == "**Limitations**\n\nSmall."
    assert texts.report(study, "period") is None


def test_a_study_that_tells_nothing_says_which_keys_are_its_own(trial):
    said = texts.report(trial.read().in_language("en")).data
    assert all(f"`{key}`" in said for key in REPORTED)


@pytest.mark.parametrize("key", REPORTED)
def test_a_checklist_names_the_key_until_it_is_filled_in(trial, key):
    (line,) = [line for line in read_checklists().lines if line.key == key]
    before = tables.checklist(trial.read().in_language("en"), line.chapter).as_raw_html()
    after = tables.checklist(telling(trial, **{key: "Told."}).in_language("en"), line.chapter).as_raw_html()
    assert f"report: {key}:" in before
    assert f"report: {key}:" not in after
    assert after.count("#colophon-report") == before.count("#colophon-report") + 1


def test_a_text_is_a_text_whatever_it_holds(trial):
    study = telling(trial, **dict.fromkeys(REPORTED, HOSTILE)).in_language("en")
    said = texts.report(study).data
    assert said.count(r"\`\</td\>\<script\>alert(1)\</script\>\`") == len(REPORTED)
    assert r"\# heading" in said
    assert r"\{\{ x \}\}" in said
    assert "Told" not in tables.checklist(study, "sample").as_raw_html()
    assert "<script>alert" not in tables.checklist(study, "sample").as_raw_html()


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("report: {recrutment: By mail.}", 'Did you mean "recruitment"?'),
        ("report: {period: 2024}", 'line 13: "period" must be a text'),
        ("report: {ethics: [a, b]}", '"ethics" must be a text'),
        ("report: {funding: ' '}", '"funding" is empty;'),
        ("report: none", "report"),
    ],
)
def test_what_cannot_be_told_is_refused_with_its_key(trial, lines, found):
    trial.write("study.yml", (trial.folder / "study.yml").read_text("utf-8") + f"{lines}\n")
    with pytest.raises(FileError) as refused:
        trial.read()
    assert found in str(refused.value)


def test_a_key_that_is_not_there_is_told(trial):
    with pytest.raises(UnknownName):
        texts.report(trial.read(), "recrutment")

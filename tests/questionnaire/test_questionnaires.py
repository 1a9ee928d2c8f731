"""What a written questionnaire holds, what is refused, and that nothing is written over."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pyreadstat
import pytest

from bouwen.cli import main
from bouwen.errors import BouwenError
from bouwen.questionnaire import FORMATS, write_questionnaire
from bouwen.questionnaire.pages import sheet_of
from bouwen.questionnaire.printing import set_lines, width_of
from bouwen.survey import read_asked

ROOT = Path(__file__).parents[2]
HARD = Path(__file__).parent / "hard" / "study.yml"
SHIPPED = [ROOT / "data" / name / "study.yml" for name in ("providers", "municipalities", "reputation")]


def text_of(path: Path) -> str:
    """What a reader of a file sees."""
    if path.suffix == ".docx":
        root = ElementTree.fromstring(zipfile.ZipFile(path).read("word/document.xml"))
        return "\n".join(node.text or "" for node in root.iter() if node.tag.endswith("}t"))
    if path.suffix == ".xlsx":
        sheets = openpyxl.load_workbook(path)
        rows = (row for sheet in sheets for row in sheet.iter_rows(values_only=True))
        return "\n".join(str(cell) for row in rows for cell in row if cell is not None)
    if path.suffix == ".sav":
        _, meta = pyreadstat.read_sav(path)
        labels = [label for codes in meta.variable_value_labels.values() for label in codes.values()]
        return "\n".join([*meta.column_labels, *labels])
    return path.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize("to", [to for to in FORMATS if to != "pdf"])
@pytest.mark.parametrize("study", SHIPPED, ids=lambda path: path.parent.name)
def test_every_question_stands_in_every_language(study, to, tmp_path):
    asked = read_asked(study)
    side, parts = asked.perspective, asked.instrument
    for language in ("nl", "en"):
        path = tmp_path / f"{language}{FORMATS[to]}"
        write_questionnaire(study, path, to=to, language=language)
        said = text_of(path)
        wordings = [item.text[side][language] for item in parts.items.values()]
        wordings += [fact.label[language] for fact in parts.background.values()]
        wordings += [c[language] for fact in parts.background.values() for c in fact.categories.values()]
        wordings += [question.text[side][language] for question in parts.open_questions.values()]
        assert [wording for wording in wordings if wording not in said] == []
        others = [item.text[s][language] for item in parts.items.values() for s in item.text if s != side]
        assert [text for text in others if text in said and text not in wordings] == []


@pytest.mark.parametrize("to", FORMATS)
def test_the_same_study_gives_the_same_bytes_and_nothing_is_written_over(to, tmp_path):
    first, second = tmp_path / f"a{FORMATS[to]}", tmp_path / f"b{FORMATS[to]}"
    write_questionnaire(HARD, first, to=to)
    write_questionnaire(HARD, second, to=to)
    assert first.read_bytes() == second.read_bytes()
    second.write_text("mine")
    with pytest.raises(BouwenError, match="is there already"):
        write_questionnaire(HARD, second, to=to)
    assert second.read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 2


def test_texts_around_the_questions_and_one_more_item(tmp_path):
    write_questionnaire(HARD, tmp_path / "q.docx", to="word", language="en")
    said = text_of(tmp_path / "q.docx")
    for text in ("Welcome & thanks.", "We keep nothing.", "Do you take part?", "Done.", "please choose"):
        assert text in said
    sheet = sheet_of(read_asked(HARD))
    assert sheet.added == {"consent", "attention_check"}
    (check,) = [q for q in sheet.questions if q.name == "attention_check"]
    assert check.choices[-2].label["nl"] in check.text["nl"]


def test_an_order_is_drawn_with_its_seed(tmp_path):
    for name in ("study.yml", "instrument.yml"):
        text = (HARD.parent / name).read_text("utf-8")
        (tmp_path / name).write_text(text, "utf-8")
    names = {}
    for order, seed in (("fixed", 3), ("rotated", 3), ("rotated", 4)):
        text = (HARD.parent / "instrument.yml").read_text("utf-8")
        text = text.replace("order: rotated\n  seed: 3", f"order: {order}\n  seed: {seed}")
        text = text.replace("  attention_check: true\n", "")
        (tmp_path / "instrument.yml").write_text(text, "utf-8")
        asked = read_asked(tmp_path / "study.yml")
        names[order, seed] = [q.name for q in sheet_of(asked).questions if q.kind == "scale"]
        assert sorted(names[order, seed]) == sorted(asked.items)
    assert names["fixed", 3] == list(asked.items) != names["rotated", 3] != names["rotated", 4]


def test_no_answer_is_told_to_spss(tmp_path):
    write_questionnaire(HARD, tmp_path / "q.sav", to="sav")
    _, meta = pyreadstat.read_sav(tmp_path / "q.sav", user_missing=True)
    assert [r["lo"] for r in meta.missing_ranges["share_a"]] == [999]
    assert [r["lo"] for r in meta.missing_ranges["often_1"]] == [8, 9]
    assert "more" not in meta.missing_ranges


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", "odt", "-o", "q.odt"], "limesurvey"),
        (["--to", "word", "-o", "q.doc"], "q.docx"),
        (["--to", "word", "-o", "no/folder/q.docx"], "cannot be written"),
        (["--to", "pdf", "-o", "q.pdf", "--language", "fr"], '"fr" for title'),
        (["-o", "q.pdf"], "name a format"),
    ],
)
def test_bad_input_is_one_sentence(arguments, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bouwen", "questionnaire", str(HARD), *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code in (1, 2)
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_lines_on_paper_are_no_wider_than_it():
    text = "Een zin met woorden en " + "w" * 300 + " daarna"
    lines = set_lines(text, 10.0, 200.0)
    assert max(width_of(line, 10.0, "normal") for line in lines) <= 200
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")

"""`bouwen export` of a small study: what is written, and what is refused."""

from __future__ import annotations

import io
import json
import sys
import zipfile

import pytest
from mini import code, write_chapter

from bouwen.cli import main
from bouwen.errors import BouwenError
from bouwen.report.book.answers import AnswersShown
from bouwen.report.exports import export_book
from bouwen.report.exports.exporting import ExportInTheWay

pytestmark = pytest.mark.book
STUDY = "data/mini/study.yml"


@pytest.fixture
def said(monkeypatch, capsys):
    """The command in this process: its exit status and what it complained of."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["bouwen", *arguments])
        try:
            main()
        except SystemExit as stop:
            return stop.code or 0, capsys.readouterr().err
        return 0, capsys.readouterr().err

    return call


def test_everything_in_both_languages(mini, said):
    made = export_book(STUDY, "out/all.zip", to="zip", language="en")
    with zipfile.ZipFile(made) as archive:
        names = archive.namelist()
        found = json.loads(archive.read("results.json"))
        assert {"book.docx", "tables.xlsx", "results.json", "results.schema.json"} < set(names)
        assert zipfile.is_zipfile(io.BytesIO(archive.read("book.docx")))
    assert found["title"] == "Building trust"
    assert found["pages"]["book/findings"]["title"] == "Key findings"
    first = made.read_bytes()
    made.unlink()
    assert export_book(STUDY, "out/all.zip", to="zip", language="en").read_bytes() == first
    assert said("export", STUDY, "--to", "json", "-o", "out/nl.json")[0] == 0
    assert json.loads((mini / "out/nl.json").read_text("utf-8"))["title"] == "Bouwen aan vertrouwen"
    assert said("export", STUDY, "--to", "csv", "-o", "out/csv")[0] == 0
    assert (mini / "out/csv/contents.csv").exists()
    status, complaint = said("export", STUDY, "--to", "csv", "-o", "out/csv")
    assert status == 1
    assert "other files; name another with --output" in complaint


def test_wrong_use_is_one_sentence_and_nothing_is_replaced(mini, said):
    (mini / "book.json").write_text("mine")
    with pytest.raises(ExportInTheWay, match="stands there already"):
        export_book(STUDY, "book.json", to="json")
    assert (mini / "book.json").read_text() == "mine"
    with pytest.raises(BouwenError, match="use one of: docx, xlsx, csv, json, zip"):
        export_book(STUDY, "x.odt", to="odt")
    status, complaint = said("export", STUDY)
    assert status == 2
    assert "docx, xlsx, csv, json, zip" in complaint


def test_answers_are_refused_and_nothing_is_written(mini):
    write_chapter(
        mini, "book/subgroups",
        code('study = "data/mini/study.yml"\nlanguage = "en"', "parameters", "remove-cell"),
        code("import bouwen\n\nbouwen.read_study(study).responses"),
    )  # fmt: skip
    with pytest.raises(AnswersShown):
        export_book(STUDY, "all.zip", to="zip")
    assert not list(mini.glob("all.zip*"))

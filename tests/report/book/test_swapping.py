"""The old book, the new one and what stands for them, file by file; no chapter is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from mini import write_book, write_study

from bouwen.report.book import caching
from bouwen.report.book.building import (
    OutputError,
    digest_tree,
    is_current,
    neighbour_of,
    plan,
    recover,
    refuse_foreign,
    swap,
)
from bouwen.report.book.caching import fingerprint_of


def book(folder: Path, words: str) -> Path:
    (folder / "_static").mkdir(parents=True)
    (folder / "_static" / "bouwen.css").write_text("", encoding="utf-8")
    (folder / "index.html").write_text(words, encoding="utf-8")
    return folder


def shown(folder: Path) -> str:
    return (folder / "index.html").read_text(encoding="utf-8")


def test_the_new_book_takes_the_place_of_the_old_one(tmp_path):
    new, target, old = book(tmp_path / "n", "new"), book(tmp_path / "html", "old"), tmp_path / "o"
    swap(new, target, old)
    assert shown(target) == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


def test_a_book_that_cannot_take_its_place_leaves_the_old_one(tmp_path):
    target = book(tmp_path / "html", "old")
    with pytest.raises(FileNotFoundError):
        swap(tmp_path / "gone", target, tmp_path / "o")
    assert shown(target) == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


def test_a_first_book_that_cannot_take_its_place_leaves_nothing(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone"):
        swap(tmp_path / "gone", tmp_path / "html", tmp_path / "o")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("left", "expected"), [((), "old"), (("html",), "new")])
def test_what_a_dead_build_left_is_cleared_and_a_book_put_back(tmp_path, left, expected):
    """It died after the first rename, so that there is no book, or after the second."""
    target = tmp_path / "html"
    for name in left:
        book(tmp_path / name, "new")
    book(neighbour_of(target, "old"), "old")
    book(neighbour_of(target, "new"), "half")
    recover(target)
    assert shown(target) == expected
    assert [path.name for path in tmp_path.iterdir()] == ["html"]


def test_a_book_is_current_where_sources_and_pages_are_those_that_were_noted(tmp_path):
    target = book(tmp_path / "html", "words")
    assert not is_current(target, "stamp")
    note = f'{{"sources": "stamp", "tree": "{digest_tree(target)}"}}'
    neighbour_of(target, "json").write_text(note, encoding="utf-8")
    assert is_current(target, "stamp")
    assert not is_current(target, "other")
    (target / "index.html").write_text("other words", encoding="utf-8")
    assert not is_current(target, "stamp")


def test_only_a_book_or_nothing_is_replaced(tmp_path):
    refuse_foreign(tmp_path / "nothing")
    refuse_foreign(book(tmp_path / "book", "old"))
    (tmp_path / "empty").mkdir()
    refuse_foreign(tmp_path / "empty")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    for name, said in (("mine", "other files"), ("mine/letter.txt", "is a file")):
        with pytest.raises(OutputError, match=said):
            refuse_foreign(tmp_path / name)


def test_what_stands_for_a_book_changes_with_every_file_that_makes_it(tmp_path, monkeypatch):
    """Answers, instrument, study, the lock of packages, and the words of a language that was added."""
    write_book(tmp_path)
    study = write_study(tmp_path)
    monkeypatch.chdir(tmp_path)
    added = tmp_path / "more" / "fy.yml"
    added.parent.mkdir()
    added.write_text("languages: {fy: Frysk}\n", encoding="utf-8")
    monkeypatch.setenv("BOUWEN_WORDS", str(added.parent))
    lock = tmp_path / "requirements.lock"
    lock.write_text("one\n", encoding="utf-8")
    seen = {plan(study).fingerprint}
    files = [*plan(study).study.files, lock, added]
    assert len(files) >= 5
    for path in files:
        path.write_bytes(path.read_bytes() + b"\n")
        seen.add(plan(study).fingerprint)
    assert len(seen) == len(files) + 1


def test_what_stands_for_a_book_changes_with_code_and_words_of_the_library(tmp_path, monkeypatch):
    room = tmp_path / "bouwen" / "report" / "book"
    room.mkdir(parents=True)
    monkeypatch.setattr(caching, "LIBRARY", tmp_path / "bouwen")
    seen = set()
    for name in ("running.py", "../../words/en.yml", "../checklists.yml", "../../words/en.yml"):
        path = room / name
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write("more\n")
        seen.add(fingerprint_of([], tmp_path))
    (room / "notes.txt").touch()
    seen.add(fingerprint_of([], tmp_path))
    assert len(seen) == 4

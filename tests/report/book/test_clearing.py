"""What builds left is removed when asked, and nothing else."""

from __future__ import annotations

import json

import pytest
from mini import code, write_chapter

from bouwen.report.book.building import OutputError, take_lock
from bouwen.report.book.clearing import clear
from bouwen.report.book.places import scratch_of

STUDY = "data/mini/study.yml"


@pytest.fixture
def work(mini):
    """A folder of builds with something at every place."""
    folder = mini / "_build" / "mini"
    for name in ("cache/book/sample.json", "inputs/a/answers.csv", "source/book/x.ipynb", "html/index.html"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("secret")
    (folder / ".html.json").write_text("{}")
    scratch_of(folder / "cache").mkdir()
    return folder


def chapter_in_lab(work):
    path = write_chapter(work, "lab/sample", code("answers", "mine"))
    notebook = json.loads(path.read_text())
    notebook["cells"][0] |= {"outputs": [{"output_type": "stream", "text": "secret"}], "execution_count": 3}
    path.write_text(json.dumps(notebook))
    (work / "lab" / ".ipynb_checkpoints").mkdir()
    (work / "lab" / ".ipynb_checkpoints" / "sample.ipynb").write_text("secret")
    return path


def test_what_may_hold_answers_goes_and_the_book_stays(mini, work):
    chapter = chapter_in_lab(work)
    cleared = clear(STUDY, answers=True)
    assert [path.relative_to(work).as_posix() for path in cleared] == [
        "cache", "inputs", "source", "lab/sample.ipynb"
    ]  # fmt: skip
    assert sorted(path.name for path in work.iterdir()) == [".html.json", ".lock", "html", "lab"]
    assert [path.name for path in (work / "lab").iterdir()] == ["sample.ipynb"]
    (cell,) = json.loads(chapter.read_text())["cells"]
    assert (cell["source"], cell["outputs"], cell["metadata"]) == (["answers"], [], {"tags": ["mine"]})
    assert not scratch_of(work / "cache").exists()
    assert (mini / "data" / "mini" / "responses.csv").exists()
    assert clear(STUDY, answers=True) == []


def test_everything_goes_but_what_was_made_for_the_lab(mini, work):
    chapter = chapter_in_lab(work)
    before = chapter.read_text()
    clear(STUDY)
    assert sorted(path.name for path in work.iterdir()) == [".lock", "lab"]
    assert chapter.read_text() == before
    assert (mini / "data" / "mini" / "responses.csv").exists()


def test_nothing_is_cleared_while_a_build_runs(work):
    with (work / ".lock").open("w") as file:
        take_lock(file)
        with pytest.raises(OutputError, match="another build"):
            clear(STUDY)
    assert (work / "cache").exists()


def test_a_study_need_not_be_valid_nor_built(mini, work):
    (mini / STUDY).write_text("title: {")
    assert clear(STUDY)
    assert clear("data/mini") == []

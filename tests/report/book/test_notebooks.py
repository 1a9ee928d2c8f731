import json
import subprocess
import sys
from pathlib import Path

import pytest
from mini import code, markdown, write_chapter

from bouwen.report.book import lab
from bouwen.report.book.notebooks import main, stored

BOOK = sorted((Path(__file__).parents[3] / "book").glob("*.ipynb"))


def messy(root: Path) -> Path:
    """A notebook as JupyterLab leaves it after a run."""
    path = write_chapter(
        root, "book/messy", markdown("# Messy"), code("1 + 1", mystnb={"image": {"alt": "x"}})
    )
    notebook = json.loads(path.read_text())
    notebook["metadata"]["widgets"] = {}
    notebook["cells"][1] |= {"execution_count": 3, "id": "3f2a9c1e", "outputs": [{"output_type": "stream"}]}
    notebook["cells"][1]["metadata"] |= {"execution": {"iopub.status.busy": "2026-01-01"}, "collapsed": True}
    path.write_text(json.dumps(notebook))
    return path


def test_running_a_notebook_leaves_nothing_in_what_is_stored(tmp_path):
    path = messy(tmp_path)
    assert main([str(path)]) == 1
    cell = json.loads(path.read_text())["cells"][1]
    assert cell == {
        "cell_type": "code",
        "execution_count": None,
        "id": "messy-01",
        "metadata": {"mystnb": {"image": {"alt": "x"}}, "tags": []},
        "outputs": [],
        "source": ["1 + 1"],
    }


def test_storing_twice_changes_nothing(tmp_path):
    path = messy(tmp_path)
    main([str(path)])
    assert main([str(path)]) == 0
    assert stored(json.loads(path.read_text()), "messy") == path.read_text()


def test_checking_refuses_and_rewrites_nothing(tmp_path, capsys):
    path = messy(tmp_path)
    before = path.read_text()
    assert main(["--check", str(path)]) == 1
    assert "messy.ipynb: is not as stored notebooks are" in capsys.readouterr().out
    assert path.read_text() == before


@pytest.mark.parametrize("path", BOOK, ids=lambda path: path.stem)
def test_every_chapter_is_as_it_should_be_stored(path):
    assert main(["--check", str(path)]) == 0


def test_lab_copies_hold_the_parameters_and_keep_what_somebody_wrote(mini):
    first = lab.write_chapters("data/mini/study.yml")
    copy = first.folder / "subgroup-size-large.ipynb"
    assert 'level = \\"large\\"' in copy.read_text()
    assert first.kept == ()
    copy.write_text(copy.read_text().replace("print(group", "print(1, group"))
    (mini / "book" / "sample.ipynb").write_text(
        (mini / "book" / "sample.ipynb").read_text().replace("# Steekproef", "# Nieuw")
    )
    second = lab.write_chapters("data/mini/study.yml")
    assert second.kept == ("subgroup-size-large.ipynb",)
    assert "print(1, group" in copy.read_text()
    assert "# Nieuw" in (first.folder / "sample.ipynb").read_text()


def test_running_a_copy_without_changing_it_is_no_change(mini):
    copy = lab.write_chapters("data/mini/study.yml").folder / "sample.ipynb"
    notebook = json.loads(copy.read_text())
    notebook["cells"][1]["execution_count"] = 1
    copy.write_text(json.dumps(notebook))
    assert lab.write_chapters("data/mini/study.yml").kept == ()


@pytest.mark.book
def test_plain_papermill_runs_a_stored_chapter(tmp_path):
    root = Path(__file__).parents[3]
    out = tmp_path / "out.ipynb"
    command = [sys.executable, "-m", "papermill", "book/sample.ipynb", str(out)]
    parameters = ["-p", "study", "data/municipalities/study.yml", "-p", "language", "nl"]
    done = subprocess.run([*command, *parameters], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    cells = json.loads(out.read_text())["cells"]
    assert not [o for cell in cells for o in cell.get("outputs", []) if o.get("name") == "stderr"]


@pytest.mark.book
@pytest.mark.long
def test_plain_jupyter_book_builds_the_default_study(tmp_path, books):
    program = Path(sys.executable).with_name("jupyter-book")
    command = [str(program), "build", ".", "--path-output", str(tmp_path), "-W", "-n", "--keep-going", "-q"]
    done = subprocess.run(command, cwd=books.root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    html = tmp_path / "_build" / "html"
    assert {path.stem for path in (html / "book").glob("*.html")} == {path.stem for path in BOOK}
    assert "Synthetic data" in (html / "book" / "key_findings.html").read_text(encoding="utf-8")
    assert "Belangrijkste" not in (html / "book" / "key_findings.html").read_text(encoding="utf-8")

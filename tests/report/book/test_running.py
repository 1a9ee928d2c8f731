import json
import os
import re

import psutil
import pytest
from mini import code, markdown, write_chapter
from nbclient.exceptions import CellTimeoutError

from bouwen.report.book import chapters as ch
from bouwen.report.book.running import ChapterFailed, Runner, cleaned_text, run

pytestmark = pytest.mark.book  # kernels, as every book has them
LEFT_A_TRACE = "import pathlib\npathlib.Path('ended').touch()"


def page_with(root, *sources):
    write_chapter(root, "book/one", markdown("# One"), *map(code, sources))
    chapter = ch.read_chapter(root, "book/one")
    return ch.Page(chapter.name, chapter.name, "One", chapter.notebook)


def run_page(root, *sources, **options):
    runner = Runner(root, root / "cache", **{"jobs": 1, "warm": False, **options})
    return run([page_with(root, *sources)], "fingerprint", runner)["book/one"]


def test_a_chapter_that_raises_is_named_with_its_cell(tmp_path):
    with pytest.raises(ChapterFailed) as error:
        run_page(tmp_path, "x = 1", "# divide\n1 / 0")
    assert str(error.value) == "book/one, cell 3 (# divide): ZeroDivisionError: division by zero"
    assert (error.value.chapter, error.value.cell, error.value.error) == ("book/one", 3, "ZeroDivisionError")
    assert "1 / 0" in error.value.traceback


HIDDEN = "what it says is not shown"
ROWS = "rows = open('data/mini/responses.csv').readlines()\n"


@pytest.mark.parametrize(
    "raising",
    [
        "int(rows[1].split(',')[-1])",  # an open answer
        "raise ValueError(rows[1].split(',')[-1][:9])",  # the beginning of one
        "raise ValueError(repr(rows[1].upper()))",
        "raise KeyError(rows[1].split(',')[0])",  # who answered
        "raise ValueError(rows[1].split(',')[4])",  # a category
        "try:\n    int(rows[1])\nexcept ValueError:\n    raise RuntimeError(rows[2]) from None",
        "try:\n    int(rows[1])\nexcept ValueError as e:\n    raise RuntimeError('while reading') from e",
        "import warnings; warnings.warn(rows[1])",
        "import sys; print(rows[1], file=sys.stderr)",
        "assert not rows, rows",
    ],
)
def test_no_answer_is_in_what_is_said_of_a_chapter_that_fails(tmp_path, study, raising):
    with pytest.raises(ChapterFailed) as error:
        run_page(tmp_path, ROWS + raising)
    said = (str(error.value) + error.value.traceback).lower()
    assert not re.search(r"geheim|\br1\b|1,2,3|mijn|[:'\" ]small", said), said
    assert HIDDEN in said or "while reading" in said


@pytest.mark.parametrize(
    ("raising", "said"),
    [
        ("trsut", "NameError: name 'trsut' is not defined"),
        ("raise ValueError('too early')", "ValueError: too early"),
        ("{'a': 1}['b']", "KeyError: 'b'"),
        ("import bouwen\nbouwen.alpha(3)", "NotNumeric"),
        ("import numpy as np\nnp.zeros((10**7, 10**7))", "Unable to allocate"),
        ("import pandas as pd\npd.DataFrame().zzz", "'DataFrame' object has no attribute 'zzz'"),
    ],
)
def test_what_holds_no_answer_is_said(tmp_path, raising, said):
    with pytest.raises(ChapterFailed) as error:
        run_page(tmp_path, raising)
    assert HIDDEN not in str(error.value)
    assert said in str(error.value) or "bouwen" in raising


def test_a_warning_is_refused(tmp_path):
    with pytest.raises(ChapterFailed, match=r"cell 2 .*: Warning: .*mind this"):
        run_page(tmp_path, "import warnings\nwarnings.warn('mind this')")


def test_a_chapter_that_hangs_is_stopped(tmp_path):
    source = f"import time\n\nfor _ in range(3):\n    time.sleep(\n        60)\n{LEFT_A_TRACE}"
    with pytest.raises(ChapterFailed) as error:
        run_page(tmp_path, "x = 1", source, timeout=4)
    said = "book/one, cell 3 (time.sleep( 60)): Timeout: ran longer than 4 seconds (see --timeout)"
    assert str(error.value) == said
    assert not (tmp_path / "ended").exists()


def test_a_kernel_that_is_silent_is_not_said_to_have_run_too_long(tmp_path, monkeypatch):
    def silent(*_, **__):
        raise CellTimeoutError("Timeout waiting for IOPub output.")

    monkeypatch.setattr("papermill.execute_notebook", silent)
    with pytest.raises(ChapterFailed, match="its kernel said nothing for 120 seconds; close other") as error:
        run_page(tmp_path, "1")
    assert error.value.error == "DeadKernel"


def test_a_kernel_that_dies_is_named(tmp_path):
    with pytest.raises(ChapterFailed, match=r"book/one, cell 3 \(import os\): DeadKernel"):
        run_page(tmp_path, "x = 1", "import os\nos._exit(7)")


def test_after_a_failure_no_chapter_is_announced(tmp_path):
    page, heard = page_with(tmp_path, "1 / 0"), []
    pages = [ch.Page(f"book/{name}", "book/one", name, page.notebook) for name in "abcd"]
    runner = Runner(tmp_path, tmp_path / "cache", jobs=1, warm=False)
    with pytest.raises(ChapterFailed, match="book/a"):
        run(pages, "fingerprint", runner, lambda page, event: heard.append((page.name, event)))
    assert heard == [("book/a", "started")]


def test_the_longest_chapter_begins_first(tmp_path):
    page, heard = page_with(tmp_path, "1"), []
    pages = []
    for name, seconds in (("a", 1), ("b", 9), ("c", None)):
        wishes = {} if seconds is None else {"bouwen": {"seconds": seconds}}
        pages.append(ch.Page(f"book/{name}", "book/one", name, {**page.notebook, "metadata": wishes}))
    runner = Runner(tmp_path, tmp_path / "cache", jobs=1, warm=False)
    run(pages, "fingerprint", runner, lambda page, event: heard.append((page.title, event)))
    assert [title for title, event in heard if event == "started"] == ["b", "a", "c"]


def test_the_first_failure_ends_every_other_chapter(tmp_path):
    begin = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(60)\n"
    slow = page_with(tmp_path, begin + LEFT_A_TRACE)
    wait = "import pathlib, time\nwhile not pathlib.Path('pid').exists():\n    time.sleep(0.1)\n1 / 0"
    bad = ch.Page("book/bad", "book/bad", "Bad", page_with(tmp_path, wait).notebook)
    with pytest.raises(ChapterFailed, match="book/bad"):
        run([slow, bad], "fingerprint", Runner(tmp_path, tmp_path / "cache", jobs=2, warm=False))
    assert not (tmp_path / "ended").exists()
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_results_carry_nothing_of_this_run(tmp_path):
    text = json.dumps(run_page(tmp_path, "import os\nprint(object(), os.getcwd() + '/book')\nobject()"))
    assert str(tmp_path) not in text
    assert "papermill" not in text
    assert "<object object at 0x0>" in text


def test_kernels_start_from_the_same_random_state(tmp_path):
    source = (
        "import random, uuid\nimport numpy as np\n"
        "print(random.random(), np.random.random(), uuid.uuid4(), hash('x'))"
    )
    texts = [run_page(tmp_path / folder, source)["cells"][1]["outputs"][0]["text"] for folder in ("a", "b")]
    assert texts[0] == texts[1]


def test_what_did_not_change_is_not_run_again(tmp_path):
    counting = "import pathlib\nwith open('runs', 'a') as file:\n    file.write('x')"
    for _ in range(2):
        run_page(tmp_path, counting)
    assert (tmp_path / "runs").read_text() == "x"
    run_page(tmp_path, counting + "\n1")
    assert (tmp_path / "runs").read_text() == "xx"


def test_another_fingerprint_runs_everything_again(tmp_path):
    page = page_with(tmp_path, "with open('runs', 'a') as file:\n    file.write('x')")
    for fingerprint in ("a", "b", "b"):
        run([page], fingerprint, Runner(tmp_path, tmp_path / "cache", jobs=1, warm=False))
    assert (tmp_path / "runs").read_text() == "xx"


def test_a_chapter_runs_again_when_a_file_that_it_reads_changes(tmp_path):
    """A helper that it imports, a table that it opens, and one that was not there."""
    counting = "with open('runs', 'a') as file:\n    file.write('x')\n"
    (tmp_path / "helper.py").write_text("from pathlib import Path\nlimits = Path('limits.csv').read_text()")
    (tmp_path / "limits.csv").write_text("1,2")
    source = f"import sys\nsys.path.insert(0, '.')\nimport helper\nprint(helper.limits)\n{counting}"
    for warm in (False, True, False):
        run_page(tmp_path, source, warm=warm)
    assert (tmp_path / "runs").read_text() == "x"
    (tmp_path / "limits.csv").write_text("1,3")
    assert "1,3" in json.dumps(run_page(tmp_path, source))
    (tmp_path / "helper.py").write_text("limits = 'none'")
    assert "none" in json.dumps(run_page(tmp_path, source))
    assert (tmp_path / "runs").read_text() == "xxx"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kernels are forked on Linux only")
def test_forked_and_ordinary_kernels_give_the_same_bytes(mini, study):
    pages = ch.pages(study, ch.read_chapters(mini), {}, "nl", "data/mini/study.yml")
    forked = run(pages, "f", Runner(mini, mini / "a", jobs=2, warm=True))
    ordinary = run(pages, "f", Runner(mini, mini / "b", jobs=2, warm=False))
    assert json.dumps(forked) == json.dumps(ordinary)


def test_addresses_and_places_are_cleaned(tmp_path):
    text = f"<a at 0x7f3a2b1c4d5e> in {tmp_path}/data/x.csv, 0x1f stays"
    assert cleaned_text(text, tmp_path) == "<a at 0x0> in data/x.csv, 0x1f stays"

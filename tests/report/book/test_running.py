import json
import os

import psutil
import pytest
from mini import code, markdown, write_chapter

from bouwen.report.book import chapters as ch
from bouwen.report.book.building import withhold_answers
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


def test_answers_stay_out_of_the_message(tmp_path, study):
    source = "rows = open('data/mini/responses.csv').readlines()\nint(rows[1].split(',')[-1])"
    with pytest.raises(ChapterFailed) as error:
        run_page(tmp_path, source, withhold=withhold_answers(study))
    assert "geheime" not in str(error.value) + error.value.traceback
    assert "[answer]" in str(error.value)


def test_a_warning_is_refused(tmp_path):
    with pytest.raises(ChapterFailed, match=r"cell 2 .*: Warning: .*mind this"):
        run_page(tmp_path, "import warnings\nwarnings.warn('mind this')")


def test_a_chapter_that_hangs_is_stopped(tmp_path):
    with pytest.raises(ChapterFailed, match=r"cell 2 .*: Timeout: ran longer than 3 seconds"):
        run_page(tmp_path, f"import time\ntime.sleep(60)\n{LEFT_A_TRACE}", timeout=3)
    assert not (tmp_path / "ended").exists()


def test_a_kernel_that_dies_is_named(tmp_path):
    with pytest.raises(ChapterFailed, match=r"book/one, cell 3 \(import os\): DeadKernel"):
        run_page(tmp_path, "x = 1", "import os\nos._exit(7)")


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


def test_a_damaged_cache_is_not_believed(tmp_path):
    run_page(tmp_path, "1")
    (tmp_path / "cache" / "book" / "one.json").write_text('{"key": ')
    assert run_page(tmp_path, "1")["cells"][1]["outputs"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kernels are forked on Linux only")
def test_forked_and_ordinary_kernels_give_the_same_bytes(mini, study):
    pages = ch.pages(study, ch.read_chapters(mini), {}, "nl", "data/mini/study.yml")
    forked = run(pages, "f", Runner(mini, mini / "a", jobs=2, warm=True))
    ordinary = run(pages, "f", Runner(mini, mini / "b", jobs=2, warm=False))
    assert json.dumps(forked) == json.dumps(ordinary)


def test_addresses_and_places_are_cleaned(tmp_path):
    text = f"<a at 0x7f3a2b1c4d5e> in {tmp_path}/data/x.csv, 0x1f stays"
    assert cleaned_text(text, tmp_path) == "<a at 0x0> in data/x.csv, 0x1f stays"

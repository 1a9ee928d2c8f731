import errno
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import psutil
import pytest
from books import html_of, tree
from mini import code, markdown, write_book, write_chapter, write_study

from bouwen.errors import BouwenError
from bouwen.report.book import building as book
from bouwen.report.book import lab, rendering, results
from bouwen.report.book.building import OutputError, neighbour_of
from bouwen.report.book.chapters import ChapterError, ParameterError
from bouwen.report.book.places import scratch_of
from bouwen.report.book.rendering import SiteError
from bouwen.report.book.running import ChapterFailed

pytestmark = pytest.mark.book
STUDY = "data/mini/study.yml"


class Ear(book.Silence):
    """Remembers what it heard of pages."""

    def __init__(self):
        self.heard = []

    def page(self, page, event):
        self.heard.append((page.name, event))


@pytest.fixture
def ready(mini_book, tmp_path, monkeypatch):
    """A copy of the built book, which is also the working directory."""
    root = tmp_path / "copy"
    shutil.copytree(mini_book, root)
    monkeypatch.chdir(root)
    return root


def test_two_builds_in_different_folders_give_the_same_bytes(mini_book, tmp_path, monkeypatch):
    other = tmp_path / "somewhere" / "else with a space"
    other.mkdir(parents=True)
    write_book(other)
    write_study(other)
    monkeypatch.chdir(other)
    monkeypatch.setenv("TZ", "America/New_York")
    monkeypatch.setenv("COLUMNS", "40")
    book.build(STUDY, jobs=1, warm=sys.platform == "linux")
    assert tree(html_of(other)) == tree(html_of(mini_book))


def test_no_page_says_where_or_when_it_was_made(mini_book):
    for path in html_of(mini_book).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert str(mini_book).encode() not in content, path
            assert str(Path.home()).encode() + b"/" not in content, path


def test_no_page_loads_anything_from_elsewhere(mini_book):
    loading = re.compile(r'<(?:script|img|iframe|source)[^>]+src="(https?:)?//|<link[^>]+href="(https?:)?//')
    for path in html_of(mini_book).rglob("*.html"):
        assert not loading.search(path.read_text(encoding="utf-8")), path


def test_a_dutch_book_has_a_dutch_interface(mini_book):
    page = (html_of(mini_book) / "book" / "sample.html").read_text(encoding="utf-8")
    assert '<html lang="nl"' in page
    assert "Synthetische gegevens" in page
    assert "Citeren als" in page
    visible = re.sub(r"(?s)<script.*?</script>|<style.*?</style>|<!--.*?-->", "", page)
    labels = re.findall(r'(?:title|aria-label|placeholder|data-bs-title|alt)="([^"]+)"', visible)
    texts = re.sub(r"<[^>]+>", "\n", visible) + "\n".join(labels)
    words = "Search Skip Back Previous Next Print Toggle Show Hide Launch Repository By Contents"
    english = rf"\b({words.replace(' ', '|')})\b"
    assert not re.search(english, texts), re.findall(f".*{english}.*", texts)


def test_a_generated_page_launches_the_template(mini_book):
    page = (html_of(mini_book) / "book" / "subgroup-size-small.html").read_text(encoding="utf-8")
    links = re.findall(r'href="(https://mybinder.org[^"]+)"', page)
    assert links
    assert all(link.endswith("lab/tree/book/subgroup.ipynb") for link in links)


def test_when_nothing_changed_nothing_is_written(ready):
    before, ear = html_of(ready).stat().st_mtime_ns, Ear()
    book.build(STUDY, warm=False, listener=ear)
    assert html_of(ready).stat().st_mtime_ns == before
    assert {event for _, event in ear.heard} == {"kept"}


def test_a_book_that_somebody_damaged_is_written_again(ready):
    page = html_of(ready) / "book" / "sample.html"
    original = page.read_bytes()
    page.write_text("")
    book.build(STUDY, warm=False)
    assert page.read_bytes() == original


def test_only_the_changed_chapter_is_run(ready):
    ear = Ear()
    write_chapter(ready, "book/sample", markdown("# Other"), code("1"))
    book.build(STUDY, warm=False, listener=ear)
    assert [name for name, event in ear.heard if event == "started"] == ["book/sample"]


def test_sphinx_is_loaded_only_where_something_changed(ready, monkeypatch):
    begun = []
    start = rendering.Sphinx.start

    def hear(sphinx):
        begun.append("sphinx")
        return start(sphinx)

    monkeypatch.setattr(rendering.Sphinx, "start", hear)
    book.build(STUDY, warm=False)
    assert begun == []
    ear = Ear()
    monkeypatch.setattr(ear, "page", lambda page, event: begun.append(event))
    write_chapter(ready, "book/sample", markdown("# Other"), code("1"))
    book.build(STUDY, warm=False, listener=ear)
    assert [what for what in begun if what != "kept"] == ["sphinx", "started", "done", "sphinx"]


def test_a_failing_chapter_leaves_the_old_book(ready):
    before = tree(html_of(ready))
    write_chapter(ready, "book/sample", markdown("# Sample"), code("1 / 0"))
    with pytest.raises(ChapterFailed, match="book/sample, cell 2"):
        book.build(STUDY, warm=False)
    assert tree(html_of(ready)) == before


def test_a_warning_of_sphinx_leaves_the_old_book(ready):
    before = tree(html_of(ready))
    write_chapter(ready, "book/sample", markdown("# Sample\n\n[nowhere](nowhere.md)"))
    with pytest.raises(SiteError, match=r"book/sample.ipynb.*nowhere") as error:
        book.build(STUDY, warm=False)
    assert str(ready) not in str(error.value)
    assert tree(html_of(ready)) == before


@pytest.mark.parametrize(
    ("given", "problem"), [({"drws": "1"}, 'Did you mean "draws"'), ({"draws": "many"}, "of type int")]
)
def test_wrong_parameters_are_refused_before_anything_runs(mini, given, problem):
    with pytest.raises(ParameterError, match=problem):
        book.build(STUDY, parameters=given)
    assert not (mini / "_build").exists()


def test_a_missing_chapter_is_refused_before_anything_runs(mini):
    (mini / "book" / "sample.ipynb").unlink()
    with pytest.raises(ChapterError, match="book/sample"):
        book.build(STUDY)
    assert not (mini / "_build").exists()


def test_a_second_build_of_the_same_study_is_refused(ready):
    with (ready / "_build" / "mini" / ".lock").open("w") as file:
        book.take_lock(file)
        with pytest.raises(OutputError, match="another build of this study is running"):
            book.build(STUDY)


def test_a_folder_with_other_files_is_never_replaced(ready, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.docx").write_text("years of work")
    with pytest.raises(OutputError, match="a folder with other files"):
        book.build(STUDY, output=tmp_path / "thesis")
    assert (tmp_path / "thesis" / "thesis.docx").read_text() == "years of work"


SAVING = """\
import pathlib

answers = pathlib.Path("data/mini/responses.csv")
if not pathlib.Path("saved").exists():
    answers.write_text(answers.read_text() + "r5,1,1,1,small,\\n")
    pathlib.Path("saved").touch()
"""


def test_a_book_is_that_of_the_answers_as_they_were_when_it_began(ready):
    """They are saved again while chapters run: all pages and the cache speak of one version."""
    counting = code("import bouwen\nn = len(bouwen.read_study(study).responses)\nprint(f'{n} answers')")
    given = code(f'study = "{STUDY}"', "parameters")
    write_chapter(ready, "book/sample", markdown("# Sample"), given, code(SAVING), counting)
    write_chapter(ready, "book/subgroups", markdown("# Groups"), given, counting)

    def counts():
        book.build(STUDY, warm=False, jobs=1)
        pages = [(html_of(ready) / "book" / f"{name}.html").read_text() for name in ("sample", "subgroups")]
        return [re.search(r"(\d) answers", page)[1] for page in pages]

    assert counts() == ["4", "4"]
    assert counts() == ["5", "5"]
    assert not (ready / "_build" / "mini" / "inputs").exists()


def test_an_input_that_changes_between_check_and_copy_is_told(ready):
    made = book.plan(STUDY)
    path = ready / "data" / "mini" / "responses.csv"
    path.write_text(path.read_text() + "r5,1,1,1,small,\n")
    said = r"responses.csv: was saved while the build began; start the build again"
    with pytest.raises(book.InputChanged, match=said):
        book.run_chapters(made, book.Silence())
    assert not (ready / "_build" / "mini" / "inputs").exists()


def test_the_book_can_go_elsewhere(ready, tmp_path):
    page = book.build(STUDY, output=tmp_path / "public" / "site", warm=False)
    assert page == tmp_path / "public" / "site" / "index.html"
    assert tree(tmp_path / "public" / "site") == tree(html_of(ready))
    assert sorted(path.name for path in (tmp_path / "public").iterdir()) == [".site.json", "site"]


def test_an_output_that_cannot_be_written_is_one_sentence(ready):
    with pytest.raises(OutputError, match=r"/proc/.* cannot be written"):
        book.build(STUDY, output="/proc/book/html", warm=False)


def test_a_full_disk_is_one_sentence(ready, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "_build/mini/source/_toc.yml")

    monkeypatch.setattr("bouwen.report.book.site.write_yaml", full)
    before = tree(html_of(ready))
    with pytest.raises(OutputError, match="No space left on device"):
        book.build(STUDY, warm=False)
    assert tree(html_of(ready)) == before


def test_a_build_that_died_between_the_renames_is_repaired(ready):
    before = tree(html_of(ready))
    html_of(ready).rename(neighbour_of(html_of(ready), "old"))
    neighbour_of(html_of(ready), "new").mkdir()
    book.build(STUDY, warm=False)
    assert tree(html_of(ready)) == before
    assert not neighbour_of(html_of(ready), "new").exists()


def start_build_that_waits(root: Path, *options: str) -> tuple[subprocess.Popen, int]:
    """A build whose sample chapter never ends, once it runs, and the pid of that chapter's kernel."""
    source = "import os, pathlib, time\npathlib.Path('pid').write_text(str(os.getpid()))\ntime.sleep(600)"
    write_chapter(root, "book/sample", markdown("# Sample"), code(source))
    command = [sys.executable, "-c", "from bouwen.cli import main; main()", "build", STUDY, *options]
    hear = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # Ctrl-C, even if we were told not to
    build = subprocess.Popen(
        command, cwd=root, stderr=subprocess.PIPE, text=True, start_new_session=True, preexec_fn=hear
    )
    deadline = time.monotonic() + 120
    while not ((root / "pid").exists() and (root / "pid").read_text()):
        assert build.poll() is None, build.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return build, int((root / "pid").read_text())


def wait_until_gone(pid: int, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


KINDS = [
    pytest.param([], marks=pytest.mark.skipif(sys.platform != "linux", reason="no forking")),
    ["--no-warm"],
]


@pytest.mark.parametrize("options", KINDS, ids=["warm", "cold"])
def test_a_killed_build_leaves_the_old_book_and_no_kernel(ready, options):
    before = tree(html_of(ready))
    write_chapter(ready, "book/subgroups", markdown("# Changed too"), code("1"))
    build, kernel = start_build_that_waits(ready, *options)
    children = psutil.Process(build.pid).children(recursive=True)
    build.kill()
    build.wait()
    build.stderr.close()
    assert wait_until_gone(kernel)
    assert all(wait_until_gone(child.pid) for child in children)
    assert tree(html_of(ready)) == before
    left = [ready / "_build" / "mini" / "inputs", scratch_of(ready / "_build" / "mini" / "cache")]
    assert all(folder.is_dir() and folder.stat().st_mode & 0o077 == 0 for folder in left)
    write_chapter(ready, "book/sample", markdown("# Sample again"), code("1"))
    book.build(STUDY, warm=False)
    assert not any(folder.exists() for folder in left)
    assert "Sample again" in (html_of(ready) / "book" / "sample.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("options", KINDS, ids=["warm", "cold"])
def test_ctrl_c_leaves_the_old_book_and_no_kernel(ready, options):
    before = tree(html_of(ready))
    write_chapter(ready, "book/subgroups", markdown("# Changed too"), code("1"))
    build, kernel = start_build_that_waits(ready, *options)
    os.killpg(build.pid, signal.SIGINT)
    _, error = build.communicate(timeout=30)
    assert build.returncode == 130
    assert error.strip() == "bouwen: stopped; the old book is untouched."
    assert wait_until_gone(kernel)
    assert tree(html_of(ready)) == before


SHOWS = """\
import bouwen
import matplotlib.pyplot as plt
import pandas as pd
from plotnine import aes, geom_point, ggplot

bouwen.tell(a={told}, b=2)
plt.plot([1, 2], [3, {line}])
plt.show()
display(ggplot(pd.DataFrame({{"x": [1], "y": [{point}]}}), aes("x", "y")) + geom_point())
pd.DataFrame({{"mean": ["{cell}"]}}, index=["t1"])
"""


def test_everything_that_pages_show_is_recorded_and_compared(ready):
    def write(told=1.5, line=4.0, point=2.5, cell="3.45", said="five"):
        shows = code(SHOWS.format(told=told, line=line, point=point, cell=cell))
        write_chapter(ready, "book/sample", markdown(f"# Sample\n\nOf {said} and {{glue:text}}`a`."), shows)

    def differences():
        with pytest.raises(results.DifferentResultsError) as error:
            results.verify(STUDY)
        return [line.removeprefix("book/sample, ") for line in error.value.differences]

    write()
    path = results.record(STUDY)
    before = path.read_bytes()
    assert results.verify(STUDY) > 20
    assert results.record(STUDY).read_bytes() == before
    write(told=1.6)
    assert differences() == [
        "a: recorded 1.5, now 1.6 (+0.1)", 'sentence: recorded "Of five and 1.50.", now "Of five and 1.60."'
    ]  # fmt: skip
    write(line=4.001, point=2.501, cell="3.46", said="six")
    made = differences()
    assert made[0] == 'sentence: recorded "Of five and 1.50.", now "Of six and 1.50."'
    assert made[1].endswith('row "t1", column "mean": recorded 3.45, now 3.46 (+0.01)')
    rows = [
        line.partition(", ")[2] for line in made[2:] if ", row" in line
    ]  # what stands on axes moves as well
    assert rows == [
        "layer 1 (line), row 2, y: recorded 4, now 4.001 (+0.001)",
        "layer 1 (point), row 1, y: recorded 2.5, now 2.501 (+0.001)",
    ]


def test_what_verify_compares_does_not_reach_the_site(ready):
    write_chapter(
        ready, "book/sample", markdown("# Sample"), code(SHOWS.format(told=1, line=1, point=1, cell=1))
    )
    book.build(STUDY)
    assert b'"layers"' in (ready / "_build/mini/cache/book/sample.json").read_bytes()
    assert not [path for path in html_of(ready).rglob("*.ipynb") if b'"layers"' in path.read_bytes()]


def test_a_chapter_that_shows_answers_is_not_recorded(ready):
    write_chapter(
        ready, "book/sample", markdown("# Sample"), code("print('Mijn geheime antwoord van iemand')")
    )
    (ready / "data/mini/responses.csv").write_text(
        "respondent,t1,t2,t3,size,remark\nr1,1,2,3,small,een twee drie vier vijf zes zeven\nr2,2,2,3,large,\n"
    )
    write_chapter(
        ready, "book/sample", markdown("# Sample"), code("print('een twee drie vier vijf zes zeven')")
    )
    with pytest.raises(BouwenError, match="answered to an open question"):
        results.record(STUDY)
    assert not (ready / "data/mini/expected.json").exists()


@pytest.mark.parametrize("command", ["verify", "lab"])
def test_a_place_that_cannot_be_written_is_one_sentence(ready, command):
    """A file where a folder is to be: also who may do everything cannot write below it."""
    results.record(STUDY)
    shutil.rmtree(ready / "_build")
    (ready / "_build").write_text("")
    does = {"verify": results.verify, "lab": lab.write_chapters}[command]
    with pytest.raises(OutputError) as caught:
        does(STUDY)
    assert "_build" in str(caught.value)
    assert "\n" not in str(caught.value)
    (ready / "_build").unlink()
    assert does(STUDY)


@pytest.mark.parametrize("content", ["[]", "{", "[" * 100_000, '{"sample.ipynb": {}}'])
def test_a_damaged_list_of_copies_keeps_what_may_have_been_changed(ready, content):
    folder = lab.write_chapters(STUDY).folder
    (folder / ".copies.json").write_text(content)
    assert "sample.ipynb" in lab.write_chapters(STUDY).kept


@pytest.mark.parametrize(
    "study",
    ["reputation", *(pytest.param(s, marks=pytest.mark.long) for s in ("providers", "municipalities"))],
)
def test_a_book_has_the_same_bytes_in_different_folders(study, books, tmp_path, monkeypatch):
    elsewhere = books.copy_repository(tmp_path / "some where else")
    monkeypatch.chdir(elsewhere)
    page = book.build(f"data/{study}/study.yml")
    assert tree(page.parent) == tree(books.html(study))


@pytest.mark.parametrize(
    "study", ["providers", "reputation", pytest.param("municipalities", marks=pytest.mark.long)]
)
def test_the_results_are_those_that_are_recorded(study, books):
    assert books.verified(study) > 50

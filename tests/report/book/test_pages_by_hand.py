"""Chapters, titles, tables of contents, messages and places by hand-made notebooks; no book is built."""

from __future__ import annotations

import errno
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
import yaml
from mini import code, markdown

from bouwen.errors import BouwenError
from bouwen.report.book import asking, building, chapters, lab, notebooks, places, site
from bouwen.report.book import running as run
from bouwen.report.book.building import OutputError, refusing_bad_output
from bouwen.report.book.chapters import Chapter, Page, ParameterError
from bouwen.report.book.listening import Bar, Lines
from bouwen.report.book.rendering import problems_in
from bouwen.report.book.results import DifferentResultsError


def notebook(*cells, **wishes):
    return {"cells": list(cells), "metadata": {"bouwen": wishes} if wishes else {}}


def chapter(name, *cells, **wishes):
    return Chapter(name, notebook(*cells, **wishes), {})


def titles(made):
    return [page.title for page in made]


# ------------------------------------------------------------------ tables of contents


TOC = {
    "root": "book/a",
    "parts": [
        {"caption": "One", "chapters": [{"file": "book/b", "sections": [{"file": "book/c"}]}]},
        {"caption": "Two", "chapters": [{"file": "book/d"}]},
    ],
}


def test_files_of_parts_chapters_and_sections_come_in_reading_order():
    assert list(chapters.files_in(TOC)) == ["book/a", "book/b", "book/c", "book/d"]


def test_a_template_gives_way_to_its_pages_and_a_chapter_without_pages_goes():
    made = [
        SimpleNamespace(name=name, chapter=source)
        for name, source in (("book/b", "book/b"), ("book/c-x", "book/c"), ("book/c-y", "book/c"))
    ]
    found = chapters.expanded_toc(TOC, made)
    pages = [{"file": "book/c-x"}, {"file": "book/c-y"}]
    assert found["parts"][0]["chapters"] == [{"file": "book/b", "sections": pages}]
    assert found["parts"][1] == {"caption": "Two"}
    assert "sections" in TOC["parts"][0]["chapters"][0]


# ------------------------------------------------------------------ titles and languages


def test_only_the_first_heading_is_replaced():
    given = notebook(code("# a comment"), markdown("text\n\n# Old\n\n# Second"), markdown("# Third"))
    made = chapters.with_heading(given, "New \\1")
    assert [cell["source"] for cell in made["cells"]] == [
        "# a comment", "text\n\n# New \\1\n\n# Second", "# Third",
    ]  # fmt: skip
    assert chapters.heading(made) == "New \\1"
    assert chapters.heading(notebook(code("# a comment"), markdown("## Lower"))) is None
    assert chapters.heading(given) == "Old"


def test_a_page_without_a_heading_has_the_title_of_its_name(study):
    assert titles(chapters.pages(study, {"x": chapter("book/x", code("1"))}, {}, "en", "s")) == ["book/x"]


@pytest.mark.parametrize(("language", "title"), [("en", "measurement model"), ("nl", "meetmodel")])
def test_a_title_from_a_model_is_its_label_in_the_language(study, language, title):
    one = chapter("book/m", markdown("# Plain"), title_from_model="measurement")
    assert titles(chapters.pages(study, {"m": one}, {}, language, "s")) == [title]


@pytest.mark.parametrize(
    ("language", "title"), [("en", "How many has trust?"), ("nl", "Hoeveel heeft vertrouwen?")]
)
def test_a_title_from_a_factor_is_in_the_language_or_in_english(study, monkeypatch, language, title):
    labels = {"above": {"en": "Trust", "nl": "Vertrouwen"}}
    given = SimpleNamespace(groups=(), instrument=SimpleNamespace(factors=labels))
    monkeypatch.setattr(chapters, "factor_above", lambda study: "above")
    words = {"en": "How many has {}?", "nl": "Hoeveel heeft {}?"}
    one = chapter("book/m", markdown("# Plain"), title_from_factor=words)
    assert titles(chapters.pages(given, {"m": one}, {}, language, "s")) == [title]
    one = chapter("book/m", markdown("# Plain"), title_from_factor={"en": "Only {}"})
    label = labels["above"][language].lower()
    assert titles(chapters.pages(given, {"m": one}, {}, language, "s")) == [f"Only {label}"]


def test_chapters_about_groups_are_those_of_studies_with_groups(study):
    one = {"g": chapter("book/g", markdown("# Groups"), needs="groups")}
    assert titles(chapters.pages(study, one, {}, "en", "s")) == ["Groups"]
    alone = replace(study, file=study.file.model_copy(update={"groups": []}))
    assert chapters.pages(alone, one, {}, "en", "s") == []


@pytest.mark.parametrize(
    ("tags", "language", "has"),
    [
        ([[]], "nl", True),
        ([["en"]], "nl", False),
        ([["en"], ["nl"]], "nl", True),
        ([["remove-cell"]], "en", True),
    ],
)
def test_whether_a_chapter_has_prose(tags, language, has):
    given = notebook(*(markdown("text", *own) for own in tags))
    assert chapters.has_prose(given, language) == has


def test_cells_of_other_languages_go_and_cells_of_this_one_show():
    given = notebook(
        markdown("E", "en", "wide"), markdown("N", "nl", "remove-cell", "wide"), code("1", "remove-cell", a=1)
    )
    made = chapters.in_language(given, "nl")["cells"]
    assert [(cell["source"], cell["metadata"]["tags"]) for cell in made] == [
        ("N", ["wide"]), ("1", ["remove-cell"]),
    ]  # fmt: skip
    assert [cell["source"] for cell in chapters.in_language(given, "de")["cells"]] == ["E", "1"]
    assert len(given["cells"]) == 3


# ------------------------------------------------------------------ parameters


def test_values_take_the_place_of_defaults_over_several_lines():
    given = notebook(code('a = """\nlong é"""  # first\nb = "é"; c = (\n  3\n)  # rest', "parameters"))
    made = chapters.with_parameters("x", given, {"a": 5, "b": "x", "c": -1.5})
    assert chapters.parameters_cell(made)["source"] == 'a = 5  # first\nb = "x"; c = (\n  -1.5\n)  # rest'


def test_an_unknown_parameter_is_told_those_that_may_be_set():
    known = {"a": Chapter("a", notebook(), {"study": "s", "language": "en", "draws": 1, "group": "g"})}
    with pytest.raises(ParameterError, match=r"known: draws, language\)"):
        chapters.check_parameters(known, {"seed": "1"})
    with pytest.raises(ParameterError, match="known: none"):
        chapters.check_parameters({}, {"seed": "1"})


@pytest.mark.parametrize(("text", "name"), [("A b", "a-b"), ("50-100 (é)", "50-100-e"), ("a_b", "a_b")])
def test_names_that_are_safe(text, name):
    assert chapters.slug(text) == name


@pytest.mark.parametrize(("one", "other"), [("甲", "乙"), ("甲 1", "乙 1"), ("да", "нет"), ("?", "+")])
def test_names_without_latin_letters_differ(one, other):
    assert chapters.slug(one) != chapters.slug(other)
    assert re.fullmatch("[x1]-[0-9a-f]{8}", chapters.slug(one))


# ------------------------------------------------------------------ planning


@pytest.mark.parametrize(("given", "language"), [({}, "nl"), ({"language": "en"}, "en")])
def test_a_book_is_planned_in_the_language_that_is_asked(mini, given, language):
    book = building.plan("data/mini/study.yml", given, jobs=3, timeout=7.0)
    assert (book.language, book.study.language) == (language, language)
    assert f'language = "{language}"' in book.pages[0].notebook["cells"][1]["source"]
    assert (book.runner.jobs, book.runner.timeout, book.work) == (3, 7.0, mini / "_build" / "mini")
    assert 'study = "data/mini/study.yml"' in book.pages[0].notebook["cells"][1]["source"]


def test_the_nearest_book_is_taken(mini, monkeypatch):
    file = mini / "data" / "mini" / "study.yml"
    assert building.find_root(file) == mini
    inner = mini / "inner"
    (inner / "deep").mkdir(parents=True)
    for name in ("_toc.yml", "_config.yml"):
        (inner / name).write_text("{}")
    monkeypatch.chdir(inner / "deep")
    assert building.find_root(file) == inner
    (inner / "_config.yml").unlink()  # both are needed
    assert building.find_root(file) == mini


@pytest.mark.parametrize(("times", "seconds"), [(0.1, 600), (1, 600), (5, 3000), (52, 31_200)])
def test_a_chapter_may_take_as_long_as_its_study_is_large(providers, times, seconds):
    n = round(201 * times)
    larger = replace(providers, responses=pd.concat([providers.responses] * 60).head(n))
    assert asking.time_limit(larger) == pytest.approx(seconds, rel=0.01)


@pytest.mark.parametrize(
    ("code", "said"), [("nl", "1,1 minuten van een proc"), ("en", "1.1 minutes of a proc")]
)
def test_a_check_says_what_a_build_asks(mini, code, said):
    path = mini / "data" / "mini" / "study.yml"
    path.write_text(path.read_text().replace("language: nl", f"language: {code}"))
    assert said in building.check_book(path)


@pytest.mark.parametrize(
    ("lines", "said"),
    [(["a"], "1 result is not"), (["a", "b"], "2 results are not"), (["a"] * 3, "3 results are")],
)
def test_differences_are_counted(lines, said):
    error = DifferentResultsError(lines)
    assert str(error).startswith(said)
    assert str(error).count("\n  a") + str(error).count("\n  b") == len(lines)


def test_a_broken_cell_is_named_by_its_number_and_first_line():
    page = Page("book/x", "book/x", "X", notebook(code("\nfirst()\nmore()"), code("second()")))
    assert str(run.ChapterFailed(page, 1, "E", "m")) == "book/x, cell 1 (first()): E: m"
    assert str(run.ChapterFailed(page, 0, "E", "")) == "book/x: E"


def test_what_is_executed_is_cleaned_of_places_and_times(tmp_path):
    page = Page("book/Él x", "book/x", "X", notebook())
    place = f"{tmp_path.resolve()}/data/a.csv"
    cells = [
        {**code('study = "../../home/jan/mine/study.yml"', "parameters"), "id": "z", "execution_count": 3},
        {**code('x = "../../home/jan/mine/study.yml"', papermill={"t": 1}, b=1, a=2), "id": "y"},
    ]
    cells[1]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": place},
        {"data": {"text/plain": f"<o at 0x7f12ab34cd56> {place}", "image/svg+xml": place}},
    ]
    made = run.cleaned({"cells": cells}, page, tmp_path)["cells"]
    assert made[0]["source"] == 'study = "mine/study.yml"'
    assert made[1]["source"] == 'x = "../../home/jan/mine/study.yml"'
    assert list(made[1]["metadata"]) == ["a", "b", "tags"]
    assert made[1]["outputs"][0]["text"] == "data/a.csv"
    assert made[1]["outputs"][1]["data"] == {"text/plain": "<o at 0x0> data/a.csv", "image/svg+xml": place}
    assert [cell["id"] for cell in made] == ["el-x-00", "el-x-01"]


def test_of_several_failures_the_finished_one_is_told():
    def result(value=None, error=None):
        future = run.Future()
        future.set_exception(error) if error else future.set_result(value)
        return future

    with pytest.raises(ValueError, match="broken"):
        list(run.first_failure_or_all([result(("a", {})), result(error=ValueError("broken"))]))
    assert dict(run.first_failure_or_all([result(("a", {})), result(("b", {}))])) == {"a": {}, "b": {}}


# ------------------------------------------------------------------ sites, copies, stored notebooks


def test_a_site_is_configured_for_its_study(mini, study):
    made = [SimpleNamespace(name=n, chapter=c) for n, c in (("book/a", "book/a"), ("book/b-x", "book/b"))]
    plain = yaml.safe_load((mini / "_config.yml").read_text())
    found = site.site_config(study, "nl", made, mini)
    assert (found["title"], found["author"]) == ("Bouwen aan vertrouwen", "A. Author")
    assert found["execute"]["execute_notebooks"] == "off"
    assert found["html"]["announcement"]
    assert "Author, A. (2026)" in found["html"]["extra_footer"]
    sphinx = found["sphinx"]["config"]
    assert sphinx["language"] == "nl"
    assert sphinx["html_theme_options"]["logo"]["text"] == "Bouwen aan vertrouwen"
    assert sphinx["bouwen_chapter_of"] == {"book/b-x": "book/b"}
    assert sphinx["numfig_format"] == {"figure": "Figuur %s", "table": "Tabel %s"}
    changes = {"synthetic": False, "authors": [], "citation": ""}
    other = site.site_config(replace(study, file=study.file.model_copy(update=changes)), "en", made, mini)
    assert other["html"]["announcement"] == other["html"]["extra_footer"] == ""
    assert (other["title"], other["author"]) == ("Building trust", plain["author"])


def test_a_hash_of_a_folder_follows_names_and_bytes(tmp_path):
    found = set()
    for name, text in (("a", "1"), ("a", "2"), ("b", "2"), ("d/b", "2")):
        folder = tmp_path / str(len(found))
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text(text)
        found.add(site.digest_tree(folder))
    assert len(found) == 4


def test_a_copy_is_kept_only_where_somebody_wrote_in_it(mini):
    written = lab.write_chapters("data/mini/study.yml")
    assert written.kept == ()
    names = {path.name for path in written.folder.glob("*.ipynb")}
    assert names == {"findings.ipynb", "sample.ipynb", "subgroups.ipynb", *(
        f"subgroup-size-{level}.ipynb" for level in ("small", "large"))}  # fmt: skip
    chapter_file = mini / "book" / "sample.ipynb"
    chapter_file.write_text(chapter_file.read_text().replace("draws = 100", "draws = 200"))
    path = written.folder / "findings.ipynb"
    changed = json.loads(path.read_text())
    changed["cells"][0]["source"] = ["# Mine"]
    path.write_text(json.dumps(changed))
    again = lab.write_chapters("data/mini/study.yml")
    assert again.kept == ("findings.ipynb",)
    assert "# Mine" in path.read_text()
    assert "draws = 200" in (written.folder / "sample.ipynb").read_text()


def test_notebooks_that_are_rewritten_are_named(tmp_path, capsys):
    fine, wrong = tmp_path / "fine.ipynb", tmp_path / "wrong.ipynb"
    given = notebook(code("1  \n"), markdown("a\nb"), needs="groups")
    fine.write_text(notebooks.stored(given, "fine"), encoding="utf-8")
    wrong.write_text(json.dumps(given))
    assert notebooks.main([str(fine)]) == 0
    assert capsys.readouterr().out == ""
    assert notebooks.main([str(fine), str(wrong)]) == 1
    assert capsys.readouterr().out == f"{wrong}: rewritten\n"
    assert notebooks.main(["--check", str(fine), str(wrong)]) == 0
    made = json.loads(wrong.read_text())
    assert made["metadata"]["bouwen"] == {"needs": "groups"}
    assert [cell["source"] for cell in made["cells"]] == [["1"], ["a\n", "b"]]
    assert [cell["id"] for cell in made["cells"]] == ["wrong-00", "wrong-01"]


def test_lines_tell_what_starts_and_ends(capsys):
    shown, page = Lines(), SimpleNamespace(name="book/x", title="X")
    shown.step("Checking")
    for event in ("kept", "started", "done"):
        shown.page(page, event)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Checking", "  book/x ..."]
    assert lines[2].startswith("  book/x done in 0.")
    assert len(lines) == 3


def test_a_bar_counts_what_is_kept_and_done_and_names_what_runs():
    told = []
    bar = SimpleNamespace(add_task=lambda *a, **k: 0, update=lambda task, **named: told.append(named))
    shown = Bar(bar)
    shown.plan(3)
    for title, event in (("A", "kept"), ("B", "started"), ("C", "started"), ("B", "done"), ("C", "done")):
        shown.page(SimpleNamespace(title=title), event)
    assert told[0] == {"total": 3}
    assert [one["advance"] for one in told[1:]] == [1, 0, 0, 1, 1]
    assert [one["description"] for one in told[1:]] == ["", "B", "B, C", "C", ""]


def test_what_sphinx_complains_of_is_told_without_its_place(tmp_path):
    log = f"reading\n{tmp_path}/a.md:3: WARNING: \x1b[31mbroken\x1b[0m\n\ndone\n"
    assert problems_in(log, tmp_path) == ["a.md:3: WARNING: broken"]
    assert problems_in("1\n2\n3\n4\n5\n6\n", tmp_path) == ["2", "3", "4", "5", "6"]
    assert problems_in("", tmp_path) == ["Sphinx ended without a word."]


def test_a_folder_that_could_not_be_copied_says_why_and_names_no_list_of_files(tmp_path):
    said = [("a", "b", str(OSError(errno.ENOSPC, "No space left on device", "a")))] * 40
    with pytest.raises(OutputError) as refused, refusing_bad_output(tmp_path):
        raise shutil.Error(said)
    assert str(refused.value) == (
        f"{tmp_path}: cannot be written: No space left on device: make room on the disk and build again."
    )


@pytest.mark.parametrize(
    ("files", "space", "says"),
    [
        ((40, 40), -1, "40 files may be open at once and this build needs 80: allow more (ulimit -n"),
        ((1024, 4096), 900_000_000, "memory ran out: a build needs 1.2 GB of addresses and may have 0.9 GB"),
    ],
)
def test_limits_that_would_end_the_process_are_refused_before_kernels_start(monkeypatch, files, space, says):
    resource = pytest.importorskip("resource")
    limits = {resource.RLIMIT_NOFILE: files, resource.RLIMIT_AS: (space, -1)}
    monkeypatch.setattr(resource, "getrlimit", limits.__getitem__)
    with pytest.raises(BouwenError, match=re.escape(says)):
        run.run_fresh(
            {"key": Page("book/a", "book/a", "A", notebook())}, run.Runner(Path(), Path(), jobs=2), print
        )


def test_a_limit_of_files_that_the_user_may_raise_is_raised(monkeypatch):
    resource = pytest.importorskip("resource")
    limits, raised = {resource.RLIMIT_NOFILE: (40, 200), resource.RLIMIT_AS: (-1, -1)}, []
    monkeypatch.setattr(resource, "getrlimit", limits.__getitem__)
    monkeypatch.setattr(resource, "setrlimit", lambda kind, limit: raised.append(limit))
    places.refuse_little_room(2)
    assert raised == [(96, 200)]

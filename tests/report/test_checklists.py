"""Every line of the reporting checklists leads somewhere."""

import html
import re
from pathlib import Path

import pytest

import bouwen
from bouwen.report import tables
from bouwen.report.book import chapters as ch
from bouwen.report.checklists import read_checklists
from bouwen.words import words

ROOT = Path(__file__).parents[2]
LISTS = read_checklists()
CHAPTERS = {name.removeprefix("book/"): chapter for name, chapter in ch.read_chapters(ROOT).items()}


def markdown_of(chapter, language):
    """The Markdown of a chapter in one language."""
    cells = ch.in_language(CHAPTERS[chapter].notebook, language)["cells"]
    return "\n\n".join(ch.source_of(cell) for cell in cells if cell["cell_type"] == "markdown")


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("anchor", list(LISTS.sections))
def test_every_section_stands_where_the_checklists_say(anchor, language):
    section = LISTS.sections[anchor]
    target = f"({anchor})=\n## {words(language)(section.heading)}\n"
    assert target in markdown_of(section.chapter, language) + "\n"


def test_every_line_can_be_read_and_has_a_source():
    for line in LISTS.lines:
        assert line.guideline in LISTS.sources
        english, dutch = words("en")(line.text), words("nl")(line.text)
        assert min(len(english), len(dutch)) > 10
        assert english != dutch
    texts = [(line.guideline, words("en")(line.text)) for line in LISTS.lines]
    assert len(set(texts)) == len(texts)


def test_no_line_leads_to_a_chapter_that_may_be_left_out():
    for line in LISTS.lines:
        if line.section and line.section.chapter != line.chapter:
            assert "needs" not in CHAPTERS[line.section.chapter].wishes


@pytest.mark.parametrize("chapter", list(dict.fromkeys(line.chapter for line in LISTS.lines)))
def test_every_checklist_stands_at_the_end_of_its_chapter(chapter):
    last = CHAPTERS[chapter].notebook["cells"][-1]
    assert ch.source_of(last) == f'tables.checklist(survey, "{chapter}")'


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_checklist_links_to_sections_and_says_what_the_book_leaves_out(language):
    study = bouwen.read_study("data/reputation/study.yml", language=language)
    for chapter in ("sample", "measurement"):
        shown = tables.checklist(study, chapter).as_raw_html()
        links = re.findall(r'<a href="([^"#]*)#([^"]+)">([^<]+)</a>', shown)
        lines = LISTS.of(chapter)
        told = study.file.report.told
        assert len(links) == sum(line.section is not None and line.key in (None, *told) for line in lines)
        absent = {"en": "not reported in this book", "nl": "niet in dit boek"}[language]
        assert shown.count(absent) == sum(line.section is None for line in lines)
        for line in lines:
            assert (f"report: {line.key}:" in shown) == (line.key is not None and line.key not in told)
        for page, anchor, label in links:
            section = LISTS.sections[anchor]
            assert page == ("" if section.chapter == chapter else f"{section.chapter}.html")
            assert html.unescape(label).replace("'", "’") == words(language)(section.heading).replace(
                "'", "’"
            )


@pytest.mark.book
@pytest.mark.parametrize(("study", "language"), [("reputation", "en"), ("providers", "nl")])
def test_every_anchor_in_the_built_book_exists(study, language, books):
    folder = books.html(study, language) / "book"
    pages = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.html")}
    headings = {anchor: words(language)(section.heading) for anchor, section in LISTS.sections.items()}
    found = 0
    for name, page in pages.items():
        for target, anchor, label in re.findall(r'<td[^>]*><a href="([^"#:]*)#([^"]+)">([^<]+)<', page):
            assert f'id="{anchor}"' in pages[target or name], f"{name}: {target}#{anchor}"
            found += html.unescape(label).replace("’", "'") == headings.get(anchor, "").replace("’", "'")
    told = bouwen.read_study(f"data/{study}/study.yml").file.report.told
    assert found == sum(line.section is not None and line.key in (None, *told) for line in LISTS.lines)


def test_every_source_is_used():
    assert set(LISTS.sources) == {line.guideline for line in LISTS.lines}

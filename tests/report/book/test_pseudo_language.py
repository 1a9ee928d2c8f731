"""A book in a pseudo-language: whatever stands in its pages without brackets was hard-coded."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pseudo
import pytest
import yaml

import bouwen
from bouwen.report.book import chapters as ch
from bouwen.report.checklists import read_checklists

BLOCKS = {"p", "li", "td", "th", "tr", "h1", "h2", "h3", "h4", "dt", "dd", "figcaption", "caption", "div"}
BLOCKS |= {"a", "title", "button", "label", "nav", "section", "article", "header", "footer", "aside"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
SKIPPED = {"script", "style", "svg", "pre"}  # programs and what they print
SPOKEN = ("alt", "title", "aria-label", "placeholder", "data-bs-title")
LETTER = re.compile(r"[^\W\d_]")

# Keys of study.yml.
SETTINGS = {"study", "perspective", "language", "seed", "confidence", "min_group", "min_cell", "min_width"}
PROGRAMS = {"bouwen", "Python", "factor_analyzer", "great_tables", "jupyter-book", "numpy", "pandas"}
PROGRAMS |= {"papermill", "plotnine", "scipy", "semopy", "statsmodels"}
VERSION = re.compile(r"\d+(\.\w+)*")
FILES = re.compile(r"[\w/.-]+\.(yml|csv)")
FINGERPRINT = re.compile(r"[0-9a-f]{16}")
FACTORS = re.compile(r"F\d+")  # of an exploratory analysis: they have no name yet
SYMBOLS = {"α", "ω", "h²", "HTMT2", "MLR", "WLSMV"}  # names of statistics and of estimators
# What Sphinx's themes write that is a name or a sign: of a key, a service, a kind of file.
INTERFACE = {"Ctrl", "K", "Binder", "Binder logo", ".ipynb", ".pdf"}


class Reader(HTMLParser):
    """Collects the texts of a page that stand in no bracket, and those of attributes that are read out."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.skipped, self.depth, self.bare = [], 0, 0, []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.bare += [text for name in SPOKEN for text in bare(given.get(name) or "")]
        if tag in VOID:
            return
        classes = (given.get("class") or "").split()
        skip = tag in SKIPPED or "math" in classes
        self.open.append((tag, skip))
        self.skipped += skip
        self.depth = 0 if tag in BLOCKS else self.depth

    def handle_endtag(self, tag):
        while self.open and tag in [name for name, _ in self.open]:
            name, skip = self.open.pop()
            self.skipped -= skip
            if name == tag:
                break
        self.depth = 0 if tag in BLOCKS else self.depth

    def handle_data(self, data):
        if not self.skipped:
            texts, self.depth = outside(data, self.depth)
            self.bare += texts


def outside(text, depth=0):
    """The parts of a text with letters that stand in no bracket, and how many brackets stay open."""
    parts = [""]
    for sign in text:
        if sign in (pseudo.OPEN, pseudo.CLOSE):
            depth = max(0, depth + (1 if sign == pseudo.OPEN else -1))
            parts.append("")
        elif not depth:
            parts[-1] += sign
    return [part.strip() for part in parts if LETTER.search(part)], depth


def bare(text):
    """The parts of one text that stand in no bracket."""
    return outside(text)[0]


def read_page(source):
    """The bare texts of a page."""
    reader = Reader()
    reader.feed(source)
    return reader.bare


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>⟦all <em>of</em> it⟧</p>", []),
        ("<p>⟦some⟧ of it</p>", ["of it"]),
        ("<p>⟦open</p><p>closed</p>", ["closed"]),
        ("<td>0.25 [1; 2]</td><pre>code</pre>", []),
        ('<img alt="a line"><img alt="⟦a line⟧">', ["a line"]),
        ("<p>⟦a⟦b⟧c⟧ d</p>", ["d"]),
    ],
)
def test_what_is_bare(source, found):
    assert read_page(source) == found


def test_wrapping_keeps_the_form_of_markdown():
    assert pseudo.wrapped_markdown("(a-b)=\n## Head\n\nA {glue:text}`x`.\n\n- one") == (
        "(a-b)=\n## ⟦Head⟧\n\n⟦A {glue:text}`x`.⟧\n\n- ⟦one⟧"
    )
    assert pseudo.pseudo_texts({"a": [{"nl": "ja", "en": "yes", "code": 1}], "b": 2}) == {
        "a": [{"qps": "⟦yes⟧", "code": 1}],
        "b": 2,
    }


@pytest.fixture(scope="module")
def book(books):
    """The root of a project with every chapter in the pseudo-language, built for a real study."""
    root = books.pseudo()
    with pseudo.known(root):
        yield root


@pytest.fixture(scope="module")
def allowed(book):
    """Names that come from files, and references: they are the same in every language."""
    study = bouwen.read_study(book / "data/reputation/study.yml")
    names = {*study.items, *study.constructs, *study.instrument.background, *study.instrument.answer_scales}
    names |= {level for levels in study.categories.values() for level in levels}
    names |= {study.perspective, study.language}
    guidelines = read_checklists().sources
    references = {*guidelines, *(f"{name}: {source}" for name, source in guidelines.items())}
    references |= {construct.source for construct in study.instrument.constructs.values()}
    config = yaml.safe_load((book / "_config.yml").read_text(encoding="utf-8"))
    references |= {*study.authors, config["author"], f"{study.citation}"}
    return names | {" ".join(text.split()) for text in references} | SETTINGS | PROGRAMS | SYMBOLS | INTERFACE


def hard_coded(texts, allowed):
    """The bare texts that are no name, number, file or reference."""
    forms = (VERSION, FILES, FINGERPRINT, FACTORS)
    parts = [" ".join(part.split()) for text in texts for part in re.split(r"[↔→·]", text)]
    named = [part for part in parts if LETTER.search(part) and part not in allowed]
    return sorted({part for part in named if not any(form.fullmatch(part) for form in forms)})


@pytest.mark.book
def test_no_page_has_a_bare_text(book, allowed):
    pages = [path for path in (book / "html").rglob("*.html") if "_static" not in path.parts]
    found = {path.stem: hard_coded(read_page(path.read_text(encoding="utf-8")), allowed) for path in pages}
    assert {page: texts for page, texts in found.items() if texts} == {}


@pytest.mark.book
def test_every_chapter_has_a_page(book):
    made = {path.stem.partition("-")[0] for path in (book / "html" / "book").glob("*.html")}
    without = {"mirror", "unit", "units"}  # this study has neither another side nor units
    assert made == {name.removeprefix("book/") for name in ch.read_chapters(book)} - without


@pytest.mark.book
def test_no_figure_has_a_bare_text(book, allowed):
    notes = [path.read_text(encoding="utf-8") for path in (book / "notes").iterdir()]
    figures = [json.loads(line) for note in notes for line in note.splitlines()]
    drawn = sum(
        "image" in cell["metadata"].get("mystnb", {})
        for chapter in ch.read_chapters(book).values()
        for cell in chapter.notebook["cells"]
    )
    assert len(figures) >= drawn
    assert hard_coded([text for texts in figures for part in texts for text in bare(part)], allowed) == []

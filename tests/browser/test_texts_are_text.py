"""A study that means harm: its texts at every place of the schema, in a book, in a real browser."""

import json

import hostile
import mini
import pytest
from visiting import Visit

from bouwen.report.book import building

pytestmark = [pytest.mark.browser, pytest.mark.book]

SECRET = "TOP-SECRET"
SHOWS = """\
import bouwen
from bouwen import plots, tables, tell, texts

survey = bouwen.read_study(study, language=language)
tell(language, label=survey.label("trust"), model=survey.model_label("structural"))
"""
TEXTS = ("about", "models", "open_questions", "how_to_cite", "how_to_rerun", "levels")
TABLES = ("constructs", "codebook", "answer_scales", "categories", "background", "provenance", "fingerprints")
# Where a book shows a text that may be any; names of variables and files are not looked for on a page.
SHOWN = {
    "study.title.en", "study.authors.*", "study.citation", "study.about.en", "study.merge.*.*.label.en",
    "study.register.classes.*.label.en", "instrument.models.*.label.en", "instrument.constructs.*.label.en",
    "instrument.constructs.*.definition.en", "instrument.constructs.*.source",
    "instrument.constructs.*.items.*.text.*.en", "instrument.answer_scales.*.labels.*.en",
    "instrument.background.*.categories.*.en", "instrument.open_questions.*.text.*.en",
}  # fmt: skip
DANGER = "a[href^='javascript:hit'], [onerror*=hit], main iframe, main img[src='x']"

ASKED = (
    "window.hit ?? null",
    "document.documentElement.scrollWidth - window.innerWidth",
    "document.querySelectorAll('mjx-container').length",  # formulas, of which one chapter has one
    "document.body.textContent",
)


def write_book(root):
    """The miniature book, with a chapter that shows every text that a book shows."""
    mini.write_book(root)
    (root / "secret.txt").write_text(SECRET, encoding="utf-8")
    (root / "book" / "secret.txt").write_text(SECRET, encoding="utf-8")
    calls = [f"texts.{name}(survey)" for name in TEXTS] + [f"tables.{name}(survey)" for name in TABLES]
    path = mini.write_chapter(
        root,
        "book/sample",
        mini.markdown("# Sample", "en"),
        mini.code(mini.PARAMETERS, "parameters", "remove-cell"),
        mini.code(SHOWS, "hide-input"),
        mini.markdown("Of *{glue:text}`label`* and {glue:text}`model`.", "en"),
        *[mini.code(call, "hide-input") for call in calls],
        mini.code("plots.respondents(survey)", mystnb={"image": {"alt": "Bars"}}),
    )
    chapter = json.loads(path.read_text(encoding="utf-8"))
    chapter["metadata"]["bouwen"] = {"title_from_model": "structural"}
    path.write_text(json.dumps(chapter), encoding="utf-8")


@pytest.fixture(scope="module", params=["markup", "words"])
def site(request, tmp_path_factory):
    """Pages of a book of hostile texts, and these texts by what they say."""
    root = tmp_path_factory.mktemp(request.param)
    write_book(root)
    lines = {"markup": hostile.FENCE, "words": hostile.WORD * 2}[request.param]
    line = {"markup": hostile.MARKUP, "words": hostile.WORD}[request.param]
    study, said = hostile.spoilt(root / "data" / "mini", line, lines)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        building.build(str(study), warm=False, output=root / "html")
    return root / "html", said


def test_every_text_that_a_book_shows_takes_any_text(site):
    assert set(site[1].values()) >= SHOWN


def test_nothing_runs_nothing_is_fetched_and_every_text_is_shown_as_it_is(site, chromium):
    folder, said = site
    pages = [page for page in sorted(folder.rglob("*.html")) if "_static" not in page.parts]
    pages.remove(folder / "index.html")  # opens the first chapter
    seen = ""
    assert len(pages) > 6
    for path in pages:
        with Visit(chromium, viewport={"width": 390, "height": 800}) as visit:
            query = "?q=script" if path.name == "search.html" else ""
            page = visit.go(path, query)
            page.wait_for_timeout(300)
            if path.name == "findings.html":
                page.locator("mjx-container svg").first.wait_for(state="attached", timeout=15_000)
            hit, wider, drawn, text = (page.evaluate(script) for script in ASKED)
            assert (path.name, hit, page.locator(DANGER).count()) == (path.name, None, 0)
            assert (path.name, wider, drawn) == (path.name, 0, path.name == "findings.html")
            assert (path.name, visit.refused, visit.errors) == (path.name, [], [])
            assert SECRET not in page.content()
            seen += " ".join(text.split())
    missing = {place for text, place in said.items() if " ".join(text.split()) not in seen}
    assert missing & SHOWN == set()

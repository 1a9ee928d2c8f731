"""Every page of the default book in a real browser, from disk, with the network refused."""

from pathlib import Path

import pytest
from visiting import Visit

pytestmark = [pytest.mark.browser, pytest.mark.book]

WIDTHS = {"wide": 1400, "narrow": 390}
SEARCHES = {"nl": ["vertrouwen", "gemeenten", "zorgaanbieders"], "en": ["trust", "municipalities"]}


@pytest.fixture(params=["nl", "en"])
def site(request, books):
    """The HTML of the default study in each language, and the language."""
    return books.html("providers", request.param), request.param


def pages_of(folder: Path) -> list[Path]:
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) > 10
    return [page for page in pages if "_static" not in page.parts and page != folder / "index.html"]


CONTRAST = """selector => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number)
  const light = ([r, g, b]) => [r, g, b].map(c => c / 255)
    .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0)
  const behind = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor)
      if (colour.length === 3 || colour[3] === 1) return colour
    }
    return [255, 255, 255]
  }
  return [...document.querySelectorAll(selector)].filter(e => e.offsetParent && e.innerText.trim())
    .map(e => {
      const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))]
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.innerText.slice(0, 40)]
    })
}"""
READ = ".bd-article p, .bd-article h1, .bd-article h2, .bd-article td, .bd-article th"
FACTS = {
    "lang": "document.documentElement.lang",
    "theme": "document.documentElement.dataset.theme",
    "wider": "document.documentElement.scrollWidth - window.innerWidth",
    "bare": "[...document.images].filter(i => !i.hasAttribute('alt')).map(i => i.src)",
    "silent": "[...document.querySelectorAll('.bd-article img')].filter(i => !i.alt.trim()).map(i => i.src)",
    "headings": "document.querySelectorAll('main h1:not(#jb-print-docs-body h1)').length",
    "skips": "document.querySelectorAll('#pst-skip-link').length",
}


def facts_of(visit: Visit, path: Path) -> dict:
    """What the tests ask of a page, from one visit."""
    page = visit.go(path)
    if 'class="math' in path.read_text(encoding="utf-8"):
        page.locator("mjx-container svg").first.wait_for(state="attached", timeout=15_000)
    page.wait_for_timeout(100)
    facts = {name: page.evaluate(script) for name, script in FACTS.items()}
    facts["contrast"] = page.evaluate(CONTRAST, READ)
    banner = page.locator(".bd-header-announcement")
    facts["banner"] = banner.inner_text()
    page.emulate_media(media="print")
    facts["printed"] = banner.is_visible()
    page.emulate_media(media="screen")
    return facts | {"refused": list(visit.refused), "errors": list(visit.errors)}


@pytest.fixture(scope="session")
def visits():
    """What was seen of every page, kept for the tests of this worker."""
    return {}


@pytest.fixture(params=["wide", "narrow"])
def seen(request, chromium, site, visits):
    """Facts by page: on a wide screen in light, on a narrow one in the dark."""
    folder, language = site
    if (request.param, language) not in visits:
        scheme = {"wide": "light", "narrow": "dark"}[request.param]
        viewport = {"width": WIDTHS[request.param], "height": 800}
        with Visit(chromium, viewport=viewport, color_scheme=scheme) as visit:
            pages = pages_of(folder)
            found = {path.name: facts_of(visit, path) | {"scheme": scheme} for path in pages}
        visits[request.param, language] = found
    return visits[request.param, language]


def test_every_page_asks_nothing_of_the_network_and_has_no_error(seen):
    for name, facts in seen.items():
        assert (name, facts["refused"], facts["errors"]) == (name, [], [])


def test_every_page_is_accessible(seen, site):
    for name, facts in seen.items():
        assert facts["lang"] == site[1], name
        assert (name, facts["bare"], facts["silent"]) == (name, [], [])
        assert (facts["headings"], facts["skips"]) == (1, 1), name


def test_every_page_says_that_the_data_are_synthetic(seen, site):
    word = {"nl": "Synthetische gegevens", "en": "Synthetic data"}[site[1]]
    for name, facts in seen.items():
        assert word in facts["banner"], name
        assert facts["printed"], name


def test_no_page_is_wider_than_the_screen(seen):
    assert {name: facts["wider"] for name, facts in seen.items() if facts["wider"] > 0} == {}


def test_text_is_readable_in_light_and_dark(seen):
    assert sum(bool(facts["contrast"]) for facts in seen.values()) > 10
    for name, facts in seen.items():
        assert facts["theme"] == facts["scheme"], name
        weak = [(ratio, text) for ratio, text in facts["contrast"] if ratio < 4.5]
        assert (name, weak) == (name, [])


def test_search_finds_words_from_disk(chromium, site):
    folder, language = site
    with Visit(chromium) as visit:
        for word in SEARCHES[language]:
            page = visit.go(folder / "search.html", f"?q={word}")
            page.locator("#search-results ul.search li").first.wait_for(timeout=15_000)
            assert page.locator("#search-results ul.search li").count() >= 1, word
        assert visit.refused == []
        assert visit.errors == []


def test_formulas_are_drawn(chromium, mini_book):
    with Visit(chromium) as visit:
        page = visit.go(mini_book / "_build" / "mini" / "html" / "book" / "findings.html")
        page.locator("mjx-container svg").first.wait_for(state="attached", timeout=15_000)
        assert (visit.refused, visit.errors) == ([], [])


def test_the_front_page_opens_the_first_chapter(chromium, site):
    folder, _ = site
    with Visit(chromium) as visit:
        visit.go(folder / "index.html")
        visit.page.wait_for_url("**/book/key_findings.html", timeout=10_000)
        assert visit.page.title()
        assert visit.refused == []

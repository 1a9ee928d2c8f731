"""A Sphinx extension: what the book needs beyond Jupyter Book's theme.

Dutch words for the theme's buttons, launch links of generated pages that lead to the template in the
repository, and a front page that opens the first chapter.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.locale import translators

DUTCH = {
    "Announcement": "Mededeling",
    "Back to top": "Naar boven",
    "Breadcrumb": "Kruimelpad",
    "Collapse Sidebar": "Zijbalk inklappen",
    "Expand Sidebar": "Zijbalk uitklappen",
    "Color mode": "Kleurmodus",
    "Dark": "Donker",
    "Light": "Licht",
    "Link to this code": "Link naar deze code",
    "Link to this equation": "Link naar deze formule",
    "Link to this heading": "Link naar deze kop",
    "Link to this image": "Link naar deze figuur",
    "Link to this table": "Link naar deze tabel",
    "Link to this term": "Link naar deze term",
    "Link to this toctree": "Link naar deze inhoudsopgave",
    "System Settings": "Zoals het systeem",
    "Download notebook file": "Download het notebook",
    "Download source file": "Download de bron",
    "Download this page": "Download deze pagina",
    "Fullscreen mode": "Volledig scherm",
    "Home": "Begin",
    "Indices": "Registers",
    "Launch interactive content": "Open om zelf te rekenen",
    "Launch on": "Open in",
    "On this page": "Op deze pagina",
    "Open an issue": "Meld een probleem",
    "Open issue": "Meld een probleem",
    "Print to PDF": "Druk af als PDF",
    "Repository": "Broncode",
    "Search": "Zoeken",
    "Section Navigation": "Navigatie in dit deel",
    "Show Source": "Toon de bron",
    "Show source": "Toon de bron",
    "Site navigation": "Navigatie",
    "Skip to main content": "Naar de inhoud",
    "Source repositories": "Broncode",
    "Source repository": "Broncode",
    "Suggest edit": "Stel een wijziging voor",
    "Version warning": "Waarschuwing over de versie",
    "next": "volgende",
    "next page": "volgende pagina",
    "previous": "vorige",
    "previous page": "vorige pagina",
}


# What themes write into pages without asking a catalogue.
DUTCH_IN_PAGES = {
    'aria-label="Announcement"': 'aria-label="Mededeling"',
    'aria-label="Main"': 'aria-label="Hoofdstukken"',
    'aria-label="Page"': 'aria-label="Pagina"',
    'aria-label="Toggle hidden content"': 'aria-label="Toon of verberg"',
    'title="Toggle primary sidebar"': 'title="Toon of verberg de hoofdstukken"',
    'aria-label="Toggle primary sidebar"': 'aria-label="Toon of verberg de hoofdstukken"',
    'title="Toggle secondary sidebar"': 'title="Toon of verberg de inhoud van deze pagina"',
    'aria-label="Toggle secondary sidebar"': 'aria-label="Toon of verberg de inhoud van deze pagina"',
    "Please activate JavaScript to enable the search functionality.": "Zet JavaScript aan om te zoeken.",
}
COPY_BUTTON = """const messages = {
  'nl': {
    'copy': 'Kopieer',
    'copy_to_clipboard': 'Kopieer naar het klembord',
    'copy_success': 'Gekopieerd!',
    'copy_failure': 'Kopiëren mislukt',
  },"""


class Dutch(NullTranslations):
    """The strings that the theme's own catalogues leave in English."""

    def gettext(self, message: str) -> str:
        """The Dutch for a string of the interface, or the string itself."""
        return DUTCH.get(message, message)


def speak_dutch(app: Sphinx) -> None:
    """Have every catalogue of the interface fall back on ours."""
    if app.config.language == "nl":
        for catalogue in translators.values():
            catalogue.add_fallback(Dutch())


def finish_pages(app: Sphinx, failure: Exception | None) -> None:
    """Translate what is fixed in pages and scripts, and give the front door a language and a title."""
    if failure is not None or app.builder.name != "html":
        return
    out = Path(app.outdir)
    if app.config.language == "nl":
        for page in out.rglob("*.html"):
            replace_in(page, DUTCH_IN_PAGES)
        replace_in(out / "_static" / "copybutton.js", {"const messages = {": COPY_BUTTON})
    home = f"{app.config.root_doc}.html"
    title = html.escape(app.config.html_title)
    (out / "index.html").write_text(
        f'<!DOCTYPE html>\n<html lang="{app.config.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="refresh" content="0; url={home}">\n<title>{title}</title>\n</head>\n'
        f'<body><p><a href="{home}">{title}</a></p></body>\n</html>\n',
        encoding="utf-8",
    )


def replace_in(path: Path, replacements: Mapping[str, str]) -> None:
    """Replace texts in a file."""
    text = path.read_text(encoding="utf-8")
    for old, new in replacements.items():
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def launch_template(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Let the launch link of a generated page open the chapter that it was made from."""
    chapter = app.config.bouwen_chapter_of.get(page)
    if chapter is None:
        return
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if group.get("label") == "launch-buttons":
                button["url"] = button["url"].replace(f"{page}.ipynb", f"{chapter}.ipynb")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_config_value("comments_config", {}, "")  # set by Jupyter Book for an extension not used here
    app.add_config_value("bouwen_chapter_of", {}, "html")
    app.connect("builder-inited", speak_dutch, priority=900)
    app.connect("build-finished", finish_pages, priority=900)
    app.connect("html-page-context", launch_template, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

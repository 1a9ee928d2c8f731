"""A Sphinx extension: what the book needs beyond Jupyter Book's theme.

Dutch words for the theme's buttons, and launch links of generated pages that lead to the template
in the repository.
"""

from __future__ import annotations

from gettext import NullTranslations
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
    app.connect("html-page-context", launch_template, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

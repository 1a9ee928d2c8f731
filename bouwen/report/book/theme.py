"""A Sphinx extension: what the book needs beyond Jupyter Book's theme.

Words for the theme's buttons, launch links of generated pages that lead to the template in the
repository, a front page that opens the first chapter, and titles and names that templates and scripts of
the theme show as the text that they are.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from markupsafe import Markup, escape
from sphinx.application import Sphinx
from sphinx.locale import translators

from bouwen.words import ENGLISH, Words, words

# What themes write into pages without asking a catalogue: the attribute, if it is one, and its text.
FIXED = (
    ("aria-label", "Announcement"),
    ("aria-label", "Main"),
    ("aria-label", "Page"),
    ("aria-label", "Toggle hidden content"),
    ("title", "Toggle primary sidebar"),
    ("aria-label", "Toggle primary sidebar"),
    ("title", "Toggle secondary sidebar"),
    ("aria-label", "Toggle secondary sidebar"),
    ("", "Please activate JavaScript to enable the search functionality."),
)
# What templates of the theme put into pages, some of them unescaped.
UNESCAPED = ("author", "copyright", "docstitle", "pagetitle", "project", "root_title", "shorttitle")
INDEX = "Search.setIndex("  # in front of what the search reads
OF_SOURCES = ("download-source-button", "download-notebook-button")
COPYING = ("copy", "copy_to_clipboard", "copy_success", "copy_failure")


class Interface(NullTranslations):
    """The strings that the theme's own catalogues leave in English."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self.words = words

    def gettext(self, message: str) -> str:
        """A string of the interface in the language of the book, or the string itself."""
        return self.words(key) if self.words.has(key := f"interface.{message}") else message


def words_of(app: Sphinx) -> Words:
    """The words of the book's language."""
    return words(app.config.language.replace("_", "-"))


def speak(app: Sphinx) -> None:
    """Have every catalogue of the interface fall back on ours.

    For a language that Sphinx has no catalogue of, the one that its templates use is not among its own.
    """
    for catalogue in {app.translator, *translators.values()}:
        catalogue.add_fallback(Interface(words_of(app)))


def finish_pages(app: Sphinx, failure: Exception | None) -> None:
    """Translate what is fixed in pages and scripts, and give the front door a language and a title."""
    if failure is not None or app.builder.name != "html":
        return
    out, say = Path(app.outdir), words_of(app)
    if say.language != ENGLISH:
        fixed = {written(*text): written(text[0], say(f"interface.{text[1]}")) for text in FIXED}
        for page in out.rglob("*.html"):
            replace_in(page, fixed)
        replace_in(out / "_static" / "copybutton.js", {"const messages = {": copy_button(say)})
    escape_found(out / "searchindex.js")
    home = f"{app.config.root_doc}.html"
    title = html.escape(app.config.html_title)
    (out / "index.html").write_text(
        f'<!DOCTYPE html>\n<html lang="{say.language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="refresh" content="0; url={home}">\n<title>{title}</title>\n</head>\n'
        f'<body><p><a href="{home}">{title}</a></p></body>\n</html>\n',
        encoding="utf-8",
    )


def written(attribute: str, text: str) -> str:
    """A text as it stands in a page."""
    return f'{attribute}="{html.escape(text)}"' if attribute else html.escape(text)


def copy_button(say: Words) -> str:
    """The beginning of the script's table of messages, with those of this language."""
    texts = {key: say(f"copy_button.{key}").replace("'", "\\'") for key in COPYING}
    lines = "".join(f"    '{key}': '{text}',\n" for key, text in texts.items())
    return f"const messages = {{\n  '{say.language}': {{\n{lines}  }},"


def replace_in(path: Path, replacements: Mapping[str, str]) -> None:
    """Replace texts in a file."""
    text = path.read_text(encoding="utf-8")
    for old, new in replacements.items():
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def escape_found(path: Path) -> None:
    """Escape headings in the index, which the search writes into its page as they are."""
    index = json.loads(path.read_text(encoding="utf-8").removeprefix(INDEX).removesuffix(")"))
    index["alltitles"] = {html.escape(title): found for title, found in index["alltitles"].items()}
    path.write_text(f"{INDEX}{json.dumps(index, separators=(',', ':'), sort_keys=True)})", encoding="utf-8")


def escape_shown(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Have titles and names reach every template as HTML, which is not escaped a second time."""
    for name in UNESCAPED:
        if isinstance(text := context.get(name), str) and not isinstance(text, Markup):
            context[name] = escape(text)


def launch_template(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Let the launch link of a generated page open the chapter that it was made from."""
    chapter = app.config.bouwen_chapter_of.get(page)
    if chapter is None:
        return
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", []):
            if group.get("label") == "launch-buttons":
                button["url"] = button["url"].replace(f"{page}.ipynb", f"{chapter}.ipynb")


def without_sources(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: object) -> None:
    """Offer no notebook to download where the site holds none; the launch link and the repository have it."""
    if app.config.html_copy_source:
        return
    for group in context.get("header_buttons", []):
        if "buttons" in group:
            group["buttons"] = [b for b in group["buttons"] if b.get("label") not in OF_SOURCES]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.add_config_value("comments_config", {}, "")  # set by Jupyter Book for an extension not used here
    app.add_config_value("bouwen_chapter_of", {}, "html")
    app.connect("builder-inited", speak, priority=900)
    app.connect("build-finished", finish_pages, priority=900)
    app.connect("html-page-context", launch_template, priority=900)
    app.connect("html-page-context", without_sources, priority=900)
    app.connect("html-page-context", escape_shown, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

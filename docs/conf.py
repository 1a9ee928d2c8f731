"""Sphinx settings of the reference: the book's theme, without network. `make docs` builds it."""

import importlib
import inspect
import re
import sys
from pathlib import Path
from typing import Any

from docutils.nodes import Element, literal
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import bouwen  # noqa: E402
from bouwen.version import __version__  # noqa: E402

for room in ("tables", "plots", "texts"):  # documented under the name by which users reach them
    sys.modules[f"bouwen.{room}"] = getattr(bouwen, room)

project = "bouwen"
author = "The bouwen authors"
project_copyright = "2026, The bouwen authors"
release = version = __version__
language = "en"
smartquotes_action = "D"  # dashes only: a quoted "ML" is what one types

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_book_theme",
]
myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
default_role = (
    "py:obj"  # what stands between backticks in a docstring is code, and a link where it leads somewhere
)

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # types are told in the text, with shapes
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 80
autosummary_generate = False
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_param = False

copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True

html_theme = "sphinx_book_theme"
html_title = "bouwen"
html_logo = "../assets/logo.svg"
html_favicon = "../assets/favicon.svg"
html_static_path = ["../assets", "_static"]
html_css_files = ["bouwen.css", "reference.css"]
html_copy_source = False
html_show_sourcelink = False
mathjax_path = "mathjax/tex-svg.js"
html_theme_options = {
    "repository_url": "https://github.com/bouwen-study/bouwen",
    "use_repository_button": True,
    "use_download_button": False,
    "navbar_persistent": [],
    "show_navbar_depth": 2,
    "toc_title": "On this page",
    "search_bar_text": "Search the reference",
    "logo": {"text": "bouwen: the reference", "alt_text": ""},
}


def lead_or_stay(app: Sphinx, env: BuildEnvironment, node: pending_xref, content: Element) -> Element:
    """A reference of a docstring to a name that has no place of its own here: the public name, or code."""
    last = str(node["reftarget"]).rpartition(".")[2]
    known = env.domaindata["py"]["objects"].get(f"bouwen.{last}")
    if node["refdomain"] != "py" or known is None:
        return content if node.get("reftype") in ("obj", "class", "exc") else None
    refer: Any = env.get_domain("py").resolve_xref
    found = refer(env, node["refdoc"], app.builder, "obj", f"bouwen.{last}", node, literal(last, last))
    return found or content


def tell_of_the_function(
    app: Sphinx, what: str, name: str, member: object, options: Any, lines: list[str]
) -> None:
    """A method that is one call of a function says "see" it; a reader of the reference sees it at once."""
    found = re.search(r"see `(bouwen[\w.]+)\.(\w+)`", lines[0]) if what == "method" and lines else None
    if found:
        function = getattr(importlib.import_module(found[1]), found[2])
        lines[:] = inspect.getdoc(function).splitlines()


def setup(app: Sphinx) -> None:
    """Register with Sphinx."""
    app.connect("missing-reference", lead_or_stay)
    app.connect(
        "autodoc-process-docstring", tell_of_the_function, priority=100
    )  # before napoleon lays it out

"""Texts on their way to a page: whatever is written, Markdown with all that MyST adds shows it as it is."""

from __future__ import annotations

import html
import json
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from mdit_py_plugins.amsmath import amsmath_plugin
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.dollarmath import dollarmath_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin
from mdit_py_plugins.myst_role import myst_role_plugin
from mdit_py_plugins.substitution import substitution_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from bouwen.escaping import in_html, in_markdown, listing_in_markdown, paragraphs_in_markdown, slug

PLUGINS = (
    amsmath_plugin, attrs_plugin, colon_fence_plugin, deflist_plugin, dollarmath_plugin, footnote_plugin,
    myst_block_plugin, myst_role_plugin, substitution_plugin, tasklists_plugin,
)  # fmt: skip
MARKS = st.text(alphabet="`*_{}[]<>&$~|#\\!^:@%=+-.()\"'/;,? \nab1", max_size=30)


@pytest.fixture(scope="module")
def reader():
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for plugin in PLUGINS:
        parser.use(plugin)
    return parser


def shown(reader, source: str) -> list[tuple[str, str]]:
    """Kind and content of everything that a reader of the source gets to see."""
    blocks = [token for token in reader.parse(source) if token.nesting == 0]
    return [
        (part.type, part.content)
        for block in blocks
        for part in (block.children if block.type == "inline" else [block])
    ]


@given(MARKS)
@example("{{ cycler.__init__.__globals__ }}")
@example("{include}`secret.txt`")
@example("```{include} secret.txt\n```")
@example(":::{include} secret.txt\n:::")
@example("<script>window.hit = 1</script>")
@example("&lt;b&gt; &copy;")
@example("(target)=\n% comment\n+++\n[x]: y")
@example("\\begin{equation}\n1\n\\end{equation}")
@example("a\n---\n| a |\n|---|")
@example("![x](y){onclick=z} [^1] - [ ] x")
def test_markdown_shows_a_text_as_it_is(reader, text):
    said = " ".join(text.split())
    for before, after in (("", ""), ("# ", ""), ("- ", ""), ("A ", "."), ("- **", "**: b"), ("A *", "* b")):
        kinds = shown(reader, f"{before}{in_markdown(text) or 'a'}{after}")
        assert {kind for kind, _ in kinds} <= {"text", "strong_open", "strong_close", "em_open", "em_close"}
        own = before.strip("-#* ") + (" " if "A" in before else "") + (said or "a") + after.strip("*")
        assert "".join(content for _, content in kinds) == own


@given(MARKS)
def test_paragraphs_stay_apart_and_lines_in_a_fence_stay_as_they_are(reader, text):
    parts = [" ".join(part.split()) for part in text.replace(" ", "").split("\n\n")]
    found = shown(reader, paragraphs_in_markdown(text.replace(" ", "")))
    assert {kind for kind, _ in found} <= {"text"}
    assert "".join(content for _, content in found) == "".join(parts)
    assert shown(reader, listing_in_markdown(text)) == [("fence", f"{text}\n")]


@given(st.text(alphabet="<>&\"'ab /=", max_size=20))
def test_html_shows_a_text_as_it_is(text):
    class Page(HTMLParser):
        tags, attributes, data = (), (), ""

        def handle_starttag(self, tag, attributes):
            self.tags, self.attributes = (*self.tags, tag), (*self.attributes, *attributes)

        def handle_data(self, data):
            self.data += data

    page, said = Page(), " ".join(text.split())
    page.feed(f'<b title="{in_html(text)}">{in_html(text)}</b>')
    page.close()
    assert (page.tags, page.attributes, page.data) == (("b",), (("title", said),), said)


@given(st.text(max_size=200), st.text(max_size=200))
def test_names_of_files_are_short_and_stay_below_their_folder(one, other):
    assert slug(one).strip("abcdefghijklmnopqrstuvwxyz0123456789_-") == ""
    assert 1 <= len(slug(one)) <= 60
    long = "a" * 70
    assert (slug(long + one) == slug(long + other)) == (one == other)


def test_headings_that_a_search_finds_are_escaped(tmp_path):
    theme = pytest.importorskip("bouwen.report.book.theme")
    index = tmp_path / "searchindex.js"
    index.write_text('Search.setIndex({"alltitles":{"<b>":[[0,null]]},"titles":["&lt;b&gt;"]})')
    theme.escape_found(index)
    found = json.loads(index.read_text().removeprefix("Search.setIndex(").removesuffix(")"))
    assert list(found["alltitles"]) == found["titles"] == [html.escape("<b>")]

r"""The border that every text of a study crosses on its way to a page.

What comes from a study, an instrument, a register or the name of a file is text: it is shown as it is written
and never read as markup. Which texts are refused before they get here, `bouwen.survey.files` says.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata

LONGEST_SLUG = 60  # letters; two of them fit into the name of a file, which may have 255 bytes

# What Markdown and MyST read anywhere in a line: roles, substitutions, links, tags, entities, formulas …
ANYWHERE = re.compile(r"([\\`*_{}\[\]<>&$~|#])")
# … and at its beginning only: lists, quotations, targets, comments, directives, definitions.
FIRST = re.compile(r"^(\d*)([!-/:-@^])")
BLANK_LINE = re.compile(r"\n[ \t]*\n")


def in_markdown(text: str) -> str:
    r"""A text as one line of Markdown or MyST that shows it as it is.

    >>> print(in_markdown("{{ x }} `a` <b> &amp; $c$ d_e"))
    \{\{ x \}\} \`a\` \<b\> \&amp; \$c\$ d\_e
    >>> print(in_markdown("1. no\nlist"), in_markdown("- nor here: 2 - 1"))
    1\. no list \- nor here: 2 - 1
    """
    return FIRST.sub(r"\1\\\2", ANYWHERE.sub(r"\\\1", " ".join(text.split())))


def paragraphs_in_markdown(text: str) -> str:
    r"""A text of several paragraphs, which blank lines part, as Markdown that shows it as it is.

    >>> paragraphs_in_markdown("a\nb\n\n# c")
    'a b\n\n\\# c'
    """
    return "\n\n".join(in_markdown(part) for part in BLANK_LINE.split(text.strip()) if part.strip())


def listing_in_markdown(text: str, language: str = "text") -> str:
    r"""Lines as they are, in a fence that none of them can close.

    >>> print(listing_in_markdown("x =~ a + b\n````"))
    `````text
    x =~ a + b
    ````
    `````
    """
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def in_html(text: str) -> str:
    """A text as HTML, in an element or in quotes, that shows it as it is.

    >>> in_html('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(" ".join(text.split()))


def slug(text: str) -> str:
    """A name that is safe in a file name and an address.

    One that is cut off, or lacks letters that Latin does not have, ends in the hash of the text.

    >>> slug("Één & twee (50-100)"), slug("../a"), slug("e" * 300)[-12:], slug("甲 a")
    ('een-twee-50-100', 'a', 'eee-a5d39ce9', 'a-1278b010')
    """
    letters = unicodedata.normalize("NFKD", text)
    name = re.sub(r"[^a-z0-9_]+", "-", letters.encode("ascii", "ignore").decode().lower()).strip("-")
    lost = any(letter.isalnum() and not letter.isascii() for letter in letters)
    if name and not lost and len(name) <= LONGEST_SLUG:
        return name
    return f"{name[: LONGEST_SLUG - 9] or 'x'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"

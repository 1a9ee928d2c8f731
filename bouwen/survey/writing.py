"""What may be written in a text of a study's files, so that it can be shown where it belongs.

Texts hold what a reader sees and nothing that acts on the page or on a screen: no control characters, no
marks that turn the direction of writing, no invisible ones. A text is one line of at most `MOST_LETTERS`
letters, unless its field is marked with `SEVERAL_LINES`: a new field is short until somebody says otherwise.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

MOST_LETTERS = 200  # of a label or a name
MOST_OF_A_PASSAGE = 10_000  # letters of a text of several lines
SEVERAL_LINES = "several lines"  # the mark of a field, in `Annotated`
# Invisible, and part of how words are written: where they may be broken, and how letters are joined.
JOINING = "\u00ad\u200b\u200c\u200d\u2060"
BREAKING = "\n\t"
ACTING = (
    "Cc",
    "Cf",
    "Cs",
    "Zl",
    "Zp",
)  # Unicode's control, format, half and separating characters

Location = tuple[str | int, ...]
Problem = tuple[Location, str]


def acting_character(text: str) -> str | None:
    r"""The first character of a text that no reader sees but that acts on what is shown, if there is one.

    >>> acting_character("zo\u00adiets"), acting_character("a\nb"), acting_character("a\u202eb")
    (None, None, '\u202e')
    """
    for character in text:
        if character not in JOINING + BREAKING and unicodedata.category(character) in ACTING:
            return character
    return None


def character_problems(value: Any, where: Location = ()) -> Iterator[Problem]:
    """Every key and text of a file that holds such a character."""
    if isinstance(value, dict):
        for key, part in value.items():
            if isinstance(key, str) and (found := acting_character(key)):
                yield (*where, key), f"a key {in_words(where)}holds the {named(found)}; write it without."
            else:
                yield from character_problems(part, (*where, key))
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from character_problems(part, (*where, i))
    elif isinstance(value, str) and (found := acting_character(value)):
        yield where, f'"{dotted(where)}" holds the {named(found)}; write it without.'


def length_problems(value: Any, where: Location = (), *, lines: bool = False) -> Iterator[Problem]:
    """Every text of a validated file that is too long for its place, or has more lines than one."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            place, long = (*where, field.alias or name), SEVERAL_LINES in field.metadata
            yield from length_problems(getattr(value, name), place, lines=long)
        yield from length_problems(value.__pydantic_extra__ or {}, where, lines=lines)
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from too_long(str(key), (*where, key), f"a key {in_words(where)}", lines=False)
            yield from length_problems(part, (*where, key), lines=lines)
    elif isinstance(value, list):
        for i, part in enumerate(value):
            yield from length_problems(part, (*where, i), lines=lines)
    elif isinstance(value, str):
        yield from too_long(value, where, f'"{dotted(where)}" ', lines=lines)


def too_long(text: str, where: Location, name: str, *, lines: bool) -> Iterator[Problem]:
    """A text that does not fit, with the limit."""
    most = MOST_OF_A_PASSAGE if lines else MOST_LETTERS
    if len(text) > most:
        yield where, f"{name}is {len(text)} letters long; {most} is the most that fits there."
    if not lines and any(character in BREAKING for character in text.strip()):
        yield where, f"{name}has a tab or more than one line; write it on one."


def fits_on_a_line(text: str) -> bool:
    """Whether a text of one line may be written like this."""
    return not acting_character(text) and not any(too_long(text, (), "", lines=False))


def dotted(where: Location) -> str:
    """A place in a file as keys with dots, cut where a key is long.

    >>> dotted(("responses", "id")), len(dotted(("x" * 300,)))
    ('responses.id', 60)
    """
    text = ".".join(map(str, where))
    return text if len(text) <= 60 else f"{text[:59]}…"


def in_words(where: Location) -> str:
    """Below which key, if any."""
    return f'below "{dotted(where)}" ' if where else ""


def named(character: str) -> str:
    r"""A character by its number, and its name where it has one.

    >>> named("\u202e"), named("\x07")
    ('character U+202E (right-to-left override)', 'character U+0007 (control character)')
    """
    name = unicodedata.name(character, "control character").lower()
    return f"character U+{ord(character):04X} ({name})"

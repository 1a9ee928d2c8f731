"""The codebook: what coders look for in answers to open questions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from bouwen.survey.files import Part, repeated
from bouwen.survey.wordings import Name, Text, unknown
from bouwen.survey.writing import SEVERAL_LINES, Problem


class Theme(Part):
    """Something that answers to open questions may be about, as coders are told it.

    An answer may be about several themes, and about none.
    """

    label: Text
    """What a reader calls it."""
    definition: Annotated[Text, SEVERAL_LINES]
    """What it is."""
    applies: Annotated[Text, SEVERAL_LINES]
    """When a coder marks it."""
    applies_not: Annotated[Text, SEVERAL_LINES]
    """When a coder does not, however near it seems."""
    example: Annotated[Text, SEVERAL_LINES]
    """An answer that is about it, made up for the purpose: never one that somebody gave."""
    constructs: list[Name] = []
    """The constructs to which it speaks."""


def theme_problems(themes: Mapping[str, Theme], constructs: Collection[str]) -> Iterator[Problem]:
    """Constructs that are not there or named twice, and labels that two themes share."""
    seen: dict[str, str] = {}
    for name, theme in themes.items():
        where = ("themes", name)
        for i, construct in enumerate(theme.constructs):
            if construct not in constructs:
                yield (*where, "constructs", i), unknown("construct", construct, constructs)
        yield from repeated((*where, "constructs"), theme.constructs, "construct")
        for label in sorted({text.casefold().strip() for text in theme.label.texts.values()}):
            if seen.setdefault(label, name) != name:
                problem = f'the theme "{seen[label]}" is called that, too; coders must tell them apart.'
                yield (*where, "label"), problem

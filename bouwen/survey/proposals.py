"""Changes of a study's files that would settle what was found in its answers, and their lines of YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from bouwen.survey.editing import as_yaml, merged
from bouwen.survey.writing import Location


@dataclass(frozen=True)
class Proposal:
    """A value at a place in the study file or its instrument; what is a mapping or list there grows."""

    file: Literal["study", "instrument"]
    where: Location
    value: Any


def yaml_lines(proposals: Iterable[Proposal], file: str) -> list[str]:
    """The lines of YAML that say what is proposed for a file.

    >>> yaml_lines([Proposal("study", ("responses", "sheet"), "Antwoorden")], "study")
    ['responses:', '  sheet: Antwoorden']
    """
    tree: Any = {}
    for one in proposals:
        if one.file == file:
            tree = merged(tree, one.where, one.value)
    depth = max((len(one.where) for one in proposals if one.file == file), default=0)
    return list(lines_of(tree, depth))


def lines_of(tree: Any, depth: int, indent: str = "") -> Iterable[str]:
    """A tree as lines, its first levels a line a key."""
    for key, value in tree.items():
        if depth > 1 and isinstance(value, Mapping):
            yield f"{indent}{as_yaml(key)}:"
            yield from lines_of(value, depth - 1, indent + "  ")
        else:
            yield f"{indent}{as_yaml(key)}: {as_yaml(value)}"

"""Keys that are set in a YAML file that somebody wrote, whose other lines and comments stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bouwen.survey.files import DECIMAL, INTEGER, NOTHING, SWITCH, FileError, Loader, parse
from bouwen.survey.writing import Location

BARE = re.compile(r"[^\W\d_](?:[\w /().+-]*[\w)])?")  # texts that need no quotes


def with_key(path: Path, text: str, where: Location, value: Any) -> str:
    r"""The text of a file with a value at a place; what is there already and is a mapping or list grows.

    Raises
    ------
    FileError
        The file is written in a way in which that cannot be done without changing more.

    >>> print(with_key(Path("a.yml"), "a: {b: 1}  # why\nc: 2\n", ("a", "d"), ["x", 3]))
    a: {b: 1, d: [x, 3]}  # why
    c: 2
    <BLANKLINE>
    """
    before, _ = parse(path, text)
    wanted = merged(before, where, value)
    made = edited(text, where, value)
    try:
        after = parse(path, made)[0]
    except FileError:
        after = None
    if after != wanted:
        name = ".".join(map(str, where))
        raise FileError(path, f'"{name}" cannot be written there by itself; write it by hand.')
    return made


def merged(tree: Any, where: Location, value: Any) -> Any:
    """A tree with a value at a place, joined to a mapping or list that is there."""
    if not where:
        if isinstance(tree, dict) and isinstance(value, Mapping):
            return {**tree, **value}
        return [*tree, *value] if isinstance(tree, list) and isinstance(value, list) else value
    own = tree if isinstance(tree, dict) else {}
    return {**own, where[0]: merged(own.get(where[0]), where[1:], value)}


def edited(text: str, where: Location, value: Any) -> str:
    """The text with the change written into it, at the innermost part that is there."""
    node: Any = yaml.compose(text, Loader=Loader)
    depth = 0
    while depth < len(where) and (below := child(node, where[depth])) is not None:
        node, depth = below, depth + 1
    for key in reversed(where[depth:]):
        value = {key: value}
    if isinstance(node, yaml.MappingNode) and isinstance(value, Mapping) and node.value:
        for key, part in value.items():
            text = (
                with_entry(text, node, key, part)
                if child(node, key) is None
                else edited(text, (*where[:depth], key), part)
            )
            node = at(text, where[:depth])
        return text
    if isinstance(node, yaml.SequenceNode) and isinstance(value, list) and node.value:
        return with_entries(text, node, value)
    before = text[: node.start_mark.index]
    if before.rstrip().endswith(":"):
        before = before.rstrip() + " "
    return before + as_yaml(value) + text[end_of(text, node) :]


def at(text: str, where: Location) -> Any:
    """The node at a place that is there."""
    node = yaml.compose(text, Loader=Loader)
    for key in where:
        node = child(node, key)
    return node


def child(node: Any, key: Any) -> Any:
    """What stands at a key of a mapping, if it is one and has it."""
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for own, value in node.value if own.value == str(key)), None)


def with_entry(text: str, node: Any, key: Any, value: Any) -> str:
    """The text with one more key of a mapping, after its last."""
    entry = f"{as_yaml(key)}: {as_yaml(value)}"
    last = node.value[-1][1]
    place = end_of(text, last)
    if node.flow_style:
        return f"{text[:place]}, {entry}{text[place:]}"
    indent = " " * node.value[0][0].start_mark.column
    return below(text, place, indent + entry)


def with_entries(text: str, node: Any, values: Sequence[Any]) -> str:
    """The text with more entries of a list, after its last."""
    place = end_of(text, node.value[-1])
    if node.flow_style:
        return f"{text[:place]}, {', '.join(map(as_yaml, values))}{text[place:]}"
    indent = " " * node.start_mark.column
    return below(text, place, "\n".join(f"{indent}- {as_yaml(value)}" for value in values))


def below(text: str, place: int, line: str) -> str:
    """The text with a line below the one in which a place is."""
    end = text.find("\n", place)
    if place and text[place - 1] == "\n":
        end = place - 1
    return f"{text}\n{line}\n" if end < 0 else f"{text[:end]}\n{line}{text[end:]}"


def end_of(text: str, node: Any) -> int:
    """Where a node ends, without the blank lines and comments that may follow a block."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return end_of(text, last[1] if isinstance(last, tuple) else last)
    end = int(node.end_mark.index)
    return len(text[:end].rstrip()) if getattr(node, "style", None) in ("|", ">") else end


def as_yaml(value: Any) -> str:
    """A value as it stands in a file, on one line.

    >>> as_yaml({"A1": 1, "no way": ["030", True, "weet niet", "-"]})
    '{A1: 1, no way: ["030", true, weet niet, "-"]}'
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{as_yaml(key)}: {as_yaml(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(as_yaml, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if not isinstance(value, str):
        return json.dumps(value)
    bare = BARE.fullmatch(value) and value.lower() not in SWITCH and value not in NOTHING
    number = INTEGER.fullmatch(value) or DECIMAL.fullmatch(value)
    return value if bare and not number else json.dumps(value, ensure_ascii=False)

"""A YAML file -> a validated object, with the line of everything that is wrong.

Study and instrument files come from strangers, so the reader takes plain mappings,
lists and scalars only: anchors, aliases and tags are refused (which also disarms
alias bombs), and so are repeated keys, unknown keys and files over a megabyte.
"""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar

import yaml
from pydantic import AllowInfNan, BaseModel, ConfigDict, Strict, ValidationError

from bouwen.errors import BouwenError, did_you_mean
from bouwen.inputs import opened
from bouwen.survey.writing import Location, Problem, character_problems, length_problems, named

MAX_BYTES = 1_000_000
MAX_DEPTH = 30

Whole = Annotated[int, Strict()]  # neither yes nor "30"
Real = Annotated[float, Strict(), AllowInfNan(False)]

# Numbers as they are read aloud; YAML 1.1 also takes 030 for 24, 1:30 for 90 and 1_000 for a thousand.
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
DECIMAL = re.compile(r"[-+]?(0|[1-9][0-9]*|(?=\.[0-9]))(\.[0-9]*)?([eE][-+]?[0-9]{1,3})?")
SWITCH = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
NOTHING = ("", "~", "null", "Null", "NULL")
Loader: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class FileError(BouwenError):
    """A file is missing, unreadable or says something that bouwen does not understand."""

    def __init__(self, path: Path, message: str, line: int | None = None) -> None:
        self.path, self.line = path, line
        where = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{where}: {message}")


class Part(BaseModel):
    """A part of a study file: unknown keys are errors and nothing changes after reading.

    The text below a field is what its key means (`bouwen.survey.schema`); ``formerly`` holds other
    spellings of keys, which are not read, but told the right one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    formerly: ClassVar[Mapping[str, str]] = {}

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong between keys that are each valid alone."""
        yield from ()


P = TypeVar("P", bound=Part)


def read_file(path: Path, kind: type[P], languages: Sequence[str] = ()) -> P:
    """Read and validate a YAML file.

    Parameters
    ----------
    path : Path
        The file, in UTF-8.
    kind : subclass of Part
        What the file describes.
    languages : sequence of str
        Codes of the languages whose texts stand in first for texts that are not there.

    Raises
    ------
    FileError
        The file cannot be read, is not plain YAML, has an unknown, missing or repeated
        key, a value of the wrong type, a text that cannot be shown (see `bouwen.survey.writing`), or a
        name that refers to nothing. The message lists every problem with its line.
    """
    value, lines = parse(path, read_text(path))
    refuse(path, lines, character_problems(value))
    try:
        part = kind.model_validate(value, context={"languages": languages})
    except ValidationError as error:
        refuse(path, lines, [(tuple(e["loc"]), explain(e, kind)) for e in mistakes(error, kind)])
    refuse(path, lines, length_problems(part))
    refuse(path, lines, part.problems())
    return part


def read_text(path: Path) -> str:
    """The text of a small UTF-8 file."""
    refuse_no_file(path)
    try:
        if opened(path).stat().st_size > MAX_BYTES:
            raise FileError(path, f"is larger than {MAX_BYTES:,} bytes, too large for a study file.")
        return opened(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        line = opened(path).read_bytes()[: error.start].count(b"\n") + 1
        raise FileError(path, "is not UTF-8; save it with that encoding.", line) from None


def refuse_no_file(path: Path) -> None:
    """Raise a FileError unless there is an ordinary file; a device or a pipe may have no end."""
    try:
        mode = opened(path).stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise FileError(path, "there is no such file." + neighbour(path)) from None
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror}).") from None
    except ValueError:  # the character NUL
        raise FileError(path, "there can be no file of this name.") from None
    if stat.S_ISDIR(mode):
        raise FileError(path, "is a folder where a file is needed; name a file in it.")
    if not stat.S_ISREG(mode):
        raise FileError(path, "is no ordinary file; copy what it holds into one.")


def neighbour(path: Path) -> str:
    """A question naming a file beside ``path`` that resembles it, or nothing."""
    try:
        return did_you_mean(path.name, (entry.name for entry in path.parent.iterdir()))
    except OSError:
        return ""


def parse(path: Path, text: str) -> tuple[Any, dict[Location, int]]:
    """Plain YAML -> value, and the line on which each key or entry stands.

    So does the line of each line of a text that is written out below its key, numbered from 0.
    """
    try:
        refuse_unusual(path, text)
        node = yaml.compose(text, Loader=Loader)
        if node is None:
            raise FileError(path, "is empty.")
        lines: dict[Location, int] = {(): 1}
        return construct(path, node, (), lines), lines
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise FileError(path, f"is not valid YAML: {error.problem}.", line) from None
    except yaml.reader.ReaderError as error:
        raise unreadable(path, text, chr(error.character)) from None
    except yaml.YAMLError as error:
        raise FileError(path, f"is not valid YAML: {error}.") from None


def unreadable(path: Path, text: str, character: str) -> FileError:
    """The refusal of a character that YAML has no place for: its line, and the key if that is on it."""
    before = text[: text.index(character)]
    key = re.match(r"[\s\-{]*([^:{]+):", before[before.rfind("\n") + 1 :])
    what = f'"{key[1].strip()[:60]}"' if key else "a line"
    message = f"is not valid YAML: {what} holds the {named(character)}; write it without."
    return FileError(path, message, before.count("\n") + 1)


def refuse_unusual(path: Path, text: str) -> None:
    """Refuse aliases, tags and deep nesting before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=Loader):
        line = event.start_mark.line + 1 if event.start_mark else None
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise FileError(path, "YAML anchors and aliases are not allowed; write the text out.", line)
        if tag := getattr(event, "tag", None):
            raise FileError(path, f'the YAML tag "{tag}" is not allowed; remove it.', line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise FileError(path, f"is nested more than {MAX_DEPTH} levels deep.", line)


def construct(path: Path, node: yaml.Node, where: Location, lines: dict[Location, int]) -> Any:
    """A composed node -> plain Python value; notes the line of every key."""
    if isinstance(node, yaml.MappingNode):
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key, line = scalar(key_node), key_node.start_mark.line + 1
            if isinstance(key, bool) or not isinstance(key, str | int):
                problem = f'the key "{key_node.value}" is read as a value, not as a name; put it in quotes.'
                raise FileError(path, problem, line)
            if key in mapping:
                raise FileError(path, f'the key "{key}" stands here twice.', line)
            lines[(*where, key)] = line
            mapping[key] = construct(path, value_node, (*where, key), lines)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        for i, entry in enumerate(node.value):
            lines[(*where, i)] = entry.start_mark.line + 1
        return [construct(path, entry, (*where, i), lines) for i, entry in enumerate(node.value)]
    value = scalar(node)
    if getattr(node, "style", None) == "|":
        first = node.start_mark.line + 2  # below the one with the sign
        lines.update({(*where, i): first + i for i in range(len(value.splitlines()))})
    return value


def scalar(node: yaml.Node) -> Any:
    """The value of a scalar node: a number, a switch, nothing, or the text that stands there.

    Only numbers in plain digits are numbers, as a reader takes them; 030, 0o17, 1:30, 20000_50000 and
    2024-01-31 are texts, and refused where a number is needed.
    """
    if not isinstance(node, yaml.ScalarNode):
        return None
    written = str(node.value)
    if node.style:  # in quotes, or written out below its key
        return written
    if written in NOTHING:
        return None
    if INTEGER.fullmatch(written):
        return int(written)
    if DECIMAL.fullmatch(written) and math.isfinite(float(written)):
        return float(written)
    if written in (written.lower(), written.upper(), written.capitalize()):
        return SWITCH.get(written.lower(), written)
    return written


def repeated(where: Location, names: Sequence[str], what: str) -> Iterator[Problem]:
    """A problem for each name that stands in a list for the second time."""
    for i, name in enumerate(names):
        if name in names[:i]:
            yield (*where, i), f'the {what} "{name}" stands here twice; remove one.'


def mistakes(error: ValidationError, kind: type[Part]) -> list[Any]:
    """What pydantic found, where a misspelt key is not a missing key as well."""
    found = error.errors()
    extra = [e["loc"] for e in found if e["type"] == "extra_forbidden"]

    def misspelt(loc: Location) -> bool:
        """Whether an unknown key beside the missing one resembles it."""
        beside = [str(near[-1]) for near in extra if near[:-1] == loc[:-1]]
        old = part_at(kind, loc[:-1])
        return any(
            did_you_mean(key, [str(loc[-1])]) or (old and old.formerly.get(key) == loc[-1]) for key in beside
        )

    return [e for e in found if e["type"] != "missing" or not misspelt(e["loc"])]


def explain(error: Any, kind: type[Part]) -> str:
    """A pydantic error in the words of someone who writes the file."""
    key = next((step for step in reversed(error["loc"]) if step != "[key]"), "")
    match error["type"]:
        case "extra_forbidden" if key in (part_at(kind, error["loc"][:-1]) or Part).formerly:
            now = (part_at(kind, error["loc"][:-1]) or Part).formerly[key]
            return f'the key "{key}" is called "{now}".'
        case "extra_forbidden":
            return f'unknown key "{key}".{did_you_mean(str(key), allowed_keys(kind, error["loc"][:-1]))}'
        case "missing":
            return f'the key "{key}" is missing.'
        case "string_type":
            return f'"{key}" must be text; put it in quotes.'
        case "int_type" | "int_from_float":
            return f'"{key}" must be a whole number in plain digits, such as 30.'
        case "float_type" | "finite_number":
            return f'"{key}" must be a number in plain digits, such as 0.95.'
        case "value_error":
            said = str(error["ctx"]["error"])
            return f'"{key}" {said}' if said.startswith(("must ", "takes ")) else said
        case _:
            message = error["msg"][0].lower() + error["msg"][1:]
            return f'"{key}": {message}.'


def allowed_keys(kind: type[BaseModel], where: Location) -> list[str]:
    """The keys that may stand at ``where`` in a file of this kind."""
    part = part_at(kind, where)
    return [field.alias or name for name, field in part.model_fields.items()] if part else []


def part_at(kind: type[BaseModel], where: Location) -> type[Part] | None:
    """The part of a file of this kind that stands at ``where``; none where a value stands there."""
    current: Any = kind
    for step in where:
        if isinstance(current, type) and issubclass(current, BaseModel):
            fields = {field.alias or name: field for name, field in current.model_fields.items()}
            current = fields[str(step)].annotation if str(step) in fields else None
        else:  # a step into dict[str, X], list[X] or a union
            parts = [a for a in getattr(current, "__args__", ()) if isinstance(a, type)]
            tagged = [a for a in parts if str(step) in tag_values(a)]
            current = (tagged or parts)[-1] if parts else None
        options = [a for a in getattr(current, "__args__", ()) if isinstance(a, type) and a is not type(None)]
        if len(options) == 1 and getattr(current, "__origin__", None) not in (dict, list, tuple):
            current = options[0]
    return current if isinstance(current, type) and issubclass(current, Part) else None


def tag_values(kind: type) -> tuple[str, ...]:
    """The values of ``kind`` that mark a member of a tagged union."""
    field = getattr(kind, "model_fields", {}).get("kind")
    return tuple(getattr(field.annotation, "__args__", ())) if field else ()


def refuse(path: Path, lines: dict[Location, int], problems: Iterable[Problem]) -> None:
    """Raise a FileError that lists the problems, if there are any."""
    found = [(line_of(lines, where), text) for where, text in problems]
    if not found:
        return
    found.sort(key=lambda pair: pair[0])
    (line, first), rest = found[0], found[1:]
    more = "".join(f"\n{path}, line {n}: {text}" for n, text in rest[:9])
    more += f"\n… and {len(rest) - 9} more." if len(rest) > 9 else ""
    raise FileError(path, first + more, line)


def line_of(lines: dict[Location, int], where: Location) -> int:
    """The line of the longest known beginning of ``where``."""
    while where not in lines:
        where = where[:-1]
    return lines[where]


def refuse_in(path: Path, problems: Iterable[Problem], proposals: Sequence[Any] = ()) -> None:
    """Raise a FileError for problems found after a file was read, with their lines and what settles them."""
    if not (found := list(problems)):
        return
    try:
        refuse(path, parse(path, read_text(path))[1], found)
    except FileError as error:
        error.proposals = proposals
        raise


def write_whole(path: Path, text: str) -> None:
    """Write beside a file and swap, so that it is never half written.

    Raises
    ------
    FileError
        The place cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="")
        beside.replace(path)
    except OSError as error:
        raise FileError(path, f"cannot be written ({error.strerror}).") from None
    finally:
        beside.unlink(missing_ok=True)

"""What may stand in a study file and in an instrument: a table to read, and JSON Schema for editors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from bouwen.survey.files import Part
from bouwen.survey.instrument import Instrument
from bouwen.survey.study import StudyFile
from bouwen.survey.wordings import Text

FILES: dict[str, type[Part]] = {"study": StudyFile, "instrument": Instrument}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
PLAIN = {str: "text", int: "whole number", float: "number", bool: "yes or no"}
BOUNDED_BY = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}

HEAD = """\
# Every key of a study and its instrument

`study.yml` says which answers and which choices, the instrument what was asked. `NAME` stands for any name,
`[]` for any entry of a list. A text is a string, or a mapping with a string for each language. Unknown keys
are refused.

`bouwen schema` writes `study.schema.json` and `instrument.schema.json`, from which an editor completes and
checks keys; with the YAML extension of VS Code a file begins with
`# yaml-language-server: $schema=study.schema.json`."""


@dataclass(frozen=True)
class KeyLine:
    """A key: its place with dots between steps, ``NAME`` for any name and ``[]`` for any entry of a list."""

    place: str
    type: str
    default: str
    meaning: str


def keys(kind: type[Part], place: str = "") -> Iterator[KeyLine]:
    """Every key of a kind of file, each before those below it."""
    for name, field in kind.model_fields.items():
        here = f"{place}{field.alias or name}"
        yield KeyLine(here, type_of(field), default_of(field), field.description or "")
        for step, part in parts_in(field.annotation):
            yield from keys(part, f"{here}{step}.")


def parts_in(annotation: Any) -> Iterator[tuple[str, type[Part]]]:
    """The parts with keys of their own in a type, and the steps that lead to each."""
    annotation = bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Part):
        if annotation is not Text:
            yield "", annotation
        return
    inner = get_args(annotation)
    step = {dict: ".NAME", list: "[]"}.get(get_origin(annotation), "")
    for one in inner[1:] if get_origin(annotation) is dict else inner:
        yield from ((step + more, part) for more, part in parts_in(one))


def bare(annotation: Any) -> Any:
    """A type without what is said about it."""
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def type_of(field: FieldInfo) -> str:
    """A field's type with its bounds, in words."""
    bounds = [
        f"{said} {getattr(limit, name):.10g}"
        for limit in field.metadata
        for name, said in BOUNDED_BY.items()
        if getattr(limit, name, None) is not None
    ]
    return ", ".join([type_words(field.annotation), *bounds])


def type_words(annotation: Any) -> str:
    """A type as someone who writes the file calls it."""
    annotation, origin = bare(annotation), get_origin(bare(annotation))
    inner = get_args(annotation)
    if annotation in PLAIN:
        return PLAIN[annotation]
    if isinstance(annotation, type) and issubclass(annotation, Text):
        return "text, in one or more languages"
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in inner)
    if origin is list:
        return f"list: {type_words(inner[0])}"
    if origin is dict:
        return f"mapping: {type_words(inner[1])}"
    if origin in (Union, UnionType):
        said = dict.fromkeys(type_words(one) for one in inner if one is not type(None))
        return " or ".join(said)
    return "keys below"


def default_of(field: FieldInfo) -> str:
    """What a key that is left out stands for."""
    if field.is_required():
        return "required"
    match field.default:
        case bool():
            return "yes" if field.default else "no"
        case None | Part():
            return "–"
        case [] | {}:
            return "none"
        case list():
            return f"`[{', '.join(map(str, field.default))}]`"
        case _:
            return f"`{field.default}`"


def key_page() -> str:
    """All keys of both files as a page of the reference."""
    lines = [HEAD]
    for name, kind in FILES.items():
        lines += ["", f"## {name.title()}", "", "| key | type | default | meaning |", "|---|---|---|---|"]
        lines += [f"| `{k.place}` | {k.type} | {k.default} | {k.meaning} |" for k in keys(kind)]
    old = [
        f"`{place}{was}` is called `{place}{now}`"
        for kind in FILES.values()
        for place, part in [("", kind), *((f"{k}.", p) for k, p in every_part(kind))]
        for was, now in part.formerly.items()
    ]
    return "\n".join([*lines, "", "## Other spellings", "", *(f"- {line}." for line in old)]) + "\n"


def every_part(kind: type[Part], place: str = "") -> Iterator[tuple[str, type[Part]]]:
    """Every part below a kind of file, with its place."""
    for name, field in kind.model_fields.items():
        for step, part in parts_in(field.annotation):
            here = f"{place}{field.alias or name}{step}"
            yield here, part
            yield from every_part(part, f"{here}.")


def json_schema(name: str) -> dict[str, Any]:
    """JSON Schema of a study file or an instrument, ``"study"`` or ``"instrument"``."""
    found = FILES[name].model_json_schema(by_alias=True)
    return {"$schema": DIALECT, **closed(found), "title": f"bouwen: {name}"}


def closed(schema: Any) -> Any:
    """The same where no key may have a name that its pattern does not allow."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {key: closed(part) for key, part in schema.items()}
    return {"additionalProperties": False, **inner} if "patternProperties" in inner else inner


def write_schemas(folder: Path) -> list[Path]:
    """Write the JSON Schema of both files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name in FILES:
        paths.append(folder / f"{name}.schema.json")
        text = json.dumps(json_schema(name), indent=1, ensure_ascii=False)
        paths[-1].write_text(text + "\n", encoding="utf-8")
    return paths

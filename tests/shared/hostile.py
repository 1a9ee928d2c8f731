"""Texts that mean harm, and every place of a study's files where a text can stand, found in the schema."""

from __future__ import annotations

import copy
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import mini
import yaml
from pydantic import BaseModel

from bouwen.errors import BouwenError
from bouwen.survey import REPORTED, Instrument, Text, read_study
from bouwen.survey.study import StudyFile

DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
KEY = "(key)"  # stands for a key that the writer of the file chooses

# A line of what a page could run, fetch, include or draw; fences of several lines; a word without an end.
MARKUP = (
    "<script>window.hit=1</script><img src=x onerror='hit=2'>{{7*7}}{include}`secret.txt`"
    "</title>&lt;&copy;**c**$d$\\(\\href{javascript:hit=3}{e}\\)$$f$$[g](javascript:hit=4)"
)
FENCE = (
    "~~~\n```{include} secret.txt\n```\n\n:::{raw} html\n<script>hit=5</script>\n:::\n\n# h\n(t)=\n"
    "\\begin{equation}x\\end{equation}\n- [ ] i\n"
)
WORD = "x" * 190
REFUSED = ("zz\x07", "zz\u202e", "zz\u2066", "zz\u2028", "zz\u200f", "z" * 20_000)


def texts_of(kind: Any, where: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every place for a text in a schema; ``*`` stands for any key or entry."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from texts_of(arguments[0], where)
    elif origin in (Union, types.UnionType):
        for part in arguments:
            yield from texts_of(part, where)
    elif origin is dict:
        yield from ((*where, KEY) for _ in texts_of(arguments[0]))
        yield from texts_of(arguments[1], (*where, "*"))
    elif origin is list:
        yield from texts_of(arguments[0], (*where, "*"))
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        if issubclass(kind, Text):
            yield (*where, "en")
        for name, field in kind.model_fields.items():
            yield from texts_of(field.annotation, (*where, field.alias or name))
    elif kind is str:
        yield where


def found(document: Any, pattern: tuple[str, ...], where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a document has a text at the place; a key of the writer's own is followed by `KEY`."""
    if not pattern:
        if isinstance(document, str):
            yield where
        return
    first, *rest = pattern
    if first == KEY and isinstance(document, dict):
        yield from ((*where, key, KEY) for key in document)
    elif first == "*" and isinstance(document, dict):
        for key, part in document.items():
            yield from found(part, tuple(rest), (*where, key))
    elif first == "*" and isinstance(document, list):
        for number, part in enumerate(document):
            yield from found(part, tuple(rest), (*where, number))
    elif isinstance(document, dict) and first in document:
        yield from found(document[first], tuple(rest), (*where, first))


def put(document: Any, where: tuple[Any, ...], text: str) -> Any:
    """The document with a text at a place, or with a key of this name."""
    document = copy.deepcopy(document)
    *path, last = where
    key = path.pop() if last == KEY else None
    holder = document
    for step in path:
        holder = holder[step]
    if last == KEY:
        renamed = {text if name == key else name: part for name, part in holder.items()}
        holder.clear()
        holder.update(renamed)
    else:
        holder[last] = text
    return document


ANSWERS = """\
respondent,t1,t2,t3,c1,h1,extent,place,remark,note1,weight,state
person-1,1,2,3,2,3,small,A,My secret answer,,1,done
person-2,2,2,3,3,2,large,B,,,1,done
person-3,3,1,1,1,1,tiny,A,none,,1,done
person-4,1,3,3,2,3,huge,B,,,1,done
person-5,1,2,2,3,2,middle,A,,,1,done
person-6,2,3,1,1,1,small,B,,,1,done
"""
PLACES = "code,name,region,area,people\n1,A,North,N1,5\n2,B,South,S1,20\n"


def write(folder: Path, files: dict[str, Any]) -> Path:
    """Write a study and give its file."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        text = content if isinstance(content, str) else yaml.dump(content, Dumper=DUMPER, allow_unicode=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / "study.yml"


def monitored() -> dict[str, Any]:
    """The documents with the key `unit:`, which takes more respondents than they have."""
    files = documents()
    files["study.yml"]["unit"] = {"variable": "place", "role": "size", "case_mix": ["crowd"]}
    return files


def documents() -> dict[str, Any]:
    """The files of the miniature study with something at every place where a text can stand."""
    study, instrument = (yaml.load(text, yaml.CSafeLoader) for text in (mini.STUDY, mini.INSTRUMENT))
    study |= {
        "language": "en",
        "responses": {
            "file": ["responses.csv"],
            "id": "respondent",
            "missing_codes": ["none"],
            "columns": {"extent": "size"},
            "ignore": ["note*"],
            "sheet": "Answers",
            "delimiter": ",",
            "encoding": "utf-8",
            "consent": {"state": ["done"]},
            "wave": {"state": "done"},
            "keep": {"state": ["done"]},
            "drop": {"state": ["test"]},
        },
        "register": {
            "file": "places.csv",
            "variable": "place",
            "code": "code",
            "names": ["name"],
            "columns": ["region", "area"],
            "labels": {"area": {"en": "Area"}},
            "classes": {"crowd": {"label": {"en": "Crowd"}, "column": "people", "bounds": [10]}},
            "ignored_words": ["city of"],
        },
        "merge": {"size": {"grown": {"levels": ["large", "huge"], "label": {"en": "grown"}}}},
        "recode": {"size": {"tiny": "small"}},
        "cluster": "place",
        "weights": "weight",
        "mirror": "theirs.yml",
        "invited": {"crowd": {"under_10": 9, "from_10": 9}},
        "report": {key: {"nl": "Zo.", "en": "So."} for key in REPORTED},
        "predictor": "trust",
        "antecedents": ["size"],
        "error_rates": "rates.csv",
        "population": "population.yml",
        "groups": ["size", "crowd"],
        "settings": {
            "min_group": 3,
            "min_cell": 3,
            "min_cell_reason": {"en": "To try."},
            "min_unit_reason": {"en": "To try."},
            "coarser": {"t1": 1},
        },
        "analysis": {"ordered": ["t1"], "chapters": ["sample", "subgroups", "subgroup"]},
    }
    study["models"] = {"measurement": "measurement", "structural": "second"}
    categories = instrument["background"]["size"]["categories"]
    categories |= {"middle": {"en": "middle"}, "huge": {"en": "huge"}, "never answered": {"en": "giant"}}
    instrument["background"]["size"]["perspectives"] = ["client"]
    instrument["background"]["size"]["separator"] = ";"
    instrument["background"]["place"] = {"label": {"en": "Place"}, "kind": "text", "missing": ["nowhere"]}
    scale = instrument["answer_scales"]["agree3"]
    instrument["answer_scales"]["agree3"] = scale | {"codes": {"A1": 1}, "missing": ["unsure"]}
    instrument["constructs"]["trust"]["judged"] = "client"
    first = next(iter(instrument["constructs"]["trust"]["items"].values()))
    first["missing"] = ["neither"]
    for name, item in (("calm", "c1"), ("hope", "h1")):
        instrument["constructs"][name] = {
            "label": {"en": name},
            "definition": {"en": "What it is."},
            "source": "made up",
            "answer_scale": "agree3",
            "items": {item: {"text": {"client": {"en": "Another one."}}}},
        }
    # What the engine reads past is shown all the same.
    instrument["models"]["measurement"]["syntax"] += (
        "\n# ```\n# ```{include} secret.txt\n# <script>hit=6</script>"
    )
    instrument["models"]["second"] = {
        "label": {"en": "second"},
        "based_on": "measurement",
        "factors": {"mood": {"en": "mood"}},
        "syntax": "mood =~ trust\nmood ~ size",
    }
    instrument["claims"] = {
        "own": {
            "text": {"client": {"en": "A claim."}},
            "evidence": [
                {
                    "kind": "path",
                    "model": "second",
                    "outcome": "mood",
                    "predictor": "size",
                    "sign": "positive",
                },
                {"kind": "level", "construct": "trust", "side": "above"},
                {"kind": "stronger", "outcome": "trust", "constructs": ["calm"], "than": ["hope"]},
                {
                    "kind": "difference",
                    "construct": "trust",
                    "group": "size",
                    "higher": "small",
                    "lower": "middle",
                },
            ],
        },
    }
    instrument["themes"] = {
        "rules": {
            "label": {"en": "Rules"},
            "definition": {"en": "What has to be done."},
            "applies": {"en": "Always."},
            "applies_not": {"en": "Never."},
            "example": {"en": "So many forms."},
            "constructs": ["calm"],
        },
    }
    instrument["recommendations"] = {
        "rest": {
            "who": {"client": {"en": "Somebody"}},
            "what": {"client": {"en": "Advice."}},
            "rests_on": ["own"],
        },
    }
    instrument["questionnaire"] = {
        name: {"client": {"en": "Around."}} for name in ("introduction", "privacy", "consent", "end")
    }
    texts = {"responses.csv": ANSWERS, "places.csv": PLACES, "rates.csv": "claim\n", "population.yml": ""}
    return {"study.yml": study, "instrument.yml": instrument, **texts}


def spoilt(folder: Path, text: str, lines: str) -> tuple[Path, dict[str, str]]:
    """A study with a text at every place that takes it, and the places by these texts, which are numbered.

    What may have several lines gets ``lines``.
    """
    files, said = documents(), {}
    del files["study.yml"]["mirror"]  # another study, which a build would read
    for name, kind in (("study.yml", StudyFile), ("instrument.yml", Instrument)):
        for pattern in sorted(set(texts_of(kind))):
            for where in list(found(files[name], pattern)):
                for words in (f"{len(said)} {lines}", f"{len(said)} {text}"):
                    changed = files | {name: put(files[name], where, words)}
                    try:
                        read_study(write(folder, changed))
                    except BouwenError:
                        continue
                    files, said[words] = changed, ".".join((name.removesuffix(".yml"), *pattern))
                    break
    return write(folder, files), said

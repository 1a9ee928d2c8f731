"""A fit to a file, and back.

A file is JSON, compressed by gzip, with one object::

    {"format": "bouwen fit", "version": 1, "bouwen": "0.1.0", "rows": false,
     "call": …, "table": …, "sample": …, "moments": …, "solution": …, "known": …, "tables": …}

Arrays are ``{"array": [numbers], "shape": […], "kind": "float"}`` row by row, with null where there is no
number; objects name their class, of which only those of `CLASSES` are made again, so that reading a file runs
nothing that it brings. Numbers are written such that they come back to the last digit.

Without rows a file has moments, estimates and group sizes, and of incomplete answers only how many
respondents left which items open. What would need more is kept as it was computed.
"""

from __future__ import annotations

import gzip
import json
import math
import os
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import Array
from bouwen.errors import BouwenError
from bouwen.sem.family.normal import Family, NormalTheory
from bouwen.sem.family.ordinal import OrdinalFamily
from bouwen.sem.fitted import Fitted
from bouwen.sem.model import expression
from bouwen.sem.model.implied import compile_structure
from bouwen.sem.model.options import Estimator, UnsupportedModel
from bouwen.sem.model.statements import Constraint
from bouwen.sem.model.table import Parameter, ParTable
from bouwen.sem.normal.inference import Test
from bouwen.sem.normal.moments import Patterns, Sample
from bouwen.sem.ordinal.moments import OrdinalMoments
from bouwen.sem.preparation import Call
from bouwen.sem.solution import Solution
from bouwen.version import __version__

FORMAT, VERSION = "bouwen fit", 1
SOLUTION = ("theta", "steps", "basis", "held", "active")
KNOWN = ("theta_cov", "tests", "measures")
CLASSES: dict[str, type] = {
    "binary": expression.Binary,
    "call": Call,
    "constraint": Constraint,
    "estimator": Estimator,
    "function": expression.FunctionCall,
    "moments": OrdinalMoments,
    "name": expression.Symbol,
    "negate": expression.Negate,
    "number": expression.Number,
    "parameter": Parameter,
    "patterns": Patterns,
    "sample": Sample,
    "table": ParTable,
    "test": Test,
}
_NAMES = {kind: name for name, kind in CLASSES.items()}


class NotAFit(BouwenError):
    """A file that cannot be read as a fit."""

    def __init__(self, path: Path, found: str) -> None:
        self.path, self.found = path, found
        super().__init__(f"{path} {found}")


@dataclass(frozen=True, eq=False)
class Stored:
    """What a file says of a fit.

    Attributes
    ----------
    call : Call
    family : Family
    solution : Solution
    tables : dict of str to DataFrame
        What was to be kept as it was computed.
    known : dict
        ``theta_cov``, ``tests`` and ``measures``, where they need the rows; ``sampling`` and ``degrees`` of
        errors that are not the family's.
    """

    call: Call
    family: Family
    solution: Solution
    tables: dict[str, pd.DataFrame]
    known: dict[str, Any]


# -------------------------------------------------------------------- writing


def write_fit(
    fit: Fitted, path: str | Path, *, rows: bool = False, tables: Mapping[str, pd.DataFrame] | None = None
) -> None:
    """Write a fit to a file; an older file of that name stays until the new one is complete.

    Parameters
    ----------
    fit : Fit
    path : str or Path
        In a folder that exists.
    rows : bool
        Whether the answers go with it.
    tables : mapping of str to DataFrame, optional
        What is to be kept as it was computed, where the answers do not go with it.

    Raises
    ------
    NotAFit
        The file cannot be written.
    UnsupportedModel
        Rows are asked for, but the fit has none.
    """
    if rows and not fit.sample.rows:
        raise UnsupportedModel("the fit has no rows to save; leave out rows=True")
    known = {} if rows or not needs_rows(fit) else {name: getattr(fit, name) for name in KNOWN}
    if fit.sampling is not None:  # errors that no family knows
        known |= {"sampling": fit.sampling, "degrees": fit.degrees}
    content = {
        "format": FORMAT,
        "version": VERSION,
        "bouwen": __version__,
        "rows": rows,
        "call": fit.call,
        "table": fit.partable,
        "sample": fit.sample if rows else _without_answers(fit.sample),
        "moments": _first_stage(fit.family, rows),
        "solution": {name: getattr(fit.solution, name) for name in SOLUTION},
        "known": known,
        "tables": tables or {},
    }
    text = json.dumps(_as_json(content), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    _write(Path(path), gzip.compress(text.encode(), mtime=0))


def needs_rows(fit: Fitted) -> bool:
    """Whether errors, tests and diagnostics of a fit rest on more than its moments."""
    robust = fit.call.estimator.errors != "standard"
    return isinstance(fit.family, NormalTheory) and (robust or fit.sample.patterns is not None)


def _write(path: Path, content: bytes) -> None:
    """Write to a file beside the one that is meant, then put it in its place."""
    try:
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(beside).replace(path)
        finally:
            Path(beside).unlink(missing_ok=True)
    except OSError as error:
        raise NotAFit(path, f"cannot be written: {error.strerror or error}") from error


def _without_answers(sample: Sample) -> Sample:
    """The sample's moments; the moments of a pattern of one respondent would be that one's answers."""
    patterns = sample.patterns
    if patterns is not None:
        mean, cov = (np.full_like(x, np.nan) for x in (patterns.mean, patterns.cov))
        patterns = replace(patterns, mean=mean, cov=cov, rows=())
    return replace(sample, rows=(), index=(), cluster=(), weights=(), patterns=patterns)


def _first_stage(family: Family, rows: bool) -> tuple[OrdinalMoments, ...]:
    if not isinstance(family, OrdinalFamily):
        return ()
    return family.moments if rows else tuple(replace(m, influence=m.influence[:0]) for m in family.moments)


def _as_json(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, pd.DataFrame):
        return _frame(value)
    if isinstance(value, pd.Series):
        return {"series": [_as_json(x) for x in value], "index": [str(name) for name in value.index]}
    if type(value) in _NAMES:
        own = {field.name: _as_json(getattr(value, field.name)) for field in fields(value)}
        return {"class": _NAMES[type(value)], **own}
    if isinstance(value, Mapping):
        return {str(key): _as_json(x) for key, x in value.items()}
    if isinstance(value, tuple | list):
        return [_as_json(x) for x in value]
    return str(value)  # a group's value, such as a date


def _array(value: Array) -> dict[str, Any]:
    whole = value.dtype.kind in "iu"
    numbers = value.ravel().tolist()
    if not whole:
        numbers = [x if math.isfinite(x) else None if math.isnan(x) else str(x) for x in map(float, numbers)]
    return {"array": numbers, "shape": list(value.shape), "kind": "int" if whole else "float"}


def _frame(value: pd.DataFrame) -> dict[str, Any]:
    keys = [key if isinstance(key, tuple) else (key,) for key in value.index]
    return {
        "frame": {str(name): [_as_json(x) for x in value[name]] for name in value},
        "index": None if isinstance(value.index, pd.RangeIndex) else _as_json(keys),
        "names": _as_json(list(value.index.names)),
    }


# -------------------------------------------------------------------- reading


def read_fit(path: str | Path) -> Stored:
    """Read what `write_fit` wrote.

    Raises
    ------
    NotAFit
        There is no such file, it is damaged, it is something else, or of a version that is not known here.
    """
    path = Path(path)
    content = _read(path)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise NotAFit(path, "is not a fit that bouwen saved")
    if content.get("version") != VERSION:
        found = f"version {content.get('version')}, written by bouwen {content.get('bouwen')}"
        raise NotAFit(path, f"is a fit of {found}; bouwen {__version__} reads version {VERSION}")
    try:
        return _stored({key: _value(x) for key, x in content.items()})
    except (
        KeyError, TypeError, ValueError, IndexError, AttributeError, RecursionError, BouwenError
    ) as error:  # fmt: skip
        raise NotAFit(path, f"is damaged: {type(error).__name__} {error}") from error


def _read(path: Path) -> Any:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotAFit(path, f"cannot be read: {error.strerror or error}") from error
    if not content.startswith(b"\x1f\x8b"):  # what every gzip file starts with
        raise NotAFit(path, "is not a fit that bouwen saved")
    try:
        return json.loads(gzip.decompress(content))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise NotAFit(path, "is damaged; save the fit again") from error


def _stored(content: dict[str, Any]) -> Stored:
    """A family and its solution from what a file holds, if the pieces belong together."""
    call, table, sample = content["call"], content["table"], content["sample"]
    theta, p, G = content["solution"]["theta"], len(table.observed), len(table.groups)
    shapes = (theta.shape, sample.mean.shape, sample.cov.shape, sample.n.shape)
    if shapes != ((table.n_free,), (G, p), (G, p, p), (G,)) or sample.names != table.observed:
        raise ValueError("estimates, moments and model are of different sizes")
    structure = compile_structure(table)
    family: Family = NormalTheory(table, structure, sample, call.estimator)
    if content["moments"]:
        family = OrdinalFamily(table, structure, sample, call.estimator, content["moments"])
    solution = Solution(point=family.objective.at(theta), **content["solution"])
    return Stored(call, family, solution, content["tables"], content["known"])


def _value(plain: Any) -> Any:
    """A value from JSON; sequences are tuples."""
    if isinstance(plain, list):
        return tuple(_value(x) for x in plain)
    if not isinstance(plain, dict):
        return plain
    if "number" in plain:
        return float(plain["number"])
    if "array" in plain:
        numbers = [np.nan if x is None else x for x in plain["array"]]
        kind = {"int": np.int64, "float": np.float64}[plain["kind"]]
        return np.array(numbers, dtype=kind).reshape(plain["shape"])
    if "frame" in plain:
        return _frame_of(plain)
    if "series" in plain:
        return pd.Series(np.array(_value(plain["series"]), dtype=float), index=plain["index"])
    own = {key: _value(x) for key, x in plain.items() if key != "class"}
    return CLASSES[plain["class"]](**own) if "class" in plain else own


def _frame_of(plain: dict[str, Any]) -> pd.DataFrame:
    found = pd.DataFrame({name: list(_value(column)) for name, column in plain["frame"].items()})
    if plain["index"] is None:
        return found
    keys, names = list(_value(plain["index"])), list(plain["names"])
    if len(names) > 1:
        return found.set_axis(pd.MultiIndex.from_tuples(keys, names=names))
    return found.set_axis(pd.Index([key for (key,) in keys], name=names[0]))

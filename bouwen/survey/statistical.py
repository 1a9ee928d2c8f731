"""Files of SPSS and Stata -> tables: codes keep their value labels, user-missing values become empty."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from bouwen.survey.headers import checked
from bouwen.survey.table import AS_FOUND, Reading, Table, parsing
from bouwen.survey.values import DATE, Labelled, LabelledText, is_empty

ENCODINGS = (None, "UTF-8", "WINDOWS-1252", "ISO-8859-1", "CP850")  # tried where a file does not say its own
DATES = re.compile(r"[AEJSQMWT]?DATE|DATETIME|YMDHMS|%t[cCdwmqhy]|%d")
SPSS_BEGINS, STATA_BEGINS = datetime(1582, 10, 14), datetime(1960, 1, 1)


def read_spss(path: Path, reading: Reading = AS_FOUND) -> Table:
    """Read a file of SPSS, compressed or not."""
    import pyreadstat

    return table_with_labels(path, "an SPSS file", pyreadstat.read_sav, reading)


def read_portable(path: Path, reading: Reading = AS_FOUND) -> Table:
    """Read a portable file of SPSS, whose names are in capitals."""
    import pyreadstat

    return table_with_labels(path, "a portable SPSS file", pyreadstat.read_por, reading)


def read_stata(path: Path, reading: Reading = AS_FOUND) -> Table:
    """Read a file of Stata."""
    import pyreadstat

    return table_with_labels(path, "a Stata file", pyreadstat.read_dta, reading)


def table_with_labels(path: Path, kind: str, read: Callable[..., Any], reading: Reading) -> Table:
    """A table of codes with the labels that the file gives them."""
    from pyreadstat import PyreadstatError, ReadstatError

    with parsing(path, kind, ReadstatError, PyreadstatError):
        data, meta = decoded(str(path), read, reading.encoding)
        labels = {name: dict(found) for name, found in meta.variable_value_labels.items()}
        columns = [label_codes(data.iloc[:, n], labels.get(name, {})) for n, name in enumerate(data.columns)]
        rows = list(enumerate(zip(*columns, strict=True), start=1))
        said = {name: (text,) for name, text in meta.column_names_to_labels.items() if text}
    table = checked(path, list(data.columns), rows)
    return replace(table, labels=labels, wordings=said)


def decoded(path: str, read: Callable[..., Any], encoding: str | None) -> tuple[pd.DataFrame, Any]:
    """Data and metadata, in the encoding that a file says, that the study names, or that fits."""
    from pyreadstat import ReadstatError

    *before, last = (encoding,) if encoding else ENCODINGS
    for tried in before:
        try:
            return dated(path, read, {"encoding": tried} if tried else {})
        except UnicodeDecodeError:
            continue
        except ReadstatError as error:
            if "convert string" not in str(error):
                raise
    return dated(path, read, {"encoding": last} if last else {})


def dated(path: str, read: Callable[..., Any], options: Mapping[str, Any]) -> tuple[pd.DataFrame, Any]:
    """Data and metadata; a date that cannot be is marked and does not hinder the others."""
    try:
        found: tuple[pd.DataFrame, Any] = read(path, **options)
        return found
    except (OverflowError, ValueError):
        pass
    data, meta = read(path, disable_datetime_conversion=True, **options)
    dates = [name for name, kind in meta.original_variable_types.items() if DATES.match(str(kind))]
    made = {name: pd.Series([date_of(cell) for cell in data[name]], dtype=object) for name in dates}
    return data.assign(**made), meta


def date_of(seconds: Any) -> Any:
    """A moment of SPSS, or a mark where there is none."""
    if is_empty(seconds):
        return None
    try:
        return SPSS_BEGINS + timedelta(seconds=float(seconds))
    except (OverflowError, ValueError, TypeError):
        return DATE


def label_codes(column: pd.Series[Any], labels: Mapping[Any, str]) -> list[Any]:
    """The cells of a variable, each labelled code with its label."""
    return [labelled(cell, labels) for cell in column.tolist()] if labels else column.tolist()


def labelled(cell: Any, labels: Mapping[Any, str]) -> Any:
    """A code with its label, if it has one."""
    if isinstance(cell, str):
        return LabelledText(cell, labels[cell]) if labels.get(cell) else cell
    if isinstance(cell, int | float) and not isinstance(cell, bool) and labels.get(cell):
        return Labelled(cell, labels[cell])
    return cell

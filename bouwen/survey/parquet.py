"""Parquet files -> tables."""

from __future__ import annotations

from pathlib import Path

from bouwen.survey.headers import checked
from bouwen.survey.table import AS_FOUND, Reading, Table, parsing


def read_parquet(path: Path, _reading: Reading = AS_FOUND) -> Table:
    """Read a Parquet file."""
    import pyarrow.parquet

    with parsing(path, "a Parquet file", pyarrow.ArrowException):
        data = pyarrow.parquet.read_table(path)
        rows = zip(*(column.to_pylist() for column in data.columns), strict=True)
        lines = list(enumerate(rows, start=1))
    return checked(path, data.column_names, lines)

"""A hundred models on simulated and classic data, against lavaan (see lavaan/README.md)."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from bouwen.sem import Fit, Moments, fit_sem

HERE = Path(__file__).parent / "lavaan"
CASES = sorted(HERE.glob("*.json"))
MEASURES = [
    "npar",
    "chisq",
    "df",
    "pvalue",
    "baseline.chisq",
    "baseline.df",
    "cfi",
    "tli",
    "rfi",
    "nfi",
    "ifi",
    "rni",
    "logl",
    "unrestricted.logl",
    "aic",
    "bic",
    "bic2",
    "ntotal",
    "rmsea",
    "rmsea.ci.lower",
    "rmsea.ci.upper",
    "rmsea.pvalue",
    "srmr",
    "rmr",
    "gfi",
    "agfi",
    "mfi",
    "ecvi",
    "chisq.scaled",
    "df.scaled",
    "pvalue.scaled",
    "chisq.scaling.factor",
    "cfi.scaled",
    "tli.scaled",
    "rmsea.scaled",
    "rmsea.ci.lower.scaled",
    "rmsea.ci.upper.scaled",
    "cfi.robust",
    "tli.robust",
    "rmsea.robust",
    "rmsea.ci.lower.robust",
    "rmsea.ci.upper.robust",
    "baseline.chisq.scaled",
    "baseline.df.scaled",
    "baseline.chisq.scaling.factor",
    "scaling.factor.h1",
    "scaling.factor.h0",
]
Row = tuple[str, str, str, str]


def fit_case(case: dict[str, Any]) -> Fit:
    """Fit the model of a fixture with the options that lavaan was given."""
    given = case["options"] if isinstance(case["options"], dict) else {}
    options: dict[str, Any] = {}
    for name, value in given.items():
        if name.startswith("sample.") or name == "conditional.x":  # follows from the covariates here
            continue
        if name in ("group.equal", "group.partial", "ordered") and isinstance(value, str):
            value = [value]
        options[name.replace(".", "_")] = value
    if case["data"] is not None:
        return fit_sem(case["model"], pd.read_csv(HERE / "data" / case["data"]), **options)
    return fit_sem(case["model"], moments(given, case["variables"]), **options)


def moments(given: dict[str, Any], names: list[str]) -> Moments | dict[str, Moments]:
    if not isinstance(given["sample.cov"], dict):
        return Moments(given["sample.cov"], n=given["sample.nobs"], names=names)
    return {
        group: Moments(cov, n=n, mean=given["sample.mean"][group], names=names)
        for (group, cov), n in zip(given["sample.cov"].items(), given["sample.nobs"], strict=True)
    }


def key(row: dict[str, Any], group: str) -> Row:
    lhs, op, rhs = row["lhs"], row["op"], row["rhs"] or ""
    if op == "~~" and rhs < lhs:
        lhs, rhs = rhs, lhs
    return lhs, op, rhs, group


def lavaan_rows(case: dict[str, Any]) -> dict[Row, dict[str, Any]]:
    labels = case["group_labels"] or [""]
    rows = {}
    for row in case["parameters"]:
        if row["op"] not in ("==", "<", ">"):
            group = "" if row["op"] == ":=" else str(labels[row.get("group", 1) - 1])
            rows[key(row, group)] = row
    return rows


def our_rows(fit: Fit) -> dict[Row, dict[str, Any]]:
    records = fit.parameters.to_dict("records")
    return {key(row, group_text(row["group"])): row for row in records if row["op"] not in ("==", "<", ">")}


def group_text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def number(value: Any) -> float:
    return math.nan if value is None else float(value)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_model_matches_lavaan(path: Path) -> None:
    case = json.loads(path.read_text())
    if case["data"] is not None:
        found = hashlib.md5((HERE / "data" / case["data"]).read_bytes()).hexdigest()
        assert found == case["data_md5"]
    fit = fit_case(case)
    ours, theirs = our_rows(fit), lavaan_rows(case)
    assert set(ours) == set(theirs)
    # lavaan's augmented Lagrangian stops early at nonlinear and active constraints
    loose = 1e-4 if case["largest_gradient"] > 1e-3 else 1e-5
    wrong = []
    for row, expected in theirs.items():
        for column, tolerance in (("est", loose), ("std.lv", 1e-4), ("std.all", 1e-4)):
            want, have = number(expected.get(column)), number(ours[row][column.replace(".", "_")])
            if not math.isnan(want) and not abs(have - want) <= tolerance * max(1, abs(want)):
                wrong.append(f"{row} {column}: {have:.8g}, lavaan {want:.8g}")
        want, have = number(expected.get("se")), number(ours[row]["se"])
        if not math.isnan(want) and not abs(have - want) <= 1e-4 * max(abs(want), 1e-3):
            wrong.append(f"{row} se: {have:.8g}, lavaan {want:.8g}")
    measures = fit.measures
    for name in MEASURES:
        if name in case["measures"]:
            want, have = case["measures"][name], number(measures.get(name.replace(".", "_")))
            if not abs(have - want) <= max(1e-4, 1e-4 * abs(want)):
                wrong.append(f"{name}: {have:.8g}, lavaan {want:.8g}")
    assert not wrong, "\n".join(wrong)

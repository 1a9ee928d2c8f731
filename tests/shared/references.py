"""What other programs found, and the data that they were given (see ``tests/reference/README.md``)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from bouwen.sem import Fit, Moments, fit_sem

REFERENCE = Path(__file__).parents[1] / "reference"
MODELS = sorted((REFERENCE / "lavaan" / "models").glob("*.json"))
OPTIONS = {
    "estimator": "estimator",
    "missing": "missing",
    "group": "group",
    "group.equal": "group_equal",
    "group.partial": "group_partial",
    "ordered": "ordered",
    "cluster": "cluster",
    "sampling.weights": "sampling_weights",
    "std.lv": "std_lv",
    "meanstructure": "meanstructure",
    "fixed.x": "fixed_x",
    "effect.coding": "effect_coding",
    "orthogonal": "orthogonal",
    "parameterization": "parameterization",
    "bounds": "bounds",
}


def read_values(name: str) -> Any:
    """The content of a file of reference values: ``read_values("psych/reputation")``."""
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))


def read_data(name: str) -> pd.DataFrame:
    """A data set of the references, a copy of its own: ``read_data("holzinger")``."""
    return _read_data(name).copy()


@cache
def _read_data(name: str) -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / f"{name}.csv")


@dataclass(frozen=True)
class Case:
    """One model that lavaan fitted."""

    path: Path
    content: dict[str, Any]

    @property
    def labels(self) -> list[str]:
        labels = self.content["group_labels"]
        return [str(x) for x in (labels if isinstance(labels, list) else [labels])]

    def data(self) -> Any:
        options = self.options
        if self.content["data"]:
            return read_data(self.content["data"].removesuffix(".csv"))
        cov, n, mean = options["sample.cov"], options["sample.nobs"], options.get("sample.mean")
        names = self.content["variables"]
        if isinstance(cov, dict):
            return {
                g: Moments(c, k, mean=mean[g] if mean else None, names=names)
                for (g, c), k in zip(cov.items(), n, strict=True)
            }
        return Moments(cov, n, mean=mean, names=names)

    @property
    def options(self) -> dict[str, Any]:
        options = self.content["options"]
        return options if isinstance(options, dict) else {}

    def fit(self) -> Fit:
        # whether ordered items are taken given the covariates follows from fixed_x here
        lavaan_only = [k for k in self.options if k.startswith("sample.") or k == "conditional.x"]
        given = {OPTIONS[k]: v for k, v in self.options.items() if k not in lavaan_only}
        return fit_sem(self.content["model"], self.data(), **given)

    def group_name(self, row: dict[str, Any]) -> str:
        if len(self.labels) < 2 or row["op"] == ":=":
            return ""
        return self.labels[row["group"] - 1]


def read_case(path: Path) -> Case:
    return Case(path, json.loads(path.read_text()))


@cache
def fit_case(path: Path) -> Fit:
    """The model of a case, fitted once a process."""
    return read_case(path).fit()


def by_key(frame: pd.DataFrame) -> dict[tuple[str, str, str, str], dict[str, Any]]:
    """Rows by lhs, op, rhs, group; covariances both ways round."""
    found = {}
    for row in frame.to_dict("records"):
        group = str(row["group"])
        found[row["lhs"], row["op"], row["rhs"], group] = row
        if row["op"] == "~~":
            found[row["rhs"], row["op"], row["lhs"], group] = row
    return found

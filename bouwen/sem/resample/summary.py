"""Draws to something to read: text, HTML, and plain values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import pandas as pd

from bouwen.results import chance, rounded
from bouwen.sem.after.summary import SECTIONS, plain
from bouwen.sem.fit import Fit

NAMES = {
    "nonparametric": "Respondents drawn with replacement",
    "bollen_stine": "Respondents drawn with replacement, moved until the model holds (Bollen–Stine)",
    "parametric": "Answers drawn from the model",
}
LIMITS = {"est": "Estimate", "se": "Std.Err", "ci_lower": "2.5 %", "ci_upper": "97.5 %"}


class Account(Protocol):
    """What is told of a bootstrap."""

    @property
    def fit(self) -> Fit:
        """The fit that was drawn from."""

    @property
    def kind(self) -> str:
        """How samples were drawn."""

    @property
    def seed(self) -> int:
        """Seed of the random numbers."""

    @property
    def inadmissible(self) -> str:
        """What is done with improper draws."""

    @property
    def counts(self) -> Mapping[str, int]:
        """Draws by what became of them."""

    @property
    def pvalue(self) -> float:
        """Bollen-Stine p-value."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know."""

    def intervals(self) -> pd.DataFrame:
        """Percentile intervals."""


def draws_in_short(boot: Account) -> list[tuple[str, str]]:
    """How the draws arose and what became of them, in pairs of name and value."""
    pairs = [("Bootstrap", NAMES[boot.kind]), ("Seed", str(boot.seed))]
    total = boot.counts["drawn"]
    pairs += [
        (outcome.capitalize(), f"{draws} ({100 * draws / total:.1f} %)")
        for outcome, draws in boot.counts.items()
        if draws or outcome in ("converged", "inadmissible", "used")
    ]
    if boot.kind == "bollen_stine":
        pairs.append(("Chi-square, bootstrap p", chance(boot.pvalue)))
    return pairs


def intervals_by_kind(boot: Account) -> list[tuple[str, pd.DataFrame]]:
    """Tables of rounded percentile intervals, one for each kind of parameter and group."""
    out = []
    found = boot.intervals()
    several = len(boot.fit.sample.groups) > 1
    for op, title in SECTIONS.items():
        part = found[(found["op"] == op) & (found["se"] > 0)]
        for label in part["group"].unique():
            own = part[part["group"] == label]
            shown = own["lhs"] if op in ("~1", ":=", "~*~") else own["lhs"] + f" {op} " + own["rhs"]
            table = pd.DataFrame({"Parameter": shown.to_numpy()})
            for column, name in LIMITS.items():
                table[name] = [rounded(value) for value in own[column]]
            out.append((f"{title} [{label}]" if several and op != ":=" else title, table))
    return out


def draws_as_dict(boot: Account) -> dict[str, Any]:
    """Plain numbers, texts and lists, ready for JSON; NaN becomes None."""
    return {
        "kind": boot.kind,
        "seed": boot.seed,
        "inadmissible": boot.inadmissible,
        "account": boot.counts,
        "warnings": list(boot.warnings),
        "intervals": [
            {str(k): plain(v) for k, v in row.items()} for row in boot.intervals().to_dict("records")
        ],
    }

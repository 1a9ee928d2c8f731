"""How fast the structural equation engine is, beside lavaan where Rscript has it.

usage: python benchmarks/sem.py [REPEATS]

Median CPU seconds of warm runs, each with all fit measures and the parameter table with standardised
estimates; then the memory of one fit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")  # lavaan's R runs on one core too

import pandas as pd
from figures import ROOT, Figure, in_new_interpreter, median_seconds, r_says, show

DATA = ROOT / "tests" / "reference" / "data"
HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
BFI = "\n".join(f"{f} =~ " + " + ".join(f"{f}{i}" for i in range(1, 6)) for f in "ACE")
LADDER: tuple[tuple[str, ...], ...] = (
    (),
    ("loadings",),
    ("loadings", "intercepts"),
    ("loadings", "intercepts", "residuals"),
)
TITLES = {
    "cfa_ml": "Holzinger CFA, ML",
    "fiml_mlr": "Holzinger CFA, FIML with MLR",
    "ladder": "invariance ladder, 4 steps",
    "wlsmv": "WLSMV, 15 items, n = 900",
}


def tasks() -> dict[str, Callable[[], object]]:
    from bouwen.sem import fit_sem

    holzinger, gaps, bfi = (
        pd.read_csv(DATA / f"{name}.csv") for name in ("holzinger", "holzinger_missing", "bfi900")
    )

    def whole(model: str, data: pd.DataFrame, **options: object) -> object:
        fit = fit_sem(model, data, **options)
        return fit.measures, fit.parameters

    return {
        "cfa_ml": lambda: whole(HS, holzinger),
        "fiml_mlr": lambda: whole(HS, gaps, missing="fiml", estimator="MLR"),
        "ladder": lambda: [whole(HS, holzinger, group="school", group_equal=equal) for equal in LADDER],
        "wlsmv": lambda: whole(BFI, bfi, ordered=True, estimator="WLSMV"),
    }


def fit_megabytes() -> float:
    """Peak memory of one fit, over an interpreter that does nothing (Linux)."""
    peak = r"import re; print(int(re.search(r'VmHWM:\s+(\d+)', open('/proc/self/status').read())[1]) / 1024)"
    fit = "import sys; sys.path.insert(0, 'benchmarks'); import sem; sem.tasks()['wlsmv'](); "
    return in_new_interpreter(fit + peak) - in_new_interpreter(peak)


def figures(repeats: int = 15) -> dict[str, Figure]:
    ours = {name: median_seconds(task, repeats) for name, task in tasks().items()}
    theirs = r_says("sem.R", str(DATA), str(repeats))
    found = {TITLES[name]: Figure(ours[name], other=theirs.get(name), program="lavaan") for name in TITLES}
    return {**found, "memory of one WLSMV fit": Figure(fit_megabytes(), "MB")}


if __name__ == "__main__":
    show(figures(*map(int, sys.argv[1:])))

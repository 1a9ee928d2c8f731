"""How fast the structural equation engine is, beside lavaan where Rscript has it.

usage: python benchmarks/sem.py [REPEATS]

Median CPU seconds of warm runs, each with all fit measures and the parameter table with standardised
estimates; how time grows with the width of a model, what a table of modification indices takes in fits of
the same model, and memory.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

os.environ.setdefault("OMP_NUM_THREADS", "1")  # lavaan's R runs on one core too

import numpy as np
import pandas as pd
from figures import ROOT, Figure, cpu_seconds, in_new_interpreter, median_seconds, r_says, show

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


def wide(items: int, missing: float, n: int = 900) -> tuple[str, pd.DataFrame]:
    """A model with a factor for every ten items, three at least, and answers with gaps at random."""
    rng, k = np.random.default_rng(1), max(3, items // 10)
    factors = 0.8 * rng.normal(size=(n, k)) + 0.6 * rng.normal(size=(n, 1))
    x = np.repeat(factors, items // k, axis=1) * 0.7 + rng.normal(size=(n, items)) * 0.7
    x[rng.random(x.shape) < missing] = np.nan
    names = [f"x{place + 1}" for place in range(items)]
    parts = [names[first : first + items // k] for first in range(0, items, items // k)]
    model = "\n".join(f"f{number} =~ " + " + ".join(part) for number, part in enumerate(parts))
    return model, pd.DataFrame(x, columns=names)


def wide_model(items: int = 60) -> object:
    """What a model of 60 items with 2 % missing takes, all measures included."""
    from bouwen.sem import fit_sem

    fit = fit_sem(*wide(items, 0.02, n=420), missing="fiml")  # some 300 patterns
    return fit.measures, fit.parameters


def growth(repeats: int) -> dict[str, Figure]:
    """Seconds of wide models by ML, and of their modification indices in fits of the same model."""
    from bouwen.sem import fit_sem

    found = {}
    for items in (9, 18, 36, 60, 90):
        model, data = wide(items, 0.0)
        found[f"{items} items, ML"] = Figure(median_seconds(lambda: fit_sem(model, data), repeats))  # noqa: B023
    for missing, gaps in (("listwise", 0.0), ("fiml", 0.02)):
        model, data = wide(60, gaps, n=420)
        one = median_seconds(lambda: fit_sem(model, data, missing=missing), 3)  # noqa: B023
        fit = fit_sem(model, data, missing=missing)
        title = f"modification indices of 60 items, {'ML' if missing == 'listwise' else 'FIML'}"
        found[title] = Figure(median_seconds(fit.modification_indices, 3) / one, "fits")
    return found


def megabytes(task: str) -> float:
    """Peak memory of a task, over an interpreter that does nothing (Linux)."""
    peak = r"import re; print(int(re.search(r'VmHWM:\s+(\d+)', open('/proc/self/status').read())[1]) / 1024)"
    fit = f"import sys; sys.path.insert(0, 'benchmarks'); import sem; {task}; "
    return in_new_interpreter(fit + peak) - in_new_interpreter(peak)


def figures(repeats: int = 15) -> dict[str, Figure]:
    ours = {name: median_seconds(task, repeats) for name, task in tasks().items()}
    theirs = r_says("sem.R", str(DATA), str(repeats))
    found = {TITLES[name]: Figure(ours[name], other=theirs.get(name), program="lavaan") for name in TITLES}
    return {
        **found,
        **growth(repeats),
        "60 items, FIML, all measures": Figure(cpu_seconds(wide_model)),
        "memory of one WLSMV fit": Figure(megabytes("sem.tasks()['wlsmv']()"), "MB"),
        "memory of FIML of 60 items": Figure(megabytes("sem.wide_model()"), "MB"),
    }


if __name__ == "__main__":
    show(figures(*map(int, sys.argv[1:])))

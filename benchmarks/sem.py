"""How fast the structural equation engine is, beside lavaan where Rscript has it.

usage: python benchmarks/sem.py [--repeats 15]

Prints one table: median milliseconds of warm runs, each with all fit measures and the
parameter table with standardised estimates; then import time and memory.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # lavaan's R runs on one core too

import pandas as pd

HERE = Path(__file__).resolve().parent
DATA = HERE.parent / "tests" / "sem" / "reference" / "data"
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


def median_ms(task: Callable[[], object], repeats: int) -> float:
    task()  # warm
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


def lavaan_ms(repeats: int) -> dict[str, float]:
    """Medians of lavaan on the same tasks, or nothing where R or lavaan is absent."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return {}
    run = subprocess.run(
        [rscript, str(HERE / "sem.R"), str(DATA), str(repeats)], capture_output=True, text=True, check=False
    )
    return json.loads(run.stdout) if run.returncode == 0 else {}


def in_new_interpreter(code: str) -> float:
    """Run code that prints one number in a fresh interpreter, three times; the median."""
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE.parent
        )
        for _ in range(3)
    ]
    return statistics.median(float(run.stdout) for run in runs)


def import_seconds(statement: str) -> float:
    return in_new_interpreter(
        f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    )


def fit_megabytes() -> float:
    """Peak memory of one fit, over an interpreter that does nothing (Linux)."""
    peak = r"import re; print(int(re.search(r'VmHWM:\s+(\d+)', open('/proc/self/status').read())[1]) / 1024)"
    fit = "import sys; sys.path.insert(0, 'benchmarks'); import sem; sem.tasks()['wlsmv'](); "
    return in_new_interpreter(fit + peak) - in_new_interpreter(peak)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=15, help="timed runs of each task")
    repeats = parser.parse_args().repeats
    ours = {name: median_ms(task, repeats) for name, task in tasks().items()}
    theirs = lavaan_ms(repeats)
    header = f"median of {repeats} warm runs"
    print(f"{header:32} {'bouwen ms':>10} {'lavaan ms':>10} {'times faster':>13}")
    for name, title in TITLES.items():
        beside = (
            f"{theirs[name]:10.1f} {theirs[name] / ours[name]:13.1f}"
            if name in theirs
            else f"{'–':>10} {'–':>13}"
        )
        print(f"{title:32} {ours[name]:10.1f} {beside}")
    first_fit = "import pandas, bouwen; from bouwen.sem import fit_sem"
    print(f"{'import bouwen':32} {import_seconds('import bouwen'):10.2f} s")
    print(f"{'import with fit_sem':32} {import_seconds(first_fit):10.2f} s")
    print(f"{'memory of one WLSMV fit':32} {fit_megabytes():10.0f} MB over the bare interpreter")


if __name__ == "__main__":
    main()

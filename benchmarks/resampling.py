"""How fast thousands of fits are, beside lavaan and semTools where Rscript has them.

usage: python benchmarks/resampling.py [MOST]

CPU seconds on one core for each task (so that other work on the machine does not count), beside R's, scaled
up from fewer draws; seconds by the clock on two cores, with warm workers; cost per draw and peak memory from
1,000 draws to MOST, 100,000 by default.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # lavaan's R runs on one core too

import numpy as np
import pandas as pd
from figures import ROOT, Figure, clock_seconds, cpu_seconds, median_seconds, r_says, show

STUDY = ROOT / "data" / "providers" / "study.yml"
DATA = ROOT / "tests" / "reference" / "data"
THREE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
DEMOCRACY = """
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + y2 + y3 + y4
dem65 =~ y5 + y6 + y7 + y8
dem60 ~ ind60
dem65 ~ ind60 + dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8
"""
DRAWS = 1000
ROWS = {  # title, draws
    "democracy": ("bootstrap, democracy (11 items, n = 75)", 1000),
    "everything": ("the same with standardised values and intervals", 1000),
    "structural": ("bootstrap, the study's structural model", 5000),
    "two_steps": ("bootstrap, the same after its measurement", 1000),
    "metric": ("permutations of the metric step, Holzinger", 1000),
    "scalar": ("permutations of the scalar step, Holzinger", 1000),
    "gaps": ("bootstrap, FIML, 15 % missing, 20 patterns", 1000),
}
ON_WORKERS = ("everything", "structural", "metric", "scalar")


def with_gaps(data: pd.DataFrame) -> pd.DataFrame:
    """Holzinger's nine tests with 15 % of the answers missing, in 20 patterns."""
    rng = np.random.default_rng(15)
    items = data[[f"x{k}" for k in range(1, 10)]]
    single = np.eye(9, dtype=bool)
    pairs = [single[i] | single[j] for i, j in combinations(range(9), 2)]
    some = [pairs[k] for k in rng.choice(len(pairs), 10, replace=False)]
    kinds = np.array([0 * single[0], 0 * single[0], *single, *some], dtype=bool)
    return items.mask(kinds[rng.permutation(np.arange(len(items)) % len(kinds))])


def structural() -> tuple[str, pd.DataFrame]:
    """The providers study's structural model, and its answers with reversed items turned."""
    import bouwen

    fit = bouwen.fit_model(bouwen.read_study(STUDY), "structural")
    return fit.call.model, pd.DataFrame(np.concatenate(fit.sample.rows), columns=list(fit.sample.names))


def tasks(model: str, answers: pd.DataFrame, gaps: pd.DataFrame) -> dict[str, Callable[[int], object]]:
    """What is timed, as functions of the number of workers."""
    import bouwen
    from bouwen.groups import check_invariance, permutation_invariance
    from bouwen.sem import fit_sam, fit_sem

    holzinger, democracy = (pd.read_csv(DATA / f"{name}.csv") for name in ("holzinger", "democracy"))
    small, large = fit_sem(DEMOCRACY, democracy), fit_sem(model, answers, missing="fiml")
    ladder = check_invariance(THREE, holzinger, "school", steps=("configural", "metric", "scalar"))
    metric, scalar = (
        replace(ladder, fits={step: ladder.fits[step] for step in pair})
        for pair in (("configural", "metric"), ("metric", "scalar"))
    )
    incomplete, two_steps = fit_sem(THREE, gaps, missing="fiml"), fit_sam(model, answers)
    return {
        "democracy": lambda _: refits(small, DRAWS),
        "everything": lambda jobs: bouwen.bootstrap(small, DRAWS, seed=1, n_jobs=jobs).intervals(),
        "structural": lambda jobs: bouwen.bootstrap(large, 5000, seed=1, n_jobs=jobs).intervals(),
        "two_steps": lambda jobs: bouwen.bootstrap(two_steps, DRAWS, seed=1, n_jobs=jobs).intervals(),
        "metric": lambda jobs: permutation_invariance(metric, DRAWS, n_jobs=jobs),
        "scalar": lambda jobs: permutation_invariance(scalar, DRAWS, n_jobs=jobs),
        "gaps": lambda _: refits(incomplete, DRAWS),
    }


def refits(fit: object, draws: int, chunk: int = 500) -> float:
    """Refit bootstrap samples and keep nothing of them but the share that converged."""
    from bouwen.sem.resample.batch import CONVERGED, fit_batch
    from bouwen.sem.resample.stacks import weighted_objective

    rng, n, converged = np.random.default_rng(1), fit.n, 0
    for first in range(0, draws, chunk):
        weights = rng.multinomial(n, np.full(n, 1 / n), size=min(chunk, draws - first)).astype(float)
        batch = fit_batch(weighted_objective(fit.family, weights), fit.partable, fit.theta)
        converged += int((batch.status == CONVERGED).sum())
    return converged / draws


def theirs(model: str, answers: pd.DataFrame, gaps: pd.DataFrame) -> dict[str, dict[str, float]]:
    """CPU seconds of lavaan and semTools and the draws they are for, or nothing without R."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source in ("holzinger", "democracy"):
            shutil.copy(DATA / f"{source}.csv", folder)
        answers.to_csv(folder / "structural.csv", index=False)
        gaps.to_csv(folder / "gaps.csv", index=False)
        for title, text in (("three", THREE), ("democracy", DEMOCRACY), ("structural", model)):
            (folder / f"{title}.txt").write_text(text + "\n")
        return r_says("resampling.R", str(folder))


def flatness(draws: int) -> tuple[float, float]:
    """Microseconds of CPU per draw of the democracy model, and peak megabytes, in a new interpreter."""
    code = (
        "import sys, re, time; sys.path.insert(0, 'benchmarks'); import resampling as r, pandas as pd\n"
        "from bouwen.sem import fit_sem\n"
        "fit = fit_sem(r.DEMOCRACY, pd.read_csv(r.DATA / 'democracy.csv')); r.refits(fit, 100)\n"
        f"seconds = r.cpu_seconds(lambda: r.refits(fit, {draws}))\n"
        r"peak = int(re.search(r'VmHWM:\s+(\d+)', open('/proc/self/status').read())[1]) / 1024" + "\n"
        f"print(1e6 * seconds / {draws}, peak)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    per_draw, peak = run.stdout.split()
    return float(per_draw), float(peak)


def figures(most: int = 100_000) -> dict[str, Figure]:
    from bouwen.sem import fit_sam

    gaps = with_gaps(pd.read_csv(DATA / "holzinger.csv"))
    model, answers = structural()
    run = tasks(model, answers, gaps)
    for task in run.values():  # warm, workers too
        task(2)
    other, found = theirs(model, answers, gaps), {}
    for name, (title, draws) in ROWS.items():
        source = other.get("democracy" if name == "everything" else name)
        scaled = source["seconds"] * draws / source["draws"] if source else None
        title = f"{title}, {draws:,} draws"
        found[title] = Figure(cpu_seconds(lambda name=name: run[name](1)), other=scaled, program="R")
        if name in ON_WORKERS:
            found[f"{title}, two cores"] = Figure(clock_seconds(lambda name=name: run[name](2)))
    found["structure after measurement"] = Figure(median_seconds(lambda: fit_sam(model, answers), 5))
    for draws in (1000, 10_000, most):
        per_draw, peak = flatness(draws)
        found[f"a draw of {draws:,}, democracy"] = Figure(per_draw, "µs")
        found[f"peak of {draws:,} draws, democracy"] = Figure(peak, "MB")
    return found


if __name__ == "__main__":
    show(figures(*map(int, sys.argv[1:])))

"""How fast thousands of fits are, beside lavaan and semTools where Rscript has them.

usage: python benchmarks/resampling.py [--most 100000]

Prints CPU seconds on one core for each task (so that other work on the machine does not count), beside R's,
scaled up from fewer draws; seconds by the clock on two cores, with warm workers; cost per draw and peak
memory from 1,000 draws to --most.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # lavaan's R runs on one core too

import numpy as np
import pandas as pd

HERE = Path(__file__).resolve().parent
STUDY = HERE.parent / "data" / "providers" / "study.yml"
DATA = HERE.parent / "tests" / "sem" / "reference" / "data"
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
ROWS = {  # title, draws, goal
    "democracy": ("bootstrap, democracy (11 items, 31 parameters, n = 75)", 1000, "100 times"),
    "everything": ("the same with standardised values and intervals", 1000, ""),
    "structural": ("bootstrap, the study's structural model", 5000, "10 s on two cores"),
    "metric": ("permutations of the metric step, Holzinger", 1000, "200 times"),
    "scalar": ("permutations of the scalar step, Holzinger", 1000, "200 times"),
    "gaps": ("bootstrap, FIML, 15 % missing, 20 patterns", 1000, "20 times"),
}


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
    from bouwen.groups import fit_model

    fit = fit_model(bouwen.read_study(STUDY), "structural")
    return fit.call.model, pd.DataFrame(np.concatenate(fit.sample.rows), columns=list(fit.sample.names))


def cpu_seconds(task: Callable[[], object]) -> float:
    start = time.process_time()
    task()
    return time.process_time() - start


def clock_seconds(task: Callable[[], object]) -> float:
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def tasks(model: str, answers: pd.DataFrame, gaps: pd.DataFrame) -> dict[str, Callable[[int], object]]:
    """What is timed, as functions of the number of workers."""
    import bouwen
    from bouwen.groups import check_invariance, permutation_invariance
    from bouwen.sem import fit_sem

    holzinger, democracy = (pd.read_csv(DATA / f"{name}.csv") for name in ("holzinger", "democracy"))
    small, large = fit_sem(DEMOCRACY, democracy), fit_sem(model, answers, missing="fiml")
    ladder = check_invariance(THREE, holzinger, "school", steps=("configural", "metric", "scalar"))
    metric, scalar = (
        replace(ladder, fits={step: ladder.fits[step] for step in pair})
        for pair in (("configural", "metric"), ("metric", "scalar"))
    )
    incomplete = fit_sem(THREE, gaps, missing="fiml")
    return {
        "democracy": lambda _: refits(small, DRAWS),
        "everything": lambda jobs: bouwen.bootstrap(small, DRAWS, seed=1, n_jobs=jobs).intervals(),
        "structural": lambda jobs: bouwen.bootstrap(large, 5000, seed=1, n_jobs=jobs).intervals(),
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
    rscript = shutil.which("Rscript")
    if rscript is None:
        return {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for source in ("holzinger", "democracy"):
            shutil.copy(DATA / f"{source}.csv", folder)
        answers.to_csv(folder / "structural.csv", index=False)
        gaps.to_csv(folder / "gaps.csv", index=False)
        for title, text in (("three", THREE), ("democracy", DEMOCRACY), ("structural", model)):
            (folder / f"{title}.txt").write_text(text + "\n")
        command = [rscript, str(HERE / "resampling.R"), str(folder)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        print(run.stderr, file=sys.stderr)
        return {}
    return json.loads(run.stdout)


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
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HERE.parent
    )
    per_draw, peak = run.stdout.split()
    return float(per_draw), float(peak)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--most", type=int, default=100_000, help="draws of the longest run")
    most = parser.parse_args().most
    gaps = with_gaps(pd.read_csv(DATA / "holzinger.csv"))
    model, answers = structural()
    run = tasks(model, answers, gaps)
    for task in run.values():  # warm, workers too
        task(2)
    one = {name: cpu_seconds(lambda task=task: task(1)) for name, task in run.items()}
    two = {name: clock_seconds(lambda task=task: task(2)) for name, task in run.items()}
    other = theirs(model, answers, gaps)
    print(f"{'seconds':56} {'draws':>6} {'1 core':>8} {'2 cores':>8} {'R':>8} {'times':>6}  R timed on, goal")
    for name, (title, draws, goal) in ROWS.items():
        source = other.get("democracy" if name == "everything" else name)
        clock = f"{two[name]:8.3f}" if name not in ("democracy", "gaps") else f"{'–':>8}"
        beside = f"{'–':>8} {'–':>6}"
        if source:
            scaled = source["seconds"] * draws / source["draws"]
            beside = f"{scaled:8.1f} {scaled / one[name]:6.0f}  {source['draws']} draws, {goal}"
        print(f"{title:56} {draws:6} {one[name]:8.3f} {clock} {beside}")
    for draws in (1000, 10_000, most):
        per_draw, peak = flatness(draws)
        print(f"{draws:7} draws, democracy: {per_draw:6.0f} microseconds a draw, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()

"""What large surveys ask: peak memory and CPU seconds of what draws, each in an interpreter of its own.

usage: python benchmarks/size.py [NAME …]

A survey of 700 respondents, 20 items, a group of three levels and a tenth of the answers missing, nearly a
pattern each; and 10,602 respondents, as in the largest survey that asked, with the care providers' model too.
Peaks are those of the whole process, Python, answers and fits included.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from figures import ROOT, Figure, show

STUDY = ROOT / "data" / "providers" / "study.yml"
FACTORS, ITEMS = 4, 5
MEASURED = "\n".join(
    f"f{k} =~ " + " + ".join(f"i{ITEMS * k + j}" for j in range(ITEMS)) for k in range(FACTORS)
)
STEPS = ("configural", "metric", "scalar")
CASES = {  # what is drawn, respondents, draws
    "one permutation, 700 respondents": ("permutations", 700, 1),
    "200 permutations, 700 respondents": ("permutations", 700, 200),
    "5,000 bootstrap draws, 700 respondents": ("bootstrap", 700, 5000),
    "200 permutations, 10,602 respondents": ("permutations", 10_602, 200),
    "5,000 bootstrap draws of the structural model, 10,602 respondents": ("structural", 10_602, 5000),
}


def with_gaps(values: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Answers from 1 to 5 with a share of them missing, whoever and whatever."""
    answers = np.clip(np.round(values), 1, 5)
    answers[rng.random(answers.shape) < share] = np.nan
    return answers


def survey(n: int) -> pd.DataFrame:
    """Twenty items of four factors that correlate at 0.4, and three levels."""
    rng = np.random.default_rng(3)
    C = np.full((FACTORS, FACTORS), 0.4) + 0.6 * np.eye(FACTORS)
    factors = rng.standard_normal((n, FACTORS)) @ np.linalg.cholesky(C).T
    items = 3 + np.repeat(factors, ITEMS, axis=1) + rng.standard_normal((n, FACTORS * ITEMS))
    names = [f"i{k}" for k in range(FACTORS * ITEMS)]
    return pd.DataFrame(with_gaps(items, 0.1, rng), columns=names).assign(level=rng.integers(0, 3, n))


def of_the_model(n: int) -> tuple[str, pd.DataFrame]:
    """The providers' structural model, and answers drawn from it with 6 % of them missing, as theirs."""
    import bouwen

    fit = bouwen.fit_model(bouwen.read_study(STUDY), "structural")
    rng = np.random.default_rng(1)
    normal = rng.standard_normal((n, fit.structure.p)) @ np.linalg.cholesky(fit.implied.cov[0]).T
    answers = with_gaps(normal + fit.implied.mean[0], 0.06, rng)
    return fit.call.model, pd.DataFrame(answers, columns=list(fit.sample.names))


def draw(what: str, n: int, draws: int) -> None:
    """Do what a case asks."""
    import bouwen
    from bouwen.groups import check_invariance, permutation_invariance

    if what == "permutations":
        ladder = check_invariance(MEASURED, survey(n), "level", steps=STEPS, estimator="MLR", missing="fiml")
        permutation_invariance(ladder, draws)
        return
    model, answers = of_the_model(n) if what == "structural" else (MEASURED, survey(n))
    bouwen.bootstrap(bouwen.fit_sem(model, answers, missing="fiml"), draws)


def measured(what: str, n: int, draws: int) -> tuple[float, float]:
    """Peak megabytes and CPU seconds of a case in a new interpreter."""
    command = [sys.executable, __file__, "--child", what, str(n), str(draws)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    peak, seconds = run.stdout.split()
    return float(peak), float(seconds)


def figures(*names: str) -> dict[str, Figure]:
    """Two figures a case, all cases unless some are named."""
    found = {}
    for name, case in CASES.items():
        if not names or name in names:
            peak, seconds = measured(*case)
            found[f"peak of {name}"] = Figure(peak, "MB")
            found[name] = Figure(seconds)
    return found


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        draw(sys.argv[2], *map(int, sys.argv[3:]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # kilobytes on Linux
        print(peak, time.process_time())
    else:
        show(figures(*sys.argv[1:]))

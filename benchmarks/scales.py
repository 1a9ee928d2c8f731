"""How long a thousand bootstrap draws of reliability and validity take.

usage: python benchmarks/scales.py [STUDY [WORKERS]]
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys

from figures import Figure, clock_seconds, show

DRAWS = 1000


def figures(path: str = "data/providers/study.yml", workers: str = "2") -> dict[str, Figure]:
    """The best of three runs, after one that loads what is needed."""
    import bouwen

    study, jobs = bouwen.read_study(path), int(workers)
    tasks = {
        "omega, 1,000 draws (FIML)": lambda: bouwen.scale_reliability(study, draws=DRAWS, n_jobs=jobs),
        "omega of ordered answers, 1,000 draws": lambda: bouwen.scale_reliability(
            study, draws=DRAWS, n_jobs=jobs, estimator="WLSMV"
        ),
        "HTMT2, 1,000 draws": lambda: bouwen.htmt(study, draws=DRAWS),
    }
    for task in tasks.values():
        task()
    return {name: Figure(min(clock_seconds(task) for _ in range(3))) for name, task in tasks.items()}


if __name__ == "__main__":
    show(figures(*sys.argv[1:]))

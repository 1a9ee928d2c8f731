"""How long a thousand bootstrap draws of reliability and validity take on one core.

usage: python benchmarks/scales.py [STUDY]
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys

from figures import ROOT, Figure, median_seconds, show

DRAWS = 1000


def figures(path: str = "data/providers/study.yml") -> dict[str, Figure]:
    """CPU seconds of a warm run."""
    import bouwen

    study = bouwen.read_study(ROOT / path)
    tasks = {
        "omega (FIML)": lambda: bouwen.scale_reliability(study, draws=DRAWS, n_jobs=1),
        "omega of ordered answers": lambda: bouwen.scale_reliability(
            study, draws=DRAWS, n_jobs=1, estimator="WLSMV"
        ),
        "HTMT2": lambda: bouwen.htmt(study, draws=DRAWS),
    }
    return {f"{name}, {DRAWS:,} draws": Figure(median_seconds(task, 1)) for name, task in tasks.items()}


if __name__ == "__main__":
    show(figures(*sys.argv[1:]))

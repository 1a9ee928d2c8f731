"""How long a thousand bootstrap draws of reliability and validity take, as Markdown on standard output.

The scales of the providers' study, or of the first argument; a second argument sets the number
of workers, two without one.
"""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import sys
import time

import bouwen
from bouwen.scales import htmt, scale_reliability

DRAWS = 1000


def seconds(task):
    """The best of three runs, after one that loads what is needed."""
    task()
    times = []
    for _ in range(3):
        start = time.perf_counter()
        task()
        times.append(time.perf_counter() - start)
    return min(times)


def main(path="data/providers/study.yml", workers="2"):
    study, jobs = bouwen.read_study(path), int(workers)
    tasks = {
        "omega, continuous answers (FIML)": lambda: scale_reliability(study, draws=DRAWS, n_jobs=jobs),
        "omega, ordered answers (Green & Yang)": lambda: scale_reliability(
            study, draws=DRAWS, n_jobs=jobs, estimator="WLSMV"
        ),
        "HTMT2": lambda: htmt(study, draws=DRAWS),
    }
    print(
        f"{len(study.constructs)} constructs, {len(study.items)} items, n = {len(study.responses)}, ", end=""
    )
    print(f"{DRAWS} draws, {jobs} workers\n")
    print("| figure | seconds |\n| --- | --- |")
    for name, task in tasks.items():
        print(f"| {name} | {seconds(task):.1f} |", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

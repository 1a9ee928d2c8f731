"""What `import bouwen` and the first use of the engine cost, beside `import pandas`."""

import statistics

from figures import Figure, in_new_interpreter, show

RUNS = 9
STATEMENTS = {
    "import of bouwen": "import bouwen",
    "import of bouwen with fit_sem": "import bouwen; bouwen.fit_sem",
}


def seconds(statement: str) -> float:
    """CPU seconds that a statement takes in a fresh interpreter."""
    return in_new_interpreter(
        f"import time; t = time.process_time(); {statement}; print(time.process_time() - t)"
    )


def figures() -> dict[str, Figure]:
    """Medians; the statements take turns, so that what else the machine does hits all of them."""
    statements = {**STATEMENTS, "pandas": "import pandas"}
    for statement in statements.values():
        seconds(statement)  # written to the disk's cache
    rounds = [{name: seconds(statement) for name, statement in statements.items()} for _ in range(RUNS)]
    medians = {name: statistics.median(one[name] for one in rounds) for name in statements}
    pandas = medians.pop("pandas")
    return {name: Figure(took, other=pandas, program="import pandas") for name, took in medians.items()}


if __name__ == "__main__":
    show(figures())

"""What tests cost, for ``make times``: ``pytest -p times --times=FILE`` writes processor seconds by test,
``python times.py FILE`` a table of them by file.

Processor seconds, of the tests and of processes that they waited for, say the same on a busy machine.
"""

import json
import os
import sys
from collections import defaultdict
from pathlib import Path

import pytest

_last = os.times()
_found: dict[str, dict] = {}


def pytest_addoption(parser):
    parser.addoption("--times", type=Path, help="write processor seconds by test to this file")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Processor seconds since the last report of this process, on the report of this phase."""
    global _last
    report = yield
    now = os.times()
    report.cpu = sum(now[:4]) - sum(_last[:4])
    report.kind = next((k for k in ("long", "browser", "book") if item.get_closest_marker(k)), "quick")
    _last = now
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop():
    """What was imported and collected is nobody's."""
    global _last
    _last = os.times()


def pytest_runtest_logreport(report):
    """In the process that tells, whichever worker the report comes from."""
    entry = _found.setdefault(report.nodeid, {"kind": report.kind, "seconds": 0.0})
    entry["seconds"] += report.cpu


def pytest_sessionfinish(session):
    file = session.config.getoption("times")
    if file and not hasattr(session.config, "workerinput"):
        earlier = json.loads(file.read_text()) if file.exists() else {}
        file.write_text(json.dumps(earlier | _found, indent=0))


KINDS = {"quick": "quick", "book": "test", "browser": "test", "long": "long"}  # by marker: the target


def table(times: dict[str, dict]) -> str:
    """Seconds and tests by file and target, the most expensive first, as Markdown."""
    seconds, tests = defaultdict(float), defaultdict(int)
    for name, entry in times.items():
        place = KINDS[entry["kind"]], name.partition("::")[0]
        seconds[place] += entry["seconds"]
        tests[place] += 1
    lines = ["| target | file | seconds | tests |", "|---|---|---:|---:|"]
    for target in ("quick", "test", "long"):
        of_target = sorted((place for place in tests if place[0] == target), key=seconds.get, reverse=True)
        rest = [place for place in of_target if seconds[place] < 0.5]
        rows = [(f"`{place[1]}`", seconds[place], tests[place]) for place in of_target if place not in rest]
        rows += [(f"{len(rest)} other files", sum(map(seconds.get, rest)), sum(map(tests.get, rest)))]
        rows += [("**together**", sum(map(seconds.get, of_target)), sum(map(tests.get, of_target)))]
        lines += [f"| {target} | {file} | {cost:.1f} | {number} |" for file, cost, number in rows]
    return "\n".join(lines)


HEAD = """# What tests cost

Processor seconds of tests and of the processes that they waited for, by file, as `make times` measured them;
imports and collection come on top. `make quick` runs the rows of *quick* (at most 180 seconds with lint,
types and imports), `make test` those of *quick* and *test*, `make long` those of *long*. A test belongs to
*test* when it is marked `book` or `browser`, to *long* when it is marked `long`.
"""

if __name__ == "__main__":
    print(HEAD + "\n" + table(json.loads(Path(sys.argv[1]).read_text())))

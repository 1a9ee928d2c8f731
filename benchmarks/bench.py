"""Run every benchmark, write `baseline.json`, and name what moved by more than a fifth.

usage: python benchmarks/bench.py [imports] [reading] [sem] [scales] [resampling] [size] [book]
"""

import importlib
import json
import sys
from pathlib import Path

from figures import moved, recorded, show, this_machine

BASELINE = Path(__file__).with_name("baseline.json")
ALL = ("imports", "reading", "sem", "scales", "resampling", "size", "book")


def main(names: tuple[str, ...]) -> None:
    """Run the benchmarks asked for; the others stay as they were recorded."""
    before = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    now = dict(before)
    machine = this_machine()
    for name in names:
        figures = importlib.import_module(name).figures()
        show(figures)
        earlier = before.get(name, {})
        now[name] = recorded(figures, earlier, machine)
        for line in moved(now[name], earlier):
            print(f"moved: {line}")
    BASELINE.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if unknown := set(sys.argv[1:]) - set(ALL):
        sys.exit(f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    main(tuple(sys.argv[1:]) or ALL)

"""What was measured, beside what, and what moved since it was recorded."""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
A_FIFTH = 0.2
Record = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A measurement of ours and, where there is one, that of the other program in the same run.

    ``ratio`` is ours over theirs: below one we are the quicker.
    """

    value: float
    unit: str = "s"
    other: float | None = None
    program: str = "R"

    @property
    def ratio(self) -> float | None:
        return None if self.other is None else self.value / self.other


def recorded(figures: Mapping[str, Figure], before: Record, machine: str) -> Record:
    """What is written: figures by name, and what R took on an earlier machine where it did not run now."""
    out: Record = {}
    for name, figure in figures.items():
        out[name] = {"value": rounded(figure.value), "unit": figure.unit, "machine": machine}
        if figure.ratio is not None:
            beside = {"program": figure.program, "value": rounded(figure.other), "machine": machine}
            out[name] |= {"beside": beside, "ratio": rounded(figure.ratio)}
        elif "beside" in before.get(name, {}):
            out[name]["beside"] = before[name]["beside"]
    return out


def moved(now: Record, before: Record) -> list[str]:
    """A line for every figure that is more than a fifth above or below what was recorded.

    Ratios are compared where both have one, for they hardly depend on the machine; other figures only on
    the same machine.
    """
    lines = []
    for name, figure in now.items():
        old = before.get(name, {})
        if "ratio" in figure and "ratio" in old:
            what, change = "beside " + figure["beside"]["program"], figure["ratio"] / old["ratio"]
        elif figure["machine"] == old.get("machine"):
            what, change = (
                f"{old['value']} -> {figure['value']} {figure['unit']}",
                figure["value"] / old["value"],
            )
        else:
            continue
        if change > 1 + A_FIFTH or change < 1 / (1 + A_FIFTH):
            lines.append(f"{name}: {'more' if change > 1 else 'less'}, {change:.2f} times ({what})")
    lines += [f"{name}: no longer measured" for name in before if name not in now]
    return lines


def rounded(value: float | None) -> float | None:
    """Three digits: more are noise."""
    return None if value is None else float(f"{value:.3g}")


def show(figures: Mapping[str, Figure]) -> None:
    """Print figures as a table."""
    for name, figure in figures.items():
        line = f"{name:58} {figure.value:10.3f} {figure.unit}"
        if figure.ratio is not None:
            faster = (
                f"{1 / figure.ratio:.1f} times quicker" if figure.ratio < 1 else f"{figure.ratio:.2f} times"
            )
            line += f"   {figure.program} {figure.other:.3f} {figure.unit}: {faster}"
        print(line, flush=True)


def this_machine() -> str:
    """Processor, cores and versions: what a figure depends on besides the code."""
    names = [line for line in cpuinfo() if line.startswith("model name")]
    processor = names[0].split(":")[1].strip() if names else platform.machine()
    return f"{processor}, {os.cpu_count()} cores, Python {platform.python_version()}{r_versions()}"


def cpuinfo() -> list[str]:
    """What Linux says of its processors."""
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.exists() else []


def r_versions() -> str:
    """Versions of R and lavaan, or nothing without them."""
    code = 'cat(format(getRversion()), "with lavaan", format(packageVersion("lavaan")))'
    if (rscript := shutil.which("Rscript")) is None:
        return ""
    run = subprocess.run([rscript, "-e", code], capture_output=True, text=True, check=False)
    return f", R {run.stdout}" if run.returncode == 0 else ""


def r_says(script: str, *arguments: str) -> Record:
    """What a script of this folder prints as JSON, or nothing without R and its packages."""
    if (rscript := shutil.which("Rscript")) is None:
        return {}
    command = [rscript, str(ROOT / "benchmarks" / script), *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    if run.returncode:
        print(run.stderr, file=sys.stderr)
        return {}
    return dict(json.loads(run.stdout))


def clock_seconds(task: Callable[[], object]) -> float:
    """Seconds by the clock."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def cpu_seconds(task: Callable[[], object]) -> float:
    """Seconds of this process, so that other work on the machine does not count."""
    start = time.process_time()
    task()
    return time.process_time() - start


def median_seconds(task: Callable[[], object], repeats: int) -> float:
    """Median CPU seconds of warm runs."""
    task()
    return statistics.median(cpu_seconds(task) for _ in range(repeats))


def in_new_interpreter(code: str) -> float:
    """The number that code prints in a fresh interpreter, which may keep what it compiled, as users' do."""
    command = [sys.executable, "-c", code]
    where = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, env=where)
    return float(run.stdout)

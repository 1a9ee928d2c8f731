"""What a kernel of a build tells about the chapter that it runs, beside its results.

Which files the chapter opened, where it was when its time ran out, and what went wrong, in words that hold
no answer of a respondent.
"""

from __future__ import annotations

import faulthandler
import importlib.util
import json
import math
import re
import sys
import time
import traceback
import warnings
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from bouwen.errors import BouwenError

HELD_BACK = "what it says is not shown, since it may hold answers; run the cell in `bouwen lab` to read it"

# Messages of Python and its libraries that hold no data, only names; those must stand in the chapter's code.
HARMLESS = [
    re.compile(pattern)
    for pattern in (
        r"name '(\w+)' is not defined",
        r"No module named '([\w.]+)'",
        r"cannot import name '(\w+)' from '[\w.]+'.*",
        r"(?:module|type object)? ?'[\w.]+' (?:object )?has no attribute '(\w+)'",
        r"(?:float |integer )?(?:division|modulo) (?:or modulo )?by zero",
        r"[a-z ]+ encountered in [\w ]+",
        r"Unable to allocate [\d.]+ \w+ for an array with shape \([\d, ]+\) and data type \w+",
        r"\w+\(\) (?:got an unexpected keyword argument|missing \d+ required .* arguments?:) '(\w+)'",
    )
]


class Reads:
    """The files that were opened for reading since the watch began, apart from the program's own."""

    def __init__(self, own: Iterable[Path]) -> None:
        self.own = tuple(str(folder) for folder in own)
        self.found: set[str] = set()
        sys.addaudithook(self.hear)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note a file that is opened; never fails, since this runs inside every `open`."""
        if event == "open" and isinstance(path := arguments[0], str):
            mode = arguments[1]
            if mode is None or not set(str(mode)) & set("wax+"):
                self.found.add(path)

    def files(self) -> list[str]:
        """Regular files outside the program, each once; compiled modules by their source."""
        opened = (Path(path) for path in self.found.copy())
        sources = {_source_of(path).absolute() for path in opened}
        return sorted(
            str(path) for path in sources if not str(path).startswith((*self.own, "/proc/", "/dev/", "/sys/"))
        )


def _source_of(path: Path) -> Path:
    if path.suffix == ".pyc":
        with suppress(ValueError):
            return Path(importlib.util.source_from_cache(str(path)))
    return path


def program_folders(*more: Path) -> list[Path]:
    """Where Python, its packages and this library are: what the lock and the versions stand for."""
    own = [Path(sys.prefix), Path(sys.base_prefix), Path(sys.base_exec_prefix), Path(__file__).parents[2]]
    packages = [Path(entry) for entry in sys.path if "-packages" in entry]
    return [folder.absolute() for folder in (*own, *packages, *more)]


def write_reads(reads: Reads, path: Path) -> None:
    """Keep what was read so far; the build looks when the chapter has ended."""
    path.write_text(json.dumps(reads.files()), encoding="utf-8")


def dump_stack_at(deadline: float, path: Path) -> None:
    """Have the system note where the code is shortly before a deadline, whatever it does then.

    The deadline is one of `time.monotonic`, which all processes share where the build says so.
    """
    if not math.isfinite(deadline):
        return
    seconds = max(deadline - time.monotonic() - 0.3, 0.05)
    faulthandler.dump_traceback_later(seconds, file=path.open("w", encoding="utf-8"))


def line_of_cell(dump: str) -> int | None:
    """The line of the running cell in what `dump_stack_at` noted."""
    lines = re.findall(r'File "[^"]*ipykernel_\d+[/\\]\d+\.py", line (\d+) in', dump)
    return int(lines[-1]) if lines else None


# ---------------------------------------------------------------- what went wrong


def told(value: BaseException | Warning, sources: Iterable[str]) -> str:
    """What an error or a warning says, if that can hold no answer.

    It cannot where the library says it, where the text stands in quotes in the chapter's code, or where it
    has one of the `HARMLESS` forms with names that are in the chapter's code.
    """
    said, code = str(value), "\n".join(sources)
    if isinstance(value, BouwenError) or type(value).__module__.partition(".")[0] == "bouwen":
        return said
    plain = said.strip("'\"")
    if not plain or f"'{plain}'" in code or f'"{plain}"' in code:
        return said
    for form in HARMLESS:
        if (match := form.fullmatch(said)) and all(name in code for name in match.groups()):
            return said
    return HELD_BACK


def frames_of(trace: TracebackType | None) -> list[str]:
    """Where an error came from, line by line, without what any of the errors said."""
    frames = traceback.extract_tb(trace)
    kept = [frame for frame in frames if "/IPython/" not in frame.filename.replace("\\", "/")]
    return [f"{_short(f.filename)}, line {f.lineno}, in {f.name}: {f.line or ''}".rstrip() for f in kept]


def _short(filename: str) -> str:
    return "the chapter" if "ipykernel_" in filename else "/".join(Path(filename).parts[-3:])


def watch_errors(shell: Any) -> None:
    """Have a kernel say what went wrong in words that hold no answers."""

    def show(
        own: Any, kind: type[BaseException], value: BaseException, trace: Any, *_: Any, **__: Any
    ) -> Any:
        said = told(value, own.user_ns.get("In", []))
        lines = [*frames_of(trace), f"{kind.__name__}: {said}"]
        own._showtraceback(kind, said, lines)
        return lines

    def warn(
        message: Warning | str, category: type[Warning], filename: str, lineno: int, *_: Any, **__: Any
    ) -> None:
        warning = message if isinstance(message, Warning) else category(message)
        said = told(warning, shell.user_ns.get("In", []))
        sys.stderr.write(f"{WARNED}{_short(filename)}, line {lineno}: {category.__name__}: {said}\n")

    shell.set_custom_exc((Exception,), show)
    warnings.showwarning = warn


WARNED = "\u2063"  # an invisible mark before lines that `watch_errors` wrote

"""Everything that bouwen refuses, said in the researcher's words.

Every error descends from `BouwenError`, keeps its facts as attributes and prints
as one message: what was found, where, and what to do next. The command line
prints that message and leaves with status 1.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

MOST_SAID = 590  # characters of a message: what somebody reads
LONGEST_WORD = 240  # a path is not cut, a wall of letters is
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class BouwenError(Exception):
    """A study, a model or a build that bouwen refuses.

    ``proposals`` are changes of the study's files that would settle it, if any are known.
    """

    proposals: Sequence[Any] = ()

    def __str__(self) -> str:
        return concise(super().__str__())

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel from a worker process with message, facts and notes, whatever ``__init__`` asks for."""
        return _restored, (type(self), self.args), self.__dict__


class NotEnoughMemory(BouwenError):
    """Something needs more memory than there is.

    ``megabytes`` is what was asked for at last, 0 where it is not known.
    """

    def __init__(self, about: str, remedy: str, megabytes: int = 0) -> None:
        self.megabytes = megabytes
        asked = f" when {megabytes:,} MB more were asked for" if megabytes else ""
        super().__init__(f"memory ran out{asked}: {about}. {remedy}")


@contextmanager
def memory_for(about: str, remedy: str) -> Iterator[None]:
    """Say what memory was for where it runs out.

    >>> with memory_for("a fit of 3 items to 10 rows", "Leave items out."):
    ...     raise MemoryError
    Traceback (most recent call last):
    bouwen.errors.NotEnoughMemory: memory ran out: a fit of 3 items to 10 rows. Leave items out.
    """
    try:
        yield
    except MemoryError as error:
        shape, dtype = getattr(error, "shape", None), getattr(error, "dtype", None)  # of NumPy's own
        asked = 0 if shape is None or dtype is None else math.prod(shape) * dtype.itemsize >> 20
        raise NotEnoughMemory(about, remedy, asked) from None


def _restored(kind: type[BouwenError], args: tuple[object, ...]) -> BouwenError:
    return kind.__new__(kind, *args)


def concise(message: str) -> str:
    r"""A message of fewer than 600 characters, whatever was found in a file or on the command line.

    A word of hundreds of letters is cut in its middle and signs that cannot be seen are written out; further
    lines are counted; of one line the beginning (what, where) and the end (what to do) are kept.

    >>> len(concise("study.yml: " + "a" * 5000 + " is too long.")), len(concise("no " * 1000)) < 600
    (205, True)
    >>> concise("\n".join(["first"] + ["x" * 100] * 9)).splitlines()[-1]
    '… and 4 more.'
    """
    message = CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", message)
    half = LONGEST_WORD // 2
    message = re.sub(rf"(\S{{{half}}})\S{{{half},}}(\S{{{half // 2}}})", r"\1…\2", message)
    if len(message) <= MOST_SAID:
        return message
    first, *rest = message.split("\n")
    if len(first) > MOST_SAID - 20:
        head, tail = first[: MOST_SAID - 200].rpartition(" ")[0], first[-150:].partition(" ")[2]
        first = f"{head or first[: MOST_SAID - 200]} … {tail}"
    shown = [first]
    while rest and len("\n".join([*shown, rest[0]])) < MOST_SAID - 20:
        shown.append(rest.pop(0))
    left = len(rest)
    if rest and (counted := re.match(r"… and (\d+) more", rest[-1])):
        left += int(counted[1]) - 1
    return "\n".join([*shown, f"… and {left} more."] if rest else shown)


def nearest(word: str, candidates: Iterable[str], n: int = 1) -> list[str]:
    """Up to ``n`` candidates that resemble ``word``, the best first; case is ignored.

    >>> nearest("t17", ["t7", "q1"])
    ['t7']
    """
    if len(str(word)) > LONGEST_WORD:
        return []
    by_lower = {str(candidate).lower(): candidate for candidate in candidates}
    return [by_lower[hit] for hit in difflib.get_close_matches(str(word).lower(), by_lower, n=n, cutoff=0.6)]


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """A closing question naming the nearest candidate, or nothing.

    >>> did_you_mean("agre5", ["agree5", "grade10"])
    ' Did you mean "agree5"?'
    >>> did_you_mean("x", ["agree5"])
    ''
    """
    hits = nearest(word, candidates)
    return f' Did you mean "{hits[0]}"?' if hits else ""

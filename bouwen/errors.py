"""Everything that bouwen refuses, said in the researcher's words.

Every error descends from `BouwenError`, keeps its facts as attributes and prints
as one message: what was found, where, and what to do next. The command line
prints that message and leaves with status 1.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any


class BouwenError(Exception):
    """A study, a model or a build that bouwen refuses."""

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


def nearest(word: str, candidates: Iterable[str], n: int = 1) -> list[str]:
    """Up to ``n`` candidates that resemble ``word``, the best first; case is ignored.

    >>> nearest("t17", ["t7", "q1"])
    ['t7']
    """
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

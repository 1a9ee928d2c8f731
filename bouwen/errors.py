"""Everything that bouwen refuses, said in the researcher's words.

Every error descends from `BouwenError`, keeps its facts as attributes and prints
as one message: what was found, where, and what to do next. The command line
prints that message and leaves with status 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any


class BouwenError(Exception):
    """A study, a model or a build that bouwen refuses."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel from a worker process with message, facts and notes, whatever ``__init__`` asks for."""
        return _restored, (type(self), self.args), self.__dict__


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

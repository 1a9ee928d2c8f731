"""How much memory stacks of draws may take: one setting for all of them.

Draws are fitted side by side, as many at a time as fit into a share of it. The share does not depend on how
many workers there are, so that their number changes no digit of a result.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from bouwen.errors import BouwenError

SETTING = "BOUWEN_MEMORY"
DEFAULT = 512  # megabytes in all
SHARES = 8  # workers that share them; with more workers than that, each still takes a share
MEGABYTE = 2**20


class NotAMemory(BouwenError):
    """The setting for memory is not a number of megabytes."""

    def __init__(self) -> None:
        super().__init__(
            f"the environment variable {SETTING} is not a whole number of megabytes of 8 or more; "
            f"leave it out for {DEFAULT}."
        )


def ways_to_use_less() -> str:
    """What to do where memory ran out."""
    return (
        f"Draws share {megabytes()} MB; set {SETTING} to less, use fewer workers (n_jobs=), or close other "
        "programs."
    )


def megabytes() -> int:
    """What all stacks of draws together may take.

    Raises
    ------
    NotAMemory
    """
    text = os.environ.get(SETTING, "").strip() or str(DEFAULT)
    if not (text.isascii() and text.isdigit() and int(text[:9]) >= SHARES):
        raise NotAMemory
    return int(text[:9])


def stack_bytes() -> int:
    """What one stack may take."""
    return megabytes() * MEGABYTE // SHARES


def parts_of(draws: int, bytes_of_one: int) -> Iterator[slice]:
    """Draws a few at a time, so that a stack of them keeps to `stack_bytes`; at least one.

    >>> [(part.start, part.stop) for part in parts_of(5, stack_bytes() // 2)]
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, stack_bytes() // max(1, bytes_of_one))
    for first in range(0, draws, step):
        yield slice(first, min(first + step, draws))

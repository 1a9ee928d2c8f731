"""Many draws -> chunks of draws, on one core or several, with the same result.

Every chunk has a random generator of its own that depends on the seed and the chunk's number only. How many
workers there are, and which one takes a chunk, therefore changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

CHUNK = 250

Result = TypeVar("Result")


@dataclass(frozen=True)
class Chunk:
    """Draws ``first`` to ``first + size``, and what makes them random."""

    number: int
    first: int
    size: int
    seed: int

    def rng(self) -> np.random.Generator:
        """The generator of this chunk."""
        return np.random.default_rng([self.seed, self.number])


def run_chunks(
    task: Callable[[Chunk], Result], draws: int, *, seed: int, n_jobs: int | None = None, chunk: int = CHUNK
) -> list[Result]:
    """Call a task for each chunk of draws; results in the order of the chunks.

    Parameters
    ----------
    task : callable
        Takes a `Chunk`. For more than one worker it must be picklable, such as a
        `functools.partial` of a function of a module.
    draws, seed : int
    n_jobs : int, optional
        Workers; 1 unless joblib's ``parallel_config`` says otherwise, -1 for all cores.
    chunk : int
        Draws in a chunk; other sizes give other draws.
    """
    from joblib import Parallel, delayed

    firsts = range(0, draws, chunk)
    chunks = [Chunk(k, first, min(chunk, draws - first), seed) for k, first in enumerate(firsts)]
    results: list[Result] = Parallel(n_jobs=n_jobs)(delayed(task)(one) for one in chunks)
    return results

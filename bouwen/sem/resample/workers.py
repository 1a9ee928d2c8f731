"""Many draws -> chunks of draws, on one core, several or a cluster, with the same result.

Every chunk has a random generator of its own that depends on the seed and the chunk's number only. How many
workers there are, which one takes a chunk, and whether one is lost on the way therefore change nothing.

Workers are joblib's: ``n_jobs`` or ``joblib.parallel_config`` says how many and where. joblib is loaded
only when there is more than one.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bouwen.checks import NotACount, check_count
from bouwen.errors import BouwenError, NotEnoughMemory, memory_for
from bouwen.sem.resample.memory import SETTING, megabytes, ways_to_use_less

CHUNK = 250
BAR_AFTER = 2.0  # seconds without a progress bar

Done = TypeVar("Done")


class ClusterUnreachable(BouwenError):
    """The scheduler of a cluster does not answer, or the packages to talk to it are missing."""


@dataclass(frozen=True)
class Chunk:
    """Draws ``first`` to ``first + size``, and what makes them random."""

    number: int
    first: int
    size: int
    seed: int

    def rng(self) -> np.random.Generator:
        """The generator of this chunk, anew at every call."""
        return np.random.default_rng([self.seed, self.number])


def chunks_of(draws: int, seed: int, chunk: int = CHUNK) -> list[Chunk]:
    """The chunks that draws are made in."""
    return [Chunk(k, at, min(chunk, draws - at), seed) for k, at in enumerate(range(0, draws, chunk))]


def run_chunks(
    task: Callable[[Chunk], Done],
    draws: int,
    *,
    seed: int,
    n_jobs: int | None = None,
    chunk: int = CHUNK,
    about: str = "",
) -> list[Done]:
    """Call a task for each chunk of draws; results in the order of the chunks.

    Parameters
    ----------
    task : callable
        Takes a `Chunk`, of which ``chunk.rng()`` must be its only source of randomness. For more than one
        worker it must be picklable, such as a `functools.partial` of a function of a module.
    draws, seed : int
        Neither is negative.
    n_jobs : int, optional
        Workers: 1 is this process, -1 all cores. By default 1, unless ``joblib.parallel_config`` says
        otherwise; with ``parallel_config("dask")`` the chunks go to a cluster.
    chunk : int
        Draws in a chunk; other sizes give other draws.
    about : str
        What a progress bar says. There is one on stderr if that is a terminal and the work lasts longer
        than two seconds.

    Raises
    ------
    NotACount
    BouwenError
        Whatever the task raises, with a note that names the draws; `NotEnoughMemory` where memory runs out,
        or a worker process is ended from outside.
    KeyboardInterrupt
        At Ctrl-C, once the worker processes are ended.

    Notes
    -----
    BLAS runs on one thread in every chunk, because more threads would change the last bits.
    """
    check_count("draws", draws)
    check_count("seed", seed)
    if n_jobs == 0 or not isinstance(n_jobs, (int, type(None))):
        raise NotACount("n_jobs", n_jobs, least=1)
    chunks = chunks_of(draws, seed, chunk)
    if len(chunks) < 2 or _here(n_jobs):
        with _one_thread():
            return list(_watched((_run_one(task, c) for c in chunks), chunks, about))
    from concurrent.futures.process import BrokenProcessPool

    from joblib import Parallel, delayed

    # no memory maps: arrays reach the task as they are, writable or not, in this process and elsewhere
    parallel = Parallel(n_jobs=n_jobs, return_as="generator", batch_size=1, max_nbytes=None)
    try:
        return list(
            _watched(parallel(delayed(_elsewhere)(task, c, megabytes()) for c in chunks), chunks, about)
        )
    except BrokenProcessPool:  # nothing is left of a worker that the system has ended
        raise NotEnoughMemory(
            f"a worker for {draws:,} draws was ended from outside", ways_to_use_less()
        ) from None
    except KeyboardInterrupt:
        _end_workers()
        raise


def _here(n_jobs: int | None) -> bool:
    """Whether the work stays in this process."""
    if n_jobs is not None or "joblib" not in sys.modules:
        return n_jobs in (None, 1)
    from joblib.parallel import get_active_backend

    backend, workers = get_active_backend()
    return bool((backend.default_n_jobs if workers is None else workers) == 1)


def _one_thread() -> AbstractContextManager[object]:
    from threadpoolctl import threadpool_limits

    limit: AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    return limit


def _elsewhere(task: Callable[[Chunk], Done], chunk: Chunk, setting: int) -> Done:
    """One chunk in a worker process, which may have begun when less or more memory was allowed."""
    os.environ[SETTING] = str(setting)
    with _one_thread():
        return _run_one(task, chunk)


def _run_one(task: Callable[[Chunk], Done], chunk: Chunk) -> Done:
    """One chunk; an error gets a note of where it happened."""
    last = chunk.first + chunk.size
    try:
        with memory_for(f"draws {chunk.first + 1:,} to {last:,} were at work", ways_to_use_less()):
            return task(chunk)
    except Exception as error:
        error.add_note(f"in chunk {chunk.number} (draws {chunk.first + 1} to {last}) with seed {chunk.seed}")
        raise


def _end_workers() -> None:
    """End the worker processes that joblib keeps for the next call."""
    from joblib.externals.loky import get_reusable_executor

    with suppress(Exception):
        get_reusable_executor().shutdown(wait=True, kill_workers=True)


# ---------------------------------------------------------------------- progress


def _watched(results: Iterable[Done], chunks: Sequence[Chunk], about: str) -> Iterator[Done]:
    """The same results, with a progress bar in a terminal once they take long."""
    if not sys.stderr.isatty():
        yield from results
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    count = TextColumn("{task.completed:,} of {task.total:,} draws")
    columns = (TextColumn("{task.description}"), BarColumn(20), count, TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    line = bar.add_task(about, total=chunks[-1].first + chunks[-1].size if chunks else 0)
    began = time.monotonic()
    try:
        for chunk, result in zip(chunks, results, strict=True):
            bar.advance(line, chunk.size)
            if not bar.live.is_started and time.monotonic() - began > BAR_AFTER:
                bar.start()
            yield result
    finally:
        bar.stop()


# ---------------------------------------------------------------------- clusters


@contextmanager
def cluster(address: str | None, *, patience: float = 10.0) -> Iterator[None]:
    """Send all chunks within the block to a dask.distributed cluster.

    Parameters
    ----------
    address : str or None
        The scheduler, such as ``"tcp://10.0.0.5:8786"``; None leaves things as they are. Its workers need
        the same version of this package.
    patience : float
        Seconds to wait for the scheduler, and for a first worker.

    Raises
    ------
    ClusterUnreachable

    Examples
    --------
    ::

        with cluster("tcp://127.0.0.1:8786"):
            bouwen.bootstrap(fit, draws=100_000, seed=1)
    """
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError as error:
        raise ClusterUnreachable('clusters need more packages: pip install "bouwen[dask]"') from error
    from joblib import parallel_config

    if not re.fullmatch(r"(tcp|tls|ucx|wss?)://.+:\d+", address):
        raise ClusterUnreachable(f'"{address}" is no address of a scheduler, such as "tcp://10.0.0.5:8786"')
    try:
        client = Client(address, timeout=patience, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ClusterUnreachable(
            f'no scheduler answers at "{address}"; start one with "dask scheduler", or mend the address'
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=patience)
        except TimeoutError as error:
            raise ClusterUnreachable(
                f'the scheduler at "{address}" has no workers; start some with "dask worker {address}"'
            ) from error
        with parallel_config("dask", client=client):
            yield

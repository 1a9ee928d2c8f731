"""What the tests give to workers; a module of its own, so that other processes can import it."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from bouwen.sem import NotConverged


def moments(chunk, cov):
    """Draws and a few products of matrices whose last bits depend on how BLAS runs."""
    x = chunk.rng().normal(size=(chunk.size, 40, len(cov))) @ np.linalg.cholesky(cov)
    return (np.swapaxes(x, 1, 2) @ x).sum(axis=0)


def unlucky(chunk):
    """Fails in the third chunk."""
    if chunk.number == 2:
        raise NotConverged(7, 0.5, "trust ~~ trust")
    return chunk.number


def slowly(chunk, folder, seconds=0.3):
    """Leaves a file that says which process worked, and takes its time."""
    Path(folder, f"{os.getpid()}").touch()
    time.sleep(seconds)
    return chunk.rng().normal(size=chunk.size)


def threads(chunk):
    """The number of BLAS threads that a chunk may use."""
    from threadpoolctl import threadpool_info

    return max(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")


def killed(chunk):
    """Ends its worker as a system that runs out of memory does."""
    os.kill(os.getpid(), signal.SIGKILL)


def too_much(chunk):
    """Asks for more memory than any machine has."""
    return np.empty((10**6, 10**9))

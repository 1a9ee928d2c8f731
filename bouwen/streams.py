"""Standard streams of the command line, and what it says on them when something fails."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TextIO

import typer

from bouwen.errors import BouwenError

LEAST_MEMORY = 700_000_000  # bytes of address space that the libraries take when they are loaded


def open_streams() -> None:
    """Standard streams that are there, and write every letter in some way."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # closed, so that the next file opened would be taken for it
            os.open(os.devnull, os.O_RDWR)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


def refuse_little_memory() -> None:
    """Raise a MemoryError where the libraries would not load, which they may say by ending the process."""
    try:
        import resource
    except ImportError:  # there are no such limits on Windows
        return
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < LEAST_MEMORY:
        raise MemoryError


def what_failed(error: Exception) -> str:
    """The one sentence about an error, "" where nobody reads it; it quotes nothing but what was typed."""
    if isinstance(error, BouwenError):
        return str(error)
    if hasattr(error, "format_message"):  # typer's own, about the command line
        return "" if type(error).__name__ == "NoArgsIsHelpError" else str(error.format_message())
    if isinstance(error, MemoryError) or "failed to map" in str(error):
        return "there is too little memory; close other programs, or allow 2 GB or more (ulimit -v)."
    if isinstance(error, OSError):
        where = f"{error.filename} cannot be used" if error.filename else "the output cannot be written"
        return f"{where} ({error.strerror or type(error).__name__})."
    if isinstance(error, typer.Abort):
        return "stopped."
    place = traceback.extract_tb(error.__traceback__)[-1]
    found = f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
    return f"this is a mistake in bouwen itself ({found}); please report it with what --debug shows."


def complain(message: str) -> None:
    """Write to stderr, if that is possible."""
    try:
        typer.echo(message, err=True)
    except OSError:
        silence(sys.stderr)


def silence_broken(error: Exception) -> None:
    """Give up on stdout where it was this that failed, or Python complains of it again when it leaves."""
    if isinstance(error, OSError) and not error.filename and sys.stdout is not None:
        silence(sys.stdout)


def silence(stream: TextIO) -> None:
    """Lead a stream nowhere, so that nothing complains about it any more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())

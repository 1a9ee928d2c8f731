"""Folders of a build, and what is said where the machine has no room for it."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bouwen.errors import BouwenError, NotEnoughMemory
from bouwen.report.book.caching import digest

LEAST_FILES = 64  # that may be open at once: fewer and the sockets of kernels end the process without a word
FILES_A_JOB = 16
LEAST_SPACE = 1_200_000_000  # bytes of address space for the libraries, sockets and threads of a build

LONGEST_FOLDER = (
    70  # characters of the path of a temporary folder, so that sockets in it have names short enough
)

REMEDIES = {
    errno.ENOSPC: "make room on the disk and build again",
    errno.EDQUOT: "make room within your quota and build again",
    errno.EACCES: "choose another folder, or change who may write there",
    errno.EPERM: "choose another folder, or change who may write there",
    errno.EROFS: "choose a folder on a disk that may be written",
    errno.EMFILE: "allow more open files (ulimit -n 1024) or use --jobs 1",
    errno.ENFILE: "close other programs or use --jobs 1",
    errno.ENOMEM: "close other programs or use --jobs 1",
    errno.EAGAIN: "close other programs or use --jobs 1",
    errno.EISDIR: "remove the folder that stands where a file belongs",
    errno.ENOTDIR: "remove the file that stands where a folder belongs",
    errno.EEXIST: "remove what stands there",
    errno.ENAMETOOLONG: "choose a folder with a shorter path",
}


class TooFewFiles(BouwenError):
    """Fewer files may be open at once, ``allowed``, than the kernels of a build have open, ``needed``."""

    def __init__(self, allowed: int, needed: int) -> None:
        super().__init__(
            f"{allowed} files may be open at once and this build needs {needed}: allow more (ulimit -n 1024) "
            "or use --jobs 1."
        )
        self.allowed, self.needed = allowed, needed


def refuse_little_room(jobs: int) -> None:
    """Refuse to start kernels where the system would end the process rather than say what is lacking.

    Raises
    ------
    TooFewFiles, NotEnoughMemory
        The user's limits (ulimit) are below what so many chapters at once need.
    """
    try:
        import resource
    except ImportError:  # there are no such limits on Windows
        return
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if resource.RLIM_INFINITY != allowed < (needed := LEAST_FILES + FILES_A_JOB * jobs):
        if resource.RLIM_INFINITY != most < needed:
            raise TooFewFiles(most, needed)
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, most))
    space = resource.getrlimit(resource.RLIMIT_AS)[0]
    if resource.RLIM_INFINITY != space < LEAST_SPACE:
        raise NotEnoughMemory(
            f"a build needs {LEAST_SPACE / 1e9:.1f} GB of addresses and may have {space / 1e9:.1f} GB",
            "Allow 2 GB or more (ulimit -v).",
        )


def remedy(error: OSError) -> str:
    """What the system says of a failure, and what to do about it.

    >>> remedy(OSError(errno.ENOSPC, "No space left on device"))
    'No space left on device: make room on the disk and build again'
    """
    if number := re.search(r"\[Errno (\d+)\]", str(error)) if isinstance(error, shutil.Error) else None:
        return remedy(OSError(int(number[1]), os.strerror(int(number[1]))))  # of a folder, file by file
    said = error.strerror or str(error)
    help_ = REMEDIES.get(error.errno or 0)
    return f"{said}: {help_}" if help_ else said


def scratch_of(owner: Path) -> Path:
    """Where an owner's temporary files are: a short path, always the same."""
    usual = Path(tempfile.gettempdir())
    base = usual if len(str(usual)) <= LONGEST_FOLDER else Path("/tmp")
    return base / f"bouwen-{digest([str(owner.resolve())])[:12]}"


def clear_scratch(owner: Path) -> None:
    """Remove what a build that was killed left among the temporary files."""
    shutil.rmtree(scratch_of(owner), ignore_errors=True)


@contextmanager
def scratch_folder(owner: Path) -> Iterator[Path]:
    """A folder for temporary files that nobody else may read, gone when the context is left."""
    clear_scratch(owner)
    folder = scratch_of(owner)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:  # somebody else's
        folder = Path(tempfile.mkdtemp(prefix="bouwen-", dir=folder.parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)

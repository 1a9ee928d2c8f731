"""Folders of a build, and what is said where the machine has no room for it."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bouwen.report.book.caching import digest

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
    errno.ENAMETOOLONG: "choose a folder with a shorter path",
}


def remedy(error: OSError) -> str:
    """What the system says of a failure, and what to do about it.

    >>> remedy(OSError(errno.ENOSPC, "No space left on device"))
    'No space left on device: make room on the disk and build again'
    """
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

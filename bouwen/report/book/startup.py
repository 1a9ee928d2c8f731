"""How the processes of a build start: alike on every machine, quickly, and never outliving the build."""

from __future__ import annotations

import ctypes
import os
import re
import signal
import sys

CAN_FORK = sys.platform == "linux"
ANSI = re.compile(r"\x1b\[[0-9;]*m")  # colours, as programs write them to a terminal

# What could make the same work give other bytes on another day or machine.
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "0",
    "TZ": "UTC",
    "LC_ALL": "C.UTF-8",
    "COLUMNS": "100",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def end_with_parent(parent: int) -> None:
    """Have the system kill this process when its parent dies, however that happens (Linux).

    ``parent`` is the process that started this one; if it died before the system was asked, it is not the
    parent any more, and this process ends at once.
    """
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def skip_address_grammar() -> None:
    """Spare seconds of start-up that jsonschema spends on a grammar of internationalised addresses.

    It does without where the package is missing; no schema of ours has such addresses.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

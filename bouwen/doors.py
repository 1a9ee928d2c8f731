"""A package's door: the names in the stub beside its ``__init__.py``, each loaded when it is first used.

The stub is the one place that names them, for the type checker and at run time. A line reads
``from bouwen.sem.fit import fit_sem as fit_sem``.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

NAMED = re.compile(r"^from (\S+) import (\w+) as \2$", re.MULTILINE)


def named_in(stub: Path) -> dict[str, str]:
    """The module of each name of a stub."""
    return {name: module for module, name in NAMED.findall(stub.read_text(encoding="utf-8"))}


def open_door(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """``__getattr__``, ``__dir__`` and ``__all__`` of a package.

    Parameters
    ----------
    package, file : str
        Its ``__name__`` and ``__file__``.
    """
    homes = named_in(Path(file).with_suffix(".pyi"))
    names = sorted(name for name in homes if not name.startswith("__"))

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        home = importlib.import_module(homes[name])
        found = getattr(home, name, None)
        if found is None:  # a module of a package
            found = importlib.import_module(f"{homes[name]}.{name}")
        setattr(sys.modules[package], name, found)
        return found

    return load, lambda: list(names), names

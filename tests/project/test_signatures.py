"""What public functions take, and what they do when they are not told: a promise, so written down.

Who changes it on purpose runs ``python tests/project/test_signatures.py`` and says so in the changelog.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bouwen

PROMISED = Path(__file__).with_name("signatures.txt")


def signatures() -> Iterator[str]:
    for name in bouwen.__all__:
        found = getattr(bouwen, name)
        if inspect.ismodule(found):
            for inner in found.__all__:
                yield from _of(f"{name}.{inner}", getattr(found, inner))
        else:
            yield from _of(name, found)


def _of(name: str, found: Any) -> Iterator[str]:
    if not callable(found) or (inspect.isclass(found) and issubclass(found, Exception)):
        return
    yield name + _plain(found)
    if inspect.isclass(found):
        for inner in sorted({n for c in found.__mro__ for n in vars(c) if c.__module__.startswith("bouwen")}):
            member = getattr(found, inner)
            if not inner.startswith("_") and callable(member) and not inspect.isclass(member):
                yield f"{name}.{inner}{_plain(member)}"


def _plain(found: Any) -> str:
    """The parameters with their defaults, without types."""
    given = inspect.signature(found)
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in given.parameters.values()]
    return str(given.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def test_signatures_are_those_that_were_promised() -> None:
    assert list(signatures()) == PROMISED.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    PROMISED.write_text("\n".join(signatures()) + "\n", encoding="utf-8")

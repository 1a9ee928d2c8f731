"""What is kept between builds: executed notebooks, each with all that it was made from.

A kept notebook is used again only where its own bytes, the page, the inputs, the library, the installed
packages and the files that the chapter read are still those that it was made with. Whatever cannot be read,
or does not match, is run anew.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import secrets
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from bouwen.report.book.chapters import Notebook, Page

LIBRARY = Path(__file__).parents[2]


def read_cached(folder: Path, page: Page, key: str) -> Notebook | None:
    """The kept result of a page, if it is whole and was made from the same things."""
    try:
        kept = json.loads(cache_file(folder, page).read_text(encoding="utf-8"))
        notebook: Notebook = kept["notebook"]
        reads: Mapping[str, str] = kept["reads"]
        if kept["seal"] != seal(key, reads, notebook):
            return None
        unchanged = all(digest_of(Path(path), key) == before for path, before in reads.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return notebook if unchanged else None


def write_cached(
    folder: Path, page: Page, key: str, notebook: Notebook, reads: Mapping[str, str] | None = None
) -> None:
    """Keep a result; a half-written file never takes the place of a whole one.

    Parameters
    ----------
    folder : Path
    page : Page
    key : str
        Stands for the page and everything that is known beforehand to determine its result.
    notebook : dict
        The executed page.
    reads : mapping of str to str, optional
        Files that the chapter opened besides, and what `digest_of` said of them.
    """
    path, reads = cache_file(folder, page), reads or {}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    content = {"seal": seal(key, reads, notebook), "reads": reads, "notebook": notebook}
    part.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    part.replace(path)


def seal(key: str, reads: Mapping[str, str], notebook: Notebook) -> str:
    """One hash of a result and of what it was made from."""
    return digest([key, json.dumps(reads, sort_keys=True), json.dumps(notebook, sort_keys=True)])


def cache_file(folder: Path, page: Page) -> Path:
    """Where the result of a page is kept."""
    return folder / f"{page.name}.json"


def fingerprint_of(inputs: Iterable[bytes | str], root: Path) -> str:
    """Stands for what determines every page: inputs, library, lock, installed packages and Python."""
    library = sorted(path for path in LIBRARY.rglob("*") if path.suffix in (".py", ".yml"))
    lock = [path for path in [root / "requirements.lock"] if path.exists()]
    made_with = (path.read_bytes() for path in [*library, *lock])
    return digest([platform.python_version(), *installed(), *inputs, *made_with])


def installed() -> list[str]:
    """Names and versions of the packages that a chapter could import."""
    folders = [Path(folder) for folder in sys.path if Path(folder).is_dir()]
    return sorted({entry.name for folder in folders for entry in folder.glob("*-info")})


def secret_of(work: Path) -> str:
    """What makes the hashes of one folder of builds say nothing to somebody who has only the hashes."""
    file = work / ".secret"
    with suppress(OSError, ValueError):
        if re.fullmatch("[0-9a-f]{32}", kept := file.read_text(encoding="ascii")):
            return kept  # an empty one, as a full disk leaves, would make every hash a plain one
    file.unlink(missing_ok=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(secret := secrets.token_hex(16), encoding="ascii")
    return secret


def digest_of(path: Path, key: str) -> str:
    """A hash of a file's bytes that says nothing without the key; an empty text where there is no file."""
    return digest([key, path.read_bytes()]) if path.is_file() else ""


def digest(parts: Iterable[str | bytes]) -> str:
    """One hash of several parts, each counted with its length."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()

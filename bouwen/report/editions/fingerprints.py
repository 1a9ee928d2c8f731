"""Who is counted in an edition <-> keyed fingerprints, from which later editions are compared with it.

A fingerprint is a keyed hash (BLAKE2b) of row, variable and answer, so that the same answers of two people
have nothing in common. Nobody reads it without the key. Who has the key can try out answers: key and
fingerprints are as secret as the answers, and lie beside them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from bouwen.errors import BouwenError
from bouwen.report.book.recording import RecordPart
from bouwen.report.editions.counted import NO_ANSWER, Counted
from bouwen.survey import FileError, write_whole

PRIVATE = "editions.private"  # a folder beside a study, with a file for each edition and their key
KEY_FILE = "key"
PRINT_LENGTH = 8  # of one fingerprint
OTHER = "\0other"  # an answer that nobody gives now
ERASED = "\0erased"  # an answer of which the fingerprint was erased


COPY = f"copy {PRIVATE} from where it was made, or "


class Fingerprints(RecordPart):
    """The private record of an edition.

    ``people`` has a fingerprint of each id, or nothing where respondents have none; ``cells`` a text of
    fingerprints for each respondent, one for each of ``columns``; ``seal`` tells whether all of it is whole
    and of this key.
    """

    version: str
    min_cell: int
    columns: list[str]
    printed: dict[str, dict[str, bool]]
    people: list[str]
    cells: list[str]
    seal: str = ""


class BadFingerprints(BouwenError):
    """Fingerprints of an edition that are not there or cannot be read; ``version`` is the edition."""

    def __init__(self, path: Path, problem: str, remedy: str = COPY) -> None:
        self.path, self.version = path, path.stem
        super().__init__(
            f"{path}: {problem}, so that edition {self.version} cannot be compared; {remedy}"
            f"withdraw the edition (bouwen publish STUDY --withdraw {self.version})."
        )


def keyed(key: bytes, *parts: str) -> str:
    """The fingerprint of some texts; each is counted with its length."""
    told = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.blake2b(told.encode(), key=key, digest_size=PRINT_LENGTH // 2).hexdigest()


def made_fingerprints(version: str, counted: Counted, key: bytes) -> Fingerprints:
    """The private record of an edition."""
    columns = [str(column) for column in counted.answers]
    rows = counted.answers.itertuples(index=False, name=None)
    cells = [
        "".join(keyed(key, str(i), *pair) for pair in zip(columns, row, strict=True))
        for i, row in enumerate(rows)
    ]
    people = [keyed(key, str(name)) for name in counted.answers.index] if counted.named else []
    printed = {name: dict(levels) for name, levels in counted.printed.items()}
    return sealed(
        Fingerprints(
            version=version,
            min_cell=counted.min_cell,
            columns=columns,
            printed=printed,
            people=people,
            cells=cells,
        ),
        key,
    )


def sealed(record: Fingerprints, key: bytes) -> Fingerprints:
    """A record with the seal of its key."""
    content = json.dumps(record.model_dump(exclude={"seal"}), sort_keys=True)
    return record.model_copy(update={"seal": keyed(key, "seal", content)})


def recognised(record: Fingerprints, key: bytes, now: Counted) -> Counted:
    """An edition as far as those who are counted now let it be read.

    Answers are recognised where somebody gives them now, or where they are levels that the edition printed;
    others are `OTHER`. Ids of respondents who are gone are their fingerprints.
    """
    ids = {keyed(key, str(name)): str(name) for name in now.answers.index}
    names = [ids.get(name, f"gone {name}") for name in record.people] or [
        str(i + 1) for i in range(len(record.cells))
    ]
    found = {}
    for place, column in enumerate(record.columns):
        own = now.answers[column] if column in now.answers else pd.Series(dtype=object)
        likely: Mapping[str, str] = {str(name): value for name, value in own.items()}
        given = [*own.value_counts().index, NO_ANSWER, *record.printed.get(column, {})]
        found[column] = [
            answer_behind(
                row[PRINT_LENGTH * place :][:PRINT_LENGTH],
                key,
                (str(i), column),
                [*at_first(likely, name), *given],
            )
            for i, (name, row) in enumerate(zip(names, record.cells, strict=True))
        ]
    answers = pd.DataFrame(found, index=pd.Index(names, dtype=object), dtype=object)
    return Counted(answers, record.printed, record.min_cell, bool(record.people))


def at_first(likely: Mapping[str, str], name: str) -> list[str]:
    """What the same respondent answers now, which is tried first."""
    return [likely[name]] if name in likely else []


def answer_behind(print_: str, key: bytes, where: tuple[str, str], given: Sequence[str]) -> str:
    """The answer of which this is the fingerprint."""
    if not print_:
        return ERASED
    return next((answer for answer in given if keyed(key, *where, answer) == print_), OTHER)


def without_people(record: Fingerprints, key: bytes, now: Counted) -> Fingerprints:
    """A record from which the fingerprints of all answers are erased of whoever is not counted now."""
    ids = {keyed(key, str(name)) for name in now.answers.index}
    cells = [cells if name in ids else "" for name, cells in zip(record.people, record.cells, strict=True)]
    return sealed(record.model_copy(update={"cells": cells}), key)


# ------------------------------------------------------------------ files


def key_beside(folder: Path) -> bytes:
    """The key of a study's editions, made with the first of them; `FileError` where it is damaged."""
    path = folder / KEY_FILE
    try:
        return bytes.fromhex(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        pass
    except (OSError, ValueError):
        problem = f"holds no key; restore it, or remove {PRIVATE} if every edition is withdrawn."
        raise FileError(path, problem) from None
    folder.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(secrets.token_hex(32), encoding="ascii")
    return key_beside(folder)


def write_fingerprints(folder: Path, record: Fingerprints) -> None:
    """Keep the private record of an edition, for its owner only and out of version control."""
    (folder / ".gitignore").write_text("*\n", encoding="ascii")
    write_whole(folder / f"{record.version}.json", as_lines(record.model_dump()))


def as_lines(content: Mapping[str, Any]) -> str:
    """JSON with a line for each entry of its lists."""
    return json.dumps(content, indent=0, ensure_ascii=False) + "\n"


def read_fingerprints(path: Path) -> tuple[Fingerprints, bytes]:
    """The private record of an edition, and its key.

    Raises
    ------
    BadFingerprints
        It is not there, damaged, or of another key.
    """
    if not path.is_file() or not (path.parent / KEY_FILE).is_file():
        raise BadFingerprints(path, "the fingerprints of its respondents are not here")
    try:
        key = key_beside(path.parent)
        record = Fingerprints.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, FileError, RecursionError):
        raise BadFingerprints(path, "the fingerprints of its respondents cannot be read") from None
    if sealed(record, key).seal != record.seal:
        raise BadFingerprints(path, "the fingerprints of its respondents are not of this key")
    return record, key

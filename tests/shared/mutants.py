"""Studies with something wrong in them: one small study, damaged in a thousand ways that a seed decides."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pyreadstat
from mini import INSTRUMENT, STUDY

SECRETS = ("Mijn geheime", "zebrapad", "Quastenburg", "Wolkendorp", "resp-7f3a", "31415")
PLACES = ("Quastenburg", "Wolkendorp", "Eik", "Beuk")

RESPONSES = "respondent,t1,t2,t3,size,remark,place,years\n" + "".join(
    f"resp-7f3a{i},{1 + i % 3},{1 + i % 2},{3 - i % 3},{('small', 'large')[i % 2]},"
    f"{'Mijn geheime zebrapad' if i % 5 == 0 else ''},{PLACES[i % 4]},{'31415' if i == 3 else i}\n"
    for i in range(14)
)
REGISTER = (
    "code,name,region,people\nA1,Quastenburg,North,100\nA2,Wolkendorp,South,900\nA3,Eik,North,5000\n"
    "A4,Beuk,South,70\n"
)
BACKGROUND = """\
  place: {label: {nl: Plaats, en: Place}, kind: text}
  years: {label: {nl: Jaren, en: Years}, kind: number, minimum: 0, maximum: 40000}
"""
MORE = """\
register:
  file: register.csv
  variable: place
  columns: [region]
  classes: {place_size: {label: Size, column: people, bounds: [500, 1000]}}
settings: {min_group: 4, min_cell: 3, min_cell_reason: {nl: n, en: e}, confidence: .9, seed: 7}
"""

ODD = (
    "", "~", "-1", "0", "1e308", "-1e-308", ".nan", ".inf", "9" * 30, "9" * 6000, "yes", "No", "1:30",
    "030", "0o17", "1_000", "2024-13-45", "[]", "{}", "[1, 2]", "{a: b}", "[[[[]]]]", '""', '"\\0"',
    '"\\a\\u202e"', '"a\\nb"', "=", "<<", "!!python/object:os.system x", "!!binary aaa", "&a x", "*a",
    "? x", "|", ">", "%", "@", "`", "- x", "x: y: z", "'", '"', "\t", "é" * 300, "x" * 100_000,
    "/dev/zero", "/dev/null", "..", "/", "a" * 300 + ".csv", "size", "trust", "trust =~ t1 +",
    "trust ~ trust", "t1 ~~ t2", "x =~ t9", "😀", "\ufeff", "\u2028", "null", "true", "1.5", "t1",
)  # fmt: skip
CELLS = (
    "", " ", "9" * 400, "1e309", "-1", "0", "NaN", "inf", "x" * 200_000, "=1+1", "'", '"', "\0", "\x07",
    "é", "1.500", "1,5", "2024-01-01", "TRUE", "small", "\u202e", "😀", "respondent", "-99", "0x10", "٣",
    "1_0",
)  # fmt: skip


def pristine() -> dict[str, bytes]:
    """The files of the study before anything happens to them."""
    instrument = INSTRUMENT.replace("open_questions:\n", BACKGROUND + "open_questions:\n")
    study = STUDY.replace("groups: [size]", "groups: [size, place_size]") + MORE
    files = {
        "study.yml": study,
        "instrument.yml": instrument,
        "responses.csv": RESPONSES,
        "register.csv": REGISTER,
    }
    return {name: content.encode() for name, content in files.items()}


def write_mutant(folder: Path, seed: int) -> Path:
    """Write the study with one to three things wrong, and give its file."""
    chance, files = random.Random(seed), pristine()
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        name = chance.choice(sorted(files))
        wrong = BYTES if chance.random() < 0.25 else KEYS if name.endswith(".yml") else ROWS
        files[name] = chance.choice(wrong)(files[name], chance)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    if chance.random() < 0.25:
        other_format(folder, chance)
    return folder / "study.yml"


def other_format(folder: Path, chance: random.Random) -> None:
    """The answers as a workbook, an SPSS file or something that only claims to be one."""
    ending = chance.choice((".xlsx", ".sav", ".parquet"))
    path = folder / f"responses{ending}"
    text = (folder / "responses.csv").read_bytes()
    study = folder / "study.yml"
    study.write_bytes(study.read_bytes().replace(b"responses.csv", path.name.encode()))
    try:
        table = pd.read_csv(io.BytesIO(text), dtype=object, keep_default_na=False)
        numbers = {name: pd.to_numeric(table[name], errors="coerce") for name in table if name[:1] in "ty"}
        table = table.assign(**numbers)
        if ending == ".sav":
            pyreadstat.write_sav(table, str(path))
        elif ending == ".xlsx":
            table.to_excel(path, index=False)
            if chance.random() < 0.3:
                stray(path, chance)
        else:
            table.to_parquet(path)
        content = path.read_bytes()
    except Exception:  # what cannot be written as such is not one
        content = text
    if chance.random() < 0.5:
        content = chance.choice(BYTES)(content, chance)
    path.write_bytes(content)


def stray(path: Path, chance: random.Random) -> None:
    """A cell far from the others, of some type."""
    book = openpyxl.load_workbook(path)
    values = ("x", True, 1e300, pd.Timestamp("2024-01-01"), "=1/0", None)
    book.active[chance.choice(("XFD1048576", "A1048576", "ZZ3", "C3"))] = chance.choice(values)
    book.save(path)


def lines_of(content: bytes) -> list[str]:
    return content.decode("utf-8", "replace").splitlines(keepends=True) or [""]


def changed_line(change: Callable[[str, random.Random], str]) -> Callable[[bytes, random.Random], bytes]:
    """A mutation of one line as one of a whole file."""

    def mutate(content: bytes, chance: random.Random) -> bytes:
        lines = lines_of(content)
        at = chance.randrange(len(lines))
        lines[at] = change(lines[at], chance)
        return "".join(lines).encode("utf-8", "replace")

    return mutate


def other_value(line: str, chance: random.Random) -> str:
    return re.sub(r":.*", lambda _: f": {chance.choice(ODD)}", line, count=1)


def other_word(line: str, chance: random.Random) -> str:
    words = list(re.finditer(r"[\w.]+", line)) or [re.match("", line)]
    word = chance.choice(words)
    return line[: word.start()] + chance.choice(ODD) + line[word.end() :]


def renamed(line: str, chance: random.Random) -> str:
    return re.sub(r"(\w+):", lambda key: key[1][:-1] + chance.choice("xs_9é") + ":", line, count=1)


def moved(line: str, chance: random.Random) -> str:
    return " " * chance.randrange(9) + line.lstrip()


def twice(line: str, _: random.Random) -> str:
    return line * 2


def gone(_line: str, _: random.Random) -> str:
    return ""


def truncated(content: bytes, chance: random.Random) -> bytes:
    return content[: chance.randrange(len(content) + 1)]


def flipped(content: bytes, chance: random.Random) -> bytes:
    found = bytearray(content)
    for _ in range(chance.choice((1, 1, 8, 100)) if found else 0):
        found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)
    return bytes(found)


def recoded(content: bytes, chance: random.Random) -> bytes:
    other = chance.choice(("utf-16", "utf-32", "utf-8-sig", "cp1252", "utf-7"))
    return content.decode("utf-8", "replace").encode(other, "replace")


def controlled(content: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(content) + 1)
    return (
        content[:at]
        + chance.choice((b"\0", b"\x07", b"\x1b[31m", b"\r", b"\xff", b"\xc3", b"\x85"))
        + content[at:]
    )


def replaced(_: bytes, chance: random.Random) -> bytes:
    return chance.choice(
        (b"", b"\n" * 9, b"- a\n- b\n", b"[" * 5000, b"{" * 90, b"a: &a [*a]", b"#" * 1_100_000, b"a")
    )


def rows(change: Callable[[list[list[str]], random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    """A mutation of a table as one of its file."""

    def mutate(content: bytes, chance: random.Random) -> bytes:
        table = [line.rstrip("\r\n").split(",") for line in lines_of(content)]
        change(table, chance)
        out = io.StringIO()
        csv.writer(out, delimiter=chance.choice(",,,,;\t"), lineterminator="\n", escapechar="\\").writerows(
            table
        )
        return out.getvalue().encode("utf-8", "replace")

    return mutate


def other_cell(table: list[list[str]], chance: random.Random) -> None:
    row = chance.choice(table)
    row[chance.randrange(len(row))] = chance.choice(CELLS)


def other_column(table: list[list[str]], chance: random.Random) -> None:
    at, cell = chance.randrange(len(table[0])), chance.choice(CELLS)
    for row in table[1:]:
        row[at : at + 1] = [cell]


def lost_column(table: list[list[str]], chance: random.Random) -> None:
    at = chance.randrange(len(table[0]))
    for row in table:
        del row[at : at + 1]


def double_column(table: list[list[str]], chance: random.Random) -> None:
    at = chance.randrange(len(table[0]))
    for row in table:
        row.extend(row[at : at + 1])


def merged_columns(table: list[list[str]], chance: random.Random) -> None:
    at = chance.randrange(len(table[0]))
    for row in table:
        row[at : at + 2] = [" ".join(row[at : at + 2])]


def headless(table: list[list[str]], _: random.Random) -> None:
    del table[0]


def lost_rows(table: list[list[str]], chance: random.Random) -> None:
    del table[chance.randrange(3) :]


def double_rows(table: list[list[str]], chance: random.Random) -> None:
    table.extend(table[1:] if chance.random() < 0.5 else [list(table[-1]) for _ in range(2000)])


def short_row(table: list[list[str]], chance: random.Random) -> None:
    del chance.choice(table)[2:]


def wide(table: list[list[str]], chance: random.Random) -> None:
    chance.choice(table).extend([chance.choice(CELLS[:6])] * 5000)


def swapped(table: list[list[str]], chance: random.Random) -> None:
    chance.shuffle(table[0])


KEYS = [
    changed_line(change) for change in (other_value, other_value, other_word, renamed, moved, twice, gone)
]
ROWS = [
    rows(change)
    for change in (
        other_cell, other_cell, other_column, lost_column, double_column, merged_columns, headless, lost_rows,
        double_rows, short_row, wide, swapped,
    )
]  # fmt: skip
BYTES = [truncated, flipped, recoded, controlled, replaced]

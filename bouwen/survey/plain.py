"""Text files with delimiters -> tables; encoding, delimiter and quoting are judged from many lines."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from pathlib import Path

from bouwen.survey.files import FileError
from bouwen.survey.headers import table_of
from bouwen.survey.table import AS_FOUND, Reading, Row, Table, parsing

LINES = 200  # from which delimiter and encoding are judged
DELIMITERS = "\t;|,"  # what is likelier stands first
UTF_16, UTF_32 = (b"\xff\xfe", b"\xfe\xff"), (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
#: Letters and signs of European languages; where a decoding gives others instead, it is the wrong one.
LETTERS = set("áàâäãåæçéèêëíìîïñóòôöõøœßúùûüýÿÁÀÂÄÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØŒÚÙÛÜÝ€‘’“”–—…°±·•²³½\xa0«»´§©®£µ×¿¡")
CAPITAL_INSIDE = re.compile(r"[^\W\d_][A-ZÀ-ÖØ-ÞŒ][a-zß-öø-ÿ]")  # in a word, where no capital stands
OLD = ("cp1252", "latin-1", "mac_roman", "cp850")
SAID = {
    "cp1252": "Latin-1 (Windows-1252)",
    "latin-1": "Latin-1",
    "mac_roman": "Mac Roman",
    "cp850": "DOS (850)",
}


def read_delimited(path: Path, reading: Reading = AS_FOUND) -> Table:
    """Read a text file with delimiters."""
    content, encoding = decode(path, path.read_bytes(), reading.encoding)
    content, delimiter = delimited(content, reading)
    try:
        return table_of(path, records_of(path, content, delimiter), encoding, reading)
    except csv.Error as error:  # quotes within quotes written as \\" instead of ""
        if '\\"' not in content:
            raise refused_quotes(path, content, delimiter, error) from error
    try:
        return table_of(path, records_of(path, content, delimiter, escape="\\"), encoding, reading)
    except csv.Error as error:
        raise refused_quotes(path, content, delimiter, error) from error


def records_of(path: Path, content: str, delimiter: str, escape: str | None = None) -> list[tuple[int, Row]]:
    """The records of a text, numbered."""
    lines = csv.reader(
        io.StringIO(content, newline=""),
        delimiter=delimiter,
        strict=True,
        escapechar=escape,
        doublequote=escape is None,
        skipinitialspace=delimiter == " ",
    )
    return list(enumerate(lines, start=1))


def refused_quotes(path: Path, content: str, delimiter: str, error: csv.Error) -> FileError:
    """The refusal of quotes that do not fit, with the line where they stop to."""
    lines = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter, strict=True)
    try:
        for _ in lines:
            pass
    except csv.Error:
        pass
    return FileError(path, f"cannot be read: {error}; check the quotes here.", lines.line_num)


def decode(path: Path, data: bytes, encoding: str | None = None) -> tuple[str, str | None]:
    """The text of a file, and its encoding unless it is plain ASCII.

    UTF-16 and UTF-8 are recognised by their mark or by being valid; what remains is taken
    for Windows-1252, which Excel writes and which contains the letters of Latin-1, unless another old
    encoding gives more of the usual letters.
    """
    if encoding is not None:
        return given_encoding(path, data, encoding), encoding
    if wide := wide_encoding(data):
        with parsing(path, f"{wide[:6].upper()} text"):
            return data.decode(wide).lstrip("\ufeff"), wide[:6].upper()
    if b"\0" in data:
        raise FileError(path, "is not a text file; check its ending.")
    try:
        return data.decode("utf-8-sig"), None if data.isascii() else "UTF-8"
    except UnicodeDecodeError as error:
        if re.search(rb"[\xc3\xe2][\x80-\xbf]", data):  # UTF-8 letters beside others
            line = data[: error.start].count(b"\n") + 1
            raise FileError(path, "mixes UTF-8 with another encoding; save it as UTF-8.", line) from None
    old = max(OLD, key=lambda name: usual_letters(data, name))
    return data.decode(old), SAID[old]


def given_encoding(path: Path, data: bytes, encoding: str) -> str:
    """The text in the encoding that the study names."""
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FileError(path, f'is not in the encoding "{encoding}" that the study names.', line) from None


def wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32, by the mark or by where the zeros stand."""
    if data.startswith(UTF_32):
        return "utf-32"
    if data.startswith(UTF_16):
        return "utf-16"
    begin = data[: 4000 - 4000 % 2]
    if len(begin) < 4 or len(data) % 2:
        return None
    even, odd = begin[::2].count(0), begin[1::2].count(0)
    most = 0.4 * len(begin) / 2
    return "utf-16-le" if odd > most and not even else "utf-16-be" if even > most and not odd else None


def usual_letters(data: bytes, encoding: str) -> float:
    """The share of usual letters among those that an encoding gives beyond ASCII; -1 where it cannot be."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return -1.0
    beyond = [m.start() for m in re.finditer(r"[^\x00-\x7f]", text)]
    usual = [text[i] in LETTERS and not CAPITAL_INSIDE.match(text[max(i - 1, 0) : i + 2]) for i in beyond]
    return sum(usual) / max(len(usual), 1)


def delimited(content: str, reading: Reading = AS_FOUND) -> tuple[str, str]:
    """A text without Excel's ``sep=`` line, and the delimiter between its cells.

    >>> delimited('id;"a, b, c";t1')[1]
    ';'
    """
    if said := re.match(r'"?sep=(.)"?\r?\n', content, re.IGNORECASE):
        return content[said.end() :], reading.delimiter or said[1]
    if reading.delimiter is not None:
        return content, reading.delimiter
    begin = "".join(content[:2_000_000].splitlines(keepends=True)[: 4 * LINES])
    best = max(DELIMITERS, key=lambda sign: regularity(begin, sign, reading))
    if max(map(len, first_records(begin, best)), default=0) < 2:
        return content, " " if regular_blanks(begin) else ","  # as R's write.table; one column
    return content, best


def first_records(begin: str, delimiter: str) -> list[Row]:
    """The first records of a text, whatever its quotes."""
    found: list[Row] = []
    lines = csv.reader(io.StringIO(begin, newline=""), delimiter=delimiter, skipinitialspace=delimiter == " ")
    try:
        for record in lines:
            if any(cell.strip() for cell in record):
                found.append(record)
            if len(found) == LINES:
                break
    except csv.Error:
        pass
    return found


def regularity(begin: str, delimiter: str, reading: Reading) -> tuple[float, float, int]:
    """How well a delimiter fits: known names in a row, then rows of one length, then columns."""
    records = first_records(begin, delimiter)
    known = max((reading.knows(record) for record in records[:30]), default=0)
    lengths = Counter(map(len, records))
    usual, rows = max(lengths.items(), key=lambda pair: (pair[1], pair[0]), default=(1, 0))
    return (known if known > 1 else 0), (rows / len(records) if usual > 1 else 0), usual


def regular_blanks(begin: str) -> bool:
    """Whether blanks divide every row into as many cells, R's header perhaps one less."""
    records = first_records(begin, " ")
    lengths = {len(record) for record in records[1:]}
    if len(records) < 3 or len(lengths) != 1 or min(lengths) < 2:
        return False
    return len(records[0]) in (min(lengths), min(lengths) - 1)

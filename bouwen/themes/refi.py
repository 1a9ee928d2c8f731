"""A REFI-QDA project or codebook (``.qdpx``, ``.qdc``) -> marks.

The exchange format of programs for qualitative analysis: XML, in a project zipped with its texts. Places are
said to be code points of the text; programs also count UTF-16 units, and lines that end in one letter or two.
Which of these a project does is found from its own selections.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, product
from pathlib import Path
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from bouwen.survey import FileError, Study, fold, listed
from bouwen.themes.codes import CodesError, Mark, Marked, as_coded, theme_names

MOST_BYTES = 100_000_000  # of XML or of one text, unpacked
MOST_MEMBERS = 50_000  # files in a project
SOURCE = "source"
#: How programs count: code points or UTF-16 units; the ends of lines as the text has them, as one, as two.
COUNTINGS = tuple(product(("points", "units"), ("given", "one", "two")))


@dataclass(frozen=True)
class Selection:
    """A place in a source as the program counts it, None for all of it; ``named`` is what it is called."""

    start: int | None
    end: int | None
    named: str
    coder: str
    code: str


@dataclass(frozen=True)
class CodedSource:
    """A text of a project with its selections; ``number`` counts from 1."""

    number: int
    name: str
    text: str
    selections: tuple[Selection, ...] = field(default=())


def codebook_marks(study: Study, path: Path) -> Marked:
    """No marks, but a `FileError` where a codebook has codes that are no themes of the study."""
    known = theme_names(study)
    names = code_names(path, parsed(path, path.read_bytes()[:MOST_BYTES])).values()
    if strange := [name for name in names if fold(name) not in known]:
        themes = listed(study.instrument.themes)
        found = f"has the codes {listed(strange)}, and the study the themes {themes}"
        raise FileError(path, f"{found}; name them alike.")
    return Marked(path, "code", [])


def code_names(path: Path, root: Element) -> dict[str, str]:
    """Names of codes by id; a `FileError` where one id has two names, or one name two ids."""
    out: dict[str, str] = {}
    for code in root.iter("Code"):
        guid, name = code.get("guid", ""), code.get("name", "").strip()
        if out.setdefault(guid, name) != name:
            raise FileError(path, f'has two codebooks that clash: one code is "{out[guid]}" and "{name}".')
    return out


def project_marks(study: Study, path: Path) -> Marked:
    """The marks of a project; who coded anything in it counts as having read all its sources."""
    root, texts = archive_xml(path)
    names = code_names(path, root)
    users = {user.get("guid", ""): user.get("name", "").strip() for user in root.iter("User")}
    sources = list(read_sources(path, root, texts, users))
    counting = best_counting(sources)
    known, marks = theme_names(study), []
    coders = sorted({one.coder for source in sources for one in source.selections})
    for source in sources:
        respondent, question = answer_named_in(study, source)
        shift = shift_of(study, path, source, respondent, question)
        for one in source.selections:
            theme = names.get(one.code, one.code)
            start, end = placed(path, source, one, counting, shift)
            theme = known.get(fold(theme), theme)
            marks.append(Mark(respondent, question, one.coder, theme, start, end, source.number))
        silent = [coder for coder in coders if coder not in {one.coder for one in source.selections}]
        marks += [Mark(respondent, question, coder, None, None, None, source.number) for coder in silent]
    return Marked(path, SOURCE, marks)


# ------------------------------------------------------------------------------------ the file


def archive_xml(path: Path) -> tuple[Element, dict[str, bytes]]:
    """The project of an archive, and its texts by file name in small letters."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS or sum(m.file_size for m in members) > 10 * MOST_BYTES:
                raise FileError(path, "unpacks to more than any project of answers holds.")
            wanted = {m.filename.lower().rpartition("/")[2]: m for m in members if not m.is_dir()}
            inner = [name for name in wanted if name.endswith(".qde")]
            if len(inner) != 1:
                raise FileError(path, f"holds {len(inner)} projects (.qde) and not one; export it anew.")
            root = parsed(path, unpacked(path, archive, wanted[inner[0]]))
            texts = {n: unpacked(path, archive, m) for n, m in wanted.items() if n.endswith(".txt")}
    except OSError as error:
        raise FileError(path, f"cannot be read ({error.strerror or error}).") from None
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError):
        raise FileError(
            path, "is no REFI-QDA project, or damaged; export it anew, without password."
        ) from None
    return root, texts


def unpacked(path: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """A member that is no larger than it may be, whatever it says of its size."""
    with archive.open(member) as stream:
        found = stream.read(MOST_BYTES + 1)
    if len(found) > MOST_BYTES:
        raise FileError(path, "unpacks to more than any project of answers holds.")
    return found


class Forbidden(ValueError):
    """XML declares a document type, with which it could define entities."""


def parsed(path: Path, content: bytes) -> Element:
    """XML -> its elements by their local names, without document types, entities and what lies outside."""
    builder, parser = TreeBuilder(), expat.ParserCreate(namespace_separator="}")

    def forbid(*_: object) -> None:
        raise Forbidden

    parser.StartDoctypeDeclHandler = forbid
    parser.EntityDeclHandler = forbid
    parser.StartElementHandler = lambda name, found: builder.start(name.rpartition("}")[2], found)
    parser.EndElementHandler = lambda name: builder.end(name.rpartition("}")[2])
    parser.CharacterDataHandler = builder.data
    try:
        parser.Parse(content, True)
    except Forbidden:
        raise FileError(
            path, "declares a document type (DTD), which REFI-QDA has not; export it anew."
        ) from None
    except expat.ExpatError:
        raise FileError(path, "is no XML, or cut short; export it anew.") from None
    return builder.close()


def read_sources(
    path: Path, root: Element, texts: dict[str, bytes], users: dict[str, str]
) -> Iterator[CodedSource]:
    """The texts of a project in their order."""
    for number, element in enumerate(root.iter("TextSource"), 1):
        inside = element.find("PlainTextContent")
        file = re.split(r"[/\\]", element.get("plainTextPath", ""))[-1].lower()
        if inside is None and file not in texts:
            raise CodesError(path, SOURCE, [number], "its text is not in the project; export it with texts.")
        text = (inside.text or "") if inside is not None else source_text(path, number, texts[file])
        yield CodedSource(number, element.get("name", "").strip(), text, tuple(selections(element, users)))


def source_text(path: Path, number: int, content: bytes) -> str:
    """A text in UTF-8, or in UTF-16 that says so."""
    try:
        return content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise CodesError(path, SOURCE, [number], "its text is not UTF-8; export it anew.") from None


def selections(element: Element, users: dict[str, str]) -> Iterator[Selection]:
    """What was coded in a source: in places, and as a whole."""
    for place in element.findall("PlainTextSelection"):
        ends = [place.get(key, "") for key in ("startPosition", "endPosition")]
        start, end = (int(said) if said.isascii() and said.isdigit() else -1 for said in ends)
        for coding in place.findall("Coding"):
            user = str(coding.get("creatingUser") or place.get("creatingUser", ""))
            yield Selection(start, end, place.get("name", ""), users.get(user, ""), code_of(coding))
    for coding in element.findall("Coding"):
        yield Selection(None, None, "", users.get(coding.get("creatingUser", ""), ""), code_of(coding))


def code_of(coding: Element) -> str:
    """The id of the code of a coding."""
    found = coding.find("CodeRef")
    return "" if found is None else str(found.get("targetGUID", ""))


# ------------------------------------------------------------------------------------ places


def positions(text: str, counting: tuple[str, str]) -> list[int]:
    """The place of each letter of a text, and of its end, by one way of counting."""
    letters, lines = counting

    def width(i: int) -> int:
        if text[i] == "\r" and text[i + 1 : i + 2] == "\n" and lines == "one":
            return 0
        if text[i] == "\n" and text[i - 1 : i] != "\r" and lines == "two":
            return 2
        return 2 if letters == "units" and ord(text[i]) > 0xFFFF else 1

    return list(accumulate(map(width, range(len(text))), initial=0))


def letters_of(places: Sequence[int], one: Selection) -> tuple[int, int] | None:
    """First letter and the one after the last of a selection; None where there are none such."""
    last = {place: i for i, place in enumerate(places)}
    first = dict(zip(reversed(places), range(len(places) - 1, -1, -1), strict=True))
    start, end = last.get(one.start or 0), first.get(one.end or 0)
    return (start, end) if start is not None and end is not None and start < end else None


def best_counting(sources: Sequence[CodedSource]) -> tuple[str, str]:
    """The way of counting by which most selections exist, say what they are called, and hold whole words."""

    def score(counting: tuple[str, str]) -> tuple[int, int, int]:
        there = called = whole = 0
        for source in sources:
            places = positions(source.text, counting)
            for one in source.selections:
                found = letters_of(places, one) if one.start is not None else None
                if found:
                    there += 1
                    said = " ".join(source.text[slice(*found)].split())
                    called += bool(one.named) and said.startswith(" ".join(one.named.split()).rstrip(".…"))
                    whole += sum(at_edge(source.text, i) for i in found)
        return there, called, whole

    return max(COUNTINGS, key=score)  # the first of equals, which is the standard's


def at_edge(text: str, i: int) -> bool:
    """Whether a place does not cut a word in two."""
    return not (text[i - 1 : i].isalnum() and text[i : i + 1].isalnum()) if i else True


def placed(
    path: Path, source: CodedSource, one: Selection, counting: tuple[str, str], shift: tuple[int, int]
) -> tuple[int | None, int | None]:
    """A selection in code points of the answer."""
    if one.start is None:
        return None, None
    found = letters_of(positions(source.text, counting), one)
    if found is None:
        raise CodesError(path, SOURCE, [source.number], "a marked place lies outside its text.")
    start, end = (len(as_coded(source.text[:i])) + shift[0] for i in found)
    return max(start, 0), min(end, shift[1])


def answer_named_in(study: Study, source: CodedSource) -> tuple[str, str]:
    """The respondent and the question that a source is called after."""
    name = re.sub(r"\.txt$", "", source.name, flags=re.IGNORECASE)
    questions = tuple(study.instrument.open_questions)
    for question in questions:
        head, tail = name[: -len(question) - 1], name[-len(question) - 1 :]
        if head and tail[0] in " _-./" and tail[1:] == question:
            return head, question
    return name, questions[0] if len(questions) == 1 else ""


def shift_of(
    study: Study, path: Path, source: CodedSource, respondent: str, question: str
) -> tuple[int, int]:
    """How far places in the answer lie after those in the source, and the answer's length.

    An answer that is not there is told by what gathers all marks; a text that is not the answer here.
    """
    if respondent not in study.responses.index or question not in study.instrument.open_questions:
        return 0, len(as_coded(source.text))
    given = study.responses.at[respondent, question]
    answer, text = as_coded(given) if isinstance(given, str) else "", as_coded(source.text)
    if answer.strip() != text.strip():
        message = "its text is not the answer that the study has; export the answers anew."
        raise CodesError(path, SOURCE, [source.number], message)
    return (len(answer) - len(answer.lstrip())) - (len(text) - len(text.lstrip())), len(answer)

"""A study -> the same study with what its answers propose written into its files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bouwen.errors import BouwenError
from bouwen.survey.editing import with_key
from bouwen.survey.files import FileError, read_file, read_text, write_whole
from bouwen.survey.finding import beside, find_study
from bouwen.survey.proposals import Proposal, yaml_lines
from bouwen.survey.study import StudyFile, read_study
from bouwen.words import ENGLISH, Words, words

MOST_CHANGES = 20  # in which what was written shows what else there is


@dataclass(frozen=True)
class Mended:
    """What was written into which files, and the copies of what they were."""

    written: tuple[Path, ...] = ()
    copies: tuple[Path, ...] = ()


def proposed_lines(proposals: Sequence[Proposal], say: Words) -> list[str]:
    """The lines of YAML that would settle what was found, by file; nothing where there are none."""
    lines: list[str] = []
    for file in ("study", "instrument"):
        if found := yaml_lines(proposals, file):
            lines += [say(f"proposed.{file}"), *(f"    {line}" for line in found)]
    return [*lines, say("proposed.fix")] if lines else []


def proposal_text(error: BouwenError) -> str:
    """What a refusal proposes, as lines to read; empty where it proposes nothing."""
    return "\n".join(proposed_lines(error.proposals, words(ENGLISH)))


def mend(path: str | Path) -> Mended:
    """Write what reading a study proposes into its files, until nothing is proposed any more.

    A copy of each file as it was is kept beside it, and each is replaced as a whole.

    Raises
    ------
    BouwenError
        What is written in a file cannot be changed by itself, or the file cannot be written; it is as it was.
    """
    path = find_study(path)
    before: dict[Path, str] = {}
    copies: list[Path] = []
    for _ in range(MOST_CHANGES):
        proposals = proposals_of(path)
        files = changed(path, proposals)
        if not files:
            break
        for file, text in files.items():
            if file not in before:
                before[file] = read_text(file)
                copies.append(old_copy(file))
            write_whole(file, text)
    return Mended(tuple(before), tuple(copies))


def proposals_of(path: Path) -> Sequence[Proposal]:
    """What reading a study proposes, whether it is refused or not."""
    try:
        return read_study(path).proposals
    except BouwenError as error:
        return error.proposals


def changed(path: Path, proposals: Iterable[Proposal]) -> dict[Path, str]:
    """The text of each file that changes."""
    texts: dict[Path, str] = {}
    for one in proposals:
        file = path if one.file == "study" else beside(path, read_file(path, StudyFile).instrument)
        old = texts.get(file) or read_text(file)
        new = with_key(file, old, one.where, one.value)
        if new != old:
            texts[file] = new
    return texts


def old_copy(file: Path) -> Path:
    """A copy of a file beside it, under a name that was free."""
    for n in range(1, 1000):
        place = file.with_name(f"{file.name}.old{n if n > 1 else ''}")
        try:
            with place.open("xb") as copy:
                copy.write(file.read_bytes())
        except FileExistsError:
            continue
        except OSError as error:
            raise FileError(place, f"cannot be written ({error.strerror}).") from None
        return place
    raise FileError(file, "has too many old copies beside it; remove some.")

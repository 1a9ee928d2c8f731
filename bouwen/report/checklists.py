"""What reporting guidelines ask, and where the book answers it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

TOLD = "colophon-report"  # the section that shows what the researchers tell


@dataclass(frozen=True)
class Section:
    """A place in the book: its chapter and its anchor."""

    chapter: str
    anchor: str

    @property
    def heading(self) -> str:
        """The key of its heading in the words of a language."""
        return f"checklist.headings.{self.anchor}"


@dataclass(frozen=True)
class Line:
    """One thing that a guideline asks, and the section that answers it; none where the book does not.

    ``text`` is its key in the words of a language. What only the researchers know is answered by a ``key`` of
    ``report:`` in the study file, which the section shows.
    """

    guideline: str
    chapter: str
    text: str
    section: Section | None
    key: str | None = None


@dataclass(frozen=True)
class Checklists:
    """All lines, with the sources of the guidelines and the sections of the book."""

    sources: dict[str, str]
    sections: dict[str, Section]
    lines: tuple[Line, ...]

    def of(self, chapter: str) -> tuple[Line, ...]:
        """The lines that stand at the end of a chapter."""
        return tuple(line for line in self.lines if line.chapter == chapter)


@cache
def read_checklists() -> Checklists:
    """The checklists of ``checklists.yml``; a line that points nowhere is a KeyError."""
    text = (files("bouwen.report") / "checklists.yml").read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    sections = {
        anchor: Section(chapter, anchor)
        for chapter, anchors in content["sections"].items()
        for anchor in anchors
    }
    lines = tuple(
        Line(
            guideline=line["from"],
            chapter=chapter,
            text=f"checklist.{chapter}.{line['asks']}",
            section=sections[TOLD if "key" in line else line["at"]] if {"at", "key"} & set(line) else None,
            key=line.get("key"),
        )
        for chapter, found in content["chapters"].items()
        for line in found
    )
    return Checklists(content["guidelines"], sections, lines)

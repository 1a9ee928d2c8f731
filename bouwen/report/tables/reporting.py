"""The reporting checklist of a chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bouwen.report.checklists import Section, read_checklists
from bouwen.report.tables.heads import head
from bouwen.report.tables.layout import table
from bouwen.survey import Study
from bouwen.words import words

if TYPE_CHECKING:
    from great_tables import GT


def checklist(study: Study, chapter: str) -> GT:
    """What guidelines ask a report to tell, a line each, with a link to where the book tells it.

    Parameters
    ----------
    study : Study
        Gives the language.
    chapter : str
        The name of the chapter, such as ``"sample"``.
    """
    found = read_checklists()
    lines = found.of(chapter)
    laid_out = table(
        study,
        {
            "guideline": [line.guideline for line in lines],
            "asked": [words(study.language)(line.text) for line in lines],
            "where": [link(study, chapter, line.section) for line in lines],
        },
        rows="guideline",
    ).fmt_markdown(columns=head(study, "where"))
    for name in dict.fromkeys(line.guideline for line in lines):
        laid_out = laid_out.tab_source_note(f"{name}: {found.sources[name]}")
    return laid_out


def link(study: Study, chapter: str, section: Section | None) -> str:
    """A link from a page to a section, in Markdown."""
    say = words(study.language)
    if section is None:
        return say("checklist.absent")
    page = "" if section.chapter == chapter else f"{section.chapter}.html"
    return f"[{say(section.heading)}]({page}#{section.anchor})"

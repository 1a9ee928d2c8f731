"""The reporting checklist of a chapter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bouwen.checks import check_choice
from bouwen.report.audience import Reader, reader
from bouwen.report.checklists import Line, Section, read_checklists
from bouwen.report.given import check_study
from bouwen.report.tables.layout import head, lay_out
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT


def checklist_table(study: Study, chapter: str) -> GT:
    """What guidelines ask a report to tell, a line each, with a link to where the book tells it.

    Parameters
    ----------
    study : Study
        Gives the language.
    chapter : str
        The name of the chapter, such as ``"sample"``.
    """
    check_study(study)
    to, found = reader(study), read_checklists()
    check_choice("chapter", chapter, dict.fromkeys(line.chapter for line in found.lines))
    lines = found.of(chapter)
    laid_out = lay_out(
        to,
        {
            "guideline": [line.guideline for line in lines],
            "asked": [to.words(line.text) for line in lines],
            "where": [where_told(to, study, chapter, line) for line in lines],
        },
        rows="guideline",
    ).fmt_markdown(columns=head(to, "where"))
    for name in dict.fromkeys(line.guideline for line in lines):
        laid_out = laid_out.tab_source_note(f"{name}: {found.sources[name]}")
    return laid_out


def where_told(to: Reader, study: Study, chapter: str, line: Line) -> str:
    """A link to what answers a line, or which key of the study file would, in Markdown."""
    if line.section is None:
        return to.words("checklist.absent")
    if line.key and line.key not in study.file.report.told:
        return to.words("checklist.untold", place=f"`report: {line.key}:`")
    return section_link(to, chapter, line.section)


def section_link(to: Reader, chapter: str, section: Section) -> str:
    """A link from a page to a section, in Markdown."""
    page = "" if section.chapter == chapter else f"{section.chapter}.html"
    return f"[{to.words(section.heading)}]({page}#{section.anchor})"

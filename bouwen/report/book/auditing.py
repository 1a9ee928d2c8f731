"""The auditor at the end of a build, and by itself."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from bouwen.report.audit import Audit, audit_pages
from bouwen.report.book.building import Listener, Silence, locked, plan, refusing_bad_output, run_chapters
from bouwen.report.book.recording import record_of


def audit(path: str | Path, *, jobs: int | None = None, listener: Listener | None = None) -> Audit:
    """Attack what the book of a study would publish.

    Its chapters are run where something changed.

    Parameters
    ----------
    path : str or Path
        The study file.
    jobs : int, optional
        Chapters that run, and scales that are attacked, at once; as many as there are processors if not
        given.
    listener : Listener, optional
        Told about progress.

    Returns
    -------
    Audit
        Its ``coarser`` and ``leaks`` are empty where nothing is given away.

    Raises
    ------
    BouwenError
        See `bouwen.report.book.building.build`.
    """
    listener = listener or Silence()
    listener.step("Checking")
    book = plan(path, jobs=jobs)
    with refusing_bad_output(book.work), locked(book.work):
        notebooks = run_chapters(book, listener)
    listener.step("Attacking the book")
    pages = {name: record_of(notebook) for name, notebook in notebooks.items()}
    return audit_pages(book.study.in_language(book.language), pages, jobs or os.cpu_count() or 1)


def coarser_lines(found: Mapping[str, int], before: Mapping[str, int]) -> list[str]:
    """The lines of a study file under which everything that an audit found is open enough."""
    steps = {**before, **found}
    return ["settings:", "  coarser:", *(f'    "{name}": {steps[name]}' for name in sorted(steps))]

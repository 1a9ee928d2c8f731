"""Columns of texts -> a table in the look of the book."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.tables.heads import WORDY, head, note_text
from bouwen.survey import Study
from bouwen.words import interval, number

if TYPE_CHECKING:
    from great_tables import GT


def table(
    study: Study, columns: Mapping[str, Iterable[str]], *, rows: str | None = None, note: str | None = None
) -> GT:
    """Texts -> a table in the look of the book.

    Parameters
    ----------
    study : Study
        Gives the language and the figures named in notes.
    columns : mapping from a key of ``HEADS`` to the cells below that head
    rows : str, optional
        Key of the column whose repeated values become headings above their rows.
    note : str, optional
        Key of ``NOTES``: the line below the table.
    """
    frame = pd.DataFrame({head(study, key): list(cells) for key, cells in columns.items()})
    words = [head(study, key) for key in columns if key in WORDY]
    return lay_out(study, frame, words=words, rows=head(study, rows) if rows else None, note=note)


def lay_out(
    study: Study, frame: pd.DataFrame, *, words: list[str], rows: str | None = None, note: str | None = None
) -> GT:
    """A frame of texts under its own heads -> a table; columns of words stand left, numbers right."""
    from great_tables import GT

    name = "t" + hashlib.sha256(frame.to_csv().encode()).hexdigest()[:10]
    styled = (
        GT(frame, id=name, groupname_col=rows)
        .cols_align("right")
        .cols_align("left", columns=words)
        .tab_options(
            table_width="100%",
            table_background_color="transparent",
            table_font_names="inherit",
            table_font_size="0.9rem",
            column_labels_font_weight="600",
            column_labels_background_color="transparent",
            row_group_background_color="transparent",
            row_group_font_weight="600",
            data_row_padding="4px",
            source_notes_font_size="0.8rem",
        )
    )
    return styled.tab_source_note(note_text(study, note)) if note else styled


def intervals(study: Study, frame: pd.DataFrame, prefix: str = "") -> list[str]:
    """The columns ``ci_lower`` and ``ci_upper``, perhaps of a named statistic, as intervals."""
    pairs = zip(frame[f"{prefix}ci_lower"], frame[f"{prefix}ci_upper"], strict=True)
    return [interval(low, high, 2, study.language) if pd.notna(low) else "–" for low, high in pairs]


def numbers(study: Study, values: Iterable[float], digits: int = 2) -> list[str]:
    """Numbers in the language of the book."""
    return [number(v, digits, study.language) for v in values]

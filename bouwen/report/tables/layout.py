"""Columns of texts -> a table in the look of the book."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.audience import Reader

if TYPE_CHECKING:
    from great_tables import GT

# Columns that hold words stand left; all others hold numbers.
WORDY = {
    "advice", "advised", "answer", "asked", "choice", "chosen", "claim", "code_name", "construct",
    "definition", "evidence", "factor", "file", "fit", "freer", "guideline", "hash", "high_low", "item",
    "item_apart",
    "level", "lever", "more_is", "outcome", "pair", "parameter", "path", "predictor", "rests_on", "rule",
    "says", "says_first", "says_second", "size", "source", "standing", "step", "stricter", "understood",
    "place", "role", "told",
    "value", "variable", "verdict", "what", "where", "wording",
}  # fmt: skip


def lay_out(
    to: Reader,
    columns: Mapping[str, Iterable[str]],
    *,
    rows: str | None = None,
    note: str | None = None,
    heads: Mapping[str, str] | None = None,
) -> GT:
    """Texts -> a table in the look of the book.

    Parameters
    ----------
    to : Reader
        Gives the language and the figures named in heads and notes.
    columns : mapping from a key of the words' ``heads`` to the cells below that head
    rows : str, optional
        Key of the column whose repeated values become headings above their rows.
    note : str, optional
        Key of the words' ``notes``: the line below the table.
    heads : mapping from key to text, optional
        What stands above a column instead of the words' head.
    """
    given = dict(heads or {})
    named = {key: given[key] if key in given else head(to, key) for key in columns}
    frame = pd.DataFrame({named[key]: list(cells) for key, cells in columns.items()})
    left = [named[key] for key in columns if key in WORDY]
    return lay_out_frame(to, frame, left=left, rows=head(to, rows) if rows else None, note=note)


def lay_out_frame(
    to: Reader, frame: pd.DataFrame, *, left: list[str], rows: str | None = None, note: str | None = None
) -> GT:
    """A frame of texts under its own heads -> a table; columns of words stand left, numbers right."""
    from great_tables import GT

    name = "t" + hashlib.sha256(frame.to_csv().encode()).hexdigest()[:10]
    styled = (
        GT(frame, id=name, groupname_col=rows)
        .cols_align("right")
        .cols_align("left", columns=left)
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
    return styled.tab_source_note(note_below(to, note)) if note else styled


def head(to: Reader, key: str) -> str:
    """A column head, with the level of the intervals below it."""
    return to.words(f"heads.{key}", level=to.confidence_text)


def note_below(to: Reader, key: str) -> str:
    """A line below a table."""
    limits = to.study.settings.model_dump(include={"min_cell", "min_group"}) if to.study else {}
    alpha, half = to.words.number(1 - to.confidence), to.words.number((1 - to.confidence) / 2, 3)
    return to.words(f"notes.{key}", alpha=alpha, half=half, **limits)


def interval_texts(to: Reader, frame: pd.DataFrame, prefix: str = "") -> list[str]:
    """The columns ``ci_lower`` and ``ci_upper``, perhaps of a named statistic, as intervals."""
    pairs = zip(frame[f"{prefix}ci_lower"], frame[f"{prefix}ci_upper"], strict=True)
    return [to.words.interval(low, high) if pd.notna(low) else to.words.none for low, high in pairs]


def number_texts(to: Reader, values: Iterable[float], digits: int = 2) -> list[str]:
    """Numbers in the reader's spelling."""
    return [to.words.number(value, digits) for value in values]


def pvalue_texts(to: Reader, values: Iterable[float]) -> list[str]:
    """P-values in the reader's spelling."""
    return [to.words.pvalue(value) for value in values]


def of_groups(to: Reader, groups: pd.Series) -> dict[str, list[str]]:
    """A column that names the group of every row; none where there is one group."""
    return {"level": [to.name(str(group)) for group in groups]} if groups.nunique() > 1 else {}

"""Units that two roles judge, each among all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.groups import UnitScores
from bouwen.report.audience import Reader, ReaderOptions, reader_of
from bouwen.report.given import check_given
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

MONITOR = "a monitor (bouwen.unit_scores)"


def units_table(found: UnitScores, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """How far units differ on every scale in each role, and whether their scores may be told.

    Parameters
    ----------
    found : UnitScores
        From `bouwen.unit_scores`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, UnitScores, MONITOR)
    to, rows = reader_of(found, study, **options), found.scales.reset_index()
    shares = ["icc1", "icc2", "icc2_ci_lower", "icc2_ci_upper"]
    rows[shares] = rows[shares].clip(lower=0)  # no reliability is below nothing
    return lay_out(
        to,
        {
            "role": [to.level(found.role, role) for role in rows["role"]],
            "construct": [to.label(name) for name in rows["construct"]],
            "mean": number_texts(to, rows["mean"]),
            "icc1": number_texts(to, rows["icc1"]),
            "icc2": number_texts(to, rows["icc2"]),
            "interval": interval_texts(to, rows, "icc2_"),
            "told": [to.words(f"units.shown.{shown}") for shown in rows["shown"]],
        },
        rows="role",
        note="units",
    )


def unit_table(
    found: UnitScores, unit: str, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """What both roles say of one unit, among all units, and how far they differ.

    Parameters
    ----------
    found : UnitScores
        From `bouwen.unit_scores`.
    unit : str
        The unit.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, UnitScores, MONITOR)
    to = reader_of(found, study, **options)
    rows = unit_rows(found, unit)
    gap = to.words(
        "units.gap", first=to.level(found.role, found.roles[0]), second=to.level(found.role, found.roles[1])
    )
    return lay_out(
        to,
        {
            "role": [to.level(found.role, role) if role else gap for role in rows["role"]],
            "construct": [to.label(name) for name in rows["construct"]],
            "unit_score": number_texts(to, rows["estimate"]),
            "interval": interval_texts(to, rows),
            "units_mean": number_texts(to, rows["common"]),
            "among": [rank_text(to, row) for _, row in rows.iterrows()],
            "place": [to.words(f"units.place.{place or 'none'}") for place in rows["place"]],
        },
        rows="role",
        note="unit",
    )


def unit_rows(found: UnitScores, unit: str) -> pd.DataFrame:
    """Scores of a unit in each role, and its gaps in the role "", beside the mean of all units."""
    scores = found.of(unit)
    keys = zip(scores["role"], scores["construct"], strict=True)
    common = found.scales["mean"].to_dict()
    told = scores["estimate"].notna()
    scores = scores.assign(common=pd.Series([common[key] for key in keys], scores.index).where(told))
    gaps = found.gaps[found.gaps["unit"] == unit]
    gaps = gaps.assign(role="", common=gaps["common"].where(gaps["shown"]))
    return pd.concat([scores, gaps], ignore_index=True)


def rank_text(to: Reader, row: pd.Series) -> str:
    """Between which ranks a unit lies; nothing of what has none."""
    if pd.isna(row["rank_lower"]):
        return to.words.none
    low, high = (to.words.number(row[f"rank_{end}"], 0) for end in ("lower", "upper"))
    return to.words("units.ranks", low=low, high=high)

"""Units that two roles judge, each among all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.checks import check_known
from bouwen.groups import NOT_TOLD, UnitScores
from bouwen.report.audience import Reader, ReaderOptions, reader_of
from bouwen.report.given import NothingToShow, check_given
from bouwen.report.plots.style import (
    BLUE,
    GREY,
    LINE,
    ORANGE,
    WIDE,
    interval_below,
    look,
    ticks,
    word,
    wrapped,
)
from bouwen.report.tables.judged import MONITOR
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot


def funnel_plot(found: UnitScores, study: Study | None = None, **options: Unpack[ReaderOptions]) -> ggplot:
    """The mean of every unit by its number of answers, and limits within which units that are alike lie.

    Parameters
    ----------
    found : UnitScores
        From `bouwen.unit_scores`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    from plotnine import (
        aes,
        element_line,
        element_text,
        facet_grid,
        geom_hline,
        geom_line,
        geom_point,
        ggplot,
        labs,
        scale_y_continuous,
        theme,
    )

    check_given(found, UnitScores, MONITOR)
    to = reader_of(found, study, **options)
    limits = pd.concat(
        [
            found.funnel(str(role), str(construct)).reset_index().assign(role=role, construct=construct)
            for role, construct in found.scales.index
        ],
        ignore_index=True,
    )
    points = found.scores[["role", "construct", "n", "mean"]].round({"mean": 2})
    lines = found.scales["mean"].reset_index()
    points, limits, lines = (with_panel_names(to, found, part) for part in (points, limits, lines))
    kinds = {"lower": "solid", "upper": "solid", "lower_all": "dashed", "upper_all": "dashed"}
    drawn = [
        geom_line(aes("n", key), limits, colour=LINE, size=0.4, linetype=kind) for key, kind in kinds.items()
    ]
    return (
        ggplot(points, aes("n", "mean"))
        + geom_hline(aes(yintercept="mean"), lines, colour=LINE, size=0.3)
        + drawn
        + geom_point(colour=BLUE, size=1.6, alpha=0.8)
        + facet_grid("construct", "side", scales="free_x")
        + scale_y_continuous(labels=ticks(to))
        + labs(x=word(to, "answers_of_unit"), y=word(to, "mean"))
        + look(1.6 * len(points["construct"].cat.categories) + 0.6, WIDE)
        + theme(
            panel_grid_major_y=element_line(colour="#EDEDED"),
            axis_title_y=element_text(),
            strip_text_y=element_text(angle=0, ha="left", size=8.5),
        )
    )


def caterpillar_plot(
    found: UnitScores, study: Study | None = None, *, unit: str = "", **options: Unpack[ReaderOptions]
) -> ggplot:
    """Shrunken scores of all units with their intervals, units unnamed, on scales whose scores may be told.

    Parameters
    ----------
    found : UnitScores
        From `bouwen.unit_scores`.
    study : Study, optional
        Gives the labels and the language.
    unit : str
        One that is drawn in another colour.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.

    Raises
    ------
    NothingToShow
        Scores may be told on no scale.
    """
    from plotnine import (
        aes,
        element_blank,
        element_text,
        facet_grid,
        geom_point,
        geom_segment,
        geom_vline,
        ggplot,
        labs,
        scale_colour_manual,
        scale_x_continuous,
        theme,
    )

    check_given(found, UnitScores, MONITOR)
    to = reader_of(found, study, **options)
    if unit:
        check_known("unit", unit, found.units)
    rows = found.scores.dropna(subset="estimate")
    if rows.empty:
        raise NothingToShow("scores of units may be told on no scale; see the table of scales.")
    place = rows.groupby(["role", "construct"], sort=False)["estimate"].rank(method="first")
    own = rows["unit"] == unit
    columns = ["role", "construct", "estimate", "ci_lower", "ci_upper"]
    rows = rows[columns].round(2).assign(line=place, own=own.map({True: "own", False: "other"}))
    lines = found.scales[found.scales["shown"] != NOT_TOLD]["mean"].reset_index()
    rows, lines = with_panel_names(to, found, rows), with_panel_names(to, found, lines)
    ends = aes(x="ci_lower", xend="ci_upper", y="line", yend="line", colour="own")
    panel = 1.0 if unit else 1.9
    return (
        ggplot(rows, aes("estimate", "line", colour="own"))
        + geom_vline(aes(xintercept="mean"), lines, colour=LINE, size=0.3)
        + geom_segment(ends, size=0.5, show_legend=False)
        + geom_point(size=1.2, show_legend=False)
        + scale_colour_manual(values={"own": ORANGE, "other": GREY if unit else BLUE})
        + facet_grid("construct", "side")
        + scale_x_continuous(labels=ticks(to))
        + labs(x=word(to, "mean"), caption=interval_below(to))
        + look(panel * len(rows["construct"].cat.categories) + 0.8, WIDE)
        + theme(axis_text_y=element_blank(), strip_text_y=element_text(angle=0, ha="left", size=8.5))
    )


def with_panel_names(to: Reader, found: UnitScores, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with labels of their role and construct, in the order of the study."""
    sides = {role: to.level(found.role, role) for role in found.roles}
    constructs: Sequence[str] = list(dict.fromkeys(found.scales.index.get_level_values("construct")))
    labels = {name: wrapped(to.label(name), 20) for name in constructs}
    there = list(dict.fromkeys(labels[name] for name in constructs if name in set(rows["construct"])))
    return rows.assign(
        side=pd.Categorical([sides[role] for role in rows["role"]], list(sides.values())),
        construct=pd.Categorical([labels[name] for name in rows["construct"]], there),
    )

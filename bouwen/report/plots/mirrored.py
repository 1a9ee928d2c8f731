"""Two sides beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.groups import DIFFERENT, Mirror
from bouwen.report.audience import ReaderOptions, reader_of
from bouwen.report.given import check_given
from bouwen.report.plots.style import BLUE, LINE, MARKERS, ORANGE, downwards, look, ticks, word, wrapped
from bouwen.report.tables.mirrored import MIRRORED, as_shown, side_names
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot


def mirror_plot(found: Mirror, study: Study | None = None, **options: Unpack[ReaderOptions]) -> ggplot:
    """Means of every construct on both sides, joined by a line, which is full where they differ.

    Parameters
    ----------
    found : Mirror
        From `bouwen.mirror`.
    study : Study, optional
        The first side; gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    from plotnine import (
        aes,
        geom_point,
        geom_segment,
        ggplot,
        guide_legend,
        guides,
        labs,
        scale_colour_manual,
        scale_linetype_manual,
        scale_shape_manual,
        scale_x_continuous,
    )

    check_given(found, Mirror, MIRRORED)
    to = reader_of(found, study, **options)
    rows = as_shown(found, "construct").dropna(subset="estimate")[["what", "first", "second", "verdict"]]
    rows["line"] = downwards([to.label(name) for name in rows["what"]])
    rows["told"] = ["different" if verdict == DIFFERENT else "open" for verdict in rows["verdict"]]
    sides = [wrapped(name, 44) for name in side_names(to, found.sides)]
    points = pd.concat(
        [rows.assign(x=rows[key], side=name) for key, name in zip(("first", "second"), sides, strict=True)]
    )
    points["side"] = pd.Categorical(points["side"], sides)
    return (
        ggplot(points, aes("x", "line"))
        + geom_segment(
            aes(x="first", xend="second", y="line", yend="line", linetype="told"),
            rows,
            colour=LINE,
            size=0.7,
            show_legend=False,
        )
        + geom_point(aes(colour="side", shape="side"), size=2.6)
        + scale_colour_manual(values=[BLUE, ORANGE])
        + scale_shape_manual(values=list(MARKERS[:2]))
        + scale_linetype_manual(values={"different": "solid", "open": "dotted"})
        + scale_x_continuous(labels=ticks(to))
        + labs(x=word(to, "mean"))
        + guides(colour=guide_legend(nrow=2), shape=guide_legend(nrow=2))
        + look(0.27 * len(rows) + 1.2)
    )

"""Power by sample size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.path import FollowUp
from bouwen.report.audience import Reader, ReaderOptions, reader_of
from bouwen.report.given import check_given
from bouwen.report.plots.style import (
    BLUE,
    GREY,
    GRID,
    ORANGE,
    categorical,
    look,
    ticks,
    word,
    wrapped,
)
from bouwen.report.tables.follow_up import PLAN
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot


def power_bands(plan: FollowUp, to: Reader) -> pd.DataFrame:
    """Power with two Monte Carlo errors for each effect and size: ``effect n power lower upper``."""
    found = plan.result.table()
    labels = {target: wrapped(to.chain(chain), 30) for target, chain in plan.effects["chain"].items()}
    return pd.DataFrame(
        {
            "effect": categorical([labels[target] for target in found["target"]]),
            "n": found["n"],
            "power": found["power"],
            "lower": (found["power"] - 2 * found["mc_error"]).clip(0, 1),
            "upper": (found["power"] + 2 * found["mc_error"]).clip(0, 1),
        }
    )


def power_curves_plot(plan: FollowUp, study: Study | None = None, **options: Unpack[ReaderOptions]) -> ggplot:
    """Power by sample size, a panel an effect; dashed: the power aimed at, dotted: the study's own size.

    Parameters
    ----------
    plan : FollowUp
        From `bouwen.plan_follow_up`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    from plotnine import (
        aes,
        element_line,
        element_text,
        facet_wrap,
        geom_hline,
        geom_line,
        geom_point,
        geom_ribbon,
        geom_vline,
        ggplot,
        labs,
        scale_y_continuous,
        theme,
    )

    check_given(plan, FollowUp, PLAN)
    to = reader_of(plan, study, **options)
    bands = power_bands(plan, to)
    columns = 3 if bands["effect"].nunique() > 2 else 2
    rows = -(-bands["effect"].nunique() // columns)
    return (
        ggplot(bands, aes("n", "power"))
        + geom_hline(yintercept=plan.goal, linetype="dashed", colour=ORANGE, size=0.5)
        + geom_vline(xintercept=plan.n, linetype="dotted", colour=GREY)
        + geom_ribbon(aes(ymin="lower", ymax="upper"), fill=BLUE, alpha=0.2)
        + geom_line(colour=BLUE, size=0.8)
        + geom_point(colour=BLUE, size=1.8)
        + facet_wrap("effect", ncol=columns)
        + scale_y_continuous(limits=(0, 1), breaks=[0, 0.2, 0.4, 0.6, 0.8, 1], labels=ticks(to))
        + labs(x=word(to, "answers_n"), y=word(to, "power"))
        + look(1.9 * rows + 0.5, width=7.2)
        + theme(
            strip_text=element_text(size=8, weight="bold", ha="left", x=0, linespacing=1.1),
            panel_spacing=0.035,
            axis_title_y=element_text(),
            panel_grid_major_y=element_line(colour=GRID),
        )
    )

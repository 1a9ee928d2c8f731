"""What equal parameters cost, beside what they cost by chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from bouwen.groups.ladders import StudyInvariance
from bouwen.report.plots.style import GREY, ORANGE, categorical, look, ticks, word, wrapped
from bouwen.report.tables.invariance import step_label
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot


def invariance(study: Study, ladders: Mapping[str, StudyInvariance]) -> ggplot:
    """The change of CFI at every step as answered, in its distribution over shuffled groups."""
    from mizani.breaks import breaks_extended
    from plotnine import (
        aes,
        element_blank,
        element_text,
        facet_grid,
        geom_histogram,
        geom_vline,
        ggplot,
        labs,
        scale_colour_manual,
        scale_fill_manual,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    drawn, observed = cfi_changes(study, ladders)
    panels = drawn["panel"].nunique()
    return (
        ggplot(drawn, aes("change"))
        + geom_histogram(aes(fill="series"), bins=30, colour="white", size=0.1)
        + geom_vline(aes(xintercept="change", colour="series"), data=observed, size=1)
        + facet_grid("panel", "step", scales="free_y")
        + scale_fill_manual(values=[GREY])
        + scale_colour_manual(values=[ORANGE])
        + scale_x_continuous(breaks=breaks_extended(n=3), labels=ticks(study), expand=(0.08, 0))
        + scale_y_continuous(breaks=[], expand=(0, 0, 0.06, 0))
        + labs(x=word(study, "cfi_change"))
        + look(1.15 * panels + 0.9, width=7.2)
        + theme(
            strip_text_y=element_text(size=8.5, angle=0, ha="left"),
            axis_text_x=element_text(size=8),
            panel_grid_major_x=element_blank(),
        )
    )


def cfi_changes(study: Study, ladders: Mapping[str, StudyInvariance]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Changes of CFI when groups are shuffled, and as answered.

    Returns
    -------
    two DataFrames
        ``change step panel series``; one row a permutation, and one row a step.
    """
    drawn, observed = [], []
    for group, ladder in ladders.items():
        if ladder.invariance is None or ladder.permutations is None:
            continue
        panel = wrapped(study.group_label(group), 18)
        for s, step in enumerate(ladder.invariance.steps[1:], start=1):
            label = step_label(study, step)
            values = ladder.permutations.distribution(step, "cfi")
            drawn += [(value, label, panel, word(study, "shuffled_groups")) for value in values]
            observed.append((ladder.permutations.observed[s, 1], label, panel, word(study, "as_answered")))
    frames = []
    for rows in (drawn, observed):
        frame = pd.DataFrame(rows, columns=["change", "step", "panel", "series"])
        frames.append(
            frame.assign(step=categorical(list(frame["step"])), panel=categorical(list(frame["panel"])))
        )
    return frames[0], frames[1]

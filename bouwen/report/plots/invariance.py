"""What equal parameters cost, beside what they cost by chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.groups import Invariance, Permutations, StudyInvariance
from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import NothingToShow
from bouwen.report.plots.style import (
    GREY,
    ORANGE,
    WHITE,
    categorical,
    look,
    side_titles,
    ticks,
    word,
    wrapped,
)
from bouwen.report.tables.invariance import ladders_of, step_label
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot


def invariance_plot(
    steps: Permutations | StudyInvariance | Mapping[str, StudyInvariance],
    study: Study | None = None,
    **options: Unpack[ReaderOptions],
) -> ggplot | None:
    """The change of CFI at every step as answered, in its distribution over shuffled groups.

    Nothing where no group of a study could be tested.

    Parameters
    ----------
    steps : Permutations, StudyInvariance or mapping from group to StudyInvariance
        From `bouwen.permutation_invariance`, `bouwen.study_invariance` or `bouwen.study_ladders`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.

    Raises
    ------
    NothingToShow
        There are no permutations.
    """
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

    ladders, to = ladders_of(steps), reader(study, **options)
    if not ladders:
        return None
    drawn, observed = cfi_changes(ladders, to)
    panels = drawn["panel"].nunique()
    return (
        ggplot(drawn, aes("change"))
        + geom_histogram(aes(fill="series"), bins=30, colour=WHITE, size=0.1)
        + geom_vline(aes(xintercept="change", colour="series"), data=observed, size=1)
        + facet_grid("panel", "step", scales="free_y")
        + scale_fill_manual(values=[GREY])
        + scale_colour_manual(values=[ORANGE])
        + scale_x_continuous(breaks=breaks_extended(n=3), labels=ticks(to), expand=(0.08, 0))
        + scale_y_continuous(breaks=[], expand=(0, 0, 0.06, 0))
        + labs(x=word(to, "cfi_change"))
        + look(1.15 * panels + 0.9, width=7.2)
        + side_titles()
        + theme(axis_text_x=element_text(size=8), panel_grid_major_x=element_blank())
    )


def cfi_changes(
    ladders: Mapping[str, Invariance | Permutations], to: Reader
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Changes of CFI when groups are shuffled, and as answered.

    Returns
    -------
    two DataFrames
        ``change step panel series``; one row a permutation, and one row a step.
    """
    drawn, observed = [], []
    for group, ladder in ladders.items():
        if not isinstance(ladder, Permutations):
            continue
        panel = wrapped(to.group(group), 18)
        for s, step in enumerate(ladder.invariance.steps[1:], start=1):
            label = step_label(to, step)
            values = ladder.distribution(step, "cfi")
            drawn += [(value, label, panel, word(to, "shuffled_groups")) for value in values]
            observed.append((ladder.observed[s, 1], label, panel, word(to, "as_answered")))
    if not drawn:
        raise NothingToShow(
            "the ladder has no permutations to show; ask bouwen.permutation_invariance for them."
        )
    return in_panels(drawn), in_panels(observed)


def in_panels(rows: list[tuple[float, str, str, str]]) -> pd.DataFrame:
    """Changes with steps and groups in the order in which they come."""
    frame = pd.DataFrame(rows, columns=["change", "step", "panel", "series"])
    return frame.assign(step=categorical(list(frame["step"])), panel=categorical(list(frame["panel"])))

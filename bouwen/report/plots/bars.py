"""Answers as they were given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from bouwen.checks import check_known
from bouwen.report.audience import reader
from bouwen.report.given import check_study
from bouwen.report.plots.style import (
    LINE,
    MIDDLE,
    WIDE,
    categorical,
    look,
    percentages,
    side_titles,
    word,
    wrapped,
)
from bouwen.survey import Study, pooled, rounded_shares, share_step

if TYPE_CHECKING:
    from plotnine import ggplot


def answer_bars(study: Study, constructs: Sequence[str]) -> pd.DataFrame:
    """Where each answer's piece of an item's bar begins and ends, small cells pooled.

    The middle of the answer scale stands at zero: what lies left of it is agreement with less,
    what lies right of it agreement with more.

    Returns
    -------
    DataFrame
        ``construct item answer share start end``; within a construct the item with the highest mean
        answer comes first, within an item the lowest answer; the shares are no finer than so many
        respondents allow, and coarser where the audit of this build asks for it, so those of an item add
        up to about 1. Items that hardly anyone answered have no rows.
    """
    rows, n = [], len(study.responses)
    for construct in constructs:
        check_known("construct", construct, study.constructs)
        scale = study.instrument.answer_scales[study.instrument.constructs[construct].answer_scale]
        means = study.responses[list(study.items_of(construct))].mean()
        for item in means.sort_values(ascending=False, kind="stable").index:
            counts = study.responses[item].value_counts().reindex(list(scale.codes), fill_value=0)
            counts = pooled(counts, study.settings.min_cell)
            steps = study.coarser.get(str(item), 0)
            if not counts.any() or steps > 4:
                continue
            step = share_step(n, coarser=steps == 4)
            shares = pd.Series(rounded_shares(counts.to_numpy(), step) * step, counts.index)
            left_of_middle = shares[shares.index < scale.midpoint].sum() + shares.get(scale.midpoint, 0) / 2
            ends = (shares.cumsum() - left_of_middle).round(6)
            rows += [
                (construct, item, k, shares[k], round(ends[k] - shares[k], 6), ends[k]) for k in scale.codes
            ]
    return pd.DataFrame(rows, columns=["construct", "item", "answer", "share", "start", "end"])


def answers_plot(study: Study, constructs: Sequence[str] | None = None) -> ggplot | None:
    """Diverging bars of the answers as given, an item a bar, a panel a construct, highest mean on top.

    Nothing where too few respondents answered for any count to be shown.
    """
    from plotnine import (
        aes,
        element_text,
        facet_grid,
        geom_rect,
        geom_vline,
        ggplot,
        guide_legend,
        guides,
        labs,
        scale_fill_manual,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    check_study(study)
    to, bars = reader(study), answer_bars(study, constructs or study.constructs)
    if not (bars["share"] > 0).any():
        return None
    order = list(dict.fromkeys(bars["item"]))[::-1]
    bars["y"] = bars["item"].map(order.index)
    bars["construct"] = categorical([wrapped(to.label(c), 18) for c in bars["construct"]])
    keys = answer_colours(study, bars["item"])
    bars["answer"] = pd.Categorical(
        [answer_label(study, item, code) for item, code in zip(bars["item"], bars["answer"], strict=True)],
        list(keys),
    )
    return (
        ggplot(bars[bars["share"] > 0])
        + geom_rect(aes(xmin="start", xmax="end", ymin="y - 0.38", ymax="y + 0.38", fill="answer"))
        + geom_vline(xintercept=0, colour=LINE, size=0.3)
        + facet_grid("construct", scales="free_y", space="free_y")
        + scale_fill_manual(values=keys, drop=False)
        + scale_x_continuous(
            limits=(-1.02, 1.02),
            breaks=[-1, -0.5, 0, 0.5, 1],
            labels=percentages(to),
        )
        + scale_y_continuous(
            breaks=list(range(len(order))),
            labels=[wrapped(study.wording(item), 50) for item in order],
            expand=(0, 0.12),
        )
        + labs(x=word(to, "answers"))
        + guides(fill=guide_legend(nrow=1))
        + look(0.36 * len(order) + 1.1, width=WIDE)
        + side_titles(8)
        + theme(
            axis_text_y=element_text(size=8, ha="right", linespacing=1.0),
            legend_text=element_text(size=8),
        )
    )


def answer_label(study: Study, item: str, code: int) -> str:
    """An answer as the legend names it."""
    labels = study.instrument.scale_of(item).labels
    return labels[code][study.language] if code in labels else str(code)


def answer_colours(study: Study, items: Iterable[str]) -> dict[str, str]:
    """A colour for every answer of the items' scales, from brown over grey to purple."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    colours: dict[str, str] = {}
    for item in dict.fromkeys(items):
        scale = study.instrument.scale_of(item)
        for code in scale.codes:
            share = (code - scale.lowest) / (scale.highest - scale.lowest)
            colour = MIDDLE if share == 0.5 else to_hex(colormaps["PuOr"](0.08 + 0.84 * share))
            colours.setdefault(answer_label(study, item, code), colour)
    return colours

"""Who answered, and what was left open."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.plots.style import (
    BLUE,
    GREY,
    PALETTE,
    categorical,
    compared,
    downwards,
    look,
    word,
    wrapped,
)
from bouwen.scales import common_patterns
from bouwen.survey import Study
from bouwen.survey.disclosure import hidden
from bouwen.words import percent

if TYPE_CHECKING:
    from plotnine import ggplot

OPENNESS = {"open_all": "#00426B", "open_some": "#3C93C7", "open_few": "#B8D7EA", "open_none": "#F0F0F0"}


def respondent_shares(study: Study) -> pd.DataFrame:
    """The share of respondents in every category that may be shown.

    Returns
    -------
    DataFrame
        ``variable level n share``; a small category has no row, nor one that would give it away.
    """
    rows = []
    for name in study.categories:
        if name not in study.responses:
            continue
        counts = study.responses[name].value_counts().reindex(list(study.levels(name)), fill_value=0)
        secret, total = hidden(counts, study.settings.min_cell), int(counts.sum())
        rows += [
            (name, k, int(counts[k]), counts[k] / total) for k in counts.index if not secret[k] and total
        ]
    return pd.DataFrame(rows, columns=["variable", "level", "n", "share"])


def respondents(study: Study) -> ggplot:
    """Shares of respondents per category, a panel a background variable."""
    from plotnine import (
        aes,
        element_text,
        facet_grid,
        geom_segment,
        geom_text,
        ggplot,
        labs,
        scale_x_continuous,
        theme,
    )

    found = respondent_shares(study)
    pairs = list(zip(found["variable"], found["level"], strict=True))
    found["label"] = downwards([wrapped(study.level_label(v, k), 40) for v, k in pairs])
    found["panel"] = categorical([wrapped(study.group_label(v), 20) for v, _ in pairs])
    found["text"] = [percent(share, study.language) for share in found["share"]]
    return (
        ggplot(found, aes("share", "label"))
        + geom_segment(aes(x=0, xend="share", yend="label"), colour=BLUE, size=4.5)
        + geom_text(aes(label="text"), ha="left", nudge_x=0.01, size=8)
        + facet_grid("panel", scales="free_y", space="free_y")
        + scale_x_continuous(
            limits=(0, min(1.08, found["share"].max() + 0.1)),
            labels=lambda xs: [percent(x, study.language) for x in xs],
        )
        + labs(x=word(study, "respondents"))
        + look(0.24 * len(found) + 0.12 * found["variable"].nunique() + 0.7)
        + theme(strip_text_y=element_text(size=8.5, angle=0, ha="left"))
    )


def pattern_tiles(study: Study) -> pd.DataFrame:
    """One row per item and pattern of open answers, as `missing_patterns` draws them.

    Returns
    -------
    DataFrame
        ``row`` (0 at the bottom) ``n patterns item place kind``, with ``kind`` a key of ``OPENNESS``.
    """
    found = common_patterns(study.responses[list(study.items)], study.settings.min_cell)
    long = found[::-1].reset_index(drop=True).rename_axis("row").reset_index()
    tiles = long.melt(["row", "n", "patterns"], var_name="item", value_name="share")
    tiles["place"] = tiles["item"].map(list(study.items).index)
    tiles["kind"] = "open_some"
    tiles.loc[tiles["share"].isna(), "kind"] = "open_few"
    tiles.loc[tiles["share"] == 0, "kind"] = "open_none"
    tiles.loc[tiles["share"] == 1, "kind"] = "open_all"
    return tiles


def missing_patterns(study: Study) -> ggplot:
    """Which items were left open together: a row a pattern, a column an item; rare patterns share a row."""
    from plotnine import (
        aes,
        element_blank,
        element_text,
        geom_tile,
        geom_vline,
        ggplot,
        guide_legend,
        guides,
        scale_fill_manual,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    tiles = pattern_tiles(study)
    words = {key: word(study, key).format(study.settings.min_cell) for key in OPENNESS}
    tiles["kind"] = pd.Categorical(tiles["kind"].map(words), list(words.values()))
    rows = tiles.drop_duplicates("row").sort_values("row")
    names = [study.instrument.construct_of(item) for item in study.items]
    sizes = [(name, len(list(items))) for name, items in groupby(names)]
    ends = pd.Series([size for _, size in sizes]).cumsum()
    middles = ends - pd.Series([size for _, size in sizes]) / 2 - 0.5
    return (
        ggplot(tiles, aes("place", "row", fill="kind"))
        + geom_tile(aes(width=0.92, height=0.8))
        + geom_vline(xintercept=list(ends[:-1] - 0.5), colour="#777777", size=0.3)
        + scale_fill_manual(
            values=dict(zip(words.values(), OPENNESS.values(), strict=True)), limits=list(words.values())
        )
        + scale_x_continuous(
            breaks=list(middles),
            labels=[wrapped(study.label(name), 24) for name, _ in sizes],
            expand=(0, 0.1),
        )
        + scale_y_continuous(
            breaks=list(rows["row"]),
            labels=[
                pattern_label(study, int(n), int(k)) for n, k in zip(rows["n"], rows["patterns"], strict=True)
            ],
            expand=(0, 0.1),
        )
        + guides(fill=guide_legend(nrow=2))
        + look(0.34 * len(rows) + 2.3, width=7.6)
        + theme(
            axis_title_x=element_blank(),
            axis_text_x=element_text(rotation=60, ha="right", size=7.5),
            axis_text_y=element_text(size=8),
            legend_text=element_text(size=8),
            panel_grid_major_x=element_blank(),
        )
    )


def pattern_label(study: Study, n: int, patterns: int) -> str:
    """How many respondents a row of patterns stands for."""
    english = f"{n} respondents" + (f",\n{patterns} rare patterns" if patterns > 1 else "")
    dutch = f"{n} respondenten" + (f",\n{patterns} zeldzame patronen" if patterns > 1 else "")
    return dutch if study.language == "nl" else english


def missing(study: Study) -> ggplot:
    """Share of missing answers per item, a panel a construct; small counts drawn as their upper bound."""
    from plotnine import aes, element_text, facet_grid, geom_segment, ggplot, labs, scale_x_continuous, theme

    n, least = len(study.responses), study.settings.min_cell
    counts = study.responses[list(study.items)].isna().sum()
    found = pd.DataFrame({"share": [least / n if 0 < c < least else c / n for c in counts]})
    found["item"] = downwards(list(counts.index))
    names = [study.instrument.construct_of(item) for item in counts.index]
    found["construct"] = categorical([wrapped(study.label(name), 22) for name in names])
    return (
        ggplot(found, aes(x=0, xend="share", y="item", yend="item"))
        + geom_segment(colour=BLUE, size=3)
        + facet_grid("construct", scales="free_y", space="free_y")
        + scale_x_continuous(labels=lambda xs: [percent(x, study.language, 1) for x in xs])
        + labs(x=word(study, "missing"))
        + look(0.17 * len(found) + 0.14 * len(set(names)) + 0.8)
        + theme(strip_text_y=element_text(size=8, angle=0, ha="left"), axis_text_y=element_text(size=7.5))
    )


def treatments(study: Study, treated: pd.DataFrame) -> ggplot:
    """Mean of every scale under each treatment of missing answers, as a distance from the rule of this book.

    ``treated`` comes from `bouwen.scales.compare_treatments`; intervals are of 1.96 standard errors.
    """
    from plotnine import geom_vline

    found = treated.reset_index()
    usual = treated["mean"].xs("half answered", level="treatment")
    found["x"] = found["mean"] - found["construct"].map(usual)
    found["ci_lower"], found["ci_upper"] = found["x"] - 1.96 * found["se"], found["x"] + 1.96 * found["se"]
    found["label"] = [study.label(name) for name in found["construct"]]
    names = list(dict.fromkeys(found["treatment"]))
    found["series"] = pd.Categorical(
        [word(study, name) for name in found["treatment"]], [word(study, name) for name in names]
    )
    colours: Sequence[str] = (GREY, PALETTE[6], PALETTE[1], PALETTE[0])
    return compared(study, found, word(study, "distance"), colours) + geom_vline(
        xintercept=0, colour="#555555", size=0.3
    )

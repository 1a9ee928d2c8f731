"""Who answered, and what was left open."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import check_frame, check_study
from bouwen.report.plots.style import (
    BLUE,
    GREY,
    PALETTE,
    RULE,
    SHADES,
    WIDE,
    categorical,
    compared,
    downwards,
    look,
    most_extreme,
    percentages,
    side_titles,
    word,
    wrapped,
    zero_line,
)
from bouwen.report.tables.response import TREATED
from bouwen.scales import common_patterns
from bouwen.special import ndtri
from bouwen.survey import Study, level_counts

if TYPE_CHECKING:
    from plotnine import ggplot

ROUNDED = ["x", "ci_lower", "ci_upper"]  # no finer than the tables beside them
OPENNESS = dict(zip(("open_all", "open_some", "open_few", "open_none"), SHADES, strict=True))


def respondent_shares(study: Study) -> pd.DataFrame:
    """The share of respondents in every category that may be shown.

    Returns
    -------
    DataFrame
        ``variable level n share``; a small category has no row, nor one that would give it away.
    """
    check_study(study)
    rows = []
    for name in study.categories:
        if name not in study.responses:
            continue
        found, total = level_counts(study, name), int(study.responses[name].count())
        rows += [(name, k, n, n / total) for k, n in found.loc[~found["secret"], "n"].items()]
    return pd.DataFrame(rows, columns=["variable", "level", "n", "share"])


def respondents_plot(study: Study) -> ggplot | None:
    """Shares of respondents per category, a panel a background variable; nothing where none may be shown."""
    from plotnine import aes, facet_grid, geom_segment, geom_text, ggplot, labs, scale_x_continuous

    found, to = respondent_shares(study), reader(study)
    if found.empty:
        return None
    found, below = most_extreme(to, found, "variable", "share", "", largest=True)
    pairs = list(zip(found["variable"], found["level"], strict=True))
    found["label"] = downwards([wrapped(study.level_label(v, k), 40) for v, k in pairs])
    found["panel"] = categorical([wrapped(to.group(v), 20) for v, _ in pairs])
    found["text"] = [to.words.percent(share) for share in found["share"]]
    limits = (0, min(1.08, found["share"].max() + 0.1))
    return (
        ggplot(found, aes("share", "label"))
        + geom_segment(aes(x=0, xend="share", yend="label"), colour=BLUE, size=4.5)
        + geom_text(aes(label="text"), ha="left", nudge_x=0.01, size=8)
        + facet_grid("panel", scales="free_y", space="free_y")
        + scale_x_continuous(limits=limits, labels=percentages(to))
        + labs(x=word(to, "respondents"), **({"caption": below} if below else {}))
        + look(0.24 * len(found) + 0.12 * found["variable"].nunique() + 0.7)
        + side_titles()
    )


def pattern_tiles(study: Study) -> pd.DataFrame:
    """One row per item and pattern of open answers, as `missing_patterns` draws them.

    Returns
    -------
    DataFrame
        ``row`` (0 at the bottom) ``n patterns item place kind``, with ``kind`` a key of ``OPENNESS``.
    """
    check_study(study)
    found = common_patterns(study.responses[list(study.items)], study.settings.min_cell)
    long = found[::-1].reset_index(drop=True).rename_axis("row").reset_index()
    tiles = long.melt(["row", "n", "patterns"], var_name="item", value_name="share")
    tiles["place"] = tiles["item"].map(list(study.items).index)
    tiles["kind"] = "open_some"
    tiles.loc[tiles["share"].isna(), "kind"] = "open_few"
    tiles.loc[tiles["share"] == 0, "kind"] = "open_none"
    tiles.loc[(tiles["share"] == 1) & (tiles["patterns"] == 1), "kind"] = "open_all"
    return tiles


def missing_patterns_plot(study: Study) -> ggplot:
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

    tiles, to = pattern_tiles(study), reader(study)
    words = {key: word(to, key, min_cell=study.settings.min_cell) for key in OPENNESS}
    colours = {words[key]: colour for key, colour in OPENNESS.items()}
    tiles["kind"] = pd.Categorical(tiles["kind"].map(words), list(colours))
    rows = tiles.drop_duplicates("row").sort_values("row")
    lines = [pattern_label(to, int(n), int(k)) for n, k in zip(rows["n"], rows["patterns"], strict=True)]
    blocks = construct_blocks(study)
    names = [wrapped(to.label(name), 24) for name in blocks.index]
    return (
        ggplot(tiles, aes("place", "row", fill="kind"))
        + geom_tile(aes(width=0.92, height=0.8))
        + geom_vline(xintercept=list(blocks["end"][:-1] - 0.5), colour=RULE, size=0.3)
        + scale_fill_manual(values=colours, limits=list(colours))
        + scale_x_continuous(breaks=list(blocks["middle"]), labels=names, expand=(0, 0.1))
        + scale_y_continuous(breaks=list(rows["row"]), labels=lines, expand=(0, 0.1))
        + guides(fill=guide_legend(nrow=2))
        + look(0.34 * len(rows) + 2.3, width=WIDE)
        + theme(
            axis_title_x=element_blank(),
            axis_text_x=element_text(rotation=60, ha="right", size=7.5),
            axis_text_y=element_text(size=8),
            legend_text=element_text(size=8),
            panel_grid_major_x=element_blank(),
        )
    )


def construct_blocks(study: Study) -> pd.DataFrame:
    """Where the items of each construct stand in a row of all items: index construct; ``end middle``."""
    names = [study.instrument.construct_of(item) for item in study.items]
    sizes = pd.Series({name: len(list(items)) for name, items in groupby(names)})
    ends = sizes.cumsum()
    return pd.DataFrame({"end": ends, "middle": ends - sizes / 2 - 0.5})


def pattern_label(to: Reader, n: int, patterns: int) -> str:
    """How many respondents a row of patterns stands for."""
    return word(to, "rare_patterns" if patterns > 1 else "pattern", n=n, patterns=patterns)


def missing_plot(study: Study) -> ggplot:
    """Share of missing answers per item, a panel a construct; small counts drawn as their upper bound."""
    from plotnine import aes, element_text, facet_grid, geom_segment, ggplot, labs, scale_x_continuous, theme

    check_study(study)
    to, n, least = reader(study), len(study.responses), study.settings.min_cell
    counts = study.responses[list(study.items)].isna().sum()
    found = pd.DataFrame({"share": [max(c, least) / n for c in counts]})
    found["item"] = downwards(list(counts.index))
    names = [study.instrument.construct_of(item) for item in counts.index]
    found["construct"] = categorical([wrapped(to.label(name), 22) for name in names])
    return (
        ggplot(found, aes(x=0, xend="share", y="item", yend="item"))
        + geom_segment(colour=BLUE, size=3)
        + facet_grid("construct", scales="free_y", space="free_y")
        + scale_x_continuous(labels=percentages(to, 1))
        + labs(x=word(to, "missing"))
        + look(0.17 * len(found) + 0.14 * len(set(names)) + 0.8)
        + side_titles(8)
        + theme(axis_text_y=element_text(size=7.5))
    )


def treatments_plot(
    treated: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> ggplot | None:
    """Mean of every scale under each treatment of missing answers, as a distance from the rule of this book.

    Nothing where no mean may be shown.

    Parameters
    ----------
    treated : DataFrame
        From `bouwen.compare_treatments`; intervals are of 1.96 standard errors for 95 %, and so on.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_frame(treated, ("construct", "treatment", "mean", "se"), TREATED)
    to, found = reader(study, **options), treated.dropna(subset="mean").reset_index()
    if found.empty:
        return None
    usual = treated["mean"].xs("half answered", level="treatment")
    found["x"] = found["mean"] - found["construct"].map(usual)
    reach = round(float(ndtri((1 + to.confidence) / 2)), 2) * found["se"]
    found["ci_lower"], found["ci_upper"] = found["x"] - reach, found["x"] + reach
    found[ROUNDED] = found[ROUNDED].round(2)
    found["label"] = [to.label(name) for name in found["construct"]]
    names = {name: word(to, name) for name in found["treatment"]}
    found["series"] = pd.Categorical(found["treatment"].map(names), list(names.values()))
    colours: Sequence[str] = (GREY, PALETTE[6], PALETTE[1], PALETTE[0])
    return compared(to, found, word(to, "distance"), colours) + zero_line()

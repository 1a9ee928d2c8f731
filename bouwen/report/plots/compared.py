"""All scales, the levels of every grouping beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.groups import DIFFERENCES, DIFFERENT, GroupComparison, against_rest, extremes, shown_means
from bouwen.report.audience import Reader, reader
from bouwen.report.plots.style import (
    BLUE,
    GRID,
    LINE,
    MARKERS,
    MIDDLE,
    ORANGE,
    PALETTE,
    categorical,
    downwards,
    look,
    ticks,
    with_limits,
    word,
    wrapped,
    zero_line,
)
from bouwen.report.tables.compared import Compared, as_fine, check_compared, check_level
from bouwen.report.tables.mirrored import difference_words
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot

NARROW = 4.4  # inches, which a telephone shows with letters that can be read


def side_by_side_plot(found: Compared, study: Study) -> ggplot | None:
    """Mean scores of every level on every scale, a panel a grouping; joined by a full line where they differ.

    Of more levels than there are colours the highest and the lowest stand out. Nothing where all levels are
    too small.

    Parameters
    ----------
    found : mapping of group to GroupComparison
        From `bouwen.compare_all_groups`.
    study : Study
    """
    from plotnine import (
        aes,
        facet_wrap,
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

    check_compared(found, study)
    to = reader(study)
    points = beside_points(to, study, found)
    if points.empty:
        return None
    few = "level" in points
    colours = PALETTE if few else (BLUE, ORANGE, MIDDLE)
    series = len(points["series"].cat.categories)
    spans = points.groupby(["panel", "line", "told"], observed=True)["x"].agg(["min", "max"]).reset_index()
    return (
        ggplot(points, aes("x", "line"))
        + geom_segment(
            aes(x="min", xend="max", y="line", yend="line", linetype="told"),
            spans,
            colour=LINE,
            size=0.6,
            show_legend=False,
        )
        + geom_point(aes(colour="series", shape="series"), size=2.6)
        + scale_colour_manual(values=list(colours)[:series], drop=False)
        + scale_shape_manual(values=list(MARKERS)[:series], drop=False)
        + scale_linetype_manual(values={"different": "solid", "open": "dotted"})
        + scale_x_continuous(labels=ticks(to))
        + facet_wrap("panel", ncol=1)
        + labs(x=word(to, "mean"))
        + guides(colour=guide_legend(ncol=2), shape=guide_legend(ncol=2))
        + look(0.31 * len(spans) + 0.3 * len(found) + 0.8 + 0.13 * series, width=NARROW)
    )


def beside_points(to: Reader, study: Study, found: Compared) -> pd.DataFrame:
    """Mean scores as they are shown: ``x line series panel told``, and ``level`` where each has its colour.

    ``told`` is whether a difference was found on the scale.
    """
    parts = [grouping_points(to, study, one) for one in found.values()]
    few = sum(len(one.levels) for one in found.values()) <= len(PALETTE)
    points = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    if points.empty:
        return points
    points["line"] = downwards(list(points["line"]))
    points["panel"] = categorical(list(points["panel"]))
    if few:
        return points.assign(series=categorical(list(points["level"])))
    points["series"] = standing_out(to, points)
    return points.drop(columns="level").sort_values("series", kind="stable", ascending=False)


def grouping_points(to: Reader, study: Study, found: GroupComparison) -> pd.DataFrame:
    """Mean scores of the levels of one grouping."""
    means = shown_means(study, found.group).dropna(subset="mean")
    ends = extremes(found)
    differ = set(ends.loc[ends["verdict"] == DIFFERENT, "what"]) if len(ends) else set()
    return pd.DataFrame(
        {
            "x": means["mean"],
            "line": [wrapped(to.label(name), 18) for name in means["construct"]],
            "level": [wrapped(to.level(found.group, level), 28) for level in means["level"]],
            "panel": wrapped(to.group(found.group), 48),
            "told": ["different" if name in differ else "open" for name in means["construct"]],
        }
    )


def standing_out(to: Reader, points: pd.DataFrame) -> pd.Categorical[str]:
    """Whether each point is the highest of its line, the lowest, or another."""
    names = [word(to, key) for key in ("highest_level", "lowest_level", "other_levels")]
    by = points.groupby(["panel", "line"], observed=True)["x"]
    highest, lowest = points["x"] == by.transform("max"), points["x"] == by.transform("min")
    said = [names[0] if h else names[1] if low else names[2] for h, low in zip(highest, lowest, strict=True)]
    return pd.Categorical(said, names)


def against_rest_plot(found: GroupComparison, study: Study, level: str) -> ggplot | None:
    """How far a level lies from all others on every scale; in the band a difference does not matter.

    Nothing for a level that is not compared.

    Parameters
    ----------
    found : GroupComparison
        From `bouwen.compare_groups`.
    study : Study
    level : str
    """
    from plotnine import (
        aes,
        annotate,
        geom_point,
        geom_segment,
        ggplot,
        labs,
        scale_shape_manual,
        scale_x_continuous,
    )

    check_level(found, study, level)
    to, rows = reader(study), as_fine(study, against_rest(found, level))
    rows = rows[rows["kind"].isin(("latent mean", "score"))].rename(columns={"estimate": "x"})
    if rows.empty:
        return None
    rows["line"] = downwards([wrapped(to.label(name), 18) for name in rows["what"]])
    rows["told"] = categorical(difference_words(to, rows["verdict"]))
    least = study.settings.smallest_difference
    shapes = dict(zip(difference_words(to, DIFFERENCES), MARKERS, strict=False))
    return (
        ggplot(with_limits(rows), aes("x", "line"))
        + annotate(
            "rect", xmin=-least, xmax=least, ymin=-float("inf"), ymax=float("inf"), fill=GRID, alpha=0.6
        )
        + zero_line()
        + geom_segment(aes(x="ci_lower", xend="ci_upper", yend="line"), colour=BLUE, size=0.7)
        + geom_point(aes(shape="told"), colour=BLUE, size=2.4)
        + scale_shape_manual(values={word: shapes[word] for word in rows["told"].cat.categories})
        + scale_x_continuous(labels=ticks(to))
        + labs(x=word(to, "against_rest"))
        + look(0.31 * len(rows) + 1.1, width=NARROW)
    )

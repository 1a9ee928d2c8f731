"""The common look of the figures: colours, sizes, and the marks that several of them share."""

from __future__ import annotations

import textwrap
from collections import UserList
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from bouwen.report.audience import Reader

if TYPE_CHECKING:
    from plotnine import ggplot
    from plotnine.themes.theme import theme

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8C8C8C"  # Okabe & Ito (2008)
PALETTE = (BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "D", "s", "^", "v", "P", "X")

INK, LINE, RULE, LIGHT, MIDDLE = "#333333", "#555555", "#777777", "#C9C9C9", "#D9D9D9"
GRID, FAINT_GRID, FAINTEST_GRID = "#E3E3E3", "#EDEDED", "#F3F3F3"
SHADES = ("#00426B", "#3C93C7", "#B8D7EA", "#F0F0F0")  # from all to none
SIZES = ("#F4F8FB", "#004A78")  # from a small to a large value
SIGNS = ("#B35806", "#F6F6F6", "#5E3C99")  # from below zero to above
WHITE, BLACK = "#FFFFFF", "#000000"

WIDTH, WIDE = 6.6, 7.6
MOST_INCHES = 24.0  # inches; plotnine draws no taller figure, and nobody would scroll through one
MOST_LEVELS = 40  # of one panel whose lines are levels
LONGEST_LABEL = 64  # letters beside an axis; more leave no room for the panel

FONT, BOLD = "DejaVu Sans", (700, "bold")
# Fonts of many machines for scripts that it lacks, and matplotlib's own, which has a frame for any letter.
FALLBACKS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans SC", "PingFang SC", "Microsoft YaHei",
    "Noto Sans Arabic", "Noto Sans Devanagari", "Noto Sans Bengali", "Noto Sans Tamil", "Noto Sans Thai",
    "Noto Sans Ethiopic", "Nirmala UI", "Arial Unicode MS", "Noto Emoji", "Segoe UI Emoji",
    "Last Resort High-Efficiency",
)  # fmt: skip


def word(to: Reader, key: str, **values: Any) -> str:
    """An axis title or a name in a legend."""
    return to.words(f"plots.{key}", **values)


@cache
def fonts() -> UserList[str]:
    """The font of the figures, and after it those on this machine that have letters which it lacks.

    No plain list, which a theme would deal out to as many labels, one font each.
    """
    from matplotlib.font_manager import fontManager

    by_name = {name: [font for font in fontManager.ttflist if font.name == name] for name in FALLBACKS}
    for faces in by_name.values():
        if faces and all(face.weight not in BOLD for face in faces):
            # Its plain face is its bold one too, or each bold label would log that there is none.
            fontManager.ttflist.append(replace(faces[0], weight=BOLD[0]))
    return UserList([FONT, *(name for name, faces in by_name.items() if faces)])


def look(height: float, width: float = WIDTH) -> theme:
    """The common look, at a size in inches."""
    from plotnine import element_blank, element_line, element_text, theme, theme_minimal

    height = min(height, MOST_INCHES)
    plain = theme_minimal(base_size=10.5, base_family=fonts())
    plain._rcParams["text.parse_math"] = False  # a $ in a label is a dollar
    return plain + theme(
        figure_size=(width, height),
        svg_usefonts=False,
        panel_grid_minor=element_blank(),
        panel_grid_major_y=element_blank(),
        panel_grid_major_x=element_line(colour=GRID),
        legend_position="top",
        legend_title=element_blank(),
        axis_title_y=element_blank(),
        strip_text=element_text(weight="bold", ha="left", x=0),
        plot_margin=0.01,
    )


def side_titles(size: float = 8.5) -> theme:
    """Titles of panels lying at their right side."""
    from plotnine import element_text, theme

    return theme(strip_text_y=element_text(size=size, angle=0, ha="left"))


def most_extreme(
    to: Reader, found: pd.DataFrame, panels: str, value: str, below: str, *, largest: bool = False
) -> tuple[pd.DataFrame, str]:
    """The rows of panels that have few enough, and the line below the figure that says which are left out.

    Of a panel of more than `MOST_LEVELS` rows those with the lowest and the highest values are kept, as many
    of each, or those with the ``largest``; they stand in order.
    """
    kept, told = [], [below] if below else []
    for name, rows in found.groupby(panels, sort=False):
        if len(rows) > MOST_LEVELS:
            place = rows[value].rank(method="first")
            half = MOST_LEVELS // 2
            high = place > len(rows) - (MOST_LEVELS if largest else half)
            told.append(
                word(
                    to,
                    "largest" if largest else "lowest_highest",
                    variable=to.group(str(name)),
                    n=len(rows),
                    most=MOST_LEVELS if largest else half,
                )
            )
            rows = rows[high if largest else high | (place <= half)]
            rows = rows.sort_values(value, ascending=False, kind="stable")
        kept.append(rows)
    return pd.concat(kept, ignore_index=True), "; ".join(told)


def zero_line() -> object:
    """A thin line where there is no effect."""
    from plotnine import geom_vline

    return geom_vline(xintercept=0, colour=LINE, size=0.3)


def bounds(places: Sequence[float]) -> object:
    """Dashed lines at customary limits."""
    from plotnine import geom_vline

    return geom_vline(xintercept=list(places), linetype="dashed", colour=LINE, size=0.4)


def wrapped(text: str, width: int) -> str:
    """A label broken into lines."""
    return "\n".join(textwrap.wrap(text, width))


def fitting(text: str) -> str:
    """A label as it is, or broken into lines where it would leave the panel no room."""
    return text if max(map(len, text.split("\n"))) <= LONGEST_LABEL else wrapped(text, LONGEST_LABEL)


def ticks(to: Reader) -> Callable[[Sequence[float]], list[str]]:
    """Axis labels in the reader's spelling, with as many decimals as their distances need."""

    def labels(values: Sequence[float]) -> list[str]:
        digits = next((d for d in (1, 2, 3) if all(abs(round(v, d) - v) < 1e-9 for v in values)), 4)
        return [to.words.number(v, digits) for v in values]

    return labels


def percentages(to: Reader, digits: int = 0) -> Callable[[Sequence[float]], list[str]]:
    """Axis labels of shares, whichever way they point."""
    return lambda values: [to.words.percent(abs(value), digits) for value in values]


def categorical(labels: list[str]) -> pd.Categorical[str]:
    """Labels in the order in which they first appear."""
    labels = [fitting(label) for label in labels]
    return pd.Categorical(labels, list(dict.fromkeys(labels)))


def downwards(labels: list[str]) -> pd.Categorical[str]:
    """Labels that a vertical axis shows from top to bottom."""
    labels = [fitting(label) for label in labels]
    return pd.Categorical(labels, list(dict.fromkeys(labels))[::-1])


def with_limits(found: pd.DataFrame) -> pd.DataFrame:
    """Rows with ``x ci_lower ci_upper``, limits that are not known at the estimate."""
    return found.fillna({"ci_lower": found["x"], "ci_upper": found["x"]})


def interval_below(to: Reader) -> str:
    """The line below a figure that says of which level its intervals are."""
    return to.words("heads.interval", level=to.confidence_text)


def ranges(y: str, **constant: object) -> list[object]:
    """Points with their intervals, lying down; drawn in blue unless a colour is mapped."""
    from plotnine import aes, geom_point, geom_segment

    constant = constant or {"colour": BLUE}
    return [
        geom_segment(aes(x="ci_lower", xend="ci_upper", y=y, yend=y), size=0.7, **constant),
        geom_point(size=2.2, **constant),
    ]


def panels_of(found: pd.DataFrame, rows: str) -> object:
    """A panel beneath the other for every value of a column, and beside the other for every group."""
    from plotnine import facet_grid

    several = "group" in found and found["group"].nunique() > 1
    return facet_grid(rows, "group" if several else None, scales="free_y", space="free_y")


def compared(to: Reader, found: pd.DataFrame, title: str, colours: Sequence[str]) -> ggplot:
    """Points with intervals for several series, side by side on each line.

    ``found`` has a row per line and series: ``label series x ci_lower ci_upper``, lines from top to bottom.
    """
    from plotnine import (
        aes,
        element_line,
        ggplot,
        guide_legend,
        guides,
        labs,
        scale_colour_manual,
        scale_shape_manual,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    lines, series = list(dict.fromkeys(found["label"]))[::-1], list(found["series"].cat.categories)
    step = 0.7 / len(series)
    offset = {name: ((len(series) - 1) / 2 - k) * step for k, name in enumerate(series)}
    places = zip(found["label"], found["series"], strict=True)
    y = [lines.index(label) + offset[name] for label, name in places]
    return (
        ggplot(with_limits(found).assign(y=y), aes("x", "y", colour="series", shape="series"))
        + ranges("y", show_legend=True)
        + scale_colour_manual(values=list(colours)[: len(series)], drop=False)
        + scale_shape_manual(values=list(MARKERS)[: len(series)], drop=False)
        + scale_x_continuous(labels=ticks(to))
        + scale_y_continuous(
            breaks=list(range(len(lines))), labels=[fitting(line) for line in lines], expand=(0, 0.6)
        )
        + labs(x=fitting(title), caption=interval_below(to))
        + guides(colour=guide_legend(nrow=2 if len(series) > 2 else 1))
        + look((0.2 + 0.1 * len(series)) * len(lines) + 1.0)
        + theme(panel_grid_major_y=element_line(colour=FAINTEST_GRID))
    )

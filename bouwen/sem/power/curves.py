"""Power by sample size -> a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from plotnine import ggplot

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")  # Okabe & Ito (2008)
SHAPES = ("o", "D", "s", "^", "v", "P", "X")


def power_curves(
    results: pd.DataFrame, *, x: str = "Respondents", y: str = "Power", goal: float = 0.80
) -> ggplot:
    """Power by sample size, a line a target, with two Monte Carlo errors and a line at ``goal``.

    Parameters
    ----------
    results : DataFrame
        ``n target power mc_error``, as `Power.table` has them.
    x, y : str
        Axis titles.
    goal : float
    """
    from plotnine import (
        aes,
        element_blank,
        geom_errorbar,
        geom_hline,
        geom_line,
        geom_point,
        ggplot,
        labs,
        scale_colour_manual,
        scale_shape_manual,
        scale_y_continuous,
        theme,
        theme_minimal,
    )

    frame = results.dropna(subset=["power"]).assign(
        lower=lambda d: (d["power"] - 2 * d["mc_error"]).clip(0, 1),
        upper=lambda d: (d["power"] + 2 * d["mc_error"]).clip(0, 1),
    )
    order = list(dict.fromkeys(frame["target"]))
    frame["target"] = pd.Categorical(frame["target"], order)
    colours = [COLOURS[k % len(COLOURS)] for k in range(len(order))]
    shapes = [SHAPES[k % len(SHAPES)] for k in range(len(order))]
    return (
        ggplot(frame, aes("n", "power", colour="target", shape="target"))
        + geom_hline(yintercept=goal, linetype="dashed", colour="#8C8C8C")
        + geom_errorbar(aes(ymin="lower", ymax="upper"), width=0, size=0.6)
        + geom_line(size=0.8)
        + geom_point(size=2.2)
        + scale_colour_manual(values=colours)
        + scale_shape_manual(values=shapes)
        + scale_y_continuous(limits=(0, 1), breaks=[0, 0.2, 0.4, 0.6, 0.8, 1])
        + labs(x=x, y=y, colour="", shape="")
        + theme_minimal(base_size=10.5, base_family="DejaVu Sans")
        + theme(panel_grid_minor=element_blank(), figure_size=(6.6, 4), svg_usefonts=False)
    )

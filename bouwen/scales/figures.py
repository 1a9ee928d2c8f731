"""Figures that several results share; labels and colours are the caller's to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from plotnine import ggplot


def heat_map(matrix: pd.DataFrame, label: str, *, lowest: float = -1.0, bounds: bool = True) -> ggplot:
    """A square matrix as shades with its figures, the diagonal left out; dark is strong, also in grey.

    Parameters
    ----------
    matrix : DataFrame (p × p)
    label : str
        What the shades stand for.
    lowest : float
        The value without colour at the light end; 0 for ratios.
    bounds : bool
        Whether the scale ends at one.
    """
    from plotnine import (
        aes,
        element_text,
        geom_text,
        geom_tile,
        ggplot,
        labs,
        scale_colour_identity,
        scale_fill_gradient2,
        theme,
    )

    names = [str(name) for name in matrix.index]
    figures = matrix.to_numpy(dtype=float)
    i, j = np.nonzero(~np.eye(len(names), dtype=bool))
    rows = pd.DataFrame({"row": np.array(names)[i], "column": np.array(names)[j], "value": figures[i, j]})
    rows["row"] = pd.Categorical(rows["row"], categories=names[::-1])
    rows["column"] = pd.Categorical(rows["column"], categories=names)
    rows["text"] = [f"{value:.2f}".replace("-", "−") for value in rows["value"]]
    rows["ink"] = np.where(rows["value"].abs() > 0.6, "white", "black")
    ends = (lowest, 1.0) if bounds else (lowest, max(1.0, float(np.nanmax(figures))))
    return (
        ggplot(rows, aes("column", "row", fill="value"))
        + geom_tile(colour="white")
        + geom_text(aes(label="text", colour="ink"), size=8)
        + scale_fill_gradient2(low="#b35806", mid="#f7f7f7", high="#08306b", midpoint=0, limits=ends)
        + scale_colour_identity()
        + labs(x="", y="", fill=label)
        + theme(axis_text_x=element_text(rotation=45, ha="right"))
    )


def scree(values: pd.DataFrame, x: str, y: str) -> ggplot:
    """Lines over numbered factors: the first column with points, the others dashed."""
    from plotnine import aes, geom_line, geom_point, ggplot, labs, scale_linetype_manual

    series = list(values.columns)
    long = values.rename_axis("number").reset_index().melt("number", var_name="series")
    long["series"] = pd.Categorical(long["series"], categories=series)
    styles = {name: "solid" if k == 0 else "dashed" for k, name in enumerate(series)}
    return (
        ggplot(long, aes("number", "value", linetype="series"))
        + geom_line()
        + geom_point(long[long["series"] == series[0]])
        + scale_linetype_manual(values=styles)
        + labs(x=x, y=y, linetype="")
    )


def ranges(rows: pd.DataFrame, x: str, *, lines: tuple[float, ...] = ()) -> ggplot:
    """Estimates with intervals from top to bottom: columns ``name estimate ci_lower ci_upper``."""
    from plotnine import aes, coord_flip, geom_hline, geom_pointrange, ggplot, labs

    order = [str(name) for name in rows["name"]][::-1]
    shown = rows.assign(name=pd.Categorical(rows["name"].astype(str), categories=order))
    shown = shown.fillna({"ci_lower": shown["estimate"], "ci_upper": shown["estimate"]})
    return (
        ggplot(shown, aes("name", "estimate", ymin="ci_lower", ymax="ci_upper"))
        + [geom_hline(yintercept=line, linetype="dashed", colour="grey") for line in lines]
        + geom_pointrange()
        + coord_flip()
        + labs(x="", y=x)
    )


def chisquare(value: float, df: float) -> ggplot:
    """A chi-square statistic against the distribution that it has where the tested hypothesis holds."""
    from plotnine import aes, geom_line, geom_vline, ggplot, labs
    from scipy.special import gammaln

    x = np.linspace(1e-9, max(1.1 * value, df + 5 * np.sqrt(2 * df)), 400)
    log_density = (df / 2 - 1) * np.log(x) - x / 2 - df / 2 * np.log(2) - gammaln(df / 2)
    curve = pd.DataFrame({"chisq": x, "density": np.exp(log_density)})
    return (
        ggplot(curve, aes("chisq", "density"))
        + geom_line()
        + geom_vline(xintercept=value, linetype="dashed")
        + labs(x=f"Chi-square on {df} degrees of freedom", y="Density")
    )

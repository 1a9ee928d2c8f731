"""How reliable scales are, whether they can be told apart, and where a model misses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bouwen.claims import variable_label
from bouwen.report.plots.style import BLUE, PALETTE, compared, downwards, look, ranges, ticks, word
from bouwen.scales import Htmt, Structures
from bouwen.sem import Fit
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot

BOUNDS = (0.85, 0.90)  # Henseler, Ringle & Sarstedt (2015)


def ratios(study: Study, found: Htmt) -> ggplot:
    """HTMT2 of every pair of scales with its interval, the largest on top, beside the customary bounds."""
    from plotnine import aes, element_text, geom_vline, ggplot, labs, scale_x_continuous, theme

    rows = found.table()
    pairs = zip(rows["first"], rows["second"], strict=True)
    rows["pair"] = downwards([f"{variable_label(study, a)} – {variable_label(study, b)}" for a, b in pairs])
    return (
        ggplot(rows.rename(columns={"htmt": "x"}), aes("x", "pair"))
        + geom_vline(xintercept=list(BOUNDS), linetype="dashed", colour="#555555", size=0.4)
        + ranges("pair")
        + scale_x_continuous(labels=ticks(study))
        + labs(x="HTMT2")
        + look(0.21 * len(rows) + 0.7, width=7.6)
        + theme(axis_text_y=element_text(size=8))
    )


def facet_correlations(study: Study, found: Structures) -> ggplot:
    """Correlations between facets with their intervals, the strongest on top, beside .85 and 1."""
    from plotnine import aes, geom_vline, ggplot, labs, scale_x_continuous

    rows = found.correlations()
    pairs = zip(rows["first"], rows["second"], strict=True)
    rows["pair"] = downwards([f"{variable_label(study, a)} – {variable_label(study, b)}" for a, b in pairs])
    return (
        ggplot(rows.rename(columns={"r": "x"}), aes("x", "pair"))
        + geom_vline(xintercept=[BOUNDS[0], 1.0], linetype="dashed", colour="#555555", size=0.4)
        + ranges("pair")
        + scale_x_continuous(labels=ticks(study))
        + labs(x=word(study, "correlation"))
        + look(0.26 * len(rows) + 0.8, width=7.6)
    )


def residual_tiles(fit: Fit) -> pd.DataFrame:
    """Residual correlations below the diagonal: ``row column residual``, by the place of the items."""
    residuals = fit.residuals("cor").to_numpy()
    i, j = np.tril_indices(len(residuals), -1)
    return pd.DataFrame({"row": i, "column": j, "residual": residuals[i, j]})


def residuals(study: Study, fit: Fit, *, large: float = 0.1) -> ggplot:
    """Residual correlations as tiles; those beyond ``large`` carry their sign."""
    from plotnine import (
        aes,
        element_text,
        geom_text,
        geom_tile,
        ggplot,
        labs,
        scale_fill_gradientn,
        scale_x_continuous,
        scale_y_reverse,
        theme,
    )

    tiles, names = residual_tiles(fit), list(fit.structure.observed)
    far = max(2 * large, float(tiles["residual"].abs().max()))
    marked = tiles[tiles["residual"].abs() >= large]
    marked = marked.assign(sign=["+" if x > 0 else "−" for x in marked["residual"]])
    places = list(range(len(names)))
    return (
        ggplot(tiles, aes("column", "row"))
        + geom_tile(aes(fill="residual", width=0.94, height=0.94))
        + geom_text(aes(label="sign"), marked, size=8, colour="#000000")
        + scale_fill_gradientn(colors=["#B35806", "#F6F6F6", "#5E3C99"], limits=(-far, far), guide=None)
        + scale_x_continuous(breaks=places[:-1], labels=names[:-1], expand=(0, 0.2))
        + scale_y_reverse(breaks=places[1:], labels=names[1:], expand=(0, 0.2))
        + labs(x="", y="")
        + look(0.2 * len(names) + 1.2)
        + theme(
            axis_title_x=element_text(size=1),
            axis_text_x=element_text(rotation=90, ha="center", size=7),
            axis_text_y=element_text(size=7),
        )
    )


def reliabilities(study: Study, reliability: pd.DataFrame) -> ggplot:
    """Alpha and omega of every scale with their intervals, from the table of `scale_reliability`."""
    columns = ["x", "ci_lower", "ci_upper"]
    figures = {
        sign: reliability[[name, f"{name}_ci_lower", f"{name}_ci_upper"]]
        .set_axis(columns, axis=1)
        .astype(float)
        for sign, name in (("α", "alpha"), ("ω", "omega"))
    }
    found = pd.concat(figures, names=["series", "construct"])
    found = found.dropna(subset="x").reset_index()
    found["label"] = [study.label(name) for name in found["construct"]]
    found["series"] = pd.Categorical(found["series"], ["α", "ω"])
    order = {study.label(name): k for k, name in enumerate(study.constructs)}
    found = found.sort_values(["label", "series"], key=lambda x: x.map(order) if x.name == "label" else x)
    return compared(study, found, word(study, "reliability"), (BLUE, PALETTE[1]))

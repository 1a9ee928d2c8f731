"""How reliable scales are, whether they can be told apart, and where a model misses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from bouwen.report.audience import ReaderOptions, reader, reader_of
from bouwen.report.given import NothingToShow, check_frame, check_given, check_one_group
from bouwen.report.plots.style import (
    BLACK,
    BLUE,
    PALETTE,
    SIGNS,
    WIDE,
    bounds,
    compared,
    downwards,
    interval_below,
    look,
    ranges,
    ticks,
    with_limits,
    word,
)
from bouwen.report.tables.dimensions import COMPARED
from bouwen.report.tables.validity import IN_FIGURE, RATIOS, may_be_close
from bouwen.scales import Htmt, Structures
from bouwen.sem import Fit
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot

BOUNDS = (0.85, 0.90)  # Henseler, Ringle & Sarstedt (2015)


def ratios_plot(found: Htmt, study: Study | None = None, **options: Unpack[ReaderOptions]) -> ggplot:
    """HTMT2 of pairs of scales with intervals, the largest on top, beside the customary bounds.

    The twenty closest, and all that may be above .85; a line below says how far the others stay below.

    Parameters
    ----------
    found : Htmt
        From `bouwen.htmt`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    from plotnine import aes, element_text, ggplot, labs, scale_x_continuous, theme

    check_given(found, Htmt, RATIOS)
    to, every = reader_of(found, study, **options), found.table()
    shown = may_be_close(every["htmt"], every["ci_upper"], IN_FIGURE)
    rows, others = every[shown].copy(), every.loc[~shown, "htmt"]
    rows["pair"] = downwards([to.pair(a, b, "–") for a, b in zip(rows["first"], rows["second"], strict=True)])
    below = interval_below(to)
    if len(others):
        below += word(to, "other_pairs", n=len(every), others=len(others), most=to.words.number(others.max()))
    return (
        ggplot(with_limits(rows.rename(columns={"htmt": "x"})), aes("x", "pair"))
        + bounds(BOUNDS)
        + ranges("pair")
        + scale_x_continuous(labels=ticks(to))
        + labs(x=found.kind.upper(), caption=below)
        + look(0.21 * len(rows) + 0.7, width=WIDE)
        + theme(axis_text_y=element_text(size=8))
    )


def facet_correlations_plot(
    found: Structures, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> ggplot:
    """Correlations between facets with their intervals, the strongest on top, beside .85 and 1.

    Parameters
    ----------
    found : Structures
        From `bouwen.compare_structures`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.

    Raises
    ------
    NothingToShow
        The model of correlated facets has no solution.
    """
    from plotnine import aes, ggplot, labs, scale_x_continuous

    check_given(found, Structures, COMPARED)
    to, rows = reader_of(found, study, **options), found.correlations()
    if rows.empty:
        raise NothingToShow(
            "the model of correlated facets has no solution, so there are no correlations to show."
        )
    rows["pair"] = downwards([to.pair(a, b, "–") for a, b in zip(rows["first"], rows["second"], strict=True)])
    return (
        ggplot(rows.rename(columns={"r": "x"}), aes("x", "pair"))
        + bounds((BOUNDS[0], 1.0))
        + ranges("pair")
        + scale_x_continuous(labels=ticks(to))
        + labs(x=word(to, "correlation"), caption=interval_below(to))
        + look(0.26 * len(rows) + 0.8, width=WIDE)
    )


def residual_tiles(fit: Fit) -> pd.DataFrame:
    """Residual correlations below the diagonal: ``row column residual``, by the place of the items."""
    residuals = check_one_group(fit).residuals("cor").to_numpy()
    i, j = np.tril_indices(len(residuals), -1)
    return pd.DataFrame({"row": i, "column": j, "residual": residuals[i, j]})


def residuals_plot(
    fit: Fit, study: Study | None = None, *, large: float = 0.1, **options: Unpack[ReaderOptions]
) -> ggplot:
    """Residual correlations as tiles; those beyond ``large`` carry their sign.

    Parameters
    ----------
    fit : Fit
    study : Study, optional
    large : float
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
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

    tiles, to = residual_tiles(fit), reader(study, **options)
    names = [to.name(item) for item in fit.structure.observed]
    far = max(2 * large, float(tiles["residual"].abs().max()))
    marked = tiles[tiles["residual"].abs() >= large]
    marked = marked.assign(sign=["+" if x > 0 else "−" for x in marked["residual"]])
    places = list(range(len(names)))
    return (
        ggplot(tiles, aes("column", "row"))
        + geom_tile(aes(fill="residual", width=0.94, height=0.94))
        + geom_text(aes(label="sign"), marked, size=8, colour=BLACK)
        + scale_fill_gradientn(colors=list(SIGNS), limits=(-far, far), guide=None)
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


def reliabilities_plot(
    reliability: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> ggplot:
    """Alpha and omega of every scale with their intervals.

    Parameters
    ----------
    reliability : DataFrame
        The table of `bouwen.scale_reliability`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    wanted = "the table of bouwen.scale_reliability"
    check_frame(reliability, ("alpha", "alpha_ci_lower", "omega", "omega_ci_lower"), wanted)
    to, columns = reader_of(reliability, study, **options), ["x", "ci_lower", "ci_upper"]
    figures = {
        sign: reliability[[name, f"{name}_ci_lower", f"{name}_ci_upper"]]
        .set_axis(columns, axis=1)
        .astype(float)
        for sign, name in (("α", "alpha"), ("ω", "omega"))
    }
    found = pd.concat(figures, names=["series", "construct"])
    found = found.dropna(subset="x").reset_index()
    order = {name: k for k, name in enumerate(reliability.index)}
    found = found.assign(place=found["construct"].map(order)).sort_values(["place", "series"])
    found["label"] = [to.label(name) for name in found["construct"]]
    found["series"] = pd.Categorical(found["series"], ["α", "ω"])
    return compared(to, found, word(to, "reliability"), (BLUE, PALETTE[1]))

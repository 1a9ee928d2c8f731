"""How much predictors matter, by two figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.path import Importance
from bouwen.report.audience import ReaderOptions, reader_of
from bouwen.report.given import check_given
from bouwen.report.plots.models import outcome_titles
from bouwen.report.plots.style import (
    WIDE,
    downwards,
    interval_below,
    look,
    ranges,
    side_titles,
    ticks,
    word,
    zero_line,
)
from bouwen.report.tables.structural import IMPORTANCE
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot


def importance_plot(
    found: Importance, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> ggplot:
    """Total effect and share of R² of every predictor side by side, a row of panels an outcome.

    Parameters
    ----------
    found : Importance
        From `bouwen.predictor_importance`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    from plotnine import aes, facet_grid, ggplot, labs, scale_x_continuous, theme

    check_given(found, Importance, IMPORTANCE)
    to, rows = reader_of(found, study, **options), found.table()
    # in each panel the order of the first outcome, so that lines can be followed from one to the next
    rows["line"] = downwards([to.label(name) for name in rows["predictor"]])
    rows["outcome"] = outcome_titles(to, rows["outcome"])
    names = [word(to, key) for key in ("total", "share")]
    parts = [
        rows.assign(
            figure=name, x=rows[key], ci_lower=rows[f"{key}_ci_lower"], ci_upper=rows[f"{key}_ci_upper"]
        )
        for key, name in zip(("total", "share"), names, strict=True)
    ]
    long = pd.concat(parts, ignore_index=True)
    long["figure"] = pd.Categorical(long["figure"], names)
    return (
        ggplot(long, aes("x", "line"))
        + zero_line()
        + ranges("line")
        + facet_grid("outcome", "figure", scales="free", space="free_y")
        + scale_x_continuous(labels=ticks(to))
        + labs(x="", caption=interval_below(to))
        + look(0.26 * len(rows) + 1.1, width=WIDE)
        + side_titles()
        + theme(panel_spacing_x=0.035)
    )

"""How much results depend on choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
import pandas as pd

from bouwen.path import CHOICES, SpecificationCurve
from bouwen.report.audience import Reader, ReaderOptions, reader_of
from bouwen.report.given import check_given
from bouwen.report.plots.style import BLUE, INK, LIGHT, LINE, ORANGE, WIDE, interval_below, look, ticks, word
from bouwen.report.tables.robustness import CURVE, choice_label, chosen_label
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot

TALL = 11.0  # height of the curve, in lines of the dashboard


def specification_curve_plot(
    curve: SpecificationCurve, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> ggplot:
    """The effect in every specification, smallest first, above the choices that make each of them up.

    Grey bars show where the share of the effects of shuffled answers lies that the level of confidence says.
    Failed specifications are not drawn.

    Parameters
    ----------
    curve : SpecificationCurve
        From `bouwen.specification_curve`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    from plotnine import (
        aes,
        element_blank,
        element_text,
        ggplot,
        guide_legend,
        guides,
        labs,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    check_given(curve, SpecificationCurve, CURVE)
    to = reader_of(curve, study, **options)
    found, breaks = curve_points(curve, to.confidence)
    series = [word(to, key, level=to.confidence_text) for key in ("effect", "own_model", "shuffled")]
    found["series"] = pd.Categorical(np.where(found["reference"], series[1], series[0]), series)
    marks, lines = dashboard(curve, to, found)
    axis, levels = scale_of(breaks), lines[lines["level"] != ""]
    labels = [*ticks(to)(breaks), *levels["level"]]
    bottom = lines["y"].min()
    return (
        ggplot(found, aes("x", "y", colour="series", shape="series"))
        + curve_marks(found, axis(0.0))
        + dashboard_marks(marks, pd.concat([curve_title(curve, to), lines[lines["level"] == ""]]))
        + scale_x_continuous(breaks=[], expand=(0.01, 0))
        + scale_y_continuous(
            breaks=[*(axis(b) for b in breaks), *levels["y"]],
            labels=labels,
            limits=(bottom - 0.6, TALL + 1.3),
            expand=(0, 0),
        )
        + labs(x=word(to, "specifications", n=len(found)), caption=interval_below(to))
        + guides(colour=guide_legend(nrow=1))
        + look(0.19 * (TALL - bottom) + 0.8, width=WIDE)
        + theme(axis_text_y=element_text(size=8), panel_grid_major_x=element_blank())
    )


def curve_marks(found: pd.DataFrame, zero: float) -> list[object]:
    """The effects with their intervals, those of shuffled answers behind them, and the study's own."""
    from plotnine import aes, geom_hline, geom_point, geom_segment, scale_colour_manual, scale_shape_manual

    own, series = found["reference"], list(found["series"].cat.categories)
    null = found[found["null_lower"].notna()]
    null = null.assign(series=pd.Categorical([series[2]] * len(null), series))
    return [
        geom_hline(yintercept=zero, colour=LINE, size=0.3),
        geom_hline(yintercept=list(found.loc[own, "y"]), colour=ORANGE, size=0.3, linetype="dashed"),
        geom_segment(aes(xend="x", y="null_lower", yend="null_upper"), data=null, size=0.9),
        geom_segment(aes(xend="x", y="low", yend="high"), size=0.45),
        geom_point(size=1.3),
        geom_point(data=found[own], size=3),
        scale_colour_manual(values=[BLUE, ORANGE, LIGHT], drop=False),
        scale_shape_manual(values=["o", "D", ""], drop=False),
    ]


def dashboard_marks(marks: pd.DataFrame, headings: pd.DataFrame) -> list[object]:
    """The choices of each specification, and the headings above them."""
    from plotnine import aes, geom_segment, geom_text

    ends = aes("x", "y - 0.36", xend="x", yend="y + 0.36")
    heading: dict[str, Any] = {"ha": "left", "size": 8.5, "fontweight": "bold"}
    return [
        geom_segment(ends, marks, inherit_aes=False, size=0.6, colour=INK),
        geom_text(aes("x", "y", label="text"), headings, inherit_aes=False, **heading),
    ]


def curve_title(curve: SpecificationCurve, to: Reader) -> pd.DataFrame:
    """What the curve shows, above it: ``x y text``."""
    path = curve.path
    text = word(to, "standardised_effect", source=to.label(path.predictor), target=to.label(path.outcome))
    return pd.DataFrame({"x": [0.0], "y": [TALL + 0.9], "text": [text]})


def curve_points(curve: SpecificationCurve, confidence: float = 0.95) -> tuple[pd.DataFrame, list[float]]:
    """Where each specification's effect, interval and shuffled effects stand, and the ticks of their axis.

    Returns
    -------
    DataFrame
        The rows of ``curve.table()`` that did not fail, with ``x`` from 1, and ``y low high null_lower
        null_upper`` in lines of the dashboard, and whether it is the ``reference``.
    list of float
    """
    results = curve.results.assign(null_lower=np.nan, null_upper=np.nan)
    rows = results.index[curve.tested]
    tails = [(1 - confidence) / 2, (1 + confidence) / 2]
    results.loc[rows, ["null_lower", "null_upper"]] = np.quantile(curve.effects[1:], tails, axis=0).T
    results["reference"] = results.index == curve.reference.name
    found = results[results["status"] != "failed"].sort_values("estimate", kind="stable")
    reach = found[["ci_lower", "ci_upper", "null_lower", "null_upper"]]
    breaks = nice_breaks(float(min(0.0, reach.min().min())), float(max(0.0, reach.max().max())))
    axis = scale_of(breaks)
    places = {"y": "estimate", "low": "ci_lower", "high": "ci_upper"}
    found = found.assign(x=np.arange(1, len(found) + 1), **{k: axis(found[v]) for k, v in places.items()})
    found["null_lower"], found["null_upper"] = axis(found["null_lower"]), axis(found["null_upper"])
    return found, breaks


def scale_of(breaks: list[float]) -> Callable[[Any], Any]:
    """Effects to lines of the dashboard: the outermost ticks stand at 0 and at ``TALL``."""
    low, high = breaks[0], breaks[-1]
    return lambda value: TALL * (value - low) / (high - low)


def nice_breaks(low: float, high: float) -> list[float]:
    """Round ticks from below ``low`` to above ``high``.

    >>> nice_breaks(-0.13, 0.94)
    [-0.2, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0]
    """
    step = next(s for s in (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0) if (high - low) / s <= 7 or s == 5.0)
    first, last = int(np.floor(low / step + 1e-9)), int(np.ceil(high / step - 1e-9))
    return [round(k * step, 10) for k in range(first, last + 1)]


def dashboard(
    curve: SpecificationCurve, to: Reader, found: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The marks below the curve, and the lines on which they stand.

    Returns
    -------
    marks : DataFrame
        ``x y``, one for each specification and choice.
    lines : DataFrame
        ``x y level text``: a line for each choice (``text``, without ``level``) and one for each of its
        levels. Choices that were never varied are left out.
    """
    marks, lines, y = [], [], -1.0
    for choice in CHOICES:
        levels = list(dict.fromkeys(curve.results[choice]))
        if len(levels) < 2:
            continue
        lines.append((0.0, y, "", choice_label(to, curve, choice)))
        for level in levels:
            y -= 1
            lines.append((0.0, y, chosen_label(to, level), ""))
            marks += [(x, y) for x in found.loc[found[choice] == level, "x"]]
        y -= 1.4
    return pd.DataFrame(marks, columns=["x", "y"]), pd.DataFrame(lines, columns=["x", "y", "level", "text"])

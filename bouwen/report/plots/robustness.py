"""How much results depend on choices."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from bouwen.claims import variable_label
from bouwen.path import SpecificationCurve
from bouwen.report.plots.style import BLUE, ORANGE, look, ticks, word
from bouwen.report.tables.robustness import CHOICES, choice_label, level_label
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot

TALL = 11.0  # height of the curve, in lines of the dashboard
LIGHT, INK = "#C9C9C9", "#333333"


def specification_curve(study: Study, curve: SpecificationCurve) -> ggplot:
    """The effect in every specification, smallest first, above the choices that make each of them up.

    Grey bars show where 95 % of the effects of shuffled answers lie. Failed specifications are not drawn.
    """
    from plotnine import (
        aes,
        element_blank,
        element_text,
        geom_hline,
        geom_point,
        geom_segment,
        geom_text,
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

    found, breaks = curve_points(curve)
    marks, lines = dashboard(study, curve, found)
    series = [word(study, key) for key in ("effect", "own_model", "shuffled")]
    own = found["reference"]
    found["series"] = pd.Categorical(np.where(own, series[1], series[0]), series)
    null = found[found["null_lower"].notna()]
    null = null.assign(series=pd.Categorical([series[2]] * len(null), series))
    axis, levels = scale_of(breaks), lines[lines["level"] != ""]
    title = pd.DataFrame({"x": [0.0], "y": [TALL + 0.9], "text": [effect_title(study, curve)]})
    headings = pd.concat([title, lines[lines["level"] == ""]])
    return (
        ggplot(found, aes("x", "y", colour="series", shape="series"))
        + geom_hline(yintercept=axis(0.0), colour="#555555", size=0.3)
        + geom_hline(yintercept=list(found.loc[own, "y"]), colour=ORANGE, size=0.3, linetype="dashed")
        + geom_segment(aes(xend="x", y="null_lower", yend="null_upper"), data=null, size=0.9)
        + geom_segment(aes(xend="x", y="low", yend="high"), size=0.45)
        + geom_point(size=1.3)
        + geom_point(data=found[own], size=3)
        + geom_segment(
            aes("x", "y - 0.36", xend="x", yend="y + 0.36"), marks, inherit_aes=False, size=0.6, colour=INK
        )
        + geom_text(
            aes("x", "y", label="text"), headings, inherit_aes=False, ha="left", size=8.5, fontweight="bold"
        )
        + scale_colour_manual(values=[BLUE, ORANGE, LIGHT], drop=False)
        + scale_shape_manual(values=["o", "D", ""], drop=False)
        + scale_x_continuous(breaks=[], expand=(0.01, 0))
        + scale_y_continuous(
            breaks=[*(axis(b) for b in breaks), *levels["y"]],
            labels=[*ticks(study)(breaks), *levels["level"]],
            limits=(lines["y"].min() - 0.6, TALL + 1.3),
            expand=(0, 0),
        )
        + labs(x=word(study, "specifications").format(len(found)))
        + guides(colour=guide_legend(nrow=1))
        + look(0.19 * (TALL - lines["y"].min()) + 0.8, width=7.6)
        + theme(axis_text_y=element_text(size=8), panel_grid_major_x=element_blank())
    )


def effect_title(study: Study, curve: SpecificationCurve) -> str:
    """What the curve shows."""
    names = (variable_label(study, name) for name in (curve.path.predictor, curve.path.outcome))
    return word(study, "standardised_effect").format(*names)


def curve_points(curve: SpecificationCurve) -> tuple[pd.DataFrame, list[float]]:
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
    results.loc[rows, ["null_lower", "null_upper"]] = np.quantile(curve.effects[1:], [0.025, 0.975], axis=0).T
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
    study: Study, curve: SpecificationCurve, found: pd.DataFrame
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
        lines.append((0.0, y, "", choice_label(study, curve, choice)))
        for level in levels:
            y -= 1
            lines.append((0.0, y, level_label(study, choice, level), ""))
            marks += [(x, y) for x in found.loc[found[choice] == level, "x"]]
        y -= 1.4
    return pd.DataFrame(marks, columns=["x", "y"]), pd.DataFrame(lines, columns=["x", "y", "level", "text"])

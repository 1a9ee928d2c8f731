"""What a fitted model estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.claims import variable_label
from bouwen.report.plots.style import categorical, downwards, look, ranges, ticks, word, wrapped
from bouwen.report.tables import drawn, standardised
from bouwen.report.texts import chain
from bouwen.sem import Bootstrap, Fit
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot


def loadings(study: Study, fit: Fit) -> ggplot:
    """Standardised loadings with intervals, a panel a factor."""
    from plotnine import aes, element_text, facet_grid, ggplot, labs, scale_x_continuous, theme

    found = standardised(fit, "=~").copy()
    found["item"] = downwards([variable_label(study, item) for item in found["rhs"]])
    found["factor"] = categorical([wrapped(variable_label(study, factor), 18) for factor in found["lhs"]])
    limits = (min(0.0, found["ci_lower"].min()), max(1.0, found["ci_upper"].max()))
    return (
        ggplot(found, aes("est_std", "item"))
        + ranges("item")
        + facet_grid("factor", scales="free_y", space="free_y")
        + scale_x_continuous(limits=limits, labels=ticks(study))
        + labs(x=word(study, "loading"))
        + look(0.21 * len(found) + 0.2 * found["factor"].nunique() + 0.7)
        + theme(strip_text_y=element_text(size=8, angle=0, ha="left"), axis_text_y=element_text(size=8))
    )


def paths(study: Study, fit: Fit, *, draws: Bootstrap | None = None) -> ggplot:
    """Standardised paths with intervals (percentiles of draws, if given), a panel an outcome."""
    found = (standardised(fit, "~") if draws is None else drawn(study, draws, "~")).copy()
    found["line"] = downwards([variable_label(study, name) for name in found["rhs"]])
    found["outcome"] = categorical(["→ " + wrapped(variable_label(study, name), 16) for name in found["lhs"]])
    return by_outcome(study, found, "path")


def indirect_effects(study: Study, effects: pd.DataFrame) -> ggplot | None:
    """Indirect effects with percentile intervals, a panel an outcome; nothing where there are none."""
    if effects.empty:
        return None
    found = effects.rename(columns={"est": "est_std"})
    found = found.assign(ci_lower=found["boot_lower"], ci_upper=found["boot_upper"])
    found["line"] = downwards([wrapped(text, 44) for text in starts(study, effects)])
    found["outcome"] = categorical(
        ["→ " + wrapped(variable_label(study, name), 16) for name in found["outcome"]]
    )
    return by_outcome(study, found, "indirect")


def starts(study: Study, effects: pd.DataFrame) -> list[str]:
    """Each effect's variables but the last, which the panel names."""
    ends = zip(effects["predictor"], effects["via"], strict=True)
    return [chain(study, (first, *(via or ("…",)))) for first, via in ends]


def by_outcome(study: Study, found: pd.DataFrame, title: str) -> ggplot:
    """Points with intervals around zero, from ``line outcome est_std ci_lower ci_upper``."""
    from plotnine import aes, element_text, facet_grid, geom_vline, ggplot, labs, scale_x_continuous, theme

    return (
        ggplot(found, aes("est_std", "line"))
        + geom_vline(xintercept=0, colour="#555555", size=0.3)
        + ranges("line")
        + facet_grid("outcome", scales="free_y", space="free_y")
        + scale_x_continuous(labels=ticks(study))
        + labs(x=word(study, title))
        + look(0.3 * len(found) + 0.9)
        + theme(strip_text_y=element_text(size=8.5, angle=0, ha="left"))
    )

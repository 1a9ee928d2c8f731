"""What a fitted model estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.report.audience import Reader, ReaderOptions, reader, reader_of
from bouwen.report.given import FIT, check_frame, check_given
from bouwen.report.plots.style import (
    categorical,
    downwards,
    interval_below,
    look,
    panels_of,
    ranges,
    side_titles,
    ticks,
    word,
    wrapped,
    zero_line,
)
from bouwen.report.tables.draws import EFFECTS, drawn
from bouwen.report.tables.models import ANY_FIT, FITS, standardised
from bouwen.sem import Bootstrap, Fit, SamFit
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot


def loadings_plot(fit: Fit, study: Study | None = None, **options: Unpack[ReaderOptions]) -> ggplot:
    """Standardised loadings with intervals, a panel a factor.

    Parameters
    ----------
    fit : Fit
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    from plotnine import aes, element_text, ggplot, labs, scale_x_continuous, theme

    check_given(fit, Fit, FIT)
    to = reader(study, **options)
    found = standardised(fit, "=~", to.confidence).copy()
    found["item"] = downwards([to.label(item) for item in found["rhs"]])
    found["factor"] = categorical([wrapped(to.label(factor), 18) for factor in found["lhs"]])
    limits = (min(0.0, found["ci_lower"].min()), max(1.0, found["ci_upper"].max()))
    lines = len(found) // max(1, found["group"].nunique())
    return (
        ggplot(found, aes("est_std", "item"))
        + ranges("item")
        + panels_of(found, "factor")
        + scale_x_continuous(limits=limits, labels=ticks(to))
        + labs(x=word(to, "loading"), caption=interval_below(to))
        + look(0.21 * lines + 0.2 * found["factor"].nunique() + 0.7)
        + side_titles(8)
        + theme(axis_text_y=element_text(size=8))
    )


def paths_plot(
    fit: Fit | SamFit,
    study: Study | None = None,
    *,
    draws: Bootstrap | None = None,
    **options: Unpack[ReaderOptions],
) -> ggplot:
    """Standardised paths with intervals, a panel an outcome.

    Parameters
    ----------
    fit : Fit or SamFit
    study : Study, optional
        Gives the labels and the language.
    draws : Bootstrap, optional
        Draws of the fit: intervals are their percentiles, instead of those of the delta method.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(fit, FITS, ANY_FIT)
    to = reader(study, **options)
    found = standardised(fit, "~", to.confidence)
    found = (found if draws is None else drawn(draws, "~", to.confidence)).copy()
    found["line"] = downwards([to.label(name) for name in found["rhs"]])
    found["outcome"] = outcome_titles(to, found["lhs"])
    return by_outcome(to, found, "path")


def indirect_effects_plot(
    effects: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> ggplot | None:
    """Indirect effects with intervals, a panel an outcome; nothing where there are none.

    Parameters
    ----------
    effects : DataFrame
        From `bouwen.indirect_effects`: intervals are percentiles where it had draws.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_frame(effects, ("predictor", "via", "outcome", "est"), EFFECTS)
    to = reader_of(effects, study, **options)
    if effects.empty:
        return None
    found = effects.rename(columns={"est": "est_std"})
    if "boot_lower" in found:
        found = found.assign(ci_lower=found["boot_lower"], ci_upper=found["boot_upper"])
    found["line"] = downwards([wrapped(text, 44) for text in effect_starts(to, effects)])
    found["outcome"] = outcome_titles(to, found["outcome"])
    return by_outcome(to, found, "indirect")


def effect_starts(to: Reader, effects: pd.DataFrame) -> list[str]:
    """Each effect's variables but the last, which the panel names."""
    ends = zip(effects["predictor"], effects["via"], strict=True)
    return [to.chain((first, *(via or ("…",)))) for first, via in ends]


def outcome_titles(to: Reader, names: pd.Series) -> pd.Categorical[str]:
    """What arrows lead to, as the titles of panels."""
    return categorical(["→ " + wrapped(to.label(name), 16) for name in names])


def by_outcome(to: Reader, found: pd.DataFrame, title: str) -> ggplot:
    """Points with intervals around zero, from ``line outcome group est_std ci_lower ci_upper``."""
    from plotnine import aes, ggplot, labs, scale_x_continuous

    return (
        ggplot(found, aes("est_std", "line"))
        + zero_line()
        + ranges("line")
        + panels_of(found, "outcome")
        + scale_x_continuous(labels=ticks(to))
        + labs(x=word(to, title), caption=interval_below(to))
        + look(0.3 * len(found) + 0.9)
        + side_titles()
    )

"""Mean scores and correlations, of all respondents and of groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bouwen.checks import check_known
from bouwen.groups import outcome_correlations, shown_means
from bouwen.report.audience import reader
from bouwen.report.given import check_study
from bouwen.report.plots.style import (
    BLUE,
    GREY,
    LINE,
    categorical,
    compared,
    downwards,
    interval_below,
    look,
    most_extreme,
    ranges,
    side_titles,
    ticks,
    word,
    wrapped,
)
from bouwen.scales import mean_estimate, score_scales
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot


def means_plot(study: Study) -> ggplot:
    """Mean scores of all respondents with intervals, against the middle of the answer scale."""
    from plotnine import aes, geom_point, ggplot, labs

    found, to = scale_means(study), reader(study)
    return (
        ggplot(found, aes("mean", "construct"))
        + geom_point(aes("midpoint"), shape="|", colour=LINE, size=5)
        + ranges("construct")
        + labs(x=word(to, "mean"), caption=interval_below(to))
        + look(0.27 * len(found) + 0.7)
    )


def scale_means(study: Study) -> pd.DataFrame:
    """Mean score of every construct with its interval, and the middle of its answer scale.

    Returns
    -------
    DataFrame
        ``construct`` (label) ``mean ci_lower ci_upper midpoint``.
    """
    check_study(study)
    scores, rows = score_scales(study), []
    for construct in study.constructs:
        mean = mean_estimate(scores[construct], study.clusters)
        ends = mean.interval(study.settings.confidence)  # no finer than the tables beside the figures
        scale = study.instrument.answer_scales[study.instrument.constructs[construct].answer_scale]
        single = len(study.items_of(construct)) == 1  # whose interval would tell the spread of its answers
        rows.append(
            (study.label(construct), *np.round([mean.value, *ends], 1 if single else 2), scale.midpoint)
        )
    found = pd.DataFrame(rows, columns=["construct", "mean", "ci_lower", "ci_upper", "midpoint"])
    return found.assign(construct=downwards(list(found["construct"])))


def outcome_by_group_plot(study: Study) -> ggplot | None:
    """Mean of the outcome with its interval, a panel a group; nothing where all levels are too small."""
    from plotnine import aes, facet_grid, ggplot, labs, scale_x_continuous

    check_study(study)
    to = reader(study)
    every = [shown_means(study, group).dropna(subset="sd").assign(group=group) for group in study.groups]
    found = pd.concat([means[means["construct"] == study.outcome] for means in every]) if every else None
    if found is None or found.empty:
        return None
    found, below = most_extreme(to, found, "group", "mean", interval_below(to))
    pairs = zip(found["group"], found["level"], strict=True)
    found["label"] = downwards([wrapped(study.level_label(group, level), 34) for group, level in pairs])
    found["panel"] = categorical([wrapped(to.group(group), 18) for group in found["group"]])
    return (
        ggplot(found.rename(columns={"mean": "x"}), aes("x", "label"))
        + ranges("label")
        + facet_grid("panel", scales="free_y", space="free_y")
        + scale_x_continuous(labels=ticks(to))
        + labs(x=f"{word(to, 'mean')}: {to.label(study.outcome)}", caption=below)
        + look(0.32 * len(found) + 0.9)
        + side_titles()
    )


def outcome_plot(study: Study, part: Study | None = None) -> ggplot | None:
    """Correlations of every scale with the outcome, strongest first; a part of the respondents beside all.

    Nothing where no scale has one, as in a study of one construct.
    """
    check_study(study)
    to = reader(study)
    everyone = outcome_correlations(study).sort_values("r", ascending=False, kind="stable")
    if everyone.empty:
        return None
    samples = {word(to, "all"): everyone}
    if part is not None:
        check_study(part)
        samples[word(to, "here")] = outcome_correlations(part).reindex(everyone.index).dropna()
    found = pd.concat(samples, names=["series"]).reset_index(names=["series", "construct"])
    found["series"] = pd.Categorical(found["series"], list(samples))
    found["label"] = [to.label(c) for c in found["construct"]]
    title = word(to, "r", name=to.label(study.outcome))
    return compared(
        to, found.rename(columns={"r": "x"}), title, (GREY, BLUE) if part is not None else (BLUE,)
    )


def level_profile_plot(study: Study, group: str, level: str) -> ggplot | None:
    """Mean scores of one level beside those of all respondents; nothing where too few answered any scale."""
    everyone = scale_means(study).rename(columns={"construct": "label", "mean": "x"})
    check_known(f"level of {group}", level, study.levels(group))
    to = reader(study)
    here = shown_means(study, group, level=level).dropna(subset="sd").rename(columns={"mean": "x"})
    if here.empty:
        return None
    here = here.assign(label=[to.label(c) for c in here["construct"]])
    samples = {word(to, "all"): everyone.astype({"label": str}), study.level_label(group, level): here}
    found = pd.concat(samples, names=["series"]).reset_index(names=["series", "row"])
    found["series"] = pd.Categorical(found["series"], list(samples))
    return compared(to, found, word(to, "mean"), (GREY, BLUE))

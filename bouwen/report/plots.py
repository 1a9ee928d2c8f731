"""Results -> figures: each function maps numbers from a tested function and returns a plotnine plot."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from bouwen.groups import group_means, outcome_correlations
from bouwen.report.claims import variable_label
from bouwen.report.tables import standardised
from bouwen.report.words import number, percent
from bouwen.scales import score_scales
from bouwen.sem import Fit
from bouwen.survey import Study
from bouwen.survey.disclosure import pooled

if TYPE_CHECKING:
    from plotnine import ggplot
    from plotnine.themes.theme import theme

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8C8C8C"  # Okabe & Ito (2008)
PALETTE = (BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
SHAPES = ("o", "D", "s", "^", "v", "P", "X")
WIDTH = 6.6

WORDS = {
    "answers": ("Share of answers", "Aandeel van de antwoorden"),
    "loading": ("Standardised loading", "Gestandaardiseerde lading"),
    "path": ("Standardised path", "Gestandaardiseerd pad"),
    "mean": ("Mean score", "Gemiddelde score"),
    "r": ("Correlation with: {}", "Correlatie met: {}"),
    "missing": ("Answers missing", "Ontbrekende antwoorden"),
    "all": ("all respondents", "alle respondenten"),
    "here": ("this group", "deze groep"),
}


def word(study: Study, key: str) -> str:
    """An axis title in the language of the book."""
    english, dutch = WORDS[key]
    return dutch if study.language == "nl" else english


def look(height: float, width: float = WIDTH) -> theme:
    """The common look, at a size in inches."""
    from plotnine import element_blank, element_line, element_text, theme, theme_minimal

    return theme_minimal(base_size=10.5, base_family="DejaVu Sans") + theme(
        figure_size=(width, height),
        svg_usefonts=False,
        panel_grid_minor=element_blank(),
        panel_grid_major_y=element_blank(),
        panel_grid_major_x=element_line(colour="#E3E3E3"),
        legend_position="top",
        legend_title=element_blank(),
        axis_title_y=element_blank(),
        strip_text=element_text(weight="bold", ha="left", x=0),
        plot_margin=0.01,
    )


def wrapped(text: str, width: int) -> str:
    """A label broken into lines."""
    return "\n".join(textwrap.wrap(text, width))


def ticks(study: Study) -> Callable[[Sequence[float]], list[str]]:
    """Axis labels in the language of the book, with as many decimals as their distances need."""

    def labels(values: Sequence[float]) -> list[str]:
        digits = next((d for d in (1, 2, 3) if all(abs(round(v, d) - v) < 1e-9 for v in values)), 4)
        return [number(v, digits, study.language) for v in values]

    return labels


def answer_bars(study: Study, constructs: Sequence[str]) -> pd.DataFrame:
    """Where each answer's piece of an item's bar begins and ends, small cells pooled.

    The middle of the answer scale stands at zero: what lies left of it is agreement with less,
    what lies right of it agreement with more.

    Returns
    -------
    DataFrame
        ``construct item answer share start end`` with answers lowest first; the shares of an item
        add up to 1. Items that hardly anyone answered have no rows.
    """
    rows = []
    for construct in constructs:
        scale = study.instrument.answer_scales[study.instrument.constructs[construct].answer_scale]
        for item in study.items_of(construct):
            counts = study.responses[item].value_counts().reindex(list(scale.codes), fill_value=0)
            counts = pooled(counts, study.settings.min_cell)
            if (n := counts.sum()) == 0:
                continue
            left_of_middle = counts[counts.index < scale.midpoint].sum() + counts.get(scale.midpoint, 0) / 2
            ends = (counts.cumsum() - left_of_middle) / n
            rows += [
                (construct, item, k, counts[k] / n, ends[k] - counts[k] / n, ends[k]) for k in scale.codes
            ]
    return pd.DataFrame(rows, columns=["construct", "item", "answer", "share", "start", "end"])


def answers(study: Study, constructs: Sequence[str] | None = None) -> ggplot:
    """Diverging bars of the answers as given, an item a bar, a panel a construct."""
    from plotnine import (
        aes,
        element_text,
        facet_grid,
        geom_rect,
        geom_vline,
        ggplot,
        guide_legend,
        guides,
        labs,
        scale_fill_manual,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    bars = answer_bars(study, constructs or study.constructs)
    order = list(dict.fromkeys(bars["item"]))[::-1]
    bars["y"] = bars["item"].map(order.index)
    bars["construct"] = categorical([wrapped(study.label(c), 18) for c in bars["construct"]])
    keys = answer_colours(study, bars["item"])
    bars["answer"] = pd.Categorical(
        [answer_label(study, item, code) for item, code in zip(bars["item"], bars["answer"], strict=True)],
        list(keys),
    )
    return (
        ggplot(bars[bars["share"] > 0])
        + geom_rect(aes(xmin="start", xmax="end", ymin="y - 0.38", ymax="y + 0.38", fill="answer"))
        + geom_vline(xintercept=0, colour="#555555", size=0.3)
        + facet_grid("construct", scales="free_y", space="free_y")
        + scale_fill_manual(values=keys, drop=False)
        + scale_x_continuous(
            limits=(-1, 1),
            breaks=[-1, -0.5, 0, 0.5, 1],
            labels=lambda xs: [percent(abs(x), study.language) for x in xs],
        )
        + scale_y_continuous(
            breaks=list(range(len(order))),
            labels=[wrapped(study.wording(item), 50) for item in order],
            expand=(0, 0.12),
        )
        + labs(x=word(study, "answers"))
        + guides(fill=guide_legend(nrow=1))
        + look(0.36 * len(order) + 1.1, width=7.6)
        + theme(
            axis_text_y=element_text(size=8, ha="right", linespacing=1.0),
            strip_text_y=element_text(size=8, angle=0, ha="left"),
            legend_text=element_text(size=8),
        )
    )


def answer_label(study: Study, item: str, code: int) -> str:
    """An answer as the legend names it."""
    labels = study.instrument.scale_of(item).labels
    return labels[code][study.language] if code in labels else str(code)


def answer_colours(study: Study, items: Iterable[str]) -> dict[str, str]:
    """A colour for every answer of the items' scales, from brown over grey to purple."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    colours: dict[str, str] = {}
    for item in dict.fromkeys(items):
        scale = study.instrument.scale_of(item)
        for code in scale.codes:
            share = (code - scale.lowest) / (scale.highest - scale.lowest)
            colour = "#D9D9D9" if share == 0.5 else to_hex(colormaps["PuOr"](0.08 + 0.84 * share))
            colours.setdefault(answer_label(study, item, code), colour)
    return colours


def categorical(labels: list[str]) -> pd.Categorical[str]:
    """Labels in the order in which they first appear."""
    return pd.Categorical(labels, list(dict.fromkeys(labels)))


def downwards(labels: list[str]) -> pd.Categorical[str]:
    """Labels that a vertical axis shows from top to bottom."""
    return pd.Categorical(labels, list(dict.fromkeys(labels))[::-1])


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


def paths(study: Study, fit: Fit) -> ggplot:
    """Standardised paths with intervals, a panel an outcome."""
    from plotnine import aes, element_text, facet_grid, geom_vline, ggplot, labs, scale_x_continuous, theme

    found = standardised(fit, "~").copy()
    found["predictor"] = downwards([variable_label(study, name) for name in found["rhs"]])
    found["outcome"] = categorical(["→ " + wrapped(variable_label(study, name), 16) for name in found["lhs"]])
    return (
        ggplot(found, aes("est_std", "predictor"))
        + geom_vline(xintercept=0, colour="#555555", size=0.3)
        + ranges("predictor")
        + facet_grid("outcome", scales="free_y", space="free_y")
        + scale_x_continuous(labels=ticks(study))
        + labs(x=word(study, "path"))
        + look(0.3 * len(found) + 0.9)
        + theme(strip_text_y=element_text(size=8.5, angle=0, ha="left"))
    )


def ranges(y: str, **constant: object) -> list[object]:
    """Points with their intervals, lying down; drawn in blue unless a colour is mapped."""
    from plotnine import aes, geom_point, geom_segment

    constant = constant or {"colour": BLUE}
    return [
        geom_segment(aes(x="ci_lower", xend="ci_upper", y=y, yend=y), size=0.7, **constant),
        geom_point(size=2.2, **constant),
    ]


def means(study: Study) -> ggplot:
    """Mean scores of all respondents with intervals, against the middle of the answer scale."""
    from plotnine import aes, geom_point, ggplot, labs

    found = scale_means(study)
    return (
        ggplot(found, aes("mean", "construct"))
        + geom_point(aes("midpoint"), shape="|", colour="#555555", size=5)
        + ranges("construct")
        + labs(x=word(study, "mean"))
        + look(0.27 * len(found) + 0.7)
    )


def scale_means(study: Study) -> pd.DataFrame:
    """Mean score of every construct with Student's interval and the middle of its answer scale.

    Returns
    -------
    DataFrame
        ``construct`` (label) ``mean ci_lower ci_upper midpoint``.
    """
    from statsmodels.stats.weightstats import DescrStatsW

    scores, rows = score_scales(study), []
    for construct in study.constructs:
        stats = DescrStatsW(scores[construct].dropna())
        ends = stats.tconfint_mean(1 - study.settings.confidence)
        scale = study.instrument.answer_scales[study.instrument.constructs[construct].answer_scale]
        rows.append((study.label(construct), stats.mean, *ends, scale.midpoint))
    found = pd.DataFrame(rows, columns=["construct", "mean", "ci_lower", "ci_upper", "midpoint"])
    return found.assign(construct=downwards(list(found["construct"])))


def outcome_by_group(study: Study) -> ggplot:
    """Mean of the outcome with its interval, per level with enough respondents, a panel a group."""
    from plotnine import aes, element_text, facet_grid, ggplot, labs, scale_x_continuous, theme

    found = pd.concat([group_means(study, group).assign(group=group) for group in study.groups])
    found = found[found["construct"] == study.outcome]
    pairs = zip(found["group"], found["level"], strict=True)
    found["label"] = downwards([wrapped(study.level_label(group, level), 34) for group, level in pairs])
    found["panel"] = categorical([wrapped(study.group_label(group), 18) for group in found["group"]])
    return (
        ggplot(found.rename(columns={"mean": "x"}), aes("x", "label"))
        + ranges("label")
        + facet_grid("panel", scales="free_y", space="free_y")
        + scale_x_continuous(labels=ticks(study))
        + labs(x=f"{word(study, 'mean')}: {study.label(study.outcome)}")
        + look(0.32 * len(found) + 0.9)
        + theme(strip_text_y=element_text(size=8.5, angle=0, ha="left"))
    )


def missing(study: Study) -> ggplot:
    """Share of missing answers per item, a panel a construct; small counts drawn as their upper bound."""
    from plotnine import aes, element_text, facet_grid, geom_segment, ggplot, labs, scale_x_continuous, theme

    n, least = len(study.responses), study.settings.min_cell
    counts = study.responses[list(study.items)].isna().sum()
    found = pd.DataFrame({"share": [least / n if 0 < c < least else c / n for c in counts]})
    found["item"] = downwards(list(counts.index))
    names = [study.instrument.construct_of(item) for item in counts.index]
    found["construct"] = categorical([wrapped(study.label(name), 22) for name in names])
    return (
        ggplot(found, aes(x=0, xend="share", y="item", yend="item"))
        + geom_segment(colour=BLUE, size=3)
        + facet_grid("construct", scales="free_y", space="free_y")
        + scale_x_continuous(labels=lambda xs: [percent(x, study.language, 1) for x in xs])
        + labs(x=word(study, "missing"))
        + look(0.17 * len(found) + 0.14 * len(set(names)) + 0.8)
        + theme(strip_text_y=element_text(size=8, angle=0, ha="left"), axis_text_y=element_text(size=7.5))
    )


def outcome(study: Study, part: Study | None = None) -> ggplot:
    """Correlations of every scale with the outcome, strongest first; a part of the respondents beside all."""
    everyone = outcome_correlations(study).sort_values("r", ascending=False, kind="stable")
    samples = {word(study, "all"): everyone}
    if part is not None:
        samples[word(study, "here")] = outcome_correlations(part).reindex(everyone.index).dropna()
    found = pd.concat(samples, names=["series"]).reset_index(names=["series", "construct"])
    found["series"] = pd.Categorical(found["series"], list(samples))
    found["label"] = [study.label(c) for c in found["construct"]]
    title = word(study, "r").format(study.label(study.outcome))
    return compared(
        study, found.rename(columns={"r": "x"}), title, (GREY, BLUE) if part is not None else (BLUE,)
    )


def level_profile(study: Study, group: str, level: str) -> ggplot:
    """Mean scores of one level beside those of all respondents."""
    everyone = scale_means(study).rename(columns={"construct": "label", "mean": "x"})
    here = group_means(study, group).query("level == @level").rename(columns={"mean": "x"})
    here = here.assign(label=[study.label(c) for c in here["construct"]])
    samples = {word(study, "all"): everyone.astype({"label": str}), study.level_label(group, level): here}
    found = pd.concat(samples, names=["series"]).reset_index(names=["series", "row"])
    found["series"] = pd.Categorical(found["series"], list(samples))
    return compared(study, found, word(study, "mean"), (GREY, BLUE))


def compared(study: Study, found: pd.DataFrame, title: str, colours: Sequence[str]) -> ggplot:
    """Points with intervals for several series, side by side on each line.

    ``found`` has a row per line and series: ``label series x ci_lower ci_upper``, lines from top to bottom.
    """
    from plotnine import (
        aes,
        element_line,
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

    lines, series = list(dict.fromkeys(found["label"]))[::-1], list(found["series"].cat.categories)
    step = 0.7 / len(series)
    offset = {name: ((len(series) - 1) / 2 - k) * step for k, name in enumerate(series)}
    y = [
        lines.index(label) + offset[name] for label, name in zip(found["label"], found["series"], strict=True)
    ]
    return (
        ggplot(found.assign(y=y), aes("x", "y", colour="series", shape="series"))
        + ranges("y", show_legend=True)
        + scale_colour_manual(values=list(colours)[: len(series)], drop=False)
        + scale_shape_manual(values=list(SHAPES)[: len(series)], drop=False)
        + scale_x_continuous(labels=ticks(study))
        + scale_y_continuous(breaks=list(range(len(lines))), labels=lines, expand=(0, 0.6))
        + labs(x=title)
        + guides(colour=guide_legend(nrow=2 if len(series) > 2 else 1))
        + look((0.2 + 0.1 * len(series)) * len(lines) + 1.0)
        + theme(panel_grid_major_y=element_line(colour="#F3F3F3"))
    )

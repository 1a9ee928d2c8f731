"""Eigenvalues beside those of chance, and the loadings of an exploratory factor analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import check_given
from bouwen.report.plots.style import (
    BLUE,
    FAINT_GRID,
    GREY,
    INK,
    ORANGE,
    SIZES,
    WHITE,
    categorical,
    downwards,
    look,
    ticks,
    word,
    wrapped,
)
from bouwen.report.tables.factors import COUNTS, EFA, sorted_items
from bouwen.scales import Efa, FactorCounts
from bouwen.survey import Study

if TYPE_CHECKING:
    from plotnine import ggplot

SERIES = {"answers": (BLUE, "solid"), "random": (ORANGE, "dashed"), "kaiser": (GREY, "dotted")}


def eigenvalues(counts: FactorCounts) -> pd.DataFrame:
    """The eigenvalues of the answers and their references, in long form.

    Returns
    -------
    DataFrame
        ``number panel series value``: panels ``factors`` and ``components``; series ``answers``,
        ``random`` and, for components, ``kaiser``.
    """
    check_given(counts, FactorCounts, COUNTS)
    wide = counts.parallel.eigenvalues
    columns = {
        ("factors", "answers"): wide["factors"],
        ("factors", "random"): wide["factors_reference"],
        ("components", "answers"): wide["components"],
        ("components", "random"): wide["components_reference"],
        ("components", "kaiser"): counts.kaiser.eigenvalues["reference"],
    }
    found = pd.concat({key: values.rename("value").to_frame() for key, values in columns.items()})
    return found.rename_axis(["panel", "series", "number"]).reset_index()


def scree_plot(counts: FactorCounts, study: Study | None = None, **options: Unpack[ReaderOptions]) -> ggplot:
    """Eigenvalues of the answers with those that chance gives, for factors and for components.

    Parameters
    ----------
    counts : FactorCounts
        From `bouwen.count_factors`.
    study : Study, optional
        Gives the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    from plotnine import (
        aes,
        element_line,
        element_text,
        facet_wrap,
        geom_line,
        geom_point,
        ggplot,
        labs,
        scale_colour_manual,
        scale_linetype_manual,
        scale_x_continuous,
        scale_y_continuous,
        theme,
    )

    found, to = eigenvalues(counts), reader(study, **options)
    labels = {name: word(to, f"eigen_{name}") for name in SERIES}
    found["series"] = pd.Categorical(found["series"].map(labels), list(labels.values()))
    found["panel"] = categorical([word(to, f"eigen_{name}") for name in found["panel"]])
    colours = {labels[name]: colour for name, (colour, _) in SERIES.items()}
    lines = {labels[name]: line for name, (_, line) in SERIES.items()}
    return (
        ggplot(found, aes("number", "value", colour="series", linetype="series"))
        + geom_line(size=0.8)
        + geom_point(found[found["series"] == labels["answers"]], size=2.2)
        + facet_wrap("panel", scales="free_y")
        + scale_colour_manual(values=colours)
        + scale_linetype_manual(values=lines)
        + scale_x_continuous(breaks=list(range(1, len(counts.kaiser.eigenvalues) + 1)))
        + scale_y_continuous(labels=ticks(to))
        + labs(x=word(to, "number"), y=word(to, "eigenvalue"))
        + look(3.2)
        + theme(axis_title_y=element_text(rotation=90), panel_grid_major_y=element_line(colour=FAINT_GRID))
    )


def loading_tiles(efa: Efa, to: Reader, smallest: float) -> pd.DataFrame:
    """A row for each loading, items sorted: ``item factor loading size text ink points``."""
    order = sorted_items(efa)
    found = (
        efa.loadings.rename_axis("item").reset_index().melt("item", var_name="factor", value_name="loading")
    )
    found["size"] = found["loading"].abs().clip(upper=1)
    found["text"] = [to.words.number(x) for x in found["loading"]]
    found["ink"] = [WHITE if size > 0.55 else INK for size in found["size"]]
    found["points"] = [9.0 if size >= smallest else 6.5 for size in found["size"]]
    labels = {item: tile_label(to, item) for item in order}
    lines = list(downwards(list(labels.values())).categories)
    return found.assign(item=pd.Categorical(found["item"].map(labels), lines))


def tile_label(to: Reader, item: str) -> str:
    """An item with its construct, where a study tells which that is."""
    if to.study is None:
        return to.name(item)
    return f"{wrapped(to.label(to.study.instrument.construct_of(item)), 40)} · {to.name(item)}"


def exploratory_plot(
    efa: Efa, study: Study | None = None, *, smallest: float = 0.3, **options: Unpack[ReaderOptions]
) -> ggplot:
    """The sorted pattern as tiles, darker for a larger loading; loadings below ``smallest`` stand small.

    Parameters
    ----------
    efa : Efa
        From `bouwen.fit_efa`.
    study : Study, optional
        Gives the language, and the construct of every item.
    smallest : float
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    from plotnine import (
        aes,
        element_blank,
        element_text,
        geom_text,
        geom_tile,
        ggplot,
        labs,
        scale_colour_identity,
        scale_fill_gradient,
        scale_size_identity,
        theme,
    )

    check_given(efa, Efa, EFA)
    found = loading_tiles(efa, reader(study, **options), smallest)
    return (
        ggplot(found, aes("factor", "item", fill="size"))
        + geom_tile(aes(width=0.96, height=0.92))
        + geom_text(aes(label="text", colour="ink", size="points"), show_legend=False)
        + scale_fill_gradient(low=SIZES[0], high=SIZES[1], limits=(0, 1), guide=None)
        + scale_colour_identity()
        + scale_size_identity()
        + labs(x="", y="")
        + look(0.27 * len(efa.loadings) + 0.5)
        + theme(
            axis_title_x=element_blank(),
            panel_grid_major_x=element_blank(),
            axis_text_y=element_text(size=8.5),
        )
    )

"""Eigenvalues beside those of chance, and the loadings of an exploratory factor analysis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.plots.style import BLUE, GREY, ORANGE, categorical, downwards, look, ticks, word, wrapped
from bouwen.report.tables import sorted_items
from bouwen.scales import Efa, FactorCounts
from bouwen.survey import Study
from bouwen.words import number

if TYPE_CHECKING:
    from plotnine import ggplot


def eigenvalues(counts: FactorCounts) -> pd.DataFrame:
    """The eigenvalues of the answers and their references, in long form.

    Returns
    -------
    DataFrame
        ``number panel series value``: panels ``factors`` and ``components``; series ``answers``,
        ``random`` and, for components, ``kaiser``.
    """
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


def scree(study: Study, counts: FactorCounts) -> ggplot:
    """Eigenvalues of the answers with those that chance gives, for factors and for components."""
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

    found = eigenvalues(counts)
    names = ["answers", "random", "kaiser"]
    labels = [word(study, f"eigen_{name}") for name in names]
    found["series"] = pd.Categorical(found["series"].map(dict(zip(names, labels, strict=True))), labels)
    found["panel"] = categorical([word(study, f"eigen_{name}") for name in found["panel"]])
    return (
        ggplot(found, aes("number", "value", colour="series", linetype="series"))
        + geom_line(size=0.8)
        + geom_point(found[found["series"] == labels[0]], size=2.2)
        + facet_wrap("panel", scales="free_y")
        + scale_colour_manual(values=dict(zip(labels, (BLUE, ORANGE, GREY), strict=True)))
        + scale_linetype_manual(values=dict(zip(labels, ("solid", "dashed", "dotted"), strict=True)))
        + scale_x_continuous(breaks=list(range(1, len(counts.kaiser.eigenvalues) + 1)))
        + scale_y_continuous(labels=ticks(study))
        + labs(x=word(study, "number"), y=word(study, "eigenvalue"))
        + look(3.2)
        + theme(axis_title_y=element_text(rotation=90), panel_grid_major_y=element_line(colour="#EDEDED"))
    )


def exploratory(study: Study, efa: Efa, *, smallest: float = 0.3) -> ggplot:
    """The sorted pattern as tiles, darker for a larger loading; loadings below ``smallest`` stand small."""
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

    order = sorted_items(efa)
    found = (
        efa.loadings.rename_axis("item").reset_index().melt("item", var_name="factor", value_name="loading")
    )
    found["size"] = found["loading"].abs().clip(upper=1)
    found["text"] = [number(x, 2, study.language) for x in found["loading"]]
    found["ink"] = ["#FFFFFF" if size > 0.55 else "#333333" for size in found["size"]]
    found["points"] = [9.0 if size >= smallest else 6.5 for size in found["size"]]
    label = {i: f"{wrapped(study.label(study.instrument.construct_of(i)), 40)} · {i}" for i in order}
    found["item"] = pd.Categorical(
        found["item"].map(label), list(downwards([label[i] for i in order]).categories)
    )
    return (
        ggplot(found, aes("factor", "item", fill="size"))
        + geom_tile(aes(width=0.96, height=0.92))
        + geom_text(aes(label="text", colour="ink", size="points"), show_legend=False)
        + scale_fill_gradient(low="#F4F8FB", high="#004A78", limits=(0, 1), guide=None)
        + scale_colour_identity()
        + scale_size_identity()
        + labs(x="", y="")
        + look(0.27 * len(order) + 0.5)
        + theme(
            axis_title_x=element_blank(),
            panel_grid_major_x=element_blank(),
            axis_text_y=element_text(size=8.5),
        )
    )

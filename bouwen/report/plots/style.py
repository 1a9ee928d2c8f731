"""The common look of the figures, and the marks that several of them share."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from bouwen.survey import Study
from bouwen.words import number

if TYPE_CHECKING:
    from plotnine import ggplot
    from plotnine.themes.theme import theme

BLUE, ORANGE, GREY = "#0072B2", "#D55E00", "#8C8C8C"  # Okabe & Ito (2008)

PALETTE = (BLUE, ORANGE, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")

SHAPES = ("o", "D", "s", "^", "v", "P", "X")

WIDTH = 6.6

WORDS = {
    "cfi_change": ("Change in CFI", "Verandering in CFI"),
    "shuffled_groups": ("respondents shuffled over the groups", "respondenten over de groepen geschud"),
    "as_answered": ("groups as they are", "groepen zoals ze zijn"),
    "answers": ("Share of answers", "Aandeel van de antwoorden"),
    "loading": ("Standardised loading", "Gestandaardiseerde lading"),
    "indirect": ("Standardised indirect effect", "Gestandaardiseerd indirect effect"),
    "path": ("Standardised path", "Gestandaardiseerd pad"),
    "mean": ("Mean score", "Gemiddelde score"),
    "r": ("Correlation with: {}", "Correlatie met: {}"),
    "missing": ("Answers missing", "Ontbrekende antwoorden"),
    "respondents": ("Share of respondents", "Aandeel van de respondenten"),
    "open_all": ("left open", "opengelaten"),
    "open_some": ("left open by some of them", "opengelaten door een deel"),
    "open_few": ("left open by fewer than {}", "opengelaten door minder dan {}"),
    "open_none": ("answered", "beantwoord"),
    "distance": ("Distance from the mean by this book’s rule", "Afstand tot het gemiddelde volgens dit boek"),
    "correlation": ("Correlation", "Correlatie"),
    "reliability": ("Reliability", "Betrouwbaarheid"),
    "number": ("Number", "Nummer"),
    "eigenvalue": ("Eigenvalue", "Eigenwaarde"),
    "eigen_answers": ("these answers", "deze antwoorden"),
    "eigen_random": ("random answers", "toevallige antwoorden"),
    "eigen_kaiser": ("empirical Kaiser", "empirisch Kaiser"),
    "eigen_factors": ("Factors", "Factoren"),
    "eigen_components": ("Components", "Componenten"),
    "listwise": ("all answered (listwise)", "alles beantwoord (listwise)"),
    "half answered": ("half answered (this book)", "helft beantwoord (dit boek)"),
    "maximum likelihood": ("maximum likelihood", "maximum likelihood"),
    "multiple imputation": ("multiple imputation", "meervoudige imputatie"),
    "answers_n": ("Answers", "Antwoorden"),
    "power": ("Power", "Power"),
    "all": ("all respondents", "alle respondenten"),
    "here": ("this group", "deze groep"),
    "effect": ("effect with its interval", "effect met interval"),
    "own_model": ("the study’s own model", "het eigen model van de studie"),
    "shuffled": ("shuffled answers, 95%", "geschudde antwoorden, 95%"),
    "specifications": ("{} specifications, smallest effect first", "{} specificaties, kleinste effect eerst"),
    "standardised_effect": ("Standardised effect: {} → {}", "Gestandaardiseerd effect: {} → {}"),
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


def categorical(labels: list[str]) -> pd.Categorical[str]:
    """Labels in the order in which they first appear."""
    return pd.Categorical(labels, list(dict.fromkeys(labels)))


def downwards(labels: list[str]) -> pd.Categorical[str]:
    """Labels that a vertical axis shows from top to bottom."""
    return pd.Categorical(labels, list(dict.fromkeys(labels))[::-1])


def ranges(y: str, **constant: object) -> list[object]:
    """Points with their intervals, lying down; drawn in blue unless a colour is mapped."""
    from plotnine import aes, geom_point, geom_segment

    constant = constant or {"colour": BLUE}
    return [
        geom_segment(aes(x="ci_lower", xend="ci_upper", y=y, yend=y), size=0.7, **constant),
        geom_point(size=2.2, **constant),
    ]


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

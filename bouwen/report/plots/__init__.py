"""Results -> figures: each function maps numbers from a tested function and returns a plotnine plot."""

from bouwen.report.plots.averages import level_profile, means, outcome, outcome_by_group, scale_means
from bouwen.report.plots.bars import answer_bars, answer_colours, answer_label, answers
from bouwen.report.plots.dimensions import eigenvalues, exploratory, scree
from bouwen.report.plots.invariance import cfi_changes, invariance
from bouwen.report.plots.models import indirect_effects, loadings, paths
from bouwen.report.plots.power import power_bands, power_curves
from bouwen.report.plots.response import (
    missing,
    missing_patterns,
    pattern_tiles,
    respondent_shares,
    respondents,
    treatments,
)
from bouwen.report.plots.results import FIGURES, draw
from bouwen.report.plots.robustness import specification_curve
from bouwen.report.plots.style import (
    BLUE,
    GREY,
    ORANGE,
    PALETTE,
    SHAPES,
    WIDTH,
    WORDS,
    categorical,
    compared,
    downwards,
    look,
    ranges,
    ticks,
    word,
    wrapped,
)
from bouwen.report.plots.validity import facet_correlations, ratios, reliabilities, residual_tiles, residuals

__all__ = [
    "BLUE",
    "FIGURES",
    "GREY",
    "ORANGE",
    "PALETTE",
    "SHAPES",
    "WIDTH",
    "WORDS",
    "answer_bars",
    "answer_colours",
    "answer_label",
    "answers",
    "categorical",
    "cfi_changes",
    "compared",
    "downwards",
    "draw",
    "eigenvalues",
    "exploratory",
    "facet_correlations",
    "indirect_effects",
    "invariance",
    "level_profile",
    "loadings",
    "look",
    "means",
    "missing",
    "missing_patterns",
    "outcome",
    "outcome_by_group",
    "paths",
    "pattern_tiles",
    "power_bands",
    "power_curves",
    "ranges",
    "ratios",
    "reliabilities",
    "residual_tiles",
    "residuals",
    "respondent_shares",
    "respondents",
    "scale_means",
    "scree",
    "specification_curve",
    "ticks",
    "treatments",
    "word",
    "wrapped",
]

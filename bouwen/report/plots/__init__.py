"""Results -> figures: each function maps numbers from a tested function and returns a plotnine plot."""

from bouwen.report.plots.averages import level_profile, means, outcome, outcome_by_group, scale_means
from bouwen.report.plots.models import indirect_effects, loadings, paths
from bouwen.report.plots.responses import answer_bars, answer_colours, answer_label, answers, missing
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

__all__ = [
    "BLUE",
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
    "compared",
    "downwards",
    "indirect_effects",
    "level_profile",
    "loadings",
    "look",
    "means",
    "missing",
    "outcome",
    "outcome_by_group",
    "paths",
    "ranges",
    "scale_means",
    "specification_curve",
    "ticks",
    "word",
    "wrapped",
]

"""Results -> figures: each function maps numbers from a tested function and returns a plotnine plot.

A figure of a result takes the result first and then, if there is one, the study that gives labels, language
and level of confidence: ``plots.paths(fit)``, ``plots.paths(fit, study)``, ``plots.paths(fit, labels=…)``. A
figure of the answers themselves takes the study first: ``plots.answers(study)``.
"""

from bouwen.report.plots.averages import level_profile_plot as level_profile
from bouwen.report.plots.averages import means_plot as means
from bouwen.report.plots.averages import outcome_by_group_plot as outcome_by_group
from bouwen.report.plots.averages import outcome_plot as outcome
from bouwen.report.plots.bars import answers_plot as answers
from bouwen.report.plots.compared import against_rest_plot as against_rest
from bouwen.report.plots.compared import side_by_side_plot as side_by_side
from bouwen.report.plots.dimensions import exploratory_plot as exploratory
from bouwen.report.plots.dimensions import scree_plot as scree
from bouwen.report.plots.importance import importance_plot as importance
from bouwen.report.plots.invariance import invariance_plot as invariance
from bouwen.report.plots.judged import caterpillar_plot as caterpillar
from bouwen.report.plots.judged import funnel_plot as funnel
from bouwen.report.plots.mirrored import mirror_plot as mirror
from bouwen.report.plots.models import indirect_effects_plot as indirect_effects
from bouwen.report.plots.models import loadings_plot as loadings
from bouwen.report.plots.models import paths_plot as paths
from bouwen.report.plots.path_diagram import path_diagram_plot as path_diagram
from bouwen.report.plots.power import power_curves_plot as power_curves
from bouwen.report.plots.response import missing_patterns_plot as missing_patterns
from bouwen.report.plots.response import missing_plot as missing
from bouwen.report.plots.response import respondents_plot as respondents
from bouwen.report.plots.response import treatments_plot as treatments
from bouwen.report.plots.results import draw
from bouwen.report.plots.robustness import specification_curve_plot as specification_curve
from bouwen.report.plots.validity import facet_correlations_plot as facet_correlations
from bouwen.report.plots.validity import ratios_plot as ratios
from bouwen.report.plots.validity import reliabilities_plot as reliabilities
from bouwen.report.plots.validity import residuals_plot as residuals

__all__ = [
    "against_rest",
    "answers",
    "caterpillar",
    "draw",
    "exploratory",
    "facet_correlations",
    "funnel",
    "importance",
    "indirect_effects",
    "invariance",
    "level_profile",
    "loadings",
    "means",
    "mirror",
    "missing",
    "missing_patterns",
    "outcome",
    "outcome_by_group",
    "path_diagram",
    "paths",
    "power_curves",
    "ratios",
    "reliabilities",
    "residuals",
    "respondents",
    "scree",
    "side_by_side",
    "specification_curve",
    "treatments",
]

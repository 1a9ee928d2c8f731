"""Results -> tables to read: the figures come from tested functions, here they are only laid out."""

from bouwen.claims import variable_label
from bouwen.report.tables.comparison import group_counts, group_differences, level_means, outcome
from bouwen.report.tables.conclusions import evidence, findings
from bouwen.report.tables.dimensions import facet_scales, structure_tests, structures
from bouwen.report.tables.draws import OUTCOMES, account, drawn, indirect_effects
from bouwen.report.tables.factors import (
    exploratory,
    exploratory_factors,
    factor_counts,
    sorted_items,
    suitability,
)
from bouwen.report.tables.follow_up import detectable, fit_power, follow_up, follow_up_texts
from bouwen.report.tables.heads import HEADS, NOTES, WORDY, head, note_text
from bouwen.report.tables.invariance import invariance, step_label
from bouwen.report.tables.layout import intervals, lay_out, numbers, table
from bouwen.report.tables.measures import end_shares, items, items_in_scales, key, scales
from bouwen.report.tables.models import (
    MEASURES,
    engines,
    factor_correlations,
    fit_measures,
    loadings,
    measure,
    measure_texts,
    paths,
    standardised,
)
from bouwen.report.tables.origin import fingerprints, provenance
from bouwen.report.tables.questionnaire import answer_scales, categories, codebook, constructs
from bouwen.report.tables.reporting import checklist
from bouwen.report.tables.response import background, screening, treatment_spread, treatments
from bouwen.report.tables.robustness import joint_tests, method_paths, method_shares, specification_steps
from bouwen.report.tables.validity import (
    convergent,
    distinct,
    distinct_pairs,
    fornell,
    fornell_figures,
    largest_residuals,
    misfits,
    residuals,
    scales_of,
)

__all__ = [
    "HEADS",
    "MEASURES",
    "NOTES",
    "OUTCOMES",
    "WORDY",
    "account",
    "answer_scales",
    "background",
    "categories",
    "checklist",
    "codebook",
    "constructs",
    "convergent",
    "detectable",
    "distinct",
    "distinct_pairs",
    "drawn",
    "end_shares",
    "engines",
    "evidence",
    "exploratory",
    "exploratory_factors",
    "facet_scales",
    "factor_correlations",
    "factor_counts",
    "findings",
    "fingerprints",
    "fit_measures",
    "fit_power",
    "follow_up",
    "follow_up_texts",
    "fornell",
    "fornell_figures",
    "group_counts",
    "group_differences",
    "head",
    "indirect_effects",
    "intervals",
    "invariance",
    "items",
    "items_in_scales",
    "joint_tests",
    "key",
    "largest_residuals",
    "lay_out",
    "level_means",
    "loadings",
    "measure",
    "measure_texts",
    "method_paths",
    "method_shares",
    "misfits",
    "note_text",
    "numbers",
    "outcome",
    "paths",
    "provenance",
    "residuals",
    "scales",
    "scales_of",
    "screening",
    "sorted_items",
    "specification_steps",
    "standardised",
    "step_label",
    "structure_tests",
    "structures",
    "suitability",
    "table",
    "treatment_spread",
    "treatments",
    "variable_label",
]

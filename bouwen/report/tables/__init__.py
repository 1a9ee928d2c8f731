"""Results -> tables to read: the figures come from tested functions, here they are only laid out."""

from bouwen.report.tables.comparison import group_counts, group_differences, level_means, outcome
from bouwen.report.tables.conclusions import evidence, findings
from bouwen.report.tables.dimensions import facet_scales, structure_tests, structures
from bouwen.report.tables.draws import OUTCOMES, account, drawn, indirect_effects
from bouwen.report.tables.heads import HEADS, NOTES, WORDY, head, note_text
from bouwen.report.tables.layout import intervals, lay_out, numbers, table
from bouwen.report.tables.measures import exploratory, items, scales
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
from bouwen.report.tables.respondents import background
from bouwen.report.tables.robustness import joint_tests, method_paths, method_shares, specification_steps

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
    "codebook",
    "constructs",
    "drawn",
    "engines",
    "evidence",
    "exploratory",
    "facet_scales",
    "factor_correlations",
    "findings",
    "fingerprints",
    "fit_measures",
    "group_counts",
    "group_differences",
    "head",
    "indirect_effects",
    "intervals",
    "items",
    "joint_tests",
    "lay_out",
    "level_means",
    "loadings",
    "measure",
    "measure_texts",
    "method_paths",
    "method_shares",
    "note_text",
    "numbers",
    "outcome",
    "paths",
    "provenance",
    "scales",
    "specification_steps",
    "standardised",
    "structure_tests",
    "structures",
    "table",
]

"""Results -> tables to read: the figures come from tested functions, here they are only laid out.

A table of a result takes the result first and then, if there is one, the study that gives labels, language
and level of confidence: ``tables.paths(fit)``, ``tables.paths(fit, study)``, ``tables.loadings(fit,
labels={"t1": "Keeps promises"})``. A table of the answers themselves takes the study first:
``tables.items(study)``.
"""

from bouwen.report.tables.compared import against_rest_table as against_rest
from bouwen.report.tables.compared import compared_table as compared
from bouwen.report.tables.compared import construct_ladders_table as construct_ladders
from bouwen.report.tables.compared import deviations_table as deviations
from bouwen.report.tables.compared import numeric_effects_table as numeric_effects
from bouwen.report.tables.compared import side_by_side_table as side_by_side
from bouwen.report.tables.comparison import group_counts_table as group_counts
from bouwen.report.tables.comparison import group_differences_table as group_differences
from bouwen.report.tables.comparison import level_means_table as level_means
from bouwen.report.tables.comparison import outcome_table as outcome
from bouwen.report.tables.conclusions import error_rates_table as error_rates
from bouwen.report.tables.conclusions import evidence_table as evidence
from bouwen.report.tables.conclusions import findings_table as findings
from bouwen.report.tables.conclusions import recommendations_table as recommendations
from bouwen.report.tables.dimensions import facet_scales_table as facet_scales
from bouwen.report.tables.dimensions import structure_tests_table as structure_tests
from bouwen.report.tables.dimensions import structures_table as structures
from bouwen.report.tables.draws import account_table as account
from bouwen.report.tables.draws import indirect_effects_table as indirect_effects
from bouwen.report.tables.draws import total_effects_table as total_effects
from bouwen.report.tables.factors import exploratory_factors_table as exploratory_factors
from bouwen.report.tables.factors import exploratory_table as exploratory
from bouwen.report.tables.factors import factor_counts_table as factor_counts
from bouwen.report.tables.factors import sorted_items
from bouwen.report.tables.factors import suitability_table as suitability
from bouwen.report.tables.follow_up import claim_power_table as claim_power
from bouwen.report.tables.follow_up import claim_power_texts, follow_up_texts
from bouwen.report.tables.follow_up import detectable_table as detectable
from bouwen.report.tables.follow_up import fit_power_table as fit_power
from bouwen.report.tables.follow_up import follow_up_table as follow_up
from bouwen.report.tables.invariance import invariance_table as invariance
from bouwen.report.tables.judged import unit_table as unit
from bouwen.report.tables.judged import units_table as units
from bouwen.report.tables.measures import end_shares
from bouwen.report.tables.measures import items_in_scales_table as items_in_scales
from bouwen.report.tables.measures import items_table as items
from bouwen.report.tables.measures import key_table as key
from bouwen.report.tables.measures import scales_table as scales
from bouwen.report.tables.mirrored import mirror_dyads_table as mirror_dyads
from bouwen.report.tables.mirrored import mirror_findings_table as mirror_findings
from bouwen.report.tables.mirrored import mirror_invariance_table as mirror_invariance
from bouwen.report.tables.mirrored import mirror_items_table as mirror_items
from bouwen.report.tables.mirrored import mirror_paths_table as mirror_paths
from bouwen.report.tables.mirrored import mirror_table as mirror
from bouwen.report.tables.models import engines_table as engines
from bouwen.report.tables.models import factor_correlations_table as factor_correlations
from bouwen.report.tables.models import fit_measures_table as fit_measures
from bouwen.report.tables.models import loadings_table as loadings
from bouwen.report.tables.models import measure
from bouwen.report.tables.models import paths_table as paths
from bouwen.report.tables.origin import fingerprints_table as fingerprints
from bouwen.report.tables.origin import provenance_table as provenance
from bouwen.report.tables.questionnaire import answer_scales_table as answer_scales
from bouwen.report.tables.questionnaire import categories_table as categories
from bouwen.report.tables.questionnaire import codebook_table as codebook
from bouwen.report.tables.questionnaire import constructs_table as constructs
from bouwen.report.tables.recovery import recovery_table as recovery
from bouwen.report.tables.reporting import checklist_table as checklist
from bouwen.report.tables.response import background_table as background
from bouwen.report.tables.response import nesting_table as nesting
from bouwen.report.tables.response import register_table as register
from bouwen.report.tables.response import response_table as response
from bouwen.report.tables.response import screening_table as screening
from bouwen.report.tables.response import treatment_spread
from bouwen.report.tables.response import treatments_table as treatments
from bouwen.report.tables.robustness import joint_tests_table as joint_tests
from bouwen.report.tables.robustness import method_paths_table as method_paths
from bouwen.report.tables.robustness import method_shares_table as method_shares
from bouwen.report.tables.robustness import specification_steps_table as specification_steps
from bouwen.report.tables.structural import block_fits_table as block_fits
from bouwen.report.tables.structural import explained_table as explained
from bouwen.report.tables.structural import importance_table as importance
from bouwen.report.tables.validity import convergent_table as convergent
from bouwen.report.tables.validity import distinct_pairs, fornell_figures, largest_residuals, scales_of
from bouwen.report.tables.validity import distinct_table as distinct
from bouwen.report.tables.validity import fornell_table as fornell
from bouwen.report.tables.validity import misfits_table as misfits
from bouwen.report.tables.validity import residuals_table as residuals

__all__ = [
    "account",
    "against_rest",
    "answer_scales",
    "background",
    "block_fits",
    "categories",
    "checklist",
    "claim_power",
    "claim_power_texts",
    "codebook",
    "compared",
    "construct_ladders",
    "constructs",
    "convergent",
    "detectable",
    "deviations",
    "distinct",
    "distinct_pairs",
    "end_shares",
    "engines",
    "error_rates",
    "evidence",
    "explained",
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
    "importance",
    "indirect_effects",
    "invariance",
    "items",
    "items_in_scales",
    "joint_tests",
    "key",
    "largest_residuals",
    "level_means",
    "loadings",
    "measure",
    "method_paths",
    "method_shares",
    "mirror",
    "mirror_dyads",
    "mirror_findings",
    "mirror_invariance",
    "mirror_items",
    "mirror_paths",
    "misfits",
    "nesting",
    "numeric_effects",
    "outcome",
    "paths",
    "provenance",
    "recommendations",
    "recovery",
    "register",
    "residuals",
    "response",
    "scales",
    "scales_of",
    "screening",
    "side_by_side",
    "sorted_items",
    "specification_steps",
    "structure_tests",
    "structures",
    "suitability",
    "total_effects",
    "treatment_spread",
    "treatments",
    "unit",
    "units",
]

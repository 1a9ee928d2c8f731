"""Results -> sentences and lists that a page shows as they are.

What is said of a result takes the result first and then the study, as tables and figures do; what is said of
a study, and single figures in its language, take the study first.
"""

from bouwen.report.texts.compared import construct_ladders_text as construct_ladders
from bouwen.report.texts.compared import groups_found_text as groups_found
from bouwen.report.texts.compared import groups_line_text as groups_line
from bouwen.report.texts.compared import groups_settled_text as groups_settled
from bouwen.report.texts.compared import level_story_text as level_story
from bouwen.report.texts.compared import numeric_effects_text as numeric_effects
from bouwen.report.texts.conclusions import outcomes_text as outcomes
from bouwen.report.texts.conclusions import settled_text as settled
from bouwen.report.texts.conclusions import sides_text as sides
from bouwen.report.texts.draws import account_text as account
from bouwen.report.texts.draws import indirect_effects_text as indirect_effects
from bouwen.report.texts.estimators import estimator_text as estimator
from bouwen.report.texts.fitting import fit_verdict_text as fit_verdict
from bouwen.report.texts.follow_up import as_columns, needed_text
from bouwen.report.texts.follow_up import finite_population_text as finite_population
from bouwen.report.texts.follow_up import follow_up_needs_text as follow_up_needs
from bouwen.report.texts.follow_up import follow_up_report_text as follow_up_report
from bouwen.report.texts.importance import importance_text as importance
from bouwen.report.texts.invariance import invariance_text as invariance
from bouwen.report.texts.judged import unit_text as unit
from bouwen.report.texts.judged import units_text as units
from bouwen.report.texts.mirrored import mirror_dyads_text as mirror_dyads
from bouwen.report.texts.mirrored import mirror_findings_text as mirror_findings
from bouwen.report.texts.mirrored import mirror_sizes_text as mirror_sizes
from bouwen.report.texts.mirrored import mirror_text as mirror
from bouwen.report.texts.mirrored import summaries_text as summaries
from bouwen.report.texts.nesting import nested_text as nested
from bouwen.report.texts.passages import about_text as about
from bouwen.report.texts.passages import how_to_cite_text as how_to_cite
from bouwen.report.texts.passages import how_to_rerun_text as how_to_rerun
from bouwen.report.texts.passages import level_size_text as level_size
from bouwen.report.texts.passages import levels_text as levels
from bouwen.report.texts.passages import models_text as models
from bouwen.report.texts.passages import open_questions_text as open_questions
from bouwen.report.texts.passages import remarks_text as remarks
from bouwen.report.texts.passages import report_text as report
from bouwen.report.texts.passages import too_few_text as too_few
from bouwen.report.texts.readings import apart_text as apart
from bouwen.report.texts.readings import counted_text as counted
from bouwen.report.texts.readings import key_text as key
from bouwen.report.texts.readings import missing_test_text as missing_test
from bouwen.report.texts.recovery import recovery_text as recovery
from bouwen.report.texts.responding import register_text as register
from bouwen.report.texts.responding import response_text as response
from bouwen.report.texts.responding import treatments_text as treatments
from bouwen.report.texts.responding import weighting_text as weighting
from bouwen.report.texts.robustness import question_text as question
from bouwen.report.texts.robustness import robustness_text as robustness
from bouwen.report.texts.structural import restrictions_text as restrictions
from bouwen.report.texts.structural import structure_text as structure
from bouwen.report.texts.wording import arrow_text as arrow
from bouwen.report.texts.wording import chain_text as chain
from bouwen.report.texts.wording import guarded_share_text as guarded_share
from bouwen.report.texts.wording import guarded_text as guarded
from bouwen.report.texts.wording import label_text as label
from bouwen.report.texts.wording import markdown, power_of_ten, shown_path
from bouwen.report.texts.wording import number_text as number
from bouwen.report.texts.wording import probability_text as probability
from bouwen.report.texts.wording import share_text as share
from bouwen.report.texts.wording import size_text as sample_size

__all__ = [
    "about",
    "account",
    "apart",
    "arrow",
    "as_columns",
    "chain",
    "construct_ladders",
    "counted",
    "estimator",
    "finite_population",
    "fit_verdict",
    "follow_up_needs",
    "follow_up_report",
    "groups_found",
    "groups_line",
    "groups_settled",
    "guarded",
    "guarded_share",
    "how_to_cite",
    "how_to_rerun",
    "importance",
    "indirect_effects",
    "invariance",
    "key",
    "label",
    "level_size",
    "level_story",
    "levels",
    "markdown",
    "mirror",
    "mirror_dyads",
    "mirror_findings",
    "mirror_sizes",
    "missing_test",
    "models",
    "needed_text",
    "nested",
    "number",
    "numeric_effects",
    "open_questions",
    "outcomes",
    "power_of_ten",
    "probability",
    "question",
    "recovery",
    "register",
    "remarks",
    "report",
    "response",
    "restrictions",
    "robustness",
    "sample_size",
    "settled",
    "share",
    "shown_path",
    "sides",
    "structure",
    "summaries",
    "too_few",
    "treatments",
    "unit",
    "units",
    "weighting",
]

"""Results -> sentences and lists that a page shows as they are."""

from bouwen.report.texts.draws import account, indirect_effects
from bouwen.report.texts.follow_up import (
    chain_label,
    finite_population,
    follow_up_needs,
    follow_up_report,
    needed_text,
    planning_head,
)
from bouwen.report.texts.invariance import invariance
from bouwen.report.texts.passages import (
    about,
    how_to_cite,
    how_to_rerun,
    models,
    open_questions,
    remarks,
    too_few,
)
from bouwen.report.texts.readings import apart, counted, key, missing_test, pvalue_text
from bouwen.report.texts.robustness import robustness
from bouwen.report.texts.wording import (
    arrow,
    chain,
    guarded,
    guarded_share,
    markdown,
    number_range,
    power_of_ten,
    probability,
    share,
    shown_path,
)
from bouwen.report.texts.wording import label_text as label
from bouwen.report.texts.wording import number_text as number

__all__ = [
    "about",
    "account",
    "apart",
    "arrow",
    "chain",
    "chain_label",
    "counted",
    "finite_population",
    "follow_up_needs",
    "follow_up_report",
    "guarded",
    "guarded_share",
    "how_to_cite",
    "how_to_rerun",
    "indirect_effects",
    "invariance",
    "key",
    "label",
    "markdown",
    "missing_test",
    "models",
    "needed_text",
    "number",
    "number_range",
    "open_questions",
    "planning_head",
    "power_of_ten",
    "probability",
    "pvalue_text",
    "remarks",
    "robustness",
    "share",
    "shown_path",
    "too_few",
]

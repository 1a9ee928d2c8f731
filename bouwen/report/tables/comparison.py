"""Groups of respondents side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.groups import group_means, group_tests, outcome_correlations
from bouwen.report.tables.layout import intervals, numbers, table
from bouwen.scales import scale_statistics
from bouwen.survey import Study, group_sizes
from bouwen.survey.disclosure import count_text
from bouwen.words import pvalue

if TYPE_CHECKING:
    from great_tables import GT


def group_counts(study: Study) -> GT:
    """Respondents per level of each group, and which levels get estimates."""
    sizes = group_sizes(study)
    yes, no = ("ja", "nee") if study.language == "nl" else ("yes", "no")
    counts = [sizes["n"].xs(group) for group in study.groups]
    return table(
        study,
        {
            "variable": [study.group_label(group) for group, _ in sizes.index],
            "level": [study.level_label(group, level) for group, level in sizes.index],
            "n": [text for column in counts for text in count_text(column, study.settings.min_cell)],
            "estimates": [yes if enough else no for enough in sizes["enough"]],
        },
        rows="variable",
        note="few",
    )


def group_differences(study: Study) -> GT:
    """Welch's test of each group on every scale, with the range of the means."""
    tests = pd.concat({group: group_tests(study, group) for group in study.groups}, names=["group"])
    means = pd.concat([group_means(study, group).assign(group=group) for group in study.groups])
    spread = means.groupby(["group", "construct"])["mean"].agg(["min", "max"]).reindex(tests.index)
    return table(
        study,
        {
            "variable": [study.group_label(group) for group, _ in tests.index],
            "construct": [study.label(construct) for _, construct in tests.index],
            "lowest": numbers(study, spread["min"]),
            "highest": numbers(study, spread["max"]),
            "omega_squared": numbers(study, tests["omega_squared"], 3),
            "p_holm": [pvalue(p, study.language) for p in tests["pvalue_holm"]],
        },
        rows="variable",
        note="welch",
    )


def outcome(study: Study, part: Study) -> GT:
    """Correlations with the outcome, among all respondents and in a part of them."""
    everyone, some = outcome_correlations(study), outcome_correlations(part)
    some = some.reindex(everyone.index)
    return table(
        study,
        {
            "construct": [study.label(c) for c in everyone.index],
            "r_all": numbers(study, everyone["r"]),
            "r_here": numbers(study, some["r"]),
            "interval": intervals(study, some),
        },
    )


def level_means(study: Study, group: str, level: str) -> GT:
    """Mean scores of one level beside those of all respondents."""
    here = group_means(study, group).query("level == @level").set_index("construct")
    everyone = scale_statistics(study).loc[here.index]
    return table(
        study,
        {
            "construct": [study.label(c) for c in here.index],
            "mean_all": numbers(study, everyone["mean"]),
            "mean_here": numbers(study, here["mean"]),
            "interval": intervals(study, here),
            "sd": numbers(study, here["sd"]),
        },
    )

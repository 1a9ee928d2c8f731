"""Groups of respondents side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.checks import check_known
from bouwen.groups import group_tests, outcome_correlations, shown_means
from bouwen.report.audience import reader
from bouwen.report.given import check_study
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts, pvalue_texts
from bouwen.report.tables.measures import scale_moments
from bouwen.scales import scale_statistics
from bouwen.survey import Study, group_sizes, level_counts

if TYPE_CHECKING:
    from great_tables import GT


def group_counts_table(study: Study) -> GT:
    """Respondents per level of each group, and which levels get estimates."""
    check_study(study)
    to, sizes = reader(study), group_sizes(study)
    yes, no = to.words("common.yes"), to.words("common.no")
    return lay_out(
        to,
        {
            "variable": [to.group(group) for group, _ in sizes.index],
            "level": [study.level_label(group, level) for group, level in sizes.index],
            "n": [text for group in study.groups for text in level_counts(study, group)["text"]],
            "estimates": [yes if enough else no for enough in sizes["enough"]],
        },
        rows="variable",
        note="few",
    )


def group_differences_table(study: Study) -> GT:
    """Welch's test of each group on every scale, with the range of the means."""
    check_study(study)
    to = reader(study)
    tests = pd.concat({group: group_tests(study, group) for group in study.groups}, names=["group"])
    means = pd.concat([shown_means(study, group).assign(group=group) for group in study.groups])
    spread = means.groupby(["group", "construct"])["mean"].agg(["min", "max"]).reindex(tests.index)
    return lay_out(
        to,
        {
            "variable": [to.group(group) for group, _ in tests.index],
            "construct": [to.label(construct) for _, construct in tests.index],
            "lowest": number_texts(to, spread["min"]),
            "highest": number_texts(to, spread["max"]),
            "omega_squared": number_texts(to, tests["omega_squared"], 3),
            "p_holm": pvalue_texts(to, tests["pvalue_holm"]),
        },
        rows="variable",
        note="welch",
    )


def outcome_table(study: Study, part: Study) -> GT:
    """Correlations with the outcome, among all respondents and in a part of them."""
    check_study(study)
    check_study(part)
    to, everyone, some = reader(study), outcome_correlations(study), outcome_correlations(part)
    some = some.reindex(everyone.index)
    return lay_out(
        to,
        {
            "construct": map(to.label, everyone.index),
            "r_all": number_texts(to, everyone["r"]),
            "r_here": number_texts(to, some["r"]),
            "interval": interval_texts(to, some),
        },
    )


def level_means_table(study: Study, group: str, level: str) -> GT:
    """Mean scores of one level beside those of all respondents."""
    check_study(study)
    check_known(f"level of {group}", level, study.levels(group))
    to, here = reader(study), shown_means(study, group, level=level).set_index("construct")
    everyone = scale_statistics(study).loc[here.index]
    tenths = (here["mean"] * 10).round(9) % 1 == 0
    places = [1 if alone else 2 for alone in tenths & here["sd"].isna()]  # see `bouwen.groups.shown_means`
    means = [to.words.number(mean, digits) for mean, digits in zip(here["mean"], places, strict=True)]
    return lay_out(
        to,
        {
            "construct": map(to.label, here.index),
            "mean_all": scale_moments(to, everyone)["mean"],
            "mean_here": means,
            "interval": interval_texts(to, here),
            "sd": number_texts(to, here["sd"]),
        },
    )

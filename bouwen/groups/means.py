"""Mean scores side by side: per level of a group, with intervals and a test of the difference."""

from __future__ import annotations

import math

import pandas as pd

from bouwen.scales import score_scales
from bouwen.survey import Study, level_sizes


def group_means(study: Study, group: str) -> pd.DataFrame:
    """Mean scale scores of every level that has enough respondents.

    Parameters
    ----------
    study : Study
    group : str
        A categorical background variable.

    Returns
    -------
    DataFrame
        One row per construct and level: ``construct level n mean sd ci_lower ci_upper``, on the
        answer scale; the interval is Student's at the study's confidence level. A level has enough
        respondents with ``min_group``; a scale that fewer than ``min_cell`` of them answered is left out.
    """
    from statsmodels.stats.weightstats import DescrStatsW

    scores, sizes = score_scales(study), level_sizes(study, group)
    rows = []
    for construct in study.constructs:
        for level in sizes.index[sizes["enough"]]:
            answered = scores.loc[study.responses[group] == level, construct].dropna()
            if len(answered) < max(study.settings.min_cell, 2):
                continue
            stats = DescrStatsW(answered)
            lower, upper = stats.tconfint_mean(alpha=1 - study.settings.confidence)
            rows.append((construct, level, len(answered), stats.mean, answered.std(), lower, upper))
    return pd.DataFrame(rows, columns=["construct", "level", "n", "mean", "sd", "ci_lower", "ci_upper"])


def group_tests(study: Study, group: str) -> pd.DataFrame:
    """Test whether the means of a construct differ between the levels with enough respondents.

    Welch's (1951) analysis of variance, which lets variances differ, with Holm's (1979) correction
    for the number of constructs.

    Returns
    -------
    DataFrame
        Index construct; columns ``f df1 df2 pvalue pvalue_holm omega_squared``. No rows where fewer than two
        levels have enough respondents. The effect size is Hays' ω² from F (Carroll & Nordholm 1975),
        not below zero.
    """
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.oneway import anova_oneway

    means = group_means(study, group)
    scores = score_scales(study)
    rows = {}
    for construct, levels in means.groupby("construct", sort=False)["level"]:
        if len(levels) < 2:
            continue
        samples = [scores.loc[study.responses[group] == level, construct].dropna() for level in levels]
        test = anova_oneway(samples, use_var="unequal", welch_correction=True)
        df1, df2 = test.df
        n = sum(map(len, samples))
        effect = max(0.0, df1 * (test.statistic - 1) / (df1 * (test.statistic - 1) + n))
        rows[construct] = (test.statistic, df1, df2, test.pvalue, math.nan, effect)
    tests = pd.DataFrame.from_dict(
        rows, orient="index", columns=["f", "df1", "df2", "pvalue", "pvalue_holm", "omega_squared"]
    )
    if len(tests):
        tests["pvalue_holm"] = multipletests(tests["pvalue"], method="holm")[1]
    return tests

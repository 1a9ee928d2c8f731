"""Mean scores side by side: per level of a group, with intervals and a test of the difference."""

from __future__ import annotations

import math

import pandas as pd

from bouwen.scales import mean_estimate, means_test, score_scales
from bouwen.survey import FEWEST_MOMENTS, Study, level_sizes


def group_means(study: Study, group: str, *, level: str | None = None) -> pd.DataFrame:
    """Mean scale scores of every level that has enough respondents, or of one level.

    Parameters
    ----------
    study : Study
    group : str
        A categorical background variable.
    level : str, optional
        The only level whose means are computed.

    Returns
    -------
    DataFrame
        One row per construct and level: ``construct level n mean sd ci_lower ci_upper``, on the
        answer scale; the interval is Student's at the study's confidence level, and cluster-robust (CR2)
        where respondents are nested. A level has enough respondents with ``min_group``; a scale that fewer
        than ``min_cell`` of them answered is left out.
    """
    scores, sizes = score_scales(study), level_sizes(study, group)
    enough = [str(name) for name in sizes.index[sizes["enough"]] if level in (None, name)]
    of_levels = {name: scores[study.responses[group] == name] for name in enough}
    rows = []
    for construct in study.constructs:
        for name, members in of_levels.items():
            answered = members[construct].dropna()
            if len(answered) < max(study.settings.min_cell, 2):
                continue
            mean = mean_estimate(answered, study.clusters)
            ends = mean.interval(study.settings.confidence)
            rows.append((construct, name, len(answered), mean.value, answered.std(), *ends))
    return pd.DataFrame(rows, columns=["construct", "level", "n", "mean", "sd", "ci_lower", "ci_upper"])


def shown_means(study: Study, group: str, *, level: str | None = None) -> pd.DataFrame:
    """`group_means` as fine as it may be shown: to two decimals.

    The spread of few answers to one item, and what tells it, would tell who gave them: a scale of one
    item has its mean alone, to one decimal, in a level of fewer than `FEWEST_MOMENTS`. What the audit of
    this build asks for is without its spread, or to one decimal, or left out.
    """
    found = group_means(study, group, level=level)
    figures = ["mean", "sd", "ci_lower", "ci_upper"]
    single = pd.Series(
        [len(study.items_of(name)) == 1 for name in found["construct"]], found.index, dtype=bool
    )
    names = found["construct"] + f"|{group}|" + found["level"].astype(str)
    steps = names.map(study.coarser).fillna(0).mask(single & (found["n"] < FEWEST_MOMENTS), 2)
    found.loc[steps >= 1, figures[1:]] = math.nan
    found.loc[steps >= 2, "mean"] = found["mean"].round(1)
    found.loc[steps >= 3, "mean"] = math.nan
    found[figures] = found[figures].round(2)
    return found


def group_tests(study: Study, group: str) -> pd.DataFrame:
    """Test whether the means of a construct differ between the levels with enough respondents.

    Welch's (1951) analysis of variance, which lets variances differ, with Holm's (1979) correction
    for the number of constructs; where respondents are nested, the Wald test of CR2 errors instead
    (Pustejovsky & Tipton 2018).

    Returns
    -------
    DataFrame
        Index construct; columns ``f df1 df2 pvalue pvalue_holm omega_squared``. No rows where fewer than two
        levels have enough respondents. The effect size is Hays' ω² from F (Carroll & Nordholm 1975),
        not below zero.
    """
    from statsmodels.stats.multitest import multipletests

    means = group_means(study, group)
    scores = score_scales(study)
    rows = {}
    for construct, levels in means.groupby("construct", sort=False)["level"]:
        if len(levels) < 2:
            continue
        of_levels = study.responses[group]
        test = means_test(scores[construct], of_levels, list(levels), study.clusters)
        n = int(scores[construct][of_levels.isin(levels)].count())
        effect = max(0.0, test.df1 * (test.f - 1) / (test.df1 * (test.f - 1) + n))
        rows[construct] = (test.f, test.df1, test.df2, test.pvalue, math.nan, effect)
    tests = pd.DataFrame.from_dict(
        rows, orient="index", columns=["f", "df1", "df2", "pvalue", "pvalue_holm", "omega_squared"]
    )
    if len(tests):
        tests["pvalue_holm"] = multipletests(tests["pvalue"], method="holm")[1]
    return tests

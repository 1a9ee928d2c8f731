"""A study -> how each construct goes with a number that its groups cut into classes, or that was asked for.

References
----------
Jöreskog & Goldberger (1975), Estimation of a model with multiple indicators and multiple causes of a single
latent variable, Journal of the American Statistical Association 70.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from bouwen.errors import BouwenError
from bouwen.groups.climbing import FOR_A_TEST
from bouwen.groups.comparing import judged_by_kind
from bouwen.scales import clustered_regression, enough_clusters, key_items, score_scales, with_clusters
from bouwen.sem import fit_sem
from bouwen.survey import Study, check_is_study, study_numbers

OF_NUMBER = "number of the respondent"  # no name of an item
SLOPE_COLUMNS = [
    "variable", "construct", "method", "estimate", "ci_lower", "ci_upper", "pvalue", "padjusted", "smallest",
    "detectable", "logarithm", "n", "verdict",
]  # fmt: skip


def numeric_effects(study: Study) -> pd.DataFrame:
    """How each construct goes with every number that is known of respondents, uncut.

    The construct's factor is regressed on the number (MIMIC), by its logarithm where all are above zero and
    the largest is at least ten times the smallest; of fewer than three items the score is, or where the
    factor has no solution. Errors are robust, and cluster-robust where respondents are nested.

    Parameters
    ----------
    study : Study
        Numbers are those of its register that classes are made of, and background variables of kind *number*.

    Returns
    -------
    DataFrame
        ``variable construct method estimate ci_lower ci_upper pvalue padjusted smallest detectable logarithm
        n verdict``: standard deviations of the construct for one of the number, with an interval and verdict
        corrected for all rows, see `bouwen.compare_groups`; ``smallest`` is the study's ``smallest_path``.
        ``variable`` is the classification, or the background variable. No rows without a number.
    """
    check_is_study(study)
    answers, scores, rows = key_items(study), score_scales(study), []
    for variable, values in study_numbers(study).items():
        x, logarithm = scaled(values)
        if not np.isfinite(x).sum() > study.settings.min_group:
            continue
        for construct in study.constructs:
            items = list(study.items_of(construct))
            found = of_factor(study, answers[items], x) if len(items) >= FOR_A_TEST else None
            method, found = ("MIMIC", found) if found else ("score", of_score(study, scores[construct], x))
            rows.append((variable, construct, method, *found, logarithm))
    columns = ["variable", "construct", "method", "estimate", "se", "df", "n", "logarithm"]
    table = pd.DataFrame(rows, columns=columns).assign(
        kind="slope", comparable=True, smallest=study.settings.smallest_path
    )
    if table.empty:
        return pd.DataFrame(columns=SLOPE_COLUMNS)
    return judged_by_kind(table, study.settings.confidence)[SLOPE_COLUMNS]


def scaled(values: pd.Series) -> tuple[pd.Series, bool]:
    """Numbers in standard deviations from their mean, and whether by their logarithm."""
    least, most = values.min(), values.max()
    logarithm = bool(least > 0 and most >= 10 * least)
    x = np.log(values) if logarithm else values.astype(float)
    return (x - x.mean()) / x.std(), logarithm


def of_factor(study: Study, items: pd.DataFrame, x: pd.Series) -> tuple[float, float, float, int] | None:
    """Slope, error, degrees of freedom and respondents of a factor on a number; None without a solution."""
    known = x.notna() & items.notna().any(axis=1)
    data, nested = with_clusters(items[known].assign(**{OF_NUMBER: x[known]}), clusters_known(study, known))
    names = {name: f"x{k}" for k, name in enumerate([*items.columns, OF_NUMBER])}
    data = data.rename(columns=names)
    text = "f =~ " + " + ".join(names[name] for name in items) + f"\nf ~ {names[OF_NUMBER]}"
    try:
        fit = fit_sem(text, data, estimator="MLR", missing="fiml", std_lv=False, **nested)
    except BouwenError:
        return None
    rows = fit.standardized(confidence=study.settings.confidence)
    slope = rows[rows["op"] == "~"].iloc[0]
    units = study.clusters[known].nunique() if nested and study.clusters is not None else int(known.sum())
    return float(slope["est_std"]), float(slope["se"]), float(units - 2), int(known.sum())


def of_score(study: Study, score: pd.Series, x: pd.Series) -> tuple[float, float, float, int]:
    """The same of a score, by its regression with CR2 errors, or HC2 where respondents are not nested."""
    known = x.notna() & score.notna()
    y = (score[known] - score[known].mean()) / score[known].std()
    alone = pd.Series(np.arange(int(known.sum())), y.index)
    clusters = alone if study.clusters is None else study.clusters[known]
    found = clustered_regression(y, pd.DataFrame({"x": x[known]}), clusters).contrast(np.array([0.0, 1.0]))
    return found.value, found.se, found.df, int(known.sum())


def clusters_known(study: Study, known: pd.Series) -> pd.Series | None:
    """The clusters of some respondents, where there are enough of them."""
    clusters = enough_clusters(study)
    return None if clusters is None else clusters[known]

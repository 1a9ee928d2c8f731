"""A study -> the clusters by which models take their errors and draws their respondents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from bouwen.survey import Study

FEWEST_CLUSTERS = 20
"""Clusters below which robust errors of a model are too small, and so are left out; figures of scores need
no such rule, as CR2 errors know how few they are."""
COLUMN = "cluster of the respondent"  # no name of a variable, so never that of another column


def enough_clusters(study: Study, groups: pd.Series | None = None) -> pd.Series[int] | None:
    """The clusters of a study with enough of them, in every group if those are given; None without."""
    clusters = study.clusters
    if clusters is None:
        return None
    fewest = clusters.nunique() if groups is None else clusters.groupby(groups, observed=True).nunique().min()
    return clusters if fewest >= FEWEST_CLUSTERS else None


def model_clusters(
    study: Study, estimator: str = "MLR", groups: pd.Series | None = None
) -> pd.Series[int] | None:
    """The clusters that an estimator's errors allow for: enough of them, and MLR; None without.

    The others are fitted as to independent respondents, which pages say (`docs/choose.md`).
    """
    return enough_clusters(study, groups) if estimator.upper() == "MLR" else None


def with_clusters(
    answers: pd.DataFrame, clusters: pd.Series[int] | None
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Answers with a column of clusters, and what tells `bouwen.fit_sem` of it; as they are without any."""
    if clusters is None:
        return answers, {}
    return answers.assign(**{COLUMN: clusters}), {"cluster": COLUMN}

"""How strongly each scale goes together with the outcome, in all respondents and per level."""

from __future__ import annotations

import pandas as pd

from bouwen.scales import correlation_interval, score_scales
from bouwen.survey import Study


def outcome_correlations(study: Study) -> pd.DataFrame:
    """Correlations of every scale with the study's outcome.

    Returns
    -------
    DataFrame
        Index construct (the outcome left out); columns ``r n ci_lower ci_upper``. The interval is
        Fisher's: tanh(artanh r ± z/√(n − 3)), and cluster-robust where respondents are nested. No row where
        fewer than ``min_cell`` respondents answered both, or all gave one answer.
    """
    scores = score_scales(study)
    rows = {}
    for construct in study.constructs:
        pair = scores[[construct, study.outcome]].dropna() if construct != study.outcome else scores.iloc[:0]
        if len(pair) < max(study.settings.min_cell, 4) or 0 in pair.std().tolist():
            continue
        first, second = (pair[name] for name in (construct, study.outcome))
        r, *ends = correlation_interval(first, second, study.settings.confidence, study.clusters)
        rows[construct] = (r, len(pair), *ends)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["r", "n", "ci_lower", "ci_upper"])

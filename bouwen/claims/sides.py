"""On which side of the middle most respondents lie."""

from __future__ import annotations

import pandas as pd

from bouwen.scales import score_scales
from bouwen.survey import Study


def score_sides(study: Study) -> pd.DataFrame:
    """The shares of respondents whose score lies above and below the middle of the answer scale.

    Returns
    -------
    DataFrame
        Index construct; columns ``above below``, of those who have a score.
    """
    scores = score_scales(study)
    asked = study.instrument
    middles = {
        name: asked.answer_scales[construct.answer_scale].midpoint
        for name, construct in asked.constructs.items()
    }
    known = scores.notna().sum()
    shares = {
        "above": (scores > pd.Series(middles)).sum() / known,
        "below": (scores < pd.Series(middles)).sum() / known,
    }
    return pd.DataFrame(shares).rename_axis("construct")

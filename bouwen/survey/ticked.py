"""Questions with several answers -> who gave which of them."""

from __future__ import annotations

import pandas as pd

from bouwen.checks import check_known
from bouwen.survey.study import Study


def ticked_categories(study: Study, name: str) -> pd.DataFrame:
    """Who chose each category of a variable of kind `multiple`, of those who chose any.

    Returns
    -------
    DataFrame of bool
        One row a respondent with an answer, one column a category, in the instrument's order.
    """
    asked = study.instrument.background[check_known("background variable", name, study.instrument.background)]
    answers = study.responses[name].dropna()
    parts = [set(answer.split(asked.separator)) for answer in answers]
    ticked = {category: [category in part for part in parts] for category in asked.categories}
    return pd.DataFrame(ticked, index=answers.index, dtype=bool)


def several_of(study: Study) -> list[str]:
    """The variables of a study of which several categories may be chosen."""
    asked = study.instrument.background.items()
    return [name for name, part in asked if part.kind == "multiple" and name in study.responses]

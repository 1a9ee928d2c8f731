"""Answers -> scale scores, by the instrument's key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import pandas as pd

from bouwen.scales.answers import NotAShare, check_choice

if TYPE_CHECKING:
    from bouwen.survey.study import Study

Unit = Literal["mean", "sum", "percent"]


def key_items(study: Study) -> pd.DataFrame:
    """The answers with reversed items turned, so that a higher one always means more of the construct.

    A reversed answer becomes lowest + highest − answer.

    Returns
    -------
    DataFrame
        One row per respondent, one column per item, in the order of the questionnaire.
    """
    keyed = study.responses[list(study.items)].astype(float)
    for name, item in study.instrument.items.items():
        if item.reversed:
            scale = study.instrument.scale_of(name)
            keyed[name] = scale.lowest + scale.highest - keyed[name]
    return keyed


def score_scales(study: Study, *, min_answered: float = 0.5, unit: Unit = "mean") -> pd.DataFrame:
    """Scale scores from the answered items of each construct, reversed items turned.

    Parameters
    ----------
    study : Study
    min_answered : float
        The share of a construct's items that a respondent must have answered to get a score.
    unit : {"mean", "sum", "percent"}
        On the answer scale; the mean times the number of items; or the mean as a percentage of the way
        from the lowest to the highest answer.

    Returns
    -------
    DataFrame
        One row per respondent, one column per construct; NaN where too few items were answered.
    """
    if not 0 < min_answered <= 1:
        raise NotAShare("min_answered", min_answered)
    check_choice("unit", unit, get_args(Unit))
    keyed = key_items(study)
    scores = {}
    for construct in study.constructs:
        items = keyed[list(study.items_of(construct))]
        mean = items.mean(axis=1).where(items.notna().mean(axis=1) >= min_answered)
        if unit == "sum":
            mean = mean * items.shape[1]
        elif unit == "percent":
            scale = study.instrument.answer_scales[study.instrument.constructs[construct].answer_scale]
            mean = 100 * (mean - scale.lowest) / (scale.highest - scale.lowest)
        scores[construct] = mean
    return pd.DataFrame(scores, index=study.responses.index)

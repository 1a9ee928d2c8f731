"""Answers -> scale scores, by the instrument's key."""

from __future__ import annotations

from typing import Literal, get_args

import pandas as pd

from bouwen.checks import check_choice, check_numeric, check_share
from bouwen.scales.given import Given, read_scales

Unit = Literal["mean", "sum", "percent"]


def key_items(scales: Given) -> pd.DataFrame:
    """The answers with reversed items turned, so that a higher one always means more of the construct.

    A reversed answer becomes lowest + highest − answer.

    Returns
    -------
    DataFrame
        One row per respondent, one column per item, in the order of the questionnaire.
    """
    return read_scales(scales).keyed


def score_scales(scales: Given, *, min_answered: float = 0.5, unit: Unit = "mean") -> pd.DataFrame:
    """Scale scores from the answered items of each construct, reversed items turned.

    Parameters
    ----------
    scales : Study, mapping of str to DataFrame, or DataFrame
        Scales, or the items of one, called "scale".
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
    check_share("min_answered", min_answered, one=True)
    unit = check_choice("unit", unit, get_args(Unit))
    given = read_scales(scales)
    scores = {}
    for construct, names in given.items.items():
        items = check_numeric(given.of(construct))
        mean = items.mean(axis=1).where(items.notna().mean(axis=1) >= min_answered)
        if unit == "sum":
            mean = mean * items.shape[1]
        elif unit == "percent":
            lowest, highest = given.ends[names[0]]
            mean = 100 * (mean - lowest) / (highest - lowest)
        scores[construct] = mean
    return pd.DataFrame(scores, index=given.answers.index)

"""Answers -> which items may have been keyed the wrong way."""

from __future__ import annotations

import pandas as pd

from bouwen.checks import check_numeric
from bouwen.results import at_level
from bouwen.scales.correlations import fisher_interval
from bouwen.scales.given import Given, read_scales
from bouwen.scales.items import item_rest_correlation

KEY_COLUMNS = ["construct", "reversed", "n", "r_rest", "ci_lower", "ci_upper", "r_rest_turned", "message"]


def check_key(scales: Given, *, confidence: float | None = None) -> pd.DataFrame:
    """Items that run against the rest of their scale, with the evidence.

    An item is listed where, after keying, its correlation with the other items is negative and so is the
    whole interval (Fisher's z) around it: the key in the instrument, or the coding of the answers, is then
    probably wrong. Items whose interval holds zero are weak, which is another matter.

    Parameters
    ----------
    scales : Study, mapping of str to DataFrame, or DataFrame
        Scales, or the items of one.
    confidence : float, optional
        Level of the interval; the study's own, or .95.

    Returns
    -------
    DataFrame
        Index ``item``; empty where the key is right. ``r_rest`` under the key, ``r_rest_turned`` when the
        item is turned.
    """
    given = read_scales(scales)
    level = given.confidence if confidence is None else confidence
    rows = {}
    for construct in given.items:
        scale = check_numeric(given.of(construct))
        if scale.shape[1] < 2:
            continue
        for name in map(str, scale.columns):
            r = item_rest_correlation(scale, name)
            n = int((scale[name].notna() & scale.drop(columns=name).notna().any(axis=1)).sum())
            lower, upper = fisher_interval(r, n, level)
            if not upper < 0:
                continue
            is_reversed = name in given.reversed
            rows[name] = [construct, is_reversed, n, r, lower, upper, -r, _message(name, r, is_reversed)]
    found = pd.DataFrame.from_dict(rows, orient="index", columns=KEY_COLUMNS).rename_axis("item")
    return at_level(found, level)


def _message(item: str, r: float, is_reversed: bool) -> str:
    change = "not reversed" if is_reversed else "reversed"
    return f'"{item}" correlates {r:.2f} with the rest of its scale; should it be {change} in the instrument?'

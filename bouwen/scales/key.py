"""Answers -> which items may have been keyed the wrong way."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bouwen.checks import check_numeric
from bouwen.results import at_level
from bouwen.scales.correlations import fisher_interval
from bouwen.scales.estimates import Clusters, influence_on_covariances, mean_estimate, on_fishers_scale
from bouwen.scales.given import Given, nested_in, read_scales
from bouwen.scales.items import item_rest_correlation

KEY_COLUMNS = ["construct", "reversed", "n", "r_rest", "ci_lower", "ci_upper", "r_rest_turned", "message"]


def check_key(scales: Given, *, confidence: float | None = None) -> pd.DataFrame:
    """Items that run against the rest of their scale, with the evidence.

    An item is listed where, after keying, its correlation with the other items is negative and so is the
    whole interval (Fisher's z; of respondents who are nested cluster-robust) around it: the key in the
    instrument, or the coding of the answers, is then probably wrong. Items whose interval holds zero are
    weak, which is another matter.

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
    given, clusters = read_scales(scales), nested_in(scales)
    level = given.confidence if confidence is None else confidence
    rows = {}
    for construct in given.items:
        scale = check_numeric(given.of(construct))
        if scale.shape[1] < 2:
            continue
        for name in map(str, scale.columns):
            r = item_rest_correlation(scale, name)
            if not r < 0:
                continue
            n = int((scale[name].notna() & scale.drop(columns=name).notna().any(axis=1)).sum())
            lower, upper = (
                fisher_interval(r, n, level)
                if clusters is None
                else clustered_interval(scale, name, r, level, clusters)
            )
            if not upper < 0:
                continue
            is_reversed = name in given.reversed
            rows[name] = [construct, is_reversed, n, r, lower, upper, -r, _message(name, r, is_reversed)]
    found = pd.DataFrame.from_dict(rows, orient="index", columns=KEY_COLUMNS).rename_axis("item")
    return at_level(found, level)


def clustered_interval(
    scale: pd.DataFrame, item: str, r: float, confidence: float, clusters: Clusters
) -> tuple[float, float]:
    """The interval of an item-rest correlation r, with the CR2 error of what each respondent does to it.

    r = c/√(vw), with c the covariance of the item with the others together, v its variance and w theirs; so
    ∂r/∂c = 1/√(vw), ∂r/∂v = −r/2v and ∂r/∂w = −r/2w.
    """
    answers = scale.dropna(how="all")
    cov, own = answers.cov().to_numpy(), np.asarray(answers.columns == item, dtype=float)
    v, w = own @ cov @ own, (1 - own) @ cov @ (1 - own)
    across = np.outer(own, 1 - own)
    slope = (across + across.T) / (2 * np.sqrt(v * w))
    slope -= r / 2 * (np.outer(own, own) / v + np.outer(1 - own, 1 - own) / w)
    error = mean_estimate(influence_on_covariances(answers, cov, slope), clusters)
    return on_fishers_scale(r, error, confidence)


def _message(item: str, r: float, is_reversed: bool) -> str:
    change = "not reversed" if is_reversed else "reversed"
    return f'"{item}" correlates {r:.2f} with the rest of its scale; should it be {change} in the instrument?'

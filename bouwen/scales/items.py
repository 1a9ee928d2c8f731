"""Answers -> one row of statistics per item."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bouwen.checks import Matrix, Vector, check_numeric
from bouwen.scales.given import Given, by_level, read_scales
from bouwen.scales.reliability import alpha_coefficient, omega_coefficient

if TYPE_CHECKING:
    from bouwen.survey import Study


def item_statistics(scales: Given) -> pd.DataFrame:
    """One row per item: distribution as answered, and place in its scale after turning reversed items.

    ``mean``, ``sd``, ``skew``, ``kurtosis``, ``floor`` and ``ceiling`` describe the answers as they were
    given; ``r_rest``, ``alpha_dropped`` and ``omega_dropped`` the keyed ones.

    Returns
    -------
    DataFrame
        Index ``item``; columns ``construct reversed n missing mean sd skew kurtosis floor ceiling
        r_rest alpha_dropped omega_dropped``. A figure that does not exist (a constant item, a scale of one
        item) is NaN.
    """
    given = read_scales(scales)
    rows = []
    for construct in given.items:
        scale = check_numeric(given.of(construct))
        for item in map(str, scale.columns):
            answers = given.answers[item].astype(float)
            rows.append(
                {
                    "item": item,
                    "construct": construct,
                    "reversed": item in given.reversed,
                    **describe(answers, *given.ends[item]),
                    "r_rest": item_rest_correlation(scale, item),
                    "alpha_dropped": alpha_without(scale, item),
                    "omega_dropped": omega_without(scale, item),
                }
            )
    return pd.DataFrame(rows).set_index("item")


def item_statistics_by_group(scales: pd.DataFrame | Study, group: str) -> pd.DataFrame:
    """`item_statistics` for every level of a background variable, empty levels included.

    Parameters
    ----------
    scales : Study or DataFrame
    group : str
        A categorical background variable of the study, or the column with the groups.

    Returns
    -------
    DataFrame
        Index ``level`` and ``item``; the columns of `item_statistics` and ``empty_answers``: the answers
        of the scale that nobody in the level gave, as text such as "1, 5".
    """
    levels = by_level(scales, group)
    ends = read_scales(scales.drop(columns=group) if isinstance(scales, pd.DataFrame) else scales).ends
    parts = {}
    for level, part in levels.items():
        answers, table = read_scales(part).answers, item_statistics(part)
        unused = [empty_answers(answers[item], *map(int, ends[item])) for item in table.index]
        parts[level] = table.assign(empty_answers=[", ".join(map(str, codes)) for codes in unused])
    return pd.concat(parts, names=["level"])


def empty_answers(answers: pd.Series, lowest: int, highest: int) -> list[int]:
    """The answers of a scale that nobody gave."""
    given = set(answers.dropna().astype(float))
    return [code for code in range(lowest, highest + 1) if float(code) not in given]


def describe(answers: pd.Series, lowest: float, highest: float) -> dict[str, float]:
    """Distribution of the answers to one item.

    Returns
    -------
    dict
        ``n missing mean sd skew kurtosis floor ceiling``; the last two are the shares of the given
        answers at the ends of the answer scale.
    """
    given = answers.dropna().to_numpy(dtype=float)
    n = len(given)
    return {
        "n": n,
        "missing": 1 - n / len(answers) if len(answers) else np.nan,
        "mean": given.mean() if n else np.nan,
        "sd": given.std(ddof=1) if n > 1 else np.nan,
        "skew": skewness(given),
        "kurtosis": excess_kurtosis(given),
        "floor": np.mean(given == lowest) if n else np.nan,
        "ceiling": np.mean(given == highest) if n else np.nan,
    }


def skewness(x: Vector) -> float:
    """Skewness b₁ = m₃/s³, with m₃ over n and s² over n − 1, as psych; NaN for constant answers.

    References
    ----------
    Joanes & Gill (1998), The Statistician 47.
    """
    return _standardised_moment(x, 3)


def excess_kurtosis(x: Vector) -> float:
    """Kurtosis b₂ = m₄/s⁴ − 3, with m₄ over n and s² over n − 1, as psych; NaN for constant answers.

    References
    ----------
    Joanes & Gill (1998), The Statistician 47.
    """
    return _standardised_moment(x, 4) - 3


def _standardised_moment(x: Vector, order: int) -> float:
    if len(x) < 3 or (sd := x.std(ddof=1)) == 0:
        return np.nan
    return float(np.mean((x - x.mean()) ** order) / sd**order)


def item_rest_correlation(scale: pd.DataFrame, item: str) -> float:
    """Correlation of an item with the sum of the others, from pairwise covariances, as psych's ``r.drop``.

    Σⱼ cᵢⱼ / √(cᵢᵢ Σⱼₖ cⱼₖ) over the other items j, k; NaN without variance or without other items.
    """
    if len(scale) < 2:
        return np.nan
    i, cov = list(scale.columns).index(item), scale.cov().to_numpy()
    rest = np.delete(np.arange(len(cov)), i)
    variance = cov[i, i] * cov[np.ix_(rest, rest)].sum()
    return float(cov[i, rest].sum() / np.sqrt(variance)) if variance > 0 else np.nan


def alpha_without(scale: pd.DataFrame, item: str) -> float:
    """Alpha of the other items; NaN where fewer than two remain or one of them is constant."""
    rest = _others(scale, item)
    return np.nan if rest is None else alpha_coefficient(rest)


def omega_without(scale: pd.DataFrame, item: str) -> float:
    """Omega of the other items, one factor fitted anew by maximum likelihood, see `omega_coefficient`.

    NaN where fewer than two items remain or one of them is constant.
    """
    rest = _others(scale, item)
    return np.nan if rest is None else omega_coefficient(rest)


def _others(scale: pd.DataFrame, item: str) -> Matrix | None:
    """Pairwise covariances of the other items, if there are two of them that vary."""
    rest = scale.drop(columns=item)
    if rest.shape[1] < 2 or (rest.nunique() < 2).any():
        return None
    return rest.cov().to_numpy()

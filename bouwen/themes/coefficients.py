"""Ratings of the same answers by several coders -> how far they agree beyond chance.

All take a table with a row for each answer and a column for each coder, and nothing where a coder did not
read an answer. Categories have no order.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from bouwen.checks import Array, DataError, Ints, Matrix, Vector, check_names


class NotRatings(DataError):
    """Ratings from which no agreement follows."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"ratings {problem}; give a row for each answer and a column for each coder.")


def rating_codes(ratings: pd.DataFrame) -> tuple[Ints, int]:
    """Categories as numbers from 0 (answers, coders), -1 where there is none, and how many there are."""
    if not isinstance(ratings, pd.DataFrame):
        raise NotRatings(f"are no table but {type(ratings).__name__}")
    check_names(ratings.columns)
    if ratings.shape[1] < 2:
        raise NotRatings(f"need two coders, found {ratings.shape[1]}")
    codes, categories = pd.factorize(pd.Series(ratings.to_numpy(dtype=object).ravel()), use_na_sentinel=True)
    return np.asarray(codes).reshape(ratings.shape), len(categories)


def rating_counts(codes: Ints, categories: int) -> Matrix:
    """How many coders gave an answer each category, (answers, categories)."""
    return np.stack([(codes == k).sum(axis=1) for k in range(categories)], axis=1).astype(float)


def krippendorff_alpha(ratings: pd.DataFrame) -> float:
    """Krippendorff's alpha of ratings without an order, by the package `krippendorff`.

    α = 1 − Dₒ/Dₑ: the disagreement within answers over that between any two ratings.

    Parameters
    ----------
    ratings : DataFrame (answers, coders)
        Categories, missing where a coder did not read an answer.

    Returns
    -------
    float
        1 where coders agree always, 0 where they do as by chance; NaN where fewer than two different
        ratings can be held against another one.

    Raises
    ------
    NotRatings
        No table, or fewer than two coders.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's Alpha-Reliability.

    >>> krippendorff_alpha(pd.DataFrame({"a": [1, 1, 0, 0], "b": [1, 1, 0, 1]})).__round__(3)
    0.533
    """
    import krippendorff

    counts = rating_counts(*rating_codes(ratings)).astype(int)
    paired = counts[counts.sum(axis=1) > 1]
    if (paired.sum(axis=0) > 0).sum() < 2:
        return float("nan")
    return float(krippendorff.alpha(value_counts=paired, level_of_measurement="nominal"))


def gwet_ac1(ratings: pd.DataFrame) -> float:
    """Gwet's AC1 of ratings without an order, steady where nearly everyone says the same.

    (pₐ − pₑ)/(1 − pₑ) with pₐ the share of pairs of coders of one answer that agree, over answers of two
    coders or more, and pₑ = Σ πₖ(1 − πₖ)/(q − 1), πₖ the mean share of category k over all answers.

    Parameters
    ----------
    ratings : DataFrame (answers, coders)
        As `krippendorff_alpha` takes them.

    Returns
    -------
    float
        NaN where no answer has two coders; 1 where there is one category and no more.

    Raises
    ------
    NotRatings
        No table, or fewer than two coders.

    References
    ----------
    Gwet (2008), British Journal of Mathematical and Statistical Psychology 61; Gwet (2014), Handbook of
    Inter-Rater Reliability, 4th ed., ch. 3 and 5.

    >>> gwet_ac1(pd.DataFrame({"a": [1, 1, 0, 0], "b": [1, 1, 0, 1]})).__round__(3)
    0.529
    """
    codes, q = rating_codes(ratings)
    return float(ac1_of(rating_counts(codes, q), np.ones((1, len(codes))))[0])


def cohen_kappa(ratings: pd.DataFrame) -> float:
    """Cohen's kappa of two coders; of more, the mean over pairs of coders (Light).

    (pₐ − pₑ)/(1 − pₑ) with pₑ = Σ p₁ₖ p₂ₖ, from the answers that both coders read.

    Parameters
    ----------
    ratings : DataFrame (answers, coders)
        As `krippendorff_alpha` takes them.

    Returns
    -------
    float
        NaN where no two coders read the same answer, or all of them gave the same category throughout.

    Raises
    ------
    NotRatings
        No table, or fewer than two coders.

    References
    ----------
    Cohen (1960), Educational and Psychological Measurement 20; Light (1971), Psychological Bulletin 76.

    >>> cohen_kappa(pd.DataFrame({"a": [1, 1, 0, 0], "b": [1, 1, 0, 1]}))
    0.5
    """
    codes, q = rating_codes(ratings)
    return float(kappa_of(codes, q, np.ones((1, len(codes))))[0])


# ------------------------------------------- the same of weighted answers, many weightings (draws, n) at once


def alpha_of(counts: Matrix, weights: Matrix) -> Vector:
    """`krippendorff_alpha` from the matrix of coincidences of each weighting."""
    m = counts.sum(axis=1)
    paired = m > 1
    r, w, free = counts[paired], weights[:, paired], m[paired] - 1
    margins = w @ r
    same = w @ (r * (r - 1) / free[:, None]).sum(axis=1)
    total = margins.sum(axis=1)
    return 1 - ratio((total - same) * (total - 1), total**2 - (margins**2).sum(axis=1))


def ac1_of(counts: Matrix, weights: Matrix) -> Vector:
    """`gwet_ac1` of each weighting."""
    m, q = counts.sum(axis=1), counts.shape[1]
    read, paired = m > 0, m > 1
    r, n = counts[paired], m[paired]
    agreed = (r * (r - 1)).sum(axis=1) / (n * (n - 1))
    observed = ratio(weights[:, paired] @ agreed, weights[:, paired].sum(axis=1))
    shares = weights[:, read] @ (counts[read] / m[read, None])
    shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-12)
    chance = (shares * (1 - shares)).sum(axis=1) / max(q - 1, 1)
    return ratio(observed - chance, 1 - chance)


def kappa_of(codes: Ints, categories: int, weights: Matrix) -> Vector:
    """`cohen_kappa` of each weighting; a pair of coders without one is left out of the mean."""
    pairs = combinations(range(codes.shape[1]), 2)
    found = np.stack([pair_kappa(codes[:, [*pair]], categories, weights) for pair in pairs])
    known = np.isfinite(found)
    return ratio(np.where(known, found, 0.0).sum(axis=0), known.sum(axis=0))


def pair_kappa(codes: Ints, categories: int, weights: Matrix) -> Vector:
    """Cohen's kappa of two coders (answers, 2)."""
    both = (codes >= 0).all(axis=1)
    own, w = codes[both], weights[:, both]
    n = w.sum(axis=1)
    first, second = (w @ (own[:, [side]] == np.arange(categories)) for side in (0, 1))
    agreed, chance = ratio(w @ (own[:, 0] == own[:, 1]), n), ratio((first * second).sum(axis=1), n**2)
    return ratio(agreed - chance, 1 - chance)


def ratio(above: Array, below: Array) -> Vector:
    """One over the other; NaN where that is nothing over nothing."""
    empty = np.abs(below) < 1e-12
    return np.where(empty, np.nan, above / np.where(empty, 1.0, below))

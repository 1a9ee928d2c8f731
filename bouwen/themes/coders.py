"""Themes that several coders marked in the same answers -> how far they agree, and about what they do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from bouwen.checks import Matrix, Vector, check_confidence, check_count
from bouwen.results import Result, at_level, how_many
from bouwen.themes.codes import CodedAnswers
from bouwen.themes.coefficients import (
    NotRatings,
    ac1_of,
    alpha_of,
    cohen_kappa,
    gwet_ac1,
    kappa_of,
    krippendorff_alpha,
    rating_codes,
    rating_counts,
)

FEWEST_DOUBLE = 200  # answers read by two coders or more, below which a theme is tentative
LOWEST_ALPHA = 0.60  # what the lower limit of alpha must reach, or a theme is tentative

Ratings = Mapping[str, pd.DataFrame]


@dataclass(frozen=True, eq=False, repr=False)
class CoderAgreement(Result):
    """How far coders agree, theme by theme.

    Attributes
    ----------
    themes : DataFrame
        A row for each theme: ``theme coders double_coded share agreement``, then each of ``alpha ac1 kappa``
        with ``_ci_lower`` and ``_ci_upper``, and ``tentative``.
    pairs : DataFrame
        A row for each theme and two coders: ``theme coder other answers both only_coder only_other neither``.
    confidence : float
    draws : int
    """

    themes: pd.DataFrame
    pairs: pd.DataFrame
    confidence: float
    draws: int

    def table(self) -> pd.DataFrame:
        """``themes``, a copy."""
        return at_level(self.themes.copy(), self.confidence)

    def _line(self) -> str:
        unsure = int(self.themes["tentative"].sum())
        return (
            f"{how_many(len(self.themes), 'theme')}, {unsure} tentative, "
            f"at most {how_many(int(self.themes['double_coded'].max()), 'answer')} read twice"
        )


def coder_agreement(
    ratings: Ratings | CodedAnswers,
    *,
    respondents: pd.Series | None = None,
    confidence: float = 0.95,
    draws: int = 1000,
    seed: int = 1,
) -> CoderAgreement:
    """How far coders agree on each theme, with bootstrap intervals.

    Krippendorff's alpha, Gwet's AC1 and Cohen's kappa (of more than two coders the mean over pairs). A theme
    is *tentative* where fewer than 200 answers were read by two coders or more, or the lower limit of its
    alpha is not .60 at least, or is not known.

    Parameters
    ----------
    ratings : CodedAnswers, or mapping of DataFrame (answers, coders), by theme
        What `read_codes` read; or 1 or True where a coder saw the theme in an answer, 0 or False where not,
        missing where the coder did not read the answer.
    respondents : Series, optional
        Who gave each answer, by the index of the tables; `read_codes` knows. Draws then take respondents
        rather than answers, as the answers of one person resemble each other.
    confidence : float, default 0.95
        Level of the percentile intervals.
    draws, seed : int, default 1000 and 1
        A draw in which a coefficient is not defined (nobody saw the theme) is left out of its interval; with
        half of the draws or more left out there is none.

    Returns
    -------
    CoderAgreement

    Raises
    ------
    NotRatings
        No themes, fewer than two coders, other ratings than yes and no, an answer without respondent.

    References
    ----------
    Krippendorff (2011); Gwet (2014); Cohen (1960); Efron & Tibshirani (1993), ch. 13, for the intervals.

    >>> found = coder_agreement({"rules": pd.DataFrame({"a": [1, 1, 0, 0], "b": [1, 1, 0, 1]})}, draws=99)
    >>> found
    <CoderAgreement: 1 theme, 1 tentative, at most 4 answers read twice>
    """
    check_confidence(confidence)
    check_count("draws", draws, 1)
    check_count("seed", seed)
    known = checked_ratings(ratings)
    if isinstance(ratings, CodedAnswers) and respondents is None:
        respondents = ratings.respondents
    rows = []
    for number, (theme, table) in enumerate(known.items()):
        rng = np.random.default_rng([seed, number])
        rows.append({"theme": theme} | agreement_on(table, respondents, confidence, draws, rng))
    pairs = pd.DataFrame([row for theme, table in known.items() for row in pair_counts(theme, table)])
    return CoderAgreement(pd.DataFrame(rows), pairs, confidence, draws)


def checked_ratings(ratings: Ratings | CodedAnswers) -> dict[str, pd.DataFrame]:
    """Ratings as 1, 0 and NaN; `NotRatings` where they are something else."""
    if isinstance(ratings, CodedAnswers):
        ratings = ratings.ratings()
    if not isinstance(ratings, Mapping) or not ratings:
        raise NotRatings("by theme are missing")
    out = {}
    for theme, table in ratings.items():
        codes, _ = rating_codes(table)
        marks = table.where(table.notna(), other=np.nan)
        values = pd.unique(pd.Series(marks.to_numpy(dtype=object).ravel()).dropna())
        if wrong := [value for value in values if value not in (0, 1)]:
            raise NotRatings(f'of "{theme}" hold {len(wrong)} other values than 1, 0 and nothing')
        if not codes.size or not ((codes >= 0).sum(axis=1) > 1).any():
            raise NotRatings(f'of "{theme}" hold no answer that two coders read')
        out[str(theme)] = marks.astype(float)
    return out


def agreement_on(
    table: pd.DataFrame,
    respondents: pd.Series | None,
    confidence: float,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, object]:
    """The figures of one theme."""
    read = table.notna().sum(axis=1)
    double = table[read > 1]
    codes, q = rating_codes(table)
    counts, weights = rating_counts(codes, q), drawn_answers(table.index, respondents, draws, rng)
    row: dict[str, object] = {
        "coders": int(table.notna().any().sum()),
        "double_coded": len(double),
        "share": float(np.nanmean(table.to_numpy())),
        "agreement": float((double.nunique(axis=1) == 1).mean()),
    }
    drawn = {
        "alpha": (krippendorff_alpha(table), alpha_of(counts, weights)),
        "ac1": (gwet_ac1(table), ac1_of(counts, weights)),
        "kappa": (cohen_kappa(table), kappa_of(codes, q, weights)),
    }
    lower = np.nan
    for name, (value, values) in drawn.items():
        limits = percentiles(values, confidence)
        row |= {name: value, f"{name}_ci_lower": limits[0], f"{name}_ci_upper": limits[1]}
        lower = limits[0] if name == "alpha" else lower
    return row | {"tentative": bool(len(double) < FEWEST_DOUBLE or not lower >= LOWEST_ALPHA)}


def drawn_answers(
    index: pd.Index, respondents: pd.Series | None, draws: int, rng: np.random.Generator
) -> Matrix:
    """How often each answer is in each draw (draws, answers)."""
    if respondents is None:
        owner, k = np.arange(len(index)), len(index)
    else:
        owner, found = pd.factorize(respondents.reindex(index))
        k = len(found)
        if (owner < 0).any():
            raise NotRatings(f"hold {int((owner < 0).sum())} answers without a respondent")
    return rng.multinomial(k, np.full(k, 1 / k), size=draws)[:, owner].astype(float)


def percentiles(values: Vector, confidence: float) -> tuple[float, float]:
    """Percentile limits of draws; NaN where no more than half of them have a value."""
    known = values[np.isfinite(values)]
    if 2 * len(known) <= len(values):
        return np.nan, np.nan
    lower, upper = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(lower), float(upper)


def pair_counts(theme: str, table: pd.DataFrame) -> Iterator[dict[str, object]]:
    """What two coders each said of the answers that both read."""
    for one, other in combinations(table.columns, 2):
        both = table[[one, other]].dropna()
        a, b = both[one] == 1, both[other] == 1
        yield {
            "theme": theme,
            "coder": one,
            "other": other,
            "answers": len(both),
            "both": int((a & b).sum()),
            "only_coder": int((a & ~b).sum()),
            "only_other": int((b & ~a).sum()),
            "neither": int((~a & ~b).sum()),
        }


def coder_disagreements(ratings: Ratings | CodedAnswers) -> pd.DataFrame:
    """The answers on which coders differ, for a talk between them.

    Parameters
    ----------
    ratings : CodedAnswers, or mapping of DataFrame (answers, coders), by theme
        As `coder_agreement` takes them.

    Returns
    -------
    DataFrame
        A row for each theme and answer, in their order: ``theme answer yes no``, the last two the coders,
        with commas. It names answers, and is meant for the researcher's screen only.

    Raises
    ------
    NotRatings
        As `coder_agreement`.

    >>> coder_disagreements({"rules": pd.DataFrame({"a": [1, 0], "b": [1, 1]}, index=["p1", "p2"])})
       theme answer yes no
    0  rules     p2   b  a
    """
    rows = []
    for theme, table in checked_ratings(ratings).items():
        for answer, marks in table[table.nunique(axis=1) > 1].iterrows():
            yes, no = (", ".join(str(c) for c in table.columns if marks[c] == value) for value in (1, 0))
            rows.append({"theme": theme, "answer": answer, "yes": yes, "no": no})
    return pd.DataFrame(rows, columns=["theme", "answer", "yes", "no"])

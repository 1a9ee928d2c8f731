"""Answers to the items of one scale -> how consistent they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from bouwen.checks import (
    DataError,
    Matrix,
    Missing,
    TooFewRespondents,
    Vector,
    check_answers,
    check_choice,
    check_confidence,
    check_count,
    check_flag,
)
from bouwen.results import Result, at_level, how_many, within
from bouwen.scales.clustered import Estimate
from bouwen.scales.estimates import Clusters, influence_on_covariances, mean_estimate
from bouwen.scales.extraction import extract
from bouwen.scales.given import Given, Items, answers_of, clusters_of, nested_in, read_scales
from bouwen.scales.resampling import bootstrap_matrices
from bouwen.scales.scoring import score_scales
from bouwen.sem import ordinal_moments, percentile_interval
from bouwen.special import ndtri

Interval = Literal["Feldt", "bootstrap"]


@dataclass(frozen=True, eq=False, repr=False)
class Alpha(Result):
    """Coefficient alpha with what it rests on.

    Attributes
    ----------
    raw, standardised : float
        From covariances and from correlations.
    average_r : float
        Mean correlation between two items.
    ci_lower, ci_upper : float
        Interval of the raw coefficient at the level ``confidence``.
    n : int
        Respondents with at least one answer (or, listwise, with all answers).
    n_items : int
    missing : float
        Share of answers missing.
    method : str
        Where the interval comes from: "Feldt", "bootstrap", "CR2" of respondents in clusters or, of ordinal
        alpha, "delta".
    against : tuple of str
        Items whose answers covary negatively with the sum of the others, as those do that were not turned.
    """

    raw: float
    standardised: float
    average_r: float
    ci_lower: float
    ci_upper: float
    confidence: float
    n: int
    n_items: int
    missing: float
    method: str = "Feldt"
    against: tuple[str, ...] = ()

    @property
    def note(self) -> str:
        """What a reader should know before quoting the coefficient, or nothing."""
        if self.against:
            items = ", ".join(f'"{item}"' for item in self.against)
            return f"against the other items: {items}; check the key"
        if self.n_items == 2:
            return "two items: alpha says no more than their correlation"
        if self.raw < 0:
            return "negative: some items run against the others; check the key"
        return ""

    def table(self) -> pd.DataFrame:
        """One row with every figure."""
        row = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "against"}
        return pd.DataFrame([row | {"note": self.note}])

    def _line(self) -> str:
        alpha = within(self.raw, self.ci_lower, self.ci_upper)
        wrong = f", {self.note}" if self.against else ""
        return f"α = {alpha}, {how_many(self.n_items, 'item')}, n = {self.n}{wrong}"


def alpha_coefficient(cov: Matrix) -> float:
    """Coefficient alpha of a covariance matrix.

    p/(p − 1) · (1 − tr C / Σ C)

    References
    ----------
    Cronbach (1951), Psychometrika 16.
    """
    p = len(cov)
    return float(p / (p - 1) * (1 - np.trace(cov) / cov.sum()))


def omega_coefficient(cov: Matrix) -> float:
    """Omega of a covariance matrix, from one factor by maximum likelihood.

    (Σλ)² / {(Σλ)² + Σθ}; two items, which cannot tell two loadings apart, get equal ones, and omega is alpha.

    Parameters
    ----------
    cov : array (p, p)

    Returns
    -------
    float
        NaN where the matrix is not positive definite. Error variances stay above half a percent of an item's
        variance, so that it is never above one.

    References
    ----------
    McDonald (1999), ch. 6; Jöreskog (1971), Psychometrika 36.
    """
    if len(cov) == 2:
        return alpha_coefficient(cov)
    sd = np.sqrt(np.diag(cov))
    R = cov / np.outer(sd, sd)
    if not np.isfinite(R).all() or np.linalg.eigvalsh(R)[0] < 1e-8:
        return np.nan
    loadings = sd * extract(R, 1, "ml", start=1 / np.diag(np.linalg.inv(R)))[:, 0]
    common = loadings.sum() ** 2
    return float(common / (common + np.sum(sd**2 - loadings**2)))


def feldt_interval(raw: float, n: int, n_items: int, confidence: float = 0.95) -> tuple[float, float]:
    """Confidence interval of alpha for normal answers and equal covariances.

    (1 − α̂)/(1 − α) follows F with n − 1 and (n − 1)(p − 1) degrees of freedom.

    References
    ----------
    Feldt (1965), Psychometrika 30; Feldt, Woodruff & Salih (1987), Applied Psychological Measurement 11.
    """
    from scipy.special import fdtri

    check_confidence(confidence)
    df1, df2 = n - 1, (n - 1) * (n_items - 1)
    tail = (1 - confidence) / 2
    return float(1 - (1 - raw) * fdtri(df1, df2, 1 - tail)), float(1 - (1 - raw) * fdtri(df1, df2, tail))


def clustered_alpha_interval(
    answers: pd.DataFrame, clusters: Clusters, confidence: float = 0.95
) -> tuple[float, float]:
    """Confidence interval of alpha for respondents in clusters: 1 − (1 − α̂) exp(± t s/(1 − α̂)).

    s is the CR2 error of what each respondent does to α = p/(p − 1) (1 − T/S), with T the trace of the
    covariances and S their sum, and t has its degrees of freedom. On this scale Feldt's interval is all but
    symmetric. It takes neither answers to be normal nor covariances to be equal.

    References
    ----------
    Maydeu-Olivares, Coffman & Hartmann (2007), Psychological Methods 12, of independent respondents; Bell &
    McCaffrey (2002), Survey Methodology 28.
    """
    cov = answers.cov().to_numpy()
    p, T, S = len(cov), np.trace(cov), cov.sum()
    slope = p / (p - 1) * (T / S**2 - np.eye(p) / S)
    error = mean_estimate(influence_on_covariances(answers, cov, slope), clusters)
    left = 1 - alpha_coefficient(cov)
    lower, upper = Estimate(0.0, error.se / left, error.df).interval(confidence)
    return float(1 - left * np.exp(upper)), float(1 - left * np.exp(lower))


def alpha(
    items: Items,
    *,
    confidence: float = 0.95,
    missing: Missing = "pairwise",
    interval: Interval = "Feldt",
    draws: int = 2000,
    seed: int = 1,
    ordinal: bool = False,
    clusters: pd.Series | None = None,
) -> Alpha:
    """Coefficient alpha with its interval.

    The items are taken as they are: turn reversed ones first (see `bouwen.scales.key_items`).

    Parameters
    ----------
    items : DataFrame
        One column per item, NaN where no answer was given.
    confidence : float
        Level of the interval.
    missing : {"pairwise", "listwise"}
        Whether a covariance uses everyone who answered both items (as psych) or only those who
        answered all items.
    interval : {"Feldt", "bootstrap"}
        From the F distribution, for items that behave alike, or the percentiles of bootstrap samples. Of
        respondents in clusters the first is `clustered_alpha_interval` instead.
    draws, seed : int
        Bootstrap samples.
    ordinal : bool
        Alpha of the polychoric correlations (Zumbo, Gadermann & Zeisser, 2007): that of the continuous
        responses behind the categories, not of the answers given. Its interval is normal, from the delta
        method.
    clusters : Series, optional
        Each respondent's cluster; of a study its own. Bootstrap samples of a study draw whole clusters where
        they are enough.

    Raises
    ------
    DataError
        Fewer than two items, an item that is constant or not numeric, or two items that nobody answered
        together.
    """
    interval = check_choice("interval", interval, get_args(Interval))
    check_flag("ordinal", ordinal)
    check_count("draws", draws, least=2)
    check_count("seed", seed)
    answers = check_answers(answers_of(items), minimum=2, what="alpha", missing=missing)
    if ordinal:
        return _ordinal_alpha(answers, confidence)
    cov = answers.cov().to_numpy()
    if apart := np.argwhere(np.isnan(cov)).tolist():
        first, second = (answers.columns[k] for k in apart[0])
        together = len(answers[[first, second]].dropna())
        raise TooFewRespondents(together, 2, f'the covariance of "{first}" and "{second}" in alpha')
    R = cov / np.sqrt(np.outer(np.diag(cov), np.diag(cov)))
    p = len(cov)
    raw = alpha_coefficient(cov)
    method: str = interval
    if interval == "bootstrap":
        drawn = clusters_of(items) if clusters is None else clusters
        own = None if drawn is None else drawn[answers.index]
        lower, upper = bootstrap_interval(answers, draws, seed, confidence, own)
    elif (nested := nested_in(items) if clusters is None else clusters) is not None:
        method = "CR2"
        lower, upper = clustered_alpha_interval(answers, nested, confidence)
    else:
        lower, upper = feldt_interval(raw, len(answers), p, confidence)
    return Alpha(
        raw=raw,
        standardised=alpha_coefficient(R),
        average_r=float(R[np.tril_indices(p, -1)].mean()),
        ci_lower=lower,
        ci_upper=upper,
        confidence=confidence,
        n=len(answers),
        n_items=p,
        missing=float(answers.isna().to_numpy().mean()),
        method=method,
        against=tuple(
            str(name) for name, rest in zip(answers, cov.sum(axis=1) - np.diag(cov), strict=True) if rest < 0
        ),
    )


def _ordinal_alpha(answers: pd.DataFrame, confidence: float) -> Alpha:
    """Alpha of polychoric correlations, with the delta method's interval."""
    check_confidence(confidence)
    names, p = list(answers.columns), answers.shape[1]
    found = ordinal_moments(answers.to_numpy(dtype=float), [True] * p, names, missing="pairwise")
    value = alpha_coefficient(found.cov)
    slope = 2 * (p / found.cov.sum()) ** 2 / (p - 1)  # dα/dr of each correlation
    last = p * (p - 1) // 2  # correlations stand after the thresholds
    half = ndtri((1 + confidence) / 2) * slope * np.sqrt(found.gamma[-last:, -last:].sum() / (found.n - 1))
    return Alpha(
        raw=value,
        standardised=value,
        average_r=float(found.cov[np.tril_indices(p, -1)].mean()),
        ci_lower=float(value - half),
        ci_upper=float(value + half),
        confidence=confidence,
        n=len(answers),
        n_items=p,
        missing=float(answers.isna().to_numpy().mean()),
        method="delta",
    )


def bootstrap_interval(
    answers: pd.DataFrame, draws: int, seed: int, confidence: float, clusters: pd.Series | None = None
) -> tuple[float, float]:
    """Percentile interval of alpha over bootstrap samples of respondents, or of clusters of them."""
    drawn = [
        alpha_coefficients(C)
        for C in bootstrap_matrices(answers.to_numpy(dtype=float), draws, seed, "covariance", clusters)
    ]
    lower, upper = percentile_interval(np.concatenate(drawn), confidence)
    return float(lower), float(upper)


def alpha_coefficients(cov: Matrix) -> Vector:
    """`alpha_coefficient` of each of many covariance matrices (draws, p, p)."""
    p = cov.shape[-1]
    trace = np.trace(cov, axis1=1, axis2=2)
    return np.asarray(p / (p - 1) * (1 - trace / cov.sum(axis=(1, 2))), dtype=float)


def scale_statistics(scales: Given, *, confidence: float | None = None) -> pd.DataFrame:
    """One row per construct: size, distribution of the mean score, and alpha.

    Where alpha cannot be computed it is NaN and ``note`` says why.

    Parameters
    ----------
    scales : Study, mapping of str to DataFrame, or DataFrame
        Scales, or the items of one.
    confidence : float, optional
        Level of the intervals; the study's own, or .95.

    Returns
    -------
    DataFrame
        Index ``construct``; columns ``n_items n missing mean sd alpha alpha_ci_lower alpha_ci_upper
        average_r note``. ``n`` counts respondents with a score.
    """
    given, scores, clusters = read_scales(scales), score_scales(scales), nested_in(scales)
    level = given.confidence if confidence is None else confidence
    rows = []
    for construct in given.items:
        items, score = given.of(construct), scores[construct]
        rows.append(
            {
                "construct": construct,
                "n_items": items.shape[1],
                "n": int(score.count()),
                "missing": float(items.isna().to_numpy().mean()) if len(items) else np.nan,
                "mean": score.mean(),
                "sd": score.std(),
                **_alpha_or_reason(items, level, clusters),
            }
        )
    return at_level(pd.DataFrame(rows).set_index("construct"), level)


def _alpha_or_reason(
    items: pd.DataFrame, confidence: float, clusters: pd.Series[int] | None
) -> dict[str, float | str]:
    if items.shape[1] == 1:
        return {**dict.fromkeys(ALPHA_COLUMNS, np.nan), "note": "one item: no alpha"}
    try:
        found = alpha(items, confidence=confidence, clusters=clusters)
    except DataError as error:
        return {**dict.fromkeys(ALPHA_COLUMNS, np.nan), "note": str(error)}
    figures = (found.raw, found.ci_lower, found.ci_upper, found.average_r)
    return {**dict(zip(ALPHA_COLUMNS, figures, strict=True)), "note": found.note}


ALPHA_COLUMNS = ("alpha", "alpha_ci_lower", "alpha_ci_upper", "average_r")

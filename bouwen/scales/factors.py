"""Answers -> exploratory factor analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd

from bouwen.checks import DataError, Matrix, Missing, NotACount, check_answers, check_choice, check_count
from bouwen.results import Result, how_many, short
from bouwen.scales.extraction import SMALLEST_UNIQUENESS, Method, extract
from bouwen.scales.given import Items, answers_of
from bouwen.scales.matrices import CorrelationKind, Correlations, correlate
from bouwen.scales.rotation import Rotated, Rotation, WrongTarget, explained_variance, rotate
from bouwen.sem import rmsea_interval

if TYPE_CHECKING:
    pass

ScoreMethod = Literal["regression", "bartlett"]


class TooManyFactors(DataError):
    """More factors than the items can tell apart."""

    def __init__(self, n_factors: int, n_items: int, most: int) -> None:
        self.n_factors, self.n_items, self.most = n_factors, n_items, most
        super().__init__(
            f"{n_factors} factors cannot be told apart with {n_items} items; at most {most} can."
            if n_factors > 0
            else f"ask for at least one factor; found {n_factors}."
        )


@dataclass(frozen=True, eq=False, repr=False)
class Efa(Result):
    """An exploratory factor analysis.

    Attributes
    ----------
    loadings : DataFrame (items × factors)
        Pattern: partial weights of the factors.
    structure : DataFrame (items × factors)
        Correlations of items and factors.
    phi : DataFrame (factors × factors)
        Correlations of the factors.
    communalities, uniqueness : Series
        Share of each item explained by the factors, diag(ΛΦΛᵀ), and the rest.
    variance : DataFrame (factors × 3)
        ``ss_loadings``, ``proportion`` and ``cumulative``.
    fit : Series
        ``chisq df pvalue rmsea rmsea_ci_lower rmsea_ci_upper tli rmsr``; the interval is of 90%.
    residuals : DataFrame (items × items)
        Observed minus implied correlations.
    n : int
        Respondents.
    missing : float
        Share of their answers that is missing.
    improper : tuple of str
        Items whose uniqueness is at the boundary (a Heywood case).
    method, rotation : str
    starts, agreeing : int
        How many starts the rotation tried, and how many of them ended in this solution.
    """

    loadings: pd.DataFrame
    structure: pd.DataFrame
    phi: pd.DataFrame
    communalities: pd.Series
    uniqueness: pd.Series
    variance: pd.DataFrame
    fit: pd.Series
    residuals: pd.DataFrame
    n: int
    missing: float
    improper: tuple[str, ...]
    method: str
    rotation: str
    starts: int
    agreeing: int

    def table(self) -> pd.DataFrame:
        """Pattern loadings with the communality and the uniqueness of each item."""
        return self.loadings.assign(communality=self.communalities, uniqueness=self.uniqueness)

    def scores(self, items: Items, *, method: ScoreMethod = "regression") -> pd.DataFrame:
        """Factor scores of respondents with complete answers, NaN for the others.

        Regression: Z R⁻¹ Λ Φ, with the smallest error; Bartlett: Z Ψ⁻¹ Λ (Λᵀ Ψ⁻¹ Λ)⁻¹, unbiased given the
        factors. Z are answers with mean zero and variance one.

        Parameters
        ----------
        items : DataFrame
            The answers that were analysed, by respondent.
        method : {"regression", "bartlett"}

        Returns
        -------
        DataFrame
            By the index of ``items``, one column per factor.

        References
        ----------
        Thurstone (1935); Bartlett (1937), British Journal of Psychology 28.
        """
        method = check_choice("method", method, get_args(ScoreMethod))
        items = answers_of(items)
        named = items.set_axis([str(column) for column in items.columns], axis=1)
        answers = check_answers(named[list(self.loadings.index)], what="A factor score").reindex(items.index)
        L, phi, psi = self.loadings.to_numpy(), self.phi.to_numpy(), self.uniqueness.to_numpy()
        if method == "regression":
            R = L @ phi @ L.T + np.diag(psi) + self.residuals.to_numpy()
            weights = np.linalg.solve(R, L @ phi)
        else:
            scaled = L / psi[:, None]
            weights = scaled @ np.linalg.inv(L.T @ scaled)
        Z = (answers - answers.mean()) / answers.std()
        return pd.DataFrame(Z.to_numpy() @ weights, items.index, self.loadings.columns)

    def _line(self) -> str:
        items, factors = self.loadings.shape
        explained = short(float(self.variance["cumulative"].iloc[-1]))
        return (
            f"{how_many(factors, 'factor')} of {how_many(items, 'item')} ({self.method}, {self.rotation}), "
            f"{explained} of the variance, RMSEA {short(self.fit['rmsea'])}, n = {self.n}"
        )


def fit_efa(
    items: Items,
    n_factors: int,
    *,
    method: Method = "minres",
    rotation: Rotation = "oblimin",
    correlation: CorrelationKind | None = None,
    missing: Missing = "pairwise",
    target: pd.DataFrame | None = None,
    starts: int = 10,
    seed: int = 1,
    n: int | None = None,
) -> Efa:
    """Exploratory factor analysis of correlations.

    Parameters
    ----------
    items : DataFrame or Study
        One column per item, NaN where no answer was given.
    n_factors : int
    method : {"minres", "ml", "pa"}
        See `bouwen.scales.extraction.extract`.
    rotation : {"none", "varimax", "quartimax", "promax", "oblimin", "geomin", "target"}
        See `bouwen.scales.rotation.rotate`.
    correlation : {"pearson", "polychoric"}, optional
        Of the answers, or of the latent responses behind ordered answers; by default the latter where the
        columns are ordered categories. The chi-square is that of
        continuous answers either way; for polychoric correlations it describes but does not test.
    missing : {"pairwise", "listwise"}
        Whether a correlation uses everyone who answered both items, as psych.
    target : DataFrame (items × factors), optional
        For "target": the loadings that theory expects, NaN where it expects nothing; its columns name the
        factors.
    starts, seed : int
        Starts of the rotation, the first from the unrotated axes, the others random.
    n : int, optional
        Where ``items`` is a matrix of correlations or covariances as published: of how many respondents.

    Raises
    ------
    DataError
        Answers without correlations (see `bouwen.checks.correlate`) or too many factors.
    """
    sample = correlate(items, missing=missing, kind=correlation, minimum=3, what="A factor analysis", n=n)
    check_factors(n_factors, len(sample.items))
    method = check_choice("method", method, get_args(Method))
    rotation = check_choice("rotation", rotation, get_args(Rotation))
    check_count("seed", seed)
    unrotated = extract(sample.R, n_factors, method)
    wanted = None if target is None else _wanted(target, sample.items)
    rotated = rotate(unrotated, rotation, target=wanted, starts=starts, seed=seed)
    names = [f"F{j}" for j in range(1, n_factors + 1)] if target is None else list(map(str, target.columns))
    return _describe(sample, rotated, names, method, rotation)


def _wanted(target: pd.DataFrame, items: tuple[str, ...]) -> Matrix:
    """A target in the order of the items."""
    if not isinstance(target, pd.DataFrame):
        raise WrongTarget(f"is a data frame with a row per item; found {type(target).__name__}")
    named = target.set_axis([str(name) for name in target.index])
    if absent := [item for item in items if item not in named.index]:
        raise WrongTarget(f'has no row for the item "{absent[0]}"')
    return named.loc[list(items)].to_numpy(dtype=float)


def check_factors(n_factors: int, n_items: int) -> None:
    """Raise `TooManyFactors` where degrees of freedom would be negative or there is no factor."""
    if not isinstance(n_factors, (int, np.integer)):
        raise NotACount("n_factors", n_factors, 1)
    most = max((k for k in range(n_items) if degrees_of_freedom(n_items, k) >= 0), default=0)
    if not 1 <= n_factors <= most:
        raise TooManyFactors(n_factors, n_items, most)


def degrees_of_freedom(n_items: int, n_factors: int) -> int:
    """Correlations minus free parameters, ((p − k)² − p − k) / 2."""
    return ((n_items - n_factors) ** 2 - n_items - n_factors) // 2


def _describe(sample: Correlations, rotated: Rotated, factors: list[str], method: str, rotation: str) -> Efa:
    L, phi = rotated.loadings, rotated.phi
    items = list(sample.items)
    communalities = np.sum(L @ phi * L, axis=1)
    variance = explained_variance(L, phi)
    implied = L @ phi @ L.T + np.diag(1 - communalities)
    at_bound = 1 - communalities <= SMALLEST_UNIQUENESS * (1 + 1e-6)
    return Efa(
        loadings=pd.DataFrame(L, items, factors),
        structure=pd.DataFrame(L @ phi, items, factors),
        phi=pd.DataFrame(phi, factors, factors),
        communalities=pd.Series(communalities, items, name="communality"),
        uniqueness=pd.Series(1 - communalities, items, name="uniqueness"),
        variance=pd.DataFrame(
            {
                "ss_loadings": variance,
                "proportion": variance / len(items),
                "cumulative": np.cumsum(variance) / len(items),
            },
            factors,
        ),
        fit=pd.Series(fit_of(sample.R, implied, sample.n, len(factors)), name="fit"),
        residuals=pd.DataFrame(sample.R - implied, items, items),
        n=sample.n,
        missing=sample.missing,
        improper=tuple(np.asarray(items)[at_bound].tolist()),
        method=method,
        rotation=rotation,
        starts=rotated.starts,
        agreeing=rotated.agreeing,
    )


def fit_of(R: Matrix, implied: Matrix, n: int, n_factors: int) -> dict[str, float]:
    """How well implied correlations fit, whatever the method of extraction.

    The chi-square is the ML distance times Bartlett's multiplier n − 1 − (2p + 5)/6 − 2k/3; TLI compares
    it with that of uncorrelated items under the same multiplier; RMSEA is √(χ²/(n·df) − 1/(n − 1)), as
    psych; RMSR is over the correlations below the diagonal.

    References
    ----------
    Lawley & Maxwell (1971); Tucker & Lewis (1973), Psychometrika 38; Steiger (1990), Multivariate
    Behavioral Research 25.
    """
    from scipy.special import chdtrc

    p, df = len(R), degrees_of_freedom(len(R), n_factors)
    multiplier = n - 1 - (2 * p + 5) / 6 - 2 * n_factors / 3
    log_det = np.linalg.slogdet(R)[1]
    distance = np.linalg.slogdet(implied)[1] - log_det + np.trace(np.linalg.solve(implied, R)) - p
    chisq = float(max(distance, 0) * multiplier)
    null, null_df = -log_det * multiplier, p * (p - 1) // 2
    below = np.tril_indices(p, -1)
    lower, upper = rmsea_interval(chisq, df, n - 1)
    return {
        "chisq": chisq,
        "df": df,
        "pvalue": float(chdtrc(df, chisq)) if df else np.nan,
        "rmsea": float(np.sqrt(max(chisq / (n * df) - 1 / (n - 1), 0))) if df else 0.0,
        "rmsea_ci_lower": lower,
        "rmsea_ci_upper": upper,
        "tli": float((null / null_df - chisq / df) / (null / null_df - 1)) if df else 1.0,
        "rmsr": float(np.sqrt(np.mean((R - implied)[below] ** 2))),
    }

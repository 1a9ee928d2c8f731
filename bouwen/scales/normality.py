"""Answers -> how far they are from a multivariate normal distribution, and who is furthest."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from bouwen.checks import Matrix, TooFewRespondents, Vector, check_answers
from bouwen.results import Result, how_many, p_line, rounded
from bouwen.scales.given import Items, answers_of
from bouwen.scales.matrices import refuse_singular
from bouwen.sem import parts_of


@dataclass(frozen=True, eq=False, repr=False)
class Mardia(Result):
    """Mardia's tests of multivariate skewness and kurtosis.

    Attributes
    ----------
    skew, kurtosis : float
        b₁ₚ and b₂ₚ; 0 and p(p + 2) for normal answers.
    skew_chisq, skew_df, skew_pvalue : float
    kurtosis_z, kurtosis_pvalue : float
    n, n_items : int
        Respondents with complete answers.
    distances : array (n,)
        Their squared distances from the mean, in ascending order.
    """

    skew: float
    skew_chisq: float
    skew_df: int
    skew_pvalue: float
    kurtosis: float
    kurtosis_z: float
    kurtosis_pvalue: float
    n: int
    n_items: int
    distances: Vector = field(repr=False)

    def table(self) -> pd.DataFrame:
        """One row for skewness, one for kurtosis."""
        return pd.DataFrame(
            {
                "estimate": [self.skew, self.kurtosis],
                "statistic": [self.skew_chisq, self.kurtosis_z],
                "pvalue": [self.skew_pvalue, self.kurtosis_pvalue],
            },
            index=["skewness", "kurtosis"],
        )

    def _line(self) -> str:
        return (
            f"skewness {rounded(self.skew, 2)} ({p_line(self.skew_pvalue)}), kurtosis "
            f"{rounded(self.kurtosis, 2)} ({p_line(self.kurtosis_pvalue)}), "
            f"{how_many(self.n_items, 'item')}, n = {self.n}"
        )


def mardia(items: Items) -> Mardia:
    """Mardia's tests on complete answers.

    b₁ₚ = Σᵢⱼ gᵢⱼ³/n² with n b₁ₚ/6 ~ χ²(p(p + 1)(p + 2)/6); b₂ₚ = Σᵢ gᵢᵢ²/n with
    (b₂ₚ − p(p + 2)) / √(8p(p + 2)/n) ~ N(0, 1); g = Z S⁻¹ Zᵀ.

    S divides by n − 1, as in psych and semTools; Mardia's own n would raise b₁ₚ by the factor (n/(n − 1))³.

    References
    ----------
    Mardia (1970), Biometrika 57.
    """
    from scipy.special import chdtrc, ndtr

    Z, _ = _whitened(items, "Mardia's test")
    n, p = Z.shape
    cubes, distances = 0.0, np.empty(n)
    for part in parts_of(n, 3 * 8 * n):  # g has a number for every two respondents
        g = Z[part] @ Z.T
        cubes += float(np.sum(g**3))
        distances[part] = np.diagonal(g, part.start)
    skew, kurtosis = cubes / n**2, float(np.sum(distances**2) / n)
    chisq, df = n * skew / 6, p * (p + 1) * (p + 2) // 6
    z = (kurtosis - p * (p + 2)) / np.sqrt(8 * p * (p + 2) / n)
    return Mardia(
        skew=skew,
        skew_chisq=chisq,
        skew_df=df,
        skew_pvalue=float(chdtrc(df, chisq)),
        kurtosis=kurtosis,
        kurtosis_z=float(z),
        kurtosis_pvalue=float(2 * ndtr(-abs(z))),
        n=n,
        n_items=p,
        distances=np.sort(distances),
    )


def mahalanobis(items: Items) -> pd.DataFrame:
    """Squared distance of each respondent with complete answers from the mean, in the metric of S over n − 1.

    Returns
    -------
    DataFrame
        By the index of ``items``: ``distance``, ``df`` and ``pvalue`` from χ²(p), the largest first.
        Small probabilities (say below .001) point at answers worth a look, not at answers to drop.

    References
    ----------
    Mahalanobis (1936); Tabachnick & Fidell (2013), ch. 4.
    """
    from scipy.special import chdtrc

    Z, index = _whitened(items, "Mahalanobis' distance")
    p = Z.shape[1]
    distance = np.sum(Z**2, axis=1)
    found = pd.DataFrame({"distance": distance, "df": p, "pvalue": chdtrc(p, distance)}, index=index)
    return found.sort_values("distance", ascending=False, kind="stable")


def _whitened(items: Items, what: str) -> tuple[Matrix, pd.Index]:
    """Complete answers (n, p), centred, with the identity as their covariance over n − 1."""
    complete = check_answers(check_answers(answers_of(items), what=what).dropna(), what=what)
    n, p = complete.shape
    if n <= p:
        raise TooFewRespondents(n, p + 1, f"{what} of {p} items")
    X = complete.to_numpy()
    X = X - X.mean(axis=0)
    refuse_singular(np.atleast_2d(np.corrcoef(X, rowvar=False)), list(complete.columns))
    U = np.linalg.svd(X, full_matrices=False)[0]
    return np.asarray(U * np.sqrt(n - 1), dtype=float), complete.index

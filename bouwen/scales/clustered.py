"""Means, differences and slopes of respondents in clusters -> errors and tests that hold with few clusters.

Neighbours resemble each other, so that n respondents tell less than n strangers would. The cluster-robust
sandwich allows for that, but is too small with few clusters. CR2 takes the bias out that it would have if
respondents were strangers after all, and Satterthwaite's degrees of freedom say how much it scatters.

References
----------
Bell & McCaffrey (2002), Survey Methodology 28; Imbens & Kolesár (2016), Review of Economics and Statistics
98; Pustejovsky & Tipton (2018), Journal of Business & Economic Statistics 36.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import Array, DataError, Ints, Matrix, Vector, check_confidence
from bouwen.results import Result, how_many, p_line


class NoClusters(DataError):
    """All respondents are in one cluster, or some are in none."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"cluster-robust errors {problem}.")


@dataclass(frozen=True, eq=False)
class Estimate:
    """A figure with its CR2 error.

    Attributes
    ----------
    value, se, df : float
        ``df`` are Satterthwaite's; NaN where the figure stands on fewer than two clusters.
    """

    value: float
    se: float
    df: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """Value ± t(df) se."""
        from scipy.special import stdtrit

        check_confidence(confidence)
        half = float(stdtrit(self.df, (1 + confidence) / 2)) * self.se
        return self.value - half, self.value + half

    @property
    def pvalue(self) -> float:
        """Two-sided, of zero."""
        from scipy.special import stdtr

        return float(2 * stdtr(self.df, -abs(self.value) / self.se)) if self.se > 0 else np.nan


@dataclass(frozen=True, eq=False, repr=False)
class ClusteredRegression(Result):
    """Least squares with cluster-robust errors.

    Attributes
    ----------
    names : tuple of str, length k
        Of the coefficients; an intercept comes first.
    coefficients : array (k,)
    vcov : array (k, k)
        CR2.
    influence : array (G, k, k)
        Σᵢ xᵢ aᵢ' of each cluster, with a = A_g X_g (X'X)⁻¹; what degrees of freedom are made of.
    weights : array (G, k, k)
        a'a of each cluster.
    root : array (k, k)
        L⁻¹ with X'X = L L'.
    n, clusters : int
    """

    names: tuple[str, ...]
    coefficients: Vector
    vcov: Matrix
    influence: Array
    weights: Array
    root: Matrix
    n: int
    clusters: int

    def contrast(self, c: Vector) -> Estimate:
        """A sum of coefficients times c (k,), with ν = (Σ pᵍ'pᵍ)² / Σ_gh (pᵍ'pʰ)²."""
        c = np.asarray(c, dtype=float)
        P = self._products(c[:, None])[:, :, 0, 0]
        df = np.trace(P) ** 2 / np.sum(P**2) if np.any(P) else np.nan
        return Estimate(float(c @ self.coefficients), float(np.sqrt(c @ self.vcov @ c)), float(df))

    def coefficient(self, name: str) -> Estimate:
        """One coefficient."""
        return self.contrast(np.array([own == name for own in self.names], dtype=float))

    def wald(self, C: Matrix) -> WaldTest:
        """Test that all rows of C (q, k) times the coefficients are zero: Hotelling's T² as F.

        F = (η − q + 1)/(η q) · b'C'(C V C')⁻¹C b on q and η − q + 1 degrees of freedom, with η from the
        variances of the elements of C V C' (HTZ of Pustejovsky & Tipton 2018).
        """
        from scipy.special import fdtrc

        C = np.atleast_2d(np.asarray(C, dtype=float))
        q = len(C)
        P = self._products(C.T)  # (G, G, q, q), p_sg'p_th
        own = np.einsum("ggst->st", P)
        half = np.linalg.inv(_symmetric_power(own, 0.5))
        P = np.einsum("as,ghst,tb->ghab", half, P, half)
        same = np.einsum("ghss->ghs", P)
        variances = np.einsum("ghs,ght->st", same, same) + np.einsum("ghst,ghts->st", P, P)
        eta = q * (q + 1) / variances.sum()
        b = C @ self.coefficients
        wald = float(b @ np.linalg.solve(C @ self.vcov @ C.T, b))
        df2 = eta - q + 1
        f = wald * df2 / (eta * q) if df2 > 0 else np.nan
        return WaldTest(float(f), float(q), float(df2), float(fdtrc(q, df2, f)) if df2 > 0 else np.nan)

    def _products(self, c: Matrix) -> Array:
        """p_sg'p_th (G, G, q, q) with p_g = (I − H)ᵍ' a_g: δ_gh a_s'a_t − (Q'a_s)'(Q'a_t)."""
        spread = np.einsum("ij,gjk,kq->giq", self.root, self.influence, c)
        P = -np.einsum("gis,hit->ghst", spread, spread)
        each = np.arange(len(spread))
        P[each, each] += np.einsum("ks,gkl,lt->gst", c, self.weights, c)
        return np.asarray(P)

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """One row per coefficient: ``name estimate se df ci_lower ci_upper pvalue``."""
        rows = []
        for name in self.names:
            e = self.coefficient(name)
            rows.append((name, e.value, e.se, e.df, *e.interval(confidence), e.pvalue))
        columns = ["name", "estimate", "se", "df", "ci_lower", "ci_upper", "pvalue"]
        return pd.DataFrame(rows, columns=columns)

    def _line(self) -> str:
        last = self.coefficient(self.names[-1])
        return (
            f"{how_many(len(self.names), 'coefficient')}, {self.names[-1]} {p_line(last.pvalue)}, "
            f"n = {self.n} in {how_many(self.clusters, 'cluster')}"
        )


@dataclass(frozen=True)
class WaldTest:
    """A test of several contrasts together."""

    f: float
    df1: float
    df2: float
    pvalue: float


def clustered_regression(
    outcome: pd.Series, predictors: pd.DataFrame, clusters: pd.Series, *, intercept: bool = True
) -> ClusteredRegression:
    """Regress an outcome on predictors, with errors that know who is in a cluster with whom.

    b = (X'X)⁻¹X'y, V = (X'X)⁻¹ Σ Xᵍ'Aᵍeᵍeᵍ'AᵍXᵍ (X'X)⁻¹, Aᵍ = (I − Hᵍᵍ)^(−½), e = y − Xb

    Parameters
    ----------
    outcome : Series (n,)
    predictors : DataFrame (n, columns)
        Numbers; rows with a missing value here or in the outcome are left out.
    clusters : Series (n,)
        Anything that tells clusters apart; with a value of their own for everyone errors are HC2.
    intercept : bool
        Whether a constant is added.

    Returns
    -------
    ClusteredRegression

    Raises
    ------
    NoClusters
        Fewer than two clusters, or a respondent without one.

    Notes
    -----
    A direction in which a cluster determines its own fit (Hᵍᵍ has an eigenvalue of 1) carries no residual,
    and is left as it is.
    """
    frame = pd.concat([outcome.rename(None), predictors], axis=1).astype(float)
    kept = frame.notna().all(axis=1).to_numpy()
    X = frame.iloc[:, 1:].to_numpy()[kept]
    names = tuple(map(str, predictors.columns))
    if intercept:
        X, names = np.column_stack([np.ones(len(X)), X]), ("(intercept)", *names)
    return fit_least_squares(frame.iloc[:, 0].to_numpy()[kept], X, numbered(clusters, kept), names)


def numbered(clusters: pd.Series, kept: Array) -> Ints:
    """Clusters of those who take part, as numbers from 0."""
    codes, found = pd.factorize(clusters[kept])
    if (codes < 0).any():
        raise NoClusters(f"need a cluster for everyone; {int((codes < 0).sum())} respondents have none")
    if len(found) < 2:
        raise NoClusters(f"need two clusters; found {len(found)}")
    return np.asarray(codes)


def fit_least_squares(y: Vector, X: Matrix, group: Ints, names: tuple[str, ...]) -> ClusteredRegression:
    """See `clustered_regression`; ``group`` numbers the clusters from 0."""
    L = np.linalg.cholesky(X.T @ X)
    root = np.linalg.inv(L)
    Q = X @ root.T
    b = root.T @ (Q.T @ y)
    e = y - X @ b
    order = np.argsort(group, kind="stable")
    first = np.flatnonzero(np.diff(group[order], prepend=-1))
    own, at = Q[order], group[order]
    within = np.add.reduceat(own[:, :, None] * own[:, None], first)
    # A_g X_g (X'X)⁻¹ from the k eigenvectors of Q_g'Q_g, as A_g Q_g = Q_g (I − Q_g'Q_g)^(−½)
    a = np.einsum("ni,nij->nj", own, (_symmetric_power(np.eye(X.shape[1]) - within, -0.5) @ root)[at])
    influence = np.add.reduceat(X[order][:, :, None] * a[:, None], first)
    weights = np.add.reduceat(a[:, :, None] * a[:, None], first)
    scores = np.add.reduceat(a * e[order][:, None], first)
    return ClusteredRegression(
        names, b, scores.T @ scores, influence, weights, root, n=len(y), clusters=len(first)
    )


def _symmetric_power(M: Array, power: float) -> Array:
    """A power of symmetric matrices (…, k, k); directions in which one is zero stay zero."""
    values, vectors = np.linalg.eigh(M)
    good = values > 1e-10 * np.maximum(1.0, values.max(axis=-1, keepdims=True))
    raised = np.where(good, np.where(good, values, 1.0) ** power, 0.0)
    return np.asarray((vectors * raised[..., None, :]) @ np.swapaxes(vectors, -1, -2))


def clustered_mean(scores: pd.Series, clusters: pd.Series) -> Estimate:
    """The mean of respondents in clusters; open scores are left out."""
    nothing = pd.DataFrame(index=scores.index)
    return clustered_regression(scores, nothing, clusters).contrast(np.ones(1))

"""Answers -> whether their correlations are worth a factor analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bouwen.checks import Missing
from bouwen.results import Result, chisq_line, how_many, short
from bouwen.scales.given import Items
from bouwen.scales.matrices import correlate

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, eq=False, repr=False)
class Kmo(Result):
    """Measure of sampling adequacy.

    Attributes
    ----------
    overall : float
    items : Series
        Per item.
    n : int
    """

    overall: float
    items: pd.Series
    n: int

    def table(self) -> pd.DataFrame:
        """One row per item, the overall measure last."""
        return pd.DataFrame({"kmo": [*self.items, self.overall]}, index=[*self.items.index, "overall"])

    def _line(self) -> str:
        lowest = str(self.items.idxmin())
        return (
            f"overall {short(self.overall)}, lowest {short(self.items[lowest])} ({lowest}), "
            f"{how_many(len(self.items), 'item')}, n = {self.n}"
        )


@dataclass(frozen=True, eq=False, repr=False)
class Bartlett(Result):
    """Test that all correlations are zero."""

    chisq: float
    df: int
    pvalue: float
    n: int

    def table(self) -> pd.DataFrame:
        """One row."""
        return pd.DataFrame([{name: getattr(self, name) for name in self.__dataclass_fields__}])

    def _line(self) -> str:
        return f"{chisq_line(self.chisq, self.df, self.pvalue)}, n = {self.n}"


def kmo(items: Items, *, missing: Missing = "pairwise") -> Kmo:
    """How far correlations exceed partial correlations, Σr² / (Σr² + Σq²), overall and per item.

    q are the anti-image correlations, the off-diagonal of the rescaled inverse.

    References
    ----------
    Kaiser & Rice (1974), Educational and Psychological Measurement 34.
    """
    sample = correlate(items, missing=missing, what="KMO")
    inverse = np.linalg.inv(sample.R)
    scale = np.sqrt(np.diag(inverse))
    Q = inverse / np.outer(scale, scale)
    r2, q2 = sample.R**2, Q**2
    np.fill_diagonal(r2, 0)
    np.fill_diagonal(q2, 0)
    per_item = r2.sum(axis=0) / (r2.sum(axis=0) + q2.sum(axis=0))
    overall = float(r2.sum() / (r2.sum() + q2.sum()))
    return Kmo(overall, pd.Series(per_item, list(sample.items), name="kmo"), sample.n)


def bartlett(items: Items, *, missing: Missing = "pairwise") -> Bartlett:
    """Bartlett's test of sphericity, −(n − 1 − (2p + 5)/6) log|R| with p(p − 1)/2 degrees of freedom.

    References
    ----------
    Bartlett (1951), Biometrika 38.
    """
    from scipy.special import chdtrc

    sample = correlate(items, missing=missing, kind="pearson", what="Bartlett's test")
    p = len(sample.items)
    chisq = -(sample.n - 1 - (2 * p + 5) / 6) * np.linalg.slogdet(sample.R)[1]
    df = p * (p - 1) // 2
    return Bartlett(float(chisq), df, float(chdtrc(df, chisq)), sample.n)

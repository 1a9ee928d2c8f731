"""An oblique factor analysis -> one general factor and what remains of the others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bouwen.checks import DataError, Missing
from bouwen.results import Result, how_many, short
from bouwen.scales.extraction import Method, extract
from bouwen.scales.factors import fit_efa
from bouwen.scales.given import Items
from bouwen.scales.matrices import correlate
from bouwen.scales.reliability import alpha_coefficient
from bouwen.scales.rotation import Rotation


class NoGeneralFactor(DataError):
    """One factor has no hierarchy above it."""

    def __init__(self, n_factors: int) -> None:
        self.n_factors = n_factors
        super().__init__(f"a general factor needs at least two factors below it; found {n_factors}.")


@dataclass(frozen=True, eq=False, repr=False)
class SchmidLeiman(Result):
    """A general factor and group factors, all uncorrelated.

    Attributes
    ----------
    loadings : DataFrame
        Items by ``g`` and the group factors.
    higher : Series
        Loadings of the factors on the general factor; for two factors they are set equal, because their
        one correlation cannot tell them apart.
    omega_h, omega_t, alpha : float
        Share of the sum's variance due to the general factor, to all factors, and standardised alpha.
    n : int
    missing : float
    """

    loadings: pd.DataFrame
    higher: pd.Series
    omega_h: float
    omega_t: float
    alpha: float
    n: int
    missing: float

    def table(self) -> pd.DataFrame:
        """Loadings, and the share of each item's common variance that is general."""
        squared = self.loadings**2
        return self.loadings.assign(general_share=squared["g"] / squared.sum(axis=1))

    def _line(self) -> str:
        return (
            f"omega_h = {short(self.omega_h)}, omega_t = {short(self.omega_t)}, α = {short(self.alpha)}, "
            f"{how_many(len(self.loadings), 'item')}, n = {self.n}"
        )


def schmid_leiman(
    items: Items,
    n_factors: int,
    *,
    method: Method = "minres",
    rotation: Rotation = "oblimin",
    missing: Missing = "pairwise",
) -> SchmidLeiman:
    """Omega hierarchical and total from an exploratory factor analysis.

    With pattern Λ and loadings γ of the factors on g: items load Λγ on g and Λ√(1 − γ²) on the group
    factors; ω_h = (1ᵀΛγ)² / 1ᵀR1 and ω_t = 1 − Σu² / 1ᵀR1.

    Items keep the key that they come with; psych instead turns those that load negatively on g.

    References
    ----------
    Schmid & Leiman (1957), Psychometrika 22; Zinbarg, Revelle, Yovel & Li (2005), Psychometrika 70.
    """
    if n_factors < 2:
        raise NoGeneralFactor(n_factors)
    efa = fit_efa(items, n_factors, method=method, rotation=rotation, missing=missing)
    phi, L = efa.phi.to_numpy(), efa.loadings.to_numpy()
    if n_factors == 2:
        r = phi[0, 1]
        gamma = np.sqrt(abs(r)) * np.array([1.0, np.sign(r)])
    else:
        gamma = extract(phi, 1, method)[:, 0]
    general = L @ gamma
    groups = L * np.sqrt(np.maximum(1 - gamma**2, 0))
    sample = correlate(items, missing=missing)
    total = sample.R.sum()
    return SchmidLeiman(
        loadings=pd.DataFrame(
            np.column_stack([general, groups]), efa.loadings.index, ["g", *efa.loadings.columns]
        ),
        higher=pd.Series(gamma, efa.loadings.columns, name="g"),
        omega_h=float(general.sum() ** 2 / total),
        omega_t=float(1 - efa.uniqueness.sum() / total),
        alpha=alpha_coefficient(sample.R),
        n=efa.n,
        missing=efa.missing,
    )

"""Answers -> how many factors, by which rule."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from bouwen.checks import Missing
from bouwen.results import Result
from bouwen.scales.dimensionality import (
    EmpiricalKaiser,
    MapTest,
    ParallelAnalysis,
    empirical_kaiser,
    map_test,
    parallel_analysis,
)


@dataclass(frozen=True, eq=False, repr=False)
class FactorCounts(Result):
    """What several rules say about the number of factors in the same answers."""

    parallel: ParallelAnalysis
    map: MapTest
    kaiser: EmpiricalKaiser

    def table(self) -> pd.DataFrame:
        """One row per rule.

        Returns
        -------
        DataFrame
            Index ``rule`` (parallel_factors, parallel_components, empirical_kaiser, map, map_fourth); column
            ``n_factors``.
        """
        counts = {
            "parallel_factors": self.parallel.n_factors,
            "parallel_components": self.parallel.n_components,
            "empirical_kaiser": self.kaiser.n_factors,
            "map": self.map.n_factors,
            "map_fourth": self.map.n_factors_fourth,
        }
        return pd.Series(counts, name="n_factors").rename_axis("rule").to_frame()

    def _line(self) -> str:
        counts = ", ".join(f"{rule} {n}" for rule, n in self.table()["n_factors"].items())
        return f"{counts}; n = {self.parallel.n}"


def count_factors(
    items: pd.DataFrame, *, seed: int, draws: int = 500, missing: Missing = "pairwise"
) -> FactorCounts:
    """Parallel analysis, the MAP test and the empirical Kaiser criterion of the same items.

    Eigenvalues above one are not among the rules: their number follows that of the items.

    Parameters
    ----------
    items, missing
        As in `bouwen.scales.parallel_analysis`.
    seed, draws : int
        Of parallel analysis.

    References
    ----------
    Auerswald & Moshagen (2019), Psychological Methods 24, on joining several rules.
    """
    return FactorCounts(
        parallel_analysis(items, seed=seed, draws=draws, missing=missing),
        map_test(items, missing=missing),
        empirical_kaiser(items, missing=missing),
    )

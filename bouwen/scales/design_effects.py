"""A study whose respondents are nested -> how alike those of one cluster answer, and what that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bouwen.checks import DataError, Vector
from bouwen.results import Result, at_level, how_many, short
from bouwen.scales.agreement import NoGroups, intraclass
from bouwen.scales.scoring import score_scales

if TYPE_CHECKING:
    from bouwen.survey import Study

NESTING_FIGURES = ["n", "clusters", "icc", "ci_lower", "ci_upper", "design_effect"]


class NothingNested(DataError):
    """Respondents of a study who are not nested in anything."""

    def __init__(self) -> None:
        super().__init__(
            "the respondents of this study are not nested; name the variable in which they are under "
            '"cluster" in the study file'
        )


@dataclass(frozen=True, eq=False, repr=False)
class Nesting(Result):
    """How respondents are nested, and how alike those of one cluster score.

    Attributes
    ----------
    variable : str
        In what they are nested.
    figures : DataFrame
        Index ``construct``; see `table`.
    n, clusters, alone : int
        Respondents, their clusters, and how many are the only one of theirs.
    confidence : float
    """

    variable: str
    figures: pd.DataFrame
    n: int
    clusters: int
    alone: int
    confidence: float

    @property
    def size(self) -> float:
        """Respondents per cluster, on average."""
        return self.n / self.clusters

    def table(self) -> pd.DataFrame:
        """One row per scale.

        Returns
        -------
        DataFrame
            Index ``construct``; ``n`` respondents with a score and their ``clusters``, the intraclass
            correlation ``icc`` with its interval, and the ``design_effect``, see `cluster_design_effect`.
        """
        return at_level(self.figures.copy(), self.confidence)

    def _line(self) -> str:
        icc = self.figures["icc"]
        return (
            f"{self.n} respondents in {how_many(self.clusters, 'cluster')} of {self.variable}, "
            f"ICC from {short(icc.min())} to {short(icc.max())}"
        )


def nesting(study: Study) -> Nesting:
    """How respondents are nested (`cluster:` of the study), with the ICC and design effect of every scale.

    Parameters
    ----------
    study : Study

    Raises
    ------
    NothingNested
        No two respondents share a cluster.

    Notes
    -----
    With few respondents per cluster an ICC is known badly, as its interval says; one below zero says that
    those of one cluster differ more than strangers do.

    References
    ----------
    Shrout & Fleiss (1979), Psychological Bulletin 86, of the ICC and its interval; Kish (1965), Survey
    Sampling.
    """
    clusters = study.clusters
    if clusters is None or study.cluster is None:
        raise NothingNested()
    level, scores = study.settings.confidence, score_scales(study)
    sizes = clusters.value_counts()
    rows = {}
    for construct in study.constructs:
        answered = scores[construct].dropna()
        own = clusters[answered.index]
        of_clusters = np.asarray(own.value_counts(), dtype=float)
        try:
            found = intraclass(answered, own, confidence=level)
            icc, lower, upper = found.icc1, found.icc1_ci_lower, found.icc1_ci_upper
        except NoGroups:
            icc, lower, upper = np.nan, np.nan, np.nan
        rows[construct] = (
            len(own), len(of_clusters), icc, lower, upper, cluster_design_effect(icc, of_clusters)
        )  # fmt: skip
    figures = pd.DataFrame.from_dict(rows, orient="index", columns=NESTING_FIGURES).rename_axis("construct")
    alone = int((sizes == 1).sum())
    return Nesting(study.cluster, figures, len(clusters), len(sizes), alone, level)


def cluster_design_effect(icc: float, sizes: Vector) -> float:
    """How many times the variance of a mean is that of independent respondents: 1 + (Σm²/Σm − 1) ICC.

    Parameters
    ----------
    icc : float
    sizes : array
        Respondents m of each cluster.

    >>> cluster_design_effect(0.1, np.array([5, 5, 5]))
    1.4
    """
    return float(1 + (np.sum(sizes**2) / np.sum(sizes) - 1) * icc)

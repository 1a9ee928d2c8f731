"""A population -> answers of invented respondents, some of them missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from bouwen.checks import Array, check_count, check_share
from bouwen.sem.fit import Fit
from bouwen.sem.power.population import ModelPopulation, PopulationError, as_population
from bouwen.sem.sam.result import SamFit
from bouwen.special import expit

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(61)  # expectations under a standard normal


@dataclass(frozen=True)
class Gaps:
    """Which answers are missing.

    Attributes
    ----------
    share : float
        Probability that an answer is missing, on average, at least 0 and less than 1.
    items : tuple of str
        Items with gaps; empty for all but ``by``.
    by : str
        Missing at random given this item, which everybody answers: logit p = a + ``slope`` z, with z the item
        (of an ordered item, its latent response) in standard deviations and a such that ``share`` holds on
        average over each group. Without it, completely at random.
    slope : float
        Only with ``by``: log odds of a gap per standard deviation.
    """

    share: float
    items: tuple[str, ...] = ()
    by: str = ""
    slope: float = 1.0

    def __post_init__(self) -> None:
        check_share("share", self.share, zero=True)
        if self.by and self.by in self.items:
            raise PopulationError(
                f'"{self.by}" decides which answers are missing, so it cannot have gaps', item=self.by
            )

    def probability(self, z: Array) -> Array:
        """Probability of a gap at z (n,), the standardised ``by``."""
        if not self.by or self.share == 0:
            return np.full(z.shape, self.share)
        weights = WEIGHTS / WEIGHTS.sum()
        intercept = brentq(
            lambda a: float(weights @ expit(a + self.slope * NODES)) - self.share, -60, 60, xtol=1e-10
        )
        return np.asarray(expit(intercept + self.slope * z))


def simulate_data(
    population: str | Fit | SamFit | ModelPopulation,
    n: int | Sequence[int],
    *,
    seed: int = 1,
    gaps: Gaps | None = None,
) -> pd.DataFrame:
    """Answers of ``n`` respondents drawn from a population that a model describes.

    For a finite population, such as all schools of a country, simulate all of it once and sample rows
    without replacement: ``simulate_data(model, 342, seed=1).sample(150, random_state=2)``.

    Parameters
    ----------
    population : str, Fit, SamFit or ModelPopulation
        A model with values (see `ModelPopulation.read`), or a fitted model whose estimates are true.
    n : int or sequence of int, length G
        Respondents, divided over groups by their shares; or the respondents of each group.
    seed : int
    gaps : Gaps, optional
        Which answers are missing; none by default.

    Returns
    -------
    DataFrame
        One column an item: numbers, 1, 2, … for ordered items, NaN where missing. With several
        groups, their names in a first column ``group``.

    Raises
    ------
    ModelSyntaxError, ModelError, PopulationError
        The population cannot be read or cannot exist.

    Examples
    --------
    >>> data = simulate_data("f =~ 0.8*x1 + 0.7*x2 + 0.6*x3", 200, seed=1)
    >>> data.shape
    (200, 3)
    """
    check_count("seed", seed)
    source = as_population(population)
    rows = draw_rows(source, source.sizes(n), np.random.default_rng(seed), gaps)
    frame = pd.DataFrame(np.concatenate(rows), columns=list(source.names))
    if len(source.groups) > 1:
        frame.insert(0, "group", np.repeat(source.groups, [len(x) for x in rows]))
    return frame


def draw_rows(
    population: ModelPopulation, sizes: Sequence[int], rng: np.random.Generator, gaps: Gaps | None = None
) -> list[Array]:
    """Answers (n, p) of each group, in the order of the population's items."""
    out = []
    for g, n in enumerate(sizes):
        L = np.linalg.cholesky(population.cov[g])
        y = population.mean[g] + rng.standard_normal((n, len(L))) @ L.T
        missing = _missing(population, g, y, rng, gaps)
        for item, cuts in population.thresholds.items():
            k = population.names.index(item)
            y[:, k] = 1 + np.searchsorted(cuts[g], y[:, k])
        out.append(np.where(missing, np.nan, y))
    return out


def _missing(
    population: ModelPopulation, g: int, y: Array, rng: np.random.Generator, gaps: Gaps | None
) -> Array:
    if gaps is None:
        return np.zeros(y.shape, dtype=bool)
    names = population.names
    for name in (*gaps.items, *((gaps.by,) if gaps.by else ())):
        population.place(name)
    z = np.zeros(len(y))
    if gaps.by:
        k = population.place(gaps.by)
        z = (y[:, k] - population.mean[g, k]) / np.sqrt(population.cov[g, k, k])
    holes = [name in gaps.items if gaps.items else name != gaps.by for name in names]
    return np.asarray((rng.random(y.shape) < gaps.probability(z)[:, None]) & np.array(holes))

"""A factor model and n -> cut-offs for SRMR, RMSEA and CFI that suit this model.

Samples are drawn from the model itself and from versions of it with something added that the fitted model
lacks, in levels of growing severity. A level's cut-off is the value that 95 % of its samples are worse than,
if 95 % of the samples from the model itself are better than it; failing that, the same with 90 %; failing
that, there is none.

What is added follows the published description (McNeish & Wolf, 2023, Psychological Methods 28, 61–88; for
one factor McNeish & Wolf, 2023, Behavior Research Methods 55, 1157–1174). Where that leaves a choice, this
is ours:

One factor
    Residual correlations of 0.3 for a third, two thirds and all of the items: ⌊p/6⌋, ⌊p/3⌋ and ⌊p/2⌋ pairs.
    Items are sorted by the size of their loadings, and each of the lower half is paired with its
    counterpart in the upper half. The pairs of a level include those of the level before.
Several factors
    Cross-loadings, one more at each of F − 1 levels. Each factor offers its item with the lowest loading, the
    lowest of all first; the item also loads on the factor with the highest coefficient H (Hancock &
    Mueller, 2001) among the others, by as much as on its own, or what its variance allows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_count
from bouwen.sem.fit import Fit
from bouwen.sem.fitted import check_is_fit
from bouwen.sem.model.implied import DIRECTED, SYMMETRIC, Structure
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.power.population import ModelPopulation
from bouwen.sem.power.replications import Analysis, draw_moments
from bouwen.sem.resample.batch import fit_batch
from bouwen.sem.resample.stacks import batch_measures, moments_objective
from bouwen.sem.resample.workers import Chunk, run_chunks

INDICES = ("srmr", "rmsea", "cfi")
COLUMNS = ["level", "added", *INDICES, *(f"{index}_error" for index in INDICES)]
RESIDUAL_CORRELATION = 0.3
MOST = 0.95  # largest share of an item's variance that factors may explain
TAILS = (0.05, 0.10)


@dataclass(frozen=True, eq=False)
class FactorModel:
    """A standardised factor model: loadings (p, F) and factor correlations (F, F)."""

    items: tuple[str, ...]
    factors: tuple[str, ...]
    loadings: Array
    correlations: Array

    @staticmethod
    def of(fit: Fit) -> FactorModel:
        """The standardised solution of a fitted factor model.

        Raises
        ------
        UnsupportedModel
            Where there are several groups, paths, higher-order factors, covariates, ordered items or
            residual covariances.
        """
        st = fit.structure
        if not _is_plain(st):
            raise UnsupportedModel(
                "cut-offs are simulated for factor models of one group without paths, higher-order factors, "
                "ordered items and residual covariances; give the measurement model, fitted by ML or MLR"
            )
        sd = np.sqrt(np.diag(fit.implied.C[0]))
        correlation = fit.implied.C[0] / np.outer(sd, sd)
        loadings = np.zeros((st.p, st.m - st.p))
        rows = np.flatnonzero(st.kind == DIRECTED)
        i, j = st.i[rows], st.j[rows]
        loadings[i, j - st.p] = fit.implied.values[0, rows] * sd[j] / sd[i]
        return FactorModel(st.observed, st.latent, loadings, correlation[st.p :, st.p :])

    @property
    def text(self) -> str:
        """The model to be fitted."""
        lines = [
            f"{factor} =~ " + " + ".join(np.array(self.items)[self.loadings[:, f] != 0])
            for f, factor in enumerate(self.factors)
        ]
        return "\n".join(lines)

    def population(self, extra: Array, residual: Array) -> ModelPopulation:
        """Items of variance 1 with further loadings (p, F) and residual correlations (p, p)."""
        L = self.loadings + extra
        common = L @ self.correlations @ L.T
        unique = np.sqrt(1 - np.diag(common))
        cov = common + residual * np.outer(unique, unique)
        np.fill_diagonal(cov, 1.0)
        source = ModelPopulation(self.items, ("",), np.ones(1), np.zeros((1, len(self.items))), cov[None])
        return source.checked()

    def levels(self) -> Iterator[tuple[str, ModelPopulation]]:
        """The model itself, then each level of what is added to it, with its name."""
        p, F = self.loadings.shape
        extra, residual = np.zeros((p, F)), np.zeros((p, p))
        yield "", self.population(extra, residual)
        if F == 1:
            order = np.argsort(np.abs(self.loadings[:, 0]), kind="stable")
            pairs = [(order[k], order[k + p // 2]) for k in range(p // 2)]
            for count in dict.fromkeys(c for c in (p // 6, p // 3, p // 2) if c):
                for a, b in pairs[:count]:
                    residual[a, b] = residual[b, a] = RESIDUAL_CORRELATION
                yield f"{count} residual correlations", self.population(extra, residual)
            return
        for count, (item, factor, size) in enumerate(self._cross_loadings(), 1):
            extra[item, factor] = size
            yield f"{count} cross-loadings", self.population(extra, residual)

    def _cross_loadings(self) -> list[tuple[int, int, float]]:
        size = np.abs(self.loadings)
        simple = (size > 0).sum(axis=1) == 1
        reliability = [coefficient_h(column[column != 0]) for column in self.loadings.T]
        offered = []
        for f in range(len(self.factors)):
            own = np.flatnonzero(simple & (size[:, f] > 0))
            if len(own):
                offered.append((int(own[np.argmin(size[own, f])]), f))
        offered.sort(key=lambda pair: size[pair])
        out = []
        for item, own_factor in offered[: len(self.factors) - 1]:
            others = [f for f in range(len(self.factors)) if f != own_factor]
            target = max(others, key=lambda f: reliability[f])
            phi = float(self.correlations[own_factor, target])
            out.append((item, target, _cross_loading(float(self.loadings[item, own_factor]), phi)))
        return out


def coefficient_h(loadings: Array) -> float:
    """Maximal reliability 1 / (1 + 1 / Σ λ²/(1 − λ²)) of Hancock & Mueller (2001).

    >>> round(coefficient_h(np.array([0.7, 0.8, 0.6])), 3)
    0.767
    """
    information = float((loadings**2 / (1 - np.minimum(loadings**2, 1 - 1e-9))).sum())
    return information / (1 + information)


def _cross_loading(loading: float, phi: float) -> float:
    """As large as the loading itself, or what makes factors explain 95 %: λ² + 2 λ c φ + c² = 0.95."""
    room = math.sqrt(max((loading * phi) ** 2 + MOST - loading**2, 0.0)) - loading * phi
    return math.copysign(min(abs(loading), max(room, 0.0)), loading)


def _is_plain(st: Structure) -> bool:
    links = (st.kind == SYMMETRIC) & (st.i != st.j)
    paths = st.kind == DIRECTED
    return bool(
        st.n_groups == 1
        and st.loading[paths].all()
        and (st.i[paths] < st.p).all()
        and (st.i[links] >= st.p).all()
        and not len(st.exogenous)
        and not len(st.ordered)
    )


def fit_cutoffs(
    fit: Fit,
    *,
    n: int | None = None,
    levels: int | None = None,
    refuse: bool = True,
    reps: int = 500,
    seed: int = 1,
    n_jobs: int | None = None,
) -> pd.DataFrame:
    """Cut-offs of SRMR, RMSEA and CFI for a factor model, by simulation.

    Parameters
    ----------
    fit : Fit
        A fitted factor model; its standardised solution is taken to be true.
    n : int, optional
        Respondents; those of the fit by default.
    levels : int, optional
        How many levels, the mildest first; all by default.
    refuse : bool
        Whether a model without such cut-offs is refused; otherwise it gets a table without levels.
    reps : int
        Samples of each level.
    seed : int
    n_jobs : int, optional

    Returns
    -------
    DataFrame
        Index level, from 1; ``added`` to the model at this level; ``srmr rmsea cfi``, the cut-offs, NaN
        where the level cannot be told from a true model; ``srmr_error rmsea_error cfi_error``, the share
        of samples of either kind on the wrong side, 0.05 or 0.10. Samples are normal and analysed by ML;
        those that do not converge are left out.

    Raises
    ------
    UnsupportedModel
        The model is no plain factor model.
    NotACount
    """
    check_is_fit(fit)
    check_count("reps", reps, least=1)
    check_count("seed", seed)
    if levels is not None:
        check_count("levels", levels, least=1)
    most = None if levels is None else levels + 1
    size = fit.n if n is None else n
    if not refuse and (size <= fit.structure.p or not _is_plain(fit.structure)):
        return pd.DataFrame(columns=COLUMNS).set_index("level")
    factors = FactorModel.of(fit)
    check_count("n", size, least=fit.structure.p + 1)
    found: list[tuple[str, pd.DataFrame]] = []
    for level, (name, population) in enumerate(islice(factors.levels(), most)):
        task = partial(simulated_measures, population=population, model=factors.text, n=size)
        own_seed = int(np.random.SeedSequence([seed, level]).generate_state(1)[0])
        parts = run_chunks(task, reps, seed=own_seed, n_jobs=n_jobs, about=f"level {level}")
        found.append((name, pd.concat(parts, ignore_index=True).dropna()))
    true = found[0][1]
    rows = []
    for level, (name, wrong) in enumerate(found[1:], 1):
        row: dict[str, object] = {"level": level, "added": name}
        for index in INDICES:
            row[index], row[f"{index}_error"] = cutoff(true[index], wrong[index], higher=index == "cfi")
        rows.append(row)
    return pd.DataFrame(rows, columns=COLUMNS).set_index("level")


def simulated_measures(chunk: Chunk, *, population: ModelPopulation, model: str, n: int) -> pd.DataFrame:
    """SRMR, RMSEA and CFI of the samples of a chunk."""
    target = Analysis(model, "ML", ((),), None, population).fit_moments([n])
    mean, cov = draw_moments(population, [n], chunk.size, chunk.rng())
    order = [population.names.index(name) for name in target.sample.names]
    objective = moments_objective(target.family, mean[..., order], cov[..., order, :][..., order])
    batch = fit_batch(objective, target.partable, target.theta)
    return batch_measures(target.family, objective, batch, INDICES)


def cutoff(true: pd.Series[float], wrong: pd.Series[float], *, higher: bool) -> tuple[float, float]:
    """The value that tells two sets of samples apart, and the share on its wrong side; NaN if none does.

    Parameters
    ----------
    true, wrong : Series
        An index over samples of the model itself and of the model with something added.
    higher : bool
        Whether a higher index is a better one.
    """
    sign = -1.0 if higher else 1.0
    for tail in TAILS:
        bound, limit = np.quantile(sign * wrong, tail), np.quantile(sign * true, 1 - tail)
        if bound > limit:
            return float(sign * bound), tail
    return math.nan, math.nan

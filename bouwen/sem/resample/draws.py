"""A fitted model -> samples like its own, a chunk at a time, as stacks of discrepancies.

Respondents drawn again with replacement; the same after their answers were moved so that the model holds
(Bollen & Stine, 1992); or new answers from the model itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from bouwen.checks import Array
from bouwen.sem.family.normal import Family, NormalTheory
from bouwen.sem.family.ordinal import OrdinalFamily
from bouwen.sem.fit import Fit
from bouwen.sem.model.implied import Implied
from bouwen.sem.model.options import NoRows, UnsupportedModel
from bouwen.sem.normal.discrepancy import Objective
from bouwen.sem.normal.moments import Sample, find_patterns
from bouwen.sem.normal.saturated import em_moments
from bouwen.sem.resample.memory import parts_of
from bouwen.sem.resample.roots import symmetric_root
from bouwen.sem.resample.samples import join
from bouwen.sem.resample.stacks import draw_bytes, moments_objective, weighted_objective
from bouwen.sem.resample.weights import resampling_weights
from bouwen.sem.resample.workers import Chunk

KINDS = ("nonparametric", "bollen_stine", "parametric")


class Source(Protocol):
    """Where draws come from."""

    def stacks(self, chunk: Chunk) -> Iterator[tuple[Family, Objective]]:
        """The discrepancies of a chunk of draws, some at a time, and the family that reports them."""


def source_of_draws(fit: Fit, kind: str) -> Source:
    """How to draw samples of one kind.

    Raises
    ------
    UnknownOption, UnsupportedModel
    """
    complete = isinstance(fit.family, NormalTheory) and fit.sample.patterns is None and not fit.sample.size
    if kind == "parametric" and (complete or fit.sample.rows):
        return Simulated(fit.family, fit.implied, fit.point.implied)
    if not fit.sample.rows:
        raise NoRows("these draws need", instead=', or use kind="parametric"' if complete else "")
    if kind == "nonparametric":
        return Resampled(fit.family)
    if not isinstance(fit.family, NormalTheory):
        raise UnsupportedModel(
            "ordered answers cannot be moved until the model holds, so there is no Bollen–Stine bootstrap of "
            'them; use kind="parametric"'
        )
    return Resampled(replace(fit.family, sample=transformed(fit)))


@dataclass(frozen=True)
class Resampled:
    """Respondents, or whole clusters of them, with replacement within each group."""

    family: Family

    def stacks(self, chunk: Chunk) -> Iterator[tuple[Family, Objective]]:
        """The discrepancies of a chunk of draws, some at a time, and the family that reports them."""
        yield from weighted_stacks(
            self.family, resampling_weights(self.family.sample, chunk.rng(), chunk.size)
        )


def weighted_stacks(family: Family, weights: Array) -> Iterator[tuple[Family, Objective]]:
    """`weighted_stack` of as many draws at a time as memory is for."""
    for part in parts_of(len(weights), draw_bytes(family)):
        yield weighted_stack(family, weights[part])


def weighted_stack(family: Family, weights: Array) -> tuple[Family, Objective]:
    """The discrepancies of weighted samples (D, n_total), and the family that reports them."""
    objective = weighted_objective(family, weights)
    if isinstance(family, OrdinalFamily) and len(family.structure.exogenous):
        family = replace(family, sample=_with_covariates(family, weights))
    return family, objective


def _with_covariates(family: OrdinalFamily, weights: Array) -> Sample:
    """The sample with the covariates' moments of every draw, divided by n − 1 as in the sample itself."""
    sample, x = family.sample, family.structure.exogenous
    mean = np.zeros((len(weights), *sample.mean.shape))
    cov = np.zeros((len(weights), *sample.cov.shape))
    first = 0
    for g, rows in enumerate(sample.rows):
        w = weights[:, first : first + len(rows)]
        n = w.sum(axis=1)
        centre = w @ rows[:, x] / n[:, None]
        centred = rows[:, x] - centre[:, None]
        mean[:, g, x] = centre
        cov[:, g, x[:, None], x] = np.einsum("dn,dni,dnj->dij", w, centred, centred) / (n - 1)[:, None, None]
        first += len(rows)
    return replace(sample, mean=mean, cov=cov)


# ---------------------------------------------------------------------- Bollen and Stine


def transformed(fit: Fit) -> Sample:
    """The sample moved and turned until the model holds in it exactly.

    z = Σ̂^{½} S^{−½} (x − m) + μ̂, with S and m the sample's moments, for incomplete rows those of the
    saturated model; of every row the answered items. Without means in the model z keeps the mean m.

    References
    ----------
    Bollen & Stine (1992), Sociological Methods & Research 21; Savalei & Yuan (2009), On the model-based
    bootstrap with missing data, Multivariate Behavioral Research 44.
    """
    sample, implied = fit.sample, fit.implied
    target = implied.mean if fit.structure.meanstructure else sample.mean
    rows = []
    for g, x in enumerate(sample.rows):
        z = np.full_like(x, np.nan)
        kinds, which = np.unique(~np.isnan(x), axis=0, return_inverse=True)
        for k, answered in enumerate(kinds):
            own, items = which.ravel() == k, np.flatnonzero(answered)
            block = np.ix_(items, items)
            turn = np.linalg.solve(
                symmetric_root(sample.cov[g][block]), symmetric_root(implied.cov[g][block])
            )
            z[np.ix_(own, items)] = (x[np.ix_(own, items)] - sample.mean[g][items]) @ turn + target[g][items]
        rows.append(z)
    if sample.patterns is None:
        return replace(sample, rows=tuple(rows), mean=target, cov=implied.cov)
    patterns = find_patterns(rows, sample.weights)
    mean, cov = em_moments(patterns, len(rows))
    return replace(sample, rows=tuple(rows), patterns=patterns, mean=mean, cov=cov)


# ---------------------------------------------------------------------- parametric


@dataclass(frozen=True)
class Simulated:
    """New answers from the fitted model, in groups as large as the sample's and with its gaps.

    Complete continuous answers without sampling weights need no rows: their means are normal and their
    covariances Wishart.
    Covariates are drawn like other variables, but those of ordered items stay as they are.

    ``implied`` are the fit's moments, ``given`` those of the latent responses at covariates of zero.
    """

    family: Family
    implied: Implied
    given: Implied

    def stacks(self, chunk: Chunk) -> Iterator[tuple[Family, Objective]]:
        """The discrepancies of a chunk of draws, some at a time, and the family that reports them."""
        rng, sample = chunk.rng(), self.family.sample
        if isinstance(self.family, NormalTheory) and sample.patterns is None and not sample.weights:
            moments = [
                normal_moments(rng, chunk.size, int(n), mean, cov)
                for n, mean, cov in zip(sample.n, self._mean, self.implied.cov, strict=True)
            ]
            mean, cov = (np.stack(x, axis=1) for x in zip(*moments, strict=True))
            for part in parts_of(chunk.size, draw_bytes(self.family)):
                yield self.family, moments_objective(self.family, mean[part], cov[part])
            return
        answers = self.ordered if isinstance(self.family, OrdinalFamily) else self._continuous
        everybody = np.ones((1, sum(map(len, sample.rows))))
        for part in parts_of(chunk.size, draw_bytes(self.family)):
            yield (
                self.family,
                join(
                    [
                        weighted_objective(
                            replace(self.family, sample=replace(sample, rows=answers(rng))),  # type: ignore[type-var]
                            everybody,
                        )
                        for _ in range(part.start, part.stop)
                    ]
                ),
            )

    @property
    def _mean(self) -> Array:
        return self.implied.mean if self.family.structure.meanstructure else self.family.sample.mean

    def _continuous(self, rng: np.random.Generator) -> tuple[Array, ...]:
        drawn = []
        for g, x in enumerate(self.family.sample.rows):
            L = np.linalg.cholesky(self.implied.cov[g])
            y = rng.standard_normal(x.shape) @ L.T + self._mean[g]
            drawn.append(np.where(np.isnan(x), np.nan, y))
        return tuple(drawn)

    def ordered(self, rng: np.random.Generator) -> tuple[Array, ...]:
        """Answers of one draw (n, p) of each group, some of them in categories."""
        family, st, given = self.family, self.family.structure, self.given
        assert isinstance(family, OrdinalFamily)
        x, point = st.exogenous, family.objective
        drawn = []
        for g, (rows, m) in enumerate(zip(family.sample.rows, family.moments, strict=True)):
            inner = np.setdiff1d(np.arange(st.p), x)
            L = np.linalg.cholesky(given.cov[g][np.ix_(inner, inner)])
            y = np.full_like(rows, np.nan)
            y[:, inner] = rng.standard_normal((len(rows), len(inner))) @ L.T + given.mean[g, inner]
            y[:, inner] += rows[:, x] @ given.E[g][np.ix_(inner, x)].T
            cuts = {k: point.threshold_row[point.layout.thresholds[1] == k] for k in inner}
            for k, values in zip(inner, m.categories, strict=True):
                if len(cuts[k]):
                    y[:, k] = values[np.searchsorted(given.values[g, cuts[k]], y[:, k])]
            y[:, x] = rows[:, x]
            drawn.append(np.where(np.isnan(rows), np.nan, y))
        return tuple(drawn)


def normal_moments(
    rng: np.random.Generator, size: int, n: int, mean: Array, cov: Array
) -> tuple[Array, Array]:
    """Means (size, p) and covariances (size, p, p) of normal samples of n respondents, divided by n.

    m ~ N(μ, Σ/n) and n S = L T Tᵀ Lᵀ with Σ = L Lᵀ and T lower triangular: T_ii² ~ χ²(n − i), i = 1, …, p,
    and normal elements below the diagonal; with n ≤ p, products of n − 1 normal rows.

    References
    ----------
    Bartlett (1933), On the theory of statistical regression; Anderson (2003), ch. 7.2.
    """
    p = len(mean)
    L = np.linalg.cholesky(cov)
    centre = mean + rng.standard_normal((size, p)) @ L.T / np.sqrt(n)
    if n <= p:
        T = rng.standard_normal((size, p, n - 1))
    else:
        T = np.tril(rng.standard_normal((size, p, p)), -1)
        T[:, np.arange(p), np.arange(p)] = np.sqrt(rng.chisquare(n - 1 - np.arange(p), (size, p)))
    half = L @ T
    return centre, half @ np.swapaxes(half, -1, -2) / n

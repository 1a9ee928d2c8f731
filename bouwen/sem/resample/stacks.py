"""Weights of respondents, or moments, to a stack of discrepancies; solutions to fit measures.

A draw is a vector of weights: how often each respondent counts. Everything a draw needs of its rows
are sums, so the moments of all draws are one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from bouwen.checks import Array, Ints, UnknownOption
from bouwen.sem.after.releases import Releases
from bouwen.sem.family import measures as measures_
from bouwen.sem.family.normal import Family, NormalTheory
from bouwen.sem.family.ordinal import OrdinalFamily
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.derivatives import slots
from bouwen.sem.model.implied import SYMMETRIC, implied_moments, with_exogenous
from bouwen.sem.model.options import NoRows, UnsupportedModel
from bouwen.sem.normal.chisquare import baseline_structure
from bouwen.sem.normal.discrepancy import Likelihood, Objective, complete_likelihood
from bouwen.sem.normal.moments import Patterns
from bouwen.sem.normal.quadratic import LeastSquares, stacked_least_squares
from bouwen.sem.ordinal.discrepancy import WeightedLeastSquares, WeightedPoint
from bouwen.sem.resample.batch import Batch, descend
from bouwen.sem.resample.kernel import Kernel
from bouwen.sem.resample.ordered import weighted_ordinal_objective
from bouwen.sem.resample.samples import IncompleteDraws, take
from bouwen.sem.resample.saturation import Saturated, saturated_stack
from bouwen.sem.resample.weights import with_sampling_weights
from bouwen.special import chdtrc

RARE = 3  # variables for each respondent of a pattern, from which on they are taken one by one

MEASURES = ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "logl")


def weighted_objective(family: Family, weights: Array) -> Objective:
    """The discrepancies of weighted copies of a sample.

    Parameters
    ----------
    family : Family
        Of a fit to rows.
    weights : array (D, n_total)
        How often each respondent counts in each draw, in the order of the sample's groups and rows; where
        the sample has sampling weights, each time with the respondent's own.

    Returns
    -------
    Objective
        Its moments have a leading axis of D draws. For incomplete data ``constant`` is that of the sample
        itself: `batch_measures` estimates the saturated model of each draw where it is asked for.

    Raises
    ------
    UnsupportedModel
        Where the fit was to a table of moments.
    """
    sample = family.sample
    if not sample.rows:
        raise NoRows("weighted samples need")
    edges = np.cumsum([0, *map(len, sample.rows)])
    if weights.ndim != 2 or weights.shape[1] != edges[-1]:
        raise ValueError(f"weights must be (draws, {edges[-1]}), not {weights.shape}")
    if sample.weights:
        weights = with_sampling_weights(weights, sample)
    by_group = [weights[:, a:b] for a, b in pairwise(edges)]
    if isinstance(family, OrdinalFamily):
        return weighted_ordinal_objective(family, weights)
    if not isinstance(family, NormalTheory):
        raise TypeError(f"no batches for {type(family).__name__}")
    if sample.patterns is not None:
        return _by_pattern(family, by_group, sample.patterns)
    found = [_moments(w, x) for w, x in zip(by_group, sample.rows, strict=True)]
    n, mean, cov = (np.stack(x, axis=1) for x in zip(*found, strict=True))
    return _complete(family, n, mean, cov)


def draw_bytes(family: Family) -> int:
    """What fitting one more draw of a family's sample side by side with others holds, at the most."""
    st, sample = family.structure, family.sample
    p, G, m = st.p, st.n_groups, st.m
    matrices = G * (24 * p * p + 8 * m * m)  # covariances, their inverses, and what gradients are made of
    search = 64 * st.q  # steps and changes that a search remembers
    if sample.patterns is None:
        return 8 * (matrices + search)
    kinds = _kinds(sample.patterns, p)
    several = sum(len(kind.rows) > 1 for kind in kinds)
    lacking = np.array([p - kind.observed.sum() for kind in kinds if len(kind.rows) == 1])
    filled = (lacking * (3 * p + 4 * lacking)).sum()  # of one respondent's patterns
    each = len(kinds) * (6 * p + 4) + several * 4 * p * p
    return int(8 * (matrices + search + filled + each))


def score_stack(releases: Releases, objective: Objective, theta: Array) -> Array:
    """Score statistics (D, K) of a stack of draws, see `Releases.scores`.

    Incomplete draws go one by one: the curvature of each has a matrix for every pattern.
    """
    if not isinstance(objective, IncompleteDraws):
        return releases.scores(objective, theta)
    each = [releases.scores(take(objective, d), theta[d]) for d in range(len(theta))]
    return np.stack(each) if each else np.zeros((0, len(releases.keys)))


def moments_objective(family: Family, mean: Array, cov: Array) -> Objective:
    """The discrepancies of complete samples of which only the moments are known.

    Parameters
    ----------
    family : Family
        For the model, the estimator and the group sizes.
    mean, cov : arrays (D, G, p) and (D, G, p, p)
        Means and covariances, the latter divided by n.
    """
    if not isinstance(family, NormalTheory):
        raise UnsupportedModel("ordered items need rows: their moments do not tell the answers")
    return _complete(family, np.broadcast_to(family.sample.n, mean.shape[:-1]), mean, cov)


def _complete(family: NormalTheory, n: Array, mean: Array, cov: Array) -> Objective:
    if family.is_likelihood:
        return complete_likelihood(family.structure, n, mean, cov)
    weighted = family.estimator.discrepancy == "GLS"
    return stacked_least_squares(family.structure, n, mean, cov, weighted=weighted)


def _moments(weights: Array, rows: Array) -> tuple[Array, Array, Array]:
    """Sums of weights (D,), means (D, p) and covariances (D, p, p) of weighted rows.

    Σ w x xᵀ / n − m mᵀ, about the plain mean of the rows so that no digits are lost. NaN without weight.
    """
    n, p = weights.sum(axis=1), rows.shape[1]
    if len(rows) == 1:
        return n, np.where(n[:, None] > 0, rows, np.nan), np.zeros((len(n), p, p))
    centre = rows.mean(axis=0)
    x = rows - centre
    i, j = np.tril_indices(p)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (weights @ x) / n[:, None]
        second = (weights @ (x[:, i] * x[:, j])) / n[:, None]
    cov = np.empty((len(weights), p, p))
    cov[:, i, j] = cov[:, j, i] = second - mean[:, i] * mean[:, j]
    return n, mean + centre, cov


def _by_pattern(family: NormalTheory, weights: Sequence[Array], patterns: Patterns) -> IncompleteDraws:
    """The likelihoods of incomplete draws; a pattern that nobody of a draw has counts for nothing.

    Respondents with a rare pattern are taken one by one, which costs less than the covariances among them.
    """
    kinds = _kinds(patterns, family.structure.p)
    D, P, p = len(weights[0]), len(kinds), family.structure.p
    several = np.array([k for k, kind in enumerate(kinds) if len(kind.rows) > 1], dtype=np.int64)
    n, mean, cov = np.empty((D, P)), np.empty((D, P, p)), np.zeros((D, len(several), p, p))
    group = np.array([kind.group for kind in kinds])
    alone = np.setdiff1d(np.arange(P), several)
    for g, (w, rows) in enumerate(zip(weights, family.sample.rows, strict=True)):
        answers = np.nan_to_num(rows)
        own = alone[group[alone] == g]
        one = np.array([kinds[k].rows[0] for k in own], dtype=np.int64)
        n[:, own], mean[:, own] = w[:, one], answers[one] * (w[:, one] > 0)[..., None]
        for at in np.flatnonzero(group[several] == g):
            k = several[at]
            count, centre, spread = _moments(w[:, kinds[k].rows], answers[kinds[k].rows])
            empty = count == 0
            centre[empty], spread[empty] = 0.0, 0.0
            n[:, k], mean[:, k], cov[:, at] = count, centre, spread
    total = np.stack([w.sum(axis=1) for w in weights], axis=1)
    draws = IncompleteDraws(
        structure=family.structure,
        slots=slots(family.structure),
        fixed=family.fixed,
        group=group,
        n=total,
        share=n / total.sum(axis=1, keepdims=True),
        observed=np.array([kind.observed for kind in kinds]),
        mean=mean,
        cov=cov,
        constant=np.zeros(D),
        several=several,
    )
    return of_family(draws, family)


class _Kind(NamedTuple):
    """Respondents of a group who answered the same items, or one of them."""

    group: int
    observed: Array
    rows: Ints


def _kinds(patterns: Patterns, p: int) -> list[_Kind]:
    """The patterns of a sample, those of few respondents as one of each of them."""
    found, k = [], 0
    for g, members in enumerate(patterns.rows):
        for rows in members:
            observed = patterns.observed[k]
            rare = len(rows) * RARE <= p and not observed.all()
            found += (
                [_Kind(g, observed, rows[i : i + 1]) for i in range(len(rows))]
                if rare
                else [_Kind(g, observed, rows)]
            )
            k += 1
    return found


def of_family(draws: IncompleteDraws, family: Family) -> IncompleteDraws:
    """The same draws for a model of the same sample."""
    own = family.objective
    assert isinstance(own, Likelihood)
    mean, cov, answered = _available(draws.share, draws)
    spread = np.diagonal(cov, axis1=-2, axis2=-1) > 0
    possible = (answered & spread).all(axis=(-2, -1))
    return replace(
        draws,
        structure=own.structure,
        slots=own.slots,
        fixed=with_exogenous(own.structure, mean, cov),
        constant=np.where(possible, own.constant, np.nan),
    )


def _available(n: Array, o: IncompleteDraws) -> tuple[Array, Array, Array]:
    """Means (D, G, p) and covariances (D, G, p, p) of all that answered, and whether anybody did.

    Of draws with n (D, P) respondents, or shares of them, in every pattern. Only variances, and what belongs
    to covariates (which are complete), are meant to be used.
    """
    assert o.observed is not None
    means, covs, answered = [], [], []
    for g in range(o.structure.n_groups):
        own, of_several = o.group == g, o.group[o.several] == g
        counts = n[:, own] @ o.observed[own]
        some = np.where(counts > 0, counts, 1.0)
        centre = np.einsum("dj,dja->da", n[:, own], o.mean[:, own]) / some
        r = (o.mean[:, own] - centre[:, None]) * o.observed[own]
        total = np.swapaxes(r * n[:, own, None], 1, 2) @ r
        total += np.einsum("dj,djab->dab", n[:, o.several[of_several]], o.cov[:, of_several])
        means.append(centre)
        covs.append(total / some[..., None])
        answered.append(counts > 0)
    return np.stack(means, axis=1), np.stack(covs, axis=1), np.stack(answered, axis=1)


# ---------------------------------------------------------------------- fit measures


def batch_measures(
    family: Family,
    objective: Objective,
    batch: Batch,
    measures: Sequence[str] = MEASURES,
    *,
    saturated: Saturated | None = None,
) -> pd.DataFrame:
    """Fit measures of every draw, by lavaan's names; NaN where the draw failed.

    Parameters
    ----------
    family : Family
        Of the fit that the draws belong to.
    objective : Objective
        What `fit_batch` minimised.
    batch : Batch
    measures : sequence of str
        Which of "chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "logl" (likelihoods only);
        for incomplete data all but "logl" need the saturated model of every draw.
    saturated : tuple, optional
        What `saturated_stack` found for these draws, where several models are fitted to them.

    Notes
    -----
    Tests are the plain ones, also where the estimator of the fit corrects its own.
    """
    unknown = set(measures) - set(MEASURES)
    if unknown:
        raise UnknownOption("measures", sorted(unknown)[0], MEASURES)
    table = _Measures(family, objective, batch, saturated)
    return pd.DataFrame({name: getattr(table, name) for name in measures})


@dataclass(frozen=True)
class _Measures:
    """Fit measures of a batch; each is computed when asked for."""

    family: Family
    objective: Any
    batch: Batch
    known: Saturated | None = None

    @cached_property
    def N(self) -> Array:
        """What fit measures divide by: respondents, less groups unless the distance is a likelihood."""
        total: Array = self.objective.n.sum(axis=-1)
        return total if isinstance(self.objective, Likelihood) else total - self.family.structure.n_groups

    @cached_property
    def _saturated(self) -> Saturated:
        """Sample (or saturated) means and covariances, and the constant of the likelihood."""
        o = self.objective
        if o.observed is None:
            return o.mean, o.cov, o.constant
        if self.known is not None:
            return self.known
        sample = self.family.sample
        return saturated_stack(o, np.flatnonzero(np.isfinite(self.batch.value)), sample.mean, sample.cov)

    @cached_property
    def _shift(self) -> Array | float:
        """What to add to F/2 so that it is 0 for the saturated model."""
        o = self.objective
        incomplete = isinstance(o, Likelihood) and o.observed is not None
        return o.constant - self._saturated[2] if incomplete else 0.0

    @cached_property
    def chisq(self) -> Array:
        total = self.objective.n.sum(axis=-1)
        return np.asarray(2 * total * (self.batch.value + self._shift))

    @cached_property
    def df(self) -> Array:
        return np.full(
            len(self.batch.value), self.family.n_statistics - free_parameters(self.family, self.batch)
        )

    @cached_property
    def pvalue(self) -> Array:
        df = self.df
        return np.where(df > 0, chdtrc(np.maximum(df, 1), np.maximum(self.chisq, 0.0)), np.nan)

    @cached_property
    def _baseline(self) -> tuple[Array, int]:
        """Chi-square of the independence model, and its degrees of freedom."""
        family, o = self.family, self.objective
        total = o.n.sum(axis=-1)
        if isinstance(o, WeightedLeastSquares):
            zero = o.layout.independent(family.structure.covariates)
            d = o.statistics[..., zero]
            chisq = total * (o.share * (o.weight[..., zero] * d * d).sum(axis=-1)).sum(axis=-1)
            return chisq, len(zero) * family.structure.n_groups
        base = baseline_structure(family.structure)
        df = family.n_statistics - base.q
        if isinstance(o, Likelihood) and o.observed is None:
            return 2 * total * (_independence(o) - o.constant), df
        mean, cov = o.mean, o.cov
        if isinstance(o, IncompleteDraws):
            mean, cov, _ = _available(o.share, o)
        theta = np.empty((len(self.batch.value), base.q))
        for g in range(base.n_groups):
            rows = np.flatnonzero(base.free[g] >= 0)
            i = base.i[rows]
            theta[:, base.free[g, rows]] = np.where(
                base.kind[rows] == SYMMETRIC, cov[:, g, i, base.j[rows]], mean[:, g, i]
            )
        objective = replace(o, structure=base, slots=slots(base), fixed=with_exogenous(base, mean, cov))
        if isinstance(o, LeastSquares):  # quadratic in the variances: one Gauss–Newton step is exact
            point = objective.at(theta)
            good = np.isfinite(self.batch.value)
            H, g1 = point.information[good], point.gradient[good]
            theta[good] -= np.linalg.solve(H, g1[..., None])[..., 0]
        value = np.array(
            Kernel.of(objective)(theta)[0] if isinstance(o, Likelihood) else objective.at(theta).value
        )
        if isinstance(o, Likelihood) and len(base.covariates) > len(base.exogenous):
            good = np.flatnonzero(np.isfinite(self.batch.value))  # gaps in covariates: no closed form
            value[good] = descend(take(objective, good), theta[good], np.eye(base.q)).value
        return 2 * total * (value + self._shift), df

    def _each(self, measure: Callable[..., float], *columns: Any) -> Array:
        good = np.isfinite(self.batch.value)
        out = np.full(len(good), np.nan)
        stacked = [np.broadcast_to(x, good.shape)[good].tolist() for x in columns]
        out[good] = list(map(measure, *stacked))
        return out

    @cached_property
    def cfi(self) -> Array:
        return self._each(measures_.cfi, self.chisq, self.df, *self._baseline)

    @cached_property
    def tli(self) -> Array:
        return self._each(measures_.tli, self.chisq, self.df, *self._baseline)

    @cached_property
    def rmsea(self) -> Array:
        return self._each(measures_.rmsea, self.chisq, self.df, self.N, self.family.structure.n_groups)

    @cached_property
    def srmr(self) -> Array:
        good, st = np.flatnonzero(np.isfinite(self.batch.value)), self.family.structure
        out, o, theta = (
            np.full(len(self.batch.value), np.nan),
            take(self.objective, good),
            self.batch.theta[good],
        )
        if isinstance(o, WeightedLeastSquares):
            out[good] = ordinal_srmr(o, o.at(theta))
            return out
        moments = (o.mean, o.cov)
        if isinstance(o, Likelihood):
            moments = (self._saturated[0][good], self._saturated[1][good])
        implied = implied_moments(st, theta, o.fixed)
        out[good] = measures_.srmr(*moments, implied.mean, implied.cov, o.n, means=st.meanstructure)[0]
        return out

    @cached_property
    def logl(self) -> Array:
        o, st = self.objective, self.family.structure
        if not isinstance(o, Likelihood):
            return np.full(len(self.batch.value), np.nan)
        total = o.n.sum(axis=-1)
        answers = total * st.p if o.observed is None else total * (o.share @ o.observed.sum(axis=1))
        logl = -total * (o.constant + self.batch.value) - 0.5 * answers * np.log(2 * np.pi)
        x = st.exogenous
        if len(x):  # the likelihood of the covariates themselves does not count
            cov = _available(o.share, o)[1] if isinstance(o, IncompleteDraws) else o.cov
            logdet = np.linalg.slogdet(cov[..., x[:, None], x])[1]
            logl = logl + 0.5 * (o.n * (logdet + len(x) * (1 + np.log(2 * np.pi)))).sum(axis=-1)
        return np.asarray(logl)


def _independence(o: Likelihood) -> Array:
    """F/2 (D,) of complete draws where nothing correlates but the covariates, ½ Σ share (log|Σ| + p).

    Σ has the variances of the sample, and all covariances of the covariates.
    """
    st = o.structure
    x = np.array(st.covariates, dtype=np.int64)
    others = np.setdiff1d(np.arange(st.p), x)
    with np.errstate(divide="ignore", invalid="ignore"):  # draws without variance have no value
        logdet = np.log(o.cov[..., others, others]).sum(axis=-1)
    if len(x):
        logdet = logdet + np.linalg.slogdet(o.cov[..., x[:, None], x])[1]
    return np.asarray(0.5 * (o.share * (logdet + st.p)).sum(axis=-1))


def free_parameters(family: Family, batch: Batch) -> int:
    """Free parameters, less equalities among them."""
    restrictions = Restrictions(family.table)
    held = 0
    if restrictions.affine is not None:
        held = len(restrictions.affine[0]) - restrictions.affine[1].shape[1]
    good = np.flatnonzero(np.isfinite(batch.value))
    if restrictions.nonlinear and len(good):
        J = restrictions.equalities(batch.theta[good[0]])[1]
        lift = np.eye(J.shape[1]) if restrictions.affine is None else restrictions.affine[1]
        held += int(np.linalg.matrix_rank(J @ lift))
    return family.table.n_free - held


def ordinal_srmr(o: WeightedLeastSquares, point: WeightedPoint) -> Array:
    """SRMR over the covariances of latent responses, in the units of `OrdinalFamily.measures`."""
    at, i, j = o.layout.covariances
    d = (o.statistics - point.model)[..., at]
    sd = np.ones((*d.shape[:-1], o.structure.p))
    own = i == j
    sd[..., i[own]] = np.sqrt(o.statistics[..., at[own]])
    inner = o.structure.p - len(o.structure.exogenous)
    pairs = inner * (inner + 1) // 2 + len(o.structure.exogenous)
    roots = np.sqrt(((d / (sd[..., i] * sd[..., j])) ** 2).sum(axis=-1) / pairs)
    return np.asarray((o.n * roots).sum(axis=-1) / o.n.sum(axis=-1))

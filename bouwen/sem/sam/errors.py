"""Both steps -> sampling covariances of the second, which carry the uncertainty of the first.

With H the whole model's information at the two-step estimates, 1 the measurement and 2 the structure,

    two-step   V₂ = H₂₂⁻¹ / N + H₂₂⁻¹ H₂₁ V₁ H₁₂ H₂₂⁻¹,
    robust     V₂ = Σ uᵢ uᵢᵀ,  uᵢ = H₂₂⁻¹ (s₂ᵢ / N − H₂₁ u₁ᵢ),

with V₁ and u₁ᵢ of the blocks and s₂ᵢ the scores of respondent i (Yuan & Chan, 2002). lavaan's
``se = "twostep.robust"`` takes scores from influences on the saturated moments. So it is done here with more
than two respondents a moment (with fewer, intervals are too wide: with 91 and 65 moments they hold .974),
and with the scores themselves elsewhere and by cluster. Scores of few respondents are too small, as each
draws the estimates to itself; so they count n / (n − k) times, with k parameters in their equation: HC3 at
the average leverage (MacKinnon & White, 1985; Long & Ervin, 2000). By cluster uᵢ is summed over its
respondents, in both steps at once; of complete rows that is lavaan's figure too, of incomplete ones its own
(0.7-2) is another, which is not the spread of such estimates.

References
----------
Yuan & Chan (2002), Structural equation modeling with near singular covariance matrices, Computational
Statistics & Data Analysis 41; MacKinnon & White (1985), Some heteroskedasticity-consistent covariance matrix
estimators, Journal of Econometrics 29; Long & Ervin (2000), Using heteroscedasticity consistent standard
errors in the linear regression model, The American Statistician 54.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bouwen.checks import Array, Ints
from bouwen.sem.family.normal import NormalTheory
from bouwen.sem.fit import Fit
from bouwen.sem.model.derivatives import jacobian
from bouwen.sem.normal.chisquare import SaturatedGroup, saturated_groups
from bouwen.sem.normal.discrepancy import LikelihoodPoint
from bouwen.sem.normal.inference import (
    bread,
    casewise_scores,
    independent_scores,
    moment_curvature,
    one_group,
)
from bouwen.sem.normal.moments import Sample
from bouwen.sem.sam.division import Division

A_MOMENT = 2  # respondents, above which influences on saturated moments give errors
TWO_STEP, SATURATED, CASEWISE = "two-step", "robust, by saturated moments", "robust, by scores"


def errors_of(sample: Sample, *, robust: bool) -> str:
    """Which errors a sample bears."""
    if not robust:
        return TWO_STEP
    p = len(sample.names)
    bears = not sample.cluster and min(sample.counts) > A_MOMENT * p * (p + 3) // 2
    return SATURATED if bears else CASEWISE


@dataclass(frozen=True, eq=False)
class FirstStep:
    """The measurement blocks of a sample, and what they say of the whole model's parameters.

    Attributes
    ----------
    blocks : sequence of Fit
    sample : Sample
        Of the whole model.
    """

    blocks: Sequence[Fit]
    sample: Sample
    division: Division

    @cached_property
    def places(self) -> list[tuple[Ints, Ints]]:
        """For each block the measurement's parameters: their numbers in the whole model and in the block."""
        where: dict[object, int] = {}
        for row in self.division.table.rows:
            if row.free >= 0:
                where[row.key, row.group] = row.free
                if row.op == "~~":
                    where[(row.rhs, row.op, row.lhs), row.group] = row.free
        out = []
        for block in self.blocks:
            pairs = {
                where[row.key, row.group]: row.free
                for row in block.partable.rows
                if row.free >= 0 and self.division.measures(row)
            }
            out.append(
                (np.array(list(pairs), dtype=np.int64), np.array(list(pairs.values()), dtype=np.int64))
            )
        return out

    @cached_property
    def respondents(self) -> list[Ints]:
        """For each block the places of its respondents among those of the whole model."""
        everybody = np.concatenate(self.sample.index)
        place = np.argsort(everybody)  # blocks hold them in the order of the data
        return [place[np.concatenate(block.sample.index)] for block in self.blocks]

    @cached_property
    def _breads(self) -> list[Array]:
        return [bread(self._curvature(block), block.solution.basis) for block in self.blocks]

    def _curvature(self, block: Fit) -> Array:
        return block.point.information if self.sample.patterns is None else block.point.hessian

    def covariance(self, q: int) -> Array:
        """V₁ (q, q) at the numbers of the whole model, blocks apart, by their own information."""
        out = np.zeros((q, q))
        for block, (joint, own), inverse in zip(self.blocks, self.places, self._breads, strict=True):
            out[np.ix_(joint, joint)] = inverse[np.ix_(own, own)] / block.n
        return out

    @cached_property
    def scored(self) -> list[Array]:
        """u₁ᵢ of each block (N, its parameters), from its own scores."""
        out = []
        for block, who, inverse in zip(self.blocks, self.respondents, self._breads, strict=True):
            found = np.zeros((sum(self.sample.counts), len(inverse)))
            point = block.point
            assert isinstance(point, LikelihoodPoint)
            found[who] = casewise_scores(point, block.sample) @ inverse / block.n
            out.append(found)
        return out

    @cached_property
    def saturated(self) -> list[SaturatedGroup]:
        """The saturated model of each group."""
        return saturated_groups(self.sample)

    def weighted(self, b: int, g: int) -> tuple[Ints, Array]:
        """Moments of the whole that a block has, and how its estimates in a group follow them."""
        block = self.blocks[b]
        point, p = block.point, len(block.sample.names)
        assert isinstance(point, LikelihoodPoint)
        i, j = np.tril_indices(p)
        dcov, dmean = jacobian(point.objective.slots, point.implied, i, j)
        D = np.concatenate([dmean[g], dcov[g]])
        if self.sample.patterns is None:
            W = moment_curvature(np.linalg.inv(point.implied.cov[g]))
        else:
            own = saturated_groups(one_group(block.sample, g))[0]
            W = own.at(point.implied.mean[g], point.implied.cov[g])
        items = np.array([self.sample.names.index(name) for name in block.sample.names])
        return moments_among(items, len(self.sample.names)), W @ D @ self._breads[b]


def moments_among(items: Ints, p: int) -> Ints:
    """Places of some items' means, then covariances, among those of all."""
    number = np.zeros((p, p), dtype=np.int64)
    i, j = np.tril_indices(p)
    number[i, j] = number[j, i] = p + np.arange(len(i))
    a, b = np.tril_indices(len(items))
    return np.concatenate([items, number[items[a], items[b]]])


@dataclass(frozen=True, eq=False)
class SecondStep:
    """The structure's parameters within the whole model, at the estimates of both steps.

    Attributes
    ----------
    family : NormalTheory
        The whole model.
    theta : array (q,)
    structural : array
        Numbers of the second step's parameters.
    basis : array, optional
        Directions that linear constraints leave these.
    """

    first: FirstStep
    family: NormalTheory
    theta: Array
    structural: Ints
    basis: Array | None

    @cached_property
    def measured(self) -> Ints:
        """Numbers of the first step's parameters."""
        return np.setdiff1d(np.arange(len(self.theta)), self.structural)

    @cached_property
    def point(self) -> LikelihoodPoint:
        """The whole model's likelihood there."""
        found = self.family.objective.at(self.theta)
        assert isinstance(found, LikelihoodPoint)
        return found

    @cached_property
    def information(self) -> Array:
        """H: observed where answers are missing, else expected."""
        return self.point.information if self.family.sample.patterns is None else self.point.hessian

    @cached_property
    def inverse(self) -> Array:
        """H₂₂⁻¹."""
        return bread(self.information[np.ix_(self.structural, self.structural)], self.basis)

    @cached_property
    def carried(self) -> Array:
        """H₂₁ (q₂, q)."""
        found = self.information[self.structural].copy()
        found[:, self.structural] = 0.0
        return found

    def covariance(self, errors: str) -> Array:
        """The sampling covariance (q₂, q₂) of the structure's parameters."""
        if not len(self.structural):
            return np.zeros((0, 0))
        if errors == TWO_STEP:
            passed = self.inverse @ self.carried
            first = self.first.covariance(len(self.theta))
            return np.asarray(self.inverse / self.family.sample.N + passed @ first @ passed.T)
        if errors == CASEWISE:
            sample = self.family.sample
            rows = independent_scores(self.influences, sample) * (1.0 if sample.cluster else self.left_out)
            return np.asarray(rows.T @ rows)
        parts = [self._of_saturated(g) for g in range(len(self.family.sample.groups))]
        return np.asarray(sum(parts))

    @cached_property
    def influences(self) -> Array:
        """The u of each respondent (N, q₂), from the scores."""
        sample = self.family.sample
        out = casewise_scores(self.point, sample)[:, self.structural] / sample.N
        for scored, (joint, own) in zip(self.first.scored, self.first.places, strict=True):
            out -= scored[:, own] @ self.carried[:, joint].T
        return np.asarray(out @ self.inverse)

    @cached_property
    def left_out(self) -> Array:
        """N / (n − k) of each parameter (q₂,): k slopes, intercept and variance of its equation."""
        rows, counts = self.family.table.rows, self.family.sample.counts
        slopes = Counter((row.lhs, row.group) for row in rows if row.op == "~")
        found = np.ones(len(self.theta))
        for row in rows:
            if row.free >= 0:
                n, k = counts[row.group], 2 + slopes[row.lhs, row.group]
                found[row.free] = max(found[row.free], n / (n - k))
        return np.asarray(found[self.structural])

    def _of_saturated(self, g: int) -> Array:
        """What the moments of a group contribute."""
        sample, point = self.family.sample, self.point
        i, j = np.tril_indices(len(sample.names))
        dcov, dmean = jacobian(point.objective.slots, point.implied, i, j)
        D = np.concatenate([dmean[g], dcov[g]])[:, self.structural]
        group = self.first.saturated[g]
        if sample.patterns is None:
            W = moment_curvature(np.linalg.inv(point.implied.cov[g]))
        else:
            W = group.at(point.implied.mean[g], point.implied.cov[g], observed=True)
        L = W @ D / sample.N
        for b, (joint, own) in enumerate(self.first.places):
            places, found = self.first.weighted(b, g)
            block = self.first.blocks[b].sample
            share = block.n[g] / block.N / sample.n[g]
            L[places] -= share * found[:, own] @ self.carried[:, joint].T
        L = L @ self.inverse
        if sample.patterns is None:
            weights = sample.weights[g] if sample.weights else np.ones(len(sample.rows[g]))
            return np.asarray(L.T @ unbiased(sample.rows[g], weights) @ L * sample.n[g])
        rows = group.influences @ L
        return np.asarray(rows.T @ rows)


def unbiased(rows: Array, weights: Array) -> Array:
    """Sampling covariances, times the sum of the weights, of the means and covariances of complete rows.

    Those of covariances are unbiased (Browne, 1984, Asymptotically distribution-free methods, eq. 3.8); of
    weighted rows with their effective number n = (Σw)² / Σw² (Kish, 1965, Survey Sampling, section 11.7).
    """
    p = rows.shape[1]
    i, j = np.tril_indices(p)
    share = weights / weights.sum()
    n = 1 / float(share @ share)
    x = rows - share @ rows
    S = (share * x.T) @ x
    z = np.hstack([x, x[:, i] * x[:, j] - S[i, j]])
    out = np.asarray(n * (share**2 * z.T) @ z)
    normal = S[i][:, i] * S[j][:, j] + S[i][:, j] * S[j][:, i]
    shift = n / ((n - 2) * (n - 3)) * (normal - 2 / (n - 1) * np.outer(S[i, j], S[i, j]))
    out[p:, p:] = n * (n - 1) / ((n - 2) * (n - 3)) * out[p:, p:] - shift
    return out * float(weights.sum()) / n

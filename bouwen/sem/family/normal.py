"""Continuous items: everything about a solution that depends on the estimator.

One object stands for the discrepancy, its standard errors and its tests; `bouwen.sem.family.ordinal`
offers the same for ordered items.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from bouwen.checks import Array
from bouwen.sem.family import measures
from bouwen.sem.model.implied import INTERCEPT, SYMMETRIC, Implied, Structure
from bouwen.sem.model.options import Estimator
from bouwen.sem.model.start import start_values
from bouwen.sem.model.table import ParTable
from bouwen.sem.normal import chisquare
from bouwen.sem.normal.candidates import Beside, of_likelihood, of_matrix
from bouwen.sem.normal.chisquare import (
    Corrected,
    Explained,
    SaturatedGroup,
    baseline_point,
    n_statistics,
    saturated_groups,
    theta_of,
)
from bouwen.sem.normal.discrepancy import LikelihoodPoint, Objective, Point, likelihood
from bouwen.sem.normal.inference import (
    Test,
    bread,
    casewise_scores,
    outer_product,
    saturated_trace,
)
from bouwen.sem.normal.moments import Sample
from bouwen.sem.normal.quadratic import LeastSquares, least_squares
from bouwen.sem.solution import Solution, estimate


class Evaluated(Protocol):
    """What fit measures need of a fit."""

    @property
    def solution(self) -> Solution:
        """The estimates."""

    @property
    def point(self) -> Point:
        """The discrepancy there."""

    @property
    def df(self) -> int:
        """Degrees of freedom."""

    @property
    def npar(self) -> int:
        """Number of free parameters."""

    @property
    def tests(self) -> list[Test]:
        """The plain and the corrected test."""


class Family(Protocol):
    """What a fit needs of its estimator; points are those of the family's own objective."""

    @property
    def table(self) -> ParTable:
        """The model as a table."""

    @property
    def structure(self) -> Structure:
        """The model as places in matrices."""

    @property
    def sample(self) -> Sample:
        """The data."""

    @property
    def objective(self) -> Objective:
        """The discrepancy."""

    @property
    def n_statistics(self) -> int:
        """Sample moments that the model explains."""

    def solve(self) -> Solution:
        """Estimate the parameters."""

    def of_model(self, table: ParTable, structure: Structure) -> Family:
        """The same for another model of these data."""

    def reported(self, point: Any) -> Implied:
        """Implied moments of all variables."""

    def compared(self, point: Any) -> tuple[Array, Array]:
        """Sample and implied covariances."""

    def curvature(self, point: Any) -> Array:
        """The information that standard errors use."""

    def expected(self, point: Any) -> Array:
        """The expected information."""

    def beside(self, point: Any, q: int) -> Beside:
        """The expected information about the first q parameters and each of the others."""

    def meat(self, point: Any) -> Array | None:
        """The middle of the sandwich."""

    def vcov(self, solution: Solution, curvature: Array, meat: Array | None) -> Array:
        """Sampling covariance of the parameters."""

    def tests(
        self, point: Any, df: int, basis: Array | None, curvature: Array, meat: Array | None
    ) -> list[Test]:
        """The plain and the corrected test."""

    def measures(self, fit: Evaluated) -> dict[str, float]:
        """All fit measures."""


@dataclass(frozen=True)
class NormalTheory:
    """ML, its robust versions, FIML, GLS and ULS for one model and sample."""

    table: ParTable
    structure: Structure
    sample: Sample
    estimator: Estimator

    @cached_property
    def objective(self) -> Objective:
        """The discrepancy."""
        if self.estimator.discrepancy == "ML":
            return likelihood(self.structure, self.sample)
        return least_squares(self.structure, self.sample, weighted=self.estimator.discrepancy == "GLS")

    @property
    def n_statistics(self) -> int:
        """Sample moments that the model explains."""
        return n_statistics(self.structure)

    @property
    def fixed(self) -> Array:
        """Values (G, R) of fixed rows, the covariates' moments included."""
        return self.objective.fixed

    def of_model(self, table: ParTable, structure: Structure) -> NormalTheory:
        """The same for another model of these data."""
        return replace(self, table=table, structure=structure)

    @property
    def is_likelihood(self) -> bool:
        """Whether a log-likelihood exists."""
        return self.estimator.discrepancy == "ML"

    def solve(self) -> Solution:
        """Estimate the parameters."""
        start = start_values(self.table, self.structure, self.sample.mean, self.sample.cov)
        return estimate(self.objective, self.table, start)

    def reported(self, point: Point) -> Implied:
        """Implied moments of all variables."""
        return point.implied

    def compared(self, point: Point) -> tuple[Array, Array]:
        """Sample and implied covariances (G, p, p)."""
        o = self.objective
        return o.cov if isinstance(o, LeastSquares) else self.sample.cov, point.implied.cov

    # ------------------------------------------------------------------ errors

    def curvature(self, point: Point) -> Array:
        """The information that standard errors use: observed for incomplete data and MLR, else expected."""
        observed = self.sample.patterns is not None or self.estimator.errors == "robust.huber.white"
        if observed and isinstance(point, LikelihoodPoint):
            return point.hessian
        return self.expected(point)

    def expected(self, point: Point) -> Array:
        """The expected information, given who answered what."""
        if isinstance(point, LikelihoodPoint):
            return point.information
        if isinstance(self.objective, LeastSquares):  # groups count by n_g here, by n_g − 1 in the distance
            by_size = replace(self.objective, share=self.sample.n / self.sample.N)
            return by_size.at(theta_of(point.implied, self.structure)).information
        return point.information

    def beside(self, point: Point, q: int) -> Beside:
        """The expected information about the first q parameters and each of the others."""
        if isinstance(point, LikelihoodPoint):
            return of_likelihood(point, q)
        return of_matrix(self.expected(point), q)

    def meat(self, point: Point) -> Array | None:
        """The middle of the sandwich; None for standard errors that need no correction."""
        if self.estimator.errors == "standard" or not isinstance(point, LikelihoodPoint):
            return None
        about_sample = self.estimator.errors == "robust.sem"
        scores = casewise_scores(point, self.sample, about_sample=about_sample)
        return outer_product(scores, self.sample)

    def vcov(self, solution: Solution, curvature: Array, meat: Array | None) -> Array:
        """Sampling covariance (q, q) of the parameters."""
        N = self.sample.N - (0 if self.is_likelihood else len(self.sample.groups))
        A = bread(curvature, solution.basis) / N
        return A if meat is None else np.asarray(A @ meat @ A * self.sample.N)

    # ------------------------------------------------------------------ tests

    @cached_property
    def _saturated(self) -> list[SaturatedGroup]:
        """The saturated model of each group of an incomplete sample."""
        return saturated_groups(self.sample)

    @cached_property
    def _saturated_trace(self) -> float:
        st = self.structure
        means = st.meanstructure
        if self.sample.patterns is not None:
            everything = sum(group.trace for group in self._saturated)
        else:
            everything = saturated_trace(self.sample, means=means)
        return everything - saturated_trace(self.sample, st.exogenous, means=means)

    def tests(
        self, point: Point, df: int, basis: Array | None, curvature: Array, meat: Array | None
    ) -> list[Test]:
        """The plain test and, where the estimator has one, the corrected test."""
        chisq = 2 * self.sample.N * float(point.value)
        plain = Test("standard", chisq, df, trace=df)
        if self.estimator.test == "standard" or not isinstance(point, LikelihoodPoint):
            return [plain]
        if self.estimator.test == "satorra.bentler":
            trace = chisquare.satorra_bentler_trace(point, self.sample, basis, meat)
            return [plain, chisquare.scaled_test("satorra.bentler", chisq, df, trace)]
        model = float(np.sum(bread(curvature, basis) * meat)) if self.structure.q else 0.0
        return [plain, chisquare.yuan_bentler(chisq, df, self._saturated_trace, model)]

    @cached_property
    def baseline(self) -> tuple[Point, list[Test]]:
        """The independence model and its tests."""
        base = chisquare.baseline_structure(self.structure)
        df = n_statistics(self.structure) - base.q
        if not self.is_likelihood:
            point = self._least_squares_baseline(base)
            return point, self.tests(point, df, None, point.information, None)
        point = baseline_point(self.structure, self.sample)
        meat = self.meat(point)
        curvature = self.curvature(point) if meat is not None else np.zeros((0, 0))  # no test needs it
        return point, self.tests(point, df, None, curvature, meat)

    def _least_squares_baseline(self, base: Structure) -> Point:
        objective = least_squares(base, self.sample, weighted=self.estimator.discrepancy == "GLS")
        theta = np.zeros(base.q)
        used = base.free >= 0
        variance = base.kind == SYMMETRIC
        for g in range(base.n_groups):
            rows = np.flatnonzero(used[g])
            moments = np.where(
                variance[rows],
                self.sample.cov[g][base.i[rows], base.j[rows]],
                self.sample.mean[g][base.i[rows]],
            )
            theta[base.free[g, rows]] = moments
        for _ in range(3):  # quadratic in the variances: one Gauss–Newton step is exact
            point = objective.at(theta)
            theta = theta - np.linalg.solve(point.information, point.gradient)
        return objective.at(theta)

    def scaling_factors(self, trace: float) -> dict[str, float]:
        """Correction factors of the log-likelihoods of the saturated and the fitted model (MLR only).

        The fitted model's divides by the free rows of the table, equal ones counted apart (lavaan).
        """
        n_free = sum(row.free >= 0 for row in self.table.rows)
        if self.estimator.test != "yuan.bentler.mplus":
            return {}
        saturated = self._saturated_trace
        return {
            "scaling_factor_h1": saturated / n_statistics(self.structure),
            "scaling_factor_h0": (saturated - trace) / n_free if n_free else float("nan"),
        }

    def corrected(self, solution: Solution, df: int, tests: list[Test]) -> tuple[Corrected, Corrected] | None:
        """What robust CFI, TLI and RMSEA start from, for the model and the baseline; None without any."""
        point, (base, base_tests) = solution.point, self.baseline
        incomplete = self.sample.patterns is not None
        if incomplete and isinstance(point, LikelihoodPoint) and isinstance(base, LikelihoodPoint):
            robust = self.estimator.errors != "standard"
            explained = [Explained.of(group, self.structure, robust=robust) for group in self._saturated]
            return (
                chisquare.complete_data_fit(point, self.sample, df, solution.basis, explained),
                chisquare.complete_data_fit(base, self.sample, base_tests[0].df, None, explained),
            )
        if len(tests) == 1:
            return None
        return (
            Corrected(tests[0].chisq, df, tests[1].trace),
            Corrected(base_tests[0].chisq, base_tests[0].df, base_tests[1].trace),
        )

    # ------------------------------------------------------------------ likelihood

    def logl(self, point: Point) -> tuple[float, float]:
        """Log-likelihood of the model and of the saturated model, given the fixed covariates."""
        s, st = self.sample, self.structure
        if not isinstance(point, LikelihoodPoint):
            return float("nan"), float("nan")
        answers = s.N * st.p
        if s.patterns is not None:
            answers = float(s.patterns.n @ s.patterns.observed.sum(axis=1))
        saturated = -s.N * point.objective.constant - 0.5 * answers * np.log(2 * np.pi)
        x = st.exogenous
        if len(x):  # complete: the likelihood of the covariates themselves does not count
            logdet = np.linalg.slogdet(s.cov[:, x[:, None], x])[1]
            saturated += 0.5 * float(s.n @ (logdet + len(x) * (1 + np.log(2 * np.pi))))
        return float(saturated - s.N * float(point.value)), float(saturated)

    # ------------------------------------------------------------------ measures

    def _gfi(self, point: Point, moments: tuple[Array, Array, Array, Array]) -> float:
        """Goodness of fit, with the moments of fixed covariates left out of what is to be explained."""
        st, o, n = self.structure, self.objective, self.sample.n
        mean, cov, implied_mean, implied_cov = (np.array(x) for x in moments)
        if self.sample.patterns is not None and not self.sample.weights:
            available = [_available_moments(rows) for rows in self.sample.rows]
            mean, cov = (np.array(x) for x in zip(*available, strict=True))
        x = st.exogenous
        if len(x):
            for m, S in ((mean, cov), (implied_mean, implied_cov)):
                m[:, x] = 0.0
                S[:, x[:, None], x] = 0.0
        if self.sample.patterns is not None and isinstance(point, LikelihoodPoint):
            ratio = point.along(mean - implied_mean, cov - implied_cov) / point.along(mean, cov)
            return float(1 - n @ ratio / n.sum())
        weight = o.V if isinstance(o, LeastSquares) else np.linalg.inv(moments[3])
        diagonal = o.diagonal if isinstance(o, LeastSquares) else 0.0
        means = st.meanstructure
        return measures.gfi(mean, cov, implied_mean, implied_cov, weight, n, means=means, diagonal=diagonal)

    def _small_sample(self, tests: list[Test], npar: int) -> dict[str, float]:
        """Chi-square as it is referred to in samples of some 50 to 500; nothing for groups and least squares.

        The scaled chi-square with an unbiased scaling factor, times the factor of Yuan, Tian & Yanagihara
        (2015). Of incomplete answers n is how many gave any three of them, and the units behind a scaling
        factor are the clusters where there are some; simulations decided both.
        """
        s, st = self.sample, self.structure
        if not self.is_likelihood or len(s.groups) > 1:
            return {}
        n = s.N
        if s.patterns is not None:
            n = measures.answered_together(s.patterns.n, s.patterns.observed.sum(axis=1), st.p)
        means = {f for k, f in zip(st.kind, st.free[0], strict=True) if k == INTERCEPT and f >= 0}
        factor, scaling = measures.small_sample_factor(n, st.p, npar - len(means)), 1.0
        if len(tests) > 1:
            units = float(len(np.unique(s.cluster[0]))) if s.cluster else n
            scaling = measures.unbiased_scaling(tests[1].scaling, units)
        chisq = tests[0].chisq * factor / scaling if scaling > 0 else measures.NAN
        return {"chisq_small": chisq, "pvalue_small": measures.chisq_pvalue(chisq, tests[0].df)}

    def measures(self, fit: Evaluated) -> dict[str, float]:
        """All fit measures."""
        point, df, npar, G = fit.point, fit.df, fit.npar, len(self.sample.groups)
        N = self.sample.N if self.is_likelihood else self.sample.N - G
        tests, (_, base) = fit.tests, self.baseline
        out = measures.chi_square_measures(tests, base, npar, N, G)
        corrected = self.corrected(fit.solution, df, tests)
        if corrected is not None:
            out |= measures.robust_measures(*corrected, N, G)
        if self.is_likelihood:
            logl, unrestricted = self.logl(point)
            out |= {"logl": logl, "unrestricted_logl": unrestricted}
            out |= measures.information_criteria(logl, npar, N)
            if len(tests) > 1:
                out |= self.scaling_factors(tests[1].trace)
        out |= {"ntotal": float(sum(self.sample.counts)), "fmin": float(point.value)}
        st, implied, o = self.structure, point.implied, self.objective
        sample_cov = o.cov if isinstance(o, LeastSquares) else self.sample.cov
        moments = (self.sample.mean, sample_cov, implied.mean, implied.cov)
        srmr, rmr = map(float, measures.srmr(*moments, self.sample.n, means=st.meanstructure))
        gfi = self._gfi(point, moments)
        n_moments = G * (st.p * (st.p + 1) // 2 + (st.p if st.meanstructure else 0))
        out |= {"rmr": rmr, "srmr": srmr, "gfi": gfi, "agfi": measures.agfi(gfi, df, n_moments)}
        out |= {"mfi": measures.mfi(out["chisq"], df, N), "ecvi": measures.ecvi(out["chisq"], npar, N)}
        out |= self._small_sample(tests, npar)
        if self.is_likelihood and self.sample.patterns is None and G == 1:
            out["swain_factor"] = measures.swain(df, st.p, N)
            out["chisq_swain"] = out["chisq"] * out["swain_factor"]
            out["pvalue_swain"] = measures.chisq_pvalue(out["chisq_swain"], df)
        return out


def _available_moments(rows: Array) -> tuple[Array, Array]:
    """Means of all answers to an item, and covariances over all respondents who answered both.

    Only the goodness-of-fit index of incomplete data without weights uses these; lavaan has it so.
    """
    answered = ~np.isnan(rows)
    x = np.where(answered, rows, 0.0)
    both = answered.T.astype(float) @ answered
    sums = x.T @ answered  # of item i over those who answered j
    products = x.T @ x - sums * sums.T / both
    factor = (len(rows) - 1) / len(rows)
    return x.sum(axis=0) / answered.sum(axis=0), products / (both - 1) * factor

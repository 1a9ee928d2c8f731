"""Ordered items: everything about a solution that depends on the estimator.

The counterpart of `bouwen.sem.family.normal` for DWLS and its corrected tests.

References
----------
Muthén, du Toit & Spisic (1997); Asparouhov & Muthén (2010), Simple second order chi-square
correction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from bouwen.checks import Array
from bouwen.sem.family import measures
from bouwen.sem.family.normal import Evaluated
from bouwen.sem.model.derivatives import slots
from bouwen.sem.model.implied import Implied, Structure, with_exogenous
from bouwen.sem.model.options import Estimator
from bouwen.sem.model.start import start_values
from bouwen.sem.model.table import ParTable
from bouwen.sem.normal.candidates import Beside, of_jacobian
from bouwen.sem.normal.chisquare import Corrected, Weights, expectation
from bouwen.sem.normal.inference import Test, bread
from bouwen.sem.normal.moments import Sample
from bouwen.sem.ordinal.collapsing import refuse_empty
from bouwen.sem.ordinal.discrepancy import WeightedLeastSquares, WeightedPoint, read_layout
from bouwen.sem.ordinal.moments import OrdinalMoments, ordinal_moments
from bouwen.sem.solution import Solution, estimate


@dataclass(frozen=True)
class OrdinalFamily:
    """DWLS and its corrections for one model and sample."""

    table: ParTable
    structure: Structure
    sample: Sample
    estimator: Estimator
    moments: tuple[OrdinalMoments, ...]

    @cached_property
    def objective(self) -> WeightedLeastSquares:
        """The discrepancy."""
        return WeightedLeastSquares(
            structure=self.structure,
            slots=slots(self.structure),
            fixed=self.structure.fixed,
            n=self.sample.n,
            share=(self.sample.n - 1) / self.sample.N,
            layout=read_layout(self.moments[0].labels, self.structure.observed),
            statistics=np.array([m.statistics for m in self.moments]),
            weight=np.array([1 / np.diag(m.gamma) for m in self.moments]),
        )

    is_likelihood = False

    def of_model(self, table: ParTable, structure: Structure) -> OrdinalFamily:
        """The same for another model of these data."""
        return replace(self, table=table, structure=structure)

    @property
    def fixed(self) -> Array:
        """Values (G, R) of fixed rows, the covariates' moments included."""
        return with_exogenous(self.structure, self.sample.mean, self.sample.cov)

    @property
    def n_statistics(self) -> int:
        """First-stage statistics that the model explains."""
        return sum(len(m.statistics) for m in self.moments)

    def solve(self) -> Solution:
        """Estimate the parameters."""
        start = start_values(self.table, self.structure, self.sample.mean, self.sample.cov)
        given = {row.free for row in self.table.rows if row.free >= 0 and row.start is not None}
        st, o = self.structure, self.objective
        at = o.layout.thresholds[0]
        for free in np.unique(st.free[:, o.threshold_row]):
            if free >= 0 and int(free) not in given:
                g, k = np.nonzero(st.free[:, o.threshold_row] == free)
                start[free] = o.statistics[g, at[k]].mean()
        return estimate(self.objective, self.table, start, hessian=False)

    def reported(self, point: WeightedPoint) -> Implied:
        """Implied moments of all variables, covariates at their sample moments."""
        st = self.structure
        if not len(st.exogenous):
            return point.implied
        x, E = st.exogenous, point.implied.E
        Sx = self.sample.cov[..., x[:, None], x]
        Ex = E[..., :, x]
        C = point.implied.C + Ex @ Sx @ np.swapaxes(Ex, -1, -2)
        eta = point.implied.eta + (Ex @ self.sample.mean[..., x, None])[..., 0]
        values = point.implied.values.copy()
        values[..., st.exogenous_rows] = self.fixed[..., st.exogenous_rows]
        p = st.p
        return replace(point.implied, cov=C[..., :p, :p], mean=eta[..., :p], C=C, eta=eta, values=values)

    def compared(self, point: WeightedPoint) -> tuple[Array, Array]:
        """First-stage and implied covariances of the latent responses (G, p, p), given the covariates."""
        at, i, j = self.objective.layout.covariances
        both = []
        for source in (self.objective.statistics, point.model):
            cov = np.broadcast_to(np.eye(self.structure.p), point.implied.cov.shape).copy()
            cov[:, i, j] = cov[:, j, i] = source[:, at]
            both.append(cov)
        return both[0], both[1]

    # ------------------------------------------------------------------ errors

    @cached_property
    def gammas(self) -> list[Array]:
        """Asymptotic covariance of each group's statistics."""
        return [m.gamma for m in self.moments]

    @property
    def share(self) -> Array:
        """n_g / N, for standard errors; the distance has (n_g − 1) / N, as in lavaan."""
        return self.sample.n / self.sample.N

    def curvature(self, point: WeightedPoint) -> Array:
        """Δᵀ W Δ."""
        o, D = self.objective, point.jacobian
        weighted = D * (o.weight * self.share[:, None])[..., None]
        return np.asarray((np.swapaxes(D, -1, -2) @ weighted).sum(axis=-3))

    def expected(self, point: WeightedPoint) -> Array:
        """The same: nothing of the distance is observed only."""
        return self.curvature(point)

    def beside(self, point: WeightedPoint, q: int) -> Beside:
        """The information about the first q parameters and each of the others."""
        return of_jacobian(point.jacobian, self.objective.weight * self.share[:, None], q)

    def meat(self, point: WeightedPoint) -> Array:
        """Δᵀ W Γ W Δ."""
        o, total = self.objective, np.zeros((self.structure.q, self.structure.q))
        for g, gamma in enumerate(self.gammas):
            WD = o.weight[g][:, None] * point.jacobian[g]
            total += self.share[g] * WD.T @ gamma @ WD
        return total

    def vcov(self, solution: Solution, curvature: Array, meat: Array | None) -> Array:
        """Sampling covariance (q, q) of the parameters."""
        A = bread(curvature, solution.basis)
        spare = self.sample.N - len(self.moments)
        if self.estimator.errors == "standard" or meat is None:
            return A / spare
        return np.asarray(A @ meat @ A / spare)

    # ------------------------------------------------------------------ tests

    def tests(
        self, point: WeightedPoint, df: int, basis: Array | None, curvature: Array, meat: Array | None
    ) -> list[Test]:
        """The plain test and, where the estimator has one, the corrected test."""
        chisq = 2 * self.sample.N * float(point.value)
        plain = Test("standard", chisq, df, trace=df)
        if self.estimator.test == "standard":
            return [plain]
        traces = self._traces(point, basis, curvature, meat) if df else (0.0, 0.0)
        return [plain, corrected_test(self.estimator.test, chisq, df, *traces)]

    def _traces(
        self, point: WeightedPoint, basis: Array | None, curvature: Array, meat: Array | None
    ) -> tuple[float, float]:
        """tr(UΓ) and tr(UΓUΓ), with U = W − WΔ(ΔᵀWΔ)⁻¹ΔᵀW over all groups."""
        o = self.objective
        middle = self.meat(point) if meat is None else meat
        E = bread(curvature, basis) if self.structure.q else curvature
        first = second = 0.0
        twice = np.zeros_like(middle)
        for g, gamma in enumerate(self.gammas):
            w = o.weight[g]
            first += float(w @ np.diag(gamma))
            second += float(np.sum((w[:, None] * gamma) * (gamma * w)))
            WD = w[:, None] * point.jacobian[g]
            twice += self.share[g] * WD.T @ gamma @ (w[:, None] * (gamma @ WD))
        EM = E @ middle
        return first - float(np.trace(EM)), second - 2 * float(np.sum(E * twice)) + float(np.sum(EM * EM.T))

    @cached_property
    def baseline(self) -> tuple[Array, list[Test]]:
        """The model without covariances: its statistics and tests, in closed form."""
        o, lay = self.objective, self.objective.layout
        zero = lay.independent(self.structure.covariates)
        d = np.where(np.isin(np.arange(lay.size), zero), o.statistics, 0.0)
        chisq = self.sample.N * float(o.share @ (o.weight * d * d).sum(axis=-1))
        df = len(zero) * len(self.moments)
        plain = Test("standard", chisq, df, trace=df)
        if self.estimator.test == "standard":
            return o.statistics - d, [plain]
        second = 0.0
        for g, gamma in enumerate(self.gammas):
            part, w = gamma[np.ix_(zero, zero)], o.weight[g][zero]
            second += float(np.sum((w[:, None] * part) * (part * w)))
        return o.statistics - d, [plain, corrected_test(self.estimator.test, chisq, df, float(df), second)]

    def corrected(self, solution: Solution, df: int, tests: list[Test]) -> tuple[Corrected, Corrected] | None:
        """Robust measures for ordered items: normal-theory misfit of the polychoric correlations.

        The DWLS estimates enter the ML discrepancy between polychoric and implied correlations, whose
        expectation under the model is that of `bouwen.sem.normal.chisquare.expectation`. None where some
        item is continuous, where there are covariates, or where a matrix is not positive definite.

        References
        ----------
        Savalei (2021), Improving fit indices in structural equation modeling with categorical data.
        Multivariate Behavioral Research 56.
        """
        st, lay, o = self.structure, self.objective.layout, self.objective
        if len(st.exogenous) or len(st.ordered) < st.p or len(tests) == 1:
            return None
        point = solution.point
        at, i, j = lay.covariances
        eye = np.eye(st.p)
        R, model = (np.broadcast_to(eye, (len(self.moments), st.p, st.p)).copy() for _ in range(2))
        for matrix, source in ((R, o.statistics), (model, point.model)):  # type: ignore[attr-defined]
            matrix[:, i, j] = matrix[:, j, i] = source[:, at]
        if np.linalg.eigvalsh(R)[..., 0].min() <= 0 or np.linalg.eigvalsh(model)[..., 0].min() <= 0:
            return None
        out = []
        for target, D, freedom, basis in (
            (model, point.jacobian, df, solution.basis),  # type: ignore[attr-defined]
            (np.broadcast_to(eye, R.shape), None, self.baseline[1][0].df, None),
        ):
            W = np.linalg.inv(target)
            F = (W * R).sum(axis=(-2, -1)) - st.p + np.linalg.slogdet(target)[1] - np.linalg.slogdet(R)[1]
            complete = []
            for V in W:
                full = np.zeros((lay.size, lay.size))
                # ½ tr(V ∂Σ V ∂Σ) for two correlations
                full[at[:, None], at] = (
                    V[i[:, None], i] * V[j[:, None], j] + V[i[:, None], j] * V[j[:, None], i]
                )
                complete.append(full)
            if D is None:  # baseline: only the thresholds are fitted
                # lavaan 0.6-14 divides by each group's share here, which the paper does not; we follow lavaan
                traces = [float(np.sum(C * G)) for C, G in zip(complete, self.gammas, strict=True)]
                trace = float(np.sum(np.array(traces) / self.share))
            else:
                groups = [
                    Weights(np.diag(w), C, G) for w, C, G in zip(o.weight, complete, self.gammas, strict=True)
                ]
                trace = expectation(list(D), groups, self.share, basis)
            out.append(Corrected(float(self.sample.n @ F), freedom, trace))
        return out[0], out[1]

    # ------------------------------------------------------------------ measures

    def measures(self, fit: Evaluated) -> dict[str, float]:
        """All fit measures."""
        point, df, G = fit.point, fit.df, len(self.sample.groups)
        N = self.sample.N - G  # as in standard errors
        assert isinstance(point, WeightedPoint)
        out = measures.chi_square_measures(fit.tests, self.baseline[1], fit.npar, N, G)
        corrected = self.corrected(fit.solution, df, fit.tests)
        if corrected is not None:
            out |= measures.robust_measures(*corrected, N, G)
        o, lay, n = self.objective, self.objective.layout, self.sample.n
        d = o.statistics - point.model
        at, i, j = lay.covariances
        inner = np.setdiff1d(np.arange(self.structure.p), self.structure.exogenous)
        sd = np.ones((len(n), self.structure.p))  # of what the covariates leave
        sd[:, inner] = [np.sqrt(np.diag(m.cov)) for m in self.moments]
        pairs = len(inner) * (len(inner) + 1) // 2 + len(self.structure.exogenous)  # lavaan counts these
        standardised = d[:, at] / (sd[:, i] * sd[:, j])
        srmr = float(n @ np.sqrt((standardised**2).sum(axis=1) / pairs)) / n.sum()
        levels = np.concatenate([lay.thresholds[0], at])
        count = pairs + len(lay.thresholds[0])
        rmr = float(n @ np.sqrt((d[:, levels] ** 2).sum(axis=1) / count)) / n.sum()
        weight = o.weight
        ratio = (weight * d * d).sum(axis=1) / (weight * o.statistics**2).sum(axis=1)
        gfi = 1 - float(n @ ratio) / self.sample.N
        out |= {"ntotal": self.sample.N, "fmin": float(point.value), "rmr": rmr, "srmr": srmr, "gfi": gfi}
        out |= {"agfi": measures.agfi(gfi, df, self.n_statistics), "mfi": measures.mfi(out["chisq"], df, N)}
        return out


def corrected_test(name: str, chisq: float, df: int, first: float, second: float) -> Test:
    """A chi-square corrected by tr(UΓ) (``first``) and tr(UΓUΓ) (``second``).

    satorra.bentler: T df / tr; mean.var.adjusted: T tr / tr₂ on tr²/tr₂ degrees of freedom (Satorra &
    Bentler, 1994); scaled.shifted: a T + df − a tr with a = √(df / tr₂) (Asparouhov & Muthén, 2010).
    Without degrees of freedom, such as the baseline of a single item has, nothing is corrected.
    """
    if df == 0:
        return Test(name, chisq, df)
    if name == "satorra.bentler":
        return Test(name, chisq * df / first, df, first / df, 0.0, first)
    if name == "mean.var.adjusted":
        return Test(name, chisq * first / second, first**2 / second, second / first, 0.0, first)
    a = float(np.sqrt(df / second))
    return Test(name, a * chisq + df - a * first, df, 1 / a, df - a * first, first)


def ordinal_family(
    table: ParTable, structure: Structure, sample: Sample, estimator: Estimator, missing: str
) -> OrdinalFamily:
    """First-stage statistics of every group, ready for estimation.

    Raises
    ------
    OneCategory, EmptyCategory
        From the first stage.
    """
    names = structure.observed
    x = structure.exogenous
    inner = np.setdiff1d(np.arange(len(names)), x)
    ordered = [k in set(structure.ordered.tolist()) for k in inner]
    items = [(int(k), names[k]) for k, cut in zip(inner, ordered, strict=True) if cut]
    refuse_empty(sample.rows, items, sample.groups)
    categories = categories_of(sample, inner, ordered)
    found = []
    mean, cov = np.zeros((len(sample.rows), len(names))), np.zeros((len(sample.rows), len(names), len(names)))
    notes = list(sample.notes)
    for g, rows in enumerate(sample.rows):
        m = ordinal_moments(
            rows[:, inner],
            ordered,
            [names[k] for k in inner],
            categories=categories,
            covariates=rows[:, x] if len(x) else None,
            covariate_names=[names[k] for k in x],
            missing=missing,
            group=sample.groups[g],
        )
        found.append(m)
        notes += [w for w in m.warnings if w not in notes]
        mean[g, inner], cov[g][np.ix_(inner, inner)] = m.mean, m.cov
        if len(x):
            centred = rows[:, x] - rows[:, x].mean(axis=0)
            Sx = centred.T @ centred / (len(rows) - 1)  # lavaan's divisor here
            mean[g, x], cov[g][np.ix_(x, x)] = rows[:, x].mean(axis=0), Sx
            cov[g][np.ix_(inner, x)] = m.slopes @ Sx
            cov[g][np.ix_(x, inner)] = cov[g][np.ix_(inner, x)].T
            cov[g][np.ix_(inner, inner)] += m.slopes @ Sx @ m.slopes.T
    used = np.array([float(m.n) for m in found])
    sample = replace(sample, n=used, mean=mean, cov=cov, notes=tuple(notes))
    return OrdinalFamily(table, structure, sample, estimator, tuple(found))


def categories_of(sample: Sample, inner: Iterable[int], ordered: Sequence[bool]) -> list[Array]:
    """Answer values of each ordered item over all groups."""
    out = []
    for k, cut in zip(inner, ordered, strict=True):
        values = np.concatenate([rows[:, k] for rows in sample.rows]) if cut else np.zeros(0)
        out.append(np.unique(values[~np.isnan(values)]))
    return out

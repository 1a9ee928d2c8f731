"""Both steps -> what can be asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_confidence
from bouwen.results import Result, how_many
from bouwen.sem.fit import Fit
from bouwen.sem.fitted import coefficients, with_level
from bouwen.sem.model.implied import Implied
from bouwen.sem.model.standardised import numeric_jacobian
from bouwen.sem.model.table import Parameter
from bouwen.sem.normal.discrepancy import LikelihoodPoint
from bouwen.sem.normal.inference import Test, moment_curvature
from bouwen.sem.normal.moments import Sample
from bouwen.sem.sam.division import Division
from bouwen.sem.sam.errors import SecondStep


@dataclass(frozen=True, eq=False)
class LatentMoments:
    """Moments of the structure's variables, whatever the structure.

    Attributes
    ----------
    names : tuple of str
    mean, cov : arrays (G, k) and (G, k, k)
    rows : tuple of Parameter
        The free moments, in the order of ``values``.
    step : SecondStep
        Of a structure that restricts nothing.
    sampling : array (m, m), optional
        Sampling covariance of ``values``, where it is another than that of both steps.
    """

    names: tuple[str, ...]
    mean: Array
    cov: Array
    rows: tuple[Parameter, ...]
    step: SecondStep
    sampling: Array | None = None

    @property
    def values(self) -> Array:
        """The free moments (m,)."""
        return self.step.theta[self.step.structural]

    def among(self, mean: Array, cov: Array) -> Array:
        """The free moments (..., m) among means (..., G, k) and covariances (..., G, k, k)."""
        place = {name: k for k, name in enumerate(self.names)}
        return np.stack(
            [
                cov[..., r.group, place[r.lhs], place[r.rhs]]
                if r.op == "~~"
                else mean[..., r.group, place[r.lhs]]
                for r in self.rows
            ],
            axis=-1,
        )


@dataclass(frozen=True, eq=False, repr=False)
class SamFit(Result):
    """A structural model fitted after its measurement models.

    It has no chi-square of its own: fit is that of each of `blocks`, and of the structure what it restricts
    (`structural_test`).

    Attributes
    ----------
    blocks : tuple of Fit
        The measurement models.
    structural : Fit
        The structural model, fitted to the factors' moments (local), or the whole model with the measurement
        held fixed (global). Its errors are those of both steps; its chi-square is that of the second step as
        if the first were known.
    latent : LatentMoments
        Moments of factors and of the other variables of the structure.
    division : Division
        What is measured, and what is structure.
    joint : SecondStep
        The whole model at the estimates of both steps.
    errors : str
        Which standard errors these are; of a jackknife, those it stands in for.
    notes : tuple of str
        What was done on the way: pairs of blocks, shrunken residuals, variances on their bound.
    pairwise : bool
        Whether the factors' moments of a group came from pairs of blocks.
    """

    blocks: tuple[Fit, ...]
    structural: Fit
    latent: LatentMoments
    division: Division
    sample: Sample
    joint: SecondStep
    errors: str
    notes: tuple[str, ...] = ()
    pairwise: bool = False

    @property
    def n(self) -> int:
        """Respondents used."""
        return sum(self.sample.counts)

    @property
    def method(self) -> str:
        """How the structure was fitted: to the factors' moments, "local", or in the whole model, "global"."""
        return "global" if self.structural.structure.latent else "local"

    @property
    def npar(self) -> int:
        """Free parameters of both steps, less equalities among them."""
        held = sum(fit.solution.held for fit in (*self.blocks, self.structural))
        return len(self.joint.theta) - held

    @property
    def df(self) -> int:
        """Degrees of freedom of the whole model, as one step has them."""
        return self.joint.family.n_statistics - self.npar

    @cached_property
    def implied(self) -> Implied:
        """Moments of all variables that the whole model has at the estimates of both steps."""
        return self.joint.family.reported(self.joint.point)

    @cached_property
    def _kept(self) -> Array:
        """Places of structural rows and definitions among `structural`'s parameters."""
        rows = self.structural.partable.rows
        own = [k for k, row in enumerate(rows) if not self.division.measures(row)]
        return np.array([*own, *range(len(rows), len(self.structural.parameters))])

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """The structural parameters: lhs op rhs group label est se z pvalue ci_lower ci_upper std_all.

        Observed predictors of factors, and covariates, count from their means in the first group, as factors
        do; intercepts are those at these means. Errors are those of both steps.
        """
        found = self.structural.parameters.iloc[self._kept].reset_index(drop=True)
        return found.drop(columns="std_lv")

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """The structural parameters, as `parameters`, with intervals of the level asked for.

        ``bound`` says which variances stand on their bound of zero.
        """
        return with_level(self.parameters, confidence, self.degrees).assign(bound=self._on_bound())

    def _on_bound(self) -> Array:
        frame = self.parameters
        variance = (frame["op"] == "~~") & (frame["lhs"] == frame["rhs"])
        return (variance & (frame["est"].abs() < 1e-8)).to_numpy()

    @property
    def coef(self) -> pd.Series[float]:
        """Free parameters of the structure, see `Fit.coef`."""
        return self.structural.coef

    @property
    def vcov(self) -> pd.DataFrame:
        """Sampling covariances of `coef`, of both steps."""
        return self.structural.vcov

    @property
    def degrees(self) -> float:
        """Degrees of freedom of these, infinite but of a jackknife."""
        return self.structural.degrees

    def standardized(self, confidence: float = 0.95) -> pd.DataFrame:
        """Standardised structural parameters, errors by the delta method, with intervals."""
        found = self.structural.standardized("std_all", confidence)
        return found.iloc[self._kept].reset_index(drop=True)

    def r_squared(self, confidence: float | None = None) -> pd.DataFrame:
        """Share of each outcome's variance that its predictors explain, see `Fit.r_squared`."""
        found = self.structural.r_squared(confidence)
        return found[~found["lhs"].isin(self.division.inner)].reset_index(drop=True)

    # ------------------------------------------------------------------ latent variables

    @cached_property
    def _sampling(self) -> Array:
        """Sampling covariance (m, m) of the free latent moments."""
        own = self.latent.sampling
        return self.latent.step.covariance(self.errors) if own is None else own

    def latent_covariances(self) -> pd.DataFrame:
        """Variances and covariances of the structure's variables, with intervals, whatever the structure."""
        own = [k for k, row in enumerate(self.latent.rows) if row.op == "~~"]
        return self._moments(own, self.latent.values[own], self._sampling[np.ix_(own, own)], 0.95)

    def latent_correlations(self, confidence: float = 0.95) -> pd.DataFrame:
        """Correlations of the structure's variables, whatever the structure.

        Returns
        -------
        DataFrame
            lhs rhs group est se z pvalue ci_lower ci_upper, in the order of `latent_correlation_cov`.
        """
        pairs, values, cov = self._correlations
        return self._moments(pairs, values, cov, confidence)

    @property
    def latent_correlation_cov(self) -> pd.DataFrame:
        """Sampling covariances of `latent_correlations`, such as a test of two of them needs."""
        pairs, _, cov = self._correlations
        names = pd.MultiIndex.from_tuples(
            [(r.lhs, r.rhs, self.sample.group_values[r.group]) for r in (self.latent.rows[k] for k in pairs)],
            names=["lhs", "rhs", "group"],
        )
        return pd.DataFrame(cov, index=names, columns=names)

    def latent_correlation_matrix(self, group: int = 0) -> pd.DataFrame:
        """The correlation matrix of the structure's variables in a group."""
        C = self.latent.cov[group]
        sd = np.sqrt(np.diag(C))
        names = list(self.latent.names)
        return pd.DataFrame(C / np.outer(sd, sd), index=names, columns=names)

    @cached_property
    def _correlations(self) -> tuple[list[int], Array, Array]:
        rows = self.latent.rows
        place = {(r.lhs, r.group): k for k, r in enumerate(rows) if r.op == "~~" and r.lhs == r.rhs}
        pairs = [k for k, r in enumerate(rows) if r.op == "~~" and r.lhs != r.rhs]
        one = [place[rows[k].lhs, rows[k].group] for k in pairs]
        two = [place[rows[k].rhs, rows[k].group] for k in pairs]

        def function(values: Array) -> Array:
            return np.asarray(values[..., pairs] / np.sqrt(values[..., one] * values[..., two]))

        values, V = self.latent.values, self._sampling
        J = numeric_jacobian(function, values, np.sqrt(np.diag(V)))
        return pairs, function(values), np.asarray(J @ V @ J.T)

    def _moments(self, places: Sequence[int], values: Array, cov: Array, confidence: float) -> pd.DataFrame:
        rows = [self.latent.rows[k] for k in places]
        columns: dict[str, Any] = {
            "lhs": [r.lhs for r in rows],
            "rhs": [r.rhs for r in rows],
            "group": [self.sample.group_values[r.group] for r in rows],
        }
        check_confidence(confidence)
        errors = np.sqrt(np.diag(cov))
        return coefficients(columns, values, errors, {}, confidence=confidence, degrees=self.degrees)

    # ------------------------------------------------------------------ what the structure restricts

    @cached_property
    def structural_test(self) -> Test:
        """Whether what the structure leaves out is nothing: its chi-square on the factors' moments.

        The second step's N F is no chi-square, as the moments that it is fitted to were estimated. It is
        scaled and shifted to the mean and variance of one, with their sampling covariance of both steps
        (Satorra & Bentler, 1994; Asparouhov & Muthén, 2010). NaN where the structure leaves nothing out, and
        for the global method.
        """
        fit = self.structural
        none = Test("structural", float("nan"), 0)
        if fit.structure.latent or not isinstance(fit.point, LikelihoodPoint):
            return none
        J = self._slopes(fit)
        df = len(J) - J.shape[1]
        if df <= 0:
            return none
        V = self._information(fit)
        VJ = V @ J
        product = (V - VJ @ np.linalg.solve(J.T @ VJ, VJ.T)) @ self.latent.step.covariance(self.errors)
        trace, square = float(np.trace(product)), float(np.sum(product * product.T))
        scale = np.sqrt(df / square)
        shift = df - scale * trace
        return Test("structural", self._discrepancy(fit) * scale + shift, df, 1 / scale, shift, trace)

    def _discrepancy(self, fit: Fit) -> float:
        """N F of the second step, without means that its variables have in no group."""
        found = 2 * float(fit.point.value)
        for g, share in enumerate(self.sample.n / self.sample.N):
            if not any(r.op == "~1" and r.group == g for r in self.latent.rows):
                away = fit.sample.mean[g] - fit.implied.mean[g]
                found -= share * float(away @ np.linalg.solve(fit.implied.cov[g], away))
        return self.sample.N * found

    def _slopes(self, fit: Fit) -> Array:
        """How the free latent moments (m, ·) follow the structure's parameters and what it takes as given."""
        J = numeric_jacobian(lambda theta: self._implied(fit, theta), fit.theta)
        J = J if fit.solution.basis is None else J @ fit.solution.basis
        return np.hstack([J, np.eye(len(J))[:, self._given(fit)]])

    def _information(self, fit: Fit) -> Array:
        """N times the expected information (m, m) about the free latent moments at the structure."""
        rows, names = self.latent.rows, self.latent.names
        place = {name: k for k, name in enumerate(names)}
        i, j = np.tril_indices(len(names))
        number = {(int(a), int(b)): len(names) + k for k, (a, b) in enumerate(zip(i, j, strict=True))}
        V = np.zeros((len(rows), len(rows)))
        for g, n in enumerate(self.sample.n):
            own = np.array([k for k, r in enumerate(rows) if r.group == g])
            at = []
            for k in own:
                one, two = place[rows[k].lhs], place.get(rows[k].rhs, 0)
                at.append(one if rows[k].op == "~1" else number[max(one, two), min(one, two)])
            found = n * moment_curvature(np.linalg.inv(fit.implied.cov[g]))
            V[own[:, None], own] = found[np.array(at)[:, None], at]
        return V

    def _implied(self, fit: Fit, theta: Array) -> Array:
        """The free latent moments that the structure implies (..., m)."""
        implied = fit.family.reported(fit.family.objective.at(theta))
        return self.latent.among(implied.mean, implied.cov)

    def _given(self, fit: Fit) -> list[int]:
        """Moments of fixed covariates, which the structure takes as they are."""
        fixed = {self.latent.names[k] for k in fit.structure.exogenous}
        return [
            k for k, r in enumerate(self.latent.rows) if r.lhs in fixed and (r.op == "~1" or r.rhs in fixed)
        ]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know of both steps."""
        told = [f"{block.structure.latent[0]}: {w}" for block in self.blocks for w in block.improper]
        return tuple(dict.fromkeys((*self.sample.notes, *self.notes, *told, *self.structural.improper)))

    def _line(self) -> str:
        return (
            f"{how_many(len(self.blocks), 'measurement block')}, "
            f"{how_many(int((self.parameters['op'] == '~').sum()), 'path')}, n = {self.n}"
        )

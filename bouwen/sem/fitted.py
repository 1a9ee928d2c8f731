"""A family of models and its solution -> estimates, errors, tests and measures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_choice, check_confidence
from bouwen.results import Result
from bouwen.sem.family.normal import Family
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.identification import NEARLY
from bouwen.sem.model.implied import SYMMETRIC, Implied, Structure
from bouwen.sem.model.improper import indefinite_blocks, negative_variances
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.model.standardised import numeric_jacobian, standardise
from bouwen.sem.model.table import ParTable
from bouwen.sem.normal.discrepancy import Point
from bouwen.sem.normal.inference import Test
from bouwen.sem.normal.moments import Moments, Sample
from bouwen.sem.preparation import Call, prepare
from bouwen.sem.solution import Solution
from bouwen.special import ndtr, ndtri, stdtr, stdtrit

SMALL_FACTOR = 0.2  # scaling factor below which a scaled chi-square is more than five times the plain one


@dataclass(frozen=True, eq=False, repr=False)
class Fitted(Result):
    """What the engine knows of a fitted model. Tables are computed when first asked for, and kept.

    Attributes
    ----------
    sampling : array (q, q), optional
        Sampling covariance of the free parameters, where it is another than the family's.
    degrees : float
        Degrees of freedom of errors: limits and tests are Student's, and normal where they are infinite.
    """

    call: Call
    family: Family
    solution: Solution
    sampling: Array | None = field(default=None, kw_only=True)
    degrees: float = field(default=math.inf, kw_only=True)

    def _line(self) -> str:
        m = self.measures
        return (
            f"{self.call.estimator.name}, n = {self.n}, chi-square {m['chisq']:.2f} on {self.df} df, "
            f"CFI {m['cfi']:.3f}, RMSEA {m['rmsea']:.3f}, SRMR {m['srmr']:.3f}"
        )

    # ------------------------------------------------------------------ the pieces

    @property
    def partable(self) -> ParTable:
        """The model as a table of parameters."""
        return self.family.table

    @property
    def structure(self) -> Structure:
        """The model as places in matrices."""
        return self.family.structure

    @property
    def sample(self) -> Sample:
        """The data."""
        return self.family.sample

    @property
    def theta(self) -> Array:
        """Free parameters (q,)."""
        return self.solution.theta

    @property
    def point(self) -> Point:
        """The discrepancy at the solution."""
        return self.solution.point

    @cached_property
    def implied(self) -> Implied:
        """Implied moments, by group, covariates at their sample moments."""
        return self.family.reported(self.solution.point)

    @property
    def n(self) -> int:
        """Respondents used."""
        return sum(self.sample.counts)

    @property
    def npar(self) -> int:
        """Free parameters, less equalities among them."""
        return self.partable.n_free - self.solution.held

    @property
    def df(self) -> int:
        """Degrees of freedom."""
        return self.family.n_statistics - self.npar

    @cached_property
    def _curvature(self) -> Array:
        return self.family.curvature(self.point)

    @cached_property
    def _meat(self) -> Array | None:
        return self.family.meat(self.point)

    @property
    def coef(self) -> pd.Series[float]:
        """Free parameters by lavaan's names: a label, or such as ``f=~x2``, in another group ``f=~x2.g2``."""
        return pd.Series(self.theta, index=list(self.partable.coefficient_names), dtype=float)

    @property
    def vcov(self) -> pd.DataFrame:
        """Sampling covariances of the free parameters, by the names of `coef`."""
        names = list(self.partable.coefficient_names)
        return pd.DataFrame(self.theta_cov, index=names, columns=names)

    @cached_property
    def theta_cov(self) -> Array:
        """Sampling covariance (q, q) of the free parameters."""
        if self.sampling is not None:
            return self.sampling
        if not self.partable.n_free:
            return np.zeros((0, 0))
        return self.family.vcov(self.solution, self._curvature, self._meat)

    @cached_property
    def tests(self) -> list[Test]:
        """The plain chi-square test and, where the estimator has one, the corrected one."""
        return self.family.tests(self.point, self.df, self.solution.basis, self._curvature, self._meat)

    # ------------------------------------------------------------------ tables

    @cached_property
    def _functions(self) -> tuple[Array, Array, Array]:
        """std_lv and std_all of all rows and definitions, and the definitions' own values."""
        lv, full = (standardise(self.structure, self.implied, observed=flag) for flag in (False, True))
        values = self._definitions(self.theta)
        return (
            np.concatenate([lv.ravel(), self._defined_from(lv)]),
            np.concatenate([full.ravel(), self._defined_from(full)]),
            values,
        )

    def _definitions(self, theta: Array) -> Array:
        return Restrictions(self.partable).definitions(theta)[0]

    def _defined_from(self, rows: Array) -> Array:
        """Definitions evaluated with other values of the rows (..., G, R), such as standardised ones."""
        if not self.partable.definitions:
            return np.zeros((*rows.shape[:-2], 0))
        flat = rows.reshape(*rows.shape[:-2], -1)
        return Restrictions(self.partable).definitions_from_rows(flat)

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """All parameters: lhs op rhs group label est se z pvalue ci_lower ci_upper std_lv std_all.

        Fixed parameters have se 0 and no z; variances and covariances of fixed covariates are among them.
        The limits are of 95 %, as lavaan's ``parameterEstimates`` has them by default; `table` takes a level.
        """
        rows = self.partable.rows
        q = self.partable.n_free
        est = self.implied.values.ravel()
        free = np.array([row.free for row in rows], dtype=np.int64)
        variance = np.diag(self.theta_cov) if q else np.zeros(0)
        row_variance = np.where(free >= 0, variance[np.maximum(free, 0)] if q else 0.0, 0.0)
        lv, full, defined = self._functions
        lhs, op, rhs = ([getattr(row, name) for row in rows] for name in ("lhs", "op", "rhs"))
        labels = [row.label for row in rows]
        groups = [self.sample.group_values[row.group] for row in rows]
        if self.partable.definitions:
            _, J = Restrictions(self.partable).definitions(self.theta)
            est = np.concatenate([est, defined])
            row_variance = np.concatenate([row_variance, np.einsum("kq,qr,kr->k", J, self.theta_cov, J)])
            for (name, _), text in zip(self.partable.definitions, self.partable.texts, strict=True):
                lhs.append(name)
                op.append(":=")
                rhs.append(text)
                labels.append(name)
                groups.append("")
        return coefficients(
            {"lhs": lhs, "op": op, "rhs": rhs, "group": groups, "label": labels},
            est,
            np.sqrt(np.maximum(row_variance, 0.0)),
            {"std_lv": lv, "std_all": full},
            degrees=self.degrees,
        )

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """All parameters, as in `parameters`, with an interval of the level asked for.

        Returns
        -------
        DataFrame
            lhs op rhs group label est se z pvalue ci_lower ci_upper std_all, unrounded.

        Raises
        ------
        NotAShare
            Where the level is not between 0 and 1.
        """
        return with_level(self.parameters, confidence, self.degrees).drop(columns="std_lv")

    def standardized(self, type: str = "std_all", confidence: float = 0.95) -> pd.DataFrame:
        """Standardised parameters with standard errors and intervals by the delta method.

        Parameters
        ----------
        type : "std_all" or "std_lv"
        confidence : float
            Level of the intervals.

        Raises
        ------
        UnknownOption, NotAShare
        """
        type = check_choice("type", type, ("std_all", "std_lv"))
        check_confidence(confidence)

        def function(theta: Array) -> Array:
            implied = self.family.reported(self.family.objective.at(theta))
            rows = standardise(self.structure, implied, observed=type == "std_all")
            return np.concatenate([rows.reshape(*theta.shape[:-1], -1), self._defined_from(rows)], axis=-1)

        J = numeric_jacobian(function, self.theta, np.sqrt(np.diag(self.theta_cov)))
        se = np.sqrt(np.maximum(np.einsum("kq,qr,kr->k", J, self.theta_cov, J), 0.0))
        est = function(self.theta)
        se[se < 1e-7 * np.maximum(np.abs(est), 1e-3)] = 0.0  # rounding of what does not move
        frame = self.parameters[["lhs", "op", "rhs", "group", "label"]]
        columns: dict[str, Any] = {str(name): frame[name].to_numpy() for name in frame}
        return coefficients(columns, est, se, {}, name="est_std", confidence=confidence, degrees=self.degrees)

    @cached_property
    def measures(self) -> pd.Series[float]:
        """Fit measures by lavaan's names, with ``_`` for ``.``."""
        found = self.family.measures(self)
        return pd.Series(np.array(list(found.values()), dtype=float), index=list(found))

    def r_squared(self, confidence: float | None = None) -> pd.DataFrame:
        """Share of each dependent variable's variance that the model explains.

        Parameters
        ----------
        confidence : float, optional
            Level of intervals, where they are asked for: by the delta method, of 1 less the standardised
            residual variance, and cut off at 0 and 1.

        Returns
        -------
        DataFrame
            lhs group r2, and with a level se ci_lower ci_upper. Negative where a residual variance exceeds
            the total; NaN is never hidden.

        Raises
        ------
        NotAShare
        """
        st = self.structure
        names, groups = [*st.observed, *st.latent], self.sample.group_values
        dependent = np.unique(st.i[st.kind == 0])
        shares = self._explained(self.implied, dependent).ravel()
        who = [(names[k], label) for label in groups for k in dependent]
        found = pd.DataFrame(who, columns=["lhs", "group"]).assign(r2=shares)
        if confidence is None:
            return found
        check_confidence(confidence)

        def function(theta: Array) -> Array:
            implied = self.family.reported(self.family.objective.at(theta))
            return self._explained(implied, dependent).reshape(*theta.shape[:-1], -1)

        J = numeric_jacobian(function, self.theta, np.sqrt(np.diag(self.theta_cov)))
        se = np.sqrt(np.maximum(np.einsum("kq,qr,kr->k", J, self.theta_cov, J), 0.0))
        half = limit_at((1 + confidence) / 2, self.degrees) * se
        limits = {"ci_lower": np.maximum(shares - half, 0.0), "ci_upper": np.minimum(shares + half, 1.0)}
        return found.assign(se=se, **limits)

    def _explained(self, implied: Implied, dependent: Array) -> Array:
        """R² (..., G, k) of variables by their places."""
        st = self.structure
        rows = np.flatnonzero((st.kind == SYMMETRIC) & (st.i == st.j))
        residual = np.zeros((*implied.values.shape[:-1], st.m))
        residual[..., st.i[rows]] = implied.values[..., rows]
        total = np.diagonal(implied.C, axis1=-2, axis2=-1)
        return np.asarray(1 - residual[..., dependent] / total[..., dependent])

    def implied_moments(self) -> pd.DataFrame:
        """Implied covariances and means of the items (of ordered items: their latent responses)."""
        names = list(self.structure.observed)
        frames = [
            pd.DataFrame(cov, index=names, columns=names).assign(mean=mean)
            for cov, mean in zip(self.implied.cov, self.implied.mean, strict=True)
        ]
        if len(frames) == 1:
            return frames[0]
        return pd.concat(dict(zip(self.sample.group_values, frames, strict=True)), names=["group", "item"])

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know: respondents left out, improper estimates, what is hardly identified."""
        return (*self.sample.notes, *self.improper, *self._nearly_unidentified(), *self._hardly_scaled())

    def _hardly_scaled(self) -> list[str]:
        """What a scaling factor of chi-square that is negative, or next to nothing, makes of the test."""
        if self.call.estimator.discrepancy != "ML" or len(self.tests) == 1 or not self.df:
            return []
        plain, scaled = self.tests
        factor = scaled.trace / self.df
        if factor <= 0:
            return [
                f"the scaled chi-square does not exist: its scaling factor would be {factor:.3f}; take the "
                'plain one, or bootstrap(fit, kind="bollen_stine")'
            ]
        if factor < SMALL_FACTOR:
            return [
                f"the scaling factor of chi-square is near zero ({factor:.3f}) and makes {plain.chisq:.1f} "
                f'{scaled.chisq:.1f}; take the plain one, or bootstrap(fit, kind="bollen_stine")'
            ]
        return []

    def _nearly_unidentified(self) -> list[str]:
        weakest = self.solution.weakest
        if weakest is None or weakest.curvature >= NEARLY:
            return []
        return [
            f'nearly unidentified: "{self.partable.free_name(weakest.most)}" can hardly be told from other '
            "parameters, and its estimate says little; fix it, or hold it equal to another"
        ]

    @cached_property
    def improper(self) -> tuple[str, ...]:
        """Warnings of negative variances and of covariance matrices that cannot be."""
        st, values, out = self.structure, self.implied.values, []
        names = [*st.observed, *st.latent]
        negative, indefinite = negative_variances(st, values), indefinite_blocks(st, values)
        for g, label in enumerate(self.sample.groups):
            where = f' in group "{label}"' if len(self.sample.groups) > 1 else ""
            out += [
                f'improper solution: the variance of "{names[st.i[r]]}"{where} is negative '
                f"({values[g, r]:.3f})"
                for r in np.flatnonzero(negative[g])
            ]
            out += [
                f"improper solution: the covariance matrix of the {what}{where} is not positive definite"
                for what, bad in zip(("latent variables", "residuals"), indefinite[g], strict=True)
                if bad
            ]
        return tuple(out)


def coefficients(
    columns: dict[str, Any],
    est: Array,
    se: Array,
    more: dict[str, Array],
    name: str = "est",
    confidence: float = 0.95,
    degrees: float = math.inf,
) -> pd.DataFrame:
    """A table of estimates with z, two-sided p and limits: normal ones, or Student's of finite degrees."""
    half = limit_at((1 + confidence) / 2, degrees) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(se > 0, est / se, np.nan)
    return pd.DataFrame(
        {
            **columns,
            name: est,
            "se": se,
            "z": z,
            "pvalue": 2 * (ndtr(-np.abs(z)) if math.isinf(degrees) else stdtr(degrees, -np.abs(z))),
            "ci_lower": est - half,
            "ci_upper": est + half,
            **more,
        }
    )


def limit_at(share: float, degrees: float) -> float:
    """Of the normal distribution, or of Student's with finite degrees of freedom."""
    return float(ndtri(share) if math.isinf(degrees) else stdtrit(degrees, share))


def with_level(found: pd.DataFrame, confidence: float, degrees: float = math.inf) -> pd.DataFrame:
    """A table of `coefficients` with its limits at another level; `NotAShare` where it is none."""
    check_confidence(confidence)
    half = limit_at((1 + confidence) / 2, degrees) * found["se"]
    return found.assign(ci_lower=found["est"] - half, ci_upper=found["est"] + half)


def check_is_fit(found: object) -> None:
    """Raise `UnsupportedModel` where something else is given for a fit."""
    if not isinstance(found, Fitted):
        raise UnsupportedModel(f"give what bouwen.fit_sem returns, not a {type(found).__name__}")


def bare_fit(model: str, data: pd.DataFrame | Moments | Mapping[str, Moments], **options: Any) -> Fitted:
    """Fit a model, with the options of `bouwen.fit_sem`."""
    call, family = prepare(model, data, **options)
    return Fitted(call, family, family.solve())

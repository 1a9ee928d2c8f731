"""Model text and data to a fitted model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from bouwen.errors import did_you_mean
from bouwen.sem.categorical import categories_of, ordinal_family
from bouwen.sem.constraints import Restrictions
from bouwen.sem.discrepancy import Point
from bouwen.sem.estimate import NotIdentified, Solution
from bouwen.sem.implied import SYMMETRIC, Array, Implied, Structure, compile_structure
from bouwen.sem.improper import indefinite_blocks, negative_variances
from bouwen.sem.inference import Test
from bouwen.sem.moments import DataError, Moments, Sample, read_sample, sample_from_moments
from bouwen.sem.normal import Family, NormalTheory
from bouwen.sem.options import Estimator, UnsupportedModel, choose_estimator
from bouwen.sem.partable import ParTable, TableOptions, UnknownOption, build_table, roles
from bouwen.sem.saturated import saturated_moments
from bouwen.sem.standardised import numeric_jacobian, standardise
from bouwen.sem.syntax import parse_model

CONFIDENCE = float(ndtri(0.975))


@dataclass(frozen=True)
class Call:
    """What was asked of `fit_sem`."""

    model: str
    estimator: Estimator
    missing: str
    group: str | None
    cluster: str | None
    group_equal: tuple[str, ...]
    group_partial: tuple[str, ...]
    std_lv: bool


@dataclass(frozen=True)
class Fit:
    """A fitted model. Tables are computed when first asked for, and kept."""

    call: Call
    family: Family
    solution: Solution

    # ------------------------------------------------------------------ the pieces

    @property
    def table(self) -> ParTable:
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
        return int(self.sample.N)

    @property
    def npar(self) -> int:
        """Free parameters, less equalities among them."""
        return self.table.n_free - self.solution.held

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

    @cached_property
    def vcov(self) -> Array:
        """Sampling covariance (q, q) of the free parameters."""
        if not self.table.n_free:
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
        return Restrictions(self.table).definitions(theta)[0]

    def _defined_from(self, rows: Array) -> Array:
        """Definitions evaluated with other values of the rows (..., G, R), such as standardised ones."""
        if not self.table.definitions:
            return np.zeros((*rows.shape[:-2], 0))
        flat = rows.reshape(*rows.shape[:-2], -1)
        return Restrictions(self.table).definitions_from_rows(flat)

    @cached_property
    def parameters(self) -> pd.DataFrame:
        """All parameters: lhs op rhs group label est se z pvalue ci_lower ci_upper std_lv std_all.

        Fixed parameters have se 0 and no z; variances and covariances of fixed covariates are among them.
        """
        rows = self.table.rows
        q = self.table.n_free
        est = self.implied.values.ravel()
        free = np.array([row.free for row in rows], dtype=np.int64)
        variance = np.diag(self.vcov) if q else np.zeros(0)
        row_variance = np.where(free >= 0, variance[np.maximum(free, 0)] if q else 0.0, 0.0)
        lv, full, defined = self._functions
        lhs, op, rhs = ([getattr(row, name) for row in rows] for name in ("lhs", "op", "rhs"))
        labels = [row.label for row in rows]
        groups = [self.sample.group_values[row.group] for row in rows]
        if self.table.definitions:
            _, J = Restrictions(self.table).definitions(self.theta)
            est = np.concatenate([est, defined])
            row_variance = np.concatenate([row_variance, np.einsum("kq,qr,kr->k", J, self.vcov, J)])
            for (name, _), text in zip(self.table.definitions, self.table.texts, strict=True):
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
        )

    def standardized(self, type: str = "std_all") -> pd.DataFrame:
        """Standardised parameters with standard errors and intervals by the delta method.

        Parameters
        ----------
        type : "std_all" or "std_lv"
        """
        if type not in ("std_all", "std_lv"):
            raise UnknownOption("type", type, ("std_all", "std_lv"))

        def function(theta: Array) -> Array:
            implied = self.family.reported(self.family.objective.at(theta))
            rows = standardise(self.structure, implied, observed=type == "std_all")
            return np.concatenate([rows.reshape(*theta.shape[:-1], -1), self._defined_from(rows)], axis=-1)

        J = numeric_jacobian(function, self.theta, np.sqrt(np.diag(self.vcov)))
        se = np.sqrt(np.maximum(np.einsum("kq,qr,kr->k", J, self.vcov, J), 0.0))
        est = function(self.theta)
        se[se < 1e-7 * np.maximum(np.abs(est), 1e-3)] = 0.0  # rounding of what does not move
        frame = self.parameters[["lhs", "op", "rhs", "group", "label"]]
        columns: dict[str, Any] = {str(name): frame[name].to_numpy() for name in frame}
        return coefficients(columns, est, se, {}, name="est_std")

    @cached_property
    def measures(self) -> pd.Series[float]:
        """Fit measures by lavaan's names, with ``_`` for ``.``."""
        found = self.family.measures(self)
        return pd.Series(np.array(list(found.values()), dtype=float), index=list(found))

    def r_squared(self) -> pd.DataFrame:
        """Share of each dependent variable's variance that the model explains: lhs group r2.

        Negative where a residual variance exceeds the total; NaN is never hidden.
        """
        st = self.structure
        dependent = np.unique(st.i[st.kind == 0])
        names = [*st.observed, *st.latent]
        out = []
        for g, label in enumerate(self.sample.group_values):
            residual = np.zeros(st.m)
            rows = np.flatnonzero((st.kind == SYMMETRIC) & (st.i == st.j))
            residual[st.i[rows]] = self.implied.values[g, rows]
            total = np.diag(self.implied.C[g])
            out += [(names[k], label, 1 - residual[k] / total[k]) for k in dependent]
        return pd.DataFrame(out, columns=["lhs", "group", "r2"])

    def residuals(self, type: str = "cor") -> pd.DataFrame:
        """Sample minus implied moments, see `bouwen.sem.residuals.residuals`."""
        from bouwen.sem.residuals import residuals

        return residuals(self, type)

    def modification_indices(self) -> pd.DataFrame:
        """What freeing a parameter would bring, see `bouwen.sem.diagnostics.modification_indices`."""
        from bouwen.sem.diagnostics import modification_indices

        return modification_indices(self)

    def score_tests(self) -> pd.DataFrame:
        """What giving up an equality would bring, see `bouwen.sem.diagnostics.score_tests`."""
        from bouwen.sem.diagnostics import score_tests

        return score_tests(self)

    def scores(self, method: str = "regression") -> pd.DataFrame:
        """Factor scores, see `bouwen.sem.scores.factor_scores`."""
        from bouwen.sem.scores import factor_scores

        return factor_scores(self, method)

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

    def summary(self) -> str:
        """The fit as text."""
        from bouwen.sem.summary import as_text

        return as_text(self)

    def _repr_html_(self) -> str:
        from bouwen.sem.summary import as_html

        return as_html(self)

    def __repr__(self) -> str:
        m = self.measures
        return (
            f"<Fit {self.call.estimator.name}, n = {self.n}, chi-square {m['chisq']:.2f} on {self.df} df, "
            f"CFI {m['cfi']:.3f}, RMSEA {m['rmsea']:.3f}, SRMR {m['srmr']:.3f}>"
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        from bouwen.sem.summary import as_dict

        return as_dict(self)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know: respondents left out, improper estimates."""
        return (*self.sample.notes, *self._improper())

    def _improper(self) -> list[str]:
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
        return out


def coefficients(
    columns: dict[str, Any], est: Array, se: Array, more: dict[str, Array], name: str = "est"
) -> pd.DataFrame:
    """A table of estimates with z, two-sided p and 95 % limits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(se > 0, est / se, np.nan)
    return pd.DataFrame(
        {
            **columns,
            name: est,
            "se": se,
            "z": z,
            "pvalue": 2 * ndtr(-np.abs(z)),
            "ci_lower": est - CONFIDENCE * se,
            "ci_upper": est + CONFIDENCE * se,
            **more,
        }
    )


def fit_sem(
    model: str,
    data: pd.DataFrame | Moments | Mapping[str, Moments],
    *,
    estimator: str = "ML",
    missing: str = "listwise",
    group: str | None = None,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    ordered: Sequence[str] | bool = (),
    cluster: str | None = None,
    std_lv: bool = False,
    meanstructure: bool | None = None,
    fixed_x: bool = True,
    engine: str = "bouwen",
) -> Fit:
    """Fit a structural equation model.

    Parameters
    ----------
    model : str
        lavaan syntax, see `parse_model`.
    data : DataFrame, Moments or mapping of group to Moments
        One row for each respondent; or a published covariance matrix.
    estimator : str
        "ML", "MLM" (Satorra–Bentler), "MLR" (Huber–White, Yuan–Bentler), "GLS", "ULS"; for ordered items
        "WLSMV" (their default), "WLSM", "WLSMVS", "DWLS".
    missing : "listwise", "fiml" or "pairwise"
        Leave incomplete respondents out, use what they answered (ML, MLR), or use each pair's own
        respondents (ordered items).
    group : str, optional
        Column with the groups; they keep the order of first appearance.
    group_equal : sequence of str
        What is equal over groups: "loadings", "intercepts", "means", "thresholds", "regressions",
        "residuals", "residual.covariances", "lv.variances", "lv.covariances".
    group_partial : sequence of str
        Parameters left free all the same, such as "x3 ~ 1".
    ordered : sequence of str or True
        Ordered items; True for all that are not covariates.
    cluster : str, optional
        Column with clusters, for cluster-robust errors and test.
    std_lv : bool
        Fix factor variances, rather than first loadings, at 1.
    meanstructure : bool, optional
        Whether means are modelled; by default when groups, missing answers, clusters, ordered items or an
        intercept in the text ask for it.
    fixed_x : bool
        Take covariates as they are, rather than model their moments. Never with GLS and ULS, as in lavaan.
    engine : "bouwen" or "semopy"
        semopy estimates a single group of complete rows by ML and gives the same result object.

    Returns
    -------
    Fit

    Raises
    ------
    ModelSyntaxError, ModelError, UnknownOption, UnsupportedModel
        The text or the options.
    UnknownItem, NotNumeric, NoVariance, GroupTooSmall, NotPositiveDefinite
        The data.
    NotIdentified, NotConverged
        The estimation.
    """
    if engine not in ("bouwen", "semopy"):
        raise UnknownOption("engine", engine, ("bouwen", "semopy"))
    if engine == "semopy":
        plain = estimator == "ML" and missing == "listwise" and not meanstructure and fixed_x
        if not isinstance(data, pd.DataFrame) or not plain or group or ordered or cluster:
            raise UnsupportedModel(
                'engine="semopy" estimates one group of complete rows by ML without means; '
                'use engine="bouwen"'
            )
        from bouwen.sem.semopy_engine import fit_semopy

        return fit_semopy(model, data, std_lv=std_lv)
    statements = parse_model(model)
    who = roles(statements)
    columns = [str(c) for c in data.columns] if isinstance(data, pd.DataFrame) else who.observed
    items = _ordered_items(ordered, who.observed, who.exogenous, columns)
    chosen = choose_estimator(
        estimator,
        missing=missing,
        ordered=bool(items),
        cluster=cluster is not None,
        rows=isinstance(data, pd.DataFrame),
    )
    missing = "fiml" if missing in ("ml", "FIML") else missing
    fixed_x = fixed_x and chosen.discrepancy in ("ML", "DWLS")
    group_equal, group_partial = _as_tuple(group_equal), _as_tuple(group_partial)
    if isinstance(data, pd.DataFrame):
        for name in who.latent:
            if name in data.columns and name in who.observed:
                raise UnsupportedModel(f'"{name}" is a factor and a column of the data; rename the factor')
        sample = read_sample(
            data,
            who.observed,
            group=group,
            cluster=cluster,
            missing=missing,
            complete=who.exogenous if fixed_x else (),
            check=not items,
        )
    else:
        if group is not None:
            raise UnsupportedModel(
                "group= names a column of rows; for moments give a mapping of group to Moments"
            )
        means = (
            bool(meanstructure)
            or any(f.op == "~1" for f in statements.formulas)
            or (isinstance(data, Mapping) and len(data) > 1)
        )
        sample = sample_from_moments(data, who.observed, need_means=means)
    asked = len(sample.groups) > 1 or missing == "fiml" or cluster is not None
    options = TableOptions(
        std_lv=std_lv,
        fixed_x=fixed_x,
        meanstructure=asked if meanstructure is None else meanstructure,
        group_equal=group_equal,
        group_partial=group_partial,
        thresholds=_threshold_counts(sample, items),
    )
    if sample.patterns is not None:
        mean, cov = saturated_moments(sample.patterns, len(sample.groups))
        sample = replace(sample, mean=mean, cov=cov)
    table = build_table(statements, sample.groups, options)
    structure = compile_structure(table)
    family: Family
    if items:
        family = ordinal_family(table, structure, sample, chosen, missing)
    else:
        family = NormalTheory(table, structure, sample, chosen)
    _check_counts(table, family)
    call = Call(str(model), chosen, missing, group, cluster, group_equal, group_partial, std_lv)
    return Fit(call, family, family.solve())


def _as_tuple(value: Sequence[str] | str) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _ordered_items(
    ordered: Sequence[str] | bool, observed: Sequence[str], exogenous: Sequence[str], known: Sequence[str]
) -> tuple[str, ...]:
    if ordered is True:
        return tuple(n for n in observed if n not in exogenous)
    if not ordered:
        return ()
    wanted = _as_tuple(ordered)
    for name in wanted:
        if name not in known:
            raise DataError(
                f'ordered names "{name}", which is not in the data.{did_you_mean(name, known)}', item=name
            )
    return tuple(n for n in observed if n in wanted)


def _threshold_counts(sample: Sample, items: Sequence[str]) -> dict[str, int]:
    places = [sample.names.index(name) for name in items]
    answers = categories_of(sample, places, [True] * len(places))
    return {name: len(values) - 1 for name, values in zip(items, answers, strict=True)}


def _check_counts(table: ParTable, family: Family) -> None:
    spare = family.n_statistics - table.n_free + len(table.equalities)
    if spare < 0:
        raise NotIdentified(
            f"the model has {table.n_free} free parameters but the data only {family.n_statistics} moments; "
            "fix or leave out at least "
            f"{-spare} of them"
        )

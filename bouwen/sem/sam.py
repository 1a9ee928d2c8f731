"""Structure after measurement: measurement blocks first, the structural model on their factors after.

Rosseel & Loh (2022), A structural after measurement approach to structural equation modeling.
Psychological Methods. Each block of factors is estimated on its own. Local: the factors' means and
covariances follow by Bartlett's mapping, and the structural model is fitted to those. Global: the whole
model is fitted with the measurement held at its estimates. Standard errors add the uncertainty of the first
step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bouwen.checks import Array, check_choice
from bouwen.results import Result, how_many
from bouwen.sem.family.normal import NormalTheory
from bouwen.sem.fit import Fit, fit_sem
from bouwen.sem.fitted import coefficients, with_level
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.implied import DIRECTED, INTERCEPT, SYMMETRIC, compile_structure
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.model.statements import Formula
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import Parameter, ParTable
from bouwen.sem.normal.inference import bread
from bouwen.sem.normal.moments import Sample
from bouwen.sem.preparation import prepare

SAM_METHODS = ("local", "global")


@dataclass(frozen=True, eq=False, repr=False)
class SamFit(Result):
    """A structural model fitted after its measurement models.

    Attributes
    ----------
    blocks : tuple of Fit
        The measurement models.
    structural : Fit
        The structural model, fitted to the factors' moments (local), or the whole model with the measurement
        held fixed (global); its own standard errors ignore the first step.
    parameters : DataFrame
        The structural parameters with two-step standard errors: lhs op rhs group label est se z pvalue
        ci_lower ci_upper. Observed predictors of factors, and covariates, count from their means in the first
        group, as factors do; intercepts are those at these means.
    """

    blocks: tuple[Fit, ...]
    structural: Fit
    parameters: pd.DataFrame

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """The structural parameters, as `parameters`, with intervals of the level asked for."""
        return with_level(self.parameters, confidence)

    def _line(self) -> str:
        return (
            f"{how_many(len(self.blocks), 'measurement block')}, "
            f"{how_many(int((self.parameters['op'] == '~').sum()), 'path')}, n = {self.structural.n}"
        )


def fit_sam(
    model: str,
    data: pd.DataFrame,
    *,
    method: str = "local",
    group: str | None = None,
    group_equal: Sequence[str] = (),
    group_partial: Sequence[str] = (),
    std_lv: bool = False,
) -> SamFit:
    """Fit a model by structural-after-measurement.

    Parameters
    ----------
    model : str
        A model with factors and a structural part among them and, if need be, covariates. Labels,
        definitions and linear ``==`` constraints of the structural part hold in the second step.
    data : DataFrame
        Complete after listwise deletion.
    method : "local" or "global"
    group, group_equal, group_partial, std_lv
        As in `fit_sem`; equal loadings, intercepts and residuals hold in the measurement blocks.

    Raises
    ------
    UnsupportedModel
        For factors of factors, items that are regressed on something, measurement constraints other than
        equal labels within a block, and blocks whose items leave no residual variance (local).
    UnknownOption
        For another ``method``.
    """
    method = check_choice("method", method, SAM_METHODS)
    call, family = prepare(
        model,
        data,
        group=group,
        group_equal=group_equal,
        group_partial=group_partial,
        std_lv=std_lv,
        meanstructure=True,
    )
    if not isinstance(family, NormalTheory):
        raise UnsupportedModel(
            "fit_sam takes numbers, and the data hold ordered categories; use fit_sem for them"
        )
    family = replace(family, sample=_centred(family.sample, family.table))
    statements = parse_model(model)
    items = {f.rhs for f in statements.formulas if f.op == "=~"}
    _check(family.table, items)
    measurement = [
        f for f in statements.formulas if f.op == "=~" or (f.lhs in items and (f.rhs in items or not f.rhs))
    ]
    of_groups = [
        e for e in call.group_equal if e not in ("regressions", "means", "lv.variances", "lv.covariances")
    ]
    blocks = tuple(
        fit_sem(
            "\n".join(map(str, block)),
            data[[c for c in data.columns if c == group or c in family.sample.names]].dropna(),
            group=group,
            group_equal=of_groups,
            group_partial=_partial_of(call.group_partial, block),
            std_lv=std_lv,
            meanstructure=True,
        )
        for block in _blocks(measurement)
    )
    values = _measured(blocks, family.table, items)
    if method == "local":
        second = _local(family, values, items)
    else:
        second = replace(family, table=_with_fixed(family.table, values))
        second = second.of_model(second.table, compile_structure(second.table))
    structural = Fit(call, second, second.solve())
    return SamFit(blocks, structural, _two_step(family, blocks, structural, items))


def _centred(sample: Sample, table: ParTable) -> Sample:
    """Observed predictors of factors about their means in the first group, where factors have mean 0 too."""
    causes = {r.rhs for r in table.rows if r.op == "~" and r.lhs in table.latent} | set(table.exogenous)
    places = [k for k, name in enumerate(sample.names) if name in causes]
    mean = sample.mean.copy()
    mean[:, places] -= mean[0, places]
    return replace(sample, mean=mean)


def _check(table: ParTable, items: set[str]) -> None:
    for row in table.rows:
        if row.op == "=~" and row.rhs in table.latent:
            raise UnsupportedModel("SAM here takes no factors of factors; use fit_sem")
        mixed = row.op in ("~", "~~") and (row.lhs in items) != (row.rhs in items)
        if mixed or (row.op == "~" and row.lhs in items):
            raise UnsupportedModel(
                f'"{row.lhs} {row.op} {row.rhs}" joins an item and the structural part; SAM keeps them apart'
            )
    if table.inequalities or Restrictions(table).nonlinear:
        raise UnsupportedModel("SAM here takes labels, definitions and linear constraints; use fit_sem")


def _is_measurement(row: Parameter, items: set[str]) -> bool:
    return row.op == "=~" or row.lhs in items


def _partial_of(partial: Sequence[str], block: list[Formula]) -> list[str]:
    """The parameters of ``group_partial`` that belong to a block."""
    own = {name for f in block for name in (f.lhs, f.rhs)}
    return [text for text in partial if {parse_model(text).formulas[0].lhs} <= own]


def _blocks(measurement: list[Formula]) -> list[list[Formula]]:
    """Formulas by block: factors that share an item or a residual covariance are estimated together."""
    group = {name: name for f in measurement for name in (f.lhs, f.rhs) if name}

    def root(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    for f in measurement:
        if f.rhs:
            group[root(f.rhs)] = root(f.lhs)
    found: dict[str, list[Formula]] = {}
    for f in measurement:
        found.setdefault(root(f.lhs), []).append(f)
    return list(found.values())


def _measured(blocks: Sequence[Fit], table: ParTable, items: set[str]) -> dict[int, float]:
    """Estimates of the first step, by row of the whole model's table."""
    found = {}
    for block in blocks:
        for row, value in zip(block.partable.rows, block.implied.values.ravel(), strict=True):
            if _is_measurement(row, items):
                found[row.key, row.group] = float(value)
                found[(row.rhs, row.op, row.lhs), row.group] = float(value)
    return {
        k: found.get((row.key, row.group), 0.0)
        for k, row in enumerate(table.rows)
        if _is_measurement(row, items)
    }


def _with_fixed(table: ParTable, values: dict[int, float], rows: Sequence[int] | None = None) -> ParTable:
    """The table, or some of its rows, with rows held at values and the others numbered anew."""
    numbers: dict[int, int] = {}
    out = []
    for k in range(len(table.rows)) if rows is None else rows:
        row = table.rows[k]
        if k in values:
            row = replace(row, free=-1, value=values[k])
        elif row.free >= 0:
            row = replace(row, free=numbers.setdefault(row.free, len(numbers)))
        out.append(row)
    return replace(table, rows=tuple(out), n_free=len(numbers))


def _local(family: NormalTheory, values: dict[int, float], items: set[str]) -> NormalTheory:
    """The structural model with the factors' moments M(ȳ − ν) and M(S − Θ)Mᵀ as its sample."""
    st, sample = family.structure, family.sample
    table = _with_fixed(family.table, values)
    implied = compile_structure(table)
    outside = [k for k, name in enumerate(st.observed) if name not in items]
    inside = [k for k, name in enumerate(st.observed) if name in items]
    names = (*st.latent, *(st.observed[k] for k in outside))
    mean, cov = [], []
    for g in range(st.n_groups):
        A, S, nu = np.zeros((st.m, st.m)), np.zeros((st.m, st.m)), np.zeros(st.m)
        fixed = implied.fixed[g]
        for kind, matrix in ((DIRECTED, A), (SYMMETRIC, S)):
            rows = np.flatnonzero((st.kind == kind) & np.isin(st.i, inside))
            matrix[st.i[rows], st.j[rows]] = fixed[rows]
        rows = np.flatnonzero((st.kind == INTERCEPT) & np.isin(st.i, inside))
        nu[st.i[rows]] = fixed[rows]
        Lambda, Theta = A[inside, st.p :], (S + S.T - np.diag(np.diag(S)))[np.ix_(inside, inside)]
        M = np.zeros((len(names), st.p))
        M[: len(st.latent), inside] = _bartlett(Lambda, Theta)
        M[len(st.latent) + np.arange(len(outside)), outside] = 1.0
        unique = np.zeros((st.p, st.p))
        unique[np.ix_(inside, inside)] = Theta
        mean.append(M @ (sample.mean[g] - nu[: st.p]))
        cov.append(M @ (sample.cov[g] - unique) @ M.T)
    R = family.table.rows_per_group
    kept = [k for k in range(len(table.rows)) if not _is_measurement(table.rows[k % R], items)]
    table = replace(_with_fixed(family.table, {}, kept), observed=names, latent=())
    factors = Sample(
        names, sample.groups, sample.n, np.array(mean), np.array(cov), group_values=sample.group_values
    )
    return NormalTheory(
        table, compile_structure(table), replace(factors, total=sample.total), family.estimator
    )


def _bartlett(Lambda: Array, Theta: Array) -> Array:
    """M = (Λᵀ Θ⁻¹ Λ)⁻¹ Λᵀ Θ⁻¹, for which M Λ = I; items without residual variance stand for their factor."""
    if np.diag(Theta).min() <= 0:
        Theta = Theta + np.diag(np.where(np.diag(Theta) == 0, 1e-10 * np.diag(Lambda @ Lambda.T), 0.0))
    try:
        half = np.linalg.solve(Theta, Lambda)
        return np.asarray(np.linalg.solve(Lambda.T @ half, half.T))
    except np.linalg.LinAlgError as singular:
        raise UnsupportedModel(
            'local SAM needs items with residual variance; use method="global" or fit_sem'
        ) from singular


def _two_step(family: NormalTheory, blocks: Sequence[Fit], structural: Fit, items: set[str]) -> pd.DataFrame:
    """V₂ = I₂₂⁻¹/N + I₂₂⁻¹ I₂₁ V₁ I₁₂ I₂₂⁻¹, with the whole model's information at the two-step estimates."""
    rows, q = family.table.rows, family.table.n_free
    where = {(row.key, row.group): row.free for row in rows if row.free >= 0}
    where |= {((r, op, lhs), g): k for ((lhs, op, r), g), k in where.items() if op == "~~"}
    theta, V1 = np.zeros(q), np.zeros((q, q))
    for block in blocks:
        pairs = {
            where[row.key, row.group]: row.free
            for row in block.partable.rows
            if row.free >= 0 and _is_measurement(row, items)
        }
        joint, mine = (np.array(list(x), dtype=np.int64) for x in (pairs, pairs.values()))
        theta[joint] = block.theta[mine]
        V1[np.ix_(joint, joint)] = block.theta_cov[np.ix_(mine, mine)]
    own = {
        row.free: where[row.key, row.group]
        for row in structural.partable.rows
        if row.free >= 0 and not _is_measurement(row, items)
    }
    second = np.array([own[k] for k in range(structural.partable.n_free)], dtype=np.int64)
    first = np.setdiff1d(np.arange(q), second)
    theta[second] = structural.theta
    information = family.objective.at(theta).information
    inverse = bread(information[np.ix_(second, second)], structural.solution.basis)
    carried = inverse @ information[np.ix_(second, first)]
    V2 = inverse / family.sample.N + carried @ V1[np.ix_(first, first)] @ carried.T
    return _parameters(structural, V2, items)


def _parameters(fit: Fit, V: Array, items: set[str]) -> pd.DataFrame:
    """The structural rows and definitions with another sampling covariance."""
    frame = fit.parameters
    kept = [k for k, row in enumerate(fit.partable.rows) if not _is_measurement(row, items)]
    free = np.array([fit.partable.rows[k].free for k in kept])
    se = np.where(free >= 0, np.sqrt(np.diag(V))[np.maximum(free, 0)], 0.0)
    if fit.partable.definitions:
        _, J = Restrictions(fit.partable).definitions(fit.theta)
        se = np.concatenate([se, np.sqrt(np.einsum("kq,qr,kr->k", J, V, J))])
        kept += list(range(len(fit.partable.rows), len(frame)))
    frame = frame.iloc[kept]
    columns: dict[str, Any] = {
        name: frame[name].to_numpy() for name in ("lhs", "op", "rhs", "group", "label")
    }
    return coefficients(columns, frame["est"].to_numpy(), se, {})

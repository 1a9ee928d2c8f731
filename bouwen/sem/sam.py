"""Structure after measurement: measurement blocks first, the structural model on their factors after.

Local SAM of Rosseel & Loh (2022), A structural after measurement approach to structural equation
modeling. Psychological Methods. Each block of factors is estimated on its own; the factors' means and
covariances follow by Bartlett's mapping; the structural model is fitted to those; its standard errors add
the uncertainty of the first step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from bouwen.sem.fit import Fit, coefficients, fit_sem
from bouwen.sem.implied import DIRECTED, SYMMETRIC, Array, compile_structure
from bouwen.sem.moments import Sample
from bouwen.sem.normal import NormalTheory
from bouwen.sem.options import ESTIMATORS, UnsupportedModel
from bouwen.sem.partable import ParTable, TableOptions, build_table, roles
from bouwen.sem.statements import Formula, Model
from bouwen.sem.syntax import parse_model


@dataclass(frozen=True)
class SamFit:
    """A structural model fitted after its measurement models.

    Attributes
    ----------
    blocks : tuple of Fit
        The measurement models.
    structural : Fit
        The structural model, fitted to the factors' moments; its own standard errors ignore the first step.
    parameters : DataFrame
        The structural parameters with two-step standard errors: lhs op rhs group label est se z pvalue
        ci_lower ci_upper.
    """

    blocks: tuple[Fit, ...]
    structural: Fit
    parameters: pd.DataFrame


def fit_sam(model: str, data: pd.DataFrame, **options: Any) -> SamFit:
    """Fit a model by local structural-after-measurement.

    Parameters
    ----------
    model : str
        A model with factors and regressions among them.
    data : DataFrame
        One group, complete after listwise deletion.
    **options
        ``std_lv`` and ``meanstructure`` as in `fit_sem`.

    Raises
    ------
    UnsupportedModel
        For observed variables in the structural part, definitions and constraints.
    """
    unknown = set(options) - {"std_lv", "meanstructure"}
    if unknown:
        raise UnsupportedModel(f"fit_sam does not take {', '.join(sorted(unknown))}")
    statements = parse_model(model)
    who = roles(statements)
    factors = set(who.latent)
    structural = [f for f in statements.formulas if f.op != "=~" and {f.lhs, f.rhs} - {""} <= factors]
    measurement = [f for f in statements.formulas if f not in structural]
    outside = [f for f in measurement if f.op == "~" or (f.op != "=~" and {f.lhs, f.rhs} & factors)]
    if outside:
        raise UnsupportedModel(
            f'"{outside[0]}" joins observed variables and factors; SAM needs a structural part among factors'
        )
    if statements.constraints:
        raise UnsupportedModel("SAM here takes no definitions or constraints")
    if any(f.op == "=~" and f.rhs in factors for f in measurement):
        raise UnsupportedModel("SAM here takes no factors of factors")
    blocks = tuple(
        fit_sem(_text(block), data, std_lv=options.get("std_lv", False), meanstructure=True)
        for block in _blocks(measurement, who.latent)
    )
    joint = fit_sem(model, data, std_lv=options.get("std_lv", False), meanstructure=True)
    names = list(joint.sample.names)
    M = np.zeros((len(who.latent), len(names)))
    unique = np.zeros((len(names), len(names)))
    for block in blocks:
        at = [names.index(n) for n in block.sample.names]
        rows = [who.latent.index(n) for n in block.structure.latent]
        Lambda, Theta = _measurement(block)
        half = np.linalg.solve(Theta, Lambda)
        M[np.ix_(rows, at)] = np.linalg.solve(Lambda.T @ half, half.T)
        unique[np.ix_(at, at)] = Theta
    cov = M @ (joint.sample.cov[0] - unique) @ M.T
    sample = Sample(
        who.latent, ("",), joint.sample.n, np.zeros((1, len(cov))), cov[None], total=joint.sample.total
    )
    second = Model(tuple(structural) + _missing_variances(structural, who.latent), ())
    table = build_table(second, ("",), TableOptions(fixed_x=False, meanstructure=False))
    call = replace(joint.call, model=str(second), estimator=ESTIMATORS["ML"])
    family = _family(table, sample)
    fit = Fit(call, family, family.solve())
    return SamFit(blocks, fit, _two_step(joint, blocks, fit))


def _family(table: ParTable, sample: Sample) -> NormalTheory:
    structure = compile_structure(table)
    order = [sample.names.index(n) for n in structure.observed]
    sample = replace(
        sample, names=structure.observed, mean=sample.mean[:, order], cov=sample.cov[:, order][:, :, order]
    )
    return NormalTheory(table, structure, sample, ESTIMATORS["ML"])


def _text(formulas: list[Formula]) -> str:
    return "\n".join(map(str, formulas))


def _blocks(measurement: list[Formula], latent: tuple[str, ...]) -> list[list[Formula]]:
    """Formulas by block: factors that share an item or a residual covariance are estimated together."""
    group = {name: name for f in measurement for name in (f.lhs, f.rhs) if name}
    group |= {name: name for name in latent}

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


def _missing_variances(structural: list[Formula], latent: tuple[str, ...]) -> tuple[Formula, ...]:
    """Every factor is in the structural model, if only by its variance."""
    there = {n for f in structural for n in (f.lhs, f.rhs)}
    return tuple(Formula(n, "~~", n) for n in latent if n not in there)


def _measurement(fit: Fit) -> tuple[Array, Array]:
    """Λ and Θ of a measurement model."""
    st, values = fit.structure, fit.implied.values[0]
    A, S = np.zeros((st.m, st.m)), np.zeros((st.m, st.m))
    rows = np.flatnonzero(st.kind == DIRECTED)
    A[st.i[rows], st.j[rows]] = values[rows]
    rows = np.flatnonzero(st.kind == SYMMETRIC)
    S[st.i[rows], st.j[rows]] = S[st.j[rows], st.i[rows]] = values[rows]
    return A[: st.p, st.p :], S[: st.p, : st.p]


def _two_step(joint: Fit, blocks: tuple[Fit, ...], structural: Fit) -> pd.DataFrame:
    """V₂ = I₂₂⁻¹/N + I₂₂⁻¹ I₂₁ V₁ I₁₂ I₂₂⁻¹, with the joint model's information at the two-step estimates."""
    q = joint.table.n_free
    where = {row.key: row.free for row in joint.table.rows if row.free >= 0}
    where |= {(r, op, lhs): k for (lhs, op, r), k in where.items() if op == "~~"}
    theta, V1 = np.zeros(q), np.zeros((q, q))
    own = set(joint.structure.latent)
    first: list[int] = []
    for block in blocks:
        pairs = [
            (row.free, where[row.key])
            for row in block.table.rows
            if row.free >= 0 and not (row.op == "~~" and row.lhs in own) and row.key in where
        ]
        mine, joints = [a for a, _ in pairs], [b for _, b in pairs]
        theta[joints] = block.theta[mine]
        V1[np.ix_(joints, joints)] = block.vcov[np.ix_(mine, mine)]
        first += joints
    second = []
    for row in structural.table.rows:
        if row.free >= 0:
            theta[where[row.key]] = structural.theta[row.free]
            second.append(where[row.key])
    information = joint.family.objective.at(theta).information
    I22 = information[np.ix_(second, second)]
    I21 = information[np.ix_(second, first)]
    inverse = np.linalg.inv(I22)
    carried = inverse @ I21
    V2 = inverse / joint.sample.N + carried @ V1[np.ix_(first, first)] @ carried.T
    se = np.zeros(len(structural.table.rows))
    for k, row in enumerate(structural.table.rows):
        if row.free >= 0:
            se[k] = np.sqrt(V2[second.index(where[row.key]), second.index(where[row.key])])
    frame = structural.parameters
    columns = {name: frame[name].to_numpy() for name in ("lhs", "op", "rhs", "group", "label")}
    return coefficients(columns, frame["est"].to_numpy(), se, {})

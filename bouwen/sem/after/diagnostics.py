"""What a model could be given: modification indices and score tests.

Both ask what the fitted model's gradient says about parameters that it does not have, or holds equal
(Sörbom, 1989; Bentler & Chou, 1993). The information is the expected one with every estimator, as in lavaan.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from bouwen.checks import Array
from bouwen.sem.fitted import Fitted
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.identification import IDENTIFIED
from bouwen.sem.model.implied import compile_structure
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.model.standardised import standardise
from bouwen.sem.model.table import Parameter, ParTable
from bouwen.special import chdtrc


def modification_indices(fit: Fitted) -> pd.DataFrame:
    """What chi-square would lose, and the estimate would be, if a fixed or absent parameter were freed.

    Returns
    -------
    DataFrame
        lhs op rhs group mi epc sepc_all, sorted by mi. ``sepc_all`` is the expected change
        on the scale of ``std_all``.

    References
    ----------
    Sörbom (1989), Psychometrika 54.
    """
    table, n_new = _extended(fit.partable)
    structure = compile_structure(table)
    family = fit.family.of_model(table, structure)
    q = fit.partable.n_free
    values = np.concatenate([fit.theta, np.zeros(n_new)])
    for row in table.rows:
        if row.free >= q:
            values[row.free] = row.value or 0.0
    point = family.objective.at(values)
    information, g = family.beside(point, q), point.gradient
    Itt, Itc, free = information.known, information.mixed, information.own
    if fit.solution.basis is not None:
        Itt, Itc = fit.solution.basis.T @ Itt @ fit.solution.basis, fit.solution.basis.T @ Itc
    if len(Itt):
        free = free - np.einsum("kc,kc->c", Itc, np.linalg.solve(Itt, Itc))
    usable = free > IDENTIFIED * np.maximum(information.own, 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        mi = np.where(usable, fit.sample.N * g[q:] ** 2 / free, np.nan)
        epc = np.where(usable, -g[q:] / free, np.nan)
    unit = family.reported(point)
    scale = standardise(structure, unit, observed=True, values=np.ones_like(unit.values))
    R = table.rows_per_group
    out = []
    for k, row in enumerate(table.rows):
        if row.free >= q and np.isfinite(mi[row.free - q]):
            c = row.free - q
            out.append(
                (
                    *row.key,
                    fit.sample.group_values[row.group],
                    mi[c],
                    epc[c],
                    epc[c] * scale[row.group, k % R],
                )
            )
    frame = pd.DataFrame(out, columns=["lhs", "op", "rhs", "group", "mi", "epc", "sepc_all"])
    return frame.sort_values("mi", ascending=False, kind="stable", ignore_index=True)


def _extended(table: ParTable) -> tuple[ParTable, int]:
    """The table with every fixed or absent parameter as a new free one."""
    first = table.rows[: table.rows_per_group]
    have = {row.key for row in first} | {(r.rhs, r.op, r.lhs) for r in first if r.op == "~~"}
    # a loading says the same as a regression on the factor
    have |= {(r.rhs, "~", r.lhs) for r in first if r.op == "=~"} | {
        (r.rhs, "=~", r.lhs) for r in first if r.op == "~"
    }
    inner = [n for n in table.observed if n not in table.exogenous]
    indicators = list(dict.fromkeys(r.rhs for r in first if r.op == "=~" and r.rhs in table.observed))
    absent = [(f, "=~", x) for f in table.latent for x in indicators]
    absent += [(a, "~~", b) for a, b in combinations(inner, 2)]
    absent += [(a, "~~", b) for a, b in combinations(table.latent, 2)]
    in_paths = list(dict.fromkeys(n for r in first if r.op == "~" for n in (r.lhs, r.rhs)))
    absent += [(y, "~", x) for y in in_paths if y not in table.exogenous for x in in_paths if x != y]
    if table.ordered:
        absent = [k for k in absent if not (k[1] == "~" and k[2] in table.ordered)]
    absent = [k for k in absent if k not in have]
    number, rows = table.n_free, []
    for g in range(table.n_groups):
        for row in table.rows[g * len(first) : (g + 1) * len(first)]:
            releasable = row.free < 0 and not row.exogenous and row.op in ("=~", "~", "~~", "~1")
            if releasable and not (row.op == "~~" and row.lhs in table.ordered and row.lhs == row.rhs):
                row = replace(row, free=number)
                number += 1
            rows.append(row)
        for lhs, op, rhs in absent:
            rows.append(Parameter(lhs, op, rhs, g, number, 0.0))
            number += 1
    plain = replace(
        table, rows=tuple(rows), n_free=number, definitions=(), equalities=(), inequalities=(), texts=()
    )
    return plain, number - table.n_free


def score_tests(fit: Fitted) -> pd.DataFrame:
    """What chi-square would lose if one equality of the model were given up, and if all were.

    Returns
    -------
    DataFrame
        lhs op rhs released x2 df pvalue; lhs and rhs name rows of the table by position (``.p2.``),
        ``released`` says which parameter is set free. The last row is the test of all together.

    References
    ----------
    Bentler & Chou (1993), Some new covariance structure model improvement statistics.
    """
    table, pairs = untied(fit.partable)
    if not pairs and not fit.partable.equalities:
        raise UnsupportedModel("the model holds no parameters equal, so there is nothing to release")
    family = fit.family.of_model(table, compile_structure(table))
    q = table.n_free
    theta = np.zeros(q)
    for old, new in zip(fit.partable.rows, table.rows, strict=True):
        if new.free >= 0:
            theta[new.free] = fit.theta[old.free]
    point = family.objective.at(theta)
    g, information = point.gradient, family.expected(point)
    rules = np.zeros((len(pairs), q))
    for k, (a, b) in enumerate(pairs):
        rules[k, table.rows[a].free], rules[k, table.rows[b].free] = 1.0, -1.0
    if table.equalities:  # those that are not linear as they are at the estimates
        rules = np.vstack([rules, Restrictions(table).slopes(theta)])
    out = []
    labels = [(f".p{a + 1}.", f".p{b + 1}.", _parameter_name(fit, b)) for a, b in pairs]
    labels += [(str(c.left), c.text or str(c.right), "") for c in table.equalities]
    for k, (lhs, rhs, released) in enumerate(labels):
        x2 = _score_statistic(np.delete(rules, k, axis=0), g, information) * fit.sample.N
        out.append((lhs, "==", rhs, released, x2, 1, float(chdtrc(1, x2))))
    total = _score_statistic(np.zeros((0, q)), g, information) * fit.sample.N
    df = int(np.linalg.matrix_rank(rules))
    out.append(("total", "==", "", "all", total, df, float(chdtrc(df, total))))
    return pd.DataFrame(out, columns=["lhs", "op", "rhs", "released", "x2", "df", "pvalue"])


def _score_statistic(rules: Array, g: Array, information: Array) -> float:
    """gᵀ K (Kᵀ I K)⁺ Kᵀ g, K the directions that the remaining rules leave free."""
    K = np.eye(len(g))
    if len(rules):
        _, d, Vt = np.linalg.svd(rules)
        K = Vt[int((d > 1e-10).sum()) :].T
    scale = np.sqrt(np.maximum(np.einsum("ik,ij,jk->k", K, information, K), 1e-300))
    C = (K.T @ information @ K) / scale[:, None] / scale
    u = K.T @ g / scale
    return float(u @ np.linalg.pinv(C, rcond=IDENTIFIED, hermitian=True) @ u)


def untied(table: ParTable) -> tuple[ParTable, list[tuple[int, int]]]:
    """Every free row with its own number, and the pairs of rows that were equal."""
    first: dict[int, int] = {}
    pairs, rows, number = [], [], 0
    for k, row in enumerate(table.rows):
        if row.free < 0:
            rows.append(row)
            continue
        if row.free in first:
            pairs.append((first[row.free], k))
        else:
            first[row.free] = k
        rows.append(replace(row, free=number))
        number += 1
    return replace(table, rows=tuple(rows), n_free=number, inequalities=()), pairs


def _parameter_name(fit: Fitted, position: int) -> str:
    row = fit.partable.rows[position]
    name = f"{row.lhs} ~ 1" if row.op == "~1" else f"{row.lhs} {row.op} {row.rhs}"
    return f"{name} [{fit.sample.groups[row.group]}]" if fit.partable.n_groups > 1 else name

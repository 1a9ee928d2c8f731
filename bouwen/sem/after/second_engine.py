"""A second, independent engine: semopy's estimates in the same result object.

semopy 2.3 estimates one group of complete rows by ML as we do; its fit indices, standard errors for
constrained models, groups, missing data and ordered items are not lavaan's, so those are refused, and
standard errors, tests and measures are computed here at its estimates.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

import numpy as np
import pandas as pd

from bouwen.sem.fitted import Fitted, bare_fit
from bouwen.sem.model.identification import check_identified
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.model.table import ParTable
from bouwen.sem.solution import NotConverged, Solution

FTOL = 1e-12  # semopy's own default stops early
SAME_FIT = 1e-6  # largest excess of the discrepancy that can still be rounding


def semopy_solution(ours: Fitted, data: pd.DataFrame) -> Solution:
    """Estimate a fitted model with semopy.

    Parameters
    ----------
    ours : Fit
        The same model estimated here.
    data : DataFrame
        What it was fitted to.

    Raises
    ------
    UnsupportedModel
        For labels, starting values, fixed covariances of factors with other marker items and the like, which
        semopy reads otherwise than lavaan.
    """
    if ours.partable.equalities or ours.partable.inequalities:
        raise UnsupportedModel('engine="semopy" takes no constraints; use engine="bouwen"')
    text = semopy_text(ours.partable)
    frame = data.iloc[ours.sample.index[0]][list(ours.sample.names)]
    inspected = _run(text, frame)
    theta = ours.theta.copy()
    found = {(r["lval"], r["op"], r["rval"]): float(r["Estimate"]) for r in inspected.to_dict("records")}
    for row in ours.partable.rows:
        if row.free < 0:
            continue
        key = (row.rhs, "~", row.lhs) if row.op == "=~" else row.key
        value = found.get(key, found.get((row.rhs, row.op, row.lhs)))
        if value is None:
            raise UnsupportedModel(
                f'semopy did not estimate "{row.lhs} {row.op} {row.rhs}", so the two models differ; '
                'use engine="bouwen"'
            )
        theta[row.free] = value
    point = ours.family.objective.at(theta)
    if not np.isfinite(float(point.value)):
        raise NotConverged(
            0, np.inf, ours.partable.free_name(0), " semopy stopped at an impossible covariance matrix."
        )
    if float(point.value) > float(ours.point.value) + SAME_FIT:
        raise UnsupportedModel(
            "semopy reads this model otherwise than lavaan (it always fixes a first loading), or stopped "
            "early: "
            f"its estimates fit worse by {float(point.value) - float(ours.point.value):.1e}; "
            'use engine="bouwen"'
        )
    basis = ours.solution.basis
    weakest = check_identified(ours.partable, point.information, point.hessian, basis) if len(theta) else None
    return Solution(theta, point, 0, basis, ours.solution.held, weakest=weakest)


def semopy_text(table: ParTable) -> str:
    """The completed model in semopy's language, everything written out."""
    lines = []
    for row in table.rows:
        if row.exogenous or row.op == "~1":
            continue
        if row.free < 0:
            modifier = f"{row.value!r}*"
        elif sum(r.free == row.free for r in table.rows) > 1:
            modifier = f"shared{row.free}*"
        else:
            modifier = ""
        lines.append(f"{row.lhs} {row.op} {modifier}{row.rhs}")
    return "\n".join(lines)


def _run(text: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Fit quietly; semopy prints and warns about its dependencies."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        import semopy

        fitted: Any = semopy.Model(text)
        fitted.load_dataset(frame)
        fitted.fit(obj="MLW", solver="SLSQP", options={"ftol": FTOL, "maxiter": 10_000})
        return pd.DataFrame(fitted.inspect())


def compare_engines(model: str, data: pd.DataFrame, *, std_lv: bool = False) -> pd.DataFrame:
    """Both engines side by side: lhs op rhs est_bouwen est_semopy difference, for free parameters."""
    ours = bare_fit(model, data, std_lv=std_lv)
    first = ours.parameters
    second = Fitted(ours.call, ours.family, semopy_solution(ours, data)).parameters
    free = first["se"] > 0
    table = first.loc[free, ["lhs", "op", "rhs"]].copy()
    table["est_bouwen"], table["est_semopy"] = first.loc[free, "est"], second.loc[free, "est"]
    table["difference"] = table["est_semopy"] - table["est_bouwen"]
    return table.reset_index(drop=True)

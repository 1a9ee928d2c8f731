"""A model text -> whether a model can be fitted from it, before there are answers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bouwen.checks import Array
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.derivatives import jacobian, slots
from bouwen.sem.model.identification import NotIdentified, check_identified
from bouwen.sem.model.implied import DIRECTED, SYMMETRIC, Structure, compile_structure, implied_moments
from bouwen.sem.model.statements import ParsedModel
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import ParTable, TableOptions, build_table


def read_model(text: str, thresholds: Mapping[str, int] | None = None) -> ParTable:
    """Read a model as a fit to one group of answers with gaps would, and ask whether it is identified.

    Parameters
    ----------
    text : str
        lavaan model syntax.
    thresholds : mapping, optional
        Number of thresholds of each item whose answers can be taken as categories. They are when the
        text speaks of thresholds; whether such a model is identified depends on the answers.

    Returns
    -------
    ParTable

    Raises
    ------
    ModelSyntaxError, ModelError
        The text; the error has the ``line`` if it knows it.
    NotIdentified
        Some parameters trade places whatever the answers are; ``line`` is that of the last one written.

    Notes
    -----
    A model is locally identified where the Jacobian of its moments has full column rank, which it
    has almost everywhere or nowhere (Bekker, Merckens & Wansbeek, 1994); it is looked at in one random place.
    """
    model = parse_model(text)
    categorical = any(f.op in ("|", "~*~") for f in model.formulas)
    options = TableOptions(meanstructure=True, thresholds=(thresholds or {}) if categorical else {})
    table = build_table(model, options=options)
    structure, restrictions = compile_structure(table), Restrictions(table)
    _ = restrictions.affine  # refuses contradictions
    if not categorical and table.n_free:
        slopes = moment_slopes(structure, anywhere(structure))
        if table.equalities:
            slopes = np.vstack([slopes, restrictions.slopes(anywhere(structure))])
        try:
            check_identified(table, slopes.T @ slopes, None, None)
        except NotIdentified as error:
            error.line = line_of_last(model, error.parameters)
            raise
    return table


def anywhere(structure: Structure) -> Array:
    """Parameters (q,) without any relation between them, of the size that they have in practice."""
    rng = np.random.default_rng(1)
    rows = np.where(structure.loading, 0.8, np.where(structure.kind == DIRECTED, 0.3, 0.1))
    rows[(structure.kind == SYMMETRIC) & (structure.i == structure.j)] = 1.0
    theta = np.zeros(structure.q)
    free = structure.is_free[0]
    theta[structure.free[0, free]] = (rows * rng.uniform(0.6, 1.4, len(rows)))[free]
    return theta


def moment_slopes(structure: Structure, theta: Array) -> Array:
    """Change of the variances, covariances and means with each parameter, (p(p + 3)/2, q)."""
    rows, cols = np.tril_indices(structure.p)
    variances = structure.kind[structure.exogenous_rows] == SYMMETRIC
    fixed = structure.fixed.copy()
    alone = structure.i[structure.exogenous_rows] == structure.j[structure.exogenous_rows]
    fixed[:, structure.exogenous_rows] = np.where(variances, np.where(alone, 1.0, 0.3), 0.5)
    dcov, dmean = jacobian(slots(structure), implied_moments(structure, theta, fixed), rows, cols)
    return np.vstack([dcov[0], dmean[0]])


def line_of_last(model: ParsedModel, parameters: tuple[str, ...]) -> int:
    """The line of the last formula that writes one of some parameters; 0 where none does."""
    lines = [0]
    for formula in model.formulas:
        name = f"{formula.lhs} ~ 1" if formula.op == "~1" else f"{formula.lhs} {formula.op} {formula.rhs}"
        if name in parameters:
            lines.append(formula.line)
    return max(lines)

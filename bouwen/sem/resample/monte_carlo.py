"""Estimates and their sampling covariance -> intervals of what is defined from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from bouwen.checks import Array, OptionError, check_count
from bouwen.sem.after.intervals import limits, spread
from bouwen.sem.fit import Fit
from bouwen.sem.fitted import check_is_fit
from bouwen.sem.model.constraints import Restrictions
from bouwen.sem.model.implied import row_values
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.model.statements import Constraint, ParsedModel
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import ParTable, definitions_in_order
from bouwen.sem.resample.roots import symmetric_root


def monte_carlo_ci(
    fit: Fit,
    draws: int = 20000,
    *,
    seed: int = 1,
    expressions: Mapping[str, str] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Percentile intervals of defined parameters, from draws of the estimates' normal distribution.

    θ* ~ N(θ̂, V), V the fit's sampling covariance; every draw is put into the formulas of the defined
    parameters. Nothing is fitted again, so it takes no respondents and next to no time.

    Parameters
    ----------
    fit : Fit
    draws, seed : int
    expressions : mapping of name to formula, optional
        Further parameters to define, such as ``{"indirect": "a*b"}``; formulas use the labels of the model
        and its own definitions. Without it the definitions of the model (``:=``).
    confidence : float

    Returns
    -------
    DataFrame
        lhs op rhs group est se ci_lower ci_upper n_draws; ``se`` is the standard deviation of the draws,
        ``n_draws`` how many of them gave a number.

    Raises
    ------
    UnsupportedModel
        The model defines nothing, and no expressions are given.
    ModelSyntaxError, ModelError
        A formula that cannot be read, or a label that the model does not have.
    NotACount, NotAShare

    References
    ----------
    MacKinnon, Lockwood & Williams (2004), Multivariate Behavioral Research 39; Preacher & Selig (2012),
    Communication Methods and Measures 6.
    """
    check_is_fit(fit)
    check_count("draws", draws, least=2)
    check_count("seed", seed)
    if expressions is not None and not isinstance(expressions, Mapping):
        raise OptionError('expressions= takes formulas by name, such as {"indirect": "a*b"}')
    table = fit.partable if expressions is None else define(fit.partable, expressions)
    if not table.definitions:
        raise UnsupportedModel(
            'the model defines no parameters; write one in the model, such as "indirect := a*b", '
            "or give expressions="
        )
    normal = np.random.default_rng(seed).standard_normal((draws, len(fit.theta)))
    drawn = _defined(fit, table, fit.theta + normal @ symmetric_root(fit.theta_cov))
    est = _defined(fit, table, fit.theta)
    lower, upper = limits(drawn, est, confidence)
    names = [name for name, _ in table.definitions]
    shown = range(len(names)) if expressions is None else [names.index(name) for name in expressions]
    frame = pd.DataFrame(
        {
            "lhs": names,
            "op": ":=",
            "rhs": list(table.texts),
            "group": "",
            "est": est,
            "se": spread(drawn),
            "ci_lower": lower,
            "ci_upper": upper,
            "n_draws": (~np.isnan(drawn)).sum(axis=0),
        }
    )
    return frame.iloc[list(shown)].reset_index(drop=True)


def define(table: ParTable, expressions: Mapping[str, str]) -> ParTable:
    """The table with further defined parameters, which may use those it has.

    Raises
    ------
    ModelSyntaxError, ModelError
    """
    added = parse_model("\n".join(f"{name} := {formula}" for name, formula in expressions.items()))
    have = parse_model(
        "\n".join(f"{name} := {text}" for (name, _), text in zip(table.definitions, table.texts, strict=True))
    )
    model = ParsedModel((), (*have.constraints, *added.constraints))
    texts: dict[str, Constraint] = {str(c.left): c for c in model.constraints}
    ordered = definitions_in_order(model, table.rows)
    return replace(table, definitions=ordered, texts=tuple(texts[name].text for name, _ in ordered))


def _defined(fit: Fit, table: ParTable, theta: Array) -> Array:
    """Defined parameters (..., k) at parameters (..., q)."""
    rows = row_values(fit.structure, theta, fit.implied.values)
    return Restrictions(table).definitions_from_rows(rows.reshape(*theta.shape[:-1], -1))

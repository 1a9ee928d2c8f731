"""Statements -> what each variable of a model is: factor, indicator, outcome, covariate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bouwen.sem.model.statements import ParsedModel


@dataclass(frozen=True, slots=True)
class Roles:
    """What each variable of a model is."""

    latent: tuple[str, ...]
    observed: tuple[str, ...]
    indicators: frozenset[str]
    exogenous: tuple[str, ...]
    latent_exogenous: tuple[str, ...]
    final: tuple[str, ...]
    """Outcomes that predict nothing; their residuals covary."""


def roles(model: ParsedModel) -> Roles:
    """Sort the variables of a model by what they do in it.

    A covariate whose mean, variance or covariance the text mentions is no longer
    fixed: it becomes an ordinary variable of the model.
    """
    formulas = model.formulas
    latent = _unique(f.lhs for f in formulas if f.op == "=~")
    factors = set(latent)
    measured = _unique(f.rhs for f in formulas if f.op == "=~")
    outcomes = _unique(f.lhs for f in formulas if f.op == "~")
    predictors = _unique(f.rhs for f in formulas if f.op == "~")
    others = _unique(n for f in formulas for n in (f.lhs, f.rhs) if f.op in ("~~", "~1") and n)
    others += [f.lhs for f in formulas if f.op in ("|", "~*~")]
    indicators = frozenset(measured)
    predicted, predicting = set(outcomes), set(predictors)
    observed = [n for n in _unique([*measured, *outcomes, *predictors, *others]) if n not in factors]
    mentioned = {n for f in formulas if f.op in ("~~", "~1") for n in (f.lhs, f.rhs)}
    exogenous = [
        n
        for n in predictors
        if n not in factors and n not in indicators and n not in predicted and n not in mentioned
    ]
    return Roles(
        latent=tuple(latent),
        observed=tuple(observed),
        indicators=indicators,
        exogenous=tuple(exogenous),
        latent_exogenous=tuple(n for n in latent if n not in indicators and n not in predicted),
        final=tuple(
            n for n in [*latent, *observed] if n in predicted and n not in predicting and n not in indicators
        ),
    )


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))

"""A study's own models, fitted to a study's own answers."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from bouwen.scales import key_items
from bouwen.sem import Fit, fit_sem
from bouwen.survey import Study


def fit_model(study: Study, model: str, *, estimator: Literal["MLR", "WLSMV"] = "MLR") -> Fit:
    """Fit one of the models of a study's instrument to its answers, reversed items turned.

    Parameters
    ----------
    study : Study
    model : str
        The name of a model in the instrument, or the role ``"measurement"`` or ``"structural"``.
    estimator : "MLR" or "WLSMV"
        Maximum likelihood with robust errors that uses every answer given (FIML), which suits items
        with five and more points; or, as a check on it, weighted least squares that takes answers as
        ordered categories, with every pair of answers used.

    Raises
    ------
    BouwenError
        The model is unknown or cannot be fitted.
    """
    syntax, answers = model_syntax(study, model), key_items(study)
    if estimator == "WLSMV":
        return fit_sem(syntax, answers, estimator="WLSMV", ordered=True, missing="pairwise")
    return fit_sem(syntax, answers, estimator="MLR", missing="fiml")


def compare_engines(study: Study, model: str) -> pd.DataFrame:
    """Estimate a model twice: with our engine and with semopy.

    Both take the respondents who answered every item of the model, by maximum likelihood, because
    that is what semopy does well.

    Returns
    -------
    DataFrame
        ``lhs op rhs bouwen semopy difference``, a row per free parameter, unstandardised.
    """
    syntax, answers = model_syntax(study, model), key_items(study)
    fits = {engine: fit_sem(syntax, answers, engine=engine) for engine in ("bouwen", "semopy")}
    keys = ["lhs", "op", "rhs"]
    ours = fits["bouwen"].parameters.query("se > 0").set_index(keys)["est"].rename("bouwen")
    theirs = fits["semopy"].parameters.set_index(keys)["est"].rename("semopy")
    both = pd.concat([ours, theirs.reindex(ours.index)], axis=1).reset_index()
    return both.assign(difference=both["bouwen"] - both["semopy"])


def model_syntax(study: Study, model: str) -> str:
    """A model in full, by its name in the instrument or by its role in the study."""
    if model in ("measurement", "structural"):
        model = getattr(study.file.models, model)
    return study.instrument.model_syntax(model)

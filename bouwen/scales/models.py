"""A study's own models, fitted to a study's own answers."""

from __future__ import annotations

from typing import Literal

from bouwen.scales.scoring import key_items
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
    if model in ("measurement", "structural"):
        model = getattr(study.file.models, model)
    syntax, answers = study.instrument.model_syntax(model), key_items(study)
    if estimator == "WLSMV":
        return fit_sem(syntax, answers, estimator="WLSMV", ordered=True, missing="pairwise")
    return fit_sem(syntax, answers, estimator="MLR", missing="fiml")

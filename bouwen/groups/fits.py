"""A study's own models, fitted to a study's own answers."""

from __future__ import annotations

from bouwen.scales import key_items
from bouwen.sem import Fit, fit_sem
from bouwen.survey import Study


def fit_model(study: Study, model: str, *, estimator: str = "MLR", missing: str = "fiml") -> Fit:
    """Fit one of the models of a study's instrument to its answers, reversed items turned.

    Parameters
    ----------
    study : Study
    model : str
        The name of a model in the instrument, or the role ``"measurement"`` or ``"structural"``.
    estimator, missing
        As in `bouwen.fit_sem`. The default suits five-point items with some answers missing:
        maximum likelihood with robust errors, every answer used.

    Raises
    ------
    BouwenError
        The model is unknown or cannot be fitted.
    """
    if model in ("measurement", "structural"):
        model = getattr(study.file.models, model)
    return fit_sem(
        study.instrument.model_syntax(model), key_items(study), estimator=estimator, missing=missing
    )

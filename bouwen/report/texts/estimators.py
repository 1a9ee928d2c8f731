"""By which estimator a chapter was computed, in words."""

from __future__ import annotations

from typing import Literal, get_args

from bouwen.checks import check_choice
from bouwen.report.audience import reader
from bouwen.scales import is_ordinal
from bouwen.sem import ESTIMATORS
from bouwen.survey import Study

Place = Literal["is", "which", "as"]


def estimator_text(study: Study, estimator: str, form: Place = "is") -> str:
    """What an estimator does with the answers.

    Parameters
    ----------
    study : Study
        Gives the language.
    estimator : str
        One of `bouwen.fit_sem`.
    form : "is", "which" or "as"
        A clause with its name; a clause to follow *which*; or as what it takes answers.
    """
    form = check_choice("form", form, get_args(Place))
    name = check_choice("estimator", estimator, ESTIMATORS)
    if is_ordinal(name):
        kind = "ordered"
    elif form == "as":
        kind = "numbers"
    else:
        kind = name if name in ("ML", "MLR") else "complete"
    return reader(study).words(f"estimators.{form}_{kind}", name=name)

"""The name of an estimator -> how answers to a questionnaire are fitted by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bouwen.checks import check_choice
from bouwen.sem import ESTIMATORS

#: What functions offer that need a corrected test of answers as numbers, or as ordered categories.
CORRECTED = ("MLR", "WLSMV")


def is_ordinal(estimator: str) -> bool:
    """Whether an estimator takes answers as ordered categories.

    >>> is_ordinal("dwls"), is_ordinal("ML")
    (True, False)
    """
    return ESTIMATORS[check_choice("estimator", estimator, ESTIMATORS)].discrepancy == "DWLS"


def as_numbers(estimator: str) -> str:
    """The estimator itself, or MLR in place of one that takes answers as ordered categories."""
    return "MLR" if is_ordinal(estimator) else estimator


def estimation(estimator: str, *, ordered: Sequence[str] | bool = True) -> dict[str, Any]:
    """The options of `bouwen.fit_sem` by which an estimator uses as many of the answers as it can.

    Every answer given by maximum likelihood (FIML), every pair of answers of ordered categories, complete
    respondents by the others.

    Parameters
    ----------
    estimator : str
        One that `bouwen.fit_sem` knows, in any case.
    ordered : sequence of str or True
        The items that are taken as ordered where the estimator takes any so.

    Raises
    ------
    UnknownOption

    >>> estimation("mlr"), estimation("GLS")["missing"]
    ({'estimator': 'MLR', 'missing': 'fiml'}, 'listwise')
    """
    name = check_choice("estimator", estimator, ESTIMATORS)
    if is_ordinal(name):
        return {"estimator": name, "ordered": ordered, "missing": "pairwise"}
    return {"estimator": name, "missing": "fiml" if name in ("ML", "MLR") else "listwise"}

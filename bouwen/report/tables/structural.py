"""A structural model: what is explained, and what matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.path import Importance
from bouwen.report.audience import ReaderOptions, reader, reader_of
from bouwen.report.given import FIT, check_given
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts, of_groups
from bouwen.sem import Fit
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

IMPORTANCE = "what levers matter (bouwen.predictor_importance)"


def explained_table(
    fit: Fit,
    study: Study | None = None,
    **options: Unpack[ReaderOptions],
) -> GT:
    """The share of each outcome's variance that its predictors explain.

    Parameters
    ----------
    fit : Fit
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(fit, Fit, FIT)
    to = reader(study, **options)
    found = explained(fit)
    columns = of_groups(to, found["group"])
    columns |= {
        "variable": [to.label(name) for name in found["lhs"]],
        "r_squared": number_texts(to, found["r2"]),
    }
    return lay_out(to, columns)


def explained(fit: Fit) -> pd.DataFrame:
    """R² of what regressions predict, measured variables and parts of factors left out: ``lhs group r2``."""
    outcomes = fit.parameters.query("op == '~'")["lhs"]
    found = fit.r_squared()
    return found[found["lhs"].isin(set(outcomes))].reset_index(drop=True)


def importance_table(found: Importance, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """Total effect and share of R² of every lever, under the outcome that it leads to.

    Parameters
    ----------
    found : Importance
        From `bouwen.predictor_importance`; gives the level of the intervals.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Importance, IMPORTANCE)
    to, rows = reader_of(found, study, **options), found.table()
    return lay_out(
        to,
        {
            "outcome_of": [f"→ {to.label(name)}" for name in rows["outcome"]],
            "lever": [to.label(name) for name in rows["predictor"]],
            "total": number_texts(to, rows["total"]),
            "total_interval": interval_texts(to, rows, "total_"),
            "r2_share": number_texts(to, rows["share"]),
            "share_interval": interval_texts(to, rows, "share_"),
        },
        rows="outcome_of",
        note="importance",
    )

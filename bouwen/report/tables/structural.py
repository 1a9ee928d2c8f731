"""Structure after measurement: how well each block measures, what is explained, and what matters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.path import Importance
from bouwen.report.audience import ReaderOptions, reader, reader_of
from bouwen.report.given import check_given
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts, of_groups, pvalue_texts
from bouwen.report.tables.models import ANY_FIT, FITS, measure
from bouwen.report.texts.wording import analysed_text
from bouwen.sem import Fit, SamFit
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

BLOCK_MEASURES = ("chisq", "df", "pvalue", "pvalue_small", "cfi", "rmsea", "srmr")
IMPORTANCE = "what levers matter (bouwen.predictor_importance)"


def block_fits_table(
    fit: SamFit | Fit, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT | None:
    """How well the measurement model of each block fits; nothing of a model that was estimated in one step.

    Parameters
    ----------
    fit : SamFit or Fit
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(fit, FITS, ANY_FIT)
    to = reader(study, **options)
    if isinstance(fit, Fit):
        return None
    figures = pd.DataFrame([{name: measure(block, name) for name in BLOCK_MEASURES} for block in fit.blocks])
    exact = figures["df"] == 0  # nothing to test
    figures.loc[exact, ["chisq", "pvalue", "pvalue_small", "cfi", "rmsea"]] = float("nan")
    return lay_out(
        to,
        {
            "construct": [to.words.listing([to.label(name) for name in tops(block)]) for block in fit.blocks],
            "items": [str(len(block.structure.observed)) for block in fit.blocks],
            "n": [analysed_text(to, block.n) for block in fit.blocks],
            "chisq": number_texts(to, figures["chisq"]),
            "df": number_texts(to, figures["df"], 0),
            "p": pvalue_texts(to, figures["pvalue"]),
            "p_small": pvalue_texts(to, figures["pvalue_small"]),
            **{name: number_texts(to, figures[name], 3) for name in ("cfi", "rmsea", "srmr")},
        },
        note="blocks",
    )


def tops(block: Fit) -> list[str]:
    """The factors of a block that are not part of another: one for a factor of factors."""
    loads = block.parameters.query("op == '=~'")
    parts = set(loads["rhs"])
    return [name for name in dict.fromkeys(loads["lhs"]) if name not in parts]


def explained_table(
    fit: SamFit | Fit,
    study: Study | None = None,
    *,
    one_step: Fit | None = None,
    **options: Unpack[ReaderOptions],
) -> GT:
    """The share of each outcome's variance that its predictors explain, with its interval.

    Parameters
    ----------
    fit : SamFit or Fit
    study : Study, optional
        Gives the labels and the language.
    one_step : Fit, optional
        The same model estimated in one step: its shares stand beside the others.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(fit, FITS, ANY_FIT)
    to = reader(study, **options)
    found = explained(fit, to.confidence)
    columns = of_groups(to, found["group"])
    columns |= {
        "variable": [to.label(name) for name in found["lhs"]],
        "r_squared": number_texts(to, found["r2"]),
        "interval": interval_texts(to, found),
    }
    if one_step is not None:
        again = explained(one_step).set_index(["lhs", "group"])["r2"]
        columns["one_step"] = number_texts(
            to, again.reindex(pd.MultiIndex.from_frame(found[["lhs", "group"]]))
        )
    return lay_out(to, columns)


def explained(fit: SamFit | Fit, confidence: float | None = None) -> pd.DataFrame:
    """`Fit.r_squared` of what regressions predict, measured variables and parts of factors left out."""
    outcomes = fit.parameters.query("op == '~'")["lhs"]
    found = fit.r_squared(confidence)
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

"""A fitted model: how well it fits and what it estimates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.checks import check_choice
from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import FIT, NothingToShow, check_frame, check_given
from bouwen.report.tables.draws import drawn
from bouwen.report.tables.layout import (
    head,
    interval_texts,
    lay_out,
    lay_out_frame,
    number_texts,
    of_groups,
    pvalue_texts,
)
from bouwen.report.texts.wording import analysed_text
from bouwen.sem import Bootstrap, Fit, SamFit
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

DIGITS = {
    "chisq": 2,
    "df": 0,
    "pvalue": 3,
    "chisq_small": 2,
    "pvalue_small": 3,
    "cfi": 3,
    "tli": 3,
    "rmsea": 3,
    "srmr": 3,
}
FITS, ANY_FIT = (Fit, SamFit), "a fit (bouwen.fit_sem, bouwen.fit_sam or bouwen.fit_structure)"
PARAMETER_KINDS = {"=~": "loadings", "~": "regressions", "~~": "covariances"}


def measure(fit: Fit, name: str) -> float:
    """A fit measure, the robust or else the scaled variant where the estimator gives one."""
    check_given(fit, Fit, FIT)
    check_choice("name", name, dict.fromkeys([*fit.measures.index, *DIGITS]))
    for key in (f"{name}_robust", f"{name}_scaled", name):
        if key in fit.measures.index and pd.notna(fit.measures[key]):
            return float(fit.measures[key])
    return float("nan")


def fit_measures_table(
    fits: Fit | Mapping[str, Fit], study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """How well models fit, a column a model.

    Parameters
    ----------
    fits : Fit or mapping from title to Fit
        One model stands under the name of its estimator.
    study : Study, optional
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    shown = {fits.call.estimator.name: fits} if isinstance(fits, Fit) else fits
    check_given(shown, Mapping, f"{FIT}, or a dict of title and fit")
    to = reader(study, **options)
    columns = {title: measure_texts(to, fit) for title, fit in shown.items()}
    heading = head(to, "fit")
    labels = [to.words(f"measures.{name}") for name in (*DIGITS, "n")]
    robust = any("chisq_scaled" in fit.measures for fit in shown.values())
    note = "robust" if robust else "plain"
    return lay_out_frame(to, pd.DataFrame({heading: labels, **columns}), left=[heading], note=note)


def measure_texts(to: Reader, fit: Fit) -> list[str]:
    """A model's fit measures and its number of respondents as texts."""
    texts = []
    for name, digits in DIGITS.items():
        value = measure(fit, name)
        text = to.words.pvalue(value) if name.startswith("pvalue") else to.words.number(value, digits)
        if name == "rmsea":
            ends = measure(fit, "rmsea_ci_lower"), measure(fit, "rmsea_ci_upper")
            text += " " + to.words.interval(*ends, 3)
        texts.append(text)
    return [*texts, analysed_text(to, int(fit.measures["ntotal"]))]


def loadings_table(fit: Fit, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """Standardised loadings with intervals, under the factor that they measure.

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
    found = standardised(fit, "=~", to.confidence)
    return lay_out(
        to,
        {
            "construct": map(to.label, found["lhs"]),
            **of_groups(to, found["group"]),
            "item": map(to.label, found["rhs"]),
            "loading": number_texts(to, found["est_std"]),
            "interval": interval_texts(to, found),
        },
        rows="construct",
    )


def paths_table(
    fit: Fit | SamFit,
    study: Study | None = None,
    *,
    one_step: Fit | None = None,
    ordinal: Fit | None = None,
    draws: Bootstrap | None = None,
    **options: Unpack[ReaderOptions],
) -> GT:
    """Standardised regressions with intervals and p-values.

    Parameters
    ----------
    fit : Fit or SamFit
    study : Study, optional
        Gives the labels and the language.
    one_step : Fit, optional
        The same model estimated together with its measurement: its estimates stand beside the others.
    ordinal : Fit, optional
        The same model with its items as ordered categories (WLSMV): its estimates stand beside the others.
    draws : Bootstrap, optional
        Draws of the fit: their percentile intervals stand beside those of the delta method.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(fit, FITS, ANY_FIT)
    to = reader(study, **options)
    found = standardised(fit, "~", to.confidence)
    columns = of_groups(to, found["group"])
    columns |= {"path": arrows_as_read(to, found), "std": number_texts(to, found["est_std"])}
    if draws is None:
        columns["interval"] = interval_texts(to, found)
    else:
        columns["interval_draws"] = interval_texts(to, drawn(draws, "~", to.confidence))
        columns["interval_formula"] = interval_texts(to, found)
    columns["p"] = pvalue_texts(to, found["pvalue"])
    for key, again in {"one_step": one_step, "wlsmv": ordinal}.items():
        if again is not None:
            by = ["lhs", "rhs", "group"]
            beside = standardised(again, "~").set_index(by)["est_std"]
            columns[key] = number_texts(to, beside.reindex(pd.MultiIndex.from_frame(found[by])))
    return lay_out(to, columns, heads={"wlsmv": ordinal.call.estimator.name} if ordinal else {})


def arrows_as_read(to: Reader, found: pd.DataFrame) -> list[str]:
    """Regressions as a reader names them."""
    return [to.chain(pair) for pair in zip(found["rhs"], found["lhs"], strict=True)]


def engines_table(compared: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """The regressions of a model as two engines estimate them, unstandardised.

    Parameters
    ----------
    compared : DataFrame
        From `bouwen.compare_engines`.
    study : Study, optional
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_frame(compared, ("op", "est_bouwen", "est_semopy"), "the table of bouwen.compare_engines")
    to = reader(study, **options)
    shown = compared[compared["op"] == "~"]
    return lay_out(
        to,
        {
            "path": arrows_as_read(to, shown),
            "bouwen": number_texts(to, shown["est_bouwen"], 4),
            "semopy": number_texts(to, shown["est_semopy"], 4),
        },
    )


def standardised(fit: Fit | SamFit, op: str, confidence: float = 0.95) -> pd.DataFrame:
    """The standardised parameters of one kind, with intervals of a level.

    Raises
    ------
    WrongResult
        Something else than a fit is given.
    NothingToShow
        The model has no parameters of this kind.
    """
    check_given(fit, FITS, ANY_FIT)
    solution: pd.DataFrame = fit.standardized(confidence=confidence)
    found = solution[solution["op"] == op]
    if found.empty:
        raise NothingToShow(f'the model has no {PARAMETER_KINDS[op]} ("{op}"), so there is nothing to show.')
    return found


def factor_correlations_table(fit: Fit, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """Correlations between factors with intervals, the strongest first.

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
    found = standardised(fit, "~~", to.confidence)
    factors = set(standardised(fit, "=~")["lhs"])
    between = found["lhs"].isin(factors) & found["rhs"].isin(factors) & (found["lhs"] != found["rhs"])
    found = found[between].sort_values("est_std", key=abs, ascending=False, kind="stable")
    return lay_out(
        to,
        {
            **of_groups(to, found["group"]),
            "construct": [to.pair(a, b) for a, b in zip(found["lhs"], found["rhs"], strict=True)],
            "r": number_texts(to, found["est_std"]),
            "interval": interval_texts(to, found),
        },
    )

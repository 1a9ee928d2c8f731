"""A fitted model: how well it fits and what it estimates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from bouwen.claims import variable_label
from bouwen.report.tables.draws import drawn
from bouwen.report.tables.heads import head
from bouwen.report.tables.layout import intervals, lay_out, numbers, table
from bouwen.report.texts import arrow
from bouwen.sem import Bootstrap, Fit
from bouwen.survey import Study
from bouwen.words import interval, number, pvalue

if TYPE_CHECKING:
    from great_tables import GT

MEASURES = {
    "chisq": ("Chi-square", 2), "df": ("df", 0), "pvalue": ("p", 3), "cfi": ("CFI", 3), "tli": ("TLI", 3),
    "rmsea": ("RMSEA", 3), "srmr": ("SRMR", 3),
}  # fmt: skip


def measure(fit: Fit, name: str) -> float:
    """A fit measure, the robust or else the scaled variant where the estimator gives one."""
    for key in (f"{name}_robust", f"{name}_scaled", name):
        if key in fit.measures.index and pd.notna(fit.measures[key]):
            return float(fit.measures[key])
    return float("nan")


def fit_measures(study: Study, fits: Mapping[str, Fit]) -> GT:
    """How well models fit, a column a model."""
    shown = {title: measure_texts(study, fit) for title, fit in fits.items()}
    labels = [*(label for label, _ in MEASURES.values()), "n"]
    heading = head(study, "fit")
    return lay_out(study, pd.DataFrame({heading: labels, **shown}), words=[heading], note="robust")


def measure_texts(study: Study, fit: Fit) -> list[str]:
    """A model's fit measures and its number of respondents as texts."""
    texts = []
    for name, (_, digits) in MEASURES.items():
        value = measure(fit, name)
        text = pvalue(value, study.language) if name == "pvalue" else number(value, digits, study.language)
        if name == "rmsea":
            ends = measure(fit, "rmsea_ci_lower"), measure(fit, "rmsea_ci_upper")
            text += " " + interval(*ends, 3, study.language)
        texts.append(text)
    return [*texts, number(fit.measures["ntotal"], 0, study.language)]


def loadings(study: Study, fit: Fit) -> GT:
    """Standardised loadings with intervals, under the factor that they measure."""
    found = standardised(fit, "=~")
    return table(
        study,
        {
            "construct": [variable_label(study, factor) for factor in found["lhs"]],
            "item": [variable_label(study, item) for item in found["rhs"]],
            "loading": numbers(study, found["est_std"]),
            "interval": intervals(study, found),
        },
        rows="construct",
    )


def paths(study: Study, fit: Fit, second: Fit | None = None, *, draws: Bootstrap | None = None) -> GT:
    """Standardised regressions with intervals and p-values.

    A second estimator's estimates stand beside them; draws give percentile intervals beside those of the
    delta method.
    """
    found = standardised(fit, "~")
    arrows = zip(found["rhs"], found["lhs"], strict=True)
    columns = {"path": [arrow(study, a, b) for a, b in arrows], "std": numbers(study, found["est_std"])}
    if draws is None:
        columns["interval"] = intervals(study, found)
    else:
        columns["interval_draws"] = intervals(study, drawn(study, draws, "~"))
        columns["interval_delta"] = intervals(study, found)
    columns["p"] = [pvalue(p, study.language) for p in found["pvalue"]]
    if second is not None:
        again = standardised(second, "~").set_index(["lhs", "rhs"])["est_std"]
        columns["wlsmv"] = numbers(study, again.reindex(pd.MultiIndex.from_frame(found[["lhs", "rhs"]])))
    return table(study, columns)


def engines(study: Study, compared: pd.DataFrame) -> GT:
    """The regressions of a model as two engines estimate them, unstandardised."""
    shown = compared[compared["op"] == "~"]
    arrows = zip(shown["rhs"], shown["lhs"], strict=True)
    return table(
        study,
        {
            "path": [arrow(study, a, b) for a, b in arrows],
            "bouwen": numbers(study, shown["est_bouwen"], 4),
            "semopy": numbers(study, shown["est_semopy"], 4),
        },
    )


def standardised(fit: Fit, op: str) -> pd.DataFrame:
    """The standardised parameters of one kind."""
    solution: pd.DataFrame = fit.standardized()
    return solution[solution["op"] == op]


def factor_correlations(study: Study, fit: Fit) -> GT:
    """Correlations between factors with intervals, the strongest first."""
    found = standardised(fit, "~~")
    factors = set(standardised(fit, "=~")["lhs"])
    between = found["lhs"].isin(factors) & found["rhs"].isin(factors) & (found["lhs"] != found["rhs"])
    found = found[between].sort_values("est_std", key=abs, ascending=False, kind="stable")
    pairs = zip(found["lhs"], found["rhs"], strict=True)
    return table(
        study,
        {
            "construct": [f"{variable_label(study, a)} ↔ {variable_label(study, b)}" for a, b in pairs],
            "r": numbers(study, found["est_std"]),
            "interval": intervals(study, found),
        },
    )

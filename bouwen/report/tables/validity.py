"""Whether factors measure well, differ from each other, and where a model misses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bouwen.claims import variable_label
from bouwen.report.tables.heads import head
from bouwen.report.tables.layout import intervals, lay_out, numbers, table
from bouwen.report.tables.models import standardised
from bouwen.scales import Htmt, ave, factor_correlations, fornell_larcker, key_items, omega
from bouwen.sem import Fit
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT


def measured(fit: Fit) -> dict[str, pd.Index]:
    """The items of every factor of a fit that has items of its own."""
    loads = standardised(fit, "=~")
    items = loads[~loads["rhs"].isin(set(loads["lhs"]))]
    return {str(factor): pd.Index(rows["rhs"]) for factor, rows in items.groupby("lhs", sort=False)}


def scales_of(study: Study, fit: Fit) -> dict[str, pd.DataFrame]:
    """The answers to the items of every factor with at least two of them, reversed items turned."""
    keyed = key_items(study)
    return {factor: keyed[list(items)] for factor, items in measured(fit).items() if len(items) > 1}


def convergent(study: Study, fit: Fit) -> GT:
    """Reliability and average variance extracted of every factor, with its smallest loading."""
    found = omega(fit).set_index("factor")
    smallest = standardised(fit, "=~").groupby("lhs")["est_std"].min()
    names = list(found.index)
    return table(
        study,
        {
            "construct": [variable_label(study, name) for name in names],
            "items": [str(k) for k in found["n_items"]],
            "loading_smallest": numbers(study, smallest[names]),
            "omega": numbers(study, found["omega"]),
            "ave": numbers(study, ave(fit)[names]),
        },
        note="convergent",
    )


def distinct_pairs(fit: Fit, ratios: Htmt) -> pd.DataFrame:
    """Every pair of factors: correlation and HTMT2 with intervals, the largest ratio first.

    Returns
    -------
    DataFrame
        ``first second htmt htmt_ci_lower htmt_ci_upper r ci_lower ci_upper``.
    """
    r = standardised(fit, "~~")
    r = r[r["lhs"] != r["rhs"]]
    either = pd.concat([r, r.rename(columns={"lhs": "rhs", "rhs": "lhs"})]).set_index(["lhs", "rhs"])
    pairs = ratios.table().rename(columns={"ci_lower": "htmt_ci_lower", "ci_upper": "htmt_ci_upper"})
    found = either.reindex(pd.MultiIndex.from_frame(pairs[["first", "second"]]))
    figures = found[["est_std", "ci_lower", "ci_upper"]].rename(columns={"est_std": "r"})
    return pairs.assign(**{str(name): figures[name].to_numpy() for name in figures})


def distinct(study: Study, fit: Fit, ratios: Htmt) -> GT:
    """Whether pairs of factors can be told apart."""
    found = distinct_pairs(fit, ratios)
    pairs = zip(found["first"], found["second"], strict=True)
    return table(
        study,
        {
            "pair": [f"{variable_label(study, a)} ↔ {variable_label(study, b)}" for a, b in pairs],
            "r": numbers(study, found["r"]),
            "r_interval": intervals(study, found),
            "htmt": numbers(study, found["htmt"]),
            "htmt_interval": intervals(study, found, "htmt_"),
        },
        note="distinct",
    )


def fornell_figures(fit: Fit) -> pd.DataFrame:
    """What `bouwen.scales.fornell_larcker` gives for the factors with items of their own."""
    names = list(measured(fit))
    phi = next(iter(factor_correlations(fit).values())).loc[names, names]
    return fornell_larcker(phi, ave(fit, standardised=True)[names])


def fornell(study: Study, fit: Fit) -> GT:
    """The table of Fornell and Larcker, factors numbered to keep it narrow."""
    found = fornell_figures(fit)
    names = list(found.index)
    labels = [f"{k}. {variable_label(study, name)}" for k, name in enumerate(names, 1)]
    cells = np.tril(found[names].to_numpy())
    columns = {head(study, "construct"): labels}
    for k in range(len(names)):
        shown = numbers(study, cells[:, k])
        columns[f"{k + 1}"] = ["" if row < k else text for row, text in enumerate(shown)]
    yes, no = ("ja", "nee") if study.language == "nl" else ("yes", "no")
    columns[head(study, "holds")] = [yes if holds else no for holds in found["holds"]]
    return lay_out(study, pd.DataFrame(columns), words=[head(study, "construct")], note="fornell")


def largest_residuals(fit: Fit, most: int = 10) -> pd.DataFrame:
    """The residual correlations that are furthest from zero.

    Returns
    -------
    DataFrame
        ``first second residual``, the largest first.
    """
    residuals = fit.residuals("cor")
    i, j = np.tril_indices(len(residuals), -1)
    names = np.asarray(residuals.index)
    found = pd.DataFrame({"first": names[j], "second": names[i], "residual": residuals.to_numpy()[i, j]})
    return found.sort_values("residual", key=abs, ascending=False, kind="stable").head(most)


def residuals(study: Study, fit: Fit, most: int = 10) -> GT:
    """The pairs of items whose correlation the model misses most."""
    found = largest_residuals(fit, most)
    pairs = zip(found["first"], found["second"], strict=True)
    return table(
        study,
        {
            "pair": [f"{a} ↔ {b}" for a, b in pairs],
            "residual": numbers(study, found["residual"]),
        },
    )


def misfits(study: Study, fit: Fit, most: int = 10) -> GT:
    """The largest modification indices."""
    found = fit.modification_indices().head(most)
    rows = zip(found["lhs"], found["op"], found["rhs"], strict=True)
    return table(
        study,
        {
            "parameter": [parameter_label(study, *row) for row in rows],
            "mi": numbers(study, found["mi"], 1),
            "epc": numbers(study, found["sepc_all"]),
        },
        note="misfit",
    )


def parameter_label(study: Study, lhs: str, op: str, rhs: str) -> str:
    """A parameter as a reader names it."""
    link = {"=~": "→", "~": "←", "~~": "↔"}[op]
    return f"{variable_label(study, lhs)} {link} {variable_label(study, rhs)}"

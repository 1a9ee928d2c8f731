"""One factor, several facets, or both: four models of the same items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.groups import Structures
from bouwen.report.tables.layout import numbers, table
from bouwen.report.words import interval, number, pvalue
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

NAMES = {
    "one_factor": ("One factor", "Eén factor"),
    "facets": ("Facets that correlate", "Facetten die samenhangen"),
    "higher_order": ("A factor above the facets", "Een factor boven de facetten"),
    "bifactor": ("A general factor beside the facets", "Een algemene factor naast de facetten"),
}
STATUS = {
    "proper": ("proper", "in orde"),
    "improper": ("improper", "onmogelijke waarden"),
    "no solution": ("no solution", "geen oplossing"),
}


def structure_label(study: Study, name: str) -> str:
    """A structure as a reader sees it."""
    return NAMES[name][study.language == "nl"]


def structures(study: Study, found: Structures) -> GT:
    """How well four structures of the same items fit."""
    rows = found.table()
    language = study.language
    return table(
        study,
        {
            "structure": [structure_label(study, str(name)) for name in rows.index],
            "chisq": numbers(study, rows["chisq"], 1),
            "df": numbers(study, rows["df"], 0),
            "cfi": numbers(study, rows["cfi"], 3),
            "rmsea": [
                f"{number(r, 3, language)} {interval(low, high, 3, language)}" if pd.notna(r) else "–"
                for r, low, high in zip(
                    rows["rmsea"], rows["rmsea_ci_lower"], rows["rmsea_ci_upper"], strict=True
                )
            ],
            "srmr": numbers(study, rows["srmr"], 3),
            "bic": numbers(study, rows["bic"], 1),
            "omega_all": numbers(study, rows["omega"]),
            "omega_h": numbers(study, rows["omega_h"]),
            "status": [STATUS[status][language == "nl"] for status in rows["status"]],
        },
        note="structures",
    )


def structure_tests(study: Study, found: Structures) -> GT:
    """Chi-square difference tests between structures that are special cases of others."""
    rows = found.tests()
    pairs = zip(rows["free"], rows["restricted"], strict=True)
    return table(
        study,
        {
            "pair": [f"{structure_label(study, b)} ⊂ {structure_label(study, a)}" for a, b in pairs],
            "chisq": numbers(study, rows["chisq_diff"], 1),
            "df": numbers(study, rows["df_diff"], 0),
            "p": [pvalue(p, study.language) for p in rows["pvalue"]],
        },
        note="nested",
    )


def facets(study: Study, found: Structures) -> GT:
    """What the score of each facet says, alone and beside the general factor."""
    rows = found.scales()
    return table(
        study,
        {
            "construct": [study.label(str(name)) for name in rows.index],
            "items": [str(k) for k in rows["n_items"]],
            "omega": numbers(study, rows["omega"]),
            "omega_own": numbers(study, rows["omega_h"]),
            "r_highest": numbers(study, rows["r_highest"]),
        },
        note="facets",
    )

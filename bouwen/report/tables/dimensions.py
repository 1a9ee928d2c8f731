"""One thing, several, or both: structures of the same items side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.claims import variable_label
from bouwen.report.tables.heads import head
from bouwen.report.tables.layout import lay_out, numbers, table
from bouwen.scales import Structures
from bouwen.survey import Study
from bouwen.words import interval, number, pvalue

if TYPE_CHECKING:
    from great_tables import GT

# Every label in English and in Dutch.
STRUCTURES = {
    "one_factor": ("One factor", "Eén factor"),
    "facets": ("Correlated facets", "Samenhangende facetten"),
    "higher_order": ("Higher-order factor", "Hogere-ordefactor"),
    "bifactor": ("Bifactor", "Bifactor"),
}
ROWS = {
    "chisq": ("Chi-square", "Chi-kwadraat"),
    "df": ("df", "df"),
    "pvalue": ("p", "p"),
    "cfi": ("CFI", "CFI"),
    "tli": ("TLI", "TLI"),
    "rmsea": ("RMSEA", "RMSEA"),
    "srmr": ("SRMR", "SRMR"),
    "aic": ("AIC", "AIC"),
    "bic": ("BIC", "BIC"),
    "omega": ("ω, all items", "ω, alle items"),
    "omega_h": ("ω hierarchical", "ω hiërarchisch"),
    "r": ("Correlations of facets", "Correlaties van facetten"),
    "status": ("Solution", "Oplossing"),
}
STATUS = {
    "proper": ("proper", "in orde"),
    "improper": ("improper", "onmogelijke waarde"),
    "no solution": ("none", "geen"),
}
DIGITS = {"df": 0, "aic": 1, "bic": 1, "chisq": 1, "omega": 2, "omega_h": 2}


def structures(study: Study, found: Structures) -> GT:
    """Fit, reliability and correlations of facets, a column a structure."""
    figures, lang = found.table(), _language(study)
    texts = {STRUCTURES[name][lang]: _structure_texts(study, figures.loc[name]) for name in figures.index}
    heading = head(study, "what")
    rows = pd.DataFrame({heading: [label[lang] for label in ROWS.values()], **texts})
    return lay_out(study, rows, words=[heading], note="structures")


def _structure_texts(study: Study, row: pd.Series) -> list[str]:
    lang, texts = study.language, []
    for name in ROWS:
        if name == "status":
            texts.append(STATUS[row["status"]][_language(study)])
        elif name == "r":
            lowest, highest = (number(row[key], 2, lang) for key in ("r_lowest", "r_highest"))
            texts.append(f"{lowest} – {highest}" if pd.notna(row["r_lowest"]) else "–")
        elif name == "pvalue":
            texts.append(pvalue(row[name], lang))
        else:
            texts.append(number(row[name], DIGITS.get(name, 3), lang))
        if name == "rmsea" and pd.notna(row[name]):
            texts[-1] += " " + interval(row["rmsea_ci_lower"], row["rmsea_ci_upper"], 3, lang)
    return texts


def structure_tests(study: Study, found: Structures) -> GT:
    """Difference tests of the structures that are special cases of others."""
    tests, lang = found.tests(), _language(study)
    return table(
        study,
        {
            "freer": [STRUCTURES[name][lang] for name in tests["free"]],
            "stricter": [STRUCTURES[name][lang] for name in tests["restricted"]],
            "chisq_diff": numbers(study, tests["chisq_diff"], 1),
            "df_diff": numbers(study, tests["df_diff"], 0),
            "p": [pvalue(p, study.language) for p in tests["pvalue"]],
        },
        note="structure_tests",
    )


def facet_scales(study: Study, found: Structures) -> GT:
    """What the score of each facet says, alone and beside the general factor."""
    scales = found.scales()
    return table(
        study,
        {
            "construct": [variable_label(study, name) for name in scales.index],
            "items": numbers(study, scales["n_items"], 0),
            "omega": numbers(study, scales["omega"]),
            "omega_own": numbers(study, scales["omega_h"]),
            "r_highest": numbers(study, scales["r_highest"]),
        },
        note="omega_own",
    )


def _language(study: Study) -> int:
    return 1 if study.language == "nl" else 0

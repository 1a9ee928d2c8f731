"""One thing, several, or both: structures of the same items side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.given import check_given
from bouwen.report.tables.layout import head, lay_out, lay_out_frame, number_texts, pvalue_texts
from bouwen.report.texts.wording import nearly_all
from bouwen.scales import Structures
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

COMPARED = "structures of items (bouwen.compare_structures)"
MEASURED = ("chisq", "df", "pvalue", "cfi", "tli", "rmsea", "srmr", "aic", "bic")
INFORMATION = ("aic", "bic")  # whose difference tells the number of respondents
SCALED = ("omega", "omega_h", "r", "status")
PLACES = {"df": 0, "aic": 1, "bic": 1, "chisq": 1, "omega": 2, "omega_h": 2}


def structures_table(found: Structures, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """Fit, reliability and correlations of facets, a column a structure.

    Parameters
    ----------
    found : Structures
        From `bouwen.compare_structures`.
    study : Study, optional
        Gives the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Structures, COMPARED)
    to, figures = reader(study, **options), found.table()
    heading = head(to, "what")
    columns = {heading: [to.words(f"measures.{name}") for name in MEASURED]}
    columns[heading] += [to.words(f"structures.{name}") for name in SCALED]
    for name, row in figures.iterrows():
        if to.study and name in found.fits and nearly_all(to.study, found.fits[str(name)].n):
            row = row.where(~row.index.isin(INFORMATION))
        columns[structure_label(to, str(name))] = structure_texts(to, row)
    return lay_out_frame(to, pd.DataFrame(columns), left=[heading], note="structures")


def structure_label(to: Reader, name: str) -> str:
    """A structure as a reader names it."""
    return to.words(f"structures.{name}")


def structure_texts(to: Reader, row: pd.Series) -> list[str]:
    """The figures of one structure."""
    texts = []
    for name in (*MEASURED, *SCALED):
        if name == "status":
            texts.append(to.words(f"solutions.{row['status']}"))
        elif name == "r":
            ends = [to.words.number(row[key]) for key in ("r_lowest", "r_highest")]
            texts.append(" – ".join(ends) if pd.notna(row["r_lowest"]) else to.words.none)
        elif name == "pvalue":
            texts.append(to.words.pvalue(row[name]))
        else:
            texts.append(to.words.number(row[name], PLACES.get(name, 3)))
        if name == "rmsea" and pd.notna(row[name]):
            texts[-1] += " " + to.words.interval(row["rmsea_ci_lower"], row["rmsea_ci_upper"], 3)
    return texts


def structure_tests_table(
    found: Structures, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """Difference tests of the structures that are special cases of others.

    Parameters
    ----------
    found : Structures
        From `bouwen.compare_structures`.
    study : Study, optional
        Gives the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Structures, COMPARED)
    to, tests = reader(study, **options), found.tests()
    return lay_out(
        to,
        {
            "freer": [structure_label(to, name) for name in tests["free"]],
            "stricter": [structure_label(to, name) for name in tests["restricted"]],
            "chisq_diff": number_texts(to, tests["chisq_diff"], 1),
            "df_diff": number_texts(to, tests["df_diff"], 0),
            "p": pvalue_texts(to, tests["pvalue"]),
        },
        note="structure_tests",
    )


def facet_scales_table(found: Structures, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """What the score of each facet says, alone and beside the general factor.

    Parameters
    ----------
    found : Structures
        From `bouwen.compare_structures`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Structures, COMPARED)
    to, scales = reader(study, **options), found.scales()
    return lay_out(
        to,
        {
            "construct": map(to.label, scales.index),
            "items": number_texts(to, scales["n_items"], 0),
            "omega": number_texts(to, scales["omega"]),
            "omega_own": number_texts(to, scales["omega_h"]),
            "r_highest": number_texts(to, scales["r_highest"]),
        },
        note="omega_own",
    )

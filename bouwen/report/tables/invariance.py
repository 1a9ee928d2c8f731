"""Whether measurement works alike in groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bouwen.groups.ladders import StudyInvariance
from bouwen.report.tables.layout import numbers, table
from bouwen.survey import Study
from bouwen.words import pvalue

if TYPE_CHECKING:
    from great_tables import GT

COLUMNS = ("variable", "step", "chisq", "df", "cfi", "rmsea", "srmr", "cfi_change", "p_shuffled", "solved")
STEPS = {
    "configural": ("the same model", "hetzelfde model"),
    "thresholds": ("equal thresholds", "gelijke drempels"),
    "metric": ("equal loadings", "gelijke ladingen"),
    "scalar": ("and equal intercepts", "en gelijke intercepten"),
    "strict": ("and equal residuals", "en gelijke residuen"),
}


def step_label(study: Study, step: str) -> str:
    """A step as a reader names it."""
    english, dutch = STEPS[step]
    return dutch if study.language == "nl" else english


def invariance(study: Study, ladders: Mapping[str, StudyInvariance]) -> GT:
    """Fit of every step of every ladder, and how likely so large a loss of CFI is by chance."""
    columns: dict[str, list[str]] = {key: [] for key in COLUMNS}
    for group, ladder in ladders.items():
        if ladder.invariance is None or ladder.permutations is None:
            continue
        fits, shuffled = ladder.invariance.table(), ladder.permutations.table()
        chance = shuffled[shuffled["measure"] == "cfi"].set_index("step")
        columns["variable"] += [study.group_label(group)] * len(fits)
        columns["step"] += [step_label(study, str(step)) for step in fits.index]
        columns["df"] += [str(int(df)) for df in fits["df"]]
        for key, digits in (("chisq", 1), ("cfi", 3), ("rmsea", 3), ("srmr", 3)):
            columns[key] += numbers(study, fits[key], digits)
        columns["cfi_change"] += ["–", *numbers(study, chance["observed"].iloc[1:], 3)]
        columns["p_shuffled"] += [pvalue(p, study.language) for p in chance["pvalue"]]
        solved = zip(chance["used"], chance["used"] + chance["failed"], strict=True)
        columns["solved"] += [f"{some}/{every}" for some, every in solved]
    return table(study, columns, rows="variable", note="invariance")

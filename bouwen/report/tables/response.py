"""Who answered, what was screened, and how much the treatment of gaps matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.tables.layout import numbers, table
from bouwen.report.texts import guarded
from bouwen.survey import Study
from bouwen.survey.disclosure import count_text, hidden
from bouwen.survey.screening import CONSTANT_ITEMS, Screening
from bouwen.words import percent

if TYPE_CHECKING:
    from great_tables import GT

SCREENED = {
    "n": ("Filled in the questionnaire", "Vulden de vragenlijst in"),
    "complete": ("Answered every statement", "Beantwoordden alle stellingen"),
    "out_of_range": ("Answers outside their scale", "Antwoorden buiten hun schaal"),
    "constant": (
        "Gave one answer to all statements of an answer scale (at least {})",
        "Gaven één antwoord op alle stellingen van een antwoordschaal (ten minste {})",
    ),
    "duplicated": (
        "Gave the same answers as an earlier respondent",
        "Gaven dezelfde antwoorden als een eerdere respondent",
    ),
    "left_out": ("Left out of the analyses", "Weggelaten uit de analyses"),
}


def background(study: Study) -> GT:
    """Who answered: respondents per category, small cells hidden."""
    variables: list[str] = []
    cells: dict[str, list[str]] = {"level": [], "n": [], "share": []}
    for name in study.categories:
        if name not in study.responses:
            continue
        counts = study.responses[name].value_counts().reindex(list(study.levels(name)), fill_value=0)
        secret, total = hidden(counts, study.settings.min_cell), counts.sum()
        variables += [study.group_label(name)] * len(counts)
        cells["level"] += [study.level_label(name, level) for level in counts.index]
        cells["n"] += list(count_text(counts, study.settings.min_cell))
        cells["share"] += [
            "–" if secret[k] else percent(counts[k] / total, study.language) for k in counts.index
        ]
    return table(study, {"variable": variables, **cells}, rows="variable", note="small")


def screening(found: Screening) -> GT:
    """What was looked for in the answers before they were analysed, and how often it was found."""
    study = found.study
    counts = {
        "n": found.n,
        "complete": int(found.missing_per_respondent.get(0, 0)),
        "out_of_range": found.out_of_range,
        "constant": found.constant,
        "duplicated": found.duplicated,
        "left_out": 0,
    }
    dutch = study.language == "nl"
    return table(
        study,
        {
            "what": [SCREENED[key][dutch].format(CONSTANT_ITEMS) for key in counts],
            "count": [str(guarded(study, count, found.n)) for count in counts.values()],
        },
    )


def treatments(study: Study, treated: pd.DataFrame) -> GT:
    """Mean scores and reliability under several treatments of missing answers."""
    means, alphas = treated["mean"].unstack("treatment"), treated["alpha"].unstack("treatment")
    names = list(study.constructs)
    spread = treatment_spread(treated)[names]
    return table(
        study,
        {
            "construct": [study.label(name) for name in names],
            "treatment_listwise": numbers(study, means.loc[names, "listwise"]),
            "treatment_half": numbers(study, means.loc[names, "half answered"]),
            "treatment_ml": numbers(study, means.loc[names, "maximum likelihood"]),
            "treatment_mi": numbers(study, means.loc[names, "multiple imputation"]),
            "largest": numbers(study, spread, 3),
            "alpha_listwise": numbers(study, alphas.loc[names, "listwise"]),
            "alpha_ml": numbers(study, alphas.loc[names, "maximum likelihood"]),
        },
        note="imputed",
    )


def treatment_spread(treated: pd.DataFrame) -> pd.Series:
    """The largest difference between the means of a scale under two treatments."""
    means = treated["mean"].groupby(level="construct")
    return means.max() - means.min()

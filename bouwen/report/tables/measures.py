"""Items, scales and what an exploratory factor analysis finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.tables.heads import head
from bouwen.report.tables.layout import intervals, lay_out, numbers, table
from bouwen.report.texts import guarded_share
from bouwen.report.words import number
from bouwen.scales import Efa, item_statistics, scale_statistics
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT


def scales(study: Study) -> GT:
    """Every scale: items, respondents, mean, spread and reliability."""
    found = scale_statistics(study)
    return table(
        study,
        {
            "construct": [study.label(c) for c in found.index],
            "items": [str(k) for k in found["n_items"]],
            "n": [str(n) for n in found["n"]],
            "mean": numbers(study, found["mean"]),
            "sd": numbers(study, found["sd"]),
            "alpha": numbers(study, found["alpha"]),
            "interval": intervals(study, found, "alpha_"),
        },
    )


def items(study: Study) -> GT:
    """Every item: wording, missing answers, mean, spread and its fit in the scale."""
    found = item_statistics(study)
    return table(
        study,
        {
            "construct": [study.label(c) for c in found["construct"]],
            "item": [
                item + (" (R)" if study.instrument.items[item].reversed else "") for item in found.index
            ],
            "wording": [study.wording(item) for item in found.index],
            "missing": [
                guarded_share(study, len(study.responses) - n, len(study.responses)) for n in found["n"]
            ],
            "mean": numbers(study, found["mean"]),
            "sd": numbers(study, found["sd"]),
            "item_rest": numbers(study, found["r_rest"]),
        },
        rows="construct",
    )


def exploratory(study: Study, efa: Efa, *, smallest: float = 0.3) -> GT:
    """The pattern of an exploratory factor analysis; loadings below ``smallest`` are left out."""
    heading = head(study, "item")
    columns = {heading: list(efa.loadings.index)}
    for factor in efa.loadings.columns:
        loadings = efa.loadings[factor]
        columns[str(factor)] = [number(x, 2, study.language) if abs(x) >= smallest else "" for x in loadings]
    columns["h²"] = numbers(study, efa.communalities)
    return lay_out(study, pd.DataFrame(columns), words=[heading])

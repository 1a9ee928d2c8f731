"""Who answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bouwen.report.tables.layout import table
from bouwen.report.words import percent
from bouwen.survey import Study
from bouwen.survey.disclosure import count_text, hidden

if TYPE_CHECKING:
    from great_tables import GT


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

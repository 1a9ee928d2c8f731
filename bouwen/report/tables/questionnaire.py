"""What was asked: constructs, items, answers and categories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bouwen.report.tables.layout import table
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT


def constructs(study: Study) -> GT:
    """What each construct is, and the published scale it leans on."""
    shown = study.instrument.constructs.values()
    return table(
        study,
        {
            "construct": [c.label[study.language] for c in shown],
            "definition": [c.definition[study.language] for c in shown],
            "source": [c.source for c in shown],
        },
    )


def codebook(study: Study) -> GT:
    """Every item with its wording in both languages."""
    names = study.items
    shown = [study.instrument.items[name] for name in names]
    return table(
        study,
        {
            "construct": [study.label(study.instrument.construct_of(name)) for name in names],
            "item": [
                name + (" (R)" if item.reversed else "") for name, item in zip(names, shown, strict=True)
            ],
            "dutch": [item.text[study.perspective]["nl"] for item in shown],
            "english": [item.text[study.perspective]["en"] for item in shown],
        },
        rows="construct",
        note="reversed",
    )


def answer_scales(study: Study) -> GT:
    """The answer scales and the label of every answer."""
    rows = [
        (name, str(code), text)
        for name, scale in study.instrument.answer_scales.items()
        for code, text in scale.labels.items()
    ]
    return table(
        study,
        {
            "answer": [name for name, _, _ in rows],
            "code": [code for _, code, _ in rows],
            "dutch": [text["nl"] for _, _, text in rows],
            "english": [text["en"] for _, _, text in rows],
        },
        rows="answer",
    )


def categories(study: Study) -> GT:
    """The categories of every background variable."""
    rows = [
        (study.group_label(name), level, category)
        for name, levels in study.categories.items()
        if name in study.responses
        for level, category in levels.items()
    ]
    return table(
        study,
        {
            "variable": [label for label, _, _ in rows],
            "code_name": [level for _, level, _ in rows],
            "dutch": [category["nl"] for _, _, category in rows],
            "english": [category["en"] for _, _, category in rows],
        },
        rows="variable",
    )

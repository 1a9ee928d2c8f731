"""What was asked: constructs, items, answers and categories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.audience import Reader, reader
from bouwen.report.given import check_study
from bouwen.report.tables.layout import WORDY, head, lay_out, lay_out_frame
from bouwen.report.tables.measures import item_label
from bouwen.survey import UNNAMED, Study, Text, several_of
from bouwen.words import ENGLISH

if TYPE_CHECKING:
    from great_tables import GT


def constructs_table(study: Study) -> GT:
    """What each construct is, whether more of it is better, and the published scale it leans on."""
    check_study(study)
    to, shown = reader(study), study.instrument.constructs.values()
    return lay_out(
        to,
        {
            "construct": [c.label[study.language] for c in shown],
            "definition": [c.definition[study.language] for c in shown],
            "more_is": [to.words(f"directions.{c.direction}") for c in shown],
            "source": [c.source for c in shown],
        },
    )


def codebook_table(study: Study) -> GT:
    """Every item with its wording in every language."""
    check_study(study)
    to, names = reader(study), study.items
    columns = {
        "construct": [to.label(study.instrument.construct_of(name)) for name in names],
        "item": [item_label(to, name) for name in names],
    }
    texts = [study.instrument.items[name].text[study.perspective] for name in names]
    return in_languages(to, columns, texts, rows="construct", note="reversed")


def answer_scales_table(study: Study) -> GT:
    """The answer scales and the label of every answer."""
    check_study(study)
    rows = [
        (name, str(code), text)
        for name, scale in study.instrument.answer_scales.items()
        for code, text in scale.labels.items()
    ]
    columns = {"answer": [name for name, _, _ in rows], "code": [code for _, code, _ in rows]}
    return in_languages(reader(study), columns, [text for _, _, text in rows], rows="answer")


def categories_table(study: Study) -> GT:
    """The categories of every background variable."""
    check_study(study)
    to = reader(study)
    rows = [
        (to.group(name), level, category)
        for name, levels in study.categories.items()
        if name in study.responses
        for level, category in levels.items()
    ]
    rows += [
        (to.group(name), level, category)
        for name in several_of(study)
        for level, category in study.instrument.background[name].categories.items()
    ]
    columns = {"variable": [label for label, _, _ in rows], "code_name": [level for _, level, _ in rows]}
    return in_languages(to, columns, [category for _, _, category in rows], rows="variable")


def in_languages(
    to: Reader, columns: dict[str, list[str]], texts: Sequence[Text], *, rows: str, note: str | None = None
) -> GT:
    """A table with a column for every language of the questionnaire; English, if it is one, last.

    A text in a language that is not named is in that of the study.
    """
    assert to.study
    own = to.study.file.language
    asked = {*to.study.instrument.languages, own}
    spoken = [{own if code == UNNAMED else code: said for code, said in text.texts.items()} for text in texts]
    given = {code for text in spoken for code in text}
    codes = sorted(asked & given, key=lambda code: (code == ENGLISH, code))
    frame = pd.DataFrame({head(to, key): cells for key, cells in columns.items()})
    for code in codes:
        frame[language_name(to, code)] = [text.get(code, to.words.none) for text in spoken]
    left = [*(head(to, key) for key in columns if key in WORDY), *(language_name(to, code) for code in codes)]
    return lay_out_frame(to, frame, left=left, rows=head(to, rows), note=note)


def language_name(to: Reader, code: str) -> str:
    """A language as a reader calls it; its code where that is not known."""
    key = f"languages.{code}"
    return to.words(key) if to.words.has(key) else code

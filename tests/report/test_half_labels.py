"""Answers without a label are called by their code."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

import bouwen
from bouwen.report import plots, tables
from bouwen.report.plots.bars import answer_colours


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/providers/study.yml")


def labelled(study, codes):
    """The study with the labels of these codes only."""
    scales = {
        name: scale.model_copy(update={"labels": {k: v for k, v in scale.labels.items() if k in codes}})
        for name, scale in study.instrument.answer_scales.items()
    }
    return replace(study, instrument=study.instrument.model_copy(update={"answer_scales": scales}))


@pytest.mark.parametrize("codes", [(1, 5), (1, 2, 3, 4, 5), (2,), ()])
def test_the_legend_has_a_label_or_a_code_for_every_answer(study, codes):
    here = labelled(study, codes)
    labels = next(iter(study.instrument.answer_scales.values())).labels
    expected = [labels[k]["en"] if k in codes else str(k) for k in range(1, 6)]
    figure = plots.answers(here, study.constructs[:1])
    assert list(figure.data["answer"].cat.categories) == expected
    colours = answer_colours(here, study.items_of(study.constructs[0]))
    assert list(colours) == expected
    assert len(set(colours.values())) == 5
    assert list(colours.values())[2] == "#D9D9D9"


@pytest.mark.parametrize("codes", [(1, 5), (1, 3, 5)])
def test_the_table_of_answer_scales_has_the_labels_there_are(study, codes):
    text = re.sub(
        r"<[^>]+>", "\x00", tables.answer_scales(labelled(study, codes)).as_raw_html().split("</style>")[-1]
    )
    cells = [html.unescape(t.strip()) for t in text.split("\x00") if t.strip()]
    labels = next(iter(study.instrument.answer_scales.values())).labels
    for code, label in labels.items():
        assert (label["en"] in cells) == (code in codes)
        if code in codes:
            at = cells.index(label["en"])
            assert cells[at - 2 : at] == [str(code), label["nl"]]

"""Labels in any script: each letter is drawn, by another font or as a frame, without a warning."""

from __future__ import annotations

import io
import logging

import pandas as pd
import pytest
from plotnine import aes, facet_wrap, geom_point, geom_text, ggplot, labs

from bouwen.report.plots import style

pytestmark = pytest.mark.book


def picture(*labels: str) -> bytes:
    """Labels wherever a figure has some: axis, legend, bold strips, title and panel."""
    rows = pd.DataFrame({"x": range(len(labels)), "label": labels})
    figure = (
        ggplot(rows, aes("x", "label", colour="label"))
        + geom_point()
        + geom_text(aes(label="label"), fontweight="bold")
        + facet_wrap("label")
        + labs(x=labels[0], caption=labels[0])
        + style.look(2, 4)
    )
    file = io.BytesIO()
    figure.save(file, format="png", dpi=60, verbose=False)
    return file.getvalue()


def test_letters_of_any_script_are_drawn(caplog):
    with caplog.at_level(logging.WARNING):
        drawn = picture("甲乙 \ue000 ไทย", "مرحبا 😀🧪 हिन्दी")  # any warning is an error
    assert drawn != picture(" ", "  ")
    assert not caplog.records  # a font that lacks a bold face would say so in every chapter


def test_letters_that_the_usual_font_has_look_as_ever(monkeypatch):
    labels = "één", "Ωb − ≥"  # as many as there may be fonts, which are not one for each
    drawn = picture(*labels)
    monkeypatch.setattr(style, "fonts", lambda: style.FONT)
    assert drawn == picture(*labels)


def test_a_long_label_leaves_the_panel_its_room():
    short, long = "a" * 64, "b" * 150
    assert list(style.downwards([short, long]).categories) == [f"{'b' * 64}\n{'b' * 64}\n{'b' * 22}", short]
    assert list(style.categorical([long])) == [style.fitting(long)]

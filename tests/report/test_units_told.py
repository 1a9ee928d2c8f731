"""What a page says of units, and what it keeps to itself."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

import bouwen
from bouwen.checks import UnknownName
from bouwen.groups import AMONG, HIGHER, LOWER, NOT_TOLD
from bouwen.report import tables, texts
from bouwen.report.audit.rules import unit_leaks
from bouwen.report.book.chapters import pages, read_chapters
from bouwen.report.given import NothingToShow, WrongResult

ROOT = Path(__file__).parents[2]


@cache
def study(language="en"):
    return bouwen.read_study(ROOT / "data" / "monitor" / "study.yml", language=language)


@cache
def monitor():
    return bouwen.unit_scores(study())


def cells(table):
    text = re.sub(r"<[^>]+>", "\0", table.as_raw_html().split("</style>")[-1])
    return [cell.strip() for cell in text.split("\0") if cell.strip()]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_a_sheet_names_no_other_unit(language):
    found = monitor()
    for unit in found.units[:5]:
        told = " ".join(
            [str(texts.unit(found, unit, study(language)).data), *cells(tables.unit(found, unit))]
        )
        assert not [other for other in (*found.units, *found.left_out) if other != unit and other in told]


def test_units_that_are_too_small_get_one_line_and_no_page():
    found = monitor()
    told = str(texts.units(found, study()).data)
    assert all(told.count(unit) == 1 for unit in found.left_out)
    made = pages(study(), read_chapters(ROOT), {}, "en", "data/monitor/study.yml")
    sheets = [page for page in made if page.chapter == "book/unit"]
    assert [page.title for page in sheets] == list(found.units)
    assert len(sheets) == 26
    assert "book/units" in {page.name for page in made}
    others = pages(bouwen.read_study(ROOT / "data/reputation"), read_chapters(ROOT), {}, "en", "s.yml")
    assert not [page for page in others if page.chapter.startswith("book/unit")]


def test_what_stands_out_is_said_with_its_interval_and_what_does_not_is_not():
    found = monitor()
    for unit in found.units:
        told = str(texts.unit(found, unit, study()).data)
        rows = found.of(unit)
        out = rows[rows["place"].isin([HIGHER, LOWER])]
        assert told.count("the mean of all units (") == len(out)
        for _, row in out.iterrows():
            said = f"{row['estimate']:.2f} [{row['ci_lower']:.2f}, {row['ci_upper']:.2f}], {row['place']}"
            assert said in told.replace("\N{NO-BREAK SPACE}", " ")
        if not len(out) and (found.gaps.loc[found.gaps["unit"] == unit, "place"] == AMONG).all():
            assert "on no scale can this unit be told" in told
        assert "it is no judgement" in told


def test_the_table_of_a_unit_has_its_scores_and_intervals_of_ranks():
    found = monitor()
    texts_of = cells(tables.unit(found, "Aanbieder 03", study()))
    row = found.of("Aanbieder 03").iloc[4]
    assert (row["role"], row["construct"]) == ("staff", "autonomy")
    at = texts_of.index("staff")
    assert texts_of[at + 1 : at + 3] == ["Autonomy", "4.21"]
    assert texts_of[at + 5] == f"{row['rank_lower']:.0f}–{row['rank_upper']:.0f}"
    assert texts_of[at + 6] == "above"


def test_scores_that_are_too_unreliable_are_in_no_table_and_no_figure():
    found, hidden = monitor(), ("client", "relatedness")
    scales = found.scales.copy()
    scales.loc[hidden, "shown"] = NOT_TOLD
    own = (found.scores["role"] == hidden[0]) & (found.scores["construct"] == hidden[1])
    scores = found.scores.copy()
    scores.loc[own, ["estimate", "ci_lower", "ci_upper", "rank_lower", "rank_upper"]] = float("nan")
    scores["place"] = scores["place"].where(~own, "")
    less = replace(found, scales=scales, scores=scores)
    drawn = bouwen.plots.caterpillar(less, study()).data
    panels = set(zip(drawn["side"], drawn["construct"], strict=True))
    assert ("clients", "Relatedness") not in panels
    assert ("staff", "Relatedness") in panels
    assert "Relatedness (clients)" in str(texts.units(less, study()).data)
    assert "units cannot be told apart: Relatedness (clients)" in str(
        texts.unit(less, "Aanbieder 03", study()).data
    )
    nothing = replace(less, scores=scores.assign(estimate=float("nan")))
    with pytest.raises(NothingToShow):
        bouwen.plots.caterpillar(nothing)


def test_figures_draw_what_was_found():
    found = monitor()
    funnel = bouwen.plots.funnel(found, study()).data
    assert len(funnel) == len(found.scores)
    assert funnel["mean"].tolist() == found.scores["mean"].round(2).tolist()
    drawn = bouwen.plots.caterpillar(found, study(), unit="Aanbieder 03").data
    assert (drawn["own"] == "own").sum() == 8
    with pytest.raises(UnknownName):
        bouwen.plots.caterpillar(found, unit="Aanbieder 07")


def test_the_audit_stops_pages_and_rows_of_units_that_are_too_small():
    small = monitor().left_out[0]
    shown = SimpleNamespace(tables={})
    assert not list(unit_leaks(study(), {"book/unit-aanbieder-03": shown}))
    leaks = list(unit_leaks(study(), {f"book/unit-{small.lower().replace(' ', '-')}": shown}))
    assert len(leaks) == 1
    assert small not in leaks[0].what

    class Table:
        rows = ((small, "3.40"),)

    shown.tables["unit"] = Table()
    assert len(list(unit_leaks(study(), {"book/units": shown}))) == 1


def test_something_else_is_refused():
    with pytest.raises(WrongResult):
        tables.units(study())
    with pytest.raises(WrongResult):
        texts.unit(study(), "Aanbieder 03", study())

"""Counts and groups below, at and above the smallest, in everything that a page shows."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen.report import plots, tables, texts
from bouwen.report.plots.bars import answer_bars
from bouwen.report.plots.response import pattern_tiles, respondent_shares
from bouwen.scales.items import describe

LEAST = 4
GROUP = "procurement_variant"  # three levels, the last of which is made small


@pytest.fixture(scope="module")
def study():
    read = bouwen.read_study("data/providers/study.yml")
    settings = read.settings.model_copy(update={"min_cell": LEAST, "min_width": LEAST, "min_group": 9})
    return replace(read, file=read.file.model_copy(update={"settings": settings}))


def sized(study, last):
    """Fifty respondents, of whom so many are in the last level of the group."""
    first, second, third = study.levels(GROUP)
    levels = [third] * last + [second] * 12
    levels += [first] * (50 - len(levels))
    responses = study.responses.iloc[:50].copy()
    responses[GROUP] = pd.Categorical(levels, list(study.levels(GROUP)))
    return replace(study, responses=responses)


def cells(table):
    """The texts of a rendered table, tags removed."""
    body = table.as_raw_html().split("</style>")[-1]
    found = re.sub(r"<[^>]+>", "\x00", body).split("\x00")
    return [html.unescape(text.strip()) for text in found if text.strip()]


def described(study):
    """How the answers to every item are spread; what costs fits is left out."""
    rows = {}
    for item in study.items:
        scale = study.instrument.scale_of(item)
        rows[item] = describe(study.responses[item], scale.lowest, scale.highest)
    return pd.DataFrame.from_dict(rows, orient="index").assign(
        construct=[study.instrument.construct_of(item) for item in study.items]
    )


SIZES = pytest.mark.parametrize("size", [0, 1, LEAST - 1, LEAST, LEAST + 1])


@SIZES
def test_background_shows_what_may_be_shown(study, size):
    here = sized(study, size)
    shown = cells(tables.background(here))
    at = [shown.index(here.level_label(GROUP, level)) for level in here.levels(GROUP)]
    counts = [50 - 12 - size, 12, size]
    if size < LEAST:  # the second level is hidden with the third
        expected = [[str(counts[0]), f"{100 * counts[0] / 50:.0f}%"], ["–", "–"], ["–", "–"]]
    else:
        expected = [[str(count), f"{100 * count / 50:.0f}%"] for count in counts]
    assert [shown[k + 1 : k + 3] for k in at] == expected
    drawn = respondent_shares(here).query("variable == @GROUP").set_index("level")
    kept = [level for level, (n, _) in zip(here.levels(GROUP), expected, strict=True) if n.isdigit()]
    assert list(drawn.index) == kept
    assert_allclose(drawn["share"], [counts[here.levels(GROUP).index(k)] / 50 for k in kept])
    assert_allclose(drawn["n"], drawn["share"] * 50)


@pytest.mark.parametrize("size", [LEAST - 1, LEAST, 8, 9, 10])
def test_levels_that_get_estimates(study, size):
    here = sized(study, size)
    shown = cells(tables.group_counts(here))
    at = shown.index(here.level_label(GROUP, here.levels(GROUP)[-1]))
    told = "–" if size < LEAST else str(size)
    assert shown[at + 1 : at + 3] == [told, "yes" if size >= 9 else "no"]


@pytest.mark.parametrize("size", [LEAST - 1, LEAST, 8, 9, 10])
def test_a_page_of_a_group_says_why_it_has_no_figures(study, size):
    here = sized(study, size)
    found = texts.too_few(here, GROUP, here.levels(GROUP)[-1])
    if size >= 9:
        assert found is None
    else:
        told = "a number that is not shown" if size < LEAST else str(size)
        assert f"or none; this group has {told}. " in " ".join(found.data.split())


@pytest.mark.parametrize(
    ("count", "total", "told"),
    [
        (0, 20, "fewer than 4"), (1, 20, "fewer than 4"), (3, 20, "fewer than 4"), (4, 20, 4), (5, 20, 5),
        (15, 20, 15), (16, 20, 16), (17, 20, "more than 16"), (19, 20, "more than 16"),
        (20, 20, "more than 16"), (17, None, 17),
    ],
)  # fmt: skip
def test_guarded_counts(study, count, total, told):
    assert texts.guarded(study, count, total) == told


@pytest.mark.parametrize(
    ("count", "total", "told"),
    [
        (0, 201, "<2%"), (3, 201, "<2%"), (4, 201, "2%"), (5, 201, "2%"), (197, 201, "98%"),
        (198, 201, ">98%"), (201, 201, ">98%"), (1, 7, "–"), (5, 8, ">50%"), (4, 8, "50%"),
    ],
)  # fmt: skip
def test_guarded_shares(study, count, total, told):
    assert texts.guarded_share(study, count, total) == told


@pytest.mark.parametrize(("answered", "told"), [(201, "<4%"), (198, "<4%"), (197, "<4%"), (100, "<4%")])
def test_the_bound_of_a_share_does_not_tell_how_many_answered(study, answered, told):
    assert texts.guarded_share(study, 1, answered, answered=True) == told


@pytest.mark.parametrize(
    ("n", "told"), [(201, "201"), (200, "more than 197"), (198, "more than 197"), (197, "197")]
)
def test_how_many_an_analysis_is_of(study, n, told):
    assert texts.sample_size(study, n) == told


@SIZES
def test_missing_answers_per_item(study, size):
    item, other = study.items[:2]
    responses = study.responses.iloc[:30].copy()
    responses[list(study.items)] = responses[list(study.items)].fillna(3)
    responses.loc[responses.index[:size], item] = np.nan
    here = replace(study, responses=responses)
    shown = cells(tables.items(here, described(here)))
    told = "<20%" if size < LEAST else {4: "10%", 5: "20%"}[size]
    assert shown[shown.index(item) + 1] == told
    assert shown[shown.index(other) + 1] == "<20%"
    drawn = plots.missing(here).data.set_index("item")["share"]
    assert_allclose(drawn[item], max(size, LEAST) / 30)
    assert_allclose(drawn[other], LEAST / 30)


@SIZES
@pytest.mark.parametrize("end", ["floor", "ceiling"])
def test_shares_at_the_ends_of_a_scale(study, size, end):
    item = next(item for item in study.items if not study.instrument.items[item].reversed)
    responses = study.responses.iloc[:30].copy()
    responses[item] = [{"floor": 1.0, "ceiling": 5.0}[end]] * size + [3.0, 2.0] * 5 + [4.0] * (20 - size)
    found = described(replace(study, responses=responses))
    shown = cells(tables.items(replace(study, responses=responses), found))
    at = shown.index(item)
    told = "<20%" if size < LEAST else {4: "10%", 5: "20%"}[size]
    ends = {"floor": shown[at + 6], "ceiling": shown[at + 7]}
    assert ends.pop(end) == told
    assert list(ends.values()) == ["<20%"]


@SIZES
def test_screened_counts(study, size):
    responses = study.responses.iloc[:30].copy()
    answers = np.resize([1.0, 2.0, 3.0, 4.0, 5.0, 2.0, 4.0], (30, len(study.items)))
    answers = (
        answers + np.arange(30)[:, None] % 5 + np.arange(30)[:, None] // 5 * (np.arange(len(study.items)) % 3)
    ) % 5 + 1
    responses[list(study.items)] = answers
    responses.loc[responses.index[:size], list(study.items)] = [2.0] * len(study.items)
    found = bouwen.screen(replace(study, responses=responses))
    assert (found.constant, found.duplicated) == (size, max(size - 1, 0))
    shown = cells(tables.screening(found))

    def told(count):
        return f"fewer than {LEAST}" if count < LEAST else str(count)

    at = next(k for k, text in enumerate(shown) if text.startswith("Gave one answer to all"))
    assert shown[at + 1] == told(size)
    assert shown[shown.index("Gave the same answers as an earlier respondent") + 1] == told(max(size - 1, 0))
    assert shown[shown.index("Answered every statement") + 1] == f"more than {30 - LEAST}"


@SIZES
def test_bars_of_answers_hold_no_small_piece(study, size):
    item = study.items[0]
    responses = study.responses.iloc[:30].copy()
    responses[item] = [1.0] * size + [2.0] * 8 + [3.0] * 10 + [5.0] * (12 - size)
    bars = answer_bars(replace(study, responses=responses), study.constructs)
    found = bars[bars["item"] == item].set_index("answer")["share"]
    lowest, second = (0, 8 + size) if size < LEAST else (size, 8)
    counts = {1: lowest, 2: second, 3: 10, 4: 0, 5: 12 - size}
    shares = {k: np.floor(10 * n / 30 + 0.5 + 1e-9) / 10 for k, n in counts.items()}
    assert found.to_dict() == pytest.approx(shares)


@pytest.mark.parametrize("size", [LEAST - 1, LEAST, LEAST + 1])
def test_patterns_of_gaps_that_few_share_are_one_row(study, size):
    responses = study.responses.iloc[:30].copy()
    responses[list(study.items)] = 3.0
    first, second = study.items[:2]
    responses.loc[responses.index[:size], first] = np.nan
    responses.loc[responses.index[10:14], second] = np.nan
    tiles = pattern_tiles(replace(study, responses=responses))
    rows = tiles.drop_duplicates("row").set_index("row")[["n", "patterns"]]
    if size < LEAST:  # with the rarest common pattern, so that it cannot be found by subtraction
        assert rows.to_numpy().tolist() == [[size + 4, 2], [26 - size, 1]]
        kinds = tiles[tiles["row"] == 0].set_index("item")["kind"]
        assert (kinds[first], kinds[second], kinds[study.items[2]]) == ("open_few", "open_some", "open_few")
    else:
        sizes = sorted([size, 4, 26 - size])
        assert sorted(rows["n"]) == sizes
        assert set(rows["patterns"]) == {1}

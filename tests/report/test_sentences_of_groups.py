"""Groups side by side: who is named as highest and lowest, on each side of what decides it, by hand."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import bouwen
from bouwen import plots, tables, texts
from bouwen.groups import GroupComparison, against_rest, alike_everywhere, extremes, settled_comparisons
from bouwen.groups.comparing import MOST_PAIRED, THE_OTHERS, pairs_of

GONE = np.nan
LEVELS = ("company_1", "company_2", "company_3", "company_4")


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/reputation/study.yml", language="en")


def row(what, level, other, estimate, verdict, kind="latent mean", smallest=0.3, unit=1.0):
    half = 0.2
    return {
        "kind": kind, "what": what, "level": level, "other": other, "method": "Welch",
        "estimate": estimate * unit,
        "ci_lower": (estimate - half) * unit, "ci_upper": (estimate + half) * unit,
        "pvalue": GONE if verdict == "not comparable" else 0.01, "padjusted": 0.04,
        "smallest": smallest * unit, "detectable": 0.6 * unit, "demonstrable": 0.5 * unit,
        "invariance": "full", "n": 100, "n_other": 50, "verdict": verdict,
    }  # fmt: skip


def means(what, at, verdict="cannot tell", **options):
    """All pairs, and each against the others, of levels that lie at these places."""
    names = list(at)
    rows = [
        row(what, a, b, at[a] - at[b], verdict, **options)
        for k, a in enumerate(names)
        for b in names[k + 1 :]
    ]
    for a in names if len(names) > 2 else ():
        rest = np.mean([at[b] for b in names if b != a])
        rows.append(row(what, a, THE_OTHERS, at[a] - rest, verdict, **options))
    return rows


def comparison(rows, levels=LEVELS, left_out=(), group="company"):
    return GroupComparison(
        group, tuple(levels), tuple(left_out), pd.DataFrame(rows), {}, None, False, 0.95, 0.3
    )


PLACES = {"company_1": 0.1, "company_2": -0.4, "company_3": 0.9, "company_4": 0.2}


def test_the_highest_and_the_lowest_are_named_whatever_the_order_of_the_pair():
    found = extremes(comparison(means("competence", PLACES, "different")))
    assert list(found[["level", "other"]].iloc[0]) == ["company_3", "company_2"]
    assert_allclose(found[["estimate", "ci_lower", "ci_upper"]].iloc[0].astype(float), [1.3, 1.1, 1.5])
    back = extremes(comparison(means("competence", {k: -x for k, x in PLACES.items()}, "different")))
    assert list(back[["level", "other"]].iloc[0]) == ["company_2", "company_3"]
    assert_allclose(back["estimate"], 1.3)


def test_scores_stand_in_for_latent_means_only_where_there_are_none():
    rows = means("competence", PLACES) + means("competence", PLACES, kind="score", unit=2.0)
    rows += means("satisfaction", PLACES, kind="score", unit=2.0)
    found = extremes(comparison(rows))
    assert list(found["kind"]) == ["latent mean", "score"]
    assert_allclose(found[["estimate", "smallest", "detectable"]], [[1.3, 0.3, 0.6]] * 2)  # both in SDs


def test_two_levels_are_each_others_rest():
    found = comparison(means("competence", {"a": 0.5, "b": 0.1}, "different"), ("a", "b"))
    assert_allclose(against_rest(found, "a")[["estimate", "ci_lower"]], [[0.4, 0.2]])
    assert_allclose(against_rest(found, "b")[["estimate", "ci_lower", "ci_upper"]], [[-0.4, -0.6, -0.2]])
    assert list(against_rest(found, "b")["level"]) == ["b"]


def test_more_levels_than_pairs_are_made_of_are_held_against_the_rest():
    names = tuple(f"l{k:02}" for k in range(MOST_PAIRED + 1))
    assert {other for _, other in pairs_of(names)} == {THE_OTHERS}
    assert len(pairs_of(names[:-1])) == MOST_PAIRED * (MOST_PAIRED - 1) / 2 + MOST_PAIRED
    rows = [row("competence", name, THE_OTHERS, k / 10, "different") for k, name in enumerate(names)]
    assert list(extremes(comparison(rows, names))["level"]) == [names[-1], names[0]]


def test_all_are_alike_only_where_every_two_are():
    rows = means("competence", PLACES, "equivalent") + means("loyalty", PLACES, "different but trivial")
    like = means("likeability", PLACES, "equivalent")
    like[0]["verdict"] = "cannot tell"
    assert alike_everywhere(comparison(rows + like)) == ["competence", "loyalty"]


def test_what_it_would_take_follows_from_what_could_have_been_shown():
    rows = means("competence", PLACES, "different") + means("loyalty", PLACES, "not comparable")
    rows[0] |= {"verdict": "cannot tell", "n": 43}
    found = settled_comparisons([comparison(rows)]).iloc[0]
    assert (found["n"], found["settled"], found["incomparable"]) == (20, 9, 10)
    assert_allclose(found[["smallest", "detectable", "demonstrable"]].astype(float), [0.3, 0.6, 0.5])
    assert_allclose(found["times"], 4)  # twice as fine takes four times as many
    assert found["least"] == 43


# ------------------------------------------------------------------ sentences


def said(function, *given):
    return re.sub(r"\\(.)", r"\1", function(*given).data).replace("\N{NO-BREAK SPACE}", " ")


def test_where_nothing_is_settled_the_page_and_the_home_page_say_so_first(study):
    found = {"company": comparison(means("competence", PLACES), left_out=("company_4",))}
    first = said(texts.groups_settled, found, study)
    assert first.startswith("**None of the 10 comparisons between groups can be settled")
    assert "0.60 in four of five cases" in first
    assert "about 4.0 times as many answers: some 200 in the smallest group, which has 50" in first
    line = said(texts.groups_line, found, study)
    assert "cannot be told: none of 10" in line
    told = said(texts.groups_found, found, study)
    assert "No scale and no path" in told
    assert re.search(r"No page of their own.*company 4\.$", told, re.MULTILINE)


@pytest.mark.parametrize("sign", [1, -1])
def test_who_is_above_whom(study, sign):
    found = {
        "company": comparison(means("competence", {k: sign * x for k, x in PLACES.items()}, "different"))
    }
    high, low = ("company 3", "company 2")[::sign]
    told = said(texts.groups_found, found, study)
    assert f"Competence: {high} score higher than {low}, by 1.30 standard deviations [1.10, 1.50]." in told
    assert "Groups differ: Company on Competence. 10 of 10" in said(texts.groups_line, found, study)
    story = said(texts.level_story, found["company"], study, "company_3")
    assert story.startswith(
        f"**Company 3 against all others: {'higher' if sign > 0 else 'lower'} on Competence (0.9 SD).**"
    )


def test_a_difference_between_others_than_the_extremes_is_named(study):
    rows = means("competence", PLACES)
    next(r for r in rows if (r["level"], r["other"]) == ("company_1", "company_3"))["verdict"] = "different"
    told = said(texts.groups_found, {"company": comparison(rows)}, study)
    assert (
        "Competence: company 3 score higher than company 1, by 0.80 standard deviations [0.60, 1.00]." in told
    )


def test_the_story_of_a_level_tells_what_is_alike_what_is_open_and_what_cannot_be_compared(study):
    rows = (
        means("competence", PLACES, "equivalent")
        + means("likeability", PLACES, "not comparable")
        + means("loyalty", PLACES)
        + means("competence -> loyalty", PLACES, "different", kind="path", smallest=0.2)
    )
    story = said(texts.level_story, comparison(rows), study, "company_2")
    assert "no difference can be told on any of the 3 scales" in story
    assert "ruled out on Competence." in story
    assert "Not comparable, as items work differently: Likeability." in story
    assert "Competence → Loyalty is weaker here than among the others." in story
    assert "On 1 of the scales it stays open" in story
    lone = comparison([row("competence", "a", "b", 0, "different")][:0] or rows[:0], ())
    lone = replace(lone, rows=pd.DataFrame(rows).iloc[:0])
    assert said(texts.level_story, lone, study, "company_2").startswith("Fewer than two groups")
    assert tables.against_rest(lone, study, "company_2") is None
    assert plots.against_rest(lone, study, "company_2") is None


def test_a_scale_of_one_item_shows_no_interval_that_tells_its_spread(study):
    found = comparison(means("satisfaction", PLACES, "different", kind="score"))
    html = tables.against_rest(found, study, "company_3").as_raw_html()
    assert not re.search(r"\[[−\d]", html)
    assert "0.9" in html
    drawn = plots.against_rest(found, study, "company_3").data
    assert (drawn["ci_lower"] == drawn["x"]).all()


def test_scores_that_are_not_comparable_are_flagged_in_the_table(study):
    rows = means("competence", PLACES, "not comparable") + means(
        "competence", PLACES, "not comparable", kind="score"
    )
    html = tables.side_by_side({"company": comparison(rows)}, study).as_raw_html()
    assert html.count("not comparable") >= 1
    assert tables.side_by_side({"company": comparison(rows)}, study, kind="path") is None


def test_the_figure_joins_by_a_full_line_what_differs(study):
    found = {"company": comparison(means("competence", PLACES, "different") + means("loyalty", PLACES))}
    points = plots.side_by_side(found, study).data
    told = points.groupby("line", observed=True)["told"].unique().map(list).to_dict()
    assert (told["Competence"], told["Loyalty"]) == (["different"], ["open"])
    shown = bouwen.groups.shown_means(study, "company")
    assert_allclose(sorted(points["x"]), sorted(shown["mean"]))
    assert list(points["series"].cat.categories) == ["company 1", "company 2", "company 3", "company 4"]


def test_of_more_levels_than_colours_the_highest_and_the_lowest_stand_out(study):
    both = bouwen.compare_all_groups(study, draws=20, permutations=19)
    many = {"company": replace(both["company"], levels=(*LEVELS, *"abcd")), "plan": both["plan"]}
    points = plots.side_by_side(many, study).data
    assert list(points["series"].cat.categories) == ["highest", "lowest", "others"]
    best = points[points["series"] == "highest"].groupby(["panel", "line"], observed=True)["x"].max()
    assert (best == points.groupby(["panel", "line"], observed=True)["x"].max()).all()

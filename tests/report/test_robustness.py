"""What a reader sees of the specification curve and of the checks for a common method."""

import html
import re
from dataclasses import replace

import numpy as np
import pytest

import bouwen
from bouwen.path import CHOICES
from bouwen.report import plots, tables, texts
from bouwen.report.audience import reader
from bouwen.report.book.chapters import Chapter
from bouwen.report.book.needs import has_what
from bouwen.report.plots.robustness import TALL, curve_points, dashboard, nice_breaks
from bouwen.report.tables.robustness import choice_label, chosen_label


@pytest.fixture(scope="module")
def curve():
    return bouwen.specification_curve(bouwen.read_study("data/reputation/study.yml"), seed=1, permutations=39)


def cells(table):
    body = table.as_raw_html().split("</style>")[-1]
    shown = re.sub(r"<[^>]+>", "\x00", body).split("\x00")
    return [html.unescape(text.strip()) for text in shown if text.strip()]


def dutch(study):
    return bouwen.read_study(study.path, language="nl")


def test_every_choice_and_level_has_a_label_in_both_languages(reputation, curve):
    for study in (reputation, dutch(reputation)):
        labels = [chosen_label(reader(study), level) for c in CHOICES for level in set(curve.results[c])]
        labels += [choice_label(reader(study), curve, choice) for choice in CHOICES]
        assert all(labels)
        assert not any("{" in label for label in labels)
    assert chosen_label(reader(reputation), "all") == "all"
    assert choice_label(reader(dutch(reputation)), curve, "form") == "Sympathie als"


def test_points_stand_where_the_estimates_are(curve):
    points, breaks = curve_points(curve)
    assert list(points["estimate"]) == sorted(curve.results["estimate"])
    scale = TALL / (breaks[-1] - breaks[0])
    np.testing.assert_allclose(np.diff(points["y"]), np.diff(points["estimate"]) * scale, atol=1e-12)
    np.testing.assert_allclose(
        points["high"] - points["low"], (points["ci_upper"] - points["ci_lower"]) * scale
    )
    assert points.loc[points["reference"], "estimate"].tolist() == [curve.reference["estimate"]]
    assert points["null_lower"].notna().sum() == len(curve.tested)
    assert (points["null_lower"].dropna() < points["null_upper"].dropna()).all()


def test_the_dashboard_marks_each_choice_of_each_specification_once(reputation, curve):
    points, _ = curve_points(curve)
    marks, lines = dashboard(curve, reader(reputation), points)
    varied = [choice for choice in CHOICES if curve.results[choice].nunique() > 1]
    assert len(marks) == len(varied) * len(points)
    assert marks.groupby("x").size().eq(len(varied)).all()
    assert lines["y"].is_unique
    assert (lines["level"] == "").sum() == len(varied)


@pytest.mark.parametrize(("low", "high"), [(-0.13, 0.94), (0.0, 0.04), (-3.0, 14.0)])
def test_ticks_are_round_and_reach_both_ends(low, high):
    breaks = nice_breaks(low, high)
    assert breaks[0] <= low <= high <= breaks[-1]
    assert len(breaks) <= 10
    assert len({round(step, 9) for step in np.diff(breaks)}) == 1


@pytest.mark.book
def test_the_figure_draws_in_both_languages(reputation, curve):
    for study, title in ((reputation, "28 specifications"), (dutch(reputation), "28 specificaties")):
        figure = plots.specification_curve(curve, study)
        assert figure.labels.x.startswith(title)
        figure.draw()


def test_failed_specifications_are_told_and_not_drawn(reputation, curve):
    results = curve.results.copy()
    results.loc[3, ["estimate", "se", "ci_lower", "ci_upper", "pvalue"]] = np.nan
    results.loc[3, "status"], results.loc[5, "status"] = "failed", "improper"
    hurt = replace(curve, results=results)
    assert len(curve_points(hurt)[0]) == len(results) - 1
    assert "1 more gave no estimate, and 1 have an impossible" in texts.robustness(hurt, reputation).data
    assert texts.robustness(curve, reputation).data.startswith("All 28 have the same sign and differ")


@pytest.mark.parametrize(
    ("change", "words"),
    [({"pvalue": 0.5}, "27 differ significantly"), ({"estimate": -0.1}, "Not all of the 28")],
)
def test_the_verdict_follows_the_specifications(reputation, curve, change, words):
    results = curve.results.copy()
    for column, value in change.items():
        results.loc[7, column] = value
    assert words in texts.robustness(replace(curve, results=results), reputation).data


def test_tables_show_the_steps_and_the_joint_tests(reputation, curve):
    steps, shown = curve.steps(), cells(tables.specification_steps(curve, reputation))
    at = shown.index("none")
    assert shown[at + 1] == str(steps.loc[("adjustment", "none"), "n"])
    assert shown[at + 3] == f"{steps.loc[('adjustment', 'none'), 'shift']:.2f}"
    joint = cells(tables.joint_tests(curve, reputation))
    assert joint[joint.index("Share significant") + 1] == "100%"
    assert joint.count(f"{1 / 40:.3f}") >= 2


def test_tables_of_a_common_method_show_every_path_and_factor(reputation):
    found = bouwen.common_method(reputation)
    shown = cells(tables.method_paths(found, reputation))
    assert shown.count("Likeability → Loyalty") == 1
    at = shown.index("Likeability → Loyalty")
    assert shown[at + 1 : at + 3] == ["0.57", "0.38"]
    assert "0.37" in cells(tables.method_shares(found, reputation))


def test_a_study_without_a_main_path_gets_no_such_chapter(reputation):
    chapter = Chapter("book/robustness", {"cells": [], "metadata": {"bouwen": {"needs": "path"}}}, {})
    assert has_what(reputation, chapter.wishes["needs"])
    unnamed = replace(reputation, file=reputation.file.model_copy(update={"predictor": None}))
    assert not has_what(unnamed, chapter.wishes["needs"])

"""Something of another kind than what is asked for: one sentence, wherever it is given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.errors import BouwenError
from bouwen.report.book.building import check_book

DATA = Path(__file__).parents[2] / "data"
MODEL = "f =~ x1 + x2 + x3 + x4"


@pytest.fixture(scope="module")
def answers():
    rng = np.random.default_rng(1)
    common = rng.normal(size=(80, 1))
    return pd.DataFrame(common + rng.normal(size=(80, 4)), columns=["x1", "x2", "x3", "x4"])


@pytest.fixture(scope="module")
def fit(answers):
    return bouwen.fit_sem(MODEL, answers)


@pytest.mark.parametrize("option", ["std_lv", "fixed_x", "collapse", "orthogonal", "meanstructure"])
def test_a_no_in_words_does_not_count_as_yes(answers, option):
    with pytest.raises(BouwenError, match=f"{option}='no' is not known; use one of: True, False"):
        bouwen.fit_sem(MODEL, answers, **{option: "no"})


@pytest.mark.parametrize("level", [None, "0.9", [0.8], 95, np.nan])
def test_a_level_that_is_no_share_is_refused_by_every_interval(answers, fit, level):
    rooms = [
        fit.table,
        fit.standardized,
        lambda **o: bouwen.alpha(answers, **o),
        lambda **o: bouwen.omega(fit, **o),
    ]
    for room in rooms:
        with pytest.raises(BouwenError, match="confidence is a share between 0 and 1"):
            room(confidence=level)


@pytest.mark.parametrize(
    "door",
    [
        "screen", "group_sizes", "specification_curve", "common_method", "plan_follow_up", "study_ladders",
    ],
)  # fmt: skip
@pytest.mark.parametrize("found", [None, pd.DataFrame({"x1": [1, 2]})])
def test_what_needs_a_study_says_so(door, found):
    with pytest.raises(BouwenError, match="give a study first"):
        getattr(bouwen, door)(found)


def test_a_model_and_its_study_that_changed_places(providers):
    with pytest.raises(BouwenError, match="give a study first"):
        bouwen.fit_model("measurement", providers)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda x: bouwen.fit_sem(MODEL, x, effect_coding=None), "effect_coding=None is not known"),
        (lambda x: bouwen.fit_sem(MODEL, x, bounds="pos.var", engine="semopy"), 'engine="semopy" estimates'),
        (lambda x: bouwen.alpha(x, interval="bootstrap", draws=0), "draws=0 cannot be"),
        (lambda x: bouwen.alpha(x, seed=-1), "seed=-1 cannot be"),
        (lambda x: bouwen.alpha(x, ordinal="no"), "ordinal='no' is not known"),
        (lambda x: bouwen.compare_treatments(x, seed=1, imputations=0), "imputations=0 cannot be"),
        (lambda x: bouwen.fit_efa(x, 1, seed="a"), "seed='a' cannot be"),
        (lambda x: bouwen.fit_efa(x, 1, rotation="target", target=np.ones((4, 1))), "found ndarray"),
        (lambda x: bouwen.htmt({"a": ["x1", "x2"], "b": ["x3", "x4"]}), "found list"),
        (lambda x: bouwen.permutation_invariance(x), "give what bouwen.check_invariance returns"),
        (lambda x: bouwen.check_invariance(MODEL, x.assign(g="a"), "g", steps=[]), "steps=.. is not known"),
        (lambda x: bouwen.Moments(x.cov(), "many"), "is not a number of respondents"),
        (lambda x: bouwen.Moments(x.assign(x1="a"), 80), "holds text"),
        (lambda x: bouwen.htmt({"a": x[["x1", "x2"]], "b": x[["x3", "x4"]]}, draws=5, seed=-1), "seed=-1"),
        (lambda x: bouwen.loading_stability(x, 1, seed=1, draws=0), "draws=0 cannot be"),
        (lambda x: bouwen.parallel_analysis(x, seed=1, draws=10, percentile=0.95), "percentile is between 1"),
        (lambda x: bouwen.load_fit(None), "found NoneType"),
        (lambda x: bouwen.read_study(None), "found NoneType"),
    ],
)
def test_other_kinds_are_told_in_a_sentence(answers, call, said):
    with pytest.raises(BouwenError, match=said):
        call(answers)


def test_an_option_that_no_table_has_is_refused(fit):
    with pytest.raises(BouwenError, match="there is no conf= here; known are language, labels, confidence"):
        bouwen.tables.loadings(fit, conf=0.8)


def test_one_category_more_than_can_be_read_is_counted(answers):
    groups = answers.assign(g=["a", "b"] * 40)
    with pytest.raises(BouwenError, match="and 31 others for"):
        bouwen.check_invariance(MODEL, groups, "g", ordered=True)


def test_ordered_true_is_all_of_a_studys_items(providers):
    named, all_of_them = (
        bouwen.fit_model(providers, "measurement", estimator="WLSMV", ordered=items) for items in ((), True)
    )
    assert named.measures["chisq"] == all_of_them.measures["chisq"]


def test_mixed_columns_are_told_what_every_room_can_do(answers):
    mixed = answers.assign(x1=pd.cut(answers.x1, 4))
    with pytest.raises(BouwenError, match="all numbers"):
        bouwen.kmo(mixed)
    bouwen.kmo(mixed.assign(x1=mixed.x1.cat.codes))


def test_a_check_reads_which_chapters_are_shown(tmp_path):
    source = (DATA / "reputation" / "study.yml").read_text("utf-8")
    for name in ("instrument.yml", "corp_rep_data.csv"):
        (tmp_path / name).write_bytes((DATA / "reputation" / name).read_bytes())
    (tmp_path / "study.yml").write_text(source + "\nanalysis: {chapters: [scale]}\n", "utf-8")
    with pytest.raises(BouwenError, match="scale: is no chapter"):
        check_book(tmp_path / "study.yml")

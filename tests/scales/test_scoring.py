import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.checks import NotAShare
from bouwen.scales import key_items, score_scales


@pytest.fixture
def study(study_of):
    answers = pd.DataFrame(
        {"a1": [1, 5, 2.0], "a2": [5, 1, np.nan], "a3": [1, 4, np.nan], "b1": [3, np.nan, 4.0]},
        index=["r1", "r2", "r3"],
    )
    return study_of(answers, {"a": ["a1", "a2", "a3"], "b": ["b1"]}, reversed_items=["a2"])


def test_reversed_items_are_turned_and_the_study_is_left_alone(study):
    before = study.responses.copy()
    assert key_items(study)["a2"].tolist()[:2] == [1, 5]
    pd.testing.assert_frame_equal(study.responses, before)


def test_mean_of_answered_items_when_half_were_answered(study):
    scores = score_scales(study)
    assert_allclose(scores["a"], [1, 14 / 3, np.nan])
    assert_allclose(scores["b"], [3, np.nan, 4])
    assert list(scores.index) == ["r1", "r2", "r3"]


def test_rule_for_missing_items_can_be_relaxed(study):
    assert_allclose(score_scales(study, min_answered=0.3)["a"], [1, 14 / 3, 2])


def test_sum_and_percent_are_the_mean_in_other_units(study):
    mean = score_scales(study)["a"]
    assert_allclose(score_scales(study, unit="sum")["a"], 3 * mean)
    assert_allclose(score_scales(study, unit="percent")["a"], 25 * (mean - 1))


@pytest.mark.parametrize("share", [0, -1, 1.1])
def test_impossible_share_is_refused(study, share):
    with pytest.raises(NotAShare) as error:
        score_scales(study, min_answered=share)
    assert (error.value.option, error.value.found) == ("min_answered", share)

import numpy as np
import pandas as pd
from numpy.testing import assert_allclose

from bouwen.scales import check_key
from bouwen.scales.correlations import fisher_interval


def answers(n=201, seed=1):
    rng = np.random.default_rng(seed)
    f = rng.standard_normal((n, 1))
    x = np.clip(np.round(3 + f + rng.standard_normal((n, 4))), 1, 5)
    return pd.DataFrame(x, columns=[*"abcd"])


def test_a_right_key_gives_no_warning(study_of):
    turned = answers().assign(d=lambda x: 6 - x["d"])
    assert check_key(study_of(turned, {"s": [*"abcd"]}, reversed_items=["d"])).empty


def test_a_forgotten_and_a_needless_reversal_are_named(study_of):
    x = answers()
    forgotten = check_key(study_of(x.assign(d=6 - x["d"]), {"s": [*"abcd"]}))
    assert list(forgotten.index) == ["d"]
    assert forgotten.loc["d", "ci_upper"] < 0 < forgotten.loc["d", "r_rest_turned"]
    assert "should it be reversed" in forgotten.loc["d", "message"]
    needless = check_key(study_of(x, {"s": [*"abcd"]}, reversed_items=["b"]))
    assert list(needless.index) == ["b"]
    assert "not reversed" in needless.loc["b", "message"]


def test_a_weak_item_is_not_called_reversed(study_of):
    noise = np.random.default_rng(2).integers(1, 6, 201).astype(float)
    study = study_of(answers().assign(d=noise, e=noise), {"s": [*"abcd"], "one": ["e"]})
    assert check_key(study).empty


def test_fisher_interval_by_hand():
    """r = .5, n = 28: artanh .5 ± 1.959964/5."""
    expected = np.tanh(np.arctanh(0.5) + np.array([-1, 1]) * 1.959964 / 5)
    assert_allclose(fisher_interval(0.5, 28, 0.95), expected, atol=1e-7)
    assert np.isnan(fisher_interval(0.5, 3, 0.95)).all()

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.checks import ConstantItem
from bouwen.scales import intraclass, nested_statistics, within_agreement
from bouwen.scales.agreement import NoGroups

# Shrout & Fleiss (1979), table 2: six targets, four judges.
JUDGED = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


def long(matrix):
    return pd.Series(matrix.ravel().astype(float)), pd.Series(
        np.repeat(np.arange(len(matrix)), matrix.shape[1])
    )


def test_published_example_matches_shrout_and_fleiss_and_psych():
    found = intraclass(*long(JUDGED))
    ours = [found.icc1, found.icc1_ci_lower, found.icc1_ci_upper]
    assert_allclose(ours, [0.1657422862, -0.1329320425, 0.7225604266], atol=1e-5)
    ours = [found.icc2, found.icc2_ci_lower, found.icc2_ci_upper]
    assert_allclose(ours, [0.4427980576, -0.8844390306, 0.9124155656], atol=1e-5)
    assert_allclose(
        [found.f, found.df1, found.df2, found.pvalue], [1.794681468, 5, 18, 0.1647681916], atol=1e-5
    )
    assert found.size == 4


def test_simulated_share_is_recovered_with_unequal_groups():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.arange(2000), rng.integers(1, 6, 2000))
    scores = np.sqrt(0.3) * rng.standard_normal(2000)[groups] + np.sqrt(0.7) * rng.standard_normal(
        len(groups)
    )
    found = intraclass(pd.Series(scores), pd.Series(groups))
    assert found.icc1_ci_lower < 0.3 < found.icc1_ci_upper
    assert_allclose(found.icc1, 0.3, atol=0.03)


def test_gaps_and_unused_categories_are_left_out():
    scores, groups = long(JUDGED)
    groups = groups.astype(str).astype(pd.CategoricalDtype([*"0123456789"]))
    scores = pd.concat([scores, pd.Series([np.nan, 3.0])], ignore_index=True)
    groups = pd.concat([groups, pd.Series(["1", None]).astype(groups.dtype)], ignore_index=True)
    assert_allclose(intraclass(scores, groups).icc1, 0.1657422862, atol=1e-5)


def test_r_wg_by_hand():
    """Five answers: random variance (25 − 1)/12 = 2. Group a: variances 1/3 and 1, mean 2/3, so 1/3 of it."""
    items = pd.DataFrame({"i": [3, 3, 4, 1.0, 5, 4], "j": [2, 3, 4, 5.0, 1, 4]})
    found = within_agreement(items, pd.Series([*"aaabbc"]), answers=5)
    assert_allclose(found["r_wg"], [2 * (2 / 3) / (2 * (2 / 3) + 1 / 3), 0, np.nan])
    assert found["n"].tolist() == [3, 2, 1]


def test_nested_statistics_give_a_row_per_construct(study_of):
    rng = np.random.default_rng(1)
    answers = pd.DataFrame(rng.integers(1, 6, (60, 3)).astype(float), columns=[*"abc"])
    answers["town"] = np.repeat([*"uvwxyz"], 10)
    table = nested_statistics(study_of(answers, {"s": ["a", "b"], "t": ["c"]}), "town")
    assert_allclose(table.loc["t", "icc1"], intraclass(answers["c"], answers["town"]).icc1)
    assert table["groups"].tolist() == [6, 6]
    assert table["r_wg_median"].between(0, 1).all()


def test_wrong_use_is_refused():
    scores, groups = long(JUDGED)
    with pytest.raises(NoGroups):
        intraclass(scores, groups * 0)
    with pytest.raises(NoGroups):
        intraclass(scores, pd.Series(range(24)))
    with pytest.raises(ConstantItem):
        intraclass(scores * 0, groups)

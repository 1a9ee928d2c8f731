import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from references import read_data

from bouwen.scales import common_patterns, little_mcar, missing_patterns, saturated_moments
from bouwen.scales.missing import NoGaps


@pytest.fixture(scope="module")
def gaps():
    table = read_data("holzinger_missing")
    return table[[f"x{i}" for i in range(1, 10)]]


def test_moments_match_lavaan(gaps):
    """lavCor(missing = "fiml")."""
    found = saturated_moments(gaps)
    mean = [4.91778829165, 6.08803986711, 2.25041528239, 3.07691781208, 4.31465516444]
    variance = [1.41719581114, 1.38178386552, 1.27486486076, 1.36789347205, 1.61245205354]
    assert_allclose(found.mean[:5], mean, atol=1e-6)
    assert_allclose(np.diag(found.cov)[:5], variance, atol=1e-6)
    assert_allclose(found.cov.loc["x2", "x1"], 0.420038095741, atol=1e-6)


def test_little_from_the_moments_of_lavaan(gaps):
    """d² of the paper, computed in R from lavaan's maximum likelihood moments."""
    found = little_mcar(gaps)
    assert_allclose(found.chisq, 47.4883068224, atol=1e-4)
    assert (found.df, found.patterns) == (40, 6)
    assert_allclose(found.pvalue, 0.1939156961, atol=1e-5)
    assert_allclose(found.missing, 0.0505721668512)


def test_complete_answers_have_plain_moments(holzinger):
    found = saturated_moments(holzinger)
    assert_allclose(found.mean, holzinger.mean(), atol=1e-12)
    assert_allclose(found.cov, holzinger.cov(ddof=0), atol=1e-12)
    with pytest.raises(NoGaps) as error:
        little_mcar(holzinger)
    assert error.value.n == 301


def test_test_keeps_its_level_and_sees_dependent_gaps():
    rng = np.random.default_rng(1)
    random, dependent = [], []
    for draw in range(100):
        x = pd.DataFrame(
            rng.multivariate_normal([0, 0, 0], 0.5 + 0.5 * np.eye(3), 150, method="cholesky"),
            columns=[*"abc"],
        )
        random.append(little_mcar(x.mask(rng.random(x.shape) < 0.1)).pvalue)
        if draw >= 30:
            continue
        y = x.copy()
        y.loc[(x["a"] > 0.5) & (rng.random(150) < 0.7), "b"] = np.nan
        dependent.append(little_mcar(y).pvalue)
    assert abs(np.mean(np.array(random) < 0.05) - 0.05) < 3 * np.sqrt(0.05 * 0.95 / 100)
    assert np.mean(np.array(dependent) < 0.05) > 0.9


def test_moments_correct_for_gaps_that_depend_on_answers():
    rng = np.random.default_rng(2)
    x = pd.DataFrame(
        rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 20_000, method="cholesky"), columns=["a", "b"]
    )
    x.loc[x["a"] > 0, "b"] = np.nan
    assert x["b"].mean() < -0.4
    assert_allclose(saturated_moments(x).mean["b"], 0, atol=0.05)


def test_patterns_are_counted_most_frequent_first():
    x = pd.DataFrame({"a": [1, np.nan, 2, np.nan, 3], "b": [1, np.nan, 2, np.nan, np.nan]})
    table = missing_patterns(x)
    assert table["n"].tolist() == [2, 2, 1]
    assert sorted(table["missing_items"]) == ["", "a, b", "b"]
    assert_allclose(table["share"].sum(), 1)
    assert missing_patterns(x[["a"]])["n"].sum() == 5


some_gaps = st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(some_gaps, st.integers(1, 6))
def test_common_patterns_hold_everyone_and_no_small_number(pattern_of_each, min_cell):
    frame = pd.DataFrame(np.where(pattern_of_each, np.nan, 1.0), columns=["a", "b", "c"])
    found = common_patterns(frame, min_cell)
    assert found["n"].sum() == len(frame)
    assert found["patterns"].sum() == len(set(pattern_of_each))
    if len(frame) >= min_cell:
        assert (found["n"] >= min_cell).all()
    shares = found[["a", "b", "c"]]
    counts = shares.mul(found["n"], axis=0)
    assert (shares.isna() | (counts < 1e-9) | (counts > min_cell - 1e-9)).to_numpy().all()
    known = counts.sum()[shares.notna().all()]
    assert_allclose(known, frame.isna().sum()[known.index])


def test_common_patterns_are_the_frequent_ones_of_missing_patterns():
    frame = pd.DataFrame({"a": [1.0] * 8 + [np.nan] * 5 + [1.0] * 3, "b": [1.0] * 13 + [np.nan] * 3})
    found = common_patterns(frame, 3)
    assert found[["n", "a", "b"]].to_numpy().tolist() == [[8, 0, 0], [5, 1, 0], [3, 0, 1]]
    pooled = common_patterns(frame, 4)  # 3 alone would be too few, so the 5 join them
    assert pooled[["n", "patterns"]].to_numpy().tolist() == [[8, 1], [8, 2]]
    assert pooled["a"].tolist() == [0, 5 / 8]
    assert np.isnan(pooled["b"].iloc[1])

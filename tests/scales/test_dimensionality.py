import re

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from recovery import five_point_answers, recovery

from bouwen.checks import TooFewItems, TooFewRespondents
from bouwen.scales import dimensionality, empirical_kaiser, mahalanobis, map_test, mardia, parallel_analysis
from bouwen.scales.dimensionality import TooFewDraws, kaiser_reference, one_factor, random_correlations
from bouwen.scales.extraction import extract


def test_map_matches_psych(reference, bfi):
    ref = reference["map_bfi25"]
    ours = map_test(bfi)
    assert ours.n_factors == ref["n_factors"]
    assert_allclose(ours.averages["squared"].iloc[1:9], ref["map"], rtol=0, atol=1e-9)


def test_parallel_analysis_counts_as_psych(reference, bfi):
    ref = reference["parallel_bfi25"]
    ours = parallel_analysis(bfi, seed=1)
    assert (ours.n_factors, ours.n_components) == (ref["n_factors"], ref["n_components"])
    # psych's eigenvalues of the observed correlations
    expected = [4.26063957, 1.91279965, 1.26485266, 0.94588651, 0.70938377, 0.25749866]
    assert_allclose(ours.eigenvalues["factors"].iloc[:6], expected, atol=1e-4)


def test_same_seed_same_reference(holzinger):
    first, second, other = (parallel_analysis(holzinger, seed=s, draws=50) for s in (1, 1, 2))
    pd.testing.assert_frame_equal(first.eigenvalues, second.eigenvalues)
    assert not first.eigenvalues.equals(other.eigenvalues)


def test_one_factor_equals_minres(holzinger):
    R = holzinger.corr().to_numpy()
    assert_allclose(np.abs(one_factor(R[None])[0]), np.abs(extract(R, 1)[:, 0]), atol=1e-5)


def test_random_correlations_are_those_of_random_answers():
    rng = np.random.default_rng(1)
    drawn = random_correlations(30, 4, 4000, rng)
    X = rng.standard_normal((4000, 30, 4))
    X -= X.mean(axis=1, keepdims=True)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    made = X.transpose(0, 2, 1) @ X
    assert_allclose(np.diagonal(drawn, axis1=1, axis2=2), 1)
    for i, j in [(1, 0), (3, 2), (3, 0)]:
        assert_allclose(drawn[:, i, j].var(), 1 / 29, rtol=0.1)
        assert_allclose(
            np.quantile(drawn[:, i, j], [0.1, 0.9]), np.quantile(made[:, i, j], [0.1, 0.9]), atol=0.02
        )


def test_known_number_of_factors_is_found():
    rng = np.random.default_rng(7)
    found = [
        (
            parallel_analysis(x, seed=1, draws=50).n_factors,
            map_test(x).n_factors,
            empirical_kaiser(x).n_factors,
        )
        for x in (five_point_answers(rng, 201, 3, 0.7, 0.3) for _ in range(12))
    ]
    rates = (np.array(found) == 3).mean(axis=0)
    assert (rates >= 0.9).all()


@pytest.mark.long
def test_rates_are_those_that_the_room_tells(record):
    found = recovery(100)
    record("number-of-factors", found)
    told = re.findall(r"^ +((?:[0-9.]+ +){6}[0-9.]+)$", dimensionality.__doc__, re.MULTILINE)
    assert_allclose(found, [[float(x) for x in line.split()] for line in told], atol=0.0201)


def test_shuffled_answers_give_much_the_same_reference():
    x = five_point_answers(np.random.default_rng(4), 201, 3, 0.7, 0.3)
    x = x.mask(np.random.default_rng(5).random(x.shape) < 0.05)
    normal, permuted = (parallel_analysis(x, seed=1, draws=300, reference=r) for r in ("normal", "permuted"))
    assert_allclose(permuted.table(), normal.table(), atol=0.05)
    assert permuted.n_factors == normal.n_factors == 3


def test_polychoric_eigenvalues_are_larger_and_count_the_same():
    x = five_point_answers(np.random.default_rng(4), 201, 2, 0.7, 0.3)
    pearson = parallel_analysis(x, seed=1, draws=100)
    polychoric = parallel_analysis(x, seed=1, draws=20, correlation="polychoric")
    assert polychoric.n_factors == pearson.n_factors == 2
    assert polychoric.eigenvalues["components"].iloc[0] > pearson.eigenvalues["components"].iloc[0]


def test_uncorrelated_items_hold_no_factor():
    rng = np.random.default_rng(2)
    counts = [
        parallel_analysis(pd.DataFrame(rng.standard_normal((200, 8))), seed=i, draws=100).n_components
        for i in range(25)
    ]
    assert np.mean(np.array(counts) > 0) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 25)


def test_kaiser_reference_by_hand():
    """p = 4, n = 100: (1 + .2)² = 1.44; then 1.44 · (4 − 2)/3 = .96, below one."""
    assert_allclose(kaiser_reference(np.array([2.0, 1.0, 0.6, 0.4]), 100), [1.44, 1, 1, 1])


def test_mardia_by_hand_and_for_normal_answers():
    # One item: b1 is the squared skewness, b2 the kurtosis.
    x = np.array([1.0, 2, 2, 3, 9, 4])
    z = (x - x.mean()) / x.std(ddof=1)
    found = mardia(pd.DataFrame({"x": x}))
    assert_allclose([found.skew, found.kurtosis], [np.mean(z**3) ** 2, np.mean(z**4)])
    rng = np.random.default_rng(1)
    normal = mardia(pd.DataFrame(rng.standard_normal((500, 4))))
    assert normal.skew_pvalue > 0.01
    assert normal.kurtosis_pvalue > 0.01
    skewed = mardia(pd.DataFrame(rng.exponential(size=(500, 4))))
    assert max(skewed.skew_pvalue, skewed.kurtosis_pvalue) < 1e-6


def test_mardia_matches_psych_and_semtools(holzinger):
    found = mardia(holzinger)
    assert (found.n, found.skew_df) == (301, 165)
    ours = [found.skew, found.skew_chisq, found.kurtosis, found.kurtosis_z, found.kurtosis_pvalue]
    assert_allclose(ours, [6.806892174, 341.4790907, 102.9037430, 2.406588736, 0.01610229164])


def test_mahalanobis_is_largest_for_the_odd_one_out(holzinger):
    odd = holzinger.copy()
    odd.iloc[10] = odd.mean() + 10 * odd.std()
    odd.iloc[0, 0] = np.nan
    found = mahalanobis(odd)
    assert found.index[0] == 10
    assert len(found) == 300
    assert_allclose(found["distance"].sum(), 299 * 9)  # tr S⁻¹S
    X = odd.dropna()
    d = X.iloc[5] - X.mean()
    assert_allclose(found.loc[X.index[5], "distance"], d @ np.linalg.solve(X.cov(), d))


def test_wrong_use_is_refused(holzinger):
    with pytest.raises(TooFewDraws):
        parallel_analysis(holzinger, seed=1, draws=10)
    with pytest.raises(TooFewItems):
        map_test(holzinger[["x1", "x2"]])
    with pytest.raises(TooFewRespondents):
        mardia(holzinger.head(9))

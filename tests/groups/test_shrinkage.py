"""Units shrunken towards their mean: published examples, a second program, and cases worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.checks import OptionError
from bouwen.groups.funnels import funnel_limits, overdispersion
from bouwen.groups.shrinkage import TooFewUnits, rank_intervals, shrink_means, variance_between

#: Efron & Morris (1977), Stein's paradox in statistics, Scientific American 236: how often 18 players of 1970
#: hit the ball in 45 times at bat.
HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, *[10] * 5, 9, 8, 7])
AVERAGES, AT_BAT = HITS / 45, 45


def test_batting_averages_are_shrunken_as_published():
    """The factor that is published is .212, with the binomial variance of the common average of .265."""
    common = AVERAGES.mean()
    found = shrink_means(AVERAGES, np.full(18, common * (1 - common) / AT_BAT))
    assert_allclose(found.mean, 0.265, atol=0.0005)
    assert_allclose(found.weights, 0.212, atol=0.0005)


def test_the_error_of_equal_units_is_that_of_morris():
    """With Vⱼ = V: s² = V (1 − (k − 1)/k B) + 2/(k − 3) B² (Yⱼ − Ȳ)², Morris (1983), equation 1.17."""
    V, k = 0.004, 18
    found = shrink_means(AVERAGES, np.full(k, V))
    B = 1 - found.weights[0]
    by_hand = V * (1 - (k - 1) / k * B) + 2 / (k - 3) * B**2 * (AVERAGES - AVERAGES.mean()) ** 2
    assert_allclose(found.errors**2, by_hand, rtol=1e-10)


def test_variance_between_is_that_of_statsmodels():
    from statsmodels.stats.meta_analysis import combine_effects

    rng = np.random.default_rng(4)
    variances = 0.5 / rng.integers(5, 26, 29)
    means = 3.5 + rng.normal(size=29) * np.sqrt(0.06 + variances)
    theirs = combine_effects(means, variances, method_re="iterated", use_t=False, atol=1e-13, maxiter=500)
    assert_allclose(variance_between(means, variances), theirs.tau2, rtol=1e-6)
    assert_allclose(shrink_means(means, variances).mean, theirs.mean_effect_re, rtol=1e-8)


def test_units_without_differences_share_one_mean_but_for_the_correction():
    means = np.full(12, 3.0) + np.tile([1e-4, -1e-4], 6)
    found = shrink_means(means, np.full(12, 0.04))
    assert found.between == 0
    assert_allclose(found.weights, 1 - 9 / 11)


def test_large_units_keep_their_own_mean():
    means = np.linspace(1, 5, 20)
    found = shrink_means(means, np.full(20, 1e-8))
    assert_allclose(found.estimates, means, atol=1e-6)
    assert_allclose(found.errors, 1e-4, rtol=1e-3)


def test_runs_are_units_of_their_own():
    rng = np.random.default_rng(1)
    means, variances = rng.normal(size=(3, 15)), rng.uniform(0.1, 1, (3, 15))
    together = shrink_means(means, variances)
    for k in range(3):
        alone = shrink_means(means[k], variances[k])
        assert_allclose(together.estimates[k], alone.estimates)
        assert_allclose(together.errors[k], alone.errors)


def test_nine_units_are_too_few():
    with pytest.raises(TooFewUnits, match="from 10 on; found 9"):
        shrink_means(np.arange(9.0), np.ones(9))


def test_anova_shares_are_those_of_a_mixed_model():
    """Balanced units: the REML estimates of statsmodels are those of the analysis of variance, and A is the
    variance between units."""
    from statsmodels.regression.mixed_linear_model import MixedLM

    from bouwen.scales import intraclass

    rng, k, n = np.random.default_rng(29), 29, 12
    unit = np.repeat(np.arange(k), n)
    score = pd.Series(3.6 + 0.35 * rng.normal(size=k)[unit] + 0.8 * rng.normal(size=k * n))
    mixed = MixedLM(score, np.ones(k * n), groups=unit).fit(reml=True)
    between, within = float(np.asarray(mixed.cov_re)[0, 0]), float(mixed.scale)
    found = intraclass(score, pd.Series(unit))
    assert_allclose(found.icc1, between / (between + within), rtol=1e-4)
    assert_allclose(found.icc2, between / (between + within / n), rtol=1e-4)
    means = score.groupby(unit).mean().to_numpy()
    assert_allclose(variance_between(means, np.full(k, within / n)), between, rtol=1e-3)


def test_ranks_of_units_that_are_far_apart_are_sure_and_of_equal_ones_are_not():
    low, high = rank_intervals(np.arange(12.0), np.full(12, 0.01))
    assert_allclose(low, np.arange(12, 0, -1))
    assert_allclose(high, low)
    low, high = rank_intervals(np.zeros(12), np.ones(12), draws=2000)
    assert (low <= 2).all()
    assert (high >= 11).all()


def test_rank_intervals_hold_the_probability_of_two_units():
    """Of two units, the one that lies d errors higher is first with Φ(d/√2): at .96 the other rank stays
    within 95 % and at .99 it does not."""
    from scipy.special import ndtri

    far = -100 - 10 * np.arange(10.0)
    for chance, highest in ((0.96, 2.0), (0.99, 1.0)):
        d = np.sqrt(2) * ndtri(chance)
        _, high = rank_intervals(np.r_[d, 0.0, far], np.ones(12), draws=40_000)
        assert high[0] == highest


def test_overdispersion_by_hand():
    z = np.array([-3.0, -2, 0, 2, 1, 0, -1, 0, 1, 6])
    assert_allclose(overdispersion(z, 0.0), 56 / 10)
    ends = np.quantile(z, [0.1, 0.9])
    assert_allclose(overdispersion(z), (ends[0] ** 2 + 11 + ends[1] ** 2) / 10)
    assert overdispersion(np.zeros(12)) == 1.0


def test_limits_of_a_funnel_by_hand():
    low, high = funnel_limits(3.0, np.array([0.1, 0.2]), 4.0, 0.025)
    assert_allclose(low, 3 - 1.959964 * 2 * np.array([0.1, 0.2]), rtol=1e-6)
    assert_allclose(high, 6 - low)


@pytest.mark.parametrize("option", [{"confidence": 1.2}, {"draws": 5}, {"seed": -1}])
def test_wrong_options_of_ranks_are_refused(option):
    with pytest.raises(OptionError, match=next(iter(option))):
        rank_intervals(np.zeros(12), np.ones(12), **option)

"""Limits from draws: against R's boot, lavaan and published figures."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_values
from scipy.stats import norm

from bouwen.checks import NotAShare, UnknownOption
from bouwen.sem import bootstrap, fit_sem
from bouwen.sem.after.intervals import acceleration_of, limits, normal_quantiles, spread

LIMITS = read_values("r/limits")
LAW, LAVAAN = LIMITS["law"], LIMITS["lavaan"]

# Spatial test A of Efron & Tibshirani (1993), table 14.1; the statistic is the variance over n = 26.
SPATIAL = [
    48,
    36,
    20,
    29,
    42,
    42,
    20,
    42,
    22,
    41,
    45,
    14,
    6,
    0,
    33,
    28,
    34,
    4,
    32,
    24,
    47,
    41,
    24,
    26,
    30,
    41,
]


@pytest.mark.parametrize("case", LAW["limits"], ids=lambda case: str(case["confidence"]))
def test_percentile_and_bca_limits_are_those_of_boot(case):
    drawn, est = np.array(LAW["draws"])[:, None], np.array([LAW["est"]])
    assert_allclose(np.ravel(limits(drawn, est, case["confidence"])), case["percentile"], rtol=1e-10)
    found = limits(drawn, est, case["confidence"], "bca", np.array([LAW["acceleration"]]))
    assert_allclose(np.ravel(found), case["bca"], rtol=1e-10)


@pytest.mark.parametrize("kind", ["percentile", "bc"])
def test_limits_and_errors_are_those_of_lavaan(kind):
    p, q = np.array(LAVAAN["p"]), np.array(LAVAAN["q"])
    drawn = np.column_stack([p, q, p * q])
    shown = pd.DataFrame(LAVAAN[kind])
    lower, upper = limits(drawn, shown["est"].to_numpy(), 0.95, kind)
    assert_allclose(lower, shown["lower"], rtol=1e-9)
    assert_allclose(upper, shown["upper"], rtol=1e-9)
    # lavaan divides by the number of draws for free parameters, by one less for defined ones; we always do
    divisor = np.sqrt([(len(p) - 1) / len(p)] * 2 + [1.0])
    assert_allclose(spread(drawn) * divisor, shown["se"], rtol=1e-9)


def test_bca_limits_worked_by_hand():
    drawn = np.arange(1.0, 100.0)[
        :, None
    ]  # R + 1 = 100: quantiles at whole per cents are the draws themselves
    z0, a, z = norm.ppf(39 / 99), 0.05, norm.ppf(0.95)
    levels = [norm.cdf(z0 + (z0 + s) / (1 - a * (z0 + s))) for s in (-z, z)]
    below = np.floor(100 * np.array(levels))
    share = (norm.ppf(levels) - norm.ppf(below / 100)) / (norm.ppf((below + 1) / 100) - norm.ppf(below / 100))
    lower, upper = limits(drawn, np.array([40.0]), 0.90, "bca", np.array([a]))
    assert_allclose([lower[0], upper[0]], below + share, rtol=1e-12)


def test_without_bias_and_acceleration_all_kinds_agree():
    drawn = np.sort(np.random.default_rng(1).normal(size=(400, 1)), axis=0)
    middle = drawn[199:201].mean(axis=0)
    plain = limits(drawn, middle, 0.9)
    assert_allclose(limits(drawn, middle, 0.9, "bc"), plain, rtol=1e-12)
    assert_allclose(limits(drawn, middle, 0.9, "bca", np.zeros(1)), plain, rtol=1e-12)


def test_limits_follow_a_monotone_scale():
    rng = np.random.default_rng(2)
    drawn, est = rng.normal(0.3, 1, (999, 1)), np.array([0.1])
    level = 0.9  # (R + 1) α is whole, so nothing is interpolated
    assert_allclose(np.exp(limits(drawn, est, level)), limits(np.exp(drawn), np.exp(est), level), rtol=1e-12)


def test_missing_and_fixed_statistics():
    drawn = np.tile(np.linspace(-1, 1, 99)[:, None], (1, 4))
    drawn[:9, 0] = np.nan
    drawn[:, 1] = np.nan
    drawn[:, 2] = 1.0
    est = np.array([0.0, 0.0, 1.0, 5.0])
    lower, upper = limits(drawn, est, 0.95, "bc")
    assert_allclose([lower[2], upper[2]], 1.0)
    assert np.isnan([lower[1], upper[1], lower[3], upper[3]]).all()  # nothing drawn; all on one side
    alone = limits(drawn[9:, :1], est[:1], 0.95, "bc")
    assert_allclose([lower[0], upper[0]], np.ravel(alone))
    assert_allclose(spread(drawn), [drawn[9:, 0].std(ddof=1), np.nan, 0.0, drawn[:, 3].std(ddof=1)])


def test_quantiles_end_at_the_outermost_draws():
    drawn = np.array([[3.0], [1.0], [2.0]])
    assert_allclose(normal_quantiles(drawn, np.array([[0.01], [0.99]])).ravel(), [1.0, 3.0])


def test_acceleration_by_hand_and_over_groups():
    left_out = np.array([[1.0], [2.0], [6.0]])
    u = 2 / 3 * (3 - left_out[:, 0])
    expected = (u**3).sum() / (6 * (u**2).sum() ** 1.5)
    one = acceleration_of(left_out, np.zeros(3, dtype=int))
    assert_allclose(one, expected)
    # two groups that are copies of each other: Σu³ doubles and (Σu²)^1.5 grows by 2^1.5
    both = acceleration_of(np.vstack([left_out, left_out + 10]), np.repeat([0, 1], 3))
    assert_allclose(both, expected / np.sqrt(2))
    assert_allclose(acceleration_of(np.ones((5, 1)), np.zeros(5, dtype=int)), 0.0)


def test_published_bca_interval_of_a_variance():
    """Efron & Tibshirani (1993), section 14.2: θ̂ = 171.5, â = 0.061, 90 % BCa limits 115.8 and 259.6."""
    fit = fit_sem("A ~~ A", pd.DataFrame({"A": SPATIAL}, dtype=float))
    assert fit.theta[0] == pytest.approx(171.5, abs=0.05)
    boot = bootstrap(fit, 2000, seed=14)
    assert boot._acceleration("est")[0] == pytest.approx(0.061, abs=0.0005)
    found = boot.intervals("bca", confidence=0.9)
    # their 2,000 draws and ours: five standard errors of a quantile, by the binomial of its rank
    level = np.array([[0.108], [0.985]])  # where the published limits stand among the draws
    error = 5 * np.sqrt(level * (1 - level) * 2 / 2000) + 5 * 0.06 * norm.pdf(norm.ppf(level))
    low, high = (normal_quantiles(boot.values(), np.clip(level + s * error, 1e-4, 1 - 1e-4)) for s in (-1, 1))
    assert low[0, 0] < 115.8 < high[0, 0]
    assert low[1, 0] < 259.6 < high[1, 0]
    assert found.loc[0, "ci_lower"] == pytest.approx(115.8, abs=high[0, 0] - low[0, 0])
    assert found.loc[0, "ci_upper"] == pytest.approx(259.6, abs=high[1, 0] - low[1, 0])


@pytest.mark.parametrize("confidence", [0, 1, 95])
def test_a_confidence_level_is_a_share(confidence):
    with pytest.raises(NotAShare):
        limits(np.ones((3, 1)), np.ones(1), confidence)


def test_an_unknown_kind_is_refused():
    with pytest.raises(UnknownOption, match="percentile"):
        limits(np.ones((3, 1)), np.ones(1), 0.95, "basic")


@pytest.mark.parametrize("kind", ["bc", "bca"])
@pytest.mark.parametrize("est", [-2.0, 2.0])
def test_draws_on_one_side_of_the_estimate_have_no_corrected_limits(kind, est):
    found = limits(np.linspace(-1, 1, 99)[:, None], np.array([est]), 0.95, kind, np.zeros(1))
    assert np.isnan(found).all()

"""Populations from texts and fits, and the answers drawn from them."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import ndtr, ndtri

import bouwen
from bouwen.checks import NotAShare
from bouwen.sem import Gaps, ModelError, ModelPopulation, Moments, PopulationError, fit_sem, simulate_data

TEXT = """
    f =~ 0.8*x1 + 0.7*x2 + 0.6*x3
    g =~ 0.9*y1 + 0.5*y2 + 0.4*y3
    g ~ 0.5*f
"""
ANALYSIS = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ f"


def test_moments_by_hand():
    population = ModelPopulation.read(TEXT)
    expected = np.eye(6)
    loading = np.array([0.8, 0.7, 0.6, 0.9, 0.5, 0.4])
    phi = np.array([[1, 0.5], [0.5, 1]])[np.repeat([0, 1], 3)][:, np.repeat([0, 1], 3)]
    expected = np.outer(loading, loading) * phi
    np.fill_diagonal(expected, 1.0)
    assert population.names == ("x1", "x2", "x3", "y1", "y2", "y3")
    assert_allclose(population.cov[0], expected, atol=1e-14)


def test_variances_that_are_given_stand():
    text = TEXT + "f ~~ 2*f\n x1 ~~ 0.5*x1"
    cov = ModelPopulation.read(text).cov[0]
    assert cov[0, 0] == pytest.approx(0.64 * 2 + 0.5)
    assert cov[1, 1] == pytest.approx(1)
    assert cov[0, 3] == pytest.approx(0.8 * 2 * 0.5 * 0.9)


def test_a_covariate_and_a_residual_covariance():
    population = ModelPopulation.read("f =~ 0.8*x1 + 0.7*x2\n f ~ 0.3*z\n x1 ~~ 0.1*x2")
    cov = dict(zip(population.names, population.cov[0], strict=True))
    assert cov["x1"][1] == pytest.approx(0.56 + 0.1)
    assert cov["x1"][2] == pytest.approx(0.8 * 0.3)


def test_groups_have_their_own_values():
    text = "f =~ c(0.8, 0.5)*x1 + 0.7*x2 + 0.6*x3\n f ~ c(0, 0.4)*1"
    population = ModelPopulation.read(text, groups=("small", "large"), share=(1, 3))
    assert_allclose(population.cov[:, 0, 1], [0.56, 0.35])
    assert_allclose(population.mean, [[0, 0, 0], [0.2, 0.28, 0.24]])
    assert population.sizes(10) == (3, 7)  # 2.5 and 7.5: the first of equal remainders gets one more
    data = simulate_data(population, (4, 5), seed=1)
    assert data["group"].value_counts().to_dict() == {"small": 4, "large": 5}
    with pytest.raises(PopulationError, match="2 groups"):
        population.sizes((1, 2, 3))


def test_a_fit_and_its_population_imply_each_other():
    source = ModelPopulation.read(TEXT)
    moments = Moments(source.cov[0], n=500, names=source.names, divisor="n")
    fit = fit_sem(ANALYSIS, moments)
    assert_allclose(ModelPopulation.of(fit).cov, source.cov, atol=1e-8)


def test_an_ordinal_fit_and_its_population():
    source = ModelPopulation.read(TEXT).cut({name: [0.2, 0.3, 0.5] for name in ("x1", "x2", "x3")})
    data = simulate_data(source, 4000, seed=3)
    fit = fit_sem(ANALYSIS, data, ordered=["x1", "x2", "x3"])
    again = ModelPopulation.of(fit)
    assert_allclose(again.thresholds["x1"], [ndtri([0.2, 0.5])], atol=0.06)
    assert_allclose(again.cov, source.cov, atol=0.08)
    share = simulate_data(again, 20_000, seed=4)["x1"].value_counts(normalize=True).sort_index()
    assert_allclose(share, data["x1"].value_counts(normalize=True).sort_index(), atol=0.02)


def test_simulated_moments_are_those_of_the_population():
    source = ModelPopulation.read(TEXT)
    data = simulate_data(source, 50_000, seed=7)
    assert_allclose(np.cov(data.to_numpy().T), source.cov[0], atol=4 * np.sqrt(2 / 50_000))
    assert data.equals(simulate_data(TEXT, 50_000, seed=7))
    assert not data.equals(simulate_data(TEXT, 50_000, seed=8))


def test_thresholds_of_the_text_cut_the_answers():
    data = bouwen.simulate_data("f =~ 0.8*x1 + 0.7*x2\n x1 | -1*t1 + 0.5*t2", 40_000, seed=1)
    shares = data["x1"].value_counts(normalize=True).sort_index()
    assert list(shares.index) == [1, 2, 3]
    assert_allclose(shares, np.diff([0, ndtr(-1), ndtr(0.5), 1]), atol=0.01)


def test_gaps_completely_at_random():
    data = simulate_data(TEXT, 20_000, seed=1, gaps=Gaps(0.1, items=("x1", "y1")))
    assert_allclose(data.isna().mean(), [0.1, 0, 0, 0.1, 0, 0], atol=0.01)
    assert data["x2"][data["x1"].isna()].mean() == pytest.approx(0, abs=0.1)


def test_gaps_that_depend_on_an_answer():
    data = simulate_data(TEXT, 20_000, seed=1, gaps=Gaps(0.2, by="x1", slope=1.5))
    assert data["x1"].notna().all()
    assert_allclose(data.drop(columns="x1").isna().mean(), 0.2, atol=0.012)
    gone, kept = (data["x1"][data["x2"].isna() == flag].mean() for flag in (True, False))
    assert gone - kept > 0.8


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("f =~ x1 + 0.7*x2", ModelError, "f =~ x1"),
        ("f =~ 0.8*x1 + 0.7*x2\n f ~ NA*z", ModelError, "f ~ z"),
        ("f =~ 0.8*x1 + 1.2*x2", PopulationError, '"x2"'),
        ("f =~ 0.8*x1 + 0.7*x2\n x1 ~~ 0.5*x2", PopulationError, 'larger than their variances.*"x1"'),
        ("f =~ 0.8*x1 + 0.7*x2\n x1 ~~ -0.5*x1", PopulationError, "x1 ~~ -0.5.x1. is a negative variance"),
        ("f =~ 0.8*x1 + 0.7*x2\n x1 | 1*t2", PopulationError, "found t2"),
        ("f =~ 0.8*x1 + 0.7*x2\n x1 | 1*t1 + 0*t2", PopulationError, "must go up"),
        ("f =~ 1*x1 + 1*x2\n x1 ~~ 0*x1\n x2 ~~ 0*x2", PopulationError, "not positive definite"),
        ("f =~ a*0.8*x1 + b*0.7*x2\n a == b", ModelError, "no constraints"),
    ],
)
def test_what_cannot_be_a_population_is_refused(text, kind, message):
    with pytest.raises(kind, match=message):
        ModelPopulation.read(text)


def test_wrong_shares_and_gaps_are_refused():
    population = ModelPopulation.read(TEXT)
    with pytest.raises(PopulationError, match="add up"):
        population.cut({"x1": [0.5, 0.6]})
    with pytest.raises(PopulationError, match='Did you mean "x1"'):
        population.cut({"x11": [0.5, 0.5]})
    with pytest.raises(NotAShare, match="share"):
        Gaps(1.0)
    with pytest.raises(PopulationError, match="cannot have gaps"):
        Gaps(0.1, items=("x1",), by="x1")
    with pytest.raises(PopulationError, match="two respondents"):
        population.sizes(1)


def test_who_is_left_over_goes_to_the_group_with_the_largest_remainder():
    population = ModelPopulation.read("f =~ c(0.8, 0.7, 0.6)*x1 + 0.7*x2 + 0.6*x3", share=[5, 3, 2])
    assert population.sizes(11) == (6, 3, 2)  # 5.5, 3.3 and 2.2
    assert population.sizes(17) == (9, 5, 3)  # 8.5, 5.1 and 3.4
    assert population.sizes(np.int64(13)) == (6, 4, 3)  # 6.5, 3.9 and 2.6: two are left over


def test_the_table_of_a_population_has_standard_deviations():
    population = ModelPopulation.read("x ~~ 4*x\ny ~~ 9*y\nx ~ 3*1")
    table = population.table().set_index("item")
    assert table["sd"].to_dict() == {"x": 2.0, "y": 3.0}
    assert table["mean"].to_dict() == {"x": 3.0, "y": 0.0}

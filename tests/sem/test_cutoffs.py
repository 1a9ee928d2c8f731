"""Cut-offs by simulation, against published ones and against the population's own fit."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.checks import NotACount
from bouwen.sem import ModelPopulation, Moments, UnsupportedModel, fit_cutoffs, fit_sem
from bouwen.sem.power.cutoffs import FactorModel, cutoff

# Wolf & McNeish's tutorial (melissagwolf.github.io/dynamic-book, chapters 6 and 10): loadings, n = 1,222 and
# the cut-offs that their program gave with 500 samples a level. How items are paired is not said there.
EXTRAVERSION = (
    "f =~ .671*E1 + -.705*E2 + .704*E3 + -.702*E4 + .750*E5 "
    "+ -.572*E6 + .744*E7 + -.514*E8 + .605*E9 + -.703*E10"
)
PUBLISHED = [(0.025, 0.040, 0.986), (0.037, 0.075, 0.953), (0.043, 0.095, 0.928)]
# The first vignette of their R package: Holzinger & Swineford's three factors, n = 301, strictest level.
HOLZINGER = """
    visual  =~ .772*x1 + .424*x2 + .581*x3
    textual =~ .852*x4 + .855*x5 + .838*x6
    speed   =~ .570*x7 + .723*x8 + .665*x9
    visual ~~ .459*textual
    visual ~~ .471*speed
    textual ~~ .283*speed
"""
THREE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


def fitted(text, model, n):
    source = ModelPopulation.read(text)
    return fit_sem(model, Moments(source.cov[0], n=n, names=source.names, divisor="n"))


@pytest.fixture(scope="module")
def one_factor():
    return fitted(EXTRAVERSION, "f =~ " + " + ".join(f"E{k}" for k in range(1, 11)), 1222)


def test_one_factor_as_published(one_factor):
    ours = fit_cutoffs(one_factor, reps=250, seed=1)
    assert list(ours["added"]) == [f"{k} residual correlations" for k in (1, 3, 5)]
    assert_allclose(ours[["srmr", "rmsea", "cfi"]].to_numpy(), PUBLISHED, rtol=0, atol=0.0045)
    assert (ours[["srmr_error", "rmsea_error", "cfi_error"]] == 0.05).to_numpy().all()


def test_several_factors_as_published():
    ours = fit_cutoffs(fitted(HOLZINGER, THREE, 301), reps=250, seed=1)
    assert list(ours.index) == [1, 2]
    assert_allclose(
        ours.loc[1, ["srmr", "rmsea", "cfi"]].to_numpy(dtype=float), [0.040, 0.044, 0.984], atol=0.006
    )
    assert ours.loc[2, "rmsea"] > ours.loc[1, "rmsea"]


def test_levels_of_three_factors_by_hand():
    levels = list(FactorModel.of(fitted(HOLZINGER, THREE, 301)).levels())
    assert [name for name, _ in levels] == ["", "1 cross-loadings", "2 cross-loadings"]
    before, first, second = (population.cov[0] for _, population in levels)
    rest = np.delete(np.arange(9), 1)  # x2 has the lowest loading of all, so nothing else changes
    assert_allclose(first[np.ix_(rest, rest)], before[np.ix_(rest, rest)])
    assert first[1, 3] == pytest.approx(0.424 * (0.459 + 1) * 0.852)  # onto textual, the most reliable
    assert second[6, 3] == pytest.approx(0.570 * (0.283 + 1) * 0.852)  # x7, the next lowest of another factor
    assert_allclose(np.diag(second), 1)


def test_many_respondents_leave_the_fit_of_the_population(one_factor):
    ours = fit_cutoffs(one_factor, n=1_000_000, reps=10, seed=1)
    _, population = list(FactorModel.of(one_factor).levels())[2]
    source = Moments(population.cov[0], n=1000, names=population.names, divisor="n")
    m = fit_sem(one_factor.call.model, source).measures
    expected = [m["srmr"], np.sqrt(m["chisq"] / 1000 / m["df"]), 1 - m["chisq"] / m["baseline_chisq"]]
    assert_allclose(ours.loc[2, ["srmr", "rmsea", "cfi"]].to_numpy(dtype=float), expected, atol=0.001)


def test_a_cut_off_by_hand():
    true, wrong = pd.Series(np.linspace(0, 1, 101)), pd.Series(np.linspace(0.95, 1.95, 101))
    assert cutoff(true, wrong, higher=False) == (pytest.approx(1.0), 0.05)
    assert cutoff(true, wrong - 0.1, higher=False) == (pytest.approx(0.95), 0.10)
    assert np.isnan(cutoff(true, wrong - 0.5, higher=False)).all()
    assert cutoff(-true, -wrong, higher=True) == (pytest.approx(-1.0), 0.05)


def test_numbers_that_cannot_be_are_refused(one_factor):
    for options in ({"reps": 0}, {"n": 4}, {"seed": -1}):
        with pytest.raises(NotACount, match=next(iter(options))):
            fit_cutoffs(one_factor, **options)


def test_other_models_are_refused():
    text = "f =~ 0.8*x1 + 0.7*x2 + 0.7*x3\n f ~ 0.3*z"
    with pytest.raises(UnsupportedModel, match="measurement model"):
        fit_cutoffs(fitted(text, "f =~ x1 + x2 + x3\n f ~ z", 200), seed=1)

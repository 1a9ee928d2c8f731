import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.checks import TooFewRespondents
from bouwen.scales import alpha, compare_treatments
from bouwen.scales.missing import saturated_moments
from bouwen.scales.treatment import impute, mean_covariance


def answers(n=400, seed=1):
    rng = np.random.default_rng(seed)
    f = rng.standard_normal((n, 1))
    x = 3 + np.hstack([f, f, f, f]) + 0.7 * rng.standard_normal((n, 4))
    return pd.DataFrame(x, columns=[*"abcd"])


SCALES = {"s": ["a", "b"], "t": ["c", "d"]}


def test_without_gaps_every_treatment_gives_the_same(study_of):
    x = answers()
    table = compare_treatments(study_of(x, SCALES), seed=1, imputations=2)
    for construct, items in SCALES.items():
        rows = table.loc[construct]
        assert_allclose(rows["mean"], x[items].mean(axis=1).mean())
        assert_allclose(rows["alpha"], alpha(x[items]).raw)
        assert_allclose(rows["se"], rows["se"].iloc[0], rtol=0.002)  # over n or n − 1
        assert (rows["n"] == 400).all()


def test_treatments_that_use_other_answers_repair_the_mean(study_of):
    """Those high on c and d skip a and b: only the last two treatments see it."""
    x = answers(n=2000)
    truth = x[["a", "b"]].to_numpy().mean()
    x.loc[x["c"] + x["d"] > 7, ["a", "b"]] = np.nan
    means = compare_treatments(study_of(x, SCALES), seed=1, imputations=5)["mean"]["s"]
    assert (means[["listwise", "half answered"]] < truth - 0.2).all()
    assert_allclose(means[["maximum likelihood", "multiple imputation"]], truth, atol=0.1)
    alone = compare_treatments(study_of(x, SCALES), seed=1, imputations=2, auxiliary=False)["mean"]["s"]
    assert alone["maximum likelihood"] < truth - 0.2


def test_same_seed_same_imputations(study_of):
    x = answers(100)
    study = study_of(x.mask(np.random.default_rng(3).random(x.shape) < 0.1), SCALES)
    first, second = (compare_treatments(study, seed=5, imputations=3) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_means_have_a_larger_error_with_gaps():
    x = answers(200)
    assert_allclose(mean_covariance(x, x.cov()), x.cov() / 200)
    gaps = x.mask(np.random.default_rng(3).random(x.shape) < 0.3)
    assert (np.diag(mean_covariance(gaps, x.cov())) > np.diag(x.cov()) / 200).all()


def test_more_items_than_respondents_are_refused(study_of):
    with pytest.raises(TooFewRespondents) as error:
        compare_treatments(study_of(answers(4), SCALES), seed=1)
    assert error.value.needed == 5


def test_completed_copies_have_the_spread_that_theory_gives():
    """One item of two with a third of the answers missing: its mean is known (Little & Rubin, 2002)."""
    rng = np.random.default_rng(8)
    x = pd.DataFrame(
        rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 300, method="cholesky"), columns=["a", "b"]
    )
    x.loc[200:, "b"] = np.nan
    moments = saturated_moments(x)
    copies = list(impute(x, moments, 400, 5, seed=2))
    means = np.array([copy["b"].mean() for copy in copies])
    within = np.mean([copy["b"].var() / 300 for copy in copies])
    likely = mean_covariance(x, moments.cov).loc["b", "b"]
    assert_allclose(means.mean(), moments.mean["b"], atol=4 * np.sqrt(likely / 400))
    assert_allclose(within + means.var(ddof=1), likely, rtol=0.1)
    assert all((copy["a"] == x["a"]).all() for copy in copies)

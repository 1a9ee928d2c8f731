"""Standard errors of residuals of least squares, and references of ordered populations, by other routes."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.linalg import sqrtm
from scipy.optimize import least_squares

from bouwen.sem import ModelPopulation, Moments, fit_sem
from bouwen.sem.power.replications import Analysis

TRUE = np.array([0.8, 1.6, 0.5, 2.4, 0.9])  # four loadings, and the variance that all errors have
LOWER = np.tril_indices(4)


def one_factor(theta):
    return np.outer(theta[:4], theta[:4]) + theta[4] * np.eye(4)


def square(half):
    cov = np.zeros((4, 4))
    cov[LOWER] = half
    return cov + np.tril(cov, -1).T


def residuals_of(half, estimator):
    """Residuals of covariances below the diagonal after a fit by a general minimiser, and nothing of ours."""
    S = square(half)
    root = np.real(sqrtm(np.linalg.inv(S)))

    def distances(theta):
        R = S - one_factor(theta)
        return R[LOWER] if estimator == "ULS" else (root @ R @ root).ravel()

    found = least_squares(distances, TRUE, xtol=1e-15, ftol=1e-15, gtol=1e-15)
    return (S - one_factor(found.x))[LOWER]


@pytest.mark.parametrize("estimator", ["ULS", "GLS"])
def test_errors_of_residuals_of_least_squares_are_those_of_refits(estimator):
    """Each covariance in turn is moved, and the model fitted anew: how far its residuals move with it.

    The model holds but for a little, so that what residuals owe to moving weights is left out, as in theory.
    """
    n, step = 400, 1e-4
    sigma = one_factor(TRUE)
    half = sigma[LOWER]
    ahead, behind = (
        [residuals_of(half + sign * unit, estimator) for unit in step * np.eye(10)] for sign in (1, -1)
    )
    moved = np.column_stack(ahead) / (2 * step) - np.column_stack(behind) / (2 * step)
    i, j = LOWER
    spread = (sigma[np.ix_(i, i)] * sigma[np.ix_(j, j)] + sigma[np.ix_(i, j)] * sigma[np.ix_(j, i)]) / n
    expected = np.sqrt(np.diag(moved @ spread @ moved.T))
    off = 1e-5 * np.array([0, 1, 0, -2, 1, 0, 3, -1, 2, 0]) * half
    fit = fit_sem(
        "f =~ NA*a + b + c + d\nf ~~ 1*f\n" + "\n".join(f"{item} ~~ u*{item}" for item in "abcd"),
        Moments(square(half + off), n=n, names=[*"abcd"]),
        estimator=estimator,
    )
    errors = (fit.residuals("raw") / fit.residuals("z")).to_numpy()[LOWER]
    assert_allclose(errors, expected, rtol=1e-3)


@pytest.mark.parametrize("unit", [False, True])
def test_a_reference_has_ordered_items_of_variance_one_in_every_group(unit):
    text = "f =~ c(0.8, 1.2)*x + 0.9*y + 0.7*z\nx ~~ c(0.5, 0.9)*x\ny ~~ 0.3*y\nz ~~ c(0.6, 0.8)*z\n"
    text += "x ~ c(0.3, 0.7)*1\ny ~ 0.2*1"
    source = ModelPopulation.read(text).cut({"x": [0.4, 0.6], "z": [0.2, 0.3, 0.5]})
    sample = Analysis("f =~ x + y + z", "ML", ((),), None, source).fit_moments([300, 200], unit=unit).sample
    order = [source.names.index(name) for name in sample.names]
    assert sample.n.tolist() == [300, 200]
    for g in range(2):
        cov, mean = source.cov[g][np.ix_(order, order)], source.mean[g][order]
        scale = np.ones(3)
        if unit:
            for k, name in enumerate(sample.names):
                scale[k] = 1.0 if name == "y" else 1 / np.sqrt(cov[k, k])
        assert_allclose(sample.cov[g], cov * scale[:, None] * scale, rtol=1e-9)
        assert_allclose(sample.mean[g], mean * scale, atol=1e-12)
    first = source.names.index("x")
    assert np.ptp(source.cov[:, first, first]) > 0.1
    assert source.mean[:, first].tolist() == [0.3, 0.7]

"""The descent leaves a saddle, where scoring creeps, along the curvature of the discrepancy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.testing import assert_allclose

from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import build_table
from bouwen.sem.solution import PATIENCE, _saddle_free, estimate


@dataclass(frozen=True)
class Hills:
    """(x² − 1)²/4 + y²/2 with a saddle at the origin, and an information that makes steps along x tiny."""

    theta: np.ndarray

    @property
    def value(self):
        x, y = self.theta
        return np.asarray((x**2 - 1) ** 2 / 4 + y**2 / 2)

    @property
    def gradient(self):
        x, y = self.theta
        return np.array([x**3 - x, y])

    @property
    def hessian(self):
        return np.diag([3 * self.theta[0] ** 2 - 1, 1.0])

    information = np.diag([400.0, 1.0])


class Landscape:
    """Hills as an objective."""

    def at(self, theta):
        return Hills(theta)


TABLE = build_table(parse_model("x ~~ x\ny ~~ y"))


@pytest.mark.parametrize("x", [0.01, -0.01])
def test_the_descent_leaves_a_saddle_for_the_minimum_on_its_side(x):
    assert TABLE.n_free == 2
    found = estimate(Landscape(), TABLE, np.array([x, 0.5]))
    assert_allclose(found.theta, [np.sign(x), 0], atol=1e-7)
    assert PATIENCE < found.steps < 2 * PATIENCE  # it waits that long, and then doubles its distance a step


def test_scoring_alone_would_not_arrive():
    from bouwen.sem import NotConverged

    with pytest.raises(NotConverged):
        estimate(Landscape(), TABLE, np.array([0.01, 0.5]), hessian=False)


def test_the_step_turns_the_sign_of_negative_curvature_only():
    H = np.diag([4.0, -2.0])
    assert_allclose(_saddle_free(H, np.array([1.0, 1.0])), [0.25, 0.5])
    rng = np.random.default_rng(2)
    A = rng.normal(size=(4, 4))
    positive = A @ A.T + np.eye(4)
    g = rng.normal(size=4)
    assert_allclose(_saddle_free(positive, g), np.linalg.solve(positive, g), rtol=1e-8)
    indefinite = A + A.T
    assert g @ _saddle_free(indefinite, g) > 0  # downhill, whatever the curvature

"""Each draw of a batch ends where a separate fit of that draw ends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from references import read_data

from bouwen.sem import NotConverged, NotIdentified, fit_sem
from bouwen.sem.fit import Fit
from bouwen.sem.model.improper import is_improper
from bouwen.sem.resample.batch import CONVERGED, NO_SAMPLE, NOT_CONVERGED, fit_batch
from bouwen.sem.resample.descent import newton
from bouwen.sem.resample.kernel import inverse
from bouwen.sem.resample.samples import take
from bouwen.sem.resample.stacks import MEASURES, batch_measures, moments_objective, weighted_objective

DEMOCRACY = """
ind60 =~ x1 + x2 + x3
dem60 =~ y1 + a*y2 + b*y3 + c*y4
dem65 =~ y5 + a*y6 + b*y7 + c*y8
dem60 ~ p*ind60
dem65 ~ d*ind60 + q*dem60
y1 ~~ y5
y2 ~~ y4 + y6
y3 ~~ y7
y4 ~~ y8
y6 ~~ y8
indirect := p*q
"""
THREE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
LINEAR = "visual =~ a*x1 + b*x2 + c*x3\ntextual =~ x4 + d*x5 + x6\na + b + c == 3\nd == 1.1*b"
NONLINEAR = "visual =~ x1 + b*x2 + c*x3\ntextual =~ x4 + d*x5 + x6\nd == b*c\nb > 0.2"
PATHS = "visual =~ x1 + x2 + x3\nspeed =~ x7 + x8 + x9\nvisual ~ ageyr + sex\nspeed ~ visual + ageyr"
AMONG = "x4 ~ x1 + x2\nx7 ~ x4 + x3"
CASES: dict[str, tuple[str, str, dict[str, object]]] = {
    "democracy": (DEMOCRACY, "democracy", {}),
    "democracy with means": (DEMOCRACY, "democracy", {"meanstructure": True}),
    "scalar": (THREE, "holzinger", {"group": "school", "group_equal": ("loadings", "intercepts")}),
    "fiml": (THREE, "holzinger_missing", {"missing": "fiml"}),
    "fiml in groups": (THREE, "holzinger_missing", {"missing": "fiml", "group": "school"}),
    "covariates": (PATHS, "holzinger", {}),
    "covariates and gaps": (PATHS, "holzinger_missing", {"missing": "fiml"}),
    "gls": (THREE, "holzinger", {"estimator": "GLS"}),
    "uls": (THREE, "holzinger", {"estimator": "ULS", "group": "school", "group_equal": ("loadings",)}),
    "ordered": ("A =~ A1 + A2 + A3\nC =~ C1 + C2 + C3", "bfi900", {"ordered": True}),
    "linear": (LINEAR, "holzinger", {}),
    "free means, linear": (LINEAR, "holzinger", {"meanstructure": True}),
    "free means in groups": (THREE, "holzinger", {"group": "school", "group_equal": ("loadings",)}),
    "free means of causes": (PATHS, "holzinger", {"fixed_x": False, "meanstructure": True}),
    "random covariates": (AMONG, "holzinger", {"estimator": "GLS"}),
    "random covariates with gaps": (AMONG, "holzinger_missing", {"missing": "fiml", "fixed_x": False}),
    "nonlinear": (NONLINEAR, "holzinger", {}),
}


def fitted(case: str) -> tuple[Fit, pd.DataFrame]:
    model, data, options = CASES[case]
    frame = read_data(data)
    return fit_sem(model, frame, **options), frame  # type: ignore[arg-type]


def drawn(fit: Fit, draws: int, seed: int = 4) -> np.ndarray:
    """Weights of a bootstrap within groups."""
    rng = np.random.default_rng(seed)
    parts = [rng.multinomial(len(x), np.full(len(x), 1 / len(x)), size=draws) for x in fit.sample.rows]
    return np.concatenate(parts, axis=1).astype(float)


def separate(case: str, fit: Fit, frame: pd.DataFrame, weights: np.ndarray) -> Fit:
    """A fit of its own to the rows of one draw, groups in the order of the whole sample."""
    model, _, options = CASES[case]
    rows = np.concatenate(fit.sample.index)
    return fit_sem(model, frame.iloc[np.repeat(rows, weights.astype(int))], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES)
def test_a_draw_equals_a_separate_fit_of_its_rows(case: str) -> None:
    fit, frame = fitted(case)
    weights = drawn(fit, 4)
    objective = weighted_objective(fit.family, weights)
    batch = fit_batch(objective, fit.partable, fit.theta)
    measures = batch_measures(fit.family, objective, batch)
    assert (batch.status == CONVERGED).sum() >= 3
    unit = np.sqrt(np.diag(fit.vcov))
    for d in range(len(weights)):
        if batch.status[d] == NOT_CONVERGED:
            with pytest.raises((NotConverged, NotIdentified)):
                separate(case, fit, frame, weights[d])
            continue
        own = separate(case, fit, frame, weights[d])
        assert np.abs((batch.theta[d] - own.theta) / unit).max() < 1e-6
        for name in MEASURES:
            if name in own.measures:
                assert measures[name][d] == pytest.approx(own.measures[name], rel=1e-6, abs=1e-6), name


@pytest.mark.parametrize("case", ["free means of causes", "fiml", "gls"])
def test_newtons_method_ends_at_the_minimum(case: str) -> None:
    fit, _ = fitted(case)
    objective = weighted_objective(fit.family, drawn(fit, 10))
    start = fit.theta + 0.5 * np.random.default_rng(1).normal(size=(10, len(fit.theta))) * np.sqrt(
        np.diag(fit.vcov)
    )
    found = newton(objective, start, np.eye(len(fit.theta)))
    assert found.arrived.sum() >= 9
    end = objective.at(found.theta)
    left = np.linalg.solve(end.hessian, end.gradient[..., None])[..., 0]
    assert (end.gradient * left).sum(axis=1)[found.arrived].max() < 1e-15


@pytest.mark.parametrize("case", CASES)
def test_a_batch_of_the_sample_itself_is_the_fit(case: str) -> None:
    fit, _ = fitted(case)
    objective = weighted_objective(fit.family, np.ones((1, fit.n)))
    batch = fit_batch(objective, fit.partable, fit.theta)
    unit = np.sqrt(np.diag(fit.vcov))
    assert np.abs((batch.theta[0] - fit.theta) / unit).max() < 1e-6
    measures = batch_measures(fit.family, objective, batch).loc[0]
    for name in MEASURES:
        if name in fit.measures:
            assert measures[name] == pytest.approx(fit.measures[name], rel=1e-7, abs=1e-7), name


@pytest.mark.parametrize("case", CASES)
def test_a_stack_is_evaluated_as_its_draws_are(case: str) -> None:
    fit, _ = fitted(case)
    objective = weighted_objective(fit.family, drawn(fit, 3))
    theta = fit.theta + 0.01 * np.random.default_rng(5).normal(size=(3, fit.partable.n_free))
    stack = objective.at(theta)
    for d in range(3):
        one = take(objective, d).at(theta[d])
        for name in ("value", "gradient", "information", "hessian"):
            np.testing.assert_allclose(getattr(stack, name)[d], getattr(one, name), rtol=1e-9, atol=1e-11)


def test_a_parameter_vector_far_off_does_not_disturb_its_neighbours() -> None:
    fit, _ = fitted("fiml")
    objective = weighted_objective(fit.family, drawn(fit, 3))
    theta = np.tile(fit.theta, (3, 1))
    expected = objective.at(theta).value
    theta[1] = -50.0
    value = objective.at(theta).value
    assert np.isinf(value[1])
    np.testing.assert_allclose(value[[0, 2]], expected[[0, 2]], rtol=1e-12)


def test_moments_of_complete_draws_are_all_that_is_needed() -> None:
    fit, _ = fitted("scalar")
    by_weights = weighted_objective(fit.family, drawn(fit, 3))
    by_moments = moments_objective(fit.family, by_weights.mean, by_weights.cov)  # type: ignore[attr-defined]
    assert fit_batch(by_weights, fit.partable, fit.theta).theta == pytest.approx(
        fit_batch(by_moments, fit.partable, fit.theta).theta, abs=1e-8
    )


@pytest.mark.parametrize("case", ["democracy", "fiml", "gls"])
def test_a_draw_without_variance_is_no_sample(case: str) -> None:
    fit, _ = fitted(case)
    weights = drawn(fit, 3)
    weights[1] = 0.0
    weights[1, 0] = fit.n
    objective = weighted_objective(fit.family, weights)
    batch = fit_batch(objective, fit.partable, fit.theta)
    assert batch.status.tolist() == [CONVERGED, NO_SAMPLE, CONVERGED]
    assert np.isnan(batch.theta[1]).all()
    measures = batch_measures(fit.family, objective, batch)
    assert measures["chisq"].isna().tolist() == [False, True, False]
    assert measures["cfi"].isna().tolist() == [False, True, False]


def test_improper_draws_are_those_that_a_fit_warns_of() -> None:
    fit, frame = fitted("democracy")
    weights = drawn(fit, 40, seed=1)
    objective = weighted_objective(fit.family, weights)
    batch = fit_batch(objective, fit.partable, fit.theta)
    found = is_improper(fit.structure, objective.at(batch.theta).implied)
    assert 0 < found.sum() < 40
    for d in np.r_[np.flatnonzero(found)[:3], np.flatnonzero(~found)[:3]]:
        own = separate("democracy", fit, frame, weights[d])
        assert any("improper" in w for w in own.warnings) == found[d]


@pytest.mark.parametrize("p", [1, 2, 8, 9, 25])
def test_inverses_of_a_stack(p):
    X = np.random.default_rng(p).standard_normal((7, 2, p, p + 3)) * 10.0 ** np.arange(p)[:, None]
    cov = X @ np.swapaxes(X, -1, -2)
    cov[3, 1, -1, -1] *= -1
    before = cov.copy()
    found, logdet, good = inverse(cov)
    assert (cov == before).all()
    assert not good[3, 1]
    assert good.sum() == good.size - 1
    unit = np.sqrt(np.abs(np.diagonal(cov, axis1=-2, axis2=-1)))
    correlation = cov / unit[..., :, None] / unit[..., None, :]
    theirs = np.linalg.inv(correlation) / unit[..., :, None] / unit[..., None, :]
    relative = np.abs(found - theirs)[good] * (unit[..., :, None] * unit[..., None, :])[good]
    assert relative.max() < 1e-9
    assert np.abs(logdet - np.linalg.slogdet(cov)[1])[good].max() < 1e-9

"""Models that the data cannot identify are refused, nearly unidentified ones are said, on any processor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from references import MODELS, fit_case

from bouwen.sem import Fit, Moments, NotIdentified, fit_sem
from bouwen.sem.model.identification import (
    IDENTIFIED,
    NEARLY,
    check_identified,
    relative_curvature,
    smallest_curvature,
)
from bouwen.sem.model.start import start_values
from bouwen.sem.preparation import prepare
from bouwen.sem.resample.batch import CONVERGED, NOT_CONVERGED, fit_batch
from bouwen.sem.resample.descent import newton
from bouwen.sem.resample.stacks import weighted_objective
from bouwen.sem.solution import estimate

N = 400


def implied(loadings: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """Covariances of items with variance 1."""
    common = loadings @ factors @ loadings.T
    return common + np.diag(1 - np.diag(common))


def answers(cov: np.ndarray, *, gaps: float = 0.0, cuts: tuple[float, ...] = ()) -> pd.DataFrame:
    """Answers whose covariances (divided by n) are exactly these, before gaps are made and categories cut."""
    rng = np.random.default_rng(3)
    z = rng.normal(size=(N, len(cov)))
    z -= z.mean(axis=0)
    z = np.linalg.solve(np.linalg.cholesky(z.T @ z / N), z.T).T @ np.linalg.cholesky(cov).T
    names = [f"x{k + 1}" for k in range(len(cov))]
    x = pd.DataFrame(np.digitize(z, cuts) if cuts else z, columns=names)
    return x.mask(rng.random(x.shape) < gaps) if gaps else x


BLOCKS = np.kron(np.eye(3), np.ones((3, 1)))
OBLIQUE = np.where(np.eye(3) > 0, 1, 0.3)
VARIED = implied(BLOCKS * np.array([5, 6, 7, 8, 5, 7, 6, 8, 7])[:, None] / 10, OBLIQUE)
ALIKE = implied(0.7 * BLOCKS, OBLIQUE)
TWO_AND_THREE = np.kron(np.eye(2), np.ones((3, 1)))[1:]
BIFACTOR = implied(0.5 * np.hstack([np.ones((6, 1)), np.kron(np.eye(2), np.ones((3, 1)))]), np.eye(3))
ONE = implied(np.full((9, 1), 0.7), np.eye(1))

THREE = "f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nh =~ x7 + x8 + x9\n"
NO_SCALE = THREE.replace("f =~ x1", "f =~ NA*x1")
ITEMS = [f"x{k}" for k in range(1, 10)]
METHOD = THREE + f"m =~ {' + '.join(f'1*{x}' for x in ITEMS)}\nm ~~ 0*f + 0*g + 0*h"
ALONE = "f =~ x1 + x2\ng =~ x3 + x4 + x5\nf ~~ 0*g"
PAIR = "f =~ x1 + x2\ng =~ x3 + x4 + x5"
LOOP = "x1 ~ x2 + x4\nx2 ~ x1 + x4\nx3 ~ x4"
TWO_GROUPS = "m =~ x1+x2+x3+x4+x5+x6\nf =~ x1 + x2 + x3\ng =~ x4 + x5 + x6\nm ~~ 0*f + 0*g\nf ~~ 0*g"
SPARE = f"m =~ {' + '.join(ITEMS)}\nf =~ x1 + x2 + x3\nm ~~ 0*f"
CUTS = (-0.8, 0.0, 0.9)

#: Model, answers and options of what cannot be identified, and parameters that must be named.
UNIDENTIFIED = {
    "no scale": (NO_SCALE, answers(VARIED), {}, {"f =~ x1", "f ~~ f"}),
    "no scale, GLS": (NO_SCALE, answers(VARIED), {"estimator": "GLS"}, {"f =~ x1", "f ~~ f"}),
    "no scale, ULS": (NO_SCALE, answers(VARIED), {"estimator": "ULS"}, {"f =~ x1", "f ~~ f"}),
    "no scale, gaps": (NO_SCALE, answers(VARIED, gaps=0.1), {"missing": "fiml"}, {"f =~ x1", "f ~~ f"}),
    "no scale, ordered": (NO_SCALE, answers(VARIED, cuts=CUTS), {"ordered": True}, {"f =~ x1", "f ~~ f"}),
    "method, equal loadings": (METHOD, answers(ALIKE), {}, {"m ~~ m"}),
    "method, equal loadings, FIML": (METHOD, answers(ALIKE), {"missing": "fiml"}, {"m ~~ m"}),
    "two items alone": (ALONE, answers(implied(0.7 * TWO_AND_THREE, np.eye(2))), {}, {"f =~ x2", "f ~~ f"}),
    "two items alone, gaps": (
        ALONE,
        answers(implied(0.7 * TWO_AND_THREE, np.eye(2)), gaps=0.1),
        {"missing": "fiml"},
        {"f =~ x2", "f ~~ f"},
    ),
    "two items alone, ordered": (
        ALONE,
        answers(implied(0.7 * TWO_AND_THREE, np.eye(2)), cuts=CUTS),
        {"ordered": True},
        {"f =~ x2", "f ~~ f"},
    ),
    "two items, no correlation": (PAIR, answers(implied(0.7 * TWO_AND_THREE, np.eye(2))), {}, {"f =~ x2"}),
    "loop": (LOOP, answers(VARIED), {}, {"x1 ~ x2", "x2 ~ x1"}),
    "bifactor, equal items": (TWO_GROUPS, answers(BIFACTOR), {}, {"m =~ x4", "f ~~ f"}),
    "bifactor, gaps": (TWO_GROUPS, answers(BIFACTOR, gaps=0.1), {"missing": "fiml"}, {"m =~ x4"}),
    "bifactor, ordered": (TWO_GROUPS, answers(BIFACTOR, cuts=CUTS), {"ordered": True}, {"m =~ x4"}),
    "equality that does not help": (
        NO_SCALE.replace("x4 + x5", "x4 + a*x5").replace("x8 + x9", "b*x8 + x9") + "a == b",
        answers(VARIED),
        {},
        {"f =~ x1", "f ~~ f"},
    ),
    "restriction that does not help": (
        NO_SCALE.replace("x4 + x5", "x4 + a*x5").replace("x8 + x9", "b*x8 + x9") + "a*b == 1\na > 0.1",
        answers(VARIED),
        {},
        {"f =~ x1", "f ~~ f"},
    ),
}


@pytest.mark.parametrize("case", UNIDENTIFIED)
def test_what_the_data_cannot_identify_is_refused_and_named(case: str) -> None:
    model, data, options, named = UNIDENTIFIED[case]
    with pytest.raises(NotIdentified, match=r"not identified: .* cannot be told apart") as caught:
        fit_sem(model, data, **options)  # type: ignore[arg-type]
    assert named <= set(caught.value.parameters)


@pytest.mark.parametrize("case", [c for c in UNIDENTIFIED if "restriction" not in c])
def test_draws_of_such_models_are_no_estimates(case: str) -> None:
    model, data, options, _ = UNIDENTIFIED[case]
    _, family = prepare(model, data, **options)  # type: ignore[arg-type]
    sample = family.sample
    start = start_values(family.table, family.structure, sample.mean, sample.cov)
    objective = weighted_objective(family, np.ones((2, sum(len(rows) for rows in sample.rows))))
    assert (fit_batch(objective, family.table, start).status == NOT_CONVERGED).all()


def barely(r: float, **options: object) -> Fit:
    """Two items whose factor hardly correlates with the other."""
    cov = implied(0.7 * TWO_AND_THREE, np.array([[1, r], [r, 1]]))
    return fit_sem(PAIR, answers(cov), **options)  # type: ignore[arg-type]


def test_the_bounds_are_kept_on_each_side() -> None:
    """The curvature goes with the square of the correlation: 0.3 r² here, far from either bound."""
    with pytest.raises(NotIdentified):
        barely(0.0002)
    for r, said in ((0.002, True), (0.004, True), (0.02, False), (0.3, False)):
        fit = barely(r)
        assert fit.solution.weakest is not None
        assert (IDENTIFIED < fit.solution.weakest.curvature < NEARLY) == said
        assert any(w.startswith("nearly unidentified") for w in fit.warnings) == said


@pytest.mark.parametrize(
    "options", [{}, {"missing": "fiml"}, {"estimator": "GLS"}, {"estimator": "ULS"}, {"estimator": "MLR"}]
)
def test_what_is_nearly_unidentified_names_who_is_most_involved(options: dict[str, object]) -> None:
    fit = barely(0.003, **options)
    (said,) = [w for w in fit.warnings if w.startswith("nearly unidentified")]
    ratio = np.sqrt(np.diag(fit.vcov) * np.diag(fit.point.information) * fit.n)
    assert f'"{fit.partable.free_name(int(np.argmax(ratio)))}"' in said
    assert said in fit.summary()


def test_draws_keep_the_same_bounds() -> None:
    for r, status in ((0.003, CONVERGED), (0.0002, NOT_CONVERGED)):
        cov = implied(0.7 * TWO_AND_THREE, np.array([[1, r], [r, 1]]))
        _, family = prepare(PAIR, answers(cov))
        start = start_values(family.table, family.structure, family.sample.mean, family.sample.cov)
        objective = weighted_objective(family, np.ones((2, N)))
        assert (fit_batch(objective, family.table, start).status == status).all()
        found = newton(objective, np.broadcast_to(start, (2, len(start))), np.eye(len(start)))
        assert (found.arrived == (status == CONVERGED)).all()


def test_a_saddle_is_no_solution() -> None:
    """A second factor for items that need none: scoring stops at once, where the distance curves down."""
    with pytest.raises(NotIdentified, match=r"ended where the fit is no best fit: .* Try other starting"):
        fit_sem(SPARE, Moments(ONE, N, names=ITEMS))


@dataclass(frozen=True)
class Wells:
    """(x² − 1)² / 4 + (y − 2)² / 2, with minima at x = ±1 and a saddle at 0; also as a point of itself."""

    theta: np.ndarray

    def at(self, theta: np.ndarray) -> Wells:
        return Wells(theta)

    @property
    def value(self) -> float:
        x, y = self.theta
        return float((x * x - 1) ** 2 / 4 + (y - 2) ** 2 / 2)

    @property
    def gradient(self) -> np.ndarray:
        x, y = self.theta
        return np.array([x * (x * x - 1), y - 2])

    @property
    def information(self) -> np.ndarray:
        return np.eye(2)

    @property
    def hessian(self) -> np.ndarray:
        return np.diag([3 * self.theta[0] ** 2 - 1, 1.0])


def test_a_saddle_is_left_for_a_minimum_beyond_it() -> None:
    _, family = prepare("x1 ~ x2", answers(VARIED))
    found = estimate(Wells(np.zeros(2)), family.table, np.array([0.0, 5.0]))  # type: ignore[arg-type]
    np.testing.assert_allclose(np.abs(found.theta), [1.0, 2.0], atol=1e-7)
    with pytest.raises(NotIdentified, match="no best fit") as caught:
        check_identified(family.table, np.eye(2), Wells(np.array([0.0, 2.0])).hessian, None)
    assert caught.value.parameters == ("x1 ~ x2",)


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_reference_models_are_far_from_the_bounds(path) -> None:  # type: ignore[no-untyped-def]
    fit = fit_case(path)
    assert fit.solution.weakest is None or fit.solution.weakest.curvature > 2 * NEARLY
    assert not any("unidentified" in w for w in fit.warnings)


def test_the_measure_depends_on_neither_units_nor_the_basis() -> None:
    rng = np.random.default_rng(5)
    half = rng.normal(size=(3, 7, 6))
    information, hessian = (np.swapaxes(x, 1, 2) @ x for x in (half, half[:, :6]))
    basis = np.linalg.qr(rng.normal(size=(6, 4)))[0]
    unit = 10.0 ** np.arange(-3, 3)
    turned = basis / unit[:, None] @ rng.normal(size=(4, 4))
    scaled = [C * unit[:, None] * unit for C in (information, hessian)]
    plain = smallest_curvature(information, hessian, basis)
    np.testing.assert_allclose(smallest_curvature(*scaled, turned), plain, rtol=1e-6)
    np.testing.assert_allclose(
        smallest_curvature(*scaled, None), smallest_curvature(information, hessian, None), rtol=1e-9
    )
    np.testing.assert_allclose(
        smallest_curvature(information, hessian, np.eye(6)), smallest_curvature(*scaled, None), rtol=1e-9
    )
    values, directions = relative_curvature(hessian, information, basis)
    D = np.diagonal(information, axis1=1, axis2=2)
    np.testing.assert_allclose(np.einsum("dqk,dq->dk", directions**2, D), 1.0, rtol=1e-9)
    along = np.einsum("dqk,dqr,drk->dk", directions, hessian, directions)
    np.testing.assert_allclose(along, values, rtol=1e-7, atol=1e-9)


def test_a_parameter_without_information_is_not_identified() -> None:
    information = np.diag([1.0, 0.0, 2.0])
    assert smallest_curvature(information, information, None) == 0
    both = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    assert smallest_curvature(information, information, both) == 0
    tied = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    assert smallest_curvature(information, information, tied) == pytest.approx(1.0)
    assert smallest_curvature(np.full((1, 1), np.nan), np.eye(1), None) == -np.inf

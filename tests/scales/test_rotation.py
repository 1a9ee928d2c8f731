import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_values

from bouwen.scales import fit_efa
from bouwen.scales.projection import geomin, quartimax, quartimin, towards
from bouwen.scales.rotation import WrongTarget, rotate
from bouwen.scales.stability import match_factors

REFERENCE = read_values("r/rotations")
CASES = [name for name in REFERENCE if name != "version"]
A = np.array([[0.7, 0.3], [0.6, 0.2], [0.5, -0.4], [0.4, -0.5]])


def target_of(case, full=False):
    target = np.array(REFERENCE[case]["target"], dtype=float)
    return np.where(np.isnan(target), 0.7, target) if full else target


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("rotation", ["oblimin", "geomin", "quartimax", "target_open", "target_full"])
def test_rotations_match_gparotation(case, rotation):
    ref = REFERENCE[case][rotation]
    target = target_of(case, rotation == "target_full") if "target" in rotation else None
    name = "target" if target is not None else rotation
    ours = rotate(np.array(REFERENCE[case]["unrotated"]), name, target=target, starts=20)
    theirs = np.array(ref["loadings"])
    assert_allclose(match_factors(ours.loadings, theirs), theirs, rtol=0, atol=2e-4)
    size = np.sort(np.abs(np.array(ref["phi"])[np.tril_indices(3, -1)]))
    assert_allclose(np.sort(np.abs(ours.phi[np.tril_indices(3, -1)])), size, rtol=0, atol=2e-4)


@pytest.mark.parametrize("criterion", [quartimin, quartimax, geomin, towards(np.where(A > 0.3, np.nan, 0.1))])
def test_gradients_equal_finite_differences(criterion):
    h = 1e-6
    numeric = np.empty_like(A)
    for place in np.ndindex(A.shape):
        step = np.zeros_like(A)
        step[place] = h
        numeric[place] = (criterion(A + step)[0] - criterion(A - step)[0]) / (2 * h)
    assert_allclose(criterion(A)[1], numeric, atol=1e-8)


def test_a_target_names_and_orders_the_factors(holzinger):
    target = pd.DataFrame(0.0, holzinger.columns[::-1], ["speed", "visual", "textual"])
    for factor, items in (
        ("visual", ["x1", "x2", "x3"]),
        ("textual", ["x4", "x5", "x6"]),
        ("speed", ["x7", "x8", "x9"]),
    ):
        target.loc[items, factor] = np.nan
    found = fit_efa(holzinger, 3, rotation="target", target=target)
    assert list(found.loadings) == ["speed", "visual", "textual"]
    assert list(found.loadings.idxmax()) == ["x7", "x3", "x5"]
    assert found.agreeing == found.starts
    assert_allclose(found.communalities, fit_efa(holzinger, 3, rotation="none").communalities, atol=1e-10)
    with pytest.raises(WrongTarget, match="x9"):
        fit_efa(holzinger, 3, rotation="target", target=target.drop(index="x9"))


def test_a_target_that_can_be_reached_is_reached():
    L = np.array([[0.8, 0], [0.7, 0], [0.6, 0], [0, 0.7], [0, 0.6], [0, 0.5]])
    phi = np.array([[1, 0.4], [0.4, 1]])
    unrotated = L @ np.linalg.cholesky(phi)
    ours = rotate(unrotated, "target", target=np.where(L == 0, 0.0, np.nan))
    assert_allclose(ours.loadings, L, atol=1e-6)
    assert_allclose(ours.phi, phi, atol=1e-6)


@pytest.mark.parametrize(
    ("rotation", "target", "message"),
    [
        ("target", None, "missing"),
        ("oblimin", np.zeros((4, 2)), "no use"),
        ("target", np.zeros((4, 3)), "shape"),
        ("target", np.array([[np.nan, 0]] * 4), "factor 1 only 0"),
    ],
)
def test_a_target_that_says_too_little_is_refused(rotation, target, message):
    with pytest.raises(WrongTarget, match=message):
        rotate(A, rotation, target=target)

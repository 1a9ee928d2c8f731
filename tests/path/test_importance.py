"""What predictors matter: shares of R² against R, against every order by hand, and what always holds."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_values

from bouwen.path.importance import (
    Importance,
    correlations_with_last,
    levers_of,
    outcomes_of,
    r2_of_subsets,
    shares_of_r2,
)
from bouwen.report import texts

R = read_values("r/importance")


def random_correlations(k: int, seed: int, draws: tuple[int, ...] = ()) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((*draws, 3 * k, k)) @ (np.eye(k) + 0.4)
    cov = np.swapaxes(x, -1, -2) @ x
    sd = np.sqrt(np.diagonal(cov, axis1=-2, axis2=-1))
    return cov / sd[..., :, None] / sd[..., None, :]


def r2(correlations: np.ndarray, some: list[int]) -> float:
    beside = correlations[some, -1]
    return float(beside @ np.linalg.solve(correlations[np.ix_(some, some)], beside)) if some else 0.0


@pytest.mark.parametrize("name", ["swiss", "attitude"])
def test_shares_are_those_of_every_regression_in_r(name):
    found = shares_of_r2(np.array(R[name]["cor"]))
    assert_allclose(found, R[name]["shares"], atol=1e-10)
    assert found.sum() == pytest.approx(R[name]["r2"], abs=1e-10)


def test_shares_are_those_of_relaimpo():
    assert_allclose(shares_of_r2(np.array(R["swiss"]["cor"])), R["swiss"]["relaimpo"], atol=5e-9)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_a_share_is_what_a_predictor_adds_averaged_over_every_order(k):
    correlations = random_correlations(k + 1, seed=k)
    added = np.zeros((0, k))
    for order in permutations(range(k)):
        sizes = [r2(correlations, list(order[:i])) for i in range(k + 1)]
        added = np.vstack([added, np.diff(sizes)[np.argsort(order)]])
    assert_allclose(shares_of_r2(correlations), added.mean(axis=0), atol=1e-12)


def test_every_subset_has_the_r2_of_its_regression():
    correlations = random_correlations(5, seed=1)
    found = r2_of_subsets(correlations)
    for number in range(2**4):
        some = [j for j in range(4) if number >> j & 1]
        assert found[number] == pytest.approx(r2(correlations, some), abs=1e-12)


def test_draws_have_the_shares_that_each_has_alone():
    stack = random_correlations(6, seed=2, draws=(4,))
    assert_allclose(shares_of_r2(stack), [shares_of_r2(one) for one in stack], atol=1e-14)


def test_shares_are_never_negative_and_unrelated_predictors_have_their_squared_correlations():
    suppressed = np.array([[1, 0.8, 0.0], [0.8, 1, 0.5], [0.0, 0.5, 1]])
    assert (shares_of_r2(suppressed) > 0).all()
    apart = np.eye(4)
    apart[:3, 3] = apart[3, :3] = 0.6, 0.3, -0.1
    assert_allclose(shares_of_r2(apart), [0.36, 0.09, 0.01], atol=1e-14)
    assert_allclose(shares_of_r2(random_correlations(3, 5) * 4.0), shares_of_r2(random_correlations(3, 5)))


ARROWS = [("a", "m"), ("b", "m"), ("c", "n"), ("m", "y"), ("n", "y"), ("b", "y"), ("y", "z"), ("d", "z")]


def test_levers_are_what_leads_to_an_outcome_and_nothing_leads_to():
    assert levers_of(ARROWS, "y") == ("a", "b", "c")
    assert levers_of(ARROWS, "m") == ("a", "b")
    assert levers_of(ARROWS, "z") == ("a", "b", "c", "d")
    assert levers_of(ARROWS, "a") == ()


def test_what_lies_between_is_an_outcome_too_where_it_has_two_levers():
    assert outcomes_of(ARROWS, "y") == ("y", "m")  # n has one lever, z comes after
    assert outcomes_of([("a", "y")], "y") == ()
    many = [(f"x{k}", "y") for k in range(16)]
    assert outcomes_of(many, "y") == ()
    assert outcomes_of(many[:15], "y") == ("y",)


def weighed(total: list[float], share: list[float], names: str) -> Importance:
    ends = {f"{key}_ci_{end}": 0.0 for key in ("total", "share") for end in ("lower", "upper")}
    levers = pd.DataFrame(
        {"outcome": "y", "predictor": list(names), "total": total, "share": share, **ends, "r": total}
    )
    explained = pd.DataFrame(
        {"r2": [sum(share)], "ci_lower": [0.0], "ci_upper": [1.0]}, pd.Index(["y"], name="outcome")
    )
    counts = {"drawn": 10, "failed": 0, "indefinite": 0, "used": 10}
    return Importance(levers, explained, counts, 0.95)


def test_the_two_figures_disagree_about_first_places_and_about_places_two_apart():
    agree = weighed([0.5, -0.4, 0.3], [0.30, 0.20, 0.10], "abc")
    assert agree.disagreements().empty
    beside = weighed([0.5, -0.3, 0.4], [0.30, 0.20, 0.10], "abc")  # one place apart, below the first
    assert beside.disagreements().empty
    first = weighed([0.4, -0.5, 0.3], [0.30, 0.20, 0.10], "abc")  # a negative effect counts by its size
    assert first.disagreements()["predictor"].tolist() == ["a", "b"]
    far = weighed([0.5, 0.4, 0.3, 0.2], [0.30, 0.05, 0.20, 0.10], "abcd")
    assert far.disagreements().set_index("predictor").loc["b"].tolist() == ["y", 2, 4]
    assert far.table()["predictor"].tolist() == ["a", "c", "d", "b"]


def test_an_effect_turns_where_it_is_told_from_zero_and_has_another_sign_than_the_correlation():
    plain = weighed([0.5, -0.3, -0.2, 0.1], [0.3, 0.1, 0.1, 0.1], "abcd")
    ends = {"total_ci_lower": [0.3, -0.5, -0.5, 0.05], "total_ci_upper": [0.7, -0.1, 0.1, 0.2]}
    levers = plain.levers.assign(**ends, r=[0.6, 0.2, 0.3, 0.2])
    found = Importance(levers, plain.explained, plain.counts, 0.95)
    assert found.turned()["predictor"].tolist() == ["b"]
    said = texts.importance(found).data
    assert "the sign turns of *b* (correlation 0.20, total effect −0.30)." in said
    assert "no finding of harm" in said
    assert "turns" not in texts.importance(plain).data


def test_correlations_with_the_last_variable():
    C = np.array([[4.0, 1.0, 2.0], [1.0, 9.0, -3.0], [2.0, -3.0, 16.0]])
    assert_allclose(correlations_with_last(C), [2 / 8, -3 / 12])

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.scales import item_statistics, item_statistics_by_group, scale_statistics
from bouwen.scales.items import alpha_without, item_rest_correlation, omega_without, skewness
from bouwen.scales.reliability import alpha_coefficient, omega_coefficient


def test_item_rest_correlation_and_alpha_without_match_psych(reference, holzinger):
    ref = reference["alpha_visual"]
    scale = holzinger[ref["items"]]
    for item in scale:
        assert_allclose(item_rest_correlation(scale, item), ref["item_total_r_drop"][item], atol=1e-9)
        assert_allclose(alpha_without(scale, item), ref["alpha_drop"][item], atol=1e-9)


def test_statistics_of_incomplete_answers_match_psych(bfi, study_of):
    """psych::describe and psych::alpha of A1 to A5, A1 reversed."""
    items = ["A1", "A2", "A3", "A4", "A5"]
    study = study_of(bfi[items].astype(float), {"A": items}, reversed_items=["A1"], highest=6)
    table = item_statistics(study)
    assert table["n"].tolist() == [2784, 2773, 2774, 2781, 2784]
    assert_allclose(table["r_rest"], [0.3084177395, 0.5636151638, 0.5870045895, 0.3944440866, 0.4885651358])
    assert_allclose(
        table["alpha_dropped"], [0.7185173570, 0.6171800370, 0.6002595788, 0.6858056523, 0.6429529601]
    )
    assert_allclose(table["sd"], [1.407737151, 1.172019922, 1.301833639, 1.479632686, 1.258512098])
    assert_allclose(table["mean"].iloc[0], 7 - 4.586566092)  # as answered
    assert_allclose(table["skew"], [0.825, -1.124, -0.998, -1.031, -0.847], atol=5e-4)
    assert_allclose(table["kurtosis"], [-0.308, 1.055, 0.442, 0.040, 0.159], atol=5e-4)


def test_item_rest_correlation_is_a_plain_correlation_on_complete_answers(holzinger):
    rest = holzinger.drop(columns="x4").sum(axis=1)
    assert_allclose(item_rest_correlation(holzinger, "x4"), np.corrcoef(holzinger["x4"], rest)[0, 1])


def test_floor_and_ceiling_are_shares_of_given_answers(study_of):
    answers = pd.DataFrame({"a": [1, 1, 5, 3, np.nan], "b": [2.0, 2, 2, 2, 2]})
    table = item_statistics(study_of(answers, {"x": ["a", "b"]}))
    assert table.loc["a", ["floor", "ceiling"]].tolist() == [0.5, 0.25]
    assert table.loc["a", "missing"] == pytest.approx(0.2)
    assert np.isnan(table.loc["b", "skew"])
    assert np.isnan(table.loc["b", "r_rest"])


def test_symmetric_answers_have_no_skew():
    assert skewness(np.array([1.0, 2, 3, 4, 5])) == 0


def test_groups_name_the_answers_that_nobody_gave(study_of):
    answers = pd.DataFrame({"a": [1, 2, 3.0, 5, 5], "b": [1, 2, 3.0, 4, 5], "g": ["x", "x", "x", "y", "y"]})
    study = study_of(answers, {"s": ["a", "b"]})
    study.levels = lambda group: ("x", "y", "z")
    study.subset = lambda group, level: study_of(answers[answers[group] == level], {"s": ["a", "b"]})
    table = item_statistics_by_group(study, "g")
    assert table.loc[("x", "a"), "empty_answers"] == "4, 5"
    assert table.loc[("y", "a"), "n"] == 2
    assert table.loc[("z", "b"), "n"] == 0
    assert table.loc[("z", "b"), "empty_answers"] == "1, 2, 3, 4, 5"
    lonely = study_of(answers.head(1), {"s": ["a", "b"]})
    assert item_statistics(lonely)["r_rest"].isna().all()
    assert scale_statistics(lonely)["alpha"].isna().all()
    assert scale_statistics(study_of(answers.head(0), {"s": ["a", "b"]}))["n"].tolist() == [0]


def test_omega_without_an_item_is_that_of_the_other_items(holzinger):
    """semTools 0.5-6: compRelSEM(obs.var = FALSE) of one-factor models fitted by lavaan 0.6-14.

    Without x3 the error variance of x9 is negative in lavaan, and at its bound here.
    """
    five = holzinger[["x1", "x2", "x3", "x7", "x9"]]
    semtools = {"x1": 0.526355892, "x2": 0.619958495, "x7": 0.675074816, "x9": 0.556172327}
    for item, omega in semtools.items():
        assert_allclose(omega_without(five, item), omega, atol=1e-5)
    assert_allclose(omega_without(five, "x3"), 0.553348055, atol=5e-3)


def test_omega_of_few_items():
    parallel = np.full((4, 4), 0.4) + 0.6 * np.eye(4)
    assert_allclose(omega_coefficient(parallel), alpha_coefficient(parallel), atol=1e-7)
    two = np.array([[1.0, 0.5], [0.5, 2.0]])
    assert omega_coefficient(two) == alpha_coefficient(two)
    assert np.isnan(omega_coefficient(np.ones((3, 3))))
    loadings = np.array([0.9, 0.7, 0.5, 0.3])
    congeneric = np.outer(loadings, loadings) + np.diag([0.2, 0.5, 0.4, 0.9])
    assert_allclose(omega_coefficient(congeneric), 2.4**2 / (2.4**2 + 2.0), atol=1e-6)
    assert np.isnan(omega_without(pd.DataFrame({"a": [1.0, 2, 3], "b": [1.0, 3, 2]}), "a"))

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.checks import ConstantItem
from bouwen.scales import polychoric


def test_correlations_match_lavaan_and_psych(reference, bfi900, as_frame):
    ours = polychoric(bfi900)
    lavaan = as_frame(reference["polychoric_lavaan_bfi900"])
    assert_allclose(ours.R, lavaan.loc[ours.R.index, ours.R.columns], rtol=0, atol=1e-6)
    psych = reference["polychoric_bfi900"]
    rho = as_frame(psych["rho"])
    assert_allclose(ours.R, rho.loc[ours.R.index, ours.R.columns], rtol=0, atol=1e-4)
    tau = as_frame(psych["thresholds"])
    for item, found in ours.thresholds.items():
        assert_allclose(found, tau.loc[item], rtol=0, atol=1e-8)


def test_two_by_two_with_even_margins_is_a_sine():
    """Tetrachoric at the medians: ρ = sin(2π (p₁₁ − ¼))."""
    table = [(0, 0)] * 40 + [(1, 1)] * 40 + [(0, 1)] * 10 + [(1, 0)] * 10
    found = polychoric(pd.DataFrame(table, columns=["a", "b"]))
    assert_allclose(found.R.loc["a", "b"], np.sin(2 * np.pi * (0.4 - 0.25)), atol=1e-8)


def test_unequal_numbers_of_categories_and_gaps():
    rng = np.random.default_rng(1)
    z = rng.multivariate_normal(
        [0, 0, 0], [[1, 0.6, 0.3], [0.6, 1, 0.2], [0.3, 0.2, 1]], 20_000, method="cholesky"
    )
    answers = pd.DataFrame(
        {
            "a": np.digitize(z[:, 0], [0.2]),
            "b": np.digitize(z[:, 1], [-1, 0, 1]),
            "c": np.digitize(z[:, 2], [-0.5, 0.5]),
        }
    ).astype(float)
    answers[rng.random(answers.shape) < 0.1] = np.nan
    R = polychoric(answers).R
    assert_allclose([R.loc["a", "b"], R.loc["a", "c"], R.loc["b", "c"]], [0.6, 0.3, 0.2], atol=0.03)


def test_empty_cells_are_named_and_perfect_agreement_stays_finite():
    same = pd.DataFrame({"a": [1, 2, 3] * 20, "b": [1, 2, 3] * 20, "c": [1, 1, 2, 2, 3, 3] * 10})
    found = polychoric(same)
    assert found.empty.loc[0, ["first", "second", "cells"]].tolist() == ["b", "a", 6]
    assert found.R.loc["a", "b"] > 0.99


def test_constant_item_is_refused():
    with pytest.raises(ConstantItem) as error:
        polychoric(pd.DataFrame({"a": [1, 2, 1], "b": [2, 2, 2]}))
    assert error.value.item == "b"


def test_the_share_of_gaps_is_told():
    answers = pd.DataFrame({"a": [1, 2, np.nan, 1, 2, 2], "b": [1, 2, 1, np.nan, np.nan, 2.0]})
    assert_allclose(polychoric(answers).missing, 3 / 12)

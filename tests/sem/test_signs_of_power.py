"""Turning an item changes no cut-off, and populations of ordered items may be told in units of one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.sem import Moments, NotIdentified, fit_sem
from bouwen.sem.power.cutoffs import FactorModel

NAMES = [f"x{k}" for k in range(1, 7)]


def population(turned=()):
    """Two factors with unlike loadings; some items turned."""
    L = np.zeros((6, 2))
    L[:3, 0], L[3:, 1] = [0.8, 0.5, 0.7], [0.6, 0.9, 0.4]
    cov = L @ np.array([[1, 0.4], [0.4, 1]]) @ L.T
    np.fill_diagonal(cov, 1.0)
    sign = np.array([-1.0 if name in turned else 1.0 for name in NAMES])
    return Moments(cov * np.outer(sign, sign), n=300, names=NAMES)


@pytest.mark.parametrize(
    ("model", "turned"),
    [("f =~ x1 + x2 + x3\ng =~ x4 + x5 + x6", ("x2", "x6")), ("f =~ x1 + x2 + x3", ("x2",)),
     ("f =~ x1 + x2 + x3 + x4 + x5 + x6", ("x3", "x5"))],
)  # fmt: skip
def test_a_turned_item_is_offered_the_same_misfit(model, turned):
    """What is added goes to the items with the smallest loadings, whatever their sign."""
    plain, other = (FactorModel.of(fit_sem(model, population(items))) for items in ((), turned))
    for (name, one), (again, two) in zip(plain.levels(), other.levels(), strict=True):
        assert name == again
        changed = np.abs(one.cov[0] - dict(plain.levels())[""].cov[0]) > 1e-9
        assert (changed == (np.abs(two.cov[0] - dict(other.levels())[""].cov[0]) > 1e-9)).all()
    assert_allclose(np.abs(plain.loadings), np.abs(other.loadings), atol=1e-6)


@pytest.mark.parametrize("items", [5, 9])
def test_what_cannot_be_told_apart_is_named_eight_at_most(items):
    names = [f"x{k}" for k in range(items)]
    rng = np.random.default_rng(2)
    data = pd.DataFrame(rng.normal(size=(80, items)) + rng.normal(size=(80, 1)), columns=names)
    text = "f =~ NA*" + " + ".join(names)  # neither a loading nor the variance sets the unit
    with pytest.raises(NotIdentified) as caught:
        fit_sem(text, data)
    shown = str(caught.value)
    assert len(caught.value.parameters) == items + 1
    assert shown.count('"') == 2 * min(items + 1, 8)
    assert (", …" in shown) == (items + 1 > 8)

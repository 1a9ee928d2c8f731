import time

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.checks import ConstantItem, TooFewItems
from bouwen.scales import fornell_larcker, htmt
from bouwen.scales.resampling import weighted_matrices
from bouwen.scales.validity import TooFewConstructs, ratios

SCALES = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "speed": ["x7", "x8", "x9"]}


@pytest.fixture
def by_construct(holzinger):
    return {name: holzinger[items] for name, items in SCALES.items()}


@pytest.mark.parametrize("kind", ["htmt", "htmt2"])
def test_ratios_match_semtools(reference, by_construct, as_frame, kind):
    ours = htmt(by_construct, kind=kind).estimates
    theirs = as_frame(reference[f"{kind}_hs"])
    assert_allclose(ours.loc[theirs.index, theirs.columns], theirs, rtol=0, atol=1e-6)


def test_parallel_scales_give_the_factor_correlation():
    """Equal loadings λ and factor correlation φ: between φλ², within λ², ratio φ for both kinds."""
    L = np.kron(np.eye(2), np.full((3, 1), 0.7))
    R = L @ np.array([[1, 0.6], [0.6, 1]]) @ L.T
    np.fill_diagonal(R, 1)
    rng = np.random.default_rng(1)
    z = rng.standard_normal((100, 6))
    z = np.linalg.qr(z - z.mean(axis=0))[0] @ np.linalg.cholesky(R).T
    items = pd.DataFrame(z, columns=[*"abcdef"])
    for kind in ("htmt", "htmt2"):
        found = htmt({"one": items[[*"abc"]], "two": items[[*"def"]]}, kind=kind)
        assert_allclose(found.estimates.loc["one", "two"], 0.6)


def test_unequal_loadings_bias_htmt_but_not_htmt2():
    lam = np.array([0.9, 0.6, 0.3])
    R = np.kron([[1, 0.5], [0.5, 1]], np.outer(lam, lam))
    np.fill_diagonal(R, 1)
    from bouwen.scales.validity import ratios

    blocks = np.array([0, 0, 0, 1, 1, 1])
    assert_allclose(ratios(R[None], blocks, "htmt2")[0, 0, 1], 0.5)
    assert ratios(R[None], blocks, "htmt")[0, 0, 1] > 0.53


def test_weighted_matrices_are_those_of_the_repeated_rows(bfi):
    X = bfi.iloc[:200, :6]
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 200, (3, 200))
    W = np.stack([np.bincount(r, minlength=200) for r in rows]).astype(float)
    assert X.isna().to_numpy().any()
    for kind, method in (("covariance", "cov"), ("correlation", "corr")):
        found = weighted_matrices(X.to_numpy(dtype=float), W, kind)
        for draw, r in enumerate(rows):
            assert_allclose(found[draw], getattr(X.iloc[r], method)(), atol=1e-10)


def test_interval_holds_the_estimate_and_repeats(by_construct):
    first, second = (htmt(by_construct, draws=300, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(first.ci_lower, second.ci_lower)
    table = first.table()
    assert (table["ci_lower"] < table["htmt"]).all()
    assert (table["htmt"] < table["ci_upper"]).all()
    assert table["htmt"].is_monotonic_decreasing
    assert first.failed == 0


@pytest.mark.long
def test_thousand_draws_of_thirteen_constructs_take_seconds():
    rng = np.random.default_rng(1)
    f = rng.standard_normal((201, 13)) + rng.standard_normal((201, 1))
    x = np.round(np.repeat(f, 4, axis=1) + rng.standard_normal((201, 52)))
    x[rng.random(x.shape) < 0.03] = np.nan
    items = pd.DataFrame(x)
    start = time.perf_counter()
    found = htmt({f"c{i}": items.iloc[:, 4 * i : 4 * i + 4] for i in range(13)}, draws=1000)
    assert time.perf_counter() - start < 10
    assert found.ci_lower.notna().all(axis=None)


def test_a_study_gives_its_scales_of_two_or_more_items(study_of, holzinger):
    study = study_of(holzinger, {"visual": ["x1", "x2"], "textual": ["x4", "x5"], "alone": ["x9"]})
    found = htmt(study)
    assert list(found.estimates) == ["visual", "textual"]
    assert found.left_out == ("alone",)


def test_wrong_use_is_refused(by_construct):
    with pytest.raises(TooFewConstructs):
        htmt({"visual": by_construct["visual"]})
    with pytest.raises(TooFewItems) as few:
        htmt(by_construct | {"speed": by_construct["speed"][["x7"]]})
    assert few.value.items == ("x7",)
    with pytest.raises(ConstantItem) as constant:
        htmt(by_construct | {"speed": by_construct["speed"].assign(x8=1.0)})
    assert constant.value.item == "x8"


def test_fornell_larcker_by_hand():
    phi = pd.DataFrame([[1, 0.7], [0.7, 1]], [*"ab"], [*"ab"])
    table = fornell_larcker(phi, pd.Series({"b": 0.4, "a": 0.64}))
    assert_allclose(table.loc["a", "a"], 0.8)
    assert table["holds"].tolist() == [True, False]


def test_plot_holds_every_pair(by_construct):
    plot = htmt(by_construct, draws=50).plot()
    assert len(plot.data) == 3


def test_a_correlation_of_exactly_zero_is_that_of_its_own_scales_only():
    R = np.full((6, 6), 0.5)
    np.fill_diagonal(R, 1)
    R[0, 2] = R[2, 0] = 0.0
    found = ratios(R[None], np.array([0, 0, 1, 1, 2, 2]), "htmt2")[0]
    assert_allclose(found, [[1, 0, 1], [0, 1, 1], [1, 1, 1]])

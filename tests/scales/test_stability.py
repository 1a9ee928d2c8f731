import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.scales import congruence, fit_efa, loading_stability, schmid_leiman
from bouwen.scales.hierarchy import NoGeneralFactor
from bouwen.scales.stability import match_factors


def test_omega_hierarchical_matches_psych(reference, holzinger):
    ref = reference["omega_psych_hs"]
    ours = schmid_leiman(holzinger, 3)
    assert_allclose(
        [ours.omega_h, ours.omega_t, ours.alpha],
        [ref[k] for k in ("omega_h", "omega_t", "alpha")],
        rtol=0,
        atol=1e-4,
    )


@pytest.mark.parametrize(("k", "h", "t"), [(3, 0.5258486155, 0.8465943518), (4, 0.4998256390, 0.8554498360)])
def test_omega_of_keyed_items_matches_psych(bfi900, k, h, t):
    turned = ["A1", "C4", "C5", "E1", "E2"]
    keyed = bfi900.assign(**{item: 7 - bfi900[item] for item in turned})
    ours = schmid_leiman(keyed, k)
    assert_allclose([ours.omega_h, ours.omega_t, ours.alpha], [h, t, 0.8048680582], rtol=0, atol=1e-4)


def test_schmid_leiman_keeps_the_communalities(holzinger):
    efa, ours = fit_efa(holzinger, 3), schmid_leiman(holzinger, 3)
    implied = (ours.loadings**2).sum(axis=1)
    assert_allclose(implied, efa.communalities, atol=1e-6)  # one factor reproduces three correlations
    with pytest.raises(NoGeneralFactor):
        schmid_leiman(holzinger, 1)


@pytest.mark.parametrize("turned", [[], ["x7", "x8", "x9"]])
def test_two_factors_share_a_general_one_whichever_way_their_items_point(holzinger, turned):
    """The general factor explains the root of the size of their correlation (Zinbarg et al., 2005)."""
    items = holzinger[["x1", "x2", "x3", "x7", "x8", "x9"]]
    efa = fit_efa(items, 2)
    ours = schmid_leiman(items.assign(**{item: -items[item] for item in turned}), 2)
    assert_allclose((ours.loadings**2).sum(axis=1), efa.communalities, atol=1e-6)
    r = abs(efa.phi.iloc[0, 1])
    assert_allclose(np.abs(ours.loadings["g"]), np.abs(efa.loadings.sum(axis=1)) * np.sqrt(r), atol=1e-6)


@pytest.mark.parametrize("rotation", ["varimax", "oblimin"])
def test_draws_are_turned_as_the_loadings_are(holzinger, rotation):
    """So that they lie around them: the middles of the limits are the loadings but for some bias."""
    found = loading_stability(holzinger, 3, rotation=rotation, draws=60, seed=2).table()
    assert np.abs((found["ci_lower"] + found["ci_upper"]) / 2 - found["loading"]).mean() < 0.02


def test_gaps_are_left_out_as_asked(holzinger):
    """Listwise is the same as complete answers alone; pairwise keeps whoever answered something."""
    items = holzinger[["x1", "x2", "x3", "x7", "x8", "x9"]].astype(float)
    items.iloc[::7, 0] = np.nan
    items.iloc[3] = np.nan
    options = {"draws": 5, "seed": 3}
    listwise = loading_stability(items, 2, missing="listwise", **options)
    assert_allclose(listwise.loadings["se"], loading_stability(items.dropna(), 2, **options).loadings["se"])
    pairwise = loading_stability(items, 2, missing="pairwise", **options)
    some = loading_stability(items.dropna(how="all"), 2, missing="pairwise", **options)
    assert_allclose(pairwise.loadings["se"], some.loadings["se"])
    assert pairwise.efa.n == len(items) - 1 > listwise.efa.n


def test_one_draw_has_no_spread(holzinger):
    found = loading_stability(holzinger[["x1", "x2", "x3", "x7", "x8", "x9"]], 2, draws=1, seed=1)
    assert found.table()["se"].isna().all()


def test_congruence_of_an_analysis_with_itself_and_with_its_mirror(holzinger):
    L = fit_efa(holzinger, 3).loadings
    assert_allclose(np.diag(congruence(L, L)), 1)
    mirrored = pd.DataFrame(-L.to_numpy()[:, ::-1], L.index, L.columns)
    assert_allclose(np.diag(congruence(L, mirrored).iloc[:, ::-1]), -1)
    assert_allclose(match_factors(mirrored.to_numpy(), L.to_numpy()), L)


def test_congruence_by_hand():
    a = pd.DataFrame({"F1": [0.6, 0.8]}, ["x", "y"])
    b = pd.DataFrame({"F1": [0.8, 0.6, 0.1]}, ["x", "y", "z"])
    assert_allclose(congruence(a, b), [[0.96]])


def test_bootstrap_errors_of_loadings_are_those_of_repeated_samples():
    rng = np.random.default_rng(1)

    def sample():
        f = rng.multivariate_normal([0, 0], [[1, 0.3], [0.3, 1]], 300, method="cholesky")
        return pd.DataFrame(0.7 * np.repeat(f, 3, axis=1) + np.sqrt(0.51) * rng.standard_normal((300, 6)))

    target = np.kron(np.eye(2), np.full((3, 1), 0.7))
    repeated = np.stack(
        [match_factors(fit_efa(sample(), 2, starts=1).loadings.to_numpy(), target) for _ in range(60)]
    )
    found = loading_stability(sample(), 2, seed=1, draws=150)
    assert found.failed == 0
    assert_allclose(found.loadings["se"].mean(), repeated.std(axis=0).mean(), rtol=0.25)
    assert (found.congruence["good"] > 0.95).all()
    inside = found.loadings["loading"].between(found.loadings["ci_lower"], found.loadings["ci_upper"])
    assert inside.all()


@pytest.mark.parametrize("rotation", ["varimax", "promax", "geomin"])
def test_every_rotation_can_be_bootstrapped(holzinger, rotation):
    found = loading_stability(holzinger, 3, seed=1, draws=20, rotation=rotation)
    assert found.failed <= 2
    assert (found.congruence["median"] > 0.9).all()

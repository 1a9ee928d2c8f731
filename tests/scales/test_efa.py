import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from pandas.testing import assert_frame_equal

from bouwen.checks import DataError, SingularMatrix, TooFewRespondents
from bouwen.scales import bartlett, fit_efa, kmo, map_test, parallel_analysis
from bouwen.scales.extraction import extract, ml_distance, uls_distance
from bouwen.scales.factors import TooManyFactors

CASES = [(m, r) for m in ("minres", "ml") for r in ("none", "varimax", "oblimin", "promax")]


def matched(ours, theirs):
    """Columns of ours and their signs, in the order of theirs."""
    cosines = ours.to_numpy().T @ theirs.to_numpy()
    cosines /= np.outer(np.linalg.norm(ours, axis=0), np.linalg.norm(theirs, axis=0))
    order = np.abs(cosines).argmax(axis=0)
    assert sorted(order) == list(range(len(order)))
    return order, np.sign(cosines[order, range(len(order))])


@pytest.mark.parametrize(("method", "rotation"), CASES)
def test_efa_matches_psych(reference, holzinger, as_frame, method, rotation):
    ref = reference[f"efa_hs_{method}_{rotation}"]
    ours = fit_efa(holzinger, 3, method=method, rotation=rotation)
    theirs = as_frame(ref["loadings"])
    order, signs = matched(ours.loadings, theirs)
    assert_allclose(ours.loadings.to_numpy()[:, order] * signs, theirs, rtol=0, atol=2e-5)
    phi = np.eye(3) if ref["phi"] is None else as_frame(ref["phi"]).to_numpy()
    ours_phi = ours.phi.to_numpy()[np.ix_(order, order)] * np.outer(signs, signs)
    assert_allclose(ours_phi, phi, rtol=0, atol=2e-5)
    assert_allclose(ours.communalities, list(ref["communality"].values()), rtol=0, atol=1e-5)
    assert_allclose(ours.variance["ss_loadings"].iloc[order], list(ref["ss_loadings"].values()), atol=5e-5)
    rmsea = ref["rmsea"]
    names = ["chisq", "df", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "tli", "rmsr"]
    expected = [ref["chisq"], ref["dof"], rmsea["RMSEA"], rmsea["lower"], rmsea["upper"], ref["tli"]]
    assert_allclose(ours.fit[names], [*expected, ref["rms"]], rtol=0, atol=1e-4)


@pytest.mark.parametrize("rotation", ["varimax", "quartimax", "promax", "oblimin", "geomin"])
def test_rotation_changes_neither_communalities_nor_fit(holzinger, rotation):
    plain = fit_efa(holzinger, 3, rotation="none")
    turned = fit_efa(holzinger, 3, rotation=rotation)
    assert_allclose(turned.communalities, plain.communalities, atol=1e-10)
    assert_allclose(turned.fit, plain.fit, rtol=1e-8)
    assert_allclose(turned.residuals, plain.residuals, atol=1e-10)
    assert_allclose(turned.variance["ss_loadings"].sum(), turned.communalities.sum())
    assert_allclose(turned.structure, turned.loadings @ turned.phi)
    assert_allclose(np.diag(turned.phi), 1)


@pytest.mark.parametrize("rotation", ["varimax", "promax", "oblimin", "geomin"])
def test_factors_are_ordered_and_signed_the_same_way(holzinger, rotation):
    first = fit_efa(holzinger, 3, rotation=rotation)
    flipped = fit_efa(-holzinger[holzinger.columns[::-1]], 3, rotation=rotation)
    assert_allclose(flipped.loadings.loc[first.loadings.index], first.loadings, atol=2e-4)
    assert first.variance["ss_loadings"].is_monotonic_decreasing
    assert (first.loadings.sum() > 0).all()


def test_principal_axes_reach_minres(holzinger):
    minres, axes = (fit_efa(holzinger, 3, method=m, rotation="none") for m in ("minres", "pa"))
    assert_allclose(axes.loadings, minres.loadings, atol=1e-5)


@pytest.mark.parametrize("distance", [uls_distance, ml_distance])
def test_gradients_equal_finite_differences(holzinger, distance):
    R, psi, h = holzinger.corr().to_numpy(), np.linspace(0.3, 0.7, 9), 1e-6
    numeric = [(distance(psi + h * e, R, 3)[0] - distance(psi - h * e, R, 3)[0]) / (2 * h) for e in np.eye(9)]
    assert_allclose(distance(psi, R, 3)[1], numeric, atol=1e-8)


@pytest.mark.parametrize("method", ["minres", "ml", "pa"])
def test_exact_structure_is_recovered(method):
    L = np.array([[0.8, 0], [0.7, 0], [0.6, 0], [0, 0.7], [0, 0.6], [0, 0.5]])
    phi = np.array([[1, 0.4], [0.4, 1]])
    R = L @ phi @ L.T
    np.fill_diagonal(R, 1)
    found = extract(R, 2, method)
    assert_allclose(found @ found.T, L @ phi @ L.T, atol=1e-6)


def test_pairwise_answers_match_psych(bfi):
    """KMO of the 25 items in psych, pairwise correlations of 2,800 respondents."""
    assert_allclose(kmo(bfi).overall, 0.8458974926, atol=1e-9)


def test_kmo_and_bartlett_match_psych(reference, holzinger):
    ours = kmo(holzinger)
    assert_allclose(ours.overall, reference["kmo_hs"]["msa"], atol=1e-9)
    assert_allclose(ours.items, list(reference["kmo_hs"]["items"].values()), atol=1e-9)
    test = bartlett(holzinger)
    ref = reference["bartlett_hs"]
    assert_allclose(test.chisq, ref["chisq"], atol=1e-6)
    assert test.df == ref["df"]
    assert_allclose(test.pvalue, ref["p.value"], rtol=1e-6)


def test_wrong_use_is_refused(holzinger):
    with pytest.raises(TooManyFactors) as many:
        fit_efa(holzinger[["x1", "x2", "x3", "x4"]], 2)
    assert (many.value.n_items, many.value.most) == (4, 1)
    with pytest.raises(TooFewRespondents) as few:
        fit_efa(holzinger.head(9), 3)
    assert (few.value.n, few.value.needed) == (9, 10)
    with pytest.raises(SingularMatrix) as singular:
        kmo(holzinger.assign(total=holzinger["x1"] + holzinger["x2"]))
    assert singular.value.items == ("x1", "x2", "total")


def test_heywood_case_is_said():
    rng = np.random.default_rng(5)
    f = rng.standard_normal(80)
    items = pd.DataFrame(
        {"a": f, "b": 0.3 * f + rng.standard_normal(80), "c": 0.2 * f + rng.standard_normal(80)}
    )
    items["d"] = items["a"] + 0.01 * rng.standard_normal(80)
    efa = fit_efa(items, 1)
    assert efa.improper == ("a", "d")


def test_five_factors_of_incomplete_answers_match_psych(bfi):
    """psych::fa(bfi, 5): oblimin, minres, pairwise correlations."""
    efa = fit_efa(bfi, 5)
    expected = [0.212934, 0.165827, 0.066712, -0.41371, -0.057989]
    assert_allclose(efa.loadings.loc["A1"], expected, atol=1e-4)
    expected = [1, -0.213066, -0.186932, -0.037595, -0.010657]
    assert_allclose(efa.phi["F1"], expected, atol=1e-4)
    assert (efa.starts, efa.agreeing) == (10, 10)


@pytest.mark.parametrize(("ours", "theirs"), [("oblimin", "oblimin"), ("geomin", "geomin_obl")])
def test_rotation_is_at_least_as_simple_as_that_of_factor_analyzer(holzinger, ours, theirs):
    from factor_analyzer import Rotator

    from bouwen.scales.rotation import CRITERIA, rotate

    L = extract(holzinger.corr().to_numpy(), 3)
    criterion = CRITERIA[ours][1]
    mine = rotate(L, ours).loadings
    other = Rotator(theirs, max_iter=200).fit_transform(L)
    assert criterion(mine)[0] <= criterion(other)[0] + 1e-9
    assert_allclose(criterion(mine)[0], criterion(other)[0], atol=1e-5)


def test_importing_loads_no_heavy_library():
    import subprocess
    import sys

    code = (
        "import sys, bouwen.scales;"
        "print([m for m in ('factor_analyzer', 'sklearn', 'statsmodels', 'plotnine') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_polychoric_loadings_are_those_of_the_latent_responses():
    rng = np.random.default_rng(1)
    z = 0.7 * rng.standard_normal((4000, 1)) + np.sqrt(0.51) * rng.standard_normal((4000, 5))
    answers = pd.DataFrame(np.digitize(z, [-1.5, -1, 0.2]).astype(float), columns=[*"abcde"])
    polychoric, pearson = (fit_efa(answers, 1, correlation=kind) for kind in ("polychoric", "pearson"))
    assert_allclose(polychoric.loadings["F1"], 0.7, atol=0.04)
    assert (pearson.loadings["F1"] < polychoric.loadings["F1"]).all()


def test_scores_match_psych(holzinger):
    """psych::fa(h, 3)$scores of the first respondent, regression and Bartlett."""
    efa = fit_efa(holzinger, 3)
    expected = {
        "regression": [-0.06554790587, -0.6373059232, -0.08012274184],
        "bartlett": [-0.0290452154, -0.9752322214, -0.02451192697],
    }
    gap = holzinger.copy()
    gap.iloc[5, 0] = np.nan
    for method, first in expected.items():
        assert_allclose(efa.scores(holzinger, method=method).iloc[0], first, atol=2e-5)
        assert efa.scores(gap, method=method).isna().any(axis=1).sum() == 1


def test_plot_holds_every_loading(holzinger):
    assert len(fit_efa(holzinger, 3).plot().data) == 27


@pytest.mark.parametrize("ask", [kmo, map_test, lambda items: fit_efa(items, 1)])
def test_a_pair_that_nobody_answered_together_is_named(holzinger, ask):
    items = holzinger[["x1", "x2", "x3", "x4"]].astype(float)
    items.iloc[::2, 1] = np.nan
    items.iloc[1::2, 3] = np.nan
    with pytest.raises(TooFewRespondents, match=r'the correlation of "x2" and "x4".* found 0'):
        ask(items)


def test_ordered_categories_have_polychoric_correlations(holzinger):
    thirds = holzinger[["x1", "x2", "x3", "x4", "x5", "x6"]].apply(lambda x: pd.qcut(x, 3, labels=False) + 1)
    categories = thirds.astype(pd.CategoricalDtype([1, 2, 3], ordered=True))
    told = fit_efa(thirds, 2, correlation="polychoric")
    assert_frame_equal(fit_efa(categories, 2).loadings, told.loadings)
    numbers = fit_efa(thirds, 2)
    assert_frame_equal(fit_efa(categories, 2, correlation="Pearson").loadings, numbers.loadings)
    with pytest.raises(DataError, match='"x1" holds ordered categories'):
        fit_efa(thirds.assign(x1=categories["x1"]), 2)
    found = parallel_analysis(categories, seed=1, draws=20)
    assert_frame_equal(
        found.table(), parallel_analysis(thirds, seed=1, draws=20, correlation="polychoric").table()
    )

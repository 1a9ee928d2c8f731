from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_data, read_values

from bouwen import read_study
from bouwen.scales import compare_structures, omega_of_all
from bouwen.scales.structures import STRUCTURES, NoFacets, read_facets
from bouwen.sem import fit_sem

REFERENCE = read_values("lavaan/structures")
CASES = [name for name in REFERENCE if "measures" in REFERENCE[name]]
REVERSED = ["A1", "C4", "C5", "E1", "E2", "O2", "O5"]
# What lavaan's stopping rule supports; its bifactor model of 25 items stops five thousandths above ours.
ATOL = {"chisq": 1e-2, "pvalue": 1e-6, "aic": 1e-2, "bic": 1e-2}


def answers(case):
    frame = read_data(case).iloc[: 1000 if case == "bfi" else None]
    frame = frame[[item for items in REFERENCE[case]["facets"].values() for item in items]]
    if case != "holzinger_missing":
        turned = [name for name in REVERSED if name in frame]
        frame[turned] = 7 - frame[turned]
    return frame


def model(facets):
    return "\n".join(f"{name} =~ {' + '.join(items)}" for name, items in facets.items())


@pytest.fixture(scope="module", params=CASES)
def compared(request):
    ref = REFERENCE[request.param]
    estimator = "WLSMV" if request.param == "bfi900" else "MLR"
    return compare_structures(answers(request.param), model(ref["facets"]), estimator=estimator), ref


def test_structures_match_lavaan(compared):
    ours, ref = compared
    table = ours.table()
    assert list(table.index) == list(STRUCTURES) == list(ref["measures"])
    for name, theirs in ref["measures"].items():
        for key, value in theirs.items():
            if key == "r":
                assert_allclose(table.loc[name, ["r_lowest", "r_highest"]].astype(float), value, atol=1e-4)
                continue
            column = key.replace("_scaled", "").replace("_robust", "")
            assert_allclose(table.loc[name, column], value, rtol=0, atol=ATOL.get(column, 1e-4), err_msg=key)
    assert (table["status"] == "proper").all()


def test_difference_tests_match_lavaan(compared):
    ours, ref = compared
    tests = ours.tests().set_index(["free", "restricted"])
    for theirs in ref["tests"]:
        row = tests.loc[(theirs["free"], theirs["restricted"])]
        assert_allclose(row["chisq_diff"], theirs["chisq_diff"], rtol=1e-4)
        assert row["df_diff"] == theirs["df_diff"]
        assert_allclose(row["pvalue"], theirs["pvalue"], atol=1e-6)
    assert (tests["note"] == "").sum() == len(ref["tests"])


def test_correlations_of_facets_match_lavaan(compared):
    ours, ref = compared
    found = {frozenset((row["first"], row["second"])): row for _, row in ours.correlations().iterrows()}
    assert len(found) == len(ref["correlations"])
    for theirs in ref["correlations"]:
        row = found[frozenset((theirs["lhs"], theirs["rhs"]))]
        expected = [theirs[key] for key in ("est.std", "se", "ci.lower", "ci.upper")]
        assert_allclose([row[key] for key in ("r", "se", "ci_lower", "ci_upper")], expected, atol=1e-4)


def loadings(n, general, own, facets=4, items=3, seed=1):
    rng = np.random.default_rng(seed)
    g, f = rng.standard_normal((n, 1)), rng.standard_normal((n, facets))
    e = rng.standard_normal((n, facets * items)) * np.sqrt(1 - general**2 - own**2)
    x = general * g + own * np.repeat(f, items, axis=1) + e
    names = [f"{'abcdefgh'[k]}{i}" for k in range(facets) for i in range(items)]
    return pd.DataFrame(x, columns=names)


TEXT = "A =~ a0 + a1 + a2\nB =~ b0 + b1 + b2\nC =~ c0 + c1 + c2\nD =~ d0 + d1 + d2"


def test_figures_of_a_known_bifactor_structure():
    """Loadings .6 and .5, 12 items: ω_h = (12·.6)² / total, ω_hs = (3·.5)² / ((3·.6)² + (3·.5)² + 3·.39)."""
    ours = compare_structures(loadings(20_000, 0.6, 0.5), TEXT)
    table, scales = ours.table(), ours.scales()
    total = (12 * 0.6) ** 2 + 4 * (3 * 0.5) ** 2 + 12 * 0.39
    assert_allclose(table.loc["bifactor", "omega_h"], (12 * 0.6) ** 2 / total, atol=0.01)
    assert_allclose(table.loc["bifactor", "omega"], 1 - 12 * 0.39 / total, atol=0.01)
    assert_allclose(table.loc["bifactor", "ecv"], 0.36 / 0.61, atol=0.01)
    assert_allclose(scales["omega_h"], 2.25 / (3.24 + 2.25 + 1.17), atol=0.02)
    assert_allclose(scales["r_highest"], 0.36 / 0.61, atol=0.03)
    # a higher-order structure holds here, so that freeing it gains nothing
    tests = ours.tests().set_index(["free", "restricted"])["pvalue"]
    assert tests["higher_order", "one_factor"] < 1e-6 < 0.01 < tests["facets", "higher_order"]


def test_facets_that_are_one_cannot_be_told_apart():
    ours = compare_structures(loadings(2000, 0.7, 0.0), TEXT)
    table = ours.table()
    assert table.loc["one_factor", "cfi"] > 0.99
    assert table.loc["facets", "r_lowest"] > 0.9
    assert ours.tests().set_index(["free", "restricted"]).loc[("facets", "one_factor"), "pvalue"] > 0.01
    assert table.loc["bifactor", "status"] != "proper" or ours.scales()["omega_h"].max() < 0.15


def test_what_is_read_from_a_model():
    syntax = "A =~ 1*a0 + a1\nB =~ b0 + x*b1\nalone =~ z1 + z2\na1 ~~ b1\nz1 ~~ a1\ntop =~ A + B\ny ~ top"
    facets = read_facets(syntax)
    assert facets.items == {"A": ("a0", "a1"), "B": ("b0", "b1")}
    assert (facets.general, facets.covariances) == ("top", (("a1", "b1"),))
    assert read_facets("general =~ a + b\nother =~ c + d").general == "general_"
    texts = facets.texts()
    assert texts["one_factor"] == "top =~ a0 + a1 + b0 + b1\na1 ~~ b1"
    assert "A_both*a0 + A_both*a1" in texts["bifactor"]
    assert "top =~ above*A + above*B" in texts["higher_order"]
    for wrong in ("f =~ a + b + c", "y ~ x"):
        with pytest.raises(NoFacets):
            read_facets(wrong)


def test_a_structure_without_a_solution_is_reported():
    """The middle of three correlations .8, .8 and .3 asks for a loading above one."""
    phi = np.array([[1, 0.8, 0.3], [0.8, 1, 0.8], [0.3, 0.8, 1]])
    rng = np.random.default_rng(2)
    f = rng.standard_normal((500, 3)) @ np.linalg.cholesky(phi + 0.02 * np.eye(3)).T
    x = pd.DataFrame(0.8 * np.repeat(f, 3, axis=1) + 0.6 * rng.standard_normal((500, 9)))
    x.columns = [f"{k}{i}" for k in "abc" for i in range(3)]
    ours = compare_structures(x, TEXT.rsplit("\n", 1)[0])
    table = ours.table()
    assert table.loc["higher_order", "status"] == "improper"
    assert '"B" is negative' in table.loc["higher_order", "note"]
    assert table.loc["bifactor", "status"] in ("improper", "no solution")
    assert table.loc["bifactor", "note"]
    same = ours.tests().set_index(["free", "restricted"]).loc[("facets", "higher_order")]
    assert same["df_diff"] == 0
    assert "the same fit" in same["note"]


def test_the_bifactor_model_starts_from_the_higher_order_one():
    """The corporate reputation survey has no solution from plain starting values."""
    ours = compare_structures(read_study(Path("data/reputation/study.yml")))
    table = ours.table()
    assert table.loc["higher_order", "status"] == "improper"
    assert table.loc["bifactor", "status"] == "proper"
    assert table.loc["bifactor", "chisq"] < table.loc["higher_order", "chisq"] - 20


def test_a_study_gives_its_own_facets():
    study = read_study(Path("data/providers/study.yml"))
    ours = compare_structures(study, "structural")
    assert ours.facets == compare_structures(study, "trust").facets
    assert (ours.facets.general, len(ours.facets.items)) == ("trust", 4)
    assert ours.plot().data.shape[0] == 6
    ours.plot().draw(show=False)


def test_omega_of_all_items_is_that_of_a_single_factor(compared):
    ours, _ = compared
    table = ours.table()
    assert_allclose(table.loc["one_factor", "omega"], table.loc["one_factor", "omega_h"])
    assert_allclose(table.loc["facets", "omega"], table.loc["higher_order", "omega"], atol=0.01)


def test_omega_of_all_items_by_hand():
    """Two factors correlating .5, three items each, loadings .8: 1 − 6·.36 / (6² ·…)."""
    phi = np.array([[1, 0.5], [0.5, 1]])
    L = np.kron(np.eye(2), np.full((3, 1), 0.8))
    R = L @ phi @ L.T + 0.36 * np.eye(6)
    from bouwen.sem import Moments

    names = [f"x{i}" for i in range(6)]
    fit = fit_sem("a =~ x0 + x1 + x2\nb =~ x3 + x4 + x5", Moments(cov=pd.DataFrame(R, names, names), n=500))
    assert_allclose(omega_of_all(fit).iloc[0], 1 - 6 * 0.36 / R.sum(), atol=1e-6)

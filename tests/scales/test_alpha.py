import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.checks import ConstantItem, NotNumeric, RepeatedItem, TooFewItems, TooFewRespondents
from bouwen.errors import BouwenError
from bouwen.scales import alpha, item_statistics, scale_reliability, scale_statistics


def test_alpha_matches_psych(reference, holzinger):
    ref = reference["alpha_visual"]
    ours = alpha(holzinger[ref["items"]])
    expected = [ref["raw_alpha"], ref["std_alpha"], ref["average_r"], *ref["feldt_ci"].values()]
    found = [ours.raw, ours.standardised, ours.average_r, ours.ci_lower, ours.ci_upper]
    assert_allclose(found, expected, rtol=0, atol=1e-9)
    assert (ours.n, ours.n_items, ours.missing) == (301, 3, 0)


@pytest.mark.parametrize(("scale", "first"), [("visual", 1), ("textual", 4), ("speed", 7)])
def test_alpha_matches_semtools(reference, holzinger, scale, first):
    items = holzinger[[f"x{i}" for i in range(first, first + 3)]]
    assert_allclose(alpha(items).raw, reference["reliability_hs"]["values"]["alpha"][scale], atol=1e-9)


def test_alpha_of_incomplete_answers_matches_psych(bfi):
    """psych::alpha of A1 to A5, A1 reversed: pairwise covariances, standardised from them."""
    items = bfi[["A1", "A2", "A3", "A4", "A5"]].assign(A1=7 - bfi["A1"])
    ours = alpha(items)
    assert_allclose([ours.raw, ours.standardised, ours.average_r], [0.7030184461, 0.7130285787, 0.3319676571])
    assert ours.n == 2800
    listwise = alpha(items, missing="listwise")
    assert listwise.n == len(items.dropna())
    assert listwise.missing == 0


def test_alpha_of_parallel_items_is_spearman_brown():
    """Items with equal correlations r: alpha = p r / (1 + (p − 1) r)."""
    rng = np.random.default_rng(1)
    z = rng.standard_normal((200, 4))
    z = np.linalg.qr(z - z.mean(axis=0))[0]
    L = np.linalg.cholesky(np.full((4, 4), 0.3) + 0.7 * np.eye(4))
    assert_allclose(alpha(pd.DataFrame(z @ L.T)).raw, 4 * 0.3 / (1 + 3 * 0.3))


def test_feldt_interval_covers_at_its_level():
    rng = np.random.default_rng(3)
    true = 4 * 0.4 / (1 + 3 * 0.4)
    hits = 0
    for _ in range(400):
        items = rng.standard_normal((60, 1)) * np.sqrt(0.4) + rng.standard_normal((60, 4)) * np.sqrt(0.6)
        found = alpha(pd.DataFrame(items), confidence=0.9)
        hits += found.ci_lower < true < found.ci_upper
    assert abs(hits / 400 - 0.9) < 3 * np.sqrt(0.09 / 400)


def test_two_items_and_a_negative_alpha_are_said():
    x = pd.DataFrame({"a": [1, 2, 3, 4.0, 5], "b": [2, 1, 4, 3, 5]})
    assert "two items" in alpha(x).note
    turned = x.assign(c=-x["a"], d=-x["b"])
    assert "key" in alpha(turned.assign(e=[5, 1, 4, 2, 3])).note


GOOD = [1, 2, 3, 4.0, 2]


@pytest.mark.parametrize(
    ("items", "error", "fact"),
    [
        ({"a": GOOD}, TooFewItems, ("items", ("a",))),
        ({"a": GOOD, "b": [3] * 5}, ConstantItem, ("item", "b")),
        ({"a": GOOD, "b": [np.nan] * 5}, ConstantItem, ("n", 0)),
        ({"a": GOOD, "b": list("vwxyz")}, NotNumeric, ("item", "b")),
        ({"a": GOOD, "b": [1, 2, 3, 4, np.inf]}, NotNumeric, ("item", "b")),
        ({"a": [1.0], "b": [2.0]}, TooFewRespondents, ("n", 1)),
    ],
)
def test_refusals_name_the_item(items, error, fact):
    with pytest.raises(error) as refusal:
        alpha(pd.DataFrame(items))
    assert isinstance(refusal.value, BouwenError)
    assert getattr(refusal.value, fact[0]) == fact[1]


def test_repeated_columns_are_refused():
    with pytest.raises(RepeatedItem):
        alpha(pd.DataFrame([[1, 2], [2, 1], [3, 3]], columns=["a", "a"]))


def test_scale_statistics_say_why_there_is_no_alpha(study_of):
    rng = np.random.default_rng(1)
    answers = pd.DataFrame(rng.integers(1, 6, (50, 6)).astype(float), columns=[*"abcdef"])
    answers["e"] = 3.0
    answers.loc[:9, "a"] = np.nan
    study = study_of(answers, {"x": [*"abc"], "one": ["d"], "flat": [*"ef"]})
    table = scale_statistics(study)
    assert_allclose(table.loc["x", "alpha"], alpha(answers[[*"abc"]]).raw)
    assert_allclose(table.loc["x", "missing"], 10 / 150)
    assert table["alpha"].isna().tolist() == [False, True, True]
    assert '"e"' in table.loc["flat", "note"]
    assert "one item" in table.loc["one", "note"]


def test_bootstrap_interval_is_close_to_feldt_for_parallel_normal_items():
    rng = np.random.default_rng(1)
    x = pd.DataFrame(rng.standard_normal((400, 1)) + rng.standard_normal((400, 5)))
    feldt, first, second = alpha(x), *(alpha(x, interval="bootstrap", seed=3) for _ in range(2))
    assert_allclose([first.ci_lower, first.ci_upper], [feldt.ci_lower, feldt.ci_upper], atol=0.012)
    assert first.table().equals(second.table())
    assert (first.method, feldt.method) == ("bootstrap", "Feldt")


def test_items_that_nobody_answered_together_have_no_alpha(holzinger):
    apart = holzinger[["x1", "x2", "x3"]].copy()
    apart.loc[apart.index[:150], "x1"] = np.nan
    apart.loc[apart.index[150:], "x3"] = np.nan
    with pytest.raises(TooFewRespondents, match='"x1" and "x3" in alpha'):
        alpha(apart)
    assert '"x1" and "x3"' in scale_statistics(apart)["note"].iloc[0]


def test_an_item_keyed_the_wrong_way_is_named(holzinger):
    items = holzinger[["x1", "x2", "x3", "x4"]]
    assert not alpha(items).against
    found = alpha(items.assign(x2=-items["x2"]))
    assert found.against == ("x2",)
    assert found.note == 'against the other items: "x2"; check the key'
    assert found.note in repr(found)
    assert "against" not in found.table()


def test_ordered_categories_count_by_their_places(holzinger):
    thirds = holzinger[["x1", "x2", "x3"]].apply(lambda x: pd.qcut(x, 3, labels=False))
    words = thirds.apply(lambda x: x.map({0: "low", 1: "middle", 2: "high"})).astype(
        pd.CategoricalDtype(["low", "middle", "high"], ordered=True)
    )
    assert alpha(words).raw == pytest.approx(alpha(thirds).raw)
    plain, named = scale_statistics(thirds), scale_statistics(words)
    assert named["alpha"].iloc[0] == pytest.approx(plain["alpha"].iloc[0])
    assert named["mean"].iloc[0] == pytest.approx(plain["mean"].iloc[0] + 1)
    assert item_statistics(words)["r_rest"].tolist() == pytest.approx(
        item_statistics(thirds)["r_rest"].tolist()
    )


def test_omega_of_ordered_categories_is_that_of_ordered_answers(holzinger):
    thirds = holzinger[["x1", "x2", "x3"]].apply(lambda x: pd.qcut(x, 3, labels=False) + 1)
    categories = thirds.astype(pd.CategoricalDtype([1, 2, 3], ordered=True))
    found = scale_reliability({"visual": categories}, draws=0).table()["omega"].iloc[0]
    told = scale_reliability({"visual": thirds}, draws=0, estimator="WLSMV").table()["omega"].iloc[0]
    assert found == pytest.approx(told, abs=1e-12)

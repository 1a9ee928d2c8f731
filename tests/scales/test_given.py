"""Every public function of the room: what it takes, what it refuses, what it gives back."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

import bouwen.scales as room
from bouwen import checks as answers
from bouwen.scales import given

ITEMS = ["a", "b", "c", "d", "e"]


def good(n=120, seed=1):
    """Five-point answers to items of one factor, with the level of each respondent."""
    rng = np.random.default_rng(seed)
    x = 0.8 * rng.standard_normal((n, 1)) + 0.6 * rng.standard_normal((n, 5))
    frame = pd.DataFrame(np.clip(np.round(3 + 1.3 * x), 1, 5), columns=ITEMS)
    frame.iloc[::7, 0] = np.nan
    return frame


def halves(x):
    return {"one": x[x.columns[:2]], "two": x[x.columns[2:]]}


def grouped(x):
    return x.assign(group=np.resize(list("pqrst"), len(x)))


# What takes the answers to items; the second group of words says which wrong answers it can use all the same.
USES = {
    "alpha": (lambda x: room.alpha(x), {"singular", "small"}),
    "bartlett": (lambda x: room.bartlett(x), set()),
    "compare_correlations": (
        lambda x: room.compare_correlations(x["a"], x["b"], x["c"]),
        {"singular", "small"},
    ),
    "compare_treatments": (lambda x: room.compare_treatments(x, seed=1, imputations=2), {"one item"}),
    "empirical_kaiser": (lambda x: room.empirical_kaiser(x), set()),
    "fit_efa": (lambda x: room.fit_efa(x, 1), set()),
    "htmt": (lambda x: room.htmt(halves(x)), set()),
    "intraclass": (lambda x: room.intraclass(x["b"], grouped(x)["group"]), {"singular", "small", "one item"}),
    "kmo": (lambda x: room.kmo(x), set()),
    "little_mcar": (lambda x: room.little_mcar(x), {"singular", "small", "one item"}),
    "loading_stability": (lambda x: room.loading_stability(x, 1, seed=1, draws=5), set()),
    "mahalanobis": (lambda x: room.mahalanobis(x), {"one item"}),
    "map_test": (lambda x: room.map_test(x), set()),
    "mardia": (lambda x: room.mardia(x), {"one item"}),
    "parallel_analysis": (lambda x: room.parallel_analysis(x, seed=1, draws=25), set()),
    "polychoric": (lambda x: room.polychoric(x), {"singular", "small"}),
    "saturated_moments": (lambda x: room.saturated_moments(x), {"small", "one item"}),
    "schmid_leiman": (
        lambda x: room.schmid_leiman(x.assign(f=x["a"].fillna(3) + x["c"] * (x.index % 2)), 2),
        set(),
    ),
    "within_agreement": (
        lambda x: room.within_agreement(x, grouped(x)["group"], answers=5),
        {"singular", "small", "one item"},
    ),
}
# Functions whose table says NaN, with the reason, where a figure does not exist; text they refuse.
TABLES = {
    "check_key": lambda x: room.check_key(x),
    "item_statistics": lambda x: room.item_statistics(x),
    "item_statistics_by_group": lambda x: room.item_statistics_by_group(grouped(x), "group"),
    "scale_statistics": lambda x: room.scale_statistics(x),
    "score_scales": lambda x: room.score_scales(x),
}
# These take answers of any kind as they are, loadings, or a fitted model, or only call some of the above.
OTHERS = {
    "as_numbers", "ave", "check_models", "common_patterns", "congruence", "correlation_intervals",
    "clustered_regression", "correlation_interval", "correlations_difference", "difference_estimate",
    "FEWEST_CLUSTERS", "FEW_CLUSTERS", "compare_latent_correlations", "fit_structure",
    "enough_clusters", "mean_estimate", "means_test", "model_clusters", "nesting", "with_clusters",
    "fisher_interval", "is_ordinal", "item_rest_correlation", "read_facets",
    "compare_structures", "count_factors", "factor_correlations", "fit_model", "fornell_larcker", "key_items",
    "influence_on_correlation", "missing_patterns", "nested_statistics", "omega", "omega_of_all",
    "scale_reliability", "z_scores",
}  # fmt: skip

WRONG = {
    "constant": (lambda x: x.assign(b=3.0), answers.ConstantItem),
    "text": (lambda x: x.assign(b="agree"), answers.NotNumeric),
    "infinite": (lambda x: x.assign(b=np.inf), answers.NotNumeric),
    "singular": (lambda x: x.assign(b=x["a"].fillna(3), a=x["a"].fillna(3)), answers.SingularMatrix),
    "small": (lambda x: x.iloc[1:5], answers.DataError),
    "one item": (lambda x: x[["b"]], answers.DataError),
}


def test_every_public_function_is_covered():
    public = {name for name in room.__all__ if not isinstance(getattr(room, name), type)}
    assert public == {*USES, *TABLES, *OTHERS}


BY_NAME = ("compare_correlations", "htmt", "schmid_leiman")  # need their items by name
REFUSED = [
    (name, wrong)
    for name, (_, copes) in USES.items()
    for wrong in WRONG
    if wrong not in copes and not (wrong == "one item" and name in BY_NAME)
]


@pytest.mark.parametrize(("name", "wrong"), REFUSED)
def test_wrong_answers_are_refused_by_name(name, wrong):
    use, _ = USES[name]
    spoil, error = WRONG[wrong]
    with pytest.raises(error) as found:
        use(spoil(good()))
    assert isinstance(found.value, answers.DataError)
    if wrong in ("constant", "text", "infinite"):
        assert found.value.item == "b"
    if wrong == "singular":
        assert {"a", "b"} <= set(found.value.items)


@pytest.mark.parametrize("name", TABLES)
def test_tables_refuse_text_and_leave_other_figures_empty(name):
    with pytest.raises(answers.NotNumeric) as found:
        TABLES[name](good().assign(b="agree"))
    assert found.value.item == "b"
    assert TABLES[name](good().assign(b=3.0)).shape[1] == TABLES[name](good()).shape[1]


@pytest.mark.parametrize("name", [name for name in USES if name != "mahalanobis"])
def test_results_have_a_table_and_a_figure(name):
    found = USES[name][0](good())
    if isinstance(found, pd.DataFrame):
        return
    assert dataclasses.is_dataclass(found)
    assert isinstance(found.table(), pd.DataFrame)
    assert len(found.table())
    found.plot().draw(show=False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.n = 0


@pytest.mark.parametrize("name", ["alpha", "bartlett", "fit_efa", "kmo", "map_test", "mardia", "polychoric"])
def test_a_study_gives_the_same_as_its_items(study_of, name):
    study = study_of(good(), {"one": ITEMS[:2], "two": ITEMS[2:]}, reversed_items=["b"])
    turned = good().assign(b=6 - good()["b"])
    pd.testing.assert_frame_equal(USES[name][0](study).table(), USES[name][0](turned).table())


@pytest.mark.parametrize("name", ["check_key", "item_statistics", "scale_statistics", "score_scales"])
def test_scales_come_from_a_study_or_from_frames(study_of, name):
    x = good()
    study = study_of(x, {"one": ITEMS[:2], "two": ITEMS[2:]})
    pd.testing.assert_frame_equal(TABLES[name](study), TABLES[name](halves(x)), check_dtype=False)
    single = TABLES[name](x)
    assert len(single) in (0, 1, len(ITEMS), len(x))


def test_groups_are_a_column_of_a_frame():
    x = grouped(good())
    table = room.nested_statistics(x, "group")
    assert table.index.tolist() == ["scale"]
    assert table.loc["scale", "groups"] == 5
    parts = room.item_statistics_by_group(x, "group")
    assert parts.index.get_level_values("level").unique().tolist() == list("pqrst")
    for use in (room.nested_statistics, room.item_statistics_by_group):
        with pytest.raises(given.UnknownGroup):
            use(good(), "group")


@pytest.mark.parametrize("wrong", [[1, 2], {}, {"a": [1, 2]}, None])
def test_what_holds_no_answers_is_refused(wrong):
    with pytest.raises(given.NotAnswers):
        room.score_scales(wrong)
    with pytest.raises(given.NotAnswers):
        room.kmo(wrong)

"""Sampling weights: what is refused, what weights of whole numbers must give, and draws that carry them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_data

import bouwen
from bouwen.sem import Fit, UnsupportedModel, bootstrap, fit_sem, load_fit
from bouwen.sem.after.compare import OtherData
from bouwen.sem.model.options import NoRows
from bouwen.sem.normal.moments import BadWeights
from bouwen.sem.resample.batch import fit_batch
from bouwen.sem.resample.draws import transformed
from bouwen.sem.resample.stacks import batch_measures, weighted_objective
from bouwen.sem.resample.weights import resampling_weights

MODEL = "f =~ t1 + t2 + t3\ng =~ t4 + t5 + t6\ng ~ f"
KINDS = {
    "complete": ("weighted", {}),
    "groups": ("weighted", {"group": "region", "group_equal": ["loadings"]}),
    "gaps": ("weighted_missing", {"missing": "fiml"}),
    "gaps in groups": ("weighted_missing", {"missing": "fiml", "group": "region"}),
}
each_kind = pytest.mark.parametrize("kind", KINDS)


def data_of(kind: str) -> pd.DataFrame:
    return read_data(KINDS[kind][0])


@cache
def weighted(kind: str) -> Fit:
    return fit_sem(MODEL, data_of(kind), sampling_weights="w", **KINDS[kind][1])


# ---------------------------------------------------------------------- what weights mean


@each_kind
def test_whole_weights_estimate_what_as_many_copies_of_the_rows_do(kind):
    data = data_of(kind)
    data["w"] = np.ceil(3 * data["w"]).astype(int)
    options = KINDS[kind][1]
    fit = fit_sem(MODEL, data, sampling_weights="w", **options)
    copies = fit_sem(MODEL, data.loc[data.index.repeat(data["w"])], estimator="MLR", **options)
    assert fit.n == len(data) < copies.n
    assert_allclose(fit.parameters["est"], copies.parameters["est"], rtol=0, atol=1e-6)
    assert fit.measures["chisq"] / fit.n == pytest.approx(copies.measures["chisq"] / copies.n, rel=1e-6)
    assert (fit.parameters["se"] >= copies.parameters["se"]).all()  # copies are not respondents


@each_kind
def test_copies_that_are_clusters_have_the_errors_of_weights(kind):
    data = data_of(kind)
    data["w"], data["who"] = np.ceil(3 * data["w"]).astype(int), np.arange(len(data))
    options = KINDS[kind][1]
    fit = fit_sem(MODEL, data, sampling_weights="w", meanstructure=True, **options)
    copies = data.loc[data.index.repeat(data["w"])]
    clustered = fit_sem(MODEL, copies, cluster="who", **options)
    count = data.loc[data["w"] > 0].groupby("region" if "group" in options else lambda _: 0).size()
    if len(count) == 1:  # C / (C − 1) is the one difference
        correction = np.sqrt(count.iloc[0] / (count.iloc[0] - 1))
        assert_allclose(fit.parameters["se"] * correction, clustered.parameters["se"], rtol=1e-5, atol=1e-9)
        assert fit.tests[1].trace + fit.df > 0
    else:
        assert_allclose(fit.parameters["se"], clustered.parameters["se"], rtol=0.01)


@each_kind
def test_weights_that_are_all_alike_change_nothing(kind):
    data = data_of(kind).assign(w=7.5)
    fit = fit_sem(MODEL, data, sampling_weights="w", **KINDS[kind][1])
    plain = fit_sem(MODEL, data, estimator="MLR", **KINDS[kind][1])
    numbers = ["est", "se", "std_all"]
    assert_allclose(fit.parameters[numbers], plain.parameters[numbers], rtol=1e-6, atol=1e-9)
    same = [name for name in plain.measures.index if name not in ("gfi", "agfi")]  # see _available_moments
    assert_allclose(fit.measures[same], plain.measures[same], rtol=1e-6, atol=1e-8)


@each_kind
def test_the_unit_of_weights_does_not_matter(kind):
    data = data_of(kind)
    other = fit_sem(MODEL, data.assign(w=data["w"] * 311), sampling_weights="w", **KINDS[kind][1])
    assert_allclose(other.parameters["se"], weighted(kind).parameters["se"], rtol=1e-8)
    assert other.measures["ntotal"] == len(data)


def test_who_has_no_weight_moves_nothing_and_is_counted():
    data = data_of("complete")
    nobody = data["w"] == 0
    assert nobody.sum() == 2
    far = data.copy()
    far.loc[nobody, "t2"] += 50
    fit = fit_sem(MODEL, far, sampling_weights="w")
    assert_allclose(fit.parameters["est"], weighted("complete").parameters["est"], atol=1e-8)
    assert_allclose(fit.parameters["se"], weighted("complete").parameters["se"], atol=1e-8)
    assert fit.n == 240


def test_sizes_of_groups_count_respondents():
    fit = weighted("groups")
    assert fit.to_dict()["n"] == [140, 100]
    assert "140" in fit.summary()
    assert "160" not in fit.summary()


# ---------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({3: -0.5}, '"w" is negative for 1 respondent;'),
        ({3: np.nan, 5: np.nan}, '"w" is missing for 2 respondents;'),
    ],
)
def test_weights_that_cannot_be_are_refused_in_a_sentence(change, found):
    data = data_of("complete")
    for row, value in change.items():
        data.loc[row, "w"] = value
    with pytest.raises(BadWeights) as refused:
        fit_sem(MODEL, data, sampling_weights="w")
    assert found in str(refused.value)
    assert refused.value.item == "w"


def test_weights_that_add_up_to_nothing_are_refused():
    data = data_of("complete").assign(w=0.0)
    with pytest.raises(BadWeights, match=r'the sampling weights in "w" are all zero$'):
        fit_sem(MODEL, data, sampling_weights="w")
    data.loc[data["region"] == "coast", "w"] = 1.0
    with pytest.raises(BadWeights, match=r'in "w" are all zero in group "inland"$'):
        fit_sem(MODEL, data, sampling_weights="w", group="region")


def test_a_missing_weight_of_a_row_that_is_not_used_does_not_matter():
    data = data_of("gaps")
    gone = data["t2"].isna()
    found = fit_sem(MODEL, data.assign(w=data["w"].mask(gone)), sampling_weights="w")
    assert found.n == fit_sem(MODEL, data, sampling_weights="w").n


@pytest.mark.parametrize("estimator", ["MLM", "GLS", "ULS", "WLSMV"])
def test_estimators_without_weights_say_so(estimator):
    ordered = ["u1", "u2", "u3"] if estimator == "WLSMV" else ()
    with pytest.raises(UnsupportedModel, match='sampling_weights= goes with estimator="MLR"'):
        fit_sem(
            "f =~ u1 + u2 + u3",
            data_of("complete"),
            sampling_weights="w",
            estimator=estimator,
            ordered=ordered,
        )


def test_weights_need_rows_and_a_column():
    with pytest.raises(UnsupportedModel, match="rows"):
        fit_sem("f =~ a + b + c", bouwen.Moments([[1], [0.5, 1], [0.4, 0.3, 1]], 90, names=["a", "b", "c"]),
                sampling_weights="w")  # fmt: skip
    with pytest.raises(bouwen.BouwenError, match='"ww" is given as sampling_weights but not in the data'):
        fit_sem(MODEL, data_of("complete"), sampling_weights="ww")
    with pytest.raises(bouwen.BouwenError, match="text or categories"):
        fit_sem(MODEL, data_of("complete"), sampling_weights="region")


def test_a_difference_test_needs_weights_in_both():
    free, held = (
        fit_sem(MODEL, data_of("complete"), group="region", group_equal=equal, sampling_weights=name,
                estimator="MLR")
        for equal, name in (((), "w"), (["loadings"], None))
    )  # fmt: skip
    with pytest.raises(OtherData, match="only one of the models has sampling weights"):
        bouwen.compare_fits(free, held)


# ---------------------------------------------------------------------- draws


@each_kind
def test_everybody_drawn_once_is_the_sample(kind):
    fit = weighted(kind)
    objective = weighted_objective(fit.family, np.ones((1, fit.n)))
    batch = fit_batch(objective, fit.partable, fit.theta)
    assert_allclose(batch.theta[0], fit.theta, atol=1e-5)
    found = batch_measures(fit.family, objective, batch, ["chisq", "cfi", "logl"])
    assert_allclose(found.iloc[0], fit.measures[["chisq", "cfi", "logl"]], rtol=1e-5)


@each_kind
def test_a_draw_is_the_fit_to_its_rows_with_their_weights(kind):
    fit, data = weighted(kind), data_of(kind)
    times = resampling_weights(fit.sample, np.random.default_rng(4), 3)
    objective = weighted_objective(fit.family, times)
    batch = fit_batch(objective, fit.partable, fit.theta)
    chisq = batch_measures(fit.family, objective, batch, ["chisq"])["chisq"]
    order = np.concatenate(fit.sample.index)
    for draw, count in enumerate(times.astype(int)):
        rows = data.iloc[order].iloc[np.repeat(np.arange(len(order)), count)].reset_index(drop=True)
        apart = fit_sem(MODEL, rows, sampling_weights="w", **KINDS[kind][1])
        assert_allclose(batch.theta[draw], apart.theta, atol=1e-4)
        assert chisq[draw] == pytest.approx(apart.measures["chisq"], rel=1e-4, abs=1e-4)


def test_draws_scatter_as_the_robust_errors_say():
    fit = weighted("complete")
    drawn = bootstrap(fit, 1000, seed=3)
    free = fit.parameters["se"] > 0
    ratio = drawn.intervals()["se"][free] / fit.parameters["se"][free]
    assert ratio.between(0.85, 1.25).all()


@pytest.mark.parametrize("kind", ["complete", "gaps"])
def test_bollen_and_stine_turn_the_weighted_sample_until_the_model_holds(kind):
    fit = weighted(kind)
    family = replace(fit.family, sample=transformed(fit))
    objective = weighted_objective(family, np.ones((1, fit.n)))
    batch = fit_batch(objective, fit.partable, fit.theta)
    assert_allclose(batch.theta[0], fit.theta, atol=0.02 if kind == "gaps" else 1e-5)
    assert batch_measures(family, objective, batch, ["chisq"])["chisq"][0] < (1 if kind == "gaps" else 1e-6)


def test_answers_of_the_model_scatter_more_where_weights_differ():
    fit = weighted("complete")
    alike = fit_sem(MODEL, data_of("complete").assign(w=1), sampling_weights="w")
    spread = [bootstrap(x, 400, kind="parametric", seed=5).intervals()["se"] for x in (fit, alike)]
    free = fit.parameters["se"] > 0
    w = np.concatenate(fit.sample.weights)
    assert (spread[0] / spread[1])[free].median() == pytest.approx(np.sqrt((w**2).mean()), rel=0.2)


def test_a_fit_without_its_rows_keeps_what_weights_gave(tmp_path):
    fit = weighted("groups")
    fit.save(tmp_path / "a.fit")
    again = load_fit(tmp_path / "a.fit")
    assert not again.sample.weights
    assert again.call.sampling_weights == "w"
    assert again.to_dict() == fit.to_dict()
    assert again.summary() == fit.summary()
    with pytest.raises(NoRows):
        bootstrap(again, 10, kind="parametric")
    fit.save(tmp_path / "b.fit", rows=True)
    drawn = bootstrap(load_fit(tmp_path / "b.fit"), 20, seed=2)
    assert_allclose(drawn.values(), bootstrap(fit, 20, seed=2).values())

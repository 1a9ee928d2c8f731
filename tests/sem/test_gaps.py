"""Σ_j⁻¹ of every missing pattern from one Σ⁻¹, beside that of each pattern by itself."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.sem import fit_sem
from bouwen.sem.after import diagnostics
from bouwen.sem.model.implied import compile_structure
from bouwen.sem.normal import discrepancy, gaps, saturated
from bouwen.sem.normal.discrepancy import IncompletePoint, LikelihoodPoint
from bouwen.sem.normal.inference import casewise_scores, saturated_curvature, saturated_point
from bouwen.sem.normal.saturated import em_moments


def answers(items, n, missing, seed=1):
    """Two factors' answers with gaps at random."""
    rng = np.random.default_rng(seed)
    half = items // 2
    f = rng.multivariate_normal([0, 0], [[1, 0.4], [0.4, 1]], n)
    x = np.repeat(f, [half, items - half], axis=1) * 0.8 + rng.normal(size=(n, items)) * 0.6
    x[rng.random(x.shape) < missing] = np.nan
    names = [f"x{k + 1}" for k in range(items)]
    model = f"a =~ {' + '.join(names[:half])}\nb =~ {' + '.join(names[half:])}"
    return model, pd.DataFrame(x, columns=names)


@pytest.fixture(scope="module")
def fitted():
    """Two groups with gaps, and a place beside the solution."""
    model, data = answers(8, 240, 0.12)
    fit = fit_sem(model, data.assign(g=["a", "b"] * 120), missing="fiml", group="g", group_equal=["loadings"])
    beside = fit.theta + np.random.default_rng(0).normal(size=len(fit.theta)) * 0.02
    return fit, fit.family.objective.at(beside)


@pytest.mark.parametrize("large", [0, 6, gaps.LARGE], ids=["each", "some", "none"])
def test_all_patterns_at_once_are_the_sum_of_each(fitted, large, monkeypatch):
    monkeypatch.setattr(gaps, "LARGE", large)
    monkeypatch.setattr(gaps, "HELD", 500)  # so that blocks end within a batch
    point = fitted[0].family.objective.at(fitted[0].theta * 1.01)
    assert isinstance(point, IncompletePoint)
    each = LikelihoodPoint(point.objective, point.implied)
    for name in ("value", "gradient", "information", "hessian"):
        assert_allclose(getattr(point, name), getattr(each, name), rtol=0, atol=1e-12, err_msg=name)
    assert_allclose(
        point.along(point.implied.mean + 1, point.implied.cov),
        each.along(point.implied.mean + 1, point.implied.cov),
        rtol=1e-12,
    )


@pytest.mark.parametrize(("items", "at_once"), [(gaps.FEW, False), (gaps.FEW + 1, True)])
def test_patterns_of_few_items_are_taken_one_by_one_with_the_same_result(items, at_once, monkeypatch):
    model, data = answers(items, 120, 0.15)
    monkeypatch.setattr(discrepancy, "FEW", gaps.FEW if at_once else 0)
    monkeypatch.setattr(saturated, "FEW", gaps.FEW if at_once else 0)
    wanted = fit_sem(model, data, missing="fiml", estimator="MLR", std_lv=True)
    monkeypatch.undo()
    found = fit_sem(model, data, missing="fiml", estimator="MLR", std_lv=True)
    assert (found.point.gapped is not None) == at_once
    assert wanted.point.gapped is not None
    for column in ("est", "se"):
        assert_allclose(found.parameters[column], wanted.parameters[column], atol=1e-10)
    assert_allclose(found.measures, wanted.measures, atol=1e-8)


def test_scores_add_up_to_the_gradient_and_are_those_of_each_pattern(fitted):
    fit, point = fitted
    each = LikelihoodPoint(point.objective, point.implied)
    scores = casewise_scores(point, fit.sample)
    assert_allclose(scores, casewise_scores(each, fit.sample), atol=1e-10)
    assert_allclose(scores.sum(axis=0) / fit.n, -point.gradient, atol=1e-12)


@pytest.mark.parametrize("observed", [True, False])
def test_the_information_about_all_moments_is_that_of_each_pattern(fitted, observed, monkeypatch):
    point = saturated_point(fitted[0].sample, 0)
    each = LikelihoodPoint(point.objective, point.implied)
    wanted = each.hessian if observed else each.information
    for large in (0, 6, 200):
        monkeypatch.setattr(gaps, "LARGE", large)
        assert_allclose(saturated_curvature(point, observed=observed), wanted, atol=1e-11)


def test_roots_of_covariances_end_at_their_rank():
    rows = np.random.default_rng(2).normal(size=(3, 5, 6))
    rows[1, 2:] = 0
    rows[2] = 0
    cov = np.swapaxes(rows, 1, 2) @ rows
    of, roots = gaps.covariance_roots(cov)
    assert np.bincount(of, minlength=3).tolist() == [5, 2, 0]
    for k in range(3):
        assert_allclose(roots[of == k].T @ roots[of == k], cov[k], atol=1e-12)


def test_items_never_answered_together_leave_each_pattern_to_itself():
    """Σ of both halves is singular, while that of what anybody answered is not."""
    model, data = answers(8, 120, 0.0)
    data.loc[:59, "x1"] = np.nan
    data.loc[60:, "x2"] = np.nan
    fit = fit_sem(model, data, missing="fiml")
    cov = fit.implied.cov.copy()
    cov[0, 0, 1] = cov[0, 1, 0] = np.sqrt(cov[0, 0, 0] * cov[0, 1, 1])
    point = fit.family.objective.of_moments(replace(fit.point.implied, cov=cov))
    assert point.gapped is None
    assert np.isfinite(point.value)
    assert point.value == LikelihoodPoint(point.objective, point.implied).value


def test_em_moments_are_a_maximum_of_the_likelihood(fitted):
    sample = fitted[0].sample
    mean, cov = em_moments(sample.patterns, 2)
    for g in range(2):
        point = saturated_point(sample, g)
        assert_allclose(point.implied.cov[0], cov[g])
        assert_allclose(point.implied.mean[0], mean[g])
        assert np.abs(point.gradient).max() < 1e-7


def whole_information(fit):
    """The information about parameters and candidates as one matrix, and what indices use of it."""
    table, _ = diagnostics._extended(fit.partable)
    family = fit.family.of_model(table, compile_structure(table))
    values = np.array([row.value or 0.0 for row in table.rows if row.free >= fit.partable.n_free])
    point = family.objective.at(np.concatenate([fit.theta, values]))
    return family.expected(point), family.beside(point, fit.partable.n_free)


@pytest.mark.parametrize("options", [
    {"missing": "fiml", "group": "g", "group_equal": ["loadings", "intercepts"]},
    {"missing": "fiml"},
    {"group": "g", "group_equal": ["loadings"]},
    {"estimator": "ULS"},
    {"ordered": True},
], ids=["groups", "FIML", "ML", "ULS", "WLSMV"])  # fmt: skip
def test_what_indices_use_are_parts_of_the_whole_information(options, monkeypatch):
    monkeypatch.setattr(gaps, "LARGE", 6)
    model, data = answers(8, 240, 0.1)
    data = data.gt(0).where(data.notna()).astype(float) if "ordered" in options else data
    whole, beside = whole_information(fit_sem(model, data.assign(g=["a", "b"] * 120), **options))
    q = len(beside.known)
    assert_allclose(beside.known, whole[:q, :q], atol=1e-12)
    assert_allclose(beside.mixed, whole[:q, q:], atol=1e-12)
    assert_allclose(beside.own, np.diag(whole)[q:], atol=1e-12)


def test_indices_of_a_wide_model_need_little_memory():
    """No matrix of all candidates, of which there are 1830: that takes some hundred megabytes."""
    model, data = answers(60, 300, 0.0)
    fit = fit_sem(model, data)
    tracemalloc.start()
    found = fit.modification_indices()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == 1770 + 60
    assert peak < 40e6


def test_many_patterns_of_a_wide_model_need_little_memory():
    model, data = answers(60, 300, 0.02)
    fit = fit_sem(model, data, missing="fiml")
    assert len(fit.sample.patterns.n) > 150
    tracemalloc.start()
    fit.family.objective.at(fit.theta).hessian.sum()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6  # each pattern by itself: 300 MB

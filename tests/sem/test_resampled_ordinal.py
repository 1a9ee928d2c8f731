"""First stages of many draws at once against one first stage a draw."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from references import read_data

import bouwen
from bouwen.sem.ordinal.moments import ordinal_moments
from bouwen.sem.resample.ordered import weighted_ordinal_objective

MODEL = "A =~ A1 + A2 + A3 + A4 + A5\nC =~ C1 + C2 + C3 + C4 + C5"
DRAWS = 6


@pytest.fixture(scope="module")
def bfi():
    return read_data("bfi900").iloc[:250]


def with_gaps(frame, seed=3):
    gaps = np.random.default_rng(seed).random(frame.shape) < 0.1
    gaps[:, frame.columns.get_loc("gender")] = False
    return frame.mask(gaps)


def draws_of(fit, seed=1):
    rng = np.random.default_rng(seed)
    drawn = [
        rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=DRAWS) for rows in fit.sample.rows
    ]
    return np.concatenate(drawn, axis=1)


CASES = {
    "all ordered": {"ordered": True},
    "gaps": {"ordered": True, "missing": "pairwise"},
    "groups": {"ordered": True, "group": "gender"},
    "few categories": {"ordered": True},
    "mixed": {"ordered": ["A1", "A2", "A3", "A4", "A5", "C1"]},
    "covariate": {"ordered": True},
}


@pytest.mark.parametrize("case", CASES)
def test_each_draw_equals_its_own_first_stage(bfi, case):
    data = with_gaps(bfi) if case == "gaps" else bfi
    if case == "few categories":
        data = data.assign(A1=(data["A1"] > 2) + 1, C2=np.minimum(data["C2"], 3))
    model = MODEL
    if case == "covariate":
        model, data = MODEL + "\nA ~ woman", data.assign(woman=(data["gender"] == data["gender"].iloc[0]) * 1)
    fit = bouwen.fit_sem(model, data, **CASES[case])
    weights = draws_of(fit)
    found = weighted_ordinal_objective(fit.family, weights)
    compared, start = 0, 0
    for g, (rows, m) in enumerate(zip(fit.sample.rows, fit.family.moments, strict=True)):
        mine = weights[:, start : start + len(rows)]
        start += len(rows)
        place = [fit.structure.observed.index(name) for name in m.names]
        x = [fit.structure.observed.index(name) for name in m.covariates]
        for d in range(DRAWS):
            if np.isnan(found.statistics[d, g]).any():
                continue
            drawn = np.repeat(rows, mine[d], axis=0)
            separate = ordinal_moments(
                drawn[:, place],
                m.ordered,
                m.names,
                categories=m.categories,
                covariates=drawn[:, x] if x else None,
                covariate_names=m.covariates,
                missing="pairwise",
            )
            assert_allclose(found.statistics[d, g], separate.statistics, rtol=0, atol=1e-9)
            assert_allclose(found.weight[d, g] * np.diag(separate.gamma), 1, rtol=1e-8)
            compared += 1
    assert compared >= DRAWS // 2


def test_the_sample_itself_is_a_draw(bfi):
    fit = bouwen.fit_sem(MODEL, bfi, ordered=True)
    found = weighted_ordinal_objective(fit.family, np.ones((1, len(bfi))))
    assert_allclose(found.statistics[0], fit.family.objective.statistics, atol=1e-10)
    assert_allclose(found.weight[0], fit.family.objective.weight, rtol=1e-9)
    point, one = found.at(fit.theta[None]), fit.point
    assert_allclose(point.value[0], one.value, atol=1e-10)
    assert_allclose(point.gradient[0], one.gradient, atol=1e-9)


def test_a_draw_without_a_category_is_marked(bfi):
    fit = bouwen.fit_sem(MODEL, bfi, ordered=True)
    weights = np.ones((2, len(bfi)))
    weights[1, fit.sample.rows[0][:, 0] == 1] = 0
    found = weighted_ordinal_objective(fit.family, weights)
    assert np.isfinite(found.statistics[0]).all()
    assert np.isnan(found.statistics[1]).all()
    values = found.at(np.broadcast_to(fit.theta, (2, len(fit.theta)))).value
    assert np.isfinite(values[0])
    assert np.isinf(values[1])

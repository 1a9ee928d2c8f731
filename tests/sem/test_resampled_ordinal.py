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


@pytest.mark.parametrize("kind", ["nonparametric", "parametric"])
def test_draws_that_lose_a_rare_category_say_which_and_how_many(bfi, kind):
    fit = bouwen.fit_sem("A =~ A1 + A2 + A3", bfi.iloc[:60], ordered=True)
    boot = bouwen.bootstrap(fit, 40, kind=kind, seed=3)
    lost = boot.lost
    assert 0 < lost.draws == boot.counts["no sample"] < 40
    assert lost.table["draws"].is_monotonic_decreasing
    rarest = lost.table.iloc[0]
    assert f'{rarest["category"]:g} of "{rarest["item"]}" in {rarest["draws"]}' in boot.warnings[0]
    assert boot.warnings[0].startswith(f"{lost.draws} of 40 draws lack an answer category")
    others = 40 - boot.counts["converged"] - lost.draws  # told apart where they are many
    assert any(f"{others} of 40 draws gave no" in warning for warning in boot.warnings) == (others > 2)


def test_draws_of_a_group_lose_a_category_as_often_as_chance_has_it(bfi):
    """One respondent of n in a group: nobody draws that one with probability (1 − 1/n)ⁿ, about .366."""
    few = bfi[["A1", "A2", "A3", "gender"]].assign(A1=np.where(bfi["A1"] > 3, 2, 1))
    group = few["gender"].iloc[0]
    mine = np.flatnonzero((few["gender"] == group) & few["A1"].eq(2))[0]
    few.loc[few["gender"] == group, "A1"] = 1
    few.iloc[mine, few.columns.get_loc("A1")] = 2
    few[["A2", "A3"]] = np.where(few[["A2", "A3"]] > 3, 2, 1)
    boot = bouwen.bootstrap(
        bouwen.fit_sem("A =~ A1 + A2 + A3", few, ordered=True, group="gender"), 250, seed=1
    )
    found = boot.lost.table.iloc[0]
    assert (found["item"], found["category"], found["group"]) == ("A1", 2, str(group))
    assert found["draws"] / 250 == pytest.approx(0.366, abs=0.09)  # three standard errors

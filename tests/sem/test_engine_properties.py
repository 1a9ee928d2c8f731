"""What must hold whatever lavaan says: derivatives, invariances, equivalences, recovery."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from references import read_data

from bouwen.sem import Moments, NotIdentified, NotNested, difference_test, fit_sem
from bouwen.sem.model.implied import implied_moments
from bouwen.sem.normal.discrepancy import likelihood
from bouwen.sem.normal.quadratic import least_squares

HS = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"
PATHS = HS + "\ntextual ~ visual\nspeed ~ b*textual + b*visual + x1\nx2 ~~ x5\nvisual + speed ~ ageyr"


def holzinger() -> pd.DataFrame:
    return read_data("holzinger")


def incomplete() -> pd.DataFrame:
    return read_data("holzinger_missing")


def objectives():
    for group in (None, "school"):
        equal = ("loadings", "intercepts") if group else ()
        complete = fit_sem(PATHS, holzinger(), group=group, group_equal=equal, meanstructure=True)
        gaps = fit_sem(PATHS, incomplete(), group=group, group_equal=equal, missing="fiml")
        name = group or "one"
        st, sample = complete.structure, complete.sample
        yield f"ML-{name}", likelihood(st, sample), complete.theta
        yield f"GLS-{name}", least_squares(st, sample, weighted=True), complete.theta
        yield f"ULS-{name}", least_squares(st, sample, weighted=False), complete.theta
        yield f"FIML-{name}", gaps.family.objective, gaps.theta
    bfi = read_data("bfi900")
    model = "A =~ A1 + A2 + A3\nC =~ C1 + C2\nC ~ A"
    kinds = {
        "ordered": ["A1", "A2", "A3", "C1", "C2"],
        "group": "gender",
        "group_equal": ["thresholds", "loadings"],
    }
    ordered = fit_sem(model.replace("C1 + C2 + C3", "C1 + C2"), bfi, **{**kinds, "ordered": True})
    yield "DWLS", ordered.family.objective, ordered.theta
    covariate = fit_sem("A =~ A1 + A2 + C3\nA ~ E1 + E2", bfi, ordered=["A1", "A2"], group="gender")
    yield "DWLS-covariates", covariate.family.objective, covariate.theta
    chain = fit_sem("A1 ~ E1\nC1 ~ A1 + E1", bfi, ordered=["A1", "C1"])
    yield "DWLS-chain", chain.family.objective, chain.theta


@pytest.fixture(scope="module", name="objectives")
def _objectives():
    return list(objectives())


def test_gradient_and_hessian_equal_finite_differences(objectives):
    rng = np.random.default_rng(1)
    for name, objective, theta in objectives:
        theta = theta + rng.normal(size=len(theta)) * 0.02
        q, step = len(theta), 1e-5
        moved = objective.at(theta + step * np.vstack([np.eye(q), -np.eye(q)]))
        point = objective.at(theta)
        slope = (moved.value[:q] - moved.value[q:]) / (2 * step)
        np.testing.assert_allclose(
            point.gradient, slope, atol=1e-8 * max(1, np.abs(slope).max()), err_msg=name
        )
        if not name.startswith("DWLS"):
            curvature = (moved.gradient[:q] - moved.gradient[q:]) / (2 * step)
            scale = np.abs(curvature).max()
            np.testing.assert_allclose(point.hessian, curvature, atol=1e-8 * scale, err_msg=name)


def test_information_is_the_expected_hessian(objectives):
    """At a perfect fit the Hessian of every distance equals its information."""
    for name, objective, theta in objectives:
        if name.split("-")[0] in ("ML", "GLS", "ULS"):
            point = objective.at(theta)
            perfect = {"mean": point.implied.mean, "cov": point.implied.cov}
            if name.startswith("GLS"):
                perfect["V"] = np.linalg.inv(point.implied.cov)
            fitted = replace(objective, **perfect).at(theta)
            np.testing.assert_allclose(fitted.hessian, fitted.information, atol=1e-9, err_msg=name)


def test_weighted_information_is_jacobian_in_weights(objectives):
    for name, objective, theta in objectives:
        if name.startswith("DWLS"):
            q, step = len(theta), 1e-6
            moved = objective.at(theta + step * np.vstack([np.eye(q), -np.eye(q)])).model
            D = np.moveaxis((moved[:q] - moved[q:]) / (2 * step), 0, -1)
            expected = sum(
                s * d.T @ (w[:, None] * d)
                for s, w, d in zip(objective.share, objective.weight, D, strict=True)
            )
            np.testing.assert_allclose(
                objective.at(theta).information, expected, rtol=1e-5, atol=1e-6, err_msg=name
            )


def test_a_stack_is_its_members(objectives):
    rng = np.random.default_rng(2)
    for name, objective, theta in objectives:
        stack = theta + rng.normal(size=(2, 3, len(theta))) * 0.01
        together = objective.at(stack)
        for i in range(2):
            for j in range(3):
                alone = objective.at(stack[i, j])
                for part in ("value", "gradient", "information", "hessian"):
                    np.testing.assert_allclose(
                        getattr(together, part)[i, j], getattr(alone, part), atol=1e-10, err_msg=name
                    )


def test_fiml_on_complete_data_is_ml():
    ml, fiml = fit_sem(PATHS, holzinger(), meanstructure=True), fit_sem(PATHS, holzinger(), missing="fiml")
    np.testing.assert_allclose(fiml.theta, ml.theta, atol=1e-7)
    for name in ("chisq", "cfi", "rmsea", "logl", "bic", "srmr"):
        assert fiml.measures[name] == pytest.approx(ml.measures[name], abs=1e-6)


def test_order_of_items_and_respondents_does_not_matter():
    first = fit_sem(HS, holzinger(), estimator="MLR")
    shuffled = "speed =~ x7 + x9 + x8\nvisual =~ x1 + x3 + x2\ntextual =~ x4 + x6 + x5"
    second = fit_sem(shuffled, holzinger().sample(frac=1, random_state=3), estimator="MLR")
    a, b = (
        f.parameters.assign(
            pair=[str(sorted(x)) for x in zip(f.parameters.lhs, f.parameters.rhs, strict=True)]
        )
        .set_index(["op", "pair"])
        .sort_index()
        for f in (first, second)
    )
    np.testing.assert_allclose(a[["est", "se", "std_all"]], b[["est", "se", "std_all"]], atol=1e-7)
    for name in ("chisq", "chisq_scaled", "cfi_robust", "srmr", "bic"):
        assert first.measures[name] == pytest.approx(second.measures[name], abs=1e-7)


def test_order_of_groups_does_not_matter():
    h = holzinger()
    options = {"group": "school", "group_equal": ["loadings"], "estimator": "MLR", "std_lv": False}
    first, second = fit_sem(HS, h, **options), fit_sem(HS, h.iloc[::-1], **options)
    assert first.sample.groups == tuple(reversed(second.sample.groups))
    keys = ["lhs", "op", "rhs", "group"]
    a, b = (f.parameters.set_index(keys).sort_index() for f in (first, second))
    np.testing.assert_allclose(a[["est", "se", "std_all"]], b[["est", "se", "std_all"]], atol=1e-7)


@pytest.mark.parametrize("factor", [1e-2, 1e3])
def test_rescaling_items_leaves_fit_and_standardised_solution_alone(factor):
    h = holzinger()
    scaled = h.assign(x2=h.x2 * factor, x4=h.x4 * factor, x9=h.x9 / factor)
    first, second = fit_sem(HS, h), fit_sem(HS, scaled)
    assert second.measures["chisq"] == pytest.approx(first.measures["chisq"], abs=1e-6)
    np.testing.assert_allclose(second.parameters.std_all, first.parameters.std_all, atol=1e-6)
    np.testing.assert_allclose(second.standardized().se, first.standardized().se, atol=1e-6)


def test_rows_and_their_moments_give_the_same_fit():
    h = holzinger()
    items = [f"x{k}" for k in range(1, 10)]
    table = Moments(h[items].cov(), len(h), mean=h[items].mean().to_numpy())
    rows, moments = fit_sem(HS, h, meanstructure=True), fit_sem(HS, table, meanstructure=True)
    np.testing.assert_allclose(moments.parameters.est, rows.parameters.est, atol=1e-7)
    np.testing.assert_allclose(moments.parameters.se, rows.parameters.se, atol=1e-7)


def test_marker_and_unit_variance_say_the_same():
    marker, unit = fit_sem(HS, holzinger()), fit_sem(HS, holzinger(), std_lv=True)
    assert unit.measures["chisq"] == pytest.approx(marker.measures["chisq"], abs=1e-8)
    np.testing.assert_allclose(
        np.sort(unit.parameters.std_all), np.sort(marker.parameters.std_all), atol=1e-7
    )


def test_linear_constraint_equals_the_same_label():
    label = fit_sem("f =~ x1 + a*x2 + a*x3\ng =~ x4 + x5 + x6", holzinger())
    rule = fit_sem("f =~ x1 + a*x2 + b*x3\ng =~ x4 + x5 + x6\na == b", holzinger())
    np.testing.assert_allclose(rule.parameters.est, label.parameters.est, atol=1e-8)
    np.testing.assert_allclose(rule.parameters.se, label.parameters.se, atol=1e-8)
    assert rule.df == label.df


def test_nonlinear_and_inequality_constraints_hold():
    fit = fit_sem("f =~ x1 + a*x2 + b*x3\ng =~ x4 + c*x5 + x6\na*b == 0.5\nc < 1", holzinger())
    p = fit.parameters.set_index("label").est
    assert p["a"] * p["b"] == pytest.approx(0.5, abs=1e-8)
    assert p["c"] == pytest.approx(1, abs=1e-8)
    loose = fit_sem("f =~ x1 + a*x2 + x3\na > -5", holzinger())
    np.testing.assert_allclose(loose.theta, fit_sem("f =~ x1 + a*x2 + x3", holzinger()).theta, atol=1e-7)


def test_a_model_that_is_not_identified_is_named():
    with pytest.raises(NotIdentified) as caught:
        fit_sem("f =~ NA*x1 + x2 + x3 + x4", holzinger())
    assert "f ~~ f" in caught.value.parameters
    with pytest.raises(NotIdentified, match="moments"):
        fit_sem("f =~ x1 + x2", holzinger())


def test_models_that_are_not_nested_are_refused():
    first = fit_sem("f =~ x1 + x2 + x3 + x4\nx1 ~~ x2", holzinger())
    second = fit_sem("f =~ x1 + 1*x2 + x3 + x4\nx3 ~~ 0.1*x1", holzinger())
    with pytest.raises(NotNested):
        difference_test(first, second)


def test_fits_leave_their_input_alone():
    h = incomplete()
    before = h.copy()
    fit_sem(HS, h, missing="fiml", estimator="MLR").measures  # noqa: B018
    pd.testing.assert_frame_equal(h, before)


@pytest.mark.long
@pytest.mark.parametrize(("n", "kind"), [(200, "ML"), (500, "MLR"), (200, "WLSMV"), (500, "WLSMV")])
def test_known_parameters_are_recovered_with_correct_coverage(n, kind, record):
    """95 % intervals hold the truth in about 95 % of seeded samples."""
    rng = np.random.default_rng(20 + n)
    loadings = np.array([[0.8, 0], [0.7, 0], [0.6, 0], [0, 0.8], [0, 0.7], [0, 0.6]])
    cov = loadings @ np.array([[1, 0.4], [0.4, 1]]) @ loadings.T
    np.fill_diagonal(cov, 1.0)
    half = np.linalg.cholesky(cov)
    names = [f"y{k}" for k in range(6)]
    model = "f =~ y0 + y1 + y2\ng =~ y3 + y4 + y5"
    truth = {("f", "=~", "y0"): 0.8, ("f", "=~", "y1"): 0.7, ("g", "=~", "y5"): 0.6, ("f", "~~", "g"): 0.4}
    hits, estimates, reps = dict.fromkeys(truth, 0), {key: [] for key in truth}, 200
    for _ in range(reps):
        x = rng.normal(size=(n, 6)) @ half.T
        if kind == "WLSMV":
            x = np.digitize(x, [-1.0, 0.0, 1.0]).astype(float)
        data = pd.DataFrame(x, columns=names)
        fit = fit_sem(model, data, estimator=kind, std_lv=True, ordered=kind == "WLSMV")
        table = fit.parameters.set_index(["lhs", "op", "rhs"])
        for key, value in truth.items():
            row = table.loc[key]
            hits[key] += bool(row.ci_lower <= value <= row.ci_upper)
            estimates[key].append(row.est)
    found = {" ".join(key): (np.mean(estimates[key]), hits[key] / reps) for key in truth}
    record(f"coverage-{kind}-{n}", pd.DataFrame(found, index=["mean", "coverage"]).T)
    for key, value in truth.items():
        assert np.mean(estimates[key]) == pytest.approx(value, abs=0.02)
        assert 0.90 <= hits[key] / reps <= 0.99


def test_implied_moments_of_a_model_worked_by_hand():
    """y = 2 x + e, z = 3 y: variances and means follow."""
    fit = fit_sem(
        "y ~ 2*x + 1*1\ny ~~ 0.5*y\nz ~ 3*y + 0*1\nz ~~ 1*z\nx ~~ x\nx ~ 1",
        Moments(
            [[1.0], [2.0, 4.5], [6.0, 13.5, 41.5]],
            100,
            mean=[1.0, 3.0, 9.0],
            names=["x", "y", "z"],
            divisor="n",
        ),
    )
    moments = implied_moments(fit.structure, np.array([1.0, 1.0]))
    order = [fit.structure.observed.index(n) for n in "xyz"]
    np.testing.assert_allclose(
        moments.cov[0][np.ix_(order, order)], [[1, 2, 6], [2, 4.5, 13.5], [6, 13.5, 41.5]], atol=1e-12
    )
    np.testing.assert_allclose(moments.mean[0][order], [1, 3, 9], atol=1e-12)
    assert fit.measures["chisq"] == pytest.approx(0, abs=1e-8)

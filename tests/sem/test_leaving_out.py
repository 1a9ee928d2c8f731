"""Errors from leaving out each cluster: against refits one by one, regression in closed form, and by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.sem import Moments, NoJackknife, NoRows, UnsupportedModel, fit_sam, fit_sem, jackknife, load_fit
from bouwen.sem.resample.bootstrapping import bootstrap

MODEL = "f =~ x1 + x2 + x3\ng =~ y1 + y2 + y3\ng ~ b*f\ntwice := 2*b"
ITEMS = ["x1", "x2", "x3", "y1", "y2", "y3"]
TEAMS = 12


def nested(*, gaps: bool = False, seed: int = 1) -> pd.DataFrame:
    """Answers of twelve teams of three to fourteen."""
    rng = np.random.default_rng(seed)
    team = np.repeat(np.arange(TEAMS), np.arange(3, 3 + TEAMS))
    f = rng.normal(size=len(team)) + 0.5 * rng.normal(size=TEAMS)[team]
    g = 0.6 * f + rng.normal(size=len(team)) + 0.4 * rng.normal(size=TEAMS)[team]
    x = np.column_stack([f, f, f, g, g, g]) + 0.8 * rng.normal(size=(len(team), 6))
    frame = pd.DataFrame(x, columns=ITEMS)
    if gaps:
        frame = frame.mask(rng.random(frame.shape) < 0.1)
    frame = frame.assign(team=team, w=rng.uniform(0.5, 2, len(team)), sex=np.where(team % 2, "a", "b"))
    return frame.sort_values("sex", kind="stable", ignore_index=True)


def by_hand(fit: Any, data: pd.DataFrame, strata: str | None = None) -> np.ndarray:
    """√ Σ_g (J_g − 1)/J_g Σ (θ₋c − θ)², of every parameter, each refit from scratch."""
    everybody, total = fit(data)["est"].to_numpy(), 0.0
    for _, group in data.groupby(strata) if strata else [("", data)]:
        teams = group["team"].unique()
        away = [fit(data[data["team"] != team])["est"].to_numpy() - everybody for team in teams]
        total = total + (len(teams) - 1) / len(teams) * np.square(away).sum(axis=0)
    return np.sqrt(total)


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("more", [{}, {"sampling_weights": "w"}, {"group": "sex"}], ids=str)
def test_errors_are_those_of_refits_one_by_one(gaps: bool, more: dict[str, str]) -> None:
    data = nested(gaps=gaps)
    options: dict[str, Any] = {"missing": "fiml" if gaps else "listwise", "cluster": "team", **more}
    model = MODEL if "group" not in more else MODEL.replace("b*f\ntwice := 2*b", "f")
    for kind, given in (
        (fit_sem, {"estimator": "MLR", "meanstructure": True}),
        (fit_sam, {"bounds": "none"}),
    ):

        def fitted(rows: pd.DataFrame, kind: Any = kind, given: Any = given) -> Any:
            return kind(model, rows, **options, **given)

        plain = fitted(data)
        found = jackknife(plain)
        free = (plain.parameters["se"] > 0).to_numpy()
        expected = by_hand(lambda rows: fitted(rows).parameters, data, more.get("group"))
        assert_allclose(found.parameters["se"][free], expected[free], rtol=2e-3)
        assert_allclose(found.parameters["est"], plain.parameters["est"], rtol=0)
        assert found.degrees == TEAMS - (2 if "group" in more else 1)
        assert np.isinf(plain.degrees)


def test_a_regression_has_the_errors_of_its_closed_form() -> None:
    """β₋c = (XᵀX − X_cᵀX_c)⁻¹ (Xᵀy − X_cᵀy_c) of least squares (MacKinnon, Nielsen & Webb, 2023, eq. 10)."""
    data = nested()
    X = np.column_stack([np.ones(len(data)), data["x1"], data["x2"]])
    y, team = data["y1"].to_numpy(), data["team"].to_numpy()
    beta = np.linalg.solve(X.T @ X, X.T @ y)
    V = np.zeros((3, 3))
    for c in range(TEAMS):
        own = team == c
        left = np.linalg.solve(X.T @ X - X[own].T @ X[own], X.T @ y - X[own].T @ y[own]) - beta
        V += (TEAMS - 1) / TEAMS * np.outer(left, left)
    fit = fit_sem("y1 ~ x1 + x2", data, estimator="MLR", cluster="team", meanstructure=True)
    rows = jackknife(fit).parameters.set_index(["op", "rhs"])
    found = [rows.loc[("~1", ""), "se"].iloc[0], rows.loc[("~", "x1"), "se"], rows.loc[("~", "x2"), "se"]]
    assert_allclose(np.array(found, dtype=float), np.sqrt(np.diag(V)), rtol=1e-5)


def test_limits_and_tests_are_students() -> None:
    fit = jackknife(fit_sem(MODEL, nested(), estimator="MLR", cluster="team"))
    sam = jackknife(fit_sam(MODEL, nested(gaps=True), cluster="team"))
    for level in (0.95, 0.8):
        t = stats.t(TEAMS - 1).ppf((1 + level) / 2)
        for table, est in (
            (fit.table(level), "est"),
            (fit.standardized(confidence=level), "est_std"),
            (sam.table(level), "est"),
            (sam.standardized(level), "est_std"),
            (sam.latent_correlations(level), "est"),
            (bouwen.indirect_effects(jackknife(fit_sem(MEDIATED, nested(), estimator="MLR", cluster="team")),
                                     confidence=level), "est"),
        ):  # fmt: skip
            free = table["se"] > 0
            half = (table["ci_upper"] - table["ci_lower"])[free] / 2
            assert_allclose(half, t * table["se"][free])
            ratio = (table[est] / table["se"])[free]
            assert_allclose(table["pvalue"][free], 2 * stats.t(TEAMS - 1).sf(ratio.abs()))
    assert_allclose(fit.parameters["ci_upper"], fit.table(0.95)["ci_upper"])


MEDIATED = "y1 ~ x1\ny2 ~ y1 + x1"


def test_the_errors_of_what_follows_are_those_of_the_parameters() -> None:
    """Definitions and standardised parameters by the delta method; moments of factors by their own refits."""
    plain = fit_sam(MODEL, nested(gaps=True), cluster="team")
    found = jackknife(plain)
    rows = found.parameters.set_index(["lhs", "op"])
    assert rows.loc[("twice", ":="), "se"].item() == pytest.approx(2 * rows.loc[("g", "~"), "se"].item())
    (own,) = found.latent_correlations()["se"]
    standardised = found.standardized().query("op == '~'")["se"].item()
    assert own == pytest.approx(standardised, rel=0.02)  # of one predictor they are one figure
    assert own > 1.05 * plain.latent_correlations()["se"].item()
    drawn = bootstrap(found, 20, seed=1, n_jobs=1)  # draws know nothing of errors
    assert_allclose(drawn.values(), bootstrap(plain, 20, seed=1, n_jobs=1).values())


def test_respondents_are_left_out_where_nobody_is_nested() -> None:
    """Of a mean the jackknife is s/√n, with Student's limits (Efron & Stein, 1981)."""
    data = nested()[["x1", "x2"]]
    fit = jackknife(fit_sem("x1 ~~ x2", data, estimator="MLR", meanstructure=True))
    rows = fit.table().query("op == '~1'").set_index("lhs")
    for name in data:
        ends = stats.t.interval(0.95, len(data) - 1, data[name].mean(), stats.sem(data[name]))
        assert_allclose(rows.loc[name, ["ci_lower", "ci_upper"]].astype(float), ends, rtol=1e-6)


def test_a_saved_fit_keeps_them(tmp_path: Any) -> None:
    fit = jackknife(fit_sem(MODEL, nested(), estimator="MLR", cluster="team"))
    fit.save(tmp_path / "a.fit")
    found = load_fit(tmp_path / "a.fit")
    pd.testing.assert_frame_equal(found.table(), fit.table(), rtol=1e-12)
    found.save(tmp_path / "b.fit")
    assert (tmp_path / "a.fit").read_bytes() == (tmp_path / "b.fit").read_bytes()


def test_what_cannot_be_refitted_is_refused() -> None:
    data = nested()
    S = Moments(data[ITEMS].cov(), n=len(data))
    for fit in (fit_sem(MODEL, S), fit_sam(MODEL, S, estimator="ML")):
        with pytest.raises(NoRows, match="need the respondents' rows"):
            jackknife(fit)
    with pytest.raises(UnsupportedModel, match="not a dict"):
        jackknife({})  # type: ignore[type-var]
    one = data.assign(x2=data["x1"] + (data["team"] == 0) * np.arange(len(data)))
    with pytest.raises(NoJackknife, match=r"without each of 12 respondents or clusters, and 1 of") as refusal:
        jackknife(fit_sem("x1 ~~ x2 + x3\nx2 ~~ x3", one, estimator="MLR", cluster="team"))
    assert (refusal.value.failed, refusal.value.units) == (1, TEAMS)

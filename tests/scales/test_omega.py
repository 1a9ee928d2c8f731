import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_data, read_values

from bouwen.scales import ave, factor_correlations, fornell_larcker, omega
from bouwen.scales.composite import NotOneScale, answer_covariances
from bouwen.scales.implied import NoFactors
from bouwen.sem.ordinal.bivariate import bivariate_normal_cdf

FITS = read_values("semtools/fits")


def fitted(case):
    return SimpleNamespace(parameters=pd.DataFrame(FITS[case]["parameters"]))


def expected(case, what):
    """semTools' figures as a series by factor, or by group and factor."""
    ref = FITS[case][what]
    if isinstance(ref, dict):
        return pd.Series(ref, dtype=float)
    return pd.DataFrame(ref).set_index("group").stack()


def answers(case):
    if case == "ordinal":
        b = read_data("bfi900").iloc[:, :15]
        turned = ["A1", "C4", "C5", "E1", "E2"]
        b[turned] = 7 - b[turned]
        return b
    h = read_data("holzinger")
    return dict(list(h.groupby("school"))) if case == "groups" else h


def by_factor(table, column):
    return table.set_index("factor" if table["group"].nunique() == 1 else ["group", "factor"])[column]


@pytest.mark.parametrize("case", FITS)
def test_omega_matches_semtools(case):
    ours = omega(fitted(case), answers(case))
    for column, what in (("omega", "implied"), ("omega_observed", "observed")):
        if (case, column) == ("ordinal", "omega"):
            continue  # semTools takes the sample's thresholds there; ours are the model's, equal below
        theirs = expected(case, what)
        assert_allclose(by_factor(ours, column).loc[theirs.index], theirs, rtol=0, atol=2e-6)


def test_ordinal_omega_matches_semtools(reference):
    ours = by_factor(omega(fitted("ordinal"), answers("ordinal")), "omega_observed")
    theirs = reference["compRelSEM_bfi_ordinal"]["values"]
    assert_allclose(ours.loc[list(theirs)], list(theirs.values()), rtol=0, atol=1e-5)
    implied = by_factor(omega(fitted("ordinal")), "omega")
    assert_allclose(implied.loc[list(theirs)], expected("ordinal", "implied"), rtol=0, atol=1e-5)


def test_three_factors_match_every_reliability_of_semtools(reference):
    ref = reference["reliability_hs"]["values"]
    ours = omega(fitted("simple"), answers("simple")).set_index("factor")
    for column, row in (
        ("omega", "omega2"),
        ("omega_total", "omega"),
        ("omega_observed", "omega3"),
        ("ave", "avevar"),
    ):
        assert_allclose(ours.loc[list(ref[row]), column], list(ref[row].values()), rtol=0, atol=1e-6)
    assert_allclose(ours["omega_observed"], pd.Series(reference["compRelSEM_hs"]), rtol=0, atol=1e-6)
    assert_allclose(ave(fitted("simple")), pd.Series(reference["AVE_hs"]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("case", [case for case in FITS if FITS[case]["ave"]])
def test_ave_matches_semtools(case):
    theirs = expected(case, "ave")
    if len(theirs.dropna()) == 0:
        assert ave(fitted(case)).isna().all()
    else:
        assert_allclose(ave(fitted(case)).loc[theirs.index], theirs, rtol=0, atol=1e-6)


def test_general_factor_is_hierarchical_and_total_is_larger():
    for case in ("bifactor", "higher"):
        table = omega(fitted(case)).set_index("factor")
        assert table.loc["g", "n_items"] == 9
        assert table.loc["g", "omega_total"] > table.loc["g", "omega"] + 0.2


def test_parallel_items_give_spearman_brown():
    """Loadings √r and errors 1 − r: omega = p r / (1 + (p − 1) r)."""
    rows = [("f", "=~", f"y{i}", "", np.sqrt(0.4)) for i in range(4)]
    rows += [("f", "~~", "f", "", 1.0)] + [(f"y{i}", "~~", f"y{i}", "", 0.6) for i in range(4)]
    fit = SimpleNamespace(parameters=pd.DataFrame(rows, columns=["lhs", "op", "rhs", "group", "est"]))
    table = omega(fit)
    assert_allclose(table["omega"], 4 * 0.4 / (1 + 3 * 0.4))
    assert_allclose(table["omega_total"], table["omega"])
    assert np.isnan(table["omega_observed"]).all()
    assert_allclose(ave(fit)["f"], 0.4)
    many = np.linspace(-4, 4, 161)  # so many answers that they are as good as continuous
    steps = pd.DataFrame([(f"y{i}", "|", f"t{k}", "", t) for i in range(4) for k, t in enumerate(many)])
    steps.columns = fit.parameters.columns
    fine = SimpleNamespace(parameters=pd.concat([fit.parameters, steps]))
    assert_allclose(omega(fine)["omega"], table["omega"], atol=1e-3)


def test_omega_takes_the_covariances_or_answers_that_a_fit_carries(holzinger):
    fit = fitted("simple")
    fit.sample = SimpleNamespace(
        names=tuple(holzinger), group_values=("",), cov=holzinger.cov(ddof=0).to_numpy()[None]
    )
    with_items = omega(fitted("simple"), holzinger)["omega_observed"]
    assert_allclose(omega(fit)["omega_observed"], with_items)
    fit, rows = fitted("ordinal"), answers("ordinal")
    fit.sample = SimpleNamespace(names=tuple(rows), group_values=("",), rows=(rows.to_numpy(),))
    assert_allclose(omega(fit)["omega_observed"], omega(fit, rows)["omega_observed"])


def test_answer_covariances_are_those_of_simulated_answers():
    rng = np.random.default_rng(1)
    z = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 400_000)
    limits = [np.array([-1.0, 0.2, 1.0]), np.array([-0.5, 0.5])]
    drawn = np.stack([np.digitize(z[:, i], limits[i]) for i in (0, 1)])
    assert_allclose(answer_covariances(limits, np.array([[1, 0.5], [0.5, 1]])), np.cov(drawn), atol=0.006)


def test_bivariate_normal_at_its_limits():
    zero, h, k = np.zeros(4), np.full(2, 0.7), np.full(2, -0.2)
    assert_allclose(
        bivariate_normal_cdf(zero, zero, np.array([0, 0.5, 1, -1])), [0.25, 1 / 3, 0.5, 0], atol=1e-12
    )
    at = bivariate_normal_cdf(h, k, np.array([0.0, 1.0]))
    assert_allclose(at, [0.7580363478 * 0.4207402906, 0.4207402906], atol=1e-9)


def test_fornell_larcker_from_a_fit():
    phi = factor_correlations(fitted("simple"))[""]
    assert_allclose(phi.loc["visual", "textual"], 0.458509, atol=1e-5)
    assert fornell_larcker(phi, ave(fitted("simple")))["holds"].all()


@pytest.mark.parametrize("case", ["simple", "groups", "ordinal"])
def test_draws_give_an_interval_and_failed_ones_are_left_out(case):
    fit = fitted(case)
    rng = np.random.default_rng(1)
    est = fit.parameters["est"].to_numpy()
    draws = est + 0.02 * rng.standard_normal((200, len(est)))
    draws[3, 0] = np.nan
    table = omega(fit, draws=draws)
    assert table["omega"].between(table["ci_lower"], table["ci_upper"]).all()
    assert (table["ci_upper"] - table["ci_lower"] > 0.005).all()
    one = omega(SimpleNamespace(parameters=fit.parameters.assign(est=draws[0])))
    same = omega(fit, draws=draws[:1])
    assert_allclose(same["ci_lower"], one["omega"])


def test_thousand_draws_of_thirteen_factors_take_seconds():
    names = [(f"f{i}", f"y{i}{j}") for i in range(13) for j in range(4)]
    rows = [(f, "=~", y, "", 0.8) for f, y in names] + [(y, "~~", y, "", 0.4) for _, y in names]
    rows += [(f"f{i}", "~~", f"f{j}", "", 1.0 if i == j else 0.5) for i in range(13) for j in range(i + 1)]
    fit = SimpleNamespace(parameters=pd.DataFrame(rows, columns=["lhs", "op", "rhs", "group", "est"]))
    draws = fit.parameters["est"].to_numpy() + 0.01 * np.random.default_rng(1).standard_normal(
        (1000, len(rows))
    )
    start = time.perf_counter()
    assert len(omega(fit, draws=draws)) == 13
    assert time.perf_counter() - start < 5


def test_wrong_use_is_refused():
    path = pd.DataFrame([("y", "~", "x", "", 0.5)], columns=["lhs", "op", "rhs", "group", "est"])
    with pytest.raises(NoFactors):
        omega(SimpleNamespace(parameters=path))
    mixed = fitted("ordinal").parameters
    mixed = mixed[~((mixed["op"] == "|") & (mixed["lhs"] == "A1"))]
    with pytest.raises(NotOneScale) as error:
        omega(SimpleNamespace(parameters=mixed))
    assert error.value.factor == "A"

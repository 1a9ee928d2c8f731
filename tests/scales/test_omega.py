import time
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_data, read_values

from bouwen.scales import ave, factor_correlations, fornell_larcker, omega
from bouwen.scales.composite import NotOneScale, answer_covariances, ordinal_shares
from bouwen.scales.group_models import NoFactors, models_of
from bouwen.sem import Moments, fit_sem
from bouwen.sem.ordinal.bivariate import bivariate_normal_cdf

FITS = read_values("semtools/fits")


def text_of(rows, ordered=()):
    """A model text in which every parameter has its value; the residuals of ordered items follow from it."""
    lines = []
    for (lhs, op, rhs), own in rows.groupby(["lhs", "op", "rhs"], sort=False):
        if lhs in ordered and (op == "~1" or (op == "~~" and lhs == rhs)):
            continue
        values = ", ".join(map(str, own["est"]))
        values = f"c({values})" if len(own) > 1 else values
        lines.append(f"{lhs} {op} {values}*{rhs}" if rhs else f"{lhs} ~ {values}*1")
    return "\n".join(lines)


@cache
def fitted(case):
    """A fit at lavaan's estimates: a model without anything to estimate."""
    rows = pd.DataFrame(FITS[case]["parameters"]).astype({"est": float})
    ordered = tuple(rows.loc[rows["op"] == "|", "lhs"].unique())
    data = read_data("holzinger") if case == "groups" else answers(case)
    return fit_sem(
        text_of(rows, ordered), data, ordered=ordered, group="school" if case == "groups" else None
    )


def with_values(rows):
    """A fit of a model with these values, to a sample of which nothing is asked."""
    names = sorted({name for name in rows["rhs"] if name.startswith("y")})
    return fit_sem(text_of(rows), Moments(np.eye(len(names)), n=500, names=names, divisor="n"))


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
    fit = with_values(pd.DataFrame(rows, columns=["lhs", "op", "rhs", "group", "est"]))
    table = omega(fit)
    assert_allclose(table["omega"], 4 * 0.4 / (1 + 3 * 0.4))
    assert_allclose(table["omega_total"], table["omega"])
    assert_allclose(table["omega_observed"], 16 * 0.4 / 4)  # of a sample without correlations
    assert_allclose(ave(fit)["f"], 0.4)
    many = np.linspace(-4, 4, 161)  # so many answers that they are as good as continuous
    model = next(models_of(fit))
    fine = replace(model, thresholds=dict.fromkeys(model.items_of("f"), many))
    assert_allclose(ordinal_shares(fine, "f")[0], table["omega"], atol=1e-3)


def test_omega_takes_the_covariances_or_answers_that_a_fit_carries():
    for case in ("simple", "groups", "ordinal"):
        with_items = omega(fitted(case), answers(case))["omega_observed"]
        assert_allclose(omega(fitted(case))["omega_observed"], with_items)


def test_incomplete_answers_have_no_observed_covariances():
    rows = pd.DataFrame(FITS["simple"]["parameters"]).astype({"est": float})
    fit = fit_sem(
        text_of(rows),
        answers("simple")[[f"x{k}" for k in range(1, 10)]].mask(lambda x: x > 8),
        missing="fiml",
    )
    table = omega(fit)
    assert table["omega_observed"].isna().all()
    assert_allclose(table["omega"], omega(fitted("simple"))["omega"])


def test_answer_covariances_are_those_of_simulated_answers():
    rng = np.random.default_rng(1)
    z = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 400_000, method="cholesky")
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
    same = omega(fit, draws=est[None])
    assert_allclose(same[["ci_lower", "ci_upper"]].T, same[["omega", "omega"]].T)


@pytest.mark.long
def test_thousand_draws_of_thirteen_factors_take_seconds():
    names = [(f"f{i}", f"y{i}{j}") for i in range(13) for j in range(4)]
    rows = [(f, "=~", y, "", 0.8) for f, y in names] + [(y, "~~", y, "", 0.4) for _, y in names]
    rows += [(f"f{i}", "~~", f"f{j}", "", 1.0 if i == j else 0.5) for i in range(13) for j in range(i + 1)]
    fit = with_values(pd.DataFrame(rows, columns=["lhs", "op", "rhs", "group", "est"]))
    draws = fit.parameters["est"].to_numpy() + 0.01 * np.random.default_rng(1).standard_normal(
        (1000, len(fit.parameters))
    )
    start = time.perf_counter()
    assert len(omega(fit, draws=draws)) == 13
    assert time.perf_counter() - start < 5


def test_wrong_use_is_refused():
    with pytest.raises(NoFactors):
        omega(fit_sem("x1 ~ 0.5*x2", read_data("holzinger")))
    rows = pd.DataFrame(FITS["ordinal"]["parameters"]).astype({"est": float})
    rows = rows[~((rows["op"] == "|") & (rows["lhs"] == "A1"))]
    ordered = tuple(rows.loc[rows["op"] == "|", "lhs"].unique())
    with pytest.raises(NotOneScale) as error:
        omega(fit_sem(text_of(rows, ordered), answers("ordinal"), ordered=ordered))
    assert error.value.factor == "A"


def test_ave_of_ordered_items_weighs_them_by_their_variances_where_thresholds_are_equal():
    """Scales of latent responses differ in the second group, and with them the weights of the items."""
    items = [f"u{k}" for k in range(1, 9)]
    fit = fit_sem(
        "FU1 =~ u1 + u2 + u3 + u4\nFU2 =~ u5 + u6 + u7 + u8",
        read_data("categories"),
        ordered=items,
        group="g",
        std_lv=True,
        group_equal=["thresholds", "loadings", "intercepts"],
    )
    assert round(ave(fit)["female", "FU2"], 4) == 0.5481
    assert round(ave(fit, standardised=True)["female", "FU2"], 4) == 0.5454
    for standardised in (False, True):
        assert round(ave(fit, standardised=standardised)["male", "FU2"], 4) == 0.5905

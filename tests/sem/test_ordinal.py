"""Thresholds, latent correlations and their sampling covariance."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import REFERENCE, read_data, read_values
from scipy.special import ndtr, ndtri
from scipy.stats import multivariate_normal

from bouwen.checks import ConstantItem
from bouwen.scales import polychoric
from bouwen.sem import fit_sem
from bouwen.sem.model.options import UnsupportedModel
from bouwen.sem.ordinal.bivariate import (
    FAR,
    bivariate_normal_cdf,
    cell_probabilities,
    cell_slopes,
    cell_strips,
)
from bouwen.sem.ordinal.margins import EmptyCategory
from bouwen.sem.ordinal.moments import NothingInCommon, OrdinalMoments, ordinal_moments

FIRST_STAGE = sorted((REFERENCE / "lavaan" / "first_stage").glob("*.json"))


def survey(*names: str) -> pd.DataFrame:
    return read_data("survey")[list(names)]


def moments_of(frame: pd.DataFrame, ordered: list[str], **options: object) -> OrdinalMoments:
    return ordinal_moments(frame, [name in ordered for name in frame], list(frame), **options)


# ---- against lavaan and psych -----------------------------------------------------------------


@pytest.mark.parametrize("path", FIRST_STAGE, ids=lambda path: path.stem)
def test_statistics_and_gamma_match_lavaan(path: Path) -> None:
    case = json.loads(path.read_text())
    data, options = read_data(case["data"].removesuffix(".csv")), case["options"] or {}
    covariates = case["covariates"]
    for g, expected in enumerate(case["groups"]):
        rows = data
        if "group" in options:
            rows = data[data[options["group"]] == case["group_labels"][g]]
        found = moments_of(
            rows[case["variables"]],
            case["ordered"],
            missing=options.get("missing", "listwise"),
            covariates=rows[covariates] if covariates else None,
            covariate_names=covariates,
        )
        assert found.n == case["nobs"][g]
        assert [lhs + op + rhs for lhs, op, rhs in found.labels] == expected["names"]
        sign = np.array(
            [-1.0 if op == "~1" else 1.0 for _, op, _ in found.labels]
        )  # lavaan keeps minus the mean
        assert_allclose(sign * found.statistics, expected["statistics"], rtol=0, atol=1e-6)
        assert_allclose(sign[:, None] * found.gamma * sign, expected["gamma"], rtol=1e-6, atol=1e-6)


def test_correlations_match_psych() -> None:
    case = read_values("psych/polychoric")
    found = polychoric(read_data(case["data"].removesuffix(".csv"))[case["variables"]], missing="listwise").R
    assert_allclose(found, case["rho"], rtol=0, atol=1e-4)  # psych stops its search at 1e-4


# ---- the normal distribution ------------------------------------------------------------------


@pytest.mark.parametrize("rho", [-0.999, -0.95, -0.6, -0.2, 0.0, 0.3, 0.5, 0.71, 0.9, 0.93, 0.9999])
def test_bivariate_cdf_agrees_with_numerical_integration(rho: float) -> None:
    from scipy.integrate import quad

    for h, k in [(-1.3, 0.4), (0.0, 0.0), (0.0, -0.7), (2.1, 1.9), (-2.0, 2.5), (-3.0, -2.0)]:
        root = np.sqrt(1 - rho * rho)
        jump = [k / rho] if rho and -9 < k / rho < h else None
        direct, _ = quad(
            lambda x, k=k, root=root: np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * ndtr((k - rho * x) / root),
            -9,
            h,
            epsabs=1e-14,
            epsrel=1e-13,
            limit=400,
            points=jump,
        )
        found = bivariate_normal_cdf(np.array(h), np.array(k), np.array(rho))
        assert found == pytest.approx(direct, abs=1e-12)


def test_bivariate_cdf_at_the_median_and_at_the_edges() -> None:
    rho = np.linspace(-1, 1, 41)
    zero = np.zeros(41)
    assert_allclose(bivariate_normal_cdf(zero, zero, rho), 0.25 + np.arcsin(rho) / (2 * np.pi), atol=1e-14)
    h, k = np.array([-1.0, 0.5, 2.0]), np.array([0.3, 0.5, -1.0])
    one, none = np.ones(3), np.zeros(3)
    assert_allclose(bivariate_normal_cdf(h, k, one), ndtr(np.minimum(h, k)), atol=1e-14)
    assert_allclose(bivariate_normal_cdf(h, k, -one), np.maximum(ndtr(h) + ndtr(k) - 1, 0), atol=1e-14)
    assert_allclose(bivariate_normal_cdf(h, k, none), ndtr(h) * ndtr(k), atol=1e-15)
    assert_allclose(bivariate_normal_cdf(h, np.full(3, FAR), 0.6 * one), ndtr(h), atol=1e-15)


def test_derivatives_of_cells_equal_finite_differences() -> None:
    rows, columns = np.array([-FAR, -0.8, 0.1, 1.2, FAR]), np.array([-FAR, -0.3, 0.9, FAR])
    rho, step = np.array(0.45), 1e-5
    up, here, down = (cell_probabilities(rows, columns, rho + d) for d in (step, 0, -step))
    first, second = cell_slopes(rows, columns, rho)
    assert_allclose(first, (up - down) / (2 * step), atol=1e-9)
    assert_allclose(second, (up - 2 * here + down) / step**2, atol=1e-5)
    assert here.sum() == pytest.approx(1, abs=1e-14)
    strips = cell_strips(rows, columns, rho)
    for t in (1, 2, 3):
        moved = rows.copy()
        moved[t] += step
        change = (cell_probabilities(moved, columns, rho) - here) / step
        assert_allclose(change[t - 1], strips[t], atol=1e-5)
        assert_allclose(change[t], -strips[t], atol=1e-5)


# ---- cases worked by hand -----------------------------------------------------------------------


def cases_of(table: list[list[int]]) -> pd.DataFrame:
    rows = [
        (a + 1, b + 1) for a, row in enumerate(table) for b, count in enumerate(row) for _ in range(count)
    ]
    return pd.DataFrame(rows, columns=["a", "b"])


def test_tetrachoric_with_both_items_cut_at_the_median() -> None:
    # P(both low) = 1/4 + asin(ρ)/2π, so 40, 10, 10, 40 gives ρ = sin(2π(0.4 − 0.25)).
    found = polychoric(cases_of([[40, 10], [10, 40]])).R.loc["a", "b"]
    assert found == pytest.approx(np.sin(2 * np.pi * 0.15), abs=1e-12)


def test_tetrachoric_reproduces_its_table() -> None:
    table = np.array([[31, 12], [9, 48]])
    moments = moments_of(cases_of(table.tolist()), ["a", "b"])
    (a,), (b,) = moments.thresholds
    assert a == pytest.approx(ndtri(0.43))
    both_low = bivariate_normal_cdf(np.array(a), np.array(b), moments.cov[0, 1])
    assert both_low == pytest.approx(0.31, abs=1e-12)


def test_independent_items_have_no_correlation() -> None:
    assert polychoric(cases_of([[8, 16, 8], [4, 8, 4]])).R.loc["a", "b"] == pytest.approx(0, abs=1e-10)


def test_perfect_agreement_goes_to_the_edge_and_is_reported() -> None:
    moments = moments_of(cases_of([[30, 0, 0], [0, 40, 0], [0, 0, 30]]), ["a", "b"])
    assert moments.cov[0, 1] > 0.999
    assert any("perfect" in warning for warning in moments.warnings)
    assert np.isfinite(moments.gamma).all()


def test_one_empty_cell_of_a_two_by_two_table_gets_a_half() -> None:
    moments = moments_of(cases_of([[40, 0], [10, 50]]), ["a", "b"])
    assert moments.cov[0, 1] == pytest.approx(0.976910578760647, abs=1e-7)  # lavaan 0.6-14
    assert moments.gamma[2, 2] == pytest.approx(0.0602900211674, rel=1e-6)
    assert moments.warnings == ("1 of 1 cross tables have empty cells: a × b",)
    turned = moments_of(cases_of([[0, 40], [50, 10]]), ["a", "b"])
    assert turned.cov[0, 1] == pytest.approx(-moments.cov[0, 1], abs=1e-10)


def test_larger_tables_keep_their_empty_cells() -> None:
    moments = moments_of(cases_of([[30, 8, 0], [5, 40, 7], [0, 6, 30]]), ["a", "b"])
    assert moments.cov[0, 1] == pytest.approx(0.931, abs=5e-4)  # lavaan 0.6-14
    assert moments.gamma[4, 4] == pytest.approx(0.0796137526922, rel=1e-6)
    assert len(moments.warnings) == 1


# ---- second routes -------------------------------------------------------------------------------


def log_likelihood(statistics: np.ndarray, codes: np.ndarray) -> float:
    """Bivariate log-likelihood of two three-point items, by scipy's distribution function."""
    a, b = (np.concatenate([[-12.0], statistics[s], [12.0]]) for s in (slice(0, 2), slice(2, 4)))
    normal = multivariate_normal([0, 0], [[1, statistics[4]], [statistics[4], 1]])
    total = 0.0
    for x, y in np.ndindex(3, 3):
        weight = np.sum((codes[:, 0] == x) & (codes[:, 1] == y))
        box = (
            normal.cdf([a[x + 1], b[y + 1]])
            - normal.cdf([a[x], b[y + 1]])
            - normal.cdf([a[x + 1], b[y]])
            + normal.cdf([a[x], b[y]])
        )
        total += weight * np.log(box)
    return total


def test_correlation_maximises_the_likelihood_given_the_thresholds() -> None:
    rng = np.random.default_rng(4)
    x = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 400, method="cholesky")
    codes = np.column_stack([np.digitize(x[:, 0], [-0.5, 0.8]), np.digitize(x[:, 1], [0.0, 1.0])])
    found = ordinal_moments(codes, [True, True], ["a", "b"])
    best = log_likelihood(found.statistics, codes)
    for step in (-1e-3, 1e-3):
        assert log_likelihood(found.statistics + step * np.eye(5)[4], codes) < best


def test_influence_is_what_leaving_a_respondent_in_twice_does() -> None:
    frame = survey("q1", "q4", "y1", "y2")
    moments = moments_of(frame, ["q1", "q4"])
    n = len(frame)
    for respondent in (3, 77, 150):
        more = pd.concat([frame, frame.iloc[[respondent] * 2]])
        change = (moments_of(more, ["q1", "q4"]).statistics - moments.statistics) * n / 2
        assert_allclose(
            change[:7], moments.influence[respondent, :7], rtol=0.06, atol=0.01
        )  # a second-order gap
        # from here outer products stand in for second derivatives
        assert_allclose(change[7:], moments.influence[respondent, 7:], rtol=0.4, atol=0.3)


def test_gamma_is_the_covariance_over_repeated_samples() -> None:
    rng = np.random.default_rng(8)
    cov = np.array([[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]])
    draws, gammas = [], []
    for _ in range(250):
        x = rng.multivariate_normal([0, 0, 0], cov, 500, method="cholesky")
        data = np.column_stack(
            [np.digitize(x[:, 0], [-0.6, 0.7]), np.digitize(x[:, 1], [0.2]), 3 + 2 * x[:, 2]]
        )
        moments = ordinal_moments(data, [True, True, False], ["a", "b", "c"])
        draws.append(moments.statistics)
        gammas.append(moments.gamma)
    spread, expected = 500 * np.cov(np.array(draws).T), np.mean(gammas, axis=0)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert_allclose(spread / scale, expected / scale, atol=0.3)
    assert_allclose(np.diag(spread), np.diag(expected), rtol=0.3)
    truth = [-0.6, 0.7, 0.2, 3.0, 4.0, 0.5, 0.8, 0.6]
    assert_allclose(np.mean(draws, axis=0), truth, atol=0.05)


def test_many_categories_approach_the_pearson_correlation() -> None:
    rng = np.random.default_rng(5)
    x = rng.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], 2000, method="cholesky")
    fine = np.digitize(x, np.linspace(-2.2, 2.2, 23))
    found = ordinal_moments(fine, [True, True], ["a", "b"]).cov[0, 1]
    half = ordinal_moments(np.column_stack([fine[:, 0], x[:, 1]]), [True, False], ["a", "b"])
    assert found == pytest.approx(np.corrcoef(x.T)[0, 1], abs=0.01)
    assert half.cov[0, 1] / np.sqrt(half.cov[1, 1]) == pytest.approx(np.corrcoef(x.T)[0, 1], abs=0.01)


def test_continuous_items_alone_give_ordinary_moments() -> None:
    frame = survey("y1", "y2", "y3")
    moments = moments_of(frame, [])
    assert_allclose(moments.mean, frame.mean(), rtol=1e-12)
    assert_allclose(moments.cov, frame.cov(ddof=0), rtol=1e-10)
    assert moments.labels[3] == ("y1", "~~", "y1")


def test_covariates_that_explain_nothing_change_little() -> None:
    rng = np.random.default_rng(6)
    x = rng.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], 4000, method="cholesky")
    codes = np.column_stack([np.digitize(x[:, 0], [-0.5, 0.8]), np.digitize(x[:, 1], [0.0])])
    plain = ordinal_moments(codes, [True, True], ["a", "b"])
    noise = rng.normal(size=(4000, 1))
    given = ordinal_moments(codes, [True, True], ["a", "b"], covariates=noise, covariate_names=["z"])
    assert_allclose(given.slopes, 0, atol=0.06)
    assert given.cov[0, 1] == pytest.approx(plain.cov[0, 1], abs=0.01)
    kept = [k for k, (_, op, _) in enumerate(given.labels) if op != "~"]
    assert_allclose(given.gamma[np.ix_(kept, kept)], plain.gamma, atol=0.1)


# ---- invariance --------------------------------------------------------------------------------


def test_order_of_items_does_not_matter() -> None:
    names = ["q1", "y1", "q7"]
    reference = moments_of(survey(*names), ["q1", "q7"])
    value = dict(zip(reference.labels, reference.statistics, strict=True))
    for order in permutations(names):
        moments = moments_of(survey(*order), ["q1", "q7"])
        for (lhs, op, rhs), statistic, variance in zip(
            moments.labels, moments.statistics, np.diag(moments.gamma), strict=True
        ):
            label = (lhs, op, rhs) if (lhs, op, rhs) in value else (rhs, op, lhs)
            assert statistic == pytest.approx(value[label], abs=1e-9)
            assert variance == pytest.approx(
                reference.gamma[(k := reference.labels.index(label)), k], rel=1e-7
            )


def test_only_the_order_of_answers_counts() -> None:
    frame = survey("q1", "q4")
    relabelled = frame.replace({1: -5, 2: 0, 3: 2.5, 4: 10, 5: 99})
    one, two = moments_of(frame, ["q1", "q4"]), moments_of(relabelled, ["q1", "q4"])
    assert_allclose(one.statistics, two.statistics, atol=1e-10)
    assert_allclose(one.gamma, two.gamma, atol=1e-8)


def test_reversing_an_item_turns_its_correlations() -> None:
    frame = survey("q1", "q4", "y1")
    turned = frame.assign(q1=6 - frame["q1"])
    one, two = moments_of(frame, ["q1", "q4"]), moments_of(turned, ["q1", "q4"])
    assert_allclose(two.thresholds[0], -one.thresholds[0][::-1], atol=1e-12)
    assert_allclose(two.cov[0, 1:], -one.cov[0, 1:], atol=1e-9)


def test_rescaling_a_continuous_item_rescales_its_statistics() -> None:
    frame = survey("q1", "y1")
    wide = frame.assign(y1=1000 * frame["y1"] + 7)
    one, two = moments_of(frame, ["q1"]), moments_of(wide, ["q1"])
    assert two.cov[0, 1] == pytest.approx(1000 * one.cov[0, 1], rel=1e-9)
    assert two.gamma[-1, -1] == pytest.approx(1e6 * one.gamma[-1, -1], rel=1e-7)


def test_doubling_the_sample_leaves_statistics_and_gamma() -> None:
    frame = survey("q1", "q4", "q7", "y1")
    one = moments_of(frame, ["q1", "q4", "q7"])
    two = moments_of(pd.concat([frame, frame]), ["q1", "q4", "q7"])
    assert_allclose(one.statistics, two.statistics, atol=1e-9)
    assert_allclose(one.gamma, two.gamma, atol=1e-7)


def test_pairwise_without_gaps_is_listwise() -> None:
    frame = survey("q1", "q4", "y1", "y2")
    one, two = moments_of(frame, ["q1", "q4"]), moments_of(frame, ["q1", "q4"], missing="pairwise")
    assert_allclose(one.gamma, two.gamma, atol=1e-10)


def test_pairwise_uses_everybody_who_answered() -> None:
    frame = read_data("survey_missing")[["q1", "q4", "y1"]]
    moments = moments_of(frame, ["q1", "q4"], missing="pairwise")
    assert moments.n == 200
    assert moments.thresholds[0][0] == pytest.approx(ndtri((frame["q1"].dropna() <= 1).mean()))
    both = frame[["q1", "q4"]].dropna()
    assert moments.cov[0, 1] == pytest.approx(polychoric(both).R.iloc[0, 1], abs=0.02)


# ---- refusals -----------------------------------------------------------------------------------


def test_constant_items_are_refused() -> None:
    with pytest.raises(ConstantItem) as ordered:
        moments_of(survey("q1", "q4").assign(q4=2), ["q1", "q4"], group="north")
    assert (ordered.value.item, ordered.value.group) == ("q4", "north")
    with pytest.raises(ConstantItem):
        moments_of(survey("q1", "y1").assign(y1=3.3), ["q1"])


def test_a_category_that_nobody_chose_is_refused() -> None:
    with pytest.raises(EmptyCategory) as refused:
        moments_of(survey("q1", "q4"), ["q1", "q4"], categories=[[1, 2, 3, 4, 5], [0, 1, 2, 3, 4]])
    assert (refused.value.item, refused.value.category) == ("q4", 0)


@pytest.fixture
def with_empty_categories() -> pd.DataFrame:
    """Two groups, of which each lacks some categories that the other has."""
    frame = read_data("bfi900")[["A1", "A2", "A3", "gender"]].iloc[:400].copy()
    one, two = (frame["gender"] == value for value in frame["gender"].unique())
    frame.loc[one & (frame["A1"] >= 5), "A1"] = 4
    frame.loc[two & (frame["A2"] <= 2), "A2"] = 3
    frame.loc[two & (frame["A3"] == 3), "A3"] = 4
    return frame


def test_empty_categories_of_all_items_and_groups_are_named_at_once(with_empty_categories) -> None:
    first, second = with_empty_categories["gender"].unique()
    with pytest.raises(EmptyCategory, match="collapse=True") as refused:
        fit_sem("A =~ A1 + A2 + A3", with_empty_categories, ordered=True, group="gender")
    wanted = [("A1", 5, str(first)), ("A1", 6, str(first)), ("A2", 1, str(second)), ("A2", 2, str(second))]
    assert list(refused.value.empty) == [*wanted, ("A3", 3, str(second))]
    assert f'5 and 6 for "A1" in group "{first}", 1 and 2 for "A2" in group "{second}"' in str(refused.value)


def test_collapsed_categories_are_those_of_recoded_answers(with_empty_categories) -> None:
    model, options = "A =~ A1 + A2 + A3", {"ordered": True, "group": "gender"}
    found = fit_sem(model, with_empty_categories, **options, collapse=True)
    by_hand = with_empty_categories.replace({"A1": {5: 4, 6: 4}, "A2": {1: 3, 2: 3}, "A3": {3: 4}})
    assert_allclose(found.theta, fit_sem(model, by_hand, **options).theta, atol=1e-12)
    assert [note for note in found.warnings if "count as one" in note] == [
        'categories 4, 5, 6 of "A1" count as one, because a group lacks one of them',
        'categories 1, 2, 3 of "A2" count as one, because a group lacks one of them',
        'categories 3, 4 of "A3" count as one, because a group lacks one of them',
    ]
    with pytest.raises(UnsupportedModel, match="ordered="):
        fit_sem(model, with_empty_categories, collapse=True)


def test_items_that_nobody_answered_both_are_refused() -> None:
    frame = survey("q1", "q4").astype(float)
    frame.loc[:99, "q1"] = np.nan
    frame.loc[100:, "q4"] = np.nan
    with pytest.raises(NothingInCommon) as refused:
        moments_of(frame, ["q1", "q4"], missing="pairwise")
    assert (refused.value.first, refused.value.second) == ("q1", "q4")


@pytest.mark.parametrize(("pairs", "said"), [(5, ""), (6, " and others")])
def test_at_most_five_pairs_with_empty_cells_are_named(pairs: int, said: str) -> None:
    """Nobody chose 3 for both items of so many pairs."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.integers(1, 4, (900, 5)), columns=list("abcde"))
    for one, two in list(permutations("abcde", 2)):
        if one < two and pairs:
            pairs -= 1
            frame = frame[(frame[one] != 3) | (frame[two] != 3)]
    (warning,) = moments_of(frame, list("abcde")).warnings
    assert warning.endswith(": a × b, a × c, a × d, a × e, b × c" + said)

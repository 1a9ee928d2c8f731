"""Difference tests, scores, standardised solutions, residuals and score tests, against lavaan."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import REFERENCE, read_case, read_data, read_values
from scipy.optimize import minimize
from scipy.special import ndtr

from bouwen.sem import Fit, UnsupportedModel, fit_sam, fit_sem
from bouwen.sem.after.compare import difference_test
from bouwen.sem.after.residuals import _continuous, _ordinal
from bouwen.sem.family.ordinal import OrdinalFamily
from bouwen.sem.model.implied import THRESHOLD
from bouwen.sem.normal.inference import bread


def group_text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def key(row: dict[str, Any], group: str) -> tuple[str, str, str, str]:
    lhs, op, rhs = row["lhs"], row["op"], row["rhs"] or ""
    if op == "~~" and rhs < lhs:
        lhs, rhs = rhs, lhs
    return lhs, op, rhs, group


def name_of(entry: dict[str, Any]) -> str:
    parts = (entry.get(part, "") for part in ("id", "free", "restricted", "method", "type"))
    return "-".join(part for part in parts if part)


@cache
def fit_of(name: str) -> Fit:
    return read_case(REFERENCE / "lavaan" / "models" / f"{name}.json").fit()


@pytest.mark.parametrize("entry", read_values("lavaan/differences")["tests"], ids=name_of)
def test_difference_tests(entry: dict[str, Any]) -> None:
    found = difference_test(fit_of(entry["free"]), fit_of(entry["restricted"]))
    for column, tolerance in (("chisq_diff", 1e-4), ("df_diff", 1e-4), ("pvalue", 1e-4)):
        assert found[column] == pytest.approx(entry[column], rel=tolerance, abs=1e-4)


# Without a mean structure lavaan leaves the mean of observed predictors in its scores; ours have mean zero.
UP_TO_A_CONSTANT = ("raw_scales", "factor_covariate_residual")


@pytest.mark.parametrize("entry", read_values("lavaan/scores")["scores"], ids=name_of)
def test_factor_scores(entry: dict[str, Any]) -> None:
    found = fit_of(entry["id"]).scores(entry["method"])
    for rows, expected in zip(entry["rows"], entry["groups"], strict=True):
        want = pd.DataFrame(expected, dtype=float)
        have = found.loc[np.array(rows) - 1, list(want)].to_numpy()
        if entry["id"] in UP_TO_A_CONSTANT:
            have, want = have - have[0], want - want.iloc[0]
        # lavaan has no Bartlett score of a factor none of whose items was answered; nor have we
        ordinal = entry["id"].startswith("ord_")  # lavaan's optimiser stops early here
        assert_allclose(have, want.to_numpy(), atol=2e-4 if ordinal else 2e-5)
        if ordinal:  # of later groups lavaan 0.6-14 gives scores that a fit of the group alone does not have
            break


def test_ordinal_scores_where_scales_differ() -> None:
    """The mode found by another optimiser, from moments only, in a group where lavaan 0.6-14 finds others."""
    fit = fit_of("ord_groups_thresholds_loadings")
    st, p, g = fit.structure, fit.structure.p, 1
    found = fit.scores().query("group == @fit.sample.group_values[1]")
    C, mean = fit.implied.C[g], fit.implied.eta[g]
    inner = C[p:, p:]
    slopes = np.linalg.solve(inner, C[p:, :p]).T
    spread = np.sqrt(np.diag(C[:p, :p] - slopes @ C[p:, :p]))
    tau = [
        np.r_[-9.0, fit.implied.values[g, (st.kind == THRESHOLD) & (st.i == item)], 9.0] for item in range(p)
    ]
    for row in range(5):
        answers = fit.sample.rows[g][row]
        codes = [int(np.searchsorted(fit.family.moments[g].categories[k], answers[k])) for k in range(p)]

        def minus_log_density(eta: np.ndarray, codes: list[int] = codes) -> float:
            centre = mean[:p] + slopes @ (eta - mean[p:])
            prior = 0.5 * (eta - mean[p:]) @ np.linalg.solve(inner, eta - mean[p:])
            ends = [(tau[k][[c, c + 1]] - centre[k]) / spread[k] for k, c in enumerate(codes)]
            return float(prior - sum(np.log(ndtr(high) - ndtr(low)) for low, high in ends))

        best = minimize(
            minus_log_density, mean[p:], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-12}
        )
        place = list(fit.sample.index[g]).index(found.index[row])
        assert place == row
        assert_allclose(found.iloc[row][list(st.latent)].to_numpy(dtype=float), best.x, atol=1e-4)


def test_ordinal_scores_of_a_group_are_those_of_the_group_alone() -> None:
    fit = fit_of("ord_groups_configural")
    data = read_data("survey")
    name = fit.sample.group_values[1]
    alone = fit_sem(
        fit.call.model, data[data["variant"] == name], ordered=list(fit.partable.ordered)
    ).scores()
    together = fit.scores().query("group == @name")[list(alone)]
    assert_allclose(alone.to_numpy(), together.to_numpy(), atol=1e-4)


def test_what_ordinal_scores_refuse() -> None:
    with pytest.raises(UnsupportedModel, match="infinite"):
        fit_of("ord_cfa").scores("bartlett")
    with pytest.raises(UnsupportedModel, match="independent"):
        fit_of("ord_residual_covariance").scores()


@pytest.mark.parametrize("entry", read_values("lavaan/standardised")["solutions"], ids=name_of)
def test_standardised_solutions(entry: dict[str, Any]) -> None:
    frame = fit_of(entry["id"]).standardized(entry["type"].replace(".", "_"))
    found = {key(row, group_text(row["group"])): row for row in frame.to_dict("records")}
    labels = entry["group_labels"] or [""]
    for row in entry["rows"]:
        if row["op"] in ("==", "<", ">"):
            continue
        group = "" if row["op"] == ":=" else str(labels[row.get("group", 1) - 1])
        ours = found[key(row, group)]
        assert ours["est_std"] == pytest.approx(row["est.std"], abs=2e-5), row
        if row["se"]:
            assert ours["se"] == pytest.approx(row["se"], rel=2e-4, abs=1e-6), row


@pytest.mark.parametrize("entry", read_values("lavaan/residuals")["residuals"], ids=name_of)
def test_residuals(entry: dict[str, Any]) -> None:
    kind = {"cor": "cor", "standardized": "z"}[entry["type"]]
    fit = fit_of(entry["id"])
    if kind == "z" and fit.partable.n_groups > 1:
        raw = fit.residuals("raw").loc[fit.sample.group_values[0]]
        found = raw / lavaan_standard_error(fit)
    else:
        found = fit.residuals(kind)
    found = found.loc[entry["variables"], entry["variables"]]
    expected = np.array(entry["cov"], dtype=float)
    off = ~np.eye(
        len(expected), dtype=bool
    )  # the diagonal of z-residuals is rounding noise over rounding noise
    assert_allclose(found.to_numpy()[off], expected[off], atol=1e-5 if kind == "cor" else 1e-3)


def lavaan_standard_error(fit: Fit) -> np.ndarray:
    """lavaan 0.6-14 for the first of several groups: as if only that group had moved the estimates, and, for
    ordered items, as if it held everybody. Without either, `residuals` gives what theory does (see
    test_z_residuals_of_groups_are_standard_normal)."""
    ordinal = isinstance(fit.family, OrdinalFamily)
    parts = (_ordinal if ordinal else _continuous)(fit.family, fit)
    share = fit.sample.n / fit.sample.N
    information = sum(
        w * part.delta.T @ part.weight @ part.delta for w, part in zip(share, parts, strict=True)
    )
    part = parts[0]
    pull = share[0] * part.delta @ bread(information, fit.solution.basis) @ part.delta.T @ part.weight
    Q = np.eye(len(pull)) - pull
    variance = np.diag(Q @ part.gamma @ Q.T) / (fit.sample.N if ordinal else fit.sample.n[0])
    out = np.ones((fit.structure.p, fit.structure.p))
    out[part.i, part.j] = out[part.j, part.i] = np.sqrt(variance[part.at])
    return out


@pytest.mark.parametrize("entry", read_values("lavaan/score_tests")["tests"], ids=name_of)
def test_score_tests(entry: dict[str, Any]) -> None:
    found = fit_of(entry["id"]).score_tests()
    total = found[found["lhs"] == "total"].iloc[0]
    assert total["df"] == entry["total"]["df"]
    assert total["x2"] == pytest.approx(entry["total"]["X2"], rel=1e-4)
    ours = sorted(found.loc[found["lhs"] != "total", "x2"])
    assert_allclose(ours, sorted(row["X2"] for row in entry["each"]), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("entry", read_values("lavaan/sam")["fits"], ids=name_of)
def test_structure_after_measurement(entry: dict[str, Any]) -> None:
    options = {name.replace(".", "_"): value for name, value in dict(entry["options"] or {}).items()}
    data = read_data("holzinger")
    frame = fit_sam(entry["model"], data, method=entry["method"], estimator="ML", **options).parameters
    found = {key(row, group_text(row["group"])): row for row in frame.to_dict("records")}
    labels = entry["group_labels"] or [""]
    compared = 0
    for row in entry["rows"]:
        if entry["id"] == "equal groups" and entry["method"] == "local" and row["op"] == "~1":
            continue  # lavaan 0.6-14 gives means of factors, not intercepts; its global method agrees with us
        group = "" if row["op"] == ":=" else str(labels[row.get("group", 1) - 1])
        ours = found[key(row, group)]
        assert ours["est"] == pytest.approx(row["est"], abs=1e-5), row
        assert ours["se"] == pytest.approx(row["se"], rel=1e-4, abs=1e-7), row
        compared += 1
    assert compared >= 6


@pytest.mark.parametrize("method", ["local", "global"])
def test_equal_slopes_after_measurement(method: str) -> None:
    """By label and by a constraint; lavaan 0.6-14 forgets both in its second step."""
    model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9\n"
    data = read_data("holzinger")
    texts = ("speed ~ a*visual + a*textual", "speed ~ a*visual + b*textual\na == b")
    by_label, by_constraint = (fit_sam(model + text, data, method=method) for text in texts)
    assert by_label.structural.df == by_constraint.structural.df
    slopes = by_label.parameters.query("op == '~'")
    assert slopes["est"].nunique() == 1
    for column in ("est", "se"):
        assert_allclose(by_constraint.parameters[column], by_label.parameters[column], atol=1e-7)


@pytest.mark.parametrize("method", ["local", "global"])
@pytest.mark.parametrize(
    ("more_text", "problem"),
    [
        ("g =~ visual + textual\nvisual ~ ageyr", "takes the facet"),
        ("x1 ~ ageyr", "joins an item"),
        ("visual ~~ v*visual\ntextual ~~ w*textual\nv == w^2", "linear"),
    ],
)
def test_what_sam_refuses(method: str, more_text: str, problem: str) -> None:
    model = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n" + more_text
    with pytest.raises(UnsupportedModel, match=problem):
        fit_sam(model, read_data("holzinger"), method=method)


SAM = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\n"


def test_covariates_count_from_their_means_in_the_first_group() -> None:
    """The mean of a factor in a later group is what its intercept and the covariate make together."""
    data = read_data("holzinger")
    options: dict[str, Any] = {"group": "school", "group_equal": ["loadings", "intercepts"]}
    found = fit_sam("visual =~ x1 + x2 + x3\nvisual ~ ageyr", data, **options)
    later = found.parameters[found.parameters["group"] == "Grant-White"].set_index(["lhs", "op", "rhs"])[
        "est"
    ]
    means = data.groupby("school")["ageyr"].mean()
    (block,) = found.blocks
    factor = block.parameters.query("lhs == 'visual' and op == '~1' and group == 'Grant-White'")["est"].iloc[
        0
    ]
    apart = means["Grant-White"] - means["Pasteur"]
    assert abs(apart) > 0.05
    made = later["visual", "~1", ""] + later["visual", "~", "ageyr"] * apart
    assert made == pytest.approx(factor, abs=1e-6)


@pytest.mark.parametrize("method", ["local", "global"])
def test_what_is_left_free_is_so_in_its_own_block(method: str) -> None:
    free = ["visual =~ x3", "x6 ~ 1"]
    found = fit_sam(
        SAM + "textual ~ visual",
        read_data("holzinger"),
        method=method,
        group="school",
        group_equal=["loadings", "intercepts"],
        group_partial=free,
    )
    values = pd.concat([block.parameters for block in found.blocks])
    values = values[
        values["op"].isin(["=~", "~1"])
        & ~((values["op"] == "~1") & (values["lhs"].isin(["visual", "textual"])))
    ]
    differ = values.groupby(["lhs", "op", "rhs"])["est"].nunique().loc[lambda n: n > 1]
    assert set(differ.index) == {("visual", "=~", "x3"), ("x6", "~1", "")}

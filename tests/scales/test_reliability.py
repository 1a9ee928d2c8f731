import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from references import read_data, read_values

from bouwen.checks import NotAShare
from bouwen.scales import alpha, scale_reliability
from bouwen.sem import fit_sem

R = read_values("semtools/reliability")
SCALES = {"visual": ["x1", "x2", "x3"], "textual": ["x4", "x5", "x6"], "mixed": ["x1", "x2", "x3", "x9"]}


@pytest.fixture(scope="module")
def frames():
    x = read_data("holzinger")
    return {name: x[items] for name, items in SCALES.items()}


@pytest.fixture(scope="module")
def found(frames):
    return scale_reliability(frames, draws=400, seed=1)


@pytest.mark.long
def test_intervals_of_omega_match_lavaan_and_semtools(frames):
    """Percentiles of two sets of random samples, whose own standard error is about .006."""
    table = scale_reliability(frames, draws=2000, seed=1).table()
    for name in frames:
        theirs = [R[name][key] for key in ("omega", "lower", "upper")]
        ours = table.loc[name, ["omega", "omega_ci_lower", "omega_ci_upper"]].astype(float)
        assert (np.abs(ours.to_numpy() - theirs) < [1e-5, 0.025, 0.025]).all()


@pytest.mark.long
@pytest.mark.parametrize("name", SCALES)
def test_intervals_match_robust_errors_by_the_delta_method(frames, name):
    """The same share of variance as a defined parameter of the model."""
    items = SCALES[name]
    loadings = [f"l{k}" for k in range(len(items))]
    errors = [f"e{k}" for k in range(len(items))]
    lines = ["f =~ " + " + ".join(f"{label}*{item}" for label, item in zip(loadings, items, strict=True))]
    lines += [f"{item} ~~ {label}*{item}" for label, item in zip(errors, items, strict=True)]
    common = f"({' + '.join(loadings)})^2"
    lines.append(f"omega := {common} / ({common} + {' + '.join(errors)})")
    fit = fit_sem("\n".join(lines), frames[name], estimator="MLR", std_lv=True)
    theirs = fit.parameters.set_index("lhs").loc["omega"]
    ours = scale_reliability({name: frames[name]}, draws=2000, seed=1).table().loc[name]
    assert_allclose(ours["omega"], theirs["est"], atol=1e-6)
    drawn = ours[["omega_ci_lower", "omega_ci_upper"]].astype(float)
    assert_allclose(drawn, theirs[["ci_lower", "ci_upper"]].astype(float), atol=0.025)


def test_intervals_hold_omega_and_alpha_stands_beside_it(found, frames):
    table = found.table()
    assert list(table.index) == list(frames)
    assert table["omega"].between(table["omega_ci_lower"], table["omega_ci_upper"]).all()
    assert_allclose(table["alpha"], [alpha(frame).raw for frame in frames.values()])
    assert (table["draws"] == 400).all()
    assert (table["failed"] + table["improper"] < 20).all()
    drawn = found.plot().data
    assert drawn.groupby("series", observed=True)["x"].apply(set).to_dict() == {
        "α": set(table["alpha"]),
        "ω": set(table["omega"]),
    }


def test_the_same_draws_for_any_number_of_workers(frames, found):
    one = {"textual": frames["textual"]}
    again = scale_reliability(one, draws=400, seed=1, n_jobs=2).table()
    pd.testing.assert_frame_equal(again, found.table().loc[["textual"]])
    other = scale_reliability(one, draws=400, seed=2).table()
    assert other.loc["textual", "omega_ci_lower"] != again.loc["textual", "omega_ci_lower"]


def test_small_and_impossible_scales_are_kept_with_a_note(frames):
    x = frames["mixed"]
    scales = {"one": x[["x1"]], "two": x[["x1", "x2"]], "flat": x[["x1", "x2"]].assign(y=1.0)}
    table = scale_reliability(scales, draws=0).table()
    assert table["note"].tolist()[:2] == ["one item: no reliability", "two items: loadings held equal"]
    assert '"y"' in table.loc["flat", "note"]
    assert table.loc[["one", "flat"], ["alpha", "omega"]].isna().all(axis=None)
    assert_allclose(table.loc["two", "omega"], table.loc["two", "alpha"], atol=1e-6)
    assert table["omega_ci_lower"].isna().all()


def test_gaps_are_used_not_dropped(frames):
    x = frames["textual"].copy()
    x.iloc[::5, 0] = np.nan
    x.iloc[1] = np.nan
    row = scale_reliability({"textual": x}, draws=0).table().loc["textual"]
    assert row["n"] == len(x) - 1
    assert_allclose(row["missing"], (len(x) // 5 + 1) / (3 * (len(x) - 1)))
    assert abs(row["omega"] - 0.885) < 0.02


def test_ordered_items_give_the_omega_of_their_answers():
    bfi = read_data("bfi900")[["C1", "C2", "C3", "C4", "C5"]]
    bfi[["C4", "C5"]] = 7 - bfi[["C4", "C5"]]
    ordered, plain = (
        scale_reliability({"C": bfi}, draws=0, estimator=e).table().loc["C", "omega"]
        for e in ("WLSMV", "MLR")
    )
    assert 0 < abs(ordered - plain) < 0.03  # the sum is the same one, so its reliability is nearly so


def test_wrong_confidence_is_refused(frames):
    with pytest.raises(NotAShare):
        scale_reliability(frames, draws=0, confidence=95)


def test_ordinal_alpha_is_that_of_polychoric_correlations_in_lavaan():
    """lavaan 0.6-14: alpha of lavCor(), and its error as a defined parameter of a model of correlations."""
    answers = read_data("bfi900")[["A2", "A3", "A4", "A5"]]
    of_ordered = alpha(answers, ordinal=True)
    assert of_ordered.raw == pytest.approx(0.757594919489, abs=1e-7)
    half = 1.959963984540054 * 0.0141519804231
    assert_allclose(
        [of_ordered.ci_lower, of_ordered.ci_upper], of_ordered.raw + np.array([-half, half]), atol=1e-5
    )
    assert of_ordered.method == "delta"
    assert of_ordered.raw > alpha(answers).raw  # categories hide a part of what items have in common
    narrow = alpha(answers, ordinal=True, confidence=0.8)
    assert of_ordered.ci_lower < narrow.ci_lower < narrow.ci_upper < of_ordered.ci_upper

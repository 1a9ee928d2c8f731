"""Tables under their heads, cell by cell: figures from frames made by hand, or worked out anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from cells import between, grid, pvalue, rmsea, text, unlike
from scipy import stats

import bouwen
from bouwen.path.choices import CHOICES
from bouwen.path.paths import main_path
from bouwen.path.specification import SpecificationCurve
from bouwen.report import tables
from bouwen.scales import Structures
from bouwen.survey import shown_moments
from bouwen.twin import Recovery

MODEL = """
f =~ a1 + a2 + a3
g =~ b1 + b2 + b3
h =~ c1 + c2 + c3
h ~ f + g
"""


@pytest.fixture(scope="module")
def data():
    """Three factors, of which two go against each other."""
    rng = np.random.default_rng(5)
    n = 220
    f = rng.normal(size=n)
    g = -0.6 * f + 0.8 * rng.normal(size=n)
    h = 0.6 * f - 0.3 * g + 0.7 * rng.normal(size=n)
    columns = {}
    for name, factor in (("a", f), ("b", g), ("c", h)):
        for k, loading in enumerate((1.0, 0.8, 0.55), 1):
            columns[f"{name}{k}"] = loading * factor + rng.normal(scale=0.7, size=n)
    frame = pd.DataFrame(columns)
    frame["b1"] += 0.35 * frame["c1"]
    return frame


@pytest.fixture(scope="module")
def fit(data):
    return bouwen.fit_sem(MODEL, data, estimator="MLR")


@pytest.fixture(scope="module")
def measurement(data):
    return bouwen.fit_sem(MODEL.replace("h ~ f + g", ""), data)


# ------------------------------------------------------------------ a fit


def test_fit_measures(fit, measurement):
    heads, rows = grid(tables.fit_measures({"robust": fit, "plain": measurement}))
    assert heads == ["Model", "robust", "plain"]
    m, p = fit.measures, measurement.measures
    expected = [
        ["Chi-square", text(m["chisq_scaled"]), text(p["chisq"])],
        ["df", text(m["df"], 0), text(p["df"], 0)],
        ["p", pvalue(m["pvalue_scaled"]), pvalue(p["pvalue"])],
        ["Chi-square, small sample", text(m["chisq_small"]), text(p["chisq_small"])],
        ["p, small sample", pvalue(m["pvalue_small"]), pvalue(p["pvalue_small"])],
        ["CFI", text(m["cfi_robust"], 3), text(p["cfi"], 3)],
        ["TLI", text(m["tli_robust"], 3), text(p["tli"], 3)],
        [
            "RMSEA",
            rmsea(*m[["rmsea_robust", "rmsea_ci_lower_robust", "rmsea_ci_upper_robust"]]),
            rmsea(*p[["rmsea", "rmsea_ci_lower", "rmsea_ci_upper"]]),
        ],
        ["SRMR", text(m["srmr"], 3), text(p["srmr"], 3)],
        ["n", "220", "220"],
    ]
    assert rows == expected
    assert rows[0][1] != rows[0][2]


@pytest.mark.parametrize("confidence", [0.95, 0.8])
@pytest.mark.parametrize(("op", "make"), [("=~", tables.loadings), ("~", tables.paths)])
def test_loadings_and_paths(fit, op, make, confidence):
    heads, rows = grid(make(fit, confidence=confidence))
    solution = fit.standardized()
    solution = solution[solution["op"] == op]
    level = f"{100 * confidence:.0f}%"
    if op == "=~":
        assert heads == ["Item", "Loading", f"{level} interval"]
        rows = [row for row in rows if len(row) > 1]
    else:
        assert heads == ["Path", "Standardised", f"{level} interval", "p"]
    z = stats.norm.ppf((1 + confidence) / 2)
    expected = []
    for row in solution.itertuples():
        reach = between(row.est_std - z * row.se, row.est_std + z * row.se)
        p = 2 * stats.norm.sf(abs(row.est_std / row.se))
        name = row.rhs if op == "=~" else f"{row.rhs} → {row.lhs}"
        expected.append([name, text(row.est_std), reach] + ([pvalue(p)] if op == "~" else []))
    assert rows == expected


@pytest.mark.parametrize("groups", [["a"], ["a", "b"], ["a", "b", "c"]])
def test_a_column_names_the_group_where_there_are_several(data, groups):
    data = data.assign(side=np.resize(groups, len(data)))
    found = bouwen.fit_sem("f =~ a1 + a2 + a3", data, group="side" if len(groups) > 1 else None)
    heads, rows = grid(tables.loadings(found, labels={"b": "the other"}))
    named = [row[0] for row in rows if len(row) > 1]
    shown = ["the other" if name == "b" else name for name in groups]
    assert (heads[0] == "Group") == (len(groups) > 1)
    assert named == ([name for name in shown for _ in range(3)] if len(groups) > 1 else ["a1", "a2", "a3"])


def test_paths_beside_draws_and_a_second_estimator(fit, data):
    ordered = data.apply(lambda x: np.digitize(x, [-0.7, 0.1, 0.9]))
    ordinal = bouwen.fit_sem(MODEL, ordered, ordered=True)
    boot = bouwen.bootstrap(fit, 30, seed=2)
    heads, rows = grid(tables.paths(fit, ordinal=ordinal, draws=boot, confidence=0.9))
    assert heads == [
        "Path", "Standardised", "90% interval, bootstrap", "90% interval, by formula", "p", "WLSMV"
    ]  # fmt: skip
    own, other = (f.standardized().query("op == '~'").set_index(["lhs", "rhs"]) for f in (fit, ordinal))
    drawn = boot.intervals(of="std_all", confidence=0.9).query("op == '~'").set_index(["lhs", "rhs"])
    z = stats.norm.ppf(0.95)
    for row, place in zip(rows, own.index, strict=True):
        est, se = own.loc[place, "est_std"], own.loc[place, "se"]
        assert row[:4] == [
            f"{place[1]} → {place[0]}", text(est), between(*drawn.loc[place, ["ci_lower", "ci_upper"]]),
            between(est - z * se, est + z * se),
        ]  # fmt: skip
        assert row[5] == text(other.loc[place, "est_std"])


@pytest.mark.parametrize("confidence", [0.95, 0.8])
def test_what_is_explained_and_how_sure_that_is(fit, data, confidence):
    beside = bouwen.fit_sem(MODEL, data.iloc[:150])
    heads, rows = grid(tables.explained(fit, one_step=beside, confidence=confidence))
    assert heads == ["Variable", "R²", f"{100 * confidence:.0f}% interval", "In one step"]
    outcomes = fit.parameters.query("op == '~'")["lhs"]
    solution = fit.standardized().query("op == '~~' and lhs == rhs")
    solution = solution[solution["lhs"].isin(outcomes)]
    again = beside.r_squared().set_index("lhs")["r2"]
    z = stats.norm.ppf((1 + confidence) / 2)
    assert rows == [
        [
            row.lhs, text(1 - row.est_std),
            between(max(1 - row.est_std - z * row.se, 0), min(1 - row.est_std + z * row.se, 1)),
            text(again[row.lhs]),
        ]
        for row in solution.itertuples()
    ]  # fmt: skip
    assert rows


def test_factor_correlations_run_from_the_strongest_whatever_its_sign(measurement):
    heads, rows = grid(tables.factor_correlations(measurement))
    assert heads == ["Construct", "r", "95% interval"]
    phi = measurement.standardized().query("op == '~~' and lhs != rhs").set_index(["lhs", "rhs"])
    order = sorted(phi.index, key=lambda pair: -abs(phi.loc[pair, "est_std"]))
    assert phi.loc[order[0], "est_std"] * phi.loc[order[-1], "est_std"] < 0 or phi["est_std"].min() < 0
    assert [row[0] for row in rows] == [f"{a} ↔ {b}" for a, b in order]
    assert [row[1] for row in rows] == [text(phi.loc[pair, "est_std"]) for pair in order]
    assert [row[2] for row in rows] == [between(*phi.loc[pair, ["ci_lower", "ci_upper"]]) for pair in order]


def test_residuals_and_misfits_run_from_the_largest(data, measurement):
    heads, rows = grid(tables.residuals(measurement, most=5))
    assert heads == ["Pair", "Residual correlation"]
    names = list(data.columns)
    left = measurement.residuals("cor")
    pairs = [(a, b) for k, a in enumerate(names) for b in names[k + 1 :]]
    order = sorted(pairs, key=lambda pair: -abs(left.loc[pair]))[:5]
    assert rows == [[f"{a} ↔ {b}", text(left.loc[a, b])] for a, b in order]
    heads, rows = grid(tables.misfits(measurement, most=4))
    assert heads == ["Parameter", "Modification index", "Expected change"]
    found = measurement.modification_indices()
    assert found["mi"].is_monotonic_decreasing
    link = {"=~": "→", "~": "←", "~~": "↔"}
    assert rows == [
        [f"{row.lhs} {link[row.op]} {row.rhs}", text(row.mi, 1), text(row.sepc_all)]
        for row in found.head(4).itertuples()
    ]


def test_convergent_validity(measurement):
    heads, rows = grid(tables.convergent(measurement))
    assert heads == ["Construct", "Items", "Smallest loading", "ω", "AVE"]
    est = measurement.parameters.set_index(["lhs", "op", "rhs"])
    for row, (factor, items) in zip(rows, {"f": "a", "g": "b", "h": "c"}.items(), strict=True):
        names = [f"{items}{k}" for k in (1, 2, 3)]
        loadings = np.array([est.loc[(factor, "=~", i), "est"] for i in names])
        common, own = est.loc[(factor, "~~", factor), "est"], [est.loc[(i, "~~", i), "est"] for i in names]
        omega = loadings.sum() ** 2 * common / (loadings.sum() ** 2 * common + sum(own))
        ave = (loadings**2 * common).sum() / ((loadings**2 * common).sum() + sum(own))
        smallest = min(est.loc[(factor, "=~", i), "std_all"] for i in names)
        assert row == [factor, "3", text(smallest), text(omega), text(ave)]


def test_pairs_of_factors_and_fornell(measurement, data):
    scales = {f: data[[f"{x}{k}" for k in (1, 2, 3)]] for f, x in (("f", "a"), ("g", "b"), ("h", "c"))}
    ratios = bouwen.htmt(scales, draws=40, confidence=0.9)
    heads, rows = grid(tables.distinct(measurement, ratios))
    assert heads == ["Pair", "r", "90% interval of r", "HTMT2", "90% interval of HTMT2"]
    phi = measurement.standardized().query("op == '~~' and lhs != rhs").set_index(["lhs", "rhs"])
    values = ratios.estimates
    order = sorted(phi.index, key=lambda pair: -values.loc[pair])
    z = stats.norm.ppf(0.95)
    for row, (a, b) in zip(rows, order, strict=True):
        r, se = phi.loc[(a, b), ["est_std", "se"]]
        assert row == [
            f"{a} ↔ {b}", text(r), between(r - z * se, r + z * se), text(values.loc[a, b]),
            between(ratios.ci_lower.loc[a, b], ratios.ci_upper.loc[a, b]),
        ]  # fmt: skip
    heads, rows = grid(tables.fornell(measurement))
    assert heads == ["Construct", "1", "2", "3", "Holds"]
    loads = measurement.standardized().query("op == '=~'")
    assert "The rule " in tables.fornell(measurement).as_raw_html()
    root = {f: np.sqrt((part["est_std"] ** 2).mean()) for f, part in loads.groupby("lhs")}
    r = {frozenset(pair): phi.loc[pair, "est_std"] for pair in phi.index}
    for k, (row, factor) in enumerate(zip(rows, "fgh", strict=True)):
        largest = max(abs(r[frozenset((factor, other))]) for other in "fgh" if other != factor)
        cells = [text(r[frozenset((factor, other))]) for other in "fgh"[:k]] + [text(root[factor])]
        assert row == [
            f"{k + 1}. {factor}",
            *cells,
            *[""] * (2 - k),
            "yes" if root[factor] > largest else "no",
        ]


# ------------------------------------------------------------------ frames made by hand


def test_engines():
    frame = unlike(["est_bouwen", "est_semopy"]).assign(
        lhs=["y", "y", "x"], rhs=["x", "z", "x"], op=["~", "~", "~~"]
    )
    heads, rows = grid(tables.engines(frame))
    assert heads == ["Path", "bouwen", "semopy"]
    assert rows == [
        [f"{row.rhs} → y", text(row.est_bouwen, 4), text(row.est_semopy, 4)]
        for row in frame.iloc[:2].itertuples()
    ]


def test_indirect_effects():
    frame = unlike(["est", "ci_lower", "ci_upper", "boot_lower", "boot_upper"]).assign(
        predictor=["x", "x", "w"], via=[("m",), ("m", "k"), ()], outcome="y", group=""
    )
    heads, rows = grid(tables.indirect_effects(frame))
    assert heads == ["Path", "Standardised", "95% interval, bootstrap", "95% interval, by formula"]
    names = ["x → m → y", "x → m → k → y", "w → … → y"]
    assert rows == [
        [name, text(row.est), between(row.boot_lower, row.boot_upper), between(row.ci_lower, row.ci_upper)]
        for name, row in zip(names, frame.itertuples(), strict=True)
    ]


def test_what_was_recovered():
    paths = pd.DataFrame(
        [("h", "f", 0.3, 0.25, 0.41, 0.2, 0.62, True), ("h", "g", float("nan"), -0.1, 0.2, 0.1, 0.3, False)],
        columns=["lhs", "rhs", "put_in", "long_run", "est", "ci_lower", "ci_upper", "covered"],
    )
    heads, rows = grid(tables.recovery(Recovery(paths, 0.9)))
    assert heads == [
        "Path", "Put in", "In the long run", "Standardised", "90% interval", "Interval holds it",
    ]  # fmt: skip
    assert rows[0] == ["f → h", "0.30", "0.25", "0.41", between(0.2, 0.62), "yes"]
    assert rows[1] == ["g → h", "–", "−0.10", "0.20", between(0.1, 0.3), "no"]


def test_scales_with_their_reliability():
    found = unlike(["mean", "sd", "alpha", "alpha_ci_lower", "alpha_ci_upper"]).assign(
        n_items=[3, 4, 5], n=[101, 102, 103]
    )
    found.index = list("abc")
    reliability = unlike(["omega", "omega_ci_lower", "omega_ci_upper"], seed=2).set_axis(list("abc"))
    heads, rows = grid(tables.scales(found, reliability))
    assert heads == ["Construct", "Items", "n", "Mean", "SD", "α", "95% of α", "ω", "95% of ω"]
    assert rows == [
        [
            name, str(row.n_items), str(row.n), text(row.mean), text(row.sd), text(row.alpha),
            between(row.alpha_ci_lower, row.alpha_ci_upper), text(o.omega),
            between(o.omega_ci_lower, o.omega_ci_upper),
        ]
        for name, row, o in zip("abc", found.itertuples(), reliability.itertuples(), strict=True)
    ]  # fmt: skip


def test_the_key():
    found = unlike(["r_rest", "ci_lower", "ci_upper", "r_rest_turned"]).assign(construct="f")
    found.index = ["x1", "x2", "x3"]
    heads, rows = grid(tables.key(found))
    assert heads == ["Construct", "Item", "Item-rest r", "95% interval", "When turned"]
    assert rows == [
        ["f", row.Index, text(row.r_rest), between(row.ci_lower, row.ci_upper), text(row.r_rest_turned)]
        for row in found.itertuples()
    ]


def weighed_by_hand():
    """Five pieces of evidence for four claims, with every verdict; the interval of the last would tell."""
    weighed = unlike(["estimate", "reference", "smallest", "pvalue", "padjusted"], rows=5).assign(
        claim=["one", "one", "two", "three", "four"],
        kind="level",
        what=list("vwxyz"),
        verdict=["supported", "cannot tell", "contradicted", "not asked here", "cannot tell"],
        size=["large enough", "", "", "", "size open"],
        ci_lower=lambda f: f["reference"] + [1, -1, -2, 1, 1],
        ci_upper=lambda f: f["reference"] + [2, 1, -1, 2, 2],
    )
    weighed.loc[3, ["estimate", "ci_lower", "ci_upper"]] = np.nan
    weighed.loc[[1, 2], "smallest"] = np.nan
    return weighed


def test_findings_and_their_evidence():
    weighed = weighed_by_hand()
    heads, rows = grid(tables.findings(weighed))
    assert heads == ["No.", "Finding", "Verdict", "Size"]
    said = ["supported in part", "contradicted", "not asked here", "cannot tell"]
    names, sizes = ["one", "two", "three", "four"], ["large enough", "", "", "size open"]
    assert rows == [[str(k + 1), names[k], said[k], sizes[k]] for k in range(4)]
    assert grid(tables.findings(weighed.assign(size="")))[0] == ["No.", "Finding", "Verdict"]
    heads, rows = grid(tables.evidence(weighed))
    assert heads == ["Evidence", "Verdict", "Size", "Estimate", "95% interval", "Smallest value",
                     "p, one-sided", "p, adjusted"]  # fmt: skip
    said = [
        "supported",
        "cannot tell",
        "contradicted",
        "cannot tell: may be chance, among 4 tests",
    ]
    asked = weighed.drop(index=3)
    pieces = [
        [row.what, said[k], row.size, text(row.estimate), between(row.ci_lower, row.ci_upper),
         text(row.smallest), pvalue(row.pvalue), pvalue(row.padjusted)]
        for k, row in enumerate(asked.itertuples())
    ]  # fmt: skip
    assert rows == [["1. one"], *pieces[:2], ["2. two"], pieces[2], ["4. four"], pieces[3]]
    assert "Smallest value" not in grid(tables.evidence(weighed.assign(size="")))[0]


def test_recommendations_with_what_they_rest_on():
    found = pd.DataFrame(
        {"recommendation": ["a", "b"], "who": ["Some", "Others"], "what": ["This.", "That."],
         "rests_on": [["one", "two"], []], "verdict": ["withdrawn", "without a base"]}
    )  # fmt: skip
    table = tables.recommendations(found, weighed_by_hand())
    heads, rows = grid(table)
    assert heads == ["To whom", "Recommendation", "Rests on finding", "What becomes of it"]
    assert rows == [
        ["Some", "This.", "1 (supported in part) and 2 (contradicted)", "withdrawn"],
        ["Others", "That.", "on none of the findings that are tested here", "rests on nothing here"],
    ]
    assert table.as_raw_html().count('href="#findings-claims"') == 2


def test_error_rates_are_shares_and_counts():
    rates = pd.DataFrame([[0.05, 0.012, 0.004, 0.03, 0.71, 312], [0.0, 0.01, 0.02, np.nan, 0.99, np.nan]])
    rates.columns = ["nothing_supported", "boundary_supported", "boundary_contradicted", "smallest_wrong",
                     "power", "needed"]  # fmt: skip
    rates = rates.assign(
        claim=["one", "page"], expected=["supported", "contradicted"], n=201, runs=1000, power_runs=200
    )
    shown = ["1", "5.0%", "1.2%", "0.4%", "3.0%", "holds", "71.0%", "312"]
    assert grid(tables.error_rates(rates))[1] == [shown]
    rates["claim"] = ["page", "one"]
    shown = ["1", "0.0%", "1.0%", "2.0%", "–", "does not hold", "99.0%", "–"]
    assert grid(tables.error_rates(rates))[1] == [shown]


def test_what_became_of_draws(fit):
    boot = bouwen.bootstrap(fit, 30, seed=2)
    counts = {"drawn": 40, "not converged": 3, "no sample": 0, "inadmissible": 5, "negative variance": 4,
              "latent covariances not positive definite": 0, "used": 37}  # fmt: skip

    class Counted(type(boot)):
        counts = property(lambda self: pd.Series(here))

    here = counts
    told = Counted(**{name: getattr(boot, name) for name in boot.__dataclass_fields__})
    heads, rows = grid(tables.account(told))
    assert heads == ["What became of them", "Draws", "Share"]
    assert rows == [
        ["drawn", "40", "100.0%"], ["no solution found", "3", "7.5%"], ["no usable sample", "0", "0.0%"],
        ["improper solution", "5", "12.5%"], ["– a negative variance", "4", "10.0%"],
        ["in use", "37", "92.5%"],
    ]  # fmt: skip


# ------------------------------------------------------------------ structures and ladders


class Compared(Structures):
    """Structures whose figures were made by hand."""

    def __init__(self):
        pass

    def table(self):
        names = [
            "chisq", "pvalue", "cfi", "tli", "rmsea", "rmsea_ci_lower", "rmsea_ci_upper", "srmr", "aic",
            "bic", "omega", "omega_h", "r_lowest", "r_highest",
        ]  # fmt: skip
        frame = unlike(names, rows=4).set_axis(["one_factor", "facets", "higher_order", "bifactor"])
        frame.loc[["one_factor", "bifactor"], ["r_lowest", "r_highest"]] = np.nan
        frame.loc["bifactor", ["rmsea", "rmsea_ci_lower", "rmsea_ci_upper"]] = np.nan
        return frame.assign(df=[27, 24, 25, 18], status=["proper", "improper", "proper", "no solution"])

    def tests(self):
        names = {
            "free": ["facets", "bifactor"],
            "restricted": ["one_factor", "higher_order"],
            "df_diff": [3, 6],
        }
        return unlike(["chisq_diff", "pvalue"], rows=2).assign(**names)

    def scales(self):
        return unlike(["omega", "omega_h", "r_highest"], rows=2).set_axis(["f", "g"]).assign(n_items=[3, 4])


def test_structures_side_by_side():
    heads, rows = grid(tables.structures(Compared()))
    assert heads == ["What", "One factor", "Correlated facets", "Higher-order factor", "Bifactor"]
    t = Compared().table()

    def line(name, digits):
        return [text(x, digits) for x in t[name]]

    ends = zip(t["rmsea"], t["rmsea_ci_lower"], t["rmsea_ci_upper"], strict=True)
    expected = [
        line("chisq", 1), line("df", 0), [pvalue(p) for p in t["pvalue"]], line("cfi", 3), line("tli", 3),
        [rmsea(*three) if np.isfinite(three[0]) else "–" for three in ends], line("srmr", 3), line("aic", 1),
        line("bic", 1), line("omega", 2), line("omega_h", 2),
        ["–" if np.isnan(low) else f"{text(low)} – {text(high)}"
         for low, high in zip(t["r_lowest"], t["r_highest"], strict=True)],
        ["proper", "improper", "proper", "none"],
    ]  # fmt: skip
    assert [row[1:] for row in rows] == expected
    assert [row[0] for row in rows][:9] == [
        "Chi-square", "df", "p", "CFI", "TLI", "RMSEA", "SRMR", "AIC", "BIC"
    ]  # fmt: skip


def test_tests_of_structures_and_scores_of_facets():
    heads, rows = grid(tables.structure_tests(Compared()))
    assert heads == ["Freer structure", "Stricter structure", "Δχ²", "Δdf", "p"]
    names = {"Correlated facets": "One factor", "Bifactor": "Higher-order factor"}
    assert rows == [
        [free, stricter, text(row.chisq_diff, 1), str(row.df_diff), pvalue(row.pvalue)]
        for (free, stricter), row in zip(names.items(), Compared().tests().itertuples(), strict=True)
    ]
    heads, rows = grid(tables.facet_scales(Compared()))
    assert heads == ["Construct", "Items", "ω", "Its own share", "Highest r"]
    assert rows == [
        [row.Index, str(row.n_items), text(row.omega), text(row.omega_h), text(row.r_highest)]
        for row in Compared().scales().itertuples()
    ]


def test_the_steps_of_a_ladder(data):
    grouped = data.assign(half=np.repeat(["p", "q"], [110, 110]))
    ladder = bouwen.check_invariance("f =~ a1 + a2 + a3\ng =~ c1 + c2 + c3", grouped, "half")
    heads, rows = grid(tables.invariance(ladder))
    assert heads == ["Step", "Chi-square", "df", "CFI", "RMSEA", "SRMR", "ΔCFI", "Δχ²", "Δdf", "p"]
    rows = [row for row in rows if len(row) > 1]
    for row, (_, f) in zip(rows, ladder.table().iterrows(), strict=True):
        assert row[1:] == [
            text(f["chisq"], 1), str(int(f["df"])), text(f["cfi"], 3), text(f["rmsea"], 3),
            text(f["srmr"], 3), text(f["cfi_diff"], 3), text(f["chisq_diff"], 1), text(f["df_diff"], 0),
            "–" if np.isnan(f["pvalue_diff"]) else pvalue(f["pvalue_diff"]),
        ]  # fmt: skip
    shuffled = bouwen.permutation_invariance(ladder, 15, seed=2)
    heads, rows = grid(tables.invariance(shuffled))
    assert heads == ["Step", "Chi-square", "df", "CFI", "RMSEA", "SRMR", "ΔCFI", "p (shuffled)", "Solved"]
    rows = [row for row in rows if len(row) > 1]
    chance = shuffled.table().query("measure == 'cfi'")
    for k, (row, c) in enumerate(zip(rows, chance.itertuples(), strict=True)):
        assert row[6:] == [
            text(c.observed, 3) if k else "–",
            pvalue(c.pvalue),
            f"{c.used}/{c.used + c.failed}",
        ]


# ------------------------------------------------------------------ a specification curve


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/providers/study.yml")


def test_steps_and_joint_tests_of_a_curve(study):
    levels = {
        "form": ["second_order", "scores"], "estimator": ["MLR"], "missing": ["available", "complete"],
        "items": ["all", "reversed"], "adjustment": ["model"], "respondents": ["all"],
    }  # fmt: skip
    index = pd.MultiIndex.from_product(levels.values(), names=list(levels))
    rows = index.to_frame(index=False)[list(CHOICES)].assign(status="fine", note="", pvalue=0.01)
    rows["estimate"] = np.random.default_rng(2).normal(size=len(rows))
    joint = unlike(["observed", "expected", "limit", "pvalue"]).set_axis(["median", "significant", "z"])
    curve = SpecificationCurve(main_path(study), rows, np.zeros((20, 8)), np.arange(8), joint, 0.95)
    heads, shown = grid(tables.specification_steps(curve, study))
    assert heads == ["Chosen", "Specifications", "Median effect", "Change", "From, to"]
    steps = curve.steps()
    labels = {
        ("form", "second_order"): "factor of factors", ("form", "scores"): "mean score",
        ("missing", "available"): "every answer given", ("missing", "complete"): "complete respondents",
        ("items", "all"): "all", ("items", "reversed"): "without reversed ones",
    }  # fmt: skip
    trust = study.instrument.factors["trust"]["en"]
    expected = []
    for choice, title in (
        ("form", f"{trust} as"), ("missing", "Missing answers"), ("items", f"Items of: {trust}"),
    ):  # fmt: skip
        expected.append([title])
        for k, level in enumerate(levels[choice]):
            s = steps.loc[(choice, level)]
            range_ = "–" if k == 0 else between(s["smallest"], s["largest"])
            expected.append([labels[choice, level], "4", text(s["median"]), text(s["shift"]), range_])
    as_shown = [[cell.replace("[–, –]", "–") for cell in row] for row in shown]
    assert as_shown == expected
    heads, shown = grid(tables.joint_tests(curve, study))
    assert heads == ["What", "As answered", "Shuffled, median", "Shuffled, 95th percentile", "p"]
    for row, (name, j) in zip(shown, joint.iterrows(), strict=True):
        say = (lambda x: f"{100 * x:.0f}%") if name == "significant" else text
        assert row[1:] == [say(j["observed"]), say(j["expected"]), say(j["limit"]), pvalue(j["pvalue"])]
    assert [row[0] for row in shown] == ["Median effect", "Share significant", "Mean z"]


# ------------------------------------------------------------------ answers


def raw_scores(study):
    """Mean scores from raw answers."""
    found = {}
    for construct in study.constructs:
        items = list(study.items_of(construct))
        frame = study.responses[items].astype(float)
        for item in items:
            scale = study.instrument.scale_of(item)
            if study.instrument.items[item].reversed:
                frame[item] = scale.lowest + scale.highest - frame[item]
        found[construct] = frame.mean(axis=1).where(frame.notna().mean(axis=1) >= 0.5)
    return pd.DataFrame(found)


def test_differences_between_groups(study):
    heads, rows = grid(tables.group_differences(study))
    assert heads == ["Construct", "Lowest mean", "Highest mean", "ω²", "p (Holm)"]
    scores, expected = raw_scores(study), []
    for group in study.groups:
        expected.append([study.group_label(group)])
        tests = bouwen.group_tests(study, group)
        counts = study.responses[group].value_counts()
        for construct in study.constructs:
            means = [
                scores.loc[study.responses[group] == level, construct].mean()
                for level in study.levels(group)
                if counts[level] >= study.settings.min_group
            ]
            test = tests.loc[construct]
            expected.append([
                study.label(construct), text(min(means)), text(max(means)), text(test["omega_squared"], 3),
                pvalue(test["pvalue_holm"]),
            ])  # fmt: skip
    assert rows == expected


def strangers(study):
    """The study as if its respondents were nested in nothing."""
    return replace(study, file=study.file.model_copy(update={"cluster": "none"}))


def test_means_of_a_level_beside_those_of_all(study):
    study = strangers(study)
    group = study.groups[0]
    level = study.levels(group)[0]
    heads, rows = grid(tables.level_means(study, group, level))
    assert heads == ["Construct", "Mean, all", "Mean, here", "95% interval", "SD"]
    scores = raw_scores(study)
    for row, construct in zip(rows, study.constructs, strict=True):
        here = scores.loc[study.responses[group] == level, construct].dropna()
        ends = stats.t.interval(0.95, len(here) - 1, here.mean(), stats.sem(here))
        assert row == [
            study.label(construct), text(scores[construct].mean()), text(here.mean()), between(*ends),
            text(here.std()),
        ]  # fmt: skip


def test_correlations_of_a_part_beside_those_of_all(study):
    study = strangers(study)
    group = study.groups[0]
    part = study.subset(group, study.levels(group)[1])
    heads, rows = grid(tables.outcome(study, part))
    assert heads == ["Construct", "r, all", "r, here", "95% interval"]
    everyone, some = raw_scores(study), raw_scores(part)
    names = [c for c in study.constructs if c != study.outcome]
    for row, construct in zip(rows, names, strict=True):
        r = [frame[[construct, study.outcome]].corr().iloc[0, 1] for frame in (everyone, some)]
        n = len(some[[construct, study.outcome]].dropna())
        half = stats.norm.ppf(0.975) / np.sqrt(n - 3)
        ends = np.tanh(np.arctanh(r[1]) + np.array([-half, half]))
        assert row == [study.label(construct), text(r[0]), text(r[1]), between(*ends)]


def test_items(study):
    """Figures of a frame made by hand; decimals and shares as the answers allow."""
    n = len(study.items)
    columns = ["mean", "sd", "skew", "kurtosis", "r_rest", "alpha_dropped", "omega_dropped"]
    found = unlike(columns, rows=n).set_axis(list(study.items)).assign(
        n=len(study.responses), floor=0.2, ceiling=0.3,
        construct=[study.instrument.construct_of(item) for item in study.items],
    )  # fmt: skip
    heads, rows = grid(tables.items(study, found))
    assert heads == [
        "Item", "Missing", "Mean", "SD", "Skewness", "Kurtosis", "Lowest answer", "Highest answer",
    ]  # fmt: skip
    rows = [row for row in rows if len(row) > 1]
    for row, (item, f) in zip(rows, found.iterrows(), strict=True):
        mark = " (R)" if study.instrument.items[item].reversed else ""
        counts = study.responses[item].value_counts().reindex(range(1, 6), fill_value=0)
        places = shown_moments(counts, study.responses[item].isna().sum(), study.settings.min_cell)
        kept = {0: 4, 1: 2}[study.coarser.get(item, 0)]  # at the first step without skewness and kurtosis
        places = [*places[:kept], *[None] * (4 - kept)]
        moments = [
            "–" if digits is None else text(f[name], digits)
            for name, digits in zip(columns, places, strict=False)
        ]
        assert row == [item + mark, "<6%", *moments, "20%", "30%"]
    heads, rows = grid(tables.items_in_scales(study, found))
    assert heads == ["Item", "Wording", "Item-rest r", "α without", "ω without"]
    rows = [row for row in rows if len(row) > 1]
    for row, (item, f) in zip(rows, found.iterrows(), strict=True):
        assert row[2:] == [text(f["r_rest"]), text(f["alpha_dropped"]), text(f["omega_dropped"])]
        assert row[1] == study.wording(item)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_codebook_and_scales_hold_what_was_asked(study, language):
    here = (
        study if language == "en" else replace(study, file=study.file.model_copy(update={"language": "nl"}))
    )
    heads, rows = grid(tables.constructs(here))
    assert heads[2] == {"en": "More is", "nl": "Meer is"}[language]
    direction = {"en": {"better": "better", "worse": "worse"}, "nl": {"better": "beter", "worse": "slechter"}}
    assert rows == [
        [c.label[language], c.definition[language], direction[language][c.direction], c.source]
        for c in study.instrument.constructs.values()
    ]
    assert {row[2] for row in rows} == set(direction[language].values())

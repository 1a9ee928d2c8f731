"""Every figure of a specification curve, worked out anew from rows made by hand."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.path import specification
from bouwen.path.choices import CHOICES, Specification, exclusions, material, specifications
from bouwen.path.paths import main_path
from bouwen.path.shuffles import joint_tests
from bouwen.path.specification import SpecificationCurve

LEVELS = {
    "form": ["one_factor", "scores"],
    "estimator": ["MLR"],
    "missing": ["available", "complete"],
    "items": ["all", "weakest", "reversed"],
    "adjustment": ["model", "none"],
    "respondents": ["all"],
}


@pytest.fixture(scope="module")
def curve():
    """Twenty-four specifications with effects on either side of zero, three failed and two improper."""
    rng = np.random.default_rng(17)
    rows = pd.DataFrame(list(product(*LEVELS.values())), columns=list(LEVELS))[list(CHOICES)]
    n = len(rows)
    estimate, se = 0.12 + 0.2 * rng.normal(size=n), 0.05 + 0.1 * rng.random(n)
    status = np.array(["fine"] * n, dtype=object)
    status[[3, 10, 17]], status[[5, 20]] = "failed", "improper"
    rows = rows.assign(estimate=estimate, se=se, pvalue=rng.random(n) * 0.12, status=status, note="")
    rows.loc[rows["status"] == "failed", ["estimate", "se", "pvalue"]] = np.nan
    joint = pd.DataFrame(
        {"pvalue": [0.01, 0.02, 0.03]}, index=pd.Index(["median", "significant", "z"], name="statistic")
    )
    effects = np.zeros((41, 6))
    return SpecificationCurve(None, rows, effects, np.arange(6), joint, 0.95)


def told(curve):
    return [row for row in curve.results.to_dict("records") if row["status"] != "failed"]


def test_every_step_of_every_choice(curve):
    steps = curve.steps()
    assert list(steps.index) == [(c, level) for c in CHOICES for level in dict.fromkeys(curve.results[c])]
    for choice, level in steps.index:
        first = curve.results[choice].iloc[0]
        here = [row for row in told(curve) if row[choice] == level]
        moved = [
            row["estimate"] - other["estimate"]
            for row in here
            for other in told(curve)
            if other[choice] == first and all(row[c] == other[c] for c in CHOICES if c != choice)
        ]
        found = steps.loc[(choice, level)]
        assert found["n"] == len(here)
        assert_allclose(found["median"], np.median([row["estimate"] for row in here]))
        if level == first:
            assert found[["shift", "smallest", "largest"]].isna().all()
        else:
            assert len(moved) > 0
            assert_allclose(
                found[["shift", "smallest", "largest"]].astype(float),
                [np.median(moved), min(moved), max(moved)],
            )


@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize("sign", [1, -1])
def test_the_curve_in_numbers(curve, sign, confidence):
    results = curve.results.assign(estimate=sign * curve.results["estimate"])
    turned = SpecificationCurve(None, results, curve.effects, curve.tested, curve.joint, confidence)
    rows = told(turned)
    estimates = np.array([row["estimate"] for row in rows])
    same = np.sign(estimates) == sign
    clear = np.array([row["pvalue"] < 1 - confidence for row in rows]) & same
    expected = {
        "specifications": 24, "failed": 3, "improper": 2, "median": np.median(estimates),
        "lowest": estimates.min(), "highest": estimates.max(), "same_sign": same.mean(),
        "significant": clear.mean(), "tested": 6, "permutations": 40, "pvalue_median": 0.01,
        "pvalue_significant": 0.02, "pvalue_z": 0.03,
    }  # fmt: skip
    assert 0 < same.mean() < 1
    assert turned.summary().to_dict() == pytest.approx(expected)


def test_the_table_runs_from_the_smallest_effect_to_those_that_failed(curve):
    table = curve.table()
    assert table["estimate"].iloc[:21].is_monotonic_increasing
    assert table["status"].iloc[-3:].tolist() == ["failed"] * 3
    assert curve.reference.to_dict() == curve.results.iloc[0].to_dict()


# ------------------------------------------------------------------ which specifications there are


@pytest.mark.parametrize(
    ("name", "forms"),
    [
        ("reputation", ["one_factor", "scores"]),
        ("providers", ["second_order", "one_factor", "facets", "scores"]),
    ],
)
def test_the_specifications_of_a_study_are_all_that_it_allows(name, forms):
    study = bouwen.read_study(f"data/{name}/study.yml")
    given = material(study)
    expected = {
        (form, estimator, missing, items, adjustment, respondents)
        for form, estimator, missing, items, adjustment, respondents in product(
            forms,
            ("MLR", "WLSMV"),
            ("available", "complete"),
            given.excluded,
            ("none", "model", "background"),
            ("all", "attentive"),
        )
        if estimator == "MLR" or (missing == "available" and form != "scores" and adjustment != "background")
    }
    if (~given.attentive).sum() < study.settings.min_cell:
        expected = {one for one in expected if one[-1] == "all"}
    every = [
        (s.form, s.estimator, s.missing, s.items, s.adjustment, s.respondents)
        for s in specifications(study, given)
    ]
    assert len(every) == len(set(every))
    assert set(every) == expected
    assert every[0] == (forms[0], "MLR", "available", "all", "model", "all")


def test_the_weakest_item_correlates_least_with_the_rest():
    study = bouwen.read_study("data/providers/study.yml")
    given = material(study)
    items = list(given.path.items_of(given.path.predictor))
    keyed = bouwen.key_items(study)[items]
    rest = {}
    for item in items:
        others = keyed.drop(columns=item).dropna()
        rest[item] = np.corrcoef(keyed.loc[others.index, item].fillna(0), others.mean(axis=1))[0, 1]
    assert given.excluded["weakest"][0] in sorted(items, key=rest.__getitem__)[:2]
    assert set(given.excluded["reversed"]) == {i for i in items if study.instrument.items[i].reversed}


# ------------------------------------------------------------------ joint tests


@pytest.mark.parametrize("direction", [1, -1, 0])
def test_joint_tests_against_a_plain_recount(direction):
    rng = np.random.default_rng(3)
    effects, t = rng.normal(size=(80, 7)), rng.normal(size=(80, 7)) * 1.5
    effects[0] += 0.7
    t[0] += 1.5
    df = rng.integers(20, 90, size=7).astype(float)
    found = joint_tests(effects, t, df, direction, 0.1)
    sign = direction or 1
    critical = stats.t.ppf(0.95, df)
    z = stats.norm.isf(stats.t.sf(np.abs(t), df)) * np.sign(t)
    values = {
        "median": [sign * np.median(row) for row in effects],
        "significant": [np.mean(sign * row > critical) for row in t],
        "z": [sign * row.mean() for row in z],
    }
    if direction == 0:
        values["median"], values["z"] = np.abs(values["median"]), np.abs(values["z"])
        values["significant"] = [np.mean(np.abs(row) > critical) for row in t]
    for name, column in values.items():
        column = np.asarray(column)
        row = found.loc[name]
        assert_allclose(row["observed"], column[0])
        assert_allclose(row["expected"], np.median(column[1:]))
        assert_allclose(row["limit"], np.quantile(column[1:], 0.95))
        assert_allclose(row["pvalue"], (1 + np.sum(column[1:] >= column[0] - 1e-12)) / 80)


# ------------------------------------------------------------------ one specification


@pytest.mark.parametrize("confidence", [0.95, 0.8])
@pytest.mark.parametrize("improper", [(), ("improper: one", "improper: two")])
def test_a_row_of_the_curve(monkeypatch, confidence, improper):
    given = material(bouwen.read_study("data/reputation/study.yml"))
    fit = SimpleNamespace(improper=improper, n=81, df=7)
    effect = SimpleNamespace(estimate=0.3, se=0.1, pvalue=0.0027)
    monkeypatch.setattr(specification, "fit_specification", lambda *_: fit)
    monkeypatch.setattr(specification, "standardised_effect", lambda *_: effect)
    one = Specification("one_factor", "MLR", "available", "all", "model", "all")
    row = specification.result(given, one, confidence)
    z = stats.norm.ppf((1 + confidence) / 2)
    assert [row[c] for c in CHOICES] == ["one_factor", "MLR", "available", "all", "model", "all"]
    assert_allclose([row["estimate"], row["se"], row["pvalue"]], [0.3, 0.1, 0.0027])
    assert_allclose([row["ci_lower"], row["ci_upper"]], [0.3 - 0.1 * z, 0.3 + 0.1 * z])
    assert (row["n"], row["df"]) == (81, 7)
    assert row["status"] == ("improper" if improper else "fine")
    assert row["note"] == "; ".join(improper)


@pytest.mark.parametrize(
    ("form", "estimator", "missing", "asked"),
    [
        ("one_factor", "MLR", "available", ("MLR", "fiml")),
        ("one_factor", "MLR", "complete", ("MLR", "listwise")),
        ("scores", "MLR", "available", ("MLR", "listwise")),
        ("one_factor", "WLSMV", "available", ("WLSMV", "pairwise")),
    ],
)
def test_how_a_specification_is_fitted(monkeypatch, form, estimator, missing, asked):
    seen = {}
    monkeypatch.setattr(specification, "fit_sem", lambda text, answers, **options: seen.update(options))
    given = material(bouwen.read_study("data/reputation/study.yml"))
    specification.fit_specification(given, Specification(form, estimator, missing, "all", "model", "all"))
    assert (seen["estimator"], seen["missing"]) == asked
    assert seen.get("ordered", False) == (estimator == "WLSMV")


def test_items_are_left_out_where_every_facet_keeps_two():
    study = bouwen.read_study("data/providers/study.yml")
    path, keyed = main_path(study), bouwen.key_items(study)
    facet = path.facets[0]
    first, second = path.items_of(facet)[:2]
    items = {
        name: item.model_copy(update={"reversed": name in (first, second)})
        for name, item in study.instrument.items.items()
    }

    class Reversed:
        instrument = SimpleNamespace(items=items)

    assert "reversed" not in exclusions(Reversed, path, keyed)  # the third would stand alone
    items[second] = items[second].model_copy(update={"reversed": False})
    assert exclusions(Reversed, path, keyed)["reversed"] == (first,)
    items[first] = items[first].model_copy(update={"reversed": False})
    assert set(exclusions(Reversed, path, keyed)) == {"all", "weakest"}

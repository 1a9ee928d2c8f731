"""Which specifications a small made-up path has, and whose answers each of them uses."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from bouwen.path.choices import Material, Specification, as_row, exclusions, mean_scores, specifications
from bouwen.path.paths import MainPath
from bouwen.sem.model.statements import Formula

OWN = Specification("one_factor", "MLR", "available", "all", "model", "all")
NAN = np.nan


def formulas(text):
    rows = (line.split() for line in text.strip().splitlines())
    return tuple(Formula(lhs, op, rhs) for lhs, op, *names in rows for rhs in names)


PATH = MainPath("x", "y", 1, formulas("x =~ x1 x2 x3\nc =~ c1 c2\ny =~ y1 y2\ny ~ x c"))
KEYED = pd.DataFrame({
    "x1": [1.0, 2, 3, 4, NAN, 2], "x2": [1.0, 3, 3, NAN, NAN, 1], "x3": [2.0, 1, 5, 4, 3, NAN],
    "c1": [1.0, 2, NAN, 4, 5, 1], "c2": [1.0, 1, NAN, 4, 4, 2], "y1": [1.0, 1, 2, 5, 4, 3],
    "y2": [1.0, 2, 2, NAN, 4, 3], "spare": [NAN] * 6,
})  # fmt: skip
GROUP = pd.DataFrame({"g_1": [1.0, 0, 0, 1, 0, NAN]})
ATTENTIVE = pd.Series([True, True, True, True, True, False])


@pytest.fixture
def given():
    return Material(PATH, KEYED, GROUP, {"all": (), "weakest": ("x3",)}, ATTENTIVE)


def study(min_cell=1, turned=()):
    items = {name: SimpleNamespace(reversed=name in turned) for name in KEYED}
    return SimpleNamespace(
        settings=SimpleNamespace(min_cell=min_cell), instrument=SimpleNamespace(items=items)
    )


# ------------------------------------------------------------------ who takes part


def test_scores_are_means_of_those_who_answered_half():
    found = mean_scores(PATH, KEYED)
    assert list(found) == ["y", "x", "c"]
    assert_allclose(found["x"], [4 / 3, 2, 11 / 3, 4, NAN, 1.5])
    assert_allclose(found["c"], [1, 1.5, NAN, 4, 4.5, 1.5])
    assert_allclose(found["y"], [1, 1.5, 2, 5, 4, 3])  # one of two is half


@pytest.mark.parametrize(
    ("change", "rows", "used"),
    [
        ({}, [0, 1, 2, 3, 4, 5], "x1 x2 x3 c1 c2 y1 y2"),
        ({"respondents": "attentive"}, [0, 1, 2, 3, 4], "x1 x2 x3 c1 c2 y1 y2"),
        ({"missing": "complete"}, [0, 1], "x1 x2 x3 c1 c2 y1 y2"),
        ({"missing": "complete", "items": "weakest"}, [0, 1, 5], "x1 x2 c1 c2 y1 y2"),
        (
            {"missing": "complete", "items": "weakest", "respondents": "attentive"},
            [0, 1],
            "x1 x2 c1 c2 y1 y2",
        ),
        ({"missing": "complete", "adjustment": "none"}, [0, 1, 2], "x1 x2 x3 y1 y2"),
        ({"missing": "complete", "form": "scores"}, [0, 1], "y1 y2 x1 x2 x3 c1 c2"),
    ],
)
def test_who_takes_part_with_which_items(given, change, rows, used):
    one = replace(OWN, **change)
    assert list(given.answers(one).index) == rows
    assert given.used(one) == used.split()
    assert "g_1" in given.answers(one)


def test_background_comes_on_top_of_the_model(given):
    made = given.model(replace(OWN, adjustment="background", items="weakest")).formulas
    assert Formula("y", "~", "g_1") in made
    assert Formula("x", "~", "g_1") in made
    assert Formula("x", "=~", "x3") not in made
    assert Formula("y", "~", "c") in made


# ------------------------------------------------------------------ which items are left out


@pytest.mark.parametrize(
    ("turned", "expected"),
    [
        ((), {"all": (), "weakest": ("x3",)}),
        (("x2",), {"all": (), "weakest": ("x3",), "reversed": ("x2",)}),
        (("x2", "x3"), {"all": (), "weakest": ("x3",)}),  # one item would be left
        (("y1", "c1"), {"all": (), "weakest": ("x3",)}),  # not the predictor's
    ],
)
def test_items_are_left_out_where_two_remain(turned, expected):
    rng = np.random.default_rng(1)
    factor = rng.normal(size=200)
    keyed = pd.DataFrame({name: factor + rng.normal(size=200) for name in KEYED})
    keyed["x3"] = 0.3 * factor + rng.normal(size=200)
    assert exclusions(study(turned=turned), PATH, keyed) == expected


def test_every_facet_keeps_two_items():
    facets = MainPath("x", "y", 1, formulas("a =~ x1 x2\nb =~ x3 c1 c2\nx =~ a b\ny =~ y1 y2\ny ~ x"))
    rng = np.random.default_rng(1)
    factor = rng.normal(size=200)
    keyed = pd.DataFrame({name: factor + rng.normal(size=200) for name in KEYED})
    keyed["x1"] = rng.normal(size=200)  # the weakest, of a facet with two
    assert exclusions(study(turned=("c1",)), facets, keyed) == {"all": (), "reversed": ("c1",)}
    two = MainPath("x", "y", 1, formulas("x =~ x1 x2\ny =~ y1 y2\ny ~ x"))
    assert exclusions(study(), two, keyed) == {"all": ()}


# ------------------------------------------------------------------ which combinations


def levels(found, choice):
    return list(dict.fromkeys(as_row(one)[choice] for one in found))


def test_every_combination_that_is_allowed(given):
    found = list(specifications(study(), given))
    assert found[0] == OWN
    assert levels(found, "form") == ["one_factor", "scores"]
    assert levels(found, "missing") == ["available", "complete"]
    assert levels(found, "items") == ["all", "weakest"]
    assert levels(found, "adjustment") == ["model", "none", "background"]
    assert levels(found, "respondents") == ["all", "attentive"]
    ordinal = [one for one in found if one.estimator == "WLSMV"]
    assert len(found) == 2 * 2 * 2 * 3 * 2 + len(ordinal)
    assert len(ordinal) == 2 * 2 * 2  # items, adjustment, respondents
    assert {(one.form, one.missing) for one in ordinal} == {("one_factor", "available")}
    assert {one.adjustment for one in ordinal} == {"model", "none"}


@pytest.mark.parametrize(
    ("change", "choice", "expected"),
    [
        ({"path": replace(PATH, formulas=PATH.formulas[:-1])}, "adjustment", ["model", "background"]),
        ({"covariates": GROUP[[]]}, "adjustment", ["model", "none"]),
        ({"keyed": KEYED.fillna(2.0)}, "missing", ["available"]),
        ({"keyed": KEYED.fillna(dict.fromkeys([*KEYED][:7], 2.0))}, "missing", ["available"]),
        ({"attentive": ~ATTENTIVE & False | True}, "respondents", ["all"]),
        ({"excluded": {"all": ()}}, "items", ["all"]),
    ],
)
def test_what_changes_nothing_is_no_choice(given, change, choice, expected):
    assert levels(specifications(study(), replace(given, **change)), choice) == expected


@pytest.mark.parametrize(("least", "expected"), [(1, ["all", "attentive"]), (2, ["all"])])
def test_a_screening_counts_from_the_smallest_cell_on(given, least, expected):
    assert levels(specifications(study(least), given), "respondents") == expected

"""Sentences say what the figures say, on each side of what decides them."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.claims import VERDICTS
from bouwen.groups.ladders import StudyInvariance
from bouwen.path.paths import MainPath
from bouwen.path.specification import SpecificationCurve
from bouwen.report import texts
from bouwen.report.audience import reader
from bouwen.report.texts.readings import is_significant, pvalue_text
from bouwen.twin import Recovery
from bouwen.words import words


@pytest.fixture(scope="module")
def study():
    return bouwen.read_study("data/providers/study.yml")


@pytest.fixture(scope="module")
def dutch():
    return bouwen.read_study("data/providers/study.yml", language="nl")


def with_settings(study, **settings):
    return replace(
        study, file=study.file.model_copy(update={"settings": study.settings.model_copy(update=settings)})
    )


# ------------------------------------------------------------------ draws


def effects(rows):
    """Effects as `bouwen.indirect_effects` gives them, by estimate, interval and way."""
    return pd.DataFrame(
        [
            {"predictor": first, "via": via, "outcome": "relationship_satisfaction", "group": "", "est": est,
             "boot_lower": low, "boot_upper": high, "ci_lower": -9.0, "ci_upper": 9.0}
            for first, via, est, low, high in rows
        ]
    )  # fmt: skip


def test_indirect_effects_are_counted_where_their_interval_leaves_out_zero(study, dutch):
    found = effects([
        ("contact", ("trust",), 0.2, 0.1, 0.3),
        ("transparency", ("trust",), -0.4, -0.6, -0.2),
        ("autonomy", ("trust",), 0.1, -0.1, 0.3),
        ("equality", ("trust",), 0.1, 0.0, 0.2),
        ("distrust", ("trust",), -0.1, -0.2, 0.0),
        ("stability", (), 0.9, 0.8, 1.0),  # all ways together are no single way
    ])  # fmt: skip
    said = texts.indirect_effects(found, study).data.replace("\xa0", " ")
    assert said.startswith("Of the 5 indirect effects 2 can be told from zero. ")
    name = " → ".join(
        [study.label("transparency"), study.instrument.factors["trust"]["en"],
         study.label("relationship_satisfaction")]
    )  # fmt: skip
    assert f"The strongest is *{name}*: −0.40, with the interval [−0.60, −0.20]." in said
    assert "−0,40" in texts.indirect_effects(found, dutch).data


def test_what_a_model_makes_of_what_was_put_in(study, dutch):
    paths = pd.DataFrame({"lhs": "trust", "rhs": ["contact", "autonomy", "distrust"], "est": 0.1,
                          "put_in": [0.2, 0.3, -0.4], "long_run": [0.21, 0.1, -0.35], "ci_lower": 0.0,
                          "ci_upper": 0.2, "covered": [True, True, False]})  # fmt: skip
    said = texts.recovery(Recovery(paths, 0.9), study).data
    assert said.startswith(
        "Of the 3 intervals 2 hold what the model finds in the long run; on average 2.7 would."
    )
    name = f"*{study.label('autonomy')} → {study.instrument.factors['trust']['en']}*"
    assert f"put in for {name}: 0.30 was put in, and 0.10 is" in said
    assert "0,30 is erin gelegd" in texts.recovery(Recovery(paths, 0.9), dutch).data
    nothing = Recovery(paths.assign(put_in=float("nan")), 0.9)
    assert texts.recovery(nothing, study).data.endswith("2.7 would.")


@pytest.mark.parametrize("rule", ["keep", "drop"])
def test_the_account_of_draws(study, rule):
    counts = {"drawn": 1200, "converged": 1150, "inadmissible": 90, "used": 1060}
    said = texts.account(SimpleNamespace(counts=counts, inadmissible=rule), study).data
    assert said.startswith("Of 1,200 draws 50 gave no solution; 90 (7.5%) gave an improper one, ")
    assert ("are left out." in said) == (rule == "drop")
    assert ("are kept, because" in said) == (rule == "keep")
    assert said.endswith("The intervals describe the 1,060 draws in use.")


@pytest.mark.parametrize("failed", [0, 50])
def test_draws_without_an_improper_one_need_no_sentence_about_them(study, dutch, failed):
    counts = {"drawn": 1200, "converged": 1200 - failed, "inadmissible": 0, "used": 1200 - failed}
    boot = SimpleNamespace(counts=counts, inadmissible="keep")
    said = texts.account(boot, study).data
    assert said.startswith(f"Of 1,200 draws {failed} gave no solution. The intervals describe the ")
    assert "onmogelijk" not in texts.account(boot, dutch).data


# ------------------------------------------------------------------ readings


@pytest.mark.parametrize("confidence", [0.95, 0.99])
def test_a_probability_is_significant_below_one_minus_the_level_of_the_study(study, confidence):
    here, alpha = with_settings(study, confidence=confidence), 1 - confidence
    assert is_significant(reader(here), alpha - 1e-6)
    assert not is_significant(reader(here), alpha)
    assert not is_significant(reader(here), alpha + 1e-6)


@pytest.mark.parametrize(
    ("p", "said"), [(0.0004, "< 0.001"), (0.0005, "= 0.001"), (0.04949, "= 0.049"), (1.0, "= 1.000")]
)
def test_p_with_its_sign(p, said):
    assert pvalue_text(p, "en") == said


@pytest.mark.parametrize(
    ("r", "said"),
    [
        (0.699, "there is room for a score per facet"), (0.70, "say something of their own"),
        (0.849, "say something of their own"), (0.85, "a total score says most"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("p", "verdict"), [(0.049, "fits worse"), (0.051, "does not fit worse")])
def test_facets_apart_at_the_bounds(study, r, said, p, verdict):
    columns = ["free", "restricted", "chisq_diff", "df_diff", "pvalue", "note"]
    rows = [("facets", "second_order", 1.0, 1, 0.5, ""), ("facets", "one_factor", 9.06, 3, p, "")]
    tests = pd.DataFrame(rows, columns=columns)
    scales = pd.DataFrame({"r_highest": [0.2, r, 0.4]})
    found = SimpleNamespace(tests=lambda: tests, scales=lambda: scales)
    text = texts.apart(found, study).data
    assert said in text
    assert verdict in text
    assert f"(Δχ²(3) = 9.1, p = {p})" in text
    assert f"largest correlation is {r:.2f}" in text


@pytest.mark.parametrize(("counts", "said"), [([3, 5, 4], "3 to 5"), ([2, 2], "2"), ([7, 1], "1 to 7")])
def test_the_range_that_rules_give(study, dutch, counts, said):
    assert texts.counted(pd.Series(counts), study) == said
    assert texts.counted(pd.Series(counts), dutch) == said.replace("to", "tot")


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0"), (1e-7, "1e-07"), (1.1e-7, "1e-06"), (9e-12, "1e-11"), (0.5, "1e+00")]
)
def test_rounding_noise_is_told_by_a_power_that_it_does_not_exceed(value, said):
    assert texts.power_of_ten(value) == said


# ------------------------------------------------------------------ the specification curve


def curve(estimates, pvalues, status):
    rows = pd.DataFrame({"estimate": estimates, "pvalue": pvalues, "status": status})
    joint = pd.DataFrame({"pvalue": [0.5]}, index=["median"])
    return SpecificationCurve(MainPath("x", "y", 1, ()), rows, np.zeros((20, 1)), np.arange(1), joint, 0.95)


@pytest.mark.parametrize(
    ("estimates", "pvalues", "said"),
    [
        ([0.2, 0.3, 0.4], [0.01, 0.02, 0.049], "All 3 have the same sign and differ significantly"),
        ([-0.2, -0.3, -0.4], [0.01, 0.02, 0.049], "All 3 have the same sign and differ significantly"),
        ([0.2, 0.3, 0.4], [0.01, 0.02, 0.051], "All 3 have the same sign, and 2 differ"),
        ([0.2, 0.3, -0.4], [0.01, 0.6, 0.01], "Not all of the 3 have the same sign; 1 differ"),
    ],
)
def test_what_a_curve_says(study, estimates, pvalues, said):
    text = texts.robustness(curve(estimates, pvalues, ["fine"] * 3), study).data
    assert text.startswith(said)
    assert "whether" not in text.lower()  # these answers cannot say whether there is an effect
    assert "more gave no estimate" not in text
    failed = curve([*estimates, np.nan], [*pvalues, np.nan], ["improper", "fine", "fine", "failed"])
    text = texts.robustness(failed, study).data
    assert text.startswith(said)
    assert " 1 more gave no estimate, and 1 have an impossible estimate" in text


@pytest.mark.parametrize(
    ("first", "n", "said"), [("none", 2, "which is what the study asks"), ("model", 3, "The effect runs")]
)
def test_the_range_of_the_question_of_the_study(study, dutch, first, n, said):
    """Without the other predictors of the model an effect is the answer to another question."""
    found = curve([0.9, 0.3, 0.5, np.nan], [0.01] * 4, ["fine", "fine", "fine", "failed"])
    found.results["adjustment"] = [first, "model", "background", "model"]
    text = texts.question(found, study).data
    lowest, highest, median = ("0.30", "0.50", "0.40") if n == 2 else ("0.30", "0.90", "0.50")
    assert f"runs from {lowest} to {highest} in {n} specifications, with a median of {median}." in text
    assert said in text
    assert f"van {lowest} tot {highest}".replace(".", ",") in texts.question(found, dutch).data


def test_constructs_that_the_curve_leaves_out_are_counted(study, dutch):
    whole = curve([0.9], [0.01], ["fine"])
    whole.results["adjustment"] = "model"
    part = replace(whole, path=replace(whole.path, left_out=("p", "q")))
    assert "left out" not in texts.question(whole, study).data
    assert texts.question(part, study).data.endswith("(constructs: 2) is left out.")
    assert texts.question(part, dutch).data.endswith("(constructen: 2), is weggelaten.")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (["fine", "fine", "failed"], "1 more gave no estimate, and 0 have"),
        (["fine", "improper", "improper"], "0 more gave no estimate, and 2 have"),
    ],
)
def test_specifications_that_are_not_fine_are_counted(study, status, said):
    estimates = [0.2, 0.3, np.nan if "failed" in status else 0.4]
    assert said in texts.robustness(curve(estimates, [0.01] * 3, status), study).data


@pytest.mark.parametrize("name", ["providers", "municipalities", "reputation"])
def test_the_outcomes_of_findings_add_up(name):
    page = json.loads(Path(f"data/{name}/expected.json").read_text(encoding="utf-8"))["book/key_findings"]
    rows = page["tables"]["tables.findings"]["rows"]
    study = bouwen.read_study(f"data/{name}/study.yml")
    counts = Counter(row[2] for row in rows)
    named = {words(study.language)(f"verdicts.{verdict}") for verdict in VERDICTS}
    (told,) = (s for s in page["sentences"] if re.search(rf"\b{len(rows)} .*: \d", s))
    assert counts.keys() <= named
    assert all(f"{n} {verdict}" in told for verdict, n in counts.items())
    assert sum(int(n) for n in re.findall(r"\d+", told)[1:]) == len(rows) == len(study.instrument.claims)


# ------------------------------------------------------------------ invariance


def ladder(pvalues, **given):
    """A ladder of four steps with the p-values of its changes in CFI."""
    steps = ["configural", "metric", "scalar", "strict"]
    adds = dict(zip(steps, ["", "loadings", "intercepts", "residuals"], strict=True))
    rows = [(step, "cfi", p) for step, p in zip(steps, pvalues, strict=True)]
    rows += [(step, "rmsea", 0.0001) for step in steps]
    table = pd.DataFrame(rows, columns=["step", "measure", "pvalue"])
    permutations = SimpleNamespace(table=lambda: table, invariance=SimpleNamespace(adds=adds))
    options = {"levels": ("a", "b"), "left_out": (), "invariance": None, "problem": ""} | given
    return StudyInvariance("procurement_variant", "measurement", **options, permutations=permutations)


@pytest.mark.parametrize(
    ("pvalues", "parts"),
    [
        ((0.001, 0.5, 0.5, 0.5), None),  # the first step holds nothing equal
        ((0.5, 0.049, 0.5, 0.5), "loadings"),
        ((0.5, 0.051, 0.5, 0.5), None),
        ((0.5, 0.5, 0.01, 0.02), "intercepts and residual variances"),
    ],
)
def test_what_a_ladder_says(study, pvalues, parts):
    said = texts.invariance({"procurement_variant": ladder(pvalues)}, study).data
    assert said.startswith(f"- **{study.group_label('procurement_variant')}**: tested with *")
    if parts is None:
        assert "No step costs more than shuffled groups do" in said
    else:
        assert f"Holding {parts} equal costs more" in said
        assert "(p below 0.05)" in said


@pytest.mark.parametrize(("confidence", "parts"), [(0.8, "loadings"), (0.95, None)])
def test_a_ladder_is_judged_at_the_level_of_the_reader(study, confidence, parts):
    said = texts.invariance(
        {"procurement_variant": ladder((1, 0.1, 1, 1))}, study, confidence=confidence
    ).data
    assert (f"Holding {parts} equal costs more" in said) == (parts is not None)
    assert ("(p below 0.20)" in said) == (parts is not None)


def test_levels_that_were_left_out_of_a_ladder_are_named(study):
    levels = study.levels("procurement_variant")
    said = texts.invariance({"procurement_variant": ladder((1, 1, 1, 1), left_out=levels[1:])}, study).data
    names = [study.level_label("procurement_variant", level) for level in levels[1:]]
    assert said.endswith(f" Left out as too small: {names[0]} and {names[1]}.")


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        ("levels", "fewer than two groups"),
        ("size", "too few respondents for every model"),
        ("fit", "no solution"),
    ],
)
def test_why_a_ladder_was_not_climbed(study, problem, said):
    found = StudyInvariance("procurement_variant", "measurement", ("a",), (), None, problem)
    assert said in texts.invariance({"procurement_variant": found}, study).data


# ------------------------------------------------------------------ passages


def test_remarks_are_all_told_or_none(study):
    assert texts.remarks(SimpleNamespace(warnings=()), study).data.startswith("No estimate is improper")
    said = texts.remarks(SimpleNamespace(warnings=("improper: one", "improper: two")), study).data
    assert said.endswith("- improper: one\n- improper: two")


def test_models_and_questions_are_all_there(study, dutch):
    said = texts.models(study).data
    for name, model in study.instrument.models.items():
        assert f"**{model.label['en']}**\n\n```text\n{study.instrument.model_syntax(name)}\n```" in said
    questions = list(study.instrument.open_questions.values())
    for here, language in ((study, "en"), (dutch, "nl")):
        lines = texts.open_questions(here).data.splitlines()
        assert lines == [f"- {q.text['provider'][language]}" for q in questions]
        assert texts.about(here).data == study.file.about[language]


@pytest.mark.parametrize("size", [1, 3, 9, 1000])
def test_only_so_many_to_ask(study, size):
    """The correction is that of the register's size, and nothing is left where all have answered."""
    N, spec = study.register_size, study.file.register_
    told = study.file.model_copy(update={"register_": spec.model_copy(update={"is_population": True})})
    once = study.responses.drop_duplicates(f"{spec.variable}_code")
    study = replace(study, file=told, responses=once)
    n = min(size, N)
    said = texts.finite_population(SimpleNamespace(n=size), study).data
    assert f"has {N} entries" in said
    assert f"With {n} answers that is {math.sqrt(1 - n / N):.2f}" in said
    nowhere = replace(study, file=study.file.model_copy(update={"register_": None}))
    assert texts.finite_population(SimpleNamespace(n=size), nowhere) is None


# ------------------------------------------------------------------ a follow-up


def planned(worth=(True, False, False), **hardest):
    """A plan of sizes 100 and 400 whose hardest effect is made up."""
    row = pd.Series({"needed": 250.0, "beyond": False, "chain": ("x", "m", "y")} | hardest)
    row["sparse"] = False
    return SimpleNamespace(
        goal=0.8,
        hardest=row,
        result=SimpleNamespace(table=lambda: pd.DataFrame({"n": [100, 400, 100, 400]})),
        table=lambda: pd.DataFrame({"worth": worth, "sparse": False}),
    )


@pytest.mark.parametrize(
    ("needed", "beyond", "column", "said"),
    [
        (250.0, False, "needed", "250"), (100.0, True, "needed", "≤ 100"), (60.0, True, "needed", "≤ 100"),
        (100.0, False, "needed", "100"), (101.0, True, "needed", "101"), (800.0, True, "needed", "800"),
        (801.0, True, "needed", "> 800"), (np.nan, True, "needed", "–"), (np.inf, True, "needed", "–"),
        (801.0, True, "needed_finite", "330"), (60.0, True, "needed_finite", "≤ 100"),
    ],
)  # fmt: skip
def test_how_many_answers_are_needed_as_far_as_can_be_told(needed, beyond, column, said):
    row = pd.Series({"needed": needed, "beyond": beyond, "needed_finite": 330.0, "sparse": False})
    assert texts.needed_text(reader().words, planned(), row, column) == said


@pytest.mark.parametrize(
    ("hardest", "said"),
    [
        ({}, "needs 250 answers"),
        ({"needed": 900.0, "beyond": True}, "needs more than 800 answers"),
        ({"needed": 90.0, "beyond": True}, "needs at most 100 answers"),
    ],
)
def test_a_follow_up_in_a_sentence(hardest, said):
    text = texts.follow_up_needs(planned(**hardest))
    assert text.startswith("For a power of 80% the follow-up ")
    assert said in text
    assert "effect x → m → y asks for" in text
    assert "at least 0.10" in text
    assert text.endswith("Smaller effects (2) are left out of account.")
    assert "left out of account" not in texts.follow_up_needs(planned((True, True)))


def test_a_report_has_columns_as_wide_as_their_widest_cell():
    table = pd.DataFrame({"Effect": ["a → long", "b"], "n": ["1", "1000"]})
    lines = texts.follow_up_report(planned(), table).splitlines()
    assert lines[:3] == ["Effect       n", "a → long     1", "b         1000"]
    assert lines[3] == ""
    assert lines[4] == texts.follow_up_needs(planned())


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_a_group_has_too_few_below_min_group(study, beyond):
    group = study.groups[0]
    sizes = study.responses[group].value_counts()
    n, level = int(sizes.min()), str(sizes.idxmin())  # everybody else is more
    said = texts.too_few(with_settings(study, min_group=n + beyond), group, level)
    if beyond <= 0:
        assert said is None
        return
    assert f"at least {n + beyond}" in said.data
    assert str(n) in said.data
    hidden = texts.too_few(with_settings(study, min_group=n + 2, min_cell=n + 1), group, level).data
    assert "a number that is not shown" in hidden


def test_a_study_without_questions_or_citation_says_so(study):
    assert texts.how_to_cite(study).data.count("\n\n") == (1 if study.citation else 0)
    nameless = replace(study, file=study.file.model_copy(update={"citation": ""}))
    assert "\n\n" not in texts.how_to_cite(nameless).data
    instrument = study.instrument.model_copy(update={"open_questions": {}})
    none = texts.open_questions(replace(study, instrument=instrument)).data
    assert none == reader(study).words("passages.no_open_questions")


def test_single_figures_in_the_language_of_the_book(study, dutch):
    names = study.constructs[:2]
    for here, figures in (
        (study, ("0.05", "0.1235", "12.3%", "0.012")),
        (dutch, ("0,05", "0,1235", "12,3%", "0,012")),
    ):
        found = (texts.number(here, 0.05), texts.number(here, 0.12345, 4), texts.share(here, 0.123, 1))
        assert tuple(one.replace("\xa0", "") for one in found) == figures[:3]
        assert texts.probability(here, 0.0123) == figures[3]
        first, second = map(here.label, names)
        assert texts.arrow(here, *names) == texts.chain(here, names) == f"{first} → {second}"
        assert texts.chain(here, (names[0], "…", names[1])) == f"{first} → … → {second}"
        assert texts.label(here, names[0]) == first
    assert texts.share(study, 0.5) == "50%"

"""Tables of who answered, of items, factors, methods and plans, cell by cell."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import yaml
from cells import between, grid, text, unlike
from minimal import lacking
from scipy import stats

import bouwen
from bouwen.path import CommonMethod, FollowUp
from bouwen.report import tables
from bouwen.report.book.answers import Protected
from bouwen.scales import Bartlett, Efa, FactorCounts, Kmo, LoadingStability, Mardia
from bouwen.survey import Screening, hidden


@pytest.fixture
def study(each_study):
    return each_study.in_language("en")


def made(kind, **given):
    """A result of a kind whose figures are given."""
    members = {name: property(lambda self, value=value: value) for name, value in given.items()}
    return type(kind.__name__, (kind,), {"__init__": lambda self: vars(self).update(given), **members})()


def as_table(frame):
    return lambda *_: frame


def test_suitability():
    items = pd.Series({"q1": 0.81, "q2": 0.52, "q3": 0.77})
    found = (
        made(Kmo, overall=0.71, items=items),
        made(Bartlett, chisq=123.456, df=3, pvalue=0.012),
        made(
            Mardia, skew_chisq=45.6, skew_df=10, skew_pvalue=0.034, kurtosis_z=-2.345, kurtosis_pvalue=0.019
        ),
    )
    heads, rows = grid(tables.suitability(*found, labels={"q2": "the second"}))
    assert heads == ["What", "Estimate", "df", "p"]
    assert rows == [
        ["KMO", "0.71", "", ""],
        ["KMO, lowest: the second", "0.52", "", ""],
        ["Bartlett χ²", "123.46", "3", "0.012"],
        ["Mardia, skewness χ²", "45.60", "10", "0.034"],
        ["Mardia, kurtosis z", "−2.35", "", "0.019"],
    ]


def test_counts_of_factors():
    rules = ["parallel_components", "map", "empirical_kaiser"]
    frame = pd.DataFrame({"n_factors": [3, 1, 2]}, index=rules)
    heads, rows = grid(tables.factor_counts(made(FactorCounts, table=as_table(frame))))
    assert heads == ["Rule", "How it decides", "Factors"]
    assert [(row[0], row[-1]) for row in rows] == [
        ("Parallel analysis, components", "3"),
        ("Minimum average partial (Velicer)", "1"),
        ("Empirical Kaiser criterion", "2"),
    ]


@pytest.fixture(scope="module")
def efa():
    """Two factors; the second item goes against the first factor."""
    loadings = pd.DataFrame(
        [[0.25, 0.61], [-0.72, 0.05], [0.81, -0.3], [0.29, 0.55]], list("abcd"), ["F1", "F2"]
    )
    return made(
        Efa,
        loadings=loadings,
        communalities=pd.Series([0.41, 0.53, 0.75, 0.39], list("abcd")),
        phi=pd.DataFrame([[1.0, -0.34], [-0.34, 1.0]], ["F1", "F2"], ["F1", "F2"]),
        variance=pd.DataFrame({"proportion": [0.31, 0.22]}, index=["F1", "F2"]),
    )


def test_exploratory_loadings_are_sorted_and_small_ones_left_out(efa):
    heads, rows = grid(tables.exploratory(efa))
    assert heads == ["Item", "F1", "F2", "h²"]
    assert rows == [
        ["c", "0.81", "−0.30", "0.75"],
        ["b", "−0.72", "", "0.53"],
        ["a", "", "0.61", "0.41"],
        ["d", "", "0.55", "0.39"],
    ]
    _, rows = grid(tables.exploratory(efa, smallest=0.6))
    assert [row[1:3] for row in rows] == [["0.81", ""], ["−0.72", ""], ["", "0.61"], ["", ""]]


def test_exploratory_factors(efa):
    congruence = pd.DataFrame(
        {"median": [0.98, 0.93], "lower": [0.91, 0.72], "good": [1.0, 0.87]}, index=["F1", "F2"]
    )
    heads, rows = grid(tables.exploratory_factors(made(LoadingStability, efa=efa, congruence=congruence)))
    assert heads[:3] == ["Factor", "F1", "F2"]
    assert rows == [
        ["F1", "1.00", "−0.34", "31%", "0.98", "0.91", "100%"],
        ["F2", "−0.34", "1.00", "22%", "0.93", "0.72", "87%"],
    ]


def test_treatments_of_gaps():
    treatments = ["listwise", "half answered", "maximum likelihood", "multiple imputation"]
    index = pd.MultiIndex.from_product([["trust", "care"], treatments], names=["construct", "treatment"])
    frame = unlike(["mean", "alpha"], rows=8).set_index(index)
    heads, rows = grid(tables.treatments(frame, labels={"care": "Care"}))
    assert heads[0] == "Construct"
    for row, (name, label) in zip(rows, [("trust", "trust"), ("care", "Care")], strict=True):
        mean, alpha = frame["mean"].loc[name], frame["alpha"].loc[name]
        assert row == [
            label, *(text(mean[t]) for t in treatments), text(mean.max() - mean.min(), 3),
            text(alpha["listwise"]), text(alpha["maximum likelihood"]),
        ]  # fmt: skip


def test_screening(study):
    left = pd.Series({0: 150, 1: 30, 4: 21})
    found = made(
        Screening, study=study, n=201, missing_per_respondent=left, out_of_range=40, constant=17, duplicated=0
    )
    heads, rows = grid(tables.screening(found, study))
    assert heads == ["What", "Respondents"]
    assert [count for _, count in rows] == ["201", "150", "40", "17", "fewer than 10", "0"]
    assert rows[0][0] == "Filled in the questionnaire"


@pytest.mark.parametrize(("counts", "shown"), [((12, 30), "42"), ((3,), "fewer than 10"), ((), "0")])
def test_those_whom_the_study_leaves_out_are_counted(study, counts, shown):
    rules = tuple(SimpleNamespace(count=count) for count in counts)
    found = bouwen.screen(replace(study, left_out=rules))
    assert grid(tables.screening(found))[1][-1] == ["Left out of the analyses", shown]


def levels_of(table, study, names):
    """What stands beside the count of every level, below a heading for its variable; hidden counts are so."""
    rows = iter(grid(table)[1])
    for name in names:
        assert next(rows) == [study.group_label(name)]
        counts = study.responses[name].value_counts().reindex(list(study.levels(name)), fill_value=0)
        secret = hidden(counts, study.settings.min_cell)
        for level in study.levels(name):
            label, n, beside = next(rows)
            assert label == study.level_label(name, level)
            assert (n == str(counts[level])) == (not secret[level])
            yield counts[level], counts.sum(), secret[level], beside
    assert next(rows, None) is None


def test_who_answered(study):
    for n, total, secret, share in levels_of(tables.background(study), study, study.categories):
        assert share == ("–" if secret else f"{100 * n / total:.0f}%")


def test_groups_and_who_gets_estimates(study):
    for n, _, _, estimates in levels_of(tables.group_counts(study), study, study.groups):
        assert estimates == ("yes" if n >= study.settings.min_group else "no")  # all have as many others


def test_differences_that_can_be_shown(study):
    """The smallest difference in standard deviations of a t-test with power .80, by the noncentral t."""
    shown = iter(grid(tables.detectable(study))[1])
    for name in study.groups:
        counts = study.responses[name].value_counts()
        levels = [level for level in study.levels(name) if counts.get(level, 0) >= study.settings.min_group]
        pairs = [(a, b) for k, a in enumerate(levels) for b in levels[k + 1 :]]
        if pairs:
            assert next(shown) == [study.group_label(name)]
        for a, b in pairs:
            label, sizes, smallest = next(shown)
            assert label == f"{study.level_label(name, a)} – {study.level_label(name, b)}"
            assert sizes == f"{counts[a]} – {counts[b]}"
            df, harmonic = counts[a] + counts[b] - 2, 1 / (1 / counts[a] + 1 / counts[b])
            critical = stats.t.ppf(1 - 0.025 / len(study.constructs), df)  # Holm's first step
            d = float(smallest)
            power = [stats.nct.sf(critical, df, at * np.sqrt(harmonic)) for at in (d - 0.006, d + 0.006)]
            assert power[0] < 0.8 < power[1]
    assert next(shown, None) is None


def test_paths_beside_a_factor_of_method():
    paths = pd.DataFrame(
        {"lhs": ["y", "y"], "rhs": ["x", "z"], "own": [0.41, -0.12], "acquiescence": [0.35, -0.2]}
    )
    shares = unlike(["share", "ci_lower", "ci_upper"], rows=1).set_axis(["acquiescence"])
    found = made(
        CommonMethod, paths=as_table(paths), shares=as_table(shares), confidence=0.9, first_share=0.3
    )
    heads, rows = grid(tables.method_paths(found, labels={"z": "Zeal"}))
    assert heads == ["Path", "As it is", "With acquiescence"]
    assert rows == [["x → y", "0.41", "0.35"], ["Zeal → y", "−0.12", "−0.20"]]
    heads, rows = grid(tables.method_shares(found))
    assert heads[-1] == "90% interval"
    share = shares.iloc[0]
    assert rows == [["Acquiescence", text(share["share"]), between(share["ci_lower"], share["ci_upper"])]]


@pytest.fixture(scope="module")
def plan():
    """Two effects, one of them of no size, of a study of 200 with 24 degrees of freedom."""
    frame = pd.DataFrame({
        "chain": [("a", "b"), ("a", "m", "b")], "std": [0.42, -0.01], "power": [0.91, 0.06],
        "mc_error": [0.015, 0.02], "needed": [143.0, 1500.0], "needed_finite": [94.0, np.nan],
        "beyond": [False, True], "worth": [True, False], "sparse": [True, False],
    })  # fmt: skip
    sizes = SimpleNamespace(table=lambda: pd.DataFrame({"n": [100, 200, 400]}), alpha=0.05)
    return made(FollowUp, n=200, df=24, goal=0.8, result=sizes, table=as_table(frame))


def test_a_plan(plan):
    heads, rows = grid(tables.follow_up(plan, labels={"m": "Middle"}))
    assert heads == ["Effect", "Standardised", "Power at 200", "Answers needed"]
    assert rows == [
        ["a → b", "0.42", "0.91 ± 0.03", "143 †"],
        ["a → Middle → b", "−0.01", "0.06 ± 0.04", "> 800"],
    ]


def test_power_of_tests_of_fit(plan):
    """MacCallum, Browne & Sugawara (1996): noncentral chi-square with λ = (n − 1) df ε²."""

    def power(null, true, n):
        limit, other = ((n - 1) * 24 * e**2 for e in (null, true))
        if true > null:
            return stats.ncx2.sf(stats.ncx2.ppf(0.95, 24, limit + 1e-12), 24, other + 1e-12)
        return stats.ncx2.cdf(stats.ncx2.ppf(0.05, 24, limit + 1e-12), 24, other + 1e-12)

    heads, rows = grid(tables.fit_power(plan))
    assert heads == ["Test", "Power at 200", "Answers needed"]
    for (label, here, needed), (null, true) in zip(
        rows, [(0, 0.05), (0.05, 0.08), (0.05, 0.02)], strict=True
    ):
        assert label.endswith(f"where RMSEA is {true}")
        assert float(here) == pytest.approx(power(null, true, 200), abs=0.006)
        n = int(needed.replace(",", ""))
        assert power(null, true, n - 1) < 0.8 <= power(null, true, n) + 1e-6


def test_settings_and_files(study):
    settings = study.settings.model_copy(
        update={"seed": 77, "min_group": 41, "min_cell": 6, "confidence": 0.9}
    )
    here = replace(study, file=study.file.model_copy(update={"settings": settings}))
    found = dict(grid(tables.provenance(here))[1])
    assert (found["seed"], found["min_group"], found["min_cell"]) == ("77", "41", "6")
    assert (found["confidence"], found["bouwen"]) == ("0.9", bouwen.__version__)
    assert (found["perspective"], found["language"]) == (study.perspective, study.language)
    files = dict(grid(tables.fingerprints(study))[1])
    assert len(files) == len(study.files)
    (answers,) = study.file.responses.files
    own = hashlib.sha256((study.path.parent / answers).read_bytes()).hexdigest()
    assert own[:16] != files.pop(answers)  # nothing that answers could be tried out on
    for name, start in files.items():
        assert hashlib.sha256((study.path.parent / name).read_bytes()).hexdigest().startswith(start)


def test_the_hash_of_answers_is_made_with_the_key_beside_them(reputation):
    """That of RFC 2104 by hand: a hash of the outer key and of the hash of the inner key and the file."""
    key, content = (reputation.path.parent / name for name in ("answers.key", "corp_rep_data.csv"))
    padded = key.read_bytes().strip().ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded) + content.read_bytes()).digest()
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded) + inner).hexdigest()
    assert dict(grid(tables.fingerprints(reputation))[1])["corp_rep_data.csv"] == outer[:16]


def test_answer_scales_and_categories(study):
    rows = grid(tables.answer_scales(study))[1]
    labels = [row for row in rows if len(row) > 1]
    expected = [
        (str(code), label["en"])
        for scale in study.instrument.answer_scales.values()
        for code, label in scale.labels.items()
    ]
    assert [(row[0], row[-1]) for row in labels] == expected
    rows = [row for row in grid(tables.categories(study))[1] if len(row) > 1]
    expected = [
        (level, label["en"])
        for name, levels in study.categories.items()
        if name in study.responses
        for level, label in levels.items()
    ]
    assert [(row[0], row[-1]) for row in rows] == expected


BOXES = {"bread": 30, "milk": 4, "tea": 37, "salt": 40, "none": 0}  # of forty who chose any


@pytest.fixture
def boxes(tmp_path):
    """A study in which several categories may be chosen."""
    path = lacking(tmp_path)
    instrument = yaml.safe_load(path.with_name("instrument.yml").read_text())
    categories = {name: name.title() for name in BOXES}
    instrument["background"]["food"] = {"label": "Food", "kind": "multiple", "categories": categories}
    chosen = [";".join(name for name, n in BOXES.items() if k < n) for k in range(40)]
    path.with_name("instrument.yml").write_text(yaml.safe_dump(instrument, sort_keys=False))
    answers = pd.read_csv(path.with_name("answers.csv"))
    answers = answers.assign(food=[*chosen, *[""] * (len(answers) - 40)])
    answers.to_csv(path.with_name("answers.csv"), index=False)
    return bouwen.read_study(path)


def test_several_answers_are_counted_of_those_who_gave_any(boxes):
    rows = grid(tables.background(boxes))[1]
    place = rows.index(["Food (several answers; of those who gave any)"])
    assert rows[place + 1 :] == [
        ["Bread", "30", "75%"],
        ["Milk", "–", "–"],
        ["Tea", "–", "–"],  # three did not choose it
        ["Salt", "–", "–"],  # nobody did not
        ["None", "–", "–"],
    ]
    assert ["Food"] in grid(tables.categories(boxes))[1]


def test_the_words_of_an_answer_are_those_of_the_instrument_and_no_secret(boxes):
    assert Protected(boxes).found_in("Bread Milk Tea Salt; Bread;Milk;Tea;Salt") is None

"""Evidence of every kind, on the side that a claim expects, on the other side, and on neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from nested import independent
from numpy.testing import assert_allclose

import bouwen
from bouwen.claims import weigh_claims
from bouwen.claims.weighing import judged, weigh
from bouwen.survey.instrument import DifferenceEvidence, LevelEvidence, PathEvidence, StrongerEvidence

GROUP = "procurement_variant"
NOISE = np.tile([-0.6, -0.2, 0.2, 0.6], 25)  # mean 0


@pytest.fixture(scope="module")
def study():
    return independent(bouwen.read_study("data/providers/study.yml"))


def with_settings(study, **settings):
    """The same study with other settings."""
    return replace(
        study, file=study.file.model_copy(update={"settings": study.settings.model_copy(update=settings)})
    )


def with_levels(study, levels):
    """The study whose respondents are in these levels of its group."""
    return replace(study, responses=pd.DataFrame({GROUP: levels}))


def turned(expected):
    """What the opposite claim gets."""
    return {"supported": "contradicted", "contradicted": "supported", "undecided": "undecided"}[expected]


@pytest.mark.parametrize(
    ("lower", "upper", "verdict"),
    [(0, 1, "undecided"), (-1, 0, "undecided"), (1e-9, 1, "supported"), (-1, -1e-9, "contradicted")],
)
def test_an_interval_that_touches_the_reference_decides_nothing(lower, upper, verdict):
    for reference in (0.0, 3.0, -2.0):
        low, high = lower + reference, upper + reference
        row = judged("what", reference, low, high, reference, above=True)
        assert row["verdict"] == verdict
        assert judged("what", reference, low, high, reference, above=False)["verdict"] == turned(verdict)
        assert (row["what"], row["reference"], row["ci_lower"], row["ci_upper"]) == (
            "what", reference, low, high
        )  # fmt: skip


@pytest.mark.parametrize(
    ("mean", "verdict"), [(3.2, "supported"), (2.8, "contradicted"), (3.05, "undecided"), (3.0, "undecided")]
)
def test_a_level_is_held_against_the_middle_of_its_scale(study, mean, verdict):
    scores = pd.DataFrame({"distrust": NOISE + mean})
    found = {
        side: weigh(study, LevelEvidence(kind="level", construct="distrust", side=side), scores, {})
        for side in ("above", "below")
    }
    assert found["above"]["verdict"] == verdict
    assert found["below"]["verdict"] == turned(verdict)
    assert_allclose([row["estimate"] for row in found.values()], mean)
    assert found["above"]["reference"] == 3


@pytest.mark.parametrize(
    ("gap", "verdict"), [(0.4, "supported"), (-0.4, "contradicted"), (0.05, "undecided")]
)
def test_a_difference_is_the_higher_level_minus_the_lower(study, gap, verdict):
    first, second, *_ = study.levels(GROUP)
    two = with_levels(study, [first] * 100 + [second] * 100)
    scores = pd.DataFrame({"equality": np.r_[NOISE + gap, NOISE]})
    for higher, lower, expected, sign in ((first, second, verdict, 1), (second, first, turned(verdict), -1)):
        evidence = DifferenceEvidence(
            kind="difference", construct="equality", group=GROUP, higher=higher, lower=lower
        )
        found = weigh(two, evidence, scores, {})
        assert found["verdict"] == expected
        assert_allclose(found["estimate"], sign * gap)
        labels = [study.level_label(GROUP, level) for level in (higher, lower)]
        assert found["what"] == f"{study.label('equality')}: {labels[0]} minus {labels[1]}"


@pytest.mark.parametrize("level", [0, 1])
@pytest.mark.parametrize(("size", "decided"), [(29, False), (30, True), (31, True)])
def test_a_difference_needs_min_group_in_both_levels(study, level, size, decided):
    names = study.levels(GROUP)[:2]
    sizes = [60, 60]
    sizes[level] = size
    study = with_settings(with_levels(study, np.repeat(list(names), sizes)), min_group=30)
    scores = pd.DataFrame({"equality": np.repeat([4.0, 2.0], sizes) + np.resize(NOISE, sum(sizes))})
    evidence = DifferenceEvidence(
        kind="difference", construct="equality", group=GROUP, higher=names[0], lower=names[1]
    )
    found = weigh(study, evidence, scores, {})
    assert found["verdict"] == ("supported" if decided else "undecided")
    assert ("estimate" in found) == decided


@pytest.mark.parametrize(
    ("strong", "weak", "verdict"),
    [(0.5, 2.0, "supported"), (2.0, 0.5, "contradicted"), (1.0, 1.05, "undecided")],
)
def test_stronger_is_the_first_correlation_minus_the_second(study, strong, weak, verdict):
    rng = np.random.default_rng(4)
    y = rng.normal(size=200)
    noise = {
        "trust_integrity": strong, "trust_reliability": strong, "trust_competence": weak,
        "trust_benevolence": weak,
    }  # fmt: skip
    scores = pd.DataFrame({name: y + sd * rng.normal(size=200) for name, sd in noise.items()}).assign(
        relationship_satisfaction=y
    )
    first, second = list(noise)[:2], list(noise)[2:]
    z = (scores - scores.mean()) / scores.std()
    r = [np.corrcoef(z[names].mean(axis=1), y)[0, 1] for names in (first, second)]
    for constructs, than, expected, sign in (
        (first, second, verdict, 1),
        (second, first, turned(verdict), -1),
    ):
        evidence = StrongerEvidence(
            kind="stronger", outcome="relationship_satisfaction", constructs=constructs, than=than
        )
        found = weigh(study, evidence, scores, {})
        assert found["verdict"] == expected
        assert_allclose(found["estimate"], sign * (r[0] - r[1]))
        assert found["reference"] == 0


def test_constructs_together_weigh_alike_whatever_their_spread(study):
    rng = np.random.default_rng(6)
    y = rng.normal(size=150)
    names = ["trust_integrity", "trust_reliability", "trust_competence"]
    scores = pd.DataFrame({name: y + rng.normal(size=150) for name in names}).assign(
        relationship_satisfaction=y
    )
    evidence = StrongerEvidence(
        kind="stronger", outcome="relationship_satisfaction", constructs=names[:2], than=names[2:]
    )
    stretched = scores.assign(trust_integrity=50 * scores["trust_integrity"] + 7)
    plain, wide = (weigh(study, evidence, frame, {})["estimate"] for frame in (scores, stretched))
    assert_allclose(plain, wide)


@pytest.fixture(scope="module")
def regressions():
    rng = np.random.default_rng(5)
    x, z = rng.normal(size=(2, 150))
    data = pd.DataFrame({"x": x, "z": z})
    data["up"], data["down"], data["flat"] = (
        slope * x + 0.1 * z + rng.normal(size=150) for slope in (0.6, -0.6, 0.02)
    )
    return bouwen.fit_sem("up ~ x + z\ndown ~ x + z\nflat ~ x + z", data)


@pytest.mark.parametrize(
    ("outcome", "verdict"), [("up", "supported"), ("down", "contradicted"), ("flat", "undecided")]
)
def test_a_path_has_the_sign_that_was_expected(study, regressions, outcome, verdict):
    for sign, expected in (("positive", verdict), ("negative", turned(verdict))):
        evidence = PathEvidence(kind="path", model="m", outcome=outcome, predictor="x", sign=sign)
        found = weigh(study, evidence, pd.DataFrame(), {"m": regressions})
        assert found["verdict"] == expected
        assert found["what"] == f"x → {outcome}"
        solution = regressions.standardized().set_index(["lhs", "op", "rhs"]).loc[(outcome, "~", "x")]
        assert_allclose(
            [found["estimate"], found["ci_lower"], found["ci_upper"]],
            [solution["est_std"], solution["ci_lower"], solution["ci_upper"]],
        )


def test_what_is_weighed_is_said_in_the_language_of_the_book(study):
    dutch = bouwen.read_study(study.path, language="nl")
    for told, mean, minus, correlation in (
        (weigh_claims(study, fits(study)), "(mean)", " minus ", "correlation with "),
        (weigh_claims(dutch, fits(study)), "(gemiddelde)", " min ", "correlatie met "),
    ):
        kinds = told.groupby("kind")["what"].first()
        assert kinds["level"].endswith(mean)
        assert minus in kinds["difference"]
        assert kinds["stronger"].startswith(correlation)
        assert minus in kinds["stronger"]


def fits(study):
    """Every model as one small fit: the words do not depend on it."""
    paths = [e for c in study.instrument.claims.values() for e in c.evidence if isinstance(e, PathEvidence)]
    names = sorted({name for e in paths for name in (e.outcome, e.predictor)})
    rows = pd.DataFrame(np.random.default_rng(1).normal(size=(60, len(names))), columns=names)
    found = {}
    for model in sorted({e.model for e in paths}):
        lines = sorted({f"{e.outcome} ~ {e.predictor}" for e in paths if e.model == model})
        found[model] = bouwen.fit_sem("\n".join(lines), rows)
    return found


@pytest.mark.parametrize("confidence", [0.8, 0.99])
def test_the_level_of_the_study_is_the_level_of_levels_and_differences(study, confidence):
    from scipy import stats

    other = with_settings(study, confidence=confidence)
    found = weigh_claims(other, fits(study))
    scores = bouwen.score_scales(study)
    size = study.responses["provider_size"]
    row = found.query("kind == 'difference'").iloc[0]
    welch = stats.ttest_ind(
        scores.loc[size == "large", "equality"].dropna(),
        scores.loc[size == "small", "equality"].dropna(),
        equal_var=False,
    )
    assert_allclose([row["ci_lower"], row["ci_upper"]], welch.confidence_interval(confidence))
    row = found.query("kind == 'level'").iloc[0]
    values = scores["distrust"].dropna()
    expected = stats.t.interval(confidence, len(values) - 1, values.mean(), stats.sem(values))
    assert_allclose([row["ci_lower"], row["ci_upper"]], expected)
    wide = found.query("kind == 'stronger'").iloc[0]
    usual = weigh_claims(study, fits(study)).query("kind == 'stronger'").iloc[0]
    assert (wide["ci_upper"] - wide["ci_lower"] > usual["ci_upper"] - usual["ci_lower"]) == (
        confidence > 0.95
    )


def test_fits_that_are_given_are_the_ones_that_are_weighed(study):
    given = fits(study)
    found = weigh_claims(study, given).query("kind == 'path'")
    paths = [e for c in study.instrument.claims.values() for e in c.evidence if isinstance(e, PathEvidence)]
    assert len(found) == len(paths)
    for (_, row), evidence in zip(found.iterrows(), paths, strict=True):
        solution = given[evidence.model].standardized().set_index(["lhs", "op", "rhs"])
        assert_allclose(row["estimate"], solution.loc[(evidence.outcome, "~", evidence.predictor), "est_std"])

"""Evidence of every kind, on the side that a claim expects, on the other side, and on neither."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from nested import independent
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.claims import score_sides
from bouwen.claims.evidence import gather_evidence, linearised_sd
from bouwen.scales import mean_estimate
from bouwen.survey import DifferenceEvidence, LevelEvidence, PathEvidence

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


def one(study, evidence, scores, paths=None):
    """The only piece of some evidence."""
    (piece,) = gather_evidence(study, evidence, scores, paths or {})
    return piece


def figures(estimate):
    """An estimate as numbers."""
    return [estimate.value, estimate.se, estimate.df]


def level(side="above", **size):
    return LevelEvidence(kind="level", construct="distrust", side=side, **size)


@pytest.mark.parametrize("mean", [3.2, 2.8, 3.0])
def test_a_level_is_held_against_the_middle_of_its_scale(study, mean):
    scores = pd.DataFrame({"distrust": [*(NOISE + mean), np.nan]})
    for side, sign in (("above", 1), ("below", -1)):
        piece = one(study, level(side), scores)
        assert (piece.side, piece.reference, piece.speaks_of_size) == (sign, 3, False)
        assert_allclose(figures(piece.found), [mean, stats.sem(NOISE), 99])
        assert np.isnan(piece.smallest)


@pytest.mark.parametrize("side", ["above", "below"])
def test_much_is_a_distance_from_the_middle_that_is_tested_as_a_whole(study, side):
    values, sign = NOISE + 3.3, 1 if side == "above" else -1
    piece = one(study, level(side, size="much"), pd.DataFrame({"distrust": values}))
    sd = values.std(ddof=1)
    assert_allclose(piece.smallest, 3 + sign * 0.25 * sd)
    assert_allclose(piece.beyond.value, sign * 0.3 - 0.25 * values.std())
    piece = one(study, level(side, size="much", smallest=0.2), pd.DataFrame({"distrust": values}))
    assert_allclose([piece.smallest, *figures(piece.beyond)], [3 + sign * 0.2, sign * 0.3 - 0.2, sd / 10, 99])


@pytest.mark.parametrize(("side", "share"), [("above", 0.75), ("below", 0.25)])
def test_most_is_a_share_of_the_respondents(study, side, share):
    scores = pd.DataFrame({"distrust": NOISE + 3.3})  # 2.7, 3.1, 3.5 and 3.9
    for least in (None, 0.6):
        piece = one(study, level(side, size="most", smallest=least), scores)
        assert piece.smallest == (least or 0.5)
        assert_allclose(piece.beyond.value, share - (least or 0.5))
    in_the_middle = pd.DataFrame({"distrust": np.full(40, 3.0)})
    assert one(study, level(side, size="most"), in_the_middle).beyond.value == -0.5


def test_a_linearised_standard_deviation_has_its_value_and_its_sampling_error():
    rng = np.random.default_rng(8)
    draws = rng.gamma(2, size=(4000, 200))
    together = [mean_estimate(pd.Series(x - 0.25 * linearised_sd(pd.Series(x)))) for x in draws]
    assert_allclose([e.value for e in together], draws.mean(1) - 0.25 * draws.std(1))
    assert_allclose(np.mean([e.se for e in together]), np.std([e.value for e in together]), rtol=0.04)
    assert (linearised_sd(pd.Series([2.0, 2.0])) == 0).all()


@pytest.mark.parametrize("gap", [0.4, -0.4, 0.05])
def test_a_difference_is_the_higher_level_minus_the_lower(study, gap):
    first, second, *_ = study.levels(GROUP)
    two = with_levels(study, [first] * 100 + [second] * 100)
    scores = pd.DataFrame({"equality": np.r_[NOISE + gap, 2 * NOISE]})
    for higher, lower, sign in ((first, second, 1), (second, first, -1)):
        evidence = DifferenceEvidence(
            kind="difference", construct="equality", group=GROUP, higher=higher, lower=lower
        )
        piece = one(two, evidence, scores)
        welch = stats.ttest_ind(NOISE + gap, 2 * NOISE, equal_var=False)
        assert_allclose([piece.found.value, piece.found.df], [sign * gap, welch.df])
        assert_allclose(piece.found.value / piece.found.se, sign * welch.statistic)
        assert (piece.side, piece.reference) == (1, 0)
        labels = [study.level_label(GROUP, name) for name in (higher, lower)]
        assert piece.what == f"{study.label('equality')}: {labels[0]} minus {labels[1]}"


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
    piece = one(study, evidence, scores)
    assert piece.asked
    assert np.isfinite(piece.found.value) == decided


@pytest.fixture(scope="module")
def regressions():
    rng = np.random.default_rng(5)
    x, z = rng.normal(size=(2, 150))
    data = pd.DataFrame({"x": x, "z": z})
    data["up"], data["down"] = (slope * x + 0.1 * z + rng.normal(size=150) for slope in (0.6, -0.6))
    return bouwen.fit_sem("up ~ x + z\ndown ~ x + z", data)


@pytest.mark.parametrize("outcome", ["up", "down"])
@pytest.mark.parametrize("least", [None, 0.35])
def test_a_path_has_the_sign_and_the_size_that_were_expected(study, regressions, outcome, least):
    solution = regressions.standardized().set_index(["lhs", "op", "rhs"]).loc[(outcome, "~", "x")]
    for sign, side in (("positive", 1), ("negative", -1)):
        said = {"kind": "path", "model": "m", "outcome": outcome, "predictor": "x", "sign": sign}
        paths = {"m": regressions.standardized().assign(df=28.0)}
        piece = one(study, PathEvidence(**said), pd.DataFrame(), paths)
        assert piece.what == f"x → {outcome}"
        assert_allclose(figures(piece.found), [solution["est_std"], solution["se"], 28])
        assert (piece.side, piece.reference, piece.speaks_of_size) == (side, 0, False)
        of_size = PathEvidence(**said, size="important", smallest=least)
        piece = one(study, of_size, pd.DataFrame(), paths)
        assert piece.smallest == side * (least or 0.2)
        beyond = [side * solution["est_std"] - (least or 0.2), solution["se"], 28]
        assert_allclose(figures(piece.beyond), beyond)


def test_sides_count_respondents_and_not_means(study):
    """Most lie below the middle although the mean lies above it."""
    items = study.items_of("distrust")
    turned = [study.instrument.items[item].reversed for item in items]
    scores = np.array([2.0] * 6 + [5.0] * 4)
    assert scores.mean() > 3 > np.median(scores)
    answers = study.responses.iloc[:10].assign(
        **{item: 6 - scores if t else scores for item, t in zip(items, turned, strict=True)}
    )
    found = score_sides(replace(study, responses=answers)).loc["distrust"]
    assert_allclose(found, [0.4, 0.6])

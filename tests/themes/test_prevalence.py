"""Shares of themes: published intervals, how often they cover, and what may be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from coded import codes_of, study_with
from scipy.stats import binom
from statsmodels.stats.proportion import proportion_confint

import bouwen
from bouwen.errors import BouwenError
from bouwen.themes import share_interval
from bouwen.themes.prevalence import clustered_share, rounded_up

SHARES = (0.05, 0.15, 0.40)


@pytest.mark.parametrize(
    ("count", "n", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)],
)
def test_published_intervals(count, n, lower, upper):
    """Newcombe (1998), Statistics in Medicine 17, table I, method 3."""
    assert share_interval(count, n) == pytest.approx((lower, upper), abs=5e-5)
    assert share_interval(count, n) == pytest.approx(proportion_confint(count, n, 0.05, "wilson"), abs=1e-12)
    assert share_interval(n - count, n) == pytest.approx((1 - upper, 1 - lower), abs=5e-5)


def test_none_and_all_have_the_exact_limit_of_both_sides():
    lower, upper = proportion_confint(0, 60, 0.05, "beta")
    assert share_interval(0, 60) == pytest.approx((lower, upper))
    assert share_interval(60, 60) == pytest.approx((1 - upper, 1))
    assert share_interval(0, 60, confidence=0.8)[1] < upper


def test_clusters_make_fewer_of_respondents():
    assert share_interval(20, 100, design_effect=2) == pytest.approx(share_interval(10, 50))
    assert share_interval(0, 100, design_effect=2) == pytest.approx(share_interval(0, 50))
    assert share_interval(20, 100, design_effect=0.5) == share_interval(20, 100)
    few, many = (share_interval(20, 100, df=df) for df in (4, 1e6))
    assert few[1] - few[0] > many[1] - many[0]
    assert many == pytest.approx(share_interval(20, 100), abs=1e-5)


def test_copies_of_respondents_tell_nothing_more():
    seen = pd.Series(np.arange(60) % 4 == 0)
    copies, owner = pd.concat([seen] * 5, ignore_index=True), pd.Series(np.tile(np.arange(60), 5))
    alone, nested = clustered_share(seen, pd.Series(range(60))), clustered_share(copies, owner)
    assert nested == pytest.approx(alone, abs=0.003)
    blind = clustered_share(copies, None)
    assert blind[2] - blind[1] < 0.6 * (nested[2] - nested[1])
    assert clustered_share(copies & False, owner)[1:] == share_interval(0, 60)


@pytest.mark.parametrize(("count", "n"), [(-1, 5), (6, 5), (1.5, 5), (0, 0)])
def test_counts_that_cannot_be(count, n):
    with pytest.raises(BouwenError, match="cannot be"):
        share_interval(count, n)


@pytest.mark.parametrize("n", [60, 201])
@pytest.mark.parametrize("share", SHARES)
def test_coverage_of_respondents_who_are_strangers(n, share):
    """By the binomial distribution itself; 97.03 % at n = 60 and .05 is as near as whole numbers allow."""
    counts = np.arange(n + 1)
    limits = np.array([share_interval(int(k), n) for k in counts])
    covered = (limits[:, 0] <= share) & (share <= limits[:, 1])
    assert 0.93 <= binom.pmf(counts, n, share)[covered].sum() <= 0.9704


@pytest.mark.long
def test_coverage_of_respondents_in_clusters(runs, record):
    rows, reps = [], runs(1000)
    for n, clusters in ((60, 20), (201, 67), (201, 113)):
        own = pd.Series(np.arange(n) % clusters)
        for share in SHARES:
            for icc in (0.0, 0.1):
                rng = np.random.default_rng([n, clusters, round(100 * share), round(10 * icc)])
                hits = sum(covers(rng, own, clusters, share, icc) for _ in range(reps))
                rows.append((n, clusters, share, icc, reps, hits / reps))
    table = pd.DataFrame(rows, columns=["n", "clusters", "share", "icc", "runs", "coverage"]).set_index("n")
    record("theme-shares", table)
    error = 3 * np.sqrt(0.95 * 0.05 / reps)
    assert table["coverage"].between(0.93 - error, 0.975 + error).all()


def covers(rng, own, clusters, share, icc):
    """Whether the interval of one sample holds the share, beta-binomial within clusters."""
    own_share = np.full(clusters, share)
    if icc:
        spread = (1 - icc) / icc
        own_share = rng.beta(share * spread, (1 - share) * spread, clusters)
    _, lower, upper = clustered_share(pd.Series(rng.random(len(own)) < own_share[own]), own)
    return lower <= share <= upper


def study_of(folder, n, min_cell=10):
    study = study_with(folder, dict.fromkeys(map(str, range(n)), "Geld."))
    assert study.settings.min_cell == min_cell
    return study


def shares(study, seen, **options):
    found = bouwen.theme_prevalence(study, codes_of(study, seen), **options)
    return found, found.table().set_index(["level", "theme"])


@pytest.mark.parametrize(
    ("count", "told"), [(0, False), (9, False), (10, True), (11, True), (50, True), (51, False)]
)
def test_few_who_speak_and_few_who_do_not_are_not_told(tmp_path, count, told):
    study = study_of(tmp_path, 60)
    _, table = shares(study, {"money": range(count)})
    row = table.loc[("", "money")]
    assert np.isfinite(row["share"]) == told
    assert np.isfinite(row["ci_lower"]) == told
    assert row["n"] == 60
    none = table.loc[("", "rules")]
    if count < 10:  # none is not told apart from few
        assert row.equals(none)
        assert none["ci_upper"] == pytest.approx(rounded_up(share_interval(9, 60)[1], 60))
    if told:
        assert row["share"] == pytest.approx(count / 60, abs=0.026)
        assert row["ci_lower"] <= share_interval(count, 60)[0] + 1e-12
        assert row["ci_upper"] >= share_interval(count, 60)[1] - 1e-12


def test_a_level_of_few_cannot_be_found_from_the_others(tmp_path):
    """30 large with even numbers, 30 small: 15 and 5 speak of money, and 20 in all are told."""
    study = study_of(tmp_path, 60)
    seen = [*range(0, 30, 2), *range(1, 10, 2)]
    _, table = shares(study, {"money": seen, "rules": range(0, 60, 3)}, group="size")
    money, rules = (table.xs(theme, level="theme")["share"] for theme in ("money", "rules"))
    assert money.notna().to_dict() == {"": True, "small": False, "large": False}
    assert rules.notna().all()
    assert money[""] == pytest.approx(1 / 3, abs=0.026)
    with pytest.raises(BouwenError, match='no categorical background variable "siez"'):
        shares(study, {"money": seen}, group="siez")


@pytest.mark.parametrize(("shift", "told"), [(9, False), (10, True), (11, True)])
def test_two_themes_together_need_four_cells(tmp_path, shift, told):
    study = study_of(tmp_path, 60)
    found, _ = shares(study, {"money": range(30), "rules": range(shift, 30 + shift), "face": range(2)})
    pairs = found.together.set_index(["theme", "other"])["share"]
    assert np.isfinite(pairs[("rules", "money")]) == told
    assert np.isnan(pairs[("money", "face")])
    if told:
        assert pairs[("rules", "money")] == pytest.approx((30 - shift) / 60, abs=0.026)


def test_half_of_the_coders_are_enough_and_answers_count_together(tmp_path):
    study = study_of(tmp_path, 60)
    both = codes_of(study, {"money": range(30)})
    more = codes_of(study, {"money": range(20, 50), "rules": range(12)}, coder="bram")
    merged = type(both)(
        both.themes, pd.concat([both.marks, more.marks]), pd.concat([both.read, more.read], ignore_index=True)
    )
    table = bouwen.theme_prevalence(study, merged).table().set_index("theme")
    assert table.loc["money", "share"] == pytest.approx(50 / 60, abs=0.026)
    assert table.loc["rules", "share"] == pytest.approx(12 / 60, abs=0.026)


def test_the_level_of_the_study_is_that_of_the_intervals(tmp_path):
    study = study_of(tmp_path, 60)
    wide, narrow = (
        shares(study, {"money": range(24)}, confidence=c)[1].loc[("", "money")] for c in (0.99, 0.6)
    )
    assert wide["ci_lower"] < narrow["ci_lower"] <= narrow["share"] <= narrow["ci_upper"] < wide["ci_upper"]

"""How far coders agree: published figures, a second route, and where a theme is called tentative."""

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.themes.coders import FEWEST_DOUBLE, percentiles
from bouwen.themes.coefficients import NotRatings, ac1_of, alpha_of, kappa_of, rating_codes, rating_counts

_ = np.nan

#: Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, sections A, B and C. Section C is also
#: cac.raw4raters of Gwet's R package irrCAC.
BINARY = pd.DataFrame({"A": [0, 1, 0, 0, 0, 0, 0, 0, 1, 0], "B": [1, 1, 1, 0, 0, 1, 0, 0, 0, 0]})
LETTERS = pd.DataFrame({"A": list("aabbdcccedda"), "B": list("babbbccceddd")})
FOUR = pd.DataFrame(
    {
        "A": [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        "B": [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        "C": [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        "D": [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    }
)


def expanded(table: list[list[int]]) -> pd.DataFrame:
    """A row for each subject of a table of two raters."""
    cells = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return pd.DataFrame(cells, columns=["A", "B"])


#: cont3x3abstractors of irrCAC (Gwet 2014), and the paradox of kappa in Gwet (2008).
ABSTRACTORS = expanded([[13, 0, 0], [0, 20, 7], [0, 4, 56]])
PARADOX = expanded([[118, 5], [2, 0]])

#: Alpha, AC1 and kappa: what was printed, with as many decimals, and all digits of irrCAC for Python 0.4.4
#: (its categories given, since it counts a missing rating as one otherwise).
PUBLISHED = {
    "binary": (BINARY, (0.095, 0.310, 0.091), (0.095238095238, 0.310344827586, 0.090909090909)),
    "letters": (LETTERS, (0.692, None, None), (0.691964285714, 0.689655172414, 0.684210526316)),
    "four": (FOUR, (0.743, 0.77544, None), (0.743421052632, 0.775444068127, None)),
    "abstractors": (
        ABSTRACTORS,
        (0.7972585, 0.8493305, 0.7964094),
        (0.797258497731, 0.849330548231, 0.796409402184),
    ),
    "paradox": (PARADOX, (None, 0.9408, -0.0234), (-0.024691358025, 0.940776337609, -0.023391812865)),
}
COEFFICIENTS = (bouwen.krippendorff_alpha, bouwen.gwet_ac1, bouwen.cohen_kappa)


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_figures(name):
    ratings, printed, exact = PUBLISHED[name]
    for coefficient, rounded, value in zip(COEFFICIENTS, printed, exact, strict=True):
        found = coefficient(ratings)
        if value is not None:
            assert found == pytest.approx(value, abs=1e-6)
        if rounded is not None:
            assert found == pytest.approx(rounded, abs=0.5001 * 10 ** -len(str(rounded).split(".")[1]))


@pytest.mark.parametrize("name", PUBLISHED)
def test_weights_are_copies_of_answers(name):
    """What draws use, by closed forms, is what the package and the plain formulas find in repeated rows."""
    ratings = PUBLISHED[name][0]
    rng = np.random.default_rng(3)
    weights = rng.multinomial(len(ratings), np.full(len(ratings), 1 / len(ratings)), size=6).astype(float)
    codes, q = rating_codes(ratings)
    counts = rating_counts(codes, q)
    for row, alpha, kappa in zip(
        weights, alpha_of(counts, weights), kappa_of(codes, q, weights), strict=True
    ):
        copies = ratings.loc[np.repeat(ratings.index, row.astype(int))].reset_index(drop=True)
        assert bouwen.krippendorff_alpha(copies) == pytest.approx(alpha, abs=1e-12, nan_ok=True)
        assert bouwen.cohen_kappa(copies) == pytest.approx(kappa, abs=1e-12, nan_ok=True)
    full = copies.assign(A=ratings["A"], B=ratings["B"])  # every category is there
    assert bouwen.gwet_ac1(full) == pytest.approx(
        ac1_of(rating_counts(*rating_codes(full)), np.ones((1, len(full))))[0]
    )


def test_ac1_of_two_coders_by_hand():
    """pₐ = 3/4, and 5 of the 8 marks are a yes."""
    ratings = pd.DataFrame({"a": [1, 1, 0, 0], "b": [1, 1, 0, 1]})
    share = 5 / 8
    chance = 2 * share * (1 - share)
    assert bouwen.gwet_ac1(ratings) == pytest.approx((0.75 - chance) / (1 - chance))


def test_kappa_of_three_coders_is_the_mean_over_pairs():
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.integers(0, 2, (40, 3)), columns=list("abc")).astype(float)
    table.loc[:4, "c"] = np.nan
    pairs = [bouwen.cohen_kappa(table[[*pair]]) for pair in ("ab", "ac", "bc")]
    assert bouwen.cohen_kappa(table) == pytest.approx(np.mean(pairs))


def coded(n: int, share: float = 0.4, errors: float = 0.05, seed: int = 2) -> pd.DataFrame:
    """Two coders of n answers who each err now and then."""
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < share
    return pd.DataFrame({c: truth ^ (rng.random(n) < errors) for c in ("anna", "bram")}).astype(float)


@pytest.mark.parametrize("n", [FEWEST_DOUBLE - 1, FEWEST_DOUBLE, FEWEST_DOUBLE + 1])
def test_a_theme_is_tentative_below_so_many_answers_read_twice(n):
    table = coded(n)
    more = pd.concat([table, table.assign(bram=np.nan)], ignore_index=True)  # read once: does not count
    row = bouwen.coder_agreement({"rules": more}, draws=200).table().iloc[0]
    assert row["double_coded"] == n
    assert row["alpha_ci_lower"] > 0.60
    assert row["tentative"] == (n < FEWEST_DOUBLE)


def test_a_theme_is_tentative_where_coders_may_agree_too_little():
    row = bouwen.coder_agreement({"rules": coded(400, errors=0.12)}, draws=400).table().iloc[0]
    assert row["alpha_ci_lower"] < 0.60 < row["alpha_ci_upper"]
    assert row["tentative"]


def test_a_theme_that_nobody_saw_has_no_alpha_and_is_tentative():
    row = bouwen.coder_agreement({"rules": coded(300) * 0}, draws=50).table().iloc[0]
    assert np.isnan(row["alpha"])
    assert np.isnan(row["kappa"])
    assert np.isnan(row["alpha_ci_lower"])
    assert row["ac1"] == 1
    assert row["tentative"]


def test_intervals_are_those_of_their_level_seed_and_number():
    table = {"rules": coded(120), "money": coded(120, seed=5)}
    wide, narrow = (bouwen.coder_agreement(table, confidence=c).table() for c in (0.95, 0.8))
    for name in ("alpha", "ac1", "kappa"):
        assert (wide[f"{name}_ci_lower"] < narrow[f"{name}_ci_lower"]).all()
        assert (wide[f"{name}_ci_upper"] > narrow[f"{name}_ci_upper"]).all()
        assert (wide[name] == narrow[name]).all()
    again, other = (bouwen.coder_agreement(table, seed=s).table() for s in (1, 2))
    pd.testing.assert_frame_equal(wide, again)
    assert (again["alpha_ci_lower"] != other["alpha_ci_lower"]).all()


def test_the_error_of_alpha_is_its_spread_over_samples():
    found = [bouwen.krippendorff_alpha(coded(150, seed=s)) for s in range(300)]
    row = bouwen.coder_agreement({"rules": coded(150, seed=7)}).table().iloc[0]
    width = row["alpha_ci_upper"] - row["alpha_ci_lower"]
    assert width == pytest.approx(2 * 1.96 * np.std(found), rel=0.35)


def test_draws_take_respondents_with_all_their_answers():
    """Five copies of every answer tell no more than one."""
    table = coded(60)
    copies = pd.concat([table] * 5, ignore_index=True)
    owner = pd.Series(np.tile(np.arange(60), 5))
    one = bouwen.coder_agreement({"rules": table}).table().iloc[0]
    five = bouwen.coder_agreement({"rules": copies}, respondents=owner).table().iloc[0]
    blind = bouwen.coder_agreement({"rules": copies}).table().iloc[0]
    width = [x["ac1_ci_upper"] - x["ac1_ci_lower"] for x in (one, five, blind)]
    assert width[1] == pytest.approx(width[0], rel=0.02)
    assert width[2] < 0.6 * width[0]


def test_percentiles_need_more_than_half_of_the_draws():
    half, more = np.array([0.1, 0.2, _, _]), np.array([0.1, 0.2, 0.3, _, _])
    assert np.isnan(percentiles(half, 0.95)).all()
    assert percentiles(more, 0.5) == pytest.approx((0.15, 0.25))


def test_who_disagrees_about_what():
    table = pd.DataFrame(
        {"anna": [1, 1, 0, _], "bram": [1, 0, 0, 1], "cleo": [_, 0, 1, 1]}, index=["p1", "p2", "p3", "p4"]
    )
    found = bouwen.coder_agreement({"rules": table}, draws=20)
    counts = found.pairs.set_index(["coder", "other"])[
        ["answers", "both", "only_coder", "only_other", "neither"]
    ]
    assert counts.loc[("anna", "bram")].tolist() == [3, 1, 1, 0, 1]
    assert counts.loc[("anna", "cleo")].tolist() == [2, 0, 1, 1, 0]
    assert counts.loc[("bram", "cleo")].tolist() == [3, 1, 0, 1, 1]
    disputed = bouwen.coder_disagreements({"rules": table})
    assert disputed.to_numpy().tolist() == [
        ["rules", "p2", "anna", "bram, cleo"],
        ["rules", "p3", "cleo", "anna, bram"],
    ]
    assert "p2" not in repr(found) + found._repr_html_()


@pytest.mark.parametrize(
    ("ratings", "said"),
    [
        ({}, "by theme are missing"),
        (coded(5), "by theme are missing"),
        ({"rules": [1, 0]}, "are no table but list"),
        ({"rules": coded(5)[["anna"]]}, "need two coders, found 1"),
        ({"rules": coded(5) + 1}, 'of "rules" hold 1 other values than 1, 0 and nothing|2 other values'),
        ({"rules": coded(5).assign(bram=_)}, "no answer that two coders read"),
        ({"rules": coded(0)}, "no answer that two coders read"),
    ],
)
def test_what_are_no_ratings_is_refused(ratings, said):
    with pytest.raises(NotRatings, match=said):
        bouwen.coder_agreement(ratings if not isinstance(ratings, pd.DataFrame) else [ratings])
    if isinstance(ratings, dict):
        with pytest.raises(NotRatings, match=said):
            bouwen.coder_disagreements(ratings)


def test_an_answer_without_a_respondent_is_refused():
    with pytest.raises(NotRatings, match="hold 1 answers without a respondent"):
        bouwen.coder_agreement({"rules": coded(5)}, respondents=pd.Series(range(4)))

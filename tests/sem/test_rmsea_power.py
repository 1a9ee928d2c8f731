"""Closed-form power of RMSEA tests against semTools and the table of MacCallum, Browne & Sugawara (1996)."""

import pytest
from numpy.testing import assert_allclose
from references import read_values

from bouwen.checks import NotACount, NotAShare
from bouwen.sem import UnknownOption, rmsea_power, rmsea_sample_size

SEMTOOLS = read_values("semtools/rmsea_power")
# Table 4 of the paper: fewest respondents for a power of .80 of the test of close fit (.05 against .08).
MACCALLUM = {
    2: 3488,
    4: 1807,
    6: 1238,
    8: 954,
    10: 782,
    12: 666,
    14: 585,
    20: 435,
    30: 314,
    50: 214,
    100: 132,
}


def test_power_is_that_of_semtools():
    ours = [rmsea_power(r["df"], r["n"], rmsea0=r["rmsea0"], rmsea=r["rmseaA"]) for r in SEMTOOLS["power"]]
    assert_allclose(ours, [r["power"] for r in SEMTOOLS["power"]], rtol=0, atol=1e-11)


def test_power_over_groups_is_that_of_semtools():
    ours = [rmsea_power(r["df"], r["n"], groups=r["groups"]) for r in SEMTOOLS["groups"]]
    assert_allclose(ours, [r["power"] for r in SEMTOOLS["groups"]], rtol=0, atol=1e-11)


def test_sample_sizes_are_those_of_semtools():
    for r in SEMTOOLS["n"]:
        ours = rmsea_sample_size(r["df"], power=r["power"], rmsea0=r["rmsea0"], rmsea=r["rmseaA"])
        assert ours == r["n"], r


@pytest.mark.parametrize(("df", "n"), MACCALLUM.items())
def test_sample_sizes_are_those_of_the_paper(df, n):
    assert rmsea_sample_size(df) == pytest.approx(n, rel=0.003)  # the paper's search stopped near enough


def test_a_true_hypothesis_is_rejected_at_alpha():
    for rmsea0 in (0.0, 0.05):
        assert rmsea_power(20, 200, rmsea0=rmsea0, rmsea=rmsea0, alpha=0.1) == pytest.approx(0.1, abs=1e-10)


def test_what_cannot_be_reached_is_refused():
    with pytest.raises(UnknownOption, match="other than"):
        rmsea_sample_size(10, rmsea=0.05)
    with pytest.raises(NotACount, match="df"):
        rmsea_power(0, 100)
    with pytest.raises(NotACount, match="groups=0"):
        rmsea_power(10, 100, groups=0)
    with pytest.raises(NotACount, match="n=-5"):
        rmsea_power(10, -5)
    with pytest.raises(NotAShare):
        rmsea_power(10, 100, alpha=2)


@pytest.mark.parametrize("groups", [1, 2, 5])
@pytest.mark.parametrize("rmsea", [0.02, 0.09])
def test_one_respondent_less_has_less_power_than_asked(groups, rmsea):
    asked = {"rmsea0": 0.05, "rmsea": rmsea, "alpha": 0.1, "groups": groups}
    n = rmsea_sample_size(12, power=0.7, **asked)
    assert rmsea_power(12, n, **asked) >= 0.7 > rmsea_power(12, n - 1, **asked)

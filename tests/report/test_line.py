"""A fit in one line, beside what lavaan prints of it."""

import pytest
from references import read_data

import bouwen
from bouwen.errors import BouwenError
from bouwen.words import UnknownLanguage

THREE = "visual =~ x1 + x2 + x3\ntextual =~ x4 + x5 + x6\nspeed =~ x7 + x8 + x9"


@pytest.fixture(scope="module")
def pupils():
    return read_data("holzinger")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "χ²(24) = 85.31, p < .001, CFI = .931, RMSEA = .092 [.071, .114], SRMR = .065"),
        ("nl", "χ²(24) = 85,31; p < ,001; CFI = ,931; RMSEA = ,092 [,071; ,114]; SRMR = ,065"),
    ],
)
def test_the_textbook_example_as_it_is_printed_everywhere(pupils, language, line):
    """Rosseel (2012), lavaan, section 4: 85.306, 24, 0.931, 0.092 [0.071, 0.114], 0.065."""
    found = bouwen.report_line(bouwen.fit_sem(THREE, pupils), language)
    assert found.replace("\xa0", " ") == line  # an interval stays on one line


def test_variants_are_named(pupils):
    line = bouwen.report_line(bouwen.fit_sem(THREE, pupils, estimator="MLR"))
    assert line.startswith("scaled χ²(24) = 87.13, p < .001, robust CFI = .930, robust RMSEA = .092 [")
    assert line.endswith("], SRMR = .065")
    ordered = pupils[[f"x{k}" for k in range(1, 10)]].rank().floordiv(76)
    line = bouwen.report_line(bouwen.fit_sem(THREE, ordered, ordered=True, estimator="WLSMV"))
    assert line.startswith("scaled χ²(24) = ")
    assert "robust CFI = " in line


def test_what_a_fit_lacks_is_left_out(pupils):
    one = bouwen.fit_sem("visual =~ x1 + x2 + x3", pupils)
    assert bouwen.report_line(one) == "The model has as many parameters as moments and fits by necessity."
    assert bouwen.report_line(one, "nl").startswith("Het model")


def test_no_number_passes_for_zero_or_keeps_a_zero_that_it_need_not(pupils):
    line = bouwen.report_line(bouwen.fit_sem("visual =~ x1 + x2 + x3\nx1 ~~ 0.55*x1", pupils))
    assert "0." not in line.split("CFI")[1]
    assert "= .000" not in line.split("CFI")[0]


def test_wrong_use_is_one_sentence(pupils):
    with pytest.raises(BouwenError, match="fit"):
        bouwen.report_line(pupils)
    with pytest.raises(UnknownLanguage):
        bouwen.report_line(bouwen.fit_sem(THREE, pupils), "xx")

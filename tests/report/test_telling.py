"""What chapters tell reads as the language has it."""

import pytest

from bouwen.report.telling import say


@pytest.mark.parametrize(("value", "expected"), [(201, "201"), (0.666, "0,67"), (["a", "b"], "a en b")])
def test_what_is_told_in_dutch(value, expected):
    assert say(value, "nl") == expected

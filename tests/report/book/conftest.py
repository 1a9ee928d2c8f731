"""The miniature study, for what is done with it before its book is built."""

import pytest

from bouwen.survey import read_study


@pytest.fixture
def study(mini):
    return read_study("data/mini/study.yml")

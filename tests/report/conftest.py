"""The studies of the repository, whose findings the report shows."""

import pytest


@pytest.fixture
def study(each_study):
    return each_study

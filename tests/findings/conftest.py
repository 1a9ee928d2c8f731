"""The three studies, read once."""

import pytest

import bouwen


@pytest.fixture(scope="session")
def providers():
    return bouwen.read_study("data/providers/study.yml")


@pytest.fixture(scope="session")
def municipalities():
    return bouwen.read_study("data/municipalities/study.yml")


@pytest.fixture(scope="session")
def reputation():
    return bouwen.read_study("data/reputation/study.yml")


@pytest.fixture(params=["providers", "municipalities", "reputation"])
def study(request):
    return request.getfixturevalue(request.param)

"""The study of six respondents in `coded`, read."""

import pytest
from coded import ANSWERS, study_with


@pytest.fixture
def study(tmp_path):
    return study_with(tmp_path / "study", ANSWERS)

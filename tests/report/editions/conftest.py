"""The miniature study whose answers change, for what is published of it."""

import pytest
from editions import Published


@pytest.fixture
def published(mini):
    return Published(mini / "data" / "mini")

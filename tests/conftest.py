"""What every test leaves behind it."""

import sys

import pytest


@pytest.fixture(autouse=True)
def _no_open_figures():
    """Close the figures that a test drew: matplotlib warns when they pile up."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")

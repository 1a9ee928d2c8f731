"""What ``import bouwen`` offers, and what it costs."""

import subprocess
import sys

import bouwen


def test_public_names():
    assert sorted(bouwen.__all__) == dir(bouwen)
    for name in bouwen.__all__:
        assert getattr(bouwen, name) is not None


def test_importing_loads_nothing_heavy():
    heavy = {
        "pandas",
        "numpy",
        "plotnine",
        "statsmodels",
        "semopy",
        "factor_analyzer",
        "great_tables",
        "matplotlib",
    }
    code = "import sys, bouwen, bouwen.cli; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not heavy & set(loaded)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(bouwen, "no_such_name")

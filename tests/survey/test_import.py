"""Importing the room loads no reader of a file format."""

from __future__ import annotations

import subprocess
import sys


def test_formats_are_loaded_when_they_are_read():
    heavy = {"openpyxl", "pyreadstat", "statsmodels", "plotnine"}
    code = f"import bouwen.survey, sys; print(*({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

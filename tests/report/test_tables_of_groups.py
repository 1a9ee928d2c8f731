"""Differences between groups as a table tells them, cell by cell from figures made by hand."""

from __future__ import annotations

import html
import re

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen import tables
from bouwen.groups import GroupComparison
from bouwen.groups.comparing import COMPARISON_COLUMNS


def comparison():
    ladders = None  # a table asks for none
    gone, sizes = np.nan, (40, 50)
    rows = [
        ("latent mean", "comp", "prepaid", "contract", "Welch", -0.456, -0.9, -0.011, 0.001, 0.0314, 0.3,
         0.62, "full", *sizes, "different"),
        ("latent mean", "like", "contract", "rest", "Welch", *(gone,) * 5, 0.3, gone,
         "fails: like_1", *sizes, "not comparable"),
        ("path", "comp -> loyalty", "prepaid", "contract", "SAM", 0.1, -0.4, 0.6, 0.5, 1.0, 0.2, 0.7,
         "full", *sizes, "cannot tell"),
    ]  # fmt: skip
    rows = pd.DataFrame(rows, columns=COMPARISON_COLUMNS)
    return GroupComparison("plan", ("prepaid", "contract"), (), rows, {"path": 1}, ladders, False, 0.95, 0.3)


def cells(table):
    body = table.as_raw_html().split("</style>")[-1]
    return [html.unescape(x.strip()) for x in re.sub(r"<[^>]+>", "\0", body).split("\0") if x.strip()]


def test_every_cell_of_a_kind():
    found = cells(tables.compared(comparison()))
    assert found[:7] == ["Group", "Against", "Gap", "95% interval", "p, adjusted", "Detectable", "Verdict"]
    assert found[7:15] == [
        "comp", "prepaid", "contract", "−0.46", "[−0.90,\u00a0−0.01]", "0.031", "0.62", "different",
    ]  # fmt: skip
    assert found[15:18] == ["like", "contract", "all others"]
    assert found[22] == "not comparable"
    paths = cells(tables.compared(comparison(), kind="path"))
    assert "comp → loyalty" in paths
    assert "cannot tell" in paths
    assert "like" not in paths


def test_readers_of_another_language_and_other_kinds():
    found = cells(tables.compared(comparison(), language="nl"))
    assert "alle anderen" in found
    assert "verschillend" in found
    with pytest.raises(bouwen.BouwenError, match="score"):
        tables.compared(comparison(), kind="score")

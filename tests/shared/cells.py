"""The cells of a table as a reader sees them, and what should stand in them."""

from __future__ import annotations

import html
import re

import numpy as np
import pandas as pd


def grid(table):
    """Heads, and rows of cells; a heading between rows is a row of one cell."""
    body = table.as_raw_html().split("</style>")[-1]

    def texts(part, tag):
        found = re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", part, re.DOTALL)
        return [html.unescape(re.sub(r"<[^>]+>", "", text)).strip().replace("\xa0", " ") for text in found]

    heads = texts(body.split("<tbody")[0], "th")
    rows = [
        texts(row, "t[dh]")
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body.split("<tbody")[1].split("</tbody>")[0], re.DOTALL)
    ]
    return heads, rows


def text(value, digits=2):
    """A number as an English table has it."""
    if not np.isfinite(value):
        return "–"
    shown = f"{value:,.{digits}f}".replace("-", "−")
    return shown.lstrip("−") if float(f"{value:.{digits}f}") == 0 else shown


def between(low, high, digits=2):
    return f"[{text(low, digits)}, {text(high, digits)}]"


def rmsea(value, low, high):
    return f"{text(value, 3)} {between(low, high, 3)}"


def pvalue(p):
    return "<0.001" if p < 0.0005 else text(p, 3)


def unlike(columns, rows=3, seed=1):
    """A frame in which no two cells are alike."""
    values = np.random.default_rng(seed).permutation(np.arange(10, 10 + rows * len(columns))) / 100
    return pd.DataFrame(values.reshape(rows, len(columns)), columns=columns)

"""Whoever reads the table of items and the figure of answers recovers no count that is not shown.

After attacks on the default book, in which moments to two decimals gave away all 44 distributions of answers,
26 counts of missing answers, and 43 answers of the one respondent by whom two editions differed. They read
what is printed and know the number of respondents, not the rules behind it.
"""

import html
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.report import tables
from bouwen.report.plots.bars import answer_bars
from bouwen.scales.items import describe
from bouwen.survey import share_step


def agrees(text, shares, step):
    """Whether shares may be printed so."""
    if text == "–":
        return np.ones(len(shares), dtype=bool)
    share = float(text.strip("<>%")) / 100
    return shares < share if text.startswith("<") else np.abs(shares - share) <= step / 2 + 1e-9


def near(text, values):
    """Whether moments may be printed so."""
    if text == "–":
        return np.ones(len(values), dtype=bool)
    digits = len(text.partition(".")[2])
    return np.abs(values - float(text.replace("−", "-"))) <= 0.5 * 10.0**-digits + 1e-9


def ways(*choices):
    """Every way to take one of each."""
    if not choices:
        return np.zeros((1, 0), dtype=int)
    return np.stack(np.meshgrid(*choices, indexing="ij"), axis=-1).reshape(-1, len(choices))


def distributions(n, drawn, row):
    """All counts of five answers that agree with the figure and the table; the last column is the missing."""
    missing, mean, sd, skew, kurtosis, floor, ceiling = row
    found, few, step = [], np.arange(n + 1), share_step(n)
    shown = [k for k in range(5) if drawn[k]]
    gone = [k for k in range(5) if not drawn[k]]
    most = max(shown, key=lambda j: drawn[j])
    beside = {k: min((j for j in shown if k < j <= 2), default=most) for k in gone if k <= 2}
    beside |= {k: max((j for j in shown if 2 <= j < k), default=most) for k in gone if k > 2}
    for m in few[:-1][agrees(missing, few[:-1] / n, step)]:
        given = n - m
        widths = [step / 2 + 1e-9 if share else 0 for share in drawn]
        sums = ways(*(few[np.abs(few / given - s) <= w] for s, w in zip(drawn, widths, strict=True)))
        sums = sums[sums.sum(axis=1) == given]
        rare = ways(*[range(25)] * len(gone))
        moved = np.zeros((len(rare), 5), dtype=int)
        for k, column in zip(gone, rare.T, strict=True):
            moved[:, k] += column
            moved[:, beside[k]] -= column
        split = (sums[:, None] + moved[None]).reshape(-1, 5)
        split = split[(split >= 0).all(axis=1)]
        found.append(np.column_stack([split, np.full(len(split), m)]))
    counts = np.vstack(found)
    x, v = counts[:, :5].astype(float), np.arange(1, 6.0)
    given = x.sum(axis=1)
    means = x @ v / given
    away = v - means[:, None]
    m2, m3, m4 = ((x * away**power).sum(axis=1) / given for power in (2, 3, 4))
    spread = np.sqrt(m2 * given / (given - 1)).clip(1e-9)
    same = (x >= 0).all(axis=1) & near(mean, means) & near(sd, spread)
    same &= near(skew, m3 / spread**3) & near(kurtosis, m4 / spread**4 - 3)
    same &= agrees(floor, x[:, 0] / given, step) & agrees(ceiling, x[:, 4] / given, step)
    return counts[same]


def published(study, items):
    """By item, what the figure draws and the table prints."""
    described = {item: describe(study.responses[item], 1, 5) for item in items}
    of = {item: study.instrument.construct_of(item) for item in items}
    found = pd.DataFrame.from_dict(described, orient="index").assign(construct=of)
    shown = tables.items(study, found).as_raw_html()
    rows = [html.unescape(part.split("<")[0]).strip() for part in re.split(r"<td[^>]*>", shown)[1:]]
    bars, at = answer_bars(study, dict.fromkeys(of.values())), {}
    for item in items:
        start = next(i for i, text in enumerate(rows) if text.split(" ")[0] == item)
        at[item] = bars.loc[bars["item"] == item, "share"].tolist(), rows[start + 1 : start + 8]
    return at


@pytest.fixture(scope="module")
def study():
    """The default study."""
    return bouwen.read_study("data/providers/study.yml", language="en")


def truth(study, item):
    """Counts by answer, and missing ones."""
    counts = study.responses[item].value_counts().reindex(range(1, 6), fill_value=0)
    return [*map(int, counts), int(study.responses[item].isna().sum())]


SOME = ["integrity1", "autonomy3"]
EVERY = pytest.param(None, marks=pytest.mark.long)


@pytest.mark.parametrize("items", [SOME, EVERY])
def test_no_small_count_of_an_item_is_recovered(study, items):
    items = items or list(study.items)
    shown, attacked = published(study, items), 0
    for item in items:
        found, true = distributions(len(study.responses), *shown[item]), truth(study, item)
        assert true in found.tolist(), item
        for k, count in enumerate(true):
            if count < study.settings.min_cell:
                attacked += 1
                assert np.ptp(found[:, k]) >= study.settings.min_width - 1, (item, k)
    assert attacked > 1


@pytest.mark.long
def test_small_studies_with_rare_answers_and_gaps_give_no_small_count_away(study, runs):
    rng, item, attacked = np.random.default_rng(5), study.items[0], 0
    for _ in range(runs(200)):
        n = int(rng.integers(30, 200))
        shares = rng.dirichlet(rng.choice([0.3, 1, 3], 5)) * (1 - rng.choice([0, 0.02, 0.2]))
        answers = rng.choice([1, 2, 3, 4, 5, np.nan], n, p=[*shares, max(0.0, 1 - shares.sum())])
        responses = study.responses.iloc[:n].assign(**{item: answers})
        small = replace(study, responses=responses)
        drawn, row = published(small, [item])[item]
        if not any(drawn) or set(row) == {"–"}:
            continue
        found, true = distributions(n, drawn, row), truth(small, item)
        assert true in found.tolist()
        for k in [k for k in range(6) if true[k] < study.settings.min_cell]:
            attacked += 1
            assert np.ptp(found[:, k]) >= study.settings.min_width - 1, (true, row)
    assert attacked > 20


@pytest.mark.parametrize("items", [SOME, EVERY])
def test_two_editions_give_hardly_an_answer_of_who_came_between(study, items):
    """A rounded figure that moves tells the answer that moved it; of 44 answers at most one in ten does."""
    items, n = items or list(study.items), len(study.responses)
    before = replace(study, responses=study.responses.iloc[:-1])
    first, second = published(before, items), published(study, items)
    certain = 0
    for item in items:
        old = set(map(tuple, distributions(n - 1, *first[item]).tolist()))
        new = distributions(n, *second[item])
        steps = np.eye(6, dtype=int)
        possible = [k for k in range(6) if any(tuple(row) in old for row in (new - steps[k]).tolist())]
        certain += len(possible) == 1
    assert certain <= len(items) / 10

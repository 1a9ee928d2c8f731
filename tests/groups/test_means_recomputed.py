"""Means, tests and correlations of groups, worked out anew from the answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.groups import group_means, group_tests, outcome_correlations

GROUP = "municipality_size"


def with_settings(study, **settings):
    return replace(
        study, file=study.file.model_copy(update={"settings": study.settings.model_copy(update=settings)})
    )


@pytest.fixture(scope="module", params=[0.95, 0.8])
def study(request):
    return with_settings(bouwen.read_study("data/providers/study.yml"), confidence=request.param)


def scored(study):
    """Mean scores from raw answers: reversed ones turned, half of the items answered."""
    found = {}
    for construct in study.constructs:
        items = list(study.items_of(construct))
        columns = []
        for item in items:
            scale = study.instrument.scale_of(item)
            answers = study.responses[item]
            turned = study.instrument.items[item].reversed
            columns.append(scale.lowest + scale.highest - answers if turned else answers)
        frame = pd.concat(columns, axis=1)
        enough = frame.notna().sum(axis=1) * 2 >= len(items)
        found[construct] = frame.mean(axis=1)[enough].reindex(frame.index)
    return pd.DataFrame(found)


def test_means_of_every_level(study):
    scores, found = scored(study), group_means(study, GROUP)
    sizes = study.responses[GROUP].value_counts()
    levels = [level for level in study.levels(GROUP) if sizes[level] >= study.settings.min_group]
    expected = [(construct, level) for construct in study.constructs for level in levels]
    assert list(zip(found["construct"], found["level"], strict=True)) == expected
    for row in found.itertuples():
        values = scores.loc[study.responses[GROUP] == row.level, row.construct].dropna().to_numpy()
        n, mean, sd = len(values), values.mean(), values.std(ddof=1)
        half = stats.t.ppf((1 + study.settings.confidence) / 2, n - 1) * sd / np.sqrt(n)
        assert row.n == n
        assert_allclose([row.mean, row.sd, row.ci_lower, row.ci_upper], [mean, sd, mean - half, mean + half])


def test_tests_stand_in_the_order_of_the_questionnaire(study):
    tests = group_tests(study, GROUP)
    assert list(tests.index) == list(study.constructs)
    assert (tests["omega_squared"] >= 0).all()
    weak = tests["f"] < 1
    assert (tests.loc[weak, "omega_squared"] == 0).all()
    order = tests["pvalue"].sort_values()
    corrected = np.minimum(1, np.maximum.accumulate(order * np.arange(len(order), 0, -1)))
    assert_allclose(tests["pvalue_holm"], corrected[tests.index])


def test_correlations_with_the_outcome(study):
    scores, found = scored(study), outcome_correlations(study)
    assert list(found.index) == [c for c in study.constructs if c != study.outcome]
    for construct, row in found.iterrows():
        pair = scores[[construct, study.outcome]].dropna()
        r, n = np.corrcoef(pair.T)[0, 1], len(pair)
        half = stats.norm.ppf((1 + study.settings.confidence) / 2) / np.sqrt(n - 3)
        assert row["n"] == n
        assert_allclose(
            [row["r"], row["ci_lower"], row["ci_upper"]],
            [r, np.tanh(np.arctanh(r) - half), np.tanh(np.arctanh(r) + half)],
        )


@pytest.mark.parametrize("what", ["construct", "outcome"])
def test_one_answer_throughout_has_no_correlation(study, what):
    name = study.constructs[0] if what == "construct" else study.outcome
    constant = study.responses.assign(**dict.fromkeys(study.items_of(name), 3.0))
    found = outcome_correlations(replace(study, responses=constant))
    if what == "outcome":
        assert found.empty
    else:
        assert list(found.index) == [c for c in study.constructs if c not in (name, study.outcome)]

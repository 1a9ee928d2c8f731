"""Means, tests and correlations of groups, worked out anew from the answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from nested import independent
from numpy.testing import assert_allclose
from scipy import stats

import bouwen
from bouwen.groups import group_means, group_tests, outcome_correlations
from bouwen.scales import correlation_interval, mean_estimate, means_test

GROUP = "municipality_size"


def with_settings(study, **settings):
    return replace(
        study, file=study.file.model_copy(update={"settings": study.settings.model_copy(update=settings)})
    )


@pytest.fixture(scope="module", params=[0.95, 0.8])
def study(request):
    found = independent(bouwen.read_study("data/providers/study.yml"))
    return with_settings(found, confidence=request.param)


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


def test_nested_respondents_have_errors_of_clusters(study):
    """Means, tests and correlations of a study whose respondents share municipalities."""
    nested = replace(study, file=study.file.model_copy(update={"cluster": None}))
    scores, clusters, level = scored(nested), nested.clusters, nested.settings.confidence
    found, plain = group_means(nested, GROUP), group_means(study, GROUP)
    pd.testing.assert_frame_equal(found.iloc[:, :5], plain.iloc[:, :5])
    for row in found.itertuples():
        own = scores.loc[nested.responses[GROUP] == row.level, row.construct]
        assert_allclose((row.ci_lower, row.ci_upper), mean_estimate(own, clusters).interval(level))
    levels = list(found["level"].unique())
    tests = group_tests(nested, GROUP)
    for construct, row in tests.iterrows():
        test = means_test(scores[construct], nested.responses[GROUP], levels, clusters)
        assert_allclose(
            row[["f", "df1", "df2", "pvalue"]].astype(float), [test.f, test.df1, test.df2, test.pvalue]
        )
    for construct, row in outcome_correlations(nested).iterrows():
        expected = correlation_interval(scores[construct], scores[nested.outcome], level, clusters)
        assert_allclose(row[["r", "ci_lower", "ci_upper"]], expected)
    assert (group_tests(study, GROUP)["df2"] != tests["df2"]).all()

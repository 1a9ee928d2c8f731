"""Levels and pairs of answers below, at and above the smallest that get figures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_array_equal

import bouwen
from bouwen.groups import (
    group_means,
    group_tests,
    outcome_correlations,
    permutation_invariance,
    study_invariance,
)

LEAST, ENOUGH = 5, 9
GROUP = "procurement_variant"


@pytest.fixture(scope="module")
def study():
    """Answers in turns, sixty respondents, in the first two levels of the group."""
    read = bouwen.read_study("data/providers/study.yml")
    settings = read.settings.model_copy(update={"min_cell": LEAST, "min_group": ENOUGH})
    responses = read.responses.iloc[:60].copy()
    responses[list(read.items)] = responses[list(read.items)].fillna(2)
    return replace(read, file=read.file.model_copy(update={"settings": settings}), responses=responses)


def sized(study, last):
    first, second, third = study.levels(GROUP)
    levels = [third] * last + [second] * 20
    levels += [first] * (60 - len(levels))
    group = pd.Categorical(levels, list(study.levels(GROUP)))
    return replace(study, responses=study.responses.assign(**{GROUP: group}))


@pytest.mark.parametrize("size", [ENOUGH - 1, ENOUGH, ENOUGH + 1])
def test_a_level_needs_min_group_respondents(study, size):
    here = sized(study, size)
    levels = here.levels(GROUP)[: 3 if size >= ENOUGH else 2]
    means = group_means(here, GROUP)
    assert list(means["level"].unique()) == list(levels)
    assert (group_tests(here, GROUP)["df1"] == len(levels) - 1).all()
    if size >= ENOUGH:
        assert (means.loc[means["level"] == levels[2], "n"] == size).all()


@pytest.mark.parametrize("size", [ENOUGH - 1, ENOUGH])
def test_levels_of_an_invariance_ladder_need_min_group_respondents(study, size):
    here = sized(study, size)
    found = study_invariance(here, GROUP, model="contact")
    first, second, third = here.levels(GROUP)
    assert found.levels == ((first, second, third) if size >= ENOUGH else (first, second))
    assert found.left_out == (() if size >= ENOUGH else (third,))


def test_shuffles_follow_the_seed_of_the_study(study):
    def drawn(seed):
        settings = study.settings.model_copy(update={"seed": seed})
        here = replace(study, file=study.file.model_copy(update={"settings": settings}))
        found = study_invariance(sized(here, 12), GROUP, model="contact", draws=3)
        return found.permutations, found.invariance

    found, ladder = drawn(7)
    assert_array_equal(found.drawn, permutation_invariance(ladder, 3, seed=7).drawn)
    assert (found.drawn != drawn(8)[0].drawn).any()


@pytest.mark.parametrize("answered", [1, LEAST - 1, LEAST, LEAST + 1])
def test_a_scale_needs_min_cell_answers_within_a_level(study, answered):
    here = sized(study, 12)
    responses = here.responses.copy()
    construct = here.constructs[0]
    items = list(here.items_of(construct))
    responses.loc[responses.index[answered:12], items] = np.nan
    means = group_means(replace(here, responses=responses), GROUP).set_index(["construct", "level"])
    place = (construct, here.levels(GROUP)[2])
    assert (place in means.index) == (answered >= LEAST)
    if answered >= LEAST:
        assert means.loc[place, "n"] == answered
    assert means.loc[(here.constructs[1], place[1]), "n"] == 12


@pytest.mark.parametrize("least", [2, LEAST])
@pytest.mark.parametrize("answered", [3, 4, 5, 6])
def test_a_correlation_needs_min_cell_answers_and_four(study, least, answered):
    settings = study.settings.model_copy(update={"min_cell": least})
    file = study.file.model_copy(update={"settings": settings})
    responses = study.responses.copy()
    construct = study.constructs[0]
    items = list(study.items_of(construct))
    responses[items] = np.resize([1.0, 3.0, 4.0, 2.0, 5.0], (60, len(items)))
    responses.loc[responses.index[answered:], items] = np.nan
    found = outcome_correlations(replace(study, file=file, responses=responses))
    assert (construct in found.index) == (answered >= max(least, 4))
    assert study.outcome not in found.index
    if construct in found.index:
        assert found.loc[construct, "n"] == answered


def test_a_single_comparable_level_has_no_test(study):
    settings = study.settings.model_copy(update={"min_group": 25})
    here = replace(sized(study, 5), file=study.file.model_copy(update={"settings": settings}))
    assert group_means(here, GROUP)["level"].nunique() == 1
    assert group_tests(here, GROUP).empty

"""Levels and screenings below, at and above the smallest that the specifications of a path may use."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.path.choices import covariates, material, specifications

LEAST = 4
GROUP = "procurement_variant"


@pytest.fixture(scope="module")
def study():
    read = bouwen.read_study("data/providers/study.yml")
    settings = read.settings.model_copy(update={"min_cell": LEAST})
    return replace(read, file=read.file.model_copy(update={"settings": settings, "groups": [GROUP]}))


@pytest.mark.parametrize("size", [LEAST - 1, LEAST, LEAST + 1])
def test_a_small_level_is_no_covariate(study, size):
    first, second, third = study.levels(GROUP)
    levels = [third] * size + [second] * 12 + [None] * 3
    levels += [first] * (40 - len(levels))
    responses = study.responses.iloc[:40].copy()
    responses[GROUP] = pd.Categorical(levels, list(study.levels(GROUP)))
    found = covariates(replace(study, responses=responses))
    assert list(found.columns) == [f"{GROUP}_1"] + [f"{GROUP}_2"] * (size >= LEAST)  # none for the largest
    second_level = found[f"{GROUP}_1"]
    assert (second_level.sum(), second_level.isna().sum(), len(second_level)) == (12, 3, 40)
    if size >= LEAST:
        assert found[f"{GROUP}_2"].sum() == size


@pytest.mark.parametrize("flagged", [0, LEAST - 1, LEAST, LEAST + 1])
def test_a_screening_that_finds_few_is_no_choice(study, flagged):
    responses = study.responses.copy()
    items = list(study.items)
    turns = np.arange(len(responses))[:, None] + np.arange(len(items))
    responses[items] = (turns % 5 + 1).astype(float)
    responses.iloc[:flagged, [responses.columns.get_loc(item) for item in items]] = 3.0
    here = replace(study, responses=responses)
    given = replace(material(study), attentive=~bouwen.survey.screening.inattentive(here))
    assert (~given.attentive).sum() == flagged
    screened = {one.respondents for one in specifications(here, given)}
    assert screened == ({"all", "attentive"} if flagged >= LEAST else {"all"})

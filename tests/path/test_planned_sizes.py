"""The sizes that planning recommends have the power that they were recommended for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.path.follow_up import GOAL, analysis_of
from bouwen.sem import ModelPopulation, model_power

pytestmark = pytest.mark.long


def test_recommended_sizes_have_their_power(record, runs):
    study = bouwen.read_study("data/providers/study.yml")
    plan = bouwen.plan_follow_up(study, reps=runs(500), seed=1)
    table = plan.table()
    wanted = table[~table["beyond"] & table["needed"].notna()]
    fit = bouwen.fit_model(study, "structural", estimator="MLR")
    model, _ = analysis_of(study, fit)
    normal, reps, rows = ModelPopulation.of(fit), runs(1000), {}
    for target, needed in wanted["needed"].astype(int).items():
        again = model_power(normal, model, needed, reps, targets=[target], seed=77).table().iloc[0]
        rows[" → ".join(wanted["chain"][target])] = {
            "needed": needed, "error": wanted["needed_error"][target], "power": again["power"],
            "converged": again["converged"],
        }  # fmt: skip
    found = pd.DataFrame.from_dict(rows, orient="index").rename_axis("effect")
    record("planned-sizes", found)
    assert len(found) >= 3
    chance = 3 * np.sqrt(GOAL * (1 - GOAL) * (1 / reps + 1 / runs(500)))
    assert (found["power"] - GOAL).abs().max() < 0.03 + chance
    assert (found["converged"] > 0.95 * reps).all()

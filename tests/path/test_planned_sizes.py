"""The sizes that planning recommends have the power that they were recommended for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import bouwen
from bouwen.path.follow_up import GOAL, analysis_of
from bouwen.sem import ModelPopulation, fit_sam, model_power, simulate_data

pytestmark = pytest.mark.long


def test_recommended_sizes_have_their_power(record, runs):
    study = bouwen.read_study("data/providers/study.yml")
    plan = bouwen.plan_follow_up(study, reps=runs(500), seed=1)
    table = plan.table()
    wanted = table[~table["beyond"] & table["needed"].notna()]
    fit = bouwen.fit_structure(study, estimator="MLR")
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


def test_two_steps_find_as_often_what_one_step_finds(runs):
    """Planning analyses in one step what pages show of two: complete normal answers of a right model."""
    study = bouwen.read_study("data/providers/study.yml")
    fit = bouwen.fit_structure(study, estimator="MLR")
    text, n, asked = study.model("structural"), 201, runs(200)
    keys = [f"{row.lhs} ~ {row.rhs}" for row in fit.parameters.query("op == '~'").itertuples()]
    found = []
    for run in range(asked):
        paths = fit_sam(text, simulate_data(fit, n, seed=run)).parameters.query("op == '~'")
        found.append((paths["pvalue"] < 0.05).to_numpy())
    two = pd.Series(np.mean(found, axis=0), keys)
    one = model_power(fit, text, n, runs(1000), targets=keys, seed=3).table().set_index("target")["power"]
    one = one.reindex(keys)
    error = np.sqrt(0.25 / asked + 0.25 / runs(1000))
    assert (two - one).abs().max() < 0.05 + 3 * error
    assert abs((two - one).mean()) < 0.03 + 2 * error / np.sqrt(len(keys))

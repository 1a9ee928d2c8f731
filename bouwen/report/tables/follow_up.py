"""How many answers a follow-up needs, and which differences its groups can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.path import FollowUp, smallest_differences
from bouwen.report.tables.layout import lay_out, numbers, table
from bouwen.report.texts.follow_up import chain_label, needed_text, planning_head
from bouwen.sem.power import rmsea_power, rmsea_sample_size
from bouwen.survey import Study
from bouwen.words import number

if TYPE_CHECKING:
    from great_tables import GT


def follow_up_texts(study: Study, plan: FollowUp) -> pd.DataFrame:
    """Each effect in words: its size, its power at the study's own size, and the answers it needs.

    With a register, also the answers needed where each of its entries answers at most once.
    """
    found = plan.table(study.register_size)
    power = [
        f"{number(p, 2, study.language)}\u00a0±\u00a0{number(2 * e, 2, study.language)}"
        for p, e in zip(found["power"], found["mc_error"], strict=True)
    ]
    columns = {
        planning_head(study, "effect"): [chain_label(study, chain) for chain in found["chain"]],
        planning_head(study, "std"): numbers(study, found["std"]),
        planning_head(study, "power", n=plan.n): power,
        planning_head(study, "needed"): [needed_text(study, plan, row) for _, row in found.iterrows()],
    }
    if study.register_size is not None:
        columns[planning_head(study, "finite", n=study.register_size)] = [
            needed_text(study, plan, row, "needed_finite") for _, row in found.iterrows()
        ]
    return pd.DataFrame(columns)


def follow_up(study: Study, plan: FollowUp) -> GT:
    """What each effect needs."""
    frame = follow_up_texts(study, plan)
    return lay_out(study, frame, words=[frame.columns[0]], note="power")


def fit_power(study: Study, plan: FollowUp) -> GT:
    """Power of the tests of fit in closed form: at the study's own size, and the answers they need."""
    tests = {"exact": (0.0, 0.05), "close": (0.05, 0.08), "not_close": (0.05, 0.02)}
    rows = []
    for name, (null, true) in tests.items():
        here = rmsea_power(plan.df, plan.n, rmsea0=null, rmsea=true)
        needs = rmsea_sample_size(plan.df, power=plan.goal, rmsea0=null, rmsea=true)
        rows.append((planning_head(study, name), number(here, 2, study.language), str(needs)))
    heads = ["test", "power", "needed"]
    frame = pd.DataFrame(rows, columns=[planning_head(study, key, n=plan.n) for key in heads])
    return lay_out(study, frame, words=[frame.columns[0]], note="rmsea_power")


def detectable(study: Study) -> GT:
    """The smallest difference between each two levels that the study's own group sizes can show."""
    found = smallest_differences(study)
    pairs = zip(found["group"], found["first"], found["second"], strict=True)
    return table(
        study,
        {
            "variable": [study.group_label(group) for group in found["group"]],
            "level": [f"{study.level_label(g, a)} – {study.level_label(g, b)}" for g, a, b in pairs],
            "n": [f"{a} – {b}" for a, b in zip(found["n_first"], found["n_second"], strict=True)],
            "smallest": numbers(study, found["d"]),
        },
        rows="variable",
        note="smallest",
    )

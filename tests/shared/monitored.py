"""A small study whose respondents judge teams in two roles, which a test may change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from minimal import CONSTRUCTS, whole

TEAMS, EACH = 12, 12  # and answers of each role of a team
Change = Callable[[dict[str, Any], pd.DataFrame], pd.DataFrame | None]


def monitored(folder: Path, change: Change = lambda study, frame: None, spread: float = 0.6) -> Path:
    """Write the study, changed before; the place of its file. ``spread`` is that of teams."""
    rng = np.random.default_rng(12)
    study, instrument, _ = whole()
    del study["groups"]
    instrument["background"] = {
        "team": {"label": "Team", "kind": "text"},
        "role": {"label": "Role", "kind": "category", "categories": {"inside": "In", "outside": "Out"}},
        "age": {"label": "Age", "kind": "category", "categories": {"young": "Y", "old": "O"}},
    }
    study["unit"] = {"variable": "team", "role": "role"}
    team = np.repeat(np.arange(TEAMS), 2 * EACH)
    shared = spread * rng.normal(size=(TEAMS, len(CONSTRUCTS)))[team]
    person = shared + rng.normal(size=shared.shape)
    columns = {
        item: np.clip(np.round(3 + person[:, k] + 0.6 * rng.normal(size=len(team))), 1, 5).astype(int)
        for k, items in enumerate(CONSTRUCTS.values())
        for item in items
    }
    frame = pd.DataFrame(columns).assign(
        team=[f"Team {k:02d}" for k in team],
        role=np.tile(np.repeat(["inside", "outside"], EACH), TEAMS),
        age=np.where(rng.random(len(team)) < 0.5, "young", "old"),
    )
    changed = change(study, frame)
    frame = frame if changed is None else changed
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("study.yml", study), ("instrument.yml", instrument)):
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    frame.to_csv(folder / "answers.csv", index=False)
    return folder / "study.yml"

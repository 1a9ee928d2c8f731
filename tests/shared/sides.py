"""Two small studies of one instrument: members about leaders, leaders about members, at shared sites."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from minimal import CONSTRUCTS, whole

SIDES = ("member", "leader")
SHARED, OWN, EACH = 40, 10, 3  # sites of both sides, of one side only, and answers of each side of a site

Change = Callable[[dict[str, Any], dict[str, Any], pd.DataFrame], None]


def sides(folder: Path, **changes: Change) -> tuple[Path, Path]:
    """Write both studies to a folder, each changed before; the places of their files."""
    rng = np.random.default_rng(3)
    site = rng.normal(size=(SHARED + 2 * OWN, 2))
    places = []
    for k, side in enumerate(SIDES):
        study, instrument, _ = whole()
        del study["groups"]
        instrument["background"] = {"site": {"label": "Site", "kind": "text"}}
        instrument["perspectives"] = {"member": "members", "leader": "leaders"}
        for construct in instrument["constructs"].values():
            for item, asked in construct["items"].items():
                asked["text"] = {name: f"{name} on {item}." for name in SIDES}
        del instrument["open_questions"]
        evidence = instrument["claims"]["builds"]["evidence"]
        evidence.append({"kind": "level", "construct": "support", "side": "above"})
        instrument["claims"]["builds"]["text"] = dict.fromkeys(SIDES, "Support builds trust.")
        study |= {"perspective": side, "cluster": "site"}
        frame = answers(rng, site, k)
        changes.get(side, lambda *parts: None)(study, instrument, frame)
        place = folder / side
        place.mkdir(parents=True, exist_ok=True)
        for name, content in (("study.yml", study), ("instrument.yml", instrument)):
            text = yaml.safe_dump(copy.deepcopy(content), sort_keys=False)
            (place / name).write_text(text, encoding="utf-8")
        frame.to_csv(place / "answers.csv", index=False)
        places.append(place / "study.yml")
    return places[0], places[1]


def answers(rng: np.random.Generator, site: np.ndarray, side: int) -> pd.DataFrame:
    """Answers of one side, a third of whose differences lie between sites."""
    kept = [*range(SHARED), *range(SHARED + side * OWN, SHARED + (side + 1) * OWN)]
    who = np.repeat(kept, EACH)
    support = 0.6 * site[who, 0] + 0.8 * rng.normal(size=len(who)) + side * 0.9
    factors = {
        "support": support,
        "trust": 0.5 * support + 0.4 * site[who, 1] + 0.7 * rng.normal(size=len(who)),
    }
    columns = {
        item: np.clip(np.round(3 + factors[name] + 0.6 * rng.normal(size=len(who))), 1, 5).astype(int)
        for name, items in CONSTRUCTS.items()
        for item in items
    }
    return pd.DataFrame(columns).assign(site=[f"Site {k}" for k in who])

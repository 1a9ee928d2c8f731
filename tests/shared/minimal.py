"""Studies that lack something: every part of a study that may be left out, left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

CONSTRUCTS = {"trust": ("t1", "t2", "t3", "t4"), "support": ("s1", "s2", "s3")}
N = 90


def whole() -> tuple[dict[str, Any], dict[str, Any], pd.DataFrame]:
    """A study file, an instrument and answers, with a little of everything that a study may have."""
    constructs = {
        name: {
            "label": name.title(),
            "definition": f"What {name} is.",
            "source": "our own items",
            "answer_scale": "agree",
            "items": {item: {"text": {"member": f"About {item}."}} for item in items},
        }
        for name, items in CONSTRUCTS.items()
    }
    instrument = {
        "title": "Teams",
        "perspectives": {"member": "members"},
        "answer_scales": {"agree": {"lowest": 1, "highest": 5, "labels": {1: "no", 5: "yes"}}},
        "constructs": constructs,
        "background": {
            "branch": {"label": "Branch", "kind": "category", "categories": {"north": "N", "south": "S"}},
            "years": {"label": "Years", "kind": "number", "minimum": 0},
        },
        "open_questions": {"more": {"text": {"member": "What else?"}}},
        "models": {
            "factors": {"label": "Factors", "syntax": "trust =~ t1 + t2 + t3 + t4\nsupport =~ s1 + s2 + s3"},
            "paths": {"label": "Paths", "based_on": "factors", "syntax": "trust ~ support"},
        },
        "claims": {
            "builds": {
                "text": {"member": "Support builds trust."},
                "evidence": [
                    {"kind": "path", "model": "paths", "outcome": "trust", "predictor": "support",
                     "sign": "positive"}
                ],
            }
        },
    }  # fmt: skip
    study = {
        "title": "Teams",
        "about": "Whom do members trust?",
        "instrument": "instrument.yml",
        "perspective": "member",
        "responses": {"file": "answers.csv"},
        "groups": ["branch"],
        "outcome": "trust",
        "models": {"measurement": "factors", "structural": "paths"},
        "settings": {"min_group": 20},
    }
    return study, instrument, answers()


def answers() -> pd.DataFrame:
    """Answers to seven items and some background, a few of them left open."""
    rng = np.random.default_rng(7)
    support = rng.normal(size=N)
    factors = {"support": support, "trust": 0.6 * support + 0.8 * rng.normal(size=N)}
    columns = {
        item: np.clip(np.round(3 + factors[name] + 0.7 * rng.normal(size=N)), 1, 5)
        for name, items in CONSTRUCTS.items()
        for item in items
    }
    frame = pd.DataFrame(columns)
    frame = frame.mask(rng.random(frame.shape) < 0.02).astype("Int64")
    frame["branch"] = np.where(rng.random(N) < 0.6, "north", "south")
    frame["years"] = rng.integers(0, 30, N)
    return frame


def lacking(folder: Path, *parts: str) -> Path:
    """The study without some of its parts, written to a folder; the place of its file."""
    study, instrument, frame = whole()
    for part in parts:
        WITHOUT[part](study, instrument, frame)
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("study.yml", study), ("instrument.yml", instrument)):
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    columns = [c for c in frame if c in instrument.get("background", {}) or c in items_of(instrument)]
    frame[columns].to_csv(folder / "answers.csv", index=False)
    return folder / "study.yml"


def items_of(instrument: dict[str, Any]) -> set[str]:
    return {item for construct in instrument["constructs"].values() for item in construct["items"]}


def no_groups(study, instrument, frame):
    del study["groups"]


def no_categories(study, instrument, frame):
    study.pop("groups", None)
    del instrument["background"]["branch"]


def no_background(study, instrument, frame):
    study.pop("groups", None)
    del instrument["background"]


def no_claims(study, instrument, frame):
    del instrument["claims"]


def no_open_questions(study, instrument, frame):
    del instrument["open_questions"]


def no_paths(study, instrument, frame):
    instrument.pop("claims", None)
    instrument["models"]["paths"]["syntax"] = "trust ~~ support"


def one_construct(study, instrument, frame):
    instrument.pop("claims", None)
    del instrument["models"]["paths"], instrument["constructs"]["support"]
    study["models"]["structural"] = "factors"
    instrument["models"]["factors"]["syntax"] = "trust =~ t1 + t2 + t3 + t4"


def one_item_before_the_outcome(study, instrument, frame):
    items = instrument["constructs"]["support"]["items"]
    for item in ("s2", "s3"):
        del items[item]
    instrument["models"]["factors"]["syntax"] = "trust =~ t1 + t2 + t3 + t4"
    instrument["models"]["paths"]["syntax"] = "trust ~ s1"
    instrument.pop("claims", None)


def no_gaps(study, instrument, frame):
    frame[list(items_of(instrument))] = frame[list(items_of(instrument))].fillna(3)


def one_level(study, instrument, frame):
    frame["branch"] = "north"


def small_groups(study, instrument, frame):
    study["settings"]["min_group"] = 80


def counts_too_small_to_be_shown(study, instrument, frame):
    study["settings"] = {"min_group": N + 1, "min_cell": N + 1}


def no_labels(study, instrument, frame):
    instrument["answer_scales"]["agree"]["labels"] = {}


def text_only(study, instrument, frame):
    study.pop("groups", None)
    instrument["background"] = {"branch": {"label": "Branch", "kind": "text"}}


def nobody_in_a_group(study, instrument, frame):
    frame["branch"] = np.nan


def two_items(study, instrument, frame):
    del instrument["constructs"]["support"]["items"]["s3"]
    instrument["models"]["factors"]["syntax"] = "trust =~ t1 + t2 + t3 + t4\nsupport =~ s1 + s2"


def advice_only(study, instrument, frame):
    instrument.pop("claims", None)
    instrument["recommendations"] = {"do": {"who": {"member": "Us"}, "what": {"member": "Do it."}}}


WITHOUT = {
    f.__name__: f
    for f in (no_groups, no_categories, no_background, no_claims, no_open_questions, no_paths, one_construct,
              one_item_before_the_outcome, no_gaps, one_level, small_groups, advice_only,
              counts_too_small_to_be_shown, no_labels, text_only, nobody_in_a_group, two_items)
}  # fmt: skip

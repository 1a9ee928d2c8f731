"""Invariance ladders in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bouwen.groups.ladders import StudyInvariance
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study
from bouwen.words import words

if TYPE_CHECKING:
    from IPython.display import Markdown


def invariance(study: Study, ladders: Mapping[str, StudyInvariance]) -> Markdown:
    """What every ladder says, one line a group."""
    return markdown(
        "\n".join(f"- **{study.group_label(g)}**: {verdict(study, x)}" for g, x in ladders.items())
    )


def verdict(study: Study, ladder: StudyInvariance) -> str:
    """A ladder's outcome, what it was tested with and who was left out."""
    alpha, say = 1 - study.settings.confidence, words(study.language)
    broken: list[str] = []
    if ladder.permutations is not None:
        found = ladder.permutations.table()
        cfi = found[(found["measure"] == "cfi") & (found["pvalue"] < alpha)]
        adds = ladder.permutations.invariance.adds
        broken = [adds[step] for step in cfi["step"] if adds[step]]
    key = ladder.problem or ("different" if broken else "alike")
    text = say(
        f"invariance.{key}",
        model=model_label(study, ladder.model),
        parts=say.listing([say(f"invariance.parts.{name}") for name in broken]),
        alpha=say.number(alpha),
    )
    if not ladder.left_out:
        return text
    levels = [study.level_label(ladder.group, level) for level in ladder.left_out]
    return text + say("invariance.left_out", levels=say.listing(levels))


def model_label(study: Study, model: str) -> str:
    """A model or a construct as a reader names it."""
    if model in study.instrument.models:
        return f"*{study.instrument.models[model].label[study.language]}*"
    return f"*{study.label(model)}*" if model else ""

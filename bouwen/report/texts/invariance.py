"""Invariance ladders in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Unpack

from bouwen.escaping import in_markdown
from bouwen.groups import StudyInvariance
from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study

if TYPE_CHECKING:
    from IPython.display import Markdown


def invariance_text(
    ladders: Mapping[str, StudyInvariance], study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown:
    """What every ladder says, one line a group.

    Parameters
    ----------
    ladders : mapping from group to StudyInvariance
        From `bouwen.study_ladders`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    to = reader(study, **options)
    lines = [f"- **{in_markdown(to.group(g))}**: {ladder_verdict(to, x)}" for g, x in ladders.items()]
    return markdown("\n".join(lines))


def ladder_verdict(to: Reader, ladder: StudyInvariance) -> str:
    """A ladder's outcome, what it was tested with and who was left out."""
    alpha, say = 1 - to.confidence, to.words
    broken: list[str] = []
    if ladder.permutations is not None:
        found = ladder.permutations.table()
        cfi = found[(found["measure"] == "cfi") & (found["pvalue"] < alpha)]
        adds = ladder.permutations.invariance.adds
        broken = [adds[step] for step in cfi["step"] if adds[step]]
    key = ladder.problem or ("different" if broken else "alike")
    text = say(
        f"invariance.{key}",
        model=model_label(to, ladder.model),
        parts=say.listing([say(f"invariance.parts.{name}") for name in broken]),
        alpha=say.number(alpha),
    )
    if not ladder.left_out:
        return text
    levels = [in_markdown(to.level(ladder.group, level)) for level in ladder.left_out]
    return text + say("invariance.left_out", levels=say.listing(levels))


def model_label(to: Reader, model: str) -> str:
    """A model or a construct as a reader names it."""
    if to.study and model in to.study.instrument.models and model not in to.labels:
        return f"*{in_markdown(to.study.instrument.models[model].label[to.words.language])}*"
    return f"*{in_markdown(to.label(model))}*" if model else ""

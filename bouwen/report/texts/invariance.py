"""Invariance ladders in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bouwen.groups.ladders import StudyInvariance
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study
from bouwen.words import listing, number

if TYPE_CHECKING:
    from IPython.display import Markdown

PARTS = {
    "loadings": ("loadings", "ladingen"),
    "intercepts": ("intercepts", "intercepten"),
    "residuals": ("residual variances", "residuele varianties"),
}
SENTENCES = {
    "levels": (
        "fewer than two groups have enough respondents, so there is nothing to compare.",
        "minder dan twee groepen hebben genoeg respondenten, dus er valt niets te vergelijken.",
    ),
    "size": (
        "the smallest group has too few respondents for every model, so this cannot be tested.",
        "de kleinste groep heeft voor elk model te weinig respondenten, dus dit is niet te toetsen.",
    ),
    "fit": (
        "{model} has no solution in every group, so this cannot be tested.",
        "{model} heeft niet in elke groep een oplossing, dus dit is niet te toetsen.",
    ),
    "alike": (
        "tested with {model}. No step costs more than shuffled groups do: nothing shows that the groups "
        "answer the items differently.",
        "getoetst met {model}. Geen stap kost meer dan bij geschudde groepen: niets wijst erop dat de "
        "groepen de stellingen anders opvatten.",
    ),
    "different": (
        "tested with {model}. Holding {parts} equal costs more than shuffled groups do (p below {alpha}): a "
        "difference in means can then come from the questions as well as from the groups.",
        "getoetst met {model}. Gelijke {parts} kosten meer dan bij geschudde groepen (p onder {alpha}): een "
        "verschil in gemiddelden kan dan ook aan de vragen liggen.",
    ),
    "left_out": (" Left out as too small: {levels}.", " Te klein en daarom weggelaten: {levels}."),
}


def invariance(study: Study, ladders: Mapping[str, StudyInvariance]) -> Markdown:
    """What every ladder says, one line a group."""
    return markdown(
        "\n".join(f"- **{study.group_label(g)}**: {verdict(study, x)}" for g, x in ladders.items())
    )


def verdict(study: Study, ladder: StudyInvariance) -> str:
    """A ladder's outcome, what it was tested with and who was left out."""
    alpha = 1 - study.settings.confidence
    broken: list[str] = []
    if ladder.permutations is not None:
        found = ladder.permutations.table()
        cfi = found[(found["measure"] == "cfi") & (found["pvalue"] < alpha)]
        adds = ladder.permutations.invariance.adds
        broken = [adds[step] for step in cfi["step"] if adds[step]]
    key = ladder.problem or ("different" if broken else "alike")
    text = sentence(study, key).format(
        model=model_label(study, ladder.model),
        parts=listing([part(study, name) for name in broken], study.language),
        alpha=number(alpha, 2, study.language),
    )
    if not ladder.left_out:
        return text
    levels = [study.level_label(ladder.group, level) for level in ladder.left_out]
    return text + sentence(study, "left_out").format(levels=listing(levels, study.language))


def sentence(study: Study, key: str) -> str:
    """A sentence in the language of the book."""
    english, dutch = SENTENCES[key]
    return dutch if study.language == "nl" else english


def part(study: Study, name: str) -> str:
    """What a step holds equal, as a reader names it."""
    english, dutch = PARTS[name]
    return dutch if study.language == "nl" else english


def model_label(study: Study, model: str) -> str:
    """A model or a construct as a reader names it."""
    if model in study.instrument.models:
        return f"*{study.instrument.models[model].label[study.language]}*"
    return f"*{study.label(model)}*" if model else ""

"""What the planning of a follow-up says in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd

from bouwen.claims import variable_label
from bouwen.path import FollowUp
from bouwen.path.follow_up import WORTH_FINDING
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study
from bouwen.words import number, percent

if TYPE_CHECKING:
    from IPython.display import Markdown

WORDS = {
    "effect": ("Effect", "Effect"),
    "std": ("Standardised", "Gestandaardiseerd"),
    "power": ("Power at {n}", "Power bij {n}"),
    "needed": ("Answers needed", "Nodig"),
    "finite": ("Of {n}, needed", "Van {n} nodig"),
    "test": ("Test", "Toets"),
    "exact": ("Exact fit, where RMSEA is 0.05", "Exacte passing, bij RMSEA 0,05"),
    "close": ("Close fit, where RMSEA is 0.08", "Goede passing, bij RMSEA 0,08"),
    "not_close": ("Not-close fit, where RMSEA is 0.02", "Geen goede passing, bij RMSEA 0,02"),
}


def planning_head(study: Study, key: str, **values: Any) -> str:
    """A head or a name in the language of the book."""
    english, dutch = WORDS[key]
    return (dutch if study.language == "nl" else english).format(**values)


def chain_label(study: Study, chain: tuple[str, ...]) -> str:
    """A chain of arrows as a reader names it."""
    return " → ".join(variable_label(study, name) for name in chain)


def needed_text(study: Study, plan: FollowUp, row: pd.Series[Any], column: str = "needed") -> str:
    """How many answers an effect needs, as far as the simulation can tell."""
    sizes = plan.result.table()["n"]
    if not math.isfinite(row[column]):
        return "–"
    if row["beyond"] and row["needed"] <= sizes.min():
        return f"≤ {sizes.min()}"
    if column == "needed" and row["needed"] > 2 * sizes.max():
        return f"> {2 * sizes.max()}"
    return number(row[column], 0, study.language)


def follow_up_needs(study: Study, plan: FollowUp) -> str:
    """One sentence: how many answers the follow-up needs, and for what."""
    hardest, fewer = plan.hardest, int((~plan.table()["worth"]).sum())
    dutch = study.language == "nl"
    goal, small = percent(plan.goal, study.language), number(WORTH_FINDING, 2, study.language)
    if hardest is None:
        if dutch:
            return f"Geen effect op de uitkomst is (gestandaardiseerd) {small} of groter om op te plannen."
        return (
            f"No effect on the outcome is (standardised) {small} or larger, so there is nothing to plan for."
        )
    chain, n = chain_label(study, hardest["chain"]), needed_text(study, plan, hardest)
    for sign, words in (("> ", ("more than ", "meer dan ")), ("≤ ", ("at most ", "hooguit "))):
        n = n.replace(sign, words[dutch])
    if dutch:
        text = (
            f"Voor een power van {goal} heeft de vervolgmeting {n} antwoorden nodig: zoveel vraagt het "
            f"effect {chain}, het lastigst te vinden van alle effecten van ten minste {small}."
        )
        return text + (f" Kleinere effecten ({fewer}) tellen daarbij niet mee." if fewer else "")
    text = (
        f"For a power of {goal} the follow-up needs {n} answers: that is what the effect {chain} asks for, "
        f"the hardest to find among those of at least {small}."
    )
    return text + (f" Smaller effects ({fewer}) are left out of account." if fewer else "")


def follow_up_report(study: Study, plan: FollowUp, table: pd.DataFrame) -> str:
    """The table of effects as plain text, with the sentence below it."""
    rows = [list(table.columns), *table.to_numpy().tolist()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *rest in rows:
        cells = [first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]
        lines.append("  ".join(cells))
    return "\n".join([*lines, "", follow_up_needs(study, plan)])


def finite_population(study: Study, plan: FollowUp) -> Markdown | None:
    """What it means that there are only so many to ask; nothing where the study has no register."""
    if study.register_size is None:
        return None
    N, n = study.register_size, min(plan.n, study.register_size)
    words = {
        "en": "## There are only so many to ask\n\nThe register of this study has {N} entries. When each of "
        "them answers at most once and the question is how *these* {N} see it, the sample is a part of the "
        "whole rather than a few out of endlessly many: standard errors shrink by the factor √(1 − n/N). "
        "With {n} answers that is {share}, and with all {N} there is no sampling error left. The last column "
        "of the table counts this in. It does not hold where several respondents answer about one entry, nor "
        "for the question what would show up again elsewhere or next year: then the other column counts.",
        "nl": "## Meer dan allen vragen kan niet\n\nHet register van deze studie heeft {N} eenheden. Als elk "
        "daarvan hooguit één keer antwoordt en de vraag is hoe *deze* {N} het zien, dan is de steekproef een "
        "deel van het geheel en niet een greep uit oneindig veel: standaardfouten krimpen met de factor "
        "√(1 − n/N). Met {n} antwoorden is dat {share}; met alle {N} is er geen steekproeffout meer. De "
        "laatste kolom van de tabel rekent hiermee. Dit geldt niet als meer respondenten over één eenheid "
        "antwoorden, en ook niet voor de vraag wat elders of volgend jaar weer te zien zou zijn: dan telt de "
        "andere kolom.",
    }
    share = number(math.sqrt(1 - n / N), 2, study.language)
    return markdown(words[study.language].format(N=N, n=n, share=share))

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
from bouwen.words import Words, words

if TYPE_CHECKING:
    from IPython.display import Markdown


def planning_head(study: Study, key: str, **values: Any) -> str:
    """A head or a name in the language of the book."""
    return words(study.language)(f"planning.{key}", **values)


def chain_label(study: Study, chain: tuple[str, ...]) -> str:
    """A chain of arrows as a reader names it."""
    return " → ".join(variable_label(study, name) for name in chain)


def needed_text(say: Words, plan: FollowUp, row: pd.Series[Any], column: str = "needed") -> str:
    """How many answers an effect needs, as far as the simulation can tell."""
    sizes = plan.result.table()["n"]
    if not math.isfinite(row[column]):
        return say.none
    if row["beyond"] and row["needed"] <= sizes.min():
        return f"≤ {sizes.min()}"
    if column == "needed" and row["needed"] > 2 * sizes.max():
        return f"> {2 * sizes.max()}"
    return say.number(row[column], 0)


def follow_up_needs(study: Study, plan: FollowUp) -> str:
    """One sentence: how many answers the follow-up needs, and for what."""
    hardest, fewer, say = plan.hardest, int((~plan.table()["worth"]).sum()), words(study.language)
    small = say.number(WORTH_FINDING)
    if hardest is None:
        return say("planning.nothing", small=small)
    n = needed_text(say, plan, hardest)
    for sign, key in (("> ", "more_than"), ("≤ ", "at_most")):
        if n.startswith(sign):
            n = say(f"planning.{key}", n=n.removeprefix(sign))
    chain = chain_label(study, hardest["chain"])
    text = say("planning.needs", goal=say.percent(plan.goal), n=n, chain=chain, small=small)
    return text + (say("planning.fewer", fewer=fewer) if fewer else "")


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
    say = words(study.language)
    return markdown(say("planning.only_so_many", N=N, n=n, share=say.number(math.sqrt(1 - n / N))))

"""What the planning of a follow-up says in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Unpack

import pandas as pd

from bouwen.path import PER_PARAMETER, WORTH_FINDING, FollowUp
from bouwen.report.audience import ReaderOptions, reader
from bouwen.report.given import check_study
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study, population_size
from bouwen.words import Words, words

SPARSE = "†"  # beside what leaves a model too few answers for its parameters

if TYPE_CHECKING:
    from IPython.display import Markdown


def needed_text(say: Words, plan: FollowUp, row: pd.Series[Any], column: str = "needed") -> str:
    """How many answers an effect needs, as far as the simulation can tell."""
    sizes = plan.result.table()["n"]
    if not math.isfinite(row[column]):
        return say.none
    if row["beyond"] and row["needed"] <= sizes.min():
        return f"≤ {sizes.min()}" + (f" {SPARSE}" if column == "needed" and row["sparse"] else "")
    if column == "needed" and row["needed"] > 2 * sizes.max():
        return f"> {2 * sizes.max()}"
    return say.number(row[column], 0) + (f" {SPARSE}" if column == "needed" and row["sparse"] else "")


def follow_up_needs_text(plan: FollowUp, study: Study | None = None, **options: Unpack[ReaderOptions]) -> str:
    """One sentence: how many answers the follow-up needs, and for what.

    Parameters
    ----------
    plan : FollowUp
        From `bouwen.plan_follow_up`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    to = reader(study, **options)
    hardest, fewer, say = plan.hardest, int((~plan.table()["worth"]).sum()), to.words
    small = say.number(WORTH_FINDING)
    if hardest is None:
        return say("planning.nothing", small=small)
    n = needed_text(say, plan, hardest).removesuffix(f" {SPARSE}")
    for sign, key in (("> ", "more_than"), ("≤ ", "at_most")):
        if n.startswith(sign):
            n = say(f"planning.{key}", n=n.removeprefix(sign))
    chain = to.chain(hardest["chain"])
    text = say("planning.needs", goal=say.percent(plan.goal), n=n, chain=chain, small=small)
    text += say("planning.fewer", fewer=fewer) if fewer else ""
    if not plan.table()["sparse"].any():
        return text
    return text + say("planning.sparse", mark=SPARSE, npar=plan.npar, least=plan.least, per=PER_PARAMETER)


def follow_up_report_text(
    plan: FollowUp, table: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> str:
    """The table of effects as plain text, with the sentence below it.

    Parameters
    ----------
    plan : FollowUp
        From `bouwen.plan_follow_up`.
    table : DataFrame
        From `bouwen.tables.follow_up_texts`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    return f"{as_columns(table)}\n\n{follow_up_needs_text(plan, study, **options)}"


def as_columns(table: pd.DataFrame) -> str:
    """A table of texts as plain text, its first column to the left, the others to the right."""
    rows = [list(table.columns), *table.to_numpy().tolist()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *rest in rows:
        cells = [first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]
        lines.append("  ".join(cells))
    return "\n".join(lines)


def finite_population_text(plan: FollowUp, study: Study) -> Markdown | None:
    """What it means that there are only so many to ask; nothing where a register is not all of them."""
    check_study(study)
    N = population_size(study)
    if N is None:
        return None
    n = min(plan.n, N)
    say = words(study.language)
    return markdown(say("planning.only_so_many", N=N, n=n, share=say.number(math.sqrt(1 - n / N))))

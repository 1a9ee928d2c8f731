"""What a book would publish, attacked before it is published.

Every figure of its pages is read into a ledger. Rules find what must never be printed (`rules`); for
every count that is not printed two complete sets of answers are sought that agree with all figures and in
which it is another (`searching`). A count for which none are found is a reason to show the figures around
it coarser; what is still not open then is a leak, and the book is not published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bouwen.report.audit.blocks import Flags, Rules, ScaleAnswers, block_of, of_scores
from bouwen.report.audit.printed import EVERYBODY, Group, PrintedFigure
from bouwen.report.audit.reading import PageShown, ledger
from bouwen.report.audit.rules import Leak, leaks
from bouwen.report.audit.searching import widen
from bouwen.survey import ITEM_STEPS, LEVEL_STEPS, Study, share_step

HALF_TENTH = 0.05 + 1e-9  # a unit of a mean to one decimal

Coarser = Mapping[str, int]


@dataclass(frozen=True)
class Audit:
    """What became of an attack on a book.

    Attributes
    ----------
    figures : int
        PrintedFigure figures of answers in the ledger.
    protected : int
        Counts that are not printed, for each of which the attack had to fail.
    coarser : mapping of str to int
        What is to be shown coarser than now, and by how many steps in all: an item, or
        "construct|variable|level".
    leaks : list of Leak
    unread : list of str
        Tables and figures that the auditor does not know, as "page: call"; nothing is said of these.
    """

    figures: int
    protected: int
    coarser: Coarser
    leaks: list[Leak]
    unread: list[str]


def audit_pages(study: Study, pages: Mapping[str, PageShown], jobs: int = 1) -> Audit:
    """Attack what the pages of a study's book show.

    Parameters
    ----------
    study : Study
        With the answers, in the language of the pages.
    pages : mapping of str to what a page shows
    jobs : int
        Scales that are attacked at once.

    Returns
    -------
    Audit
    """
    from joblib import Parallel, delayed

    figures, unread = ledger(study, pages)
    found, tasks = list(leaks(study, pages, figures)), []
    patterns = [one.answers for one in figures if one.kind == "pattern"]
    for construct in study.constructs:
        block = block_of(study, construct, groups_of(figures), patterns)
        own = about(figures, block, construct)
        broken = Rules(block).broken(own)
        found += [
            Leak(one.page, one.where, f"a figure of {one.of} that is not that of the answers")
            for one in broken
        ]
        own = [one for one in own if one not in broken]
        tasks.append(
            delayed(prove)(
                block, construct, own, study.settings.min_cell, study.settings.min_width, study.coarser
            )
        )
    proofs = Parallel(n_jobs=jobs)(tasks)
    coarser = {name: step for proof in proofs for name, step in proof.coarser.items()}
    found += [leak for proof in proofs for leak in proof.leaks]
    found.sort(key=lambda leak: (leak.page, leak.where, leak.what))
    return Audit(
        len(figures), sum(proof.protected for proof in proofs), coarser, list(dict.fromkeys(found)), unread
    )


@dataclass(frozen=True)
class Proof:
    """What the attack on a scale came to; see `Audit`."""

    protected: int
    coarser: Coarser
    leaks: list[Leak]


def groups_of(figures: Iterable[PrintedFigure]) -> list[Group]:
    """Everybody, and every level of which figures of answers are printed."""
    return [EVERYBODY, *sorted({one.group for one in figures} - {EVERYBODY})]


def about(figures: Iterable[PrintedFigure], block: ScaleAnswers, construct: str) -> list[PrintedFigure]:
    """The figures of a scale and its items, each once."""
    mine = [
        one
        for one in figures
        if one.group in block.groups
        and (one.of in (*block.items, construct) or one.kind == "pattern")
        and one.kind != "level"
    ]
    return list(
        {(one.kind, one.of, one.group, one.lower, one.upper, one.answers): one for one in mine}.values()
    )


def prove(
    block: ScaleAnswers,
    construct: str,
    figures: Sequence[PrintedFigure],
    min_cell: int,
    min_width: int,
    before: Coarser,
) -> Proof:
    """Attack the counts of a scale; where one is not open figures are taken coarser, those of items first.

    Each attack begins anew, so that what is found open now will be found open in the book that is printed so.
    """
    own = block.sums(block.answers[None]).counts[0]
    protected = own < min_cell
    protected[1:, :, -1] = False  # gaps of groups
    protected &= len(block.values) <= LONG
    steps, left = dict(before), protected
    while left.any():
        rules = Rules(block)
        for one in figures:
            if (kept := at_step(one, block, construct, steps)) is not None:
                rules.add(kept)
        left = protected & (widen(rules, protected, min_width).width < min_width)
        further = next(filter(None, map(set, to_coarsen(block, construct, left, steps))), set())
        if not left.any() or not further:
            break
        steps |= {name: steps.get(name, 0) + 1 for name in further}
    changed = {name: step for name, step in steps.items() if step > before.get(name, 0)}
    return Proof(
        int(protected.sum()),
        changed,
        [not_open(figures, block, int(g), int(j)) for g, j, _ in np.argwhere(left)],
    )


def to_coarsen(block: ScaleAnswers, construct: str, left: Flags, steps: Coarser) -> Iterator[list[str]]:
    """What may still be shown coarser: items, then the levels in question, then all levels."""
    levels = ["|".join((construct, *group)) for group in block.groups]
    found = np.argwhere(left)
    items = [block.items[j] for g, j, _ in found if g == 0]
    yield [name for name in items if steps.get(name, 0) < ITEM_STEPS]
    yield [levels[g] for g, _, _ in found if g and steps.get(levels[g], 0) < LEVEL_STEPS]
    yield [name for name in levels[1:] if steps.get(name, 0) < LEVEL_STEPS]


def not_open(figures: Sequence[PrintedFigure], block: ScaleAnswers, group: int, item: int) -> Leak:
    """A count of answers for which nothing else was found."""
    of = block.groups[group]
    one = next(
        (one for one in figures if one.group == of and one.of in (block.items[item], *block.items)),
        figures[0],
    )
    one = next((other for other in figures if other.group == of), one) if group else one
    who = f" in {of[1]} ({of[0]})" if group else ""
    return Leak(
        one.page, one.where, f"how many gave an answer to {block.items[item]}{who} is not open enough"
    )


LONG = 11  # answers of a scale whose counts are not shown one by one


def at_step(one: PrintedFigure, block: ScaleAnswers, construct: str, steps: Coarser) -> PrintedFigure | None:
    """A figure as coarse as it is to be; None where it is not shown then."""
    of_all = one.group == EVERYBODY
    if one.kind in ("score_mean", "score_sd", "complete_mean"):
        name = block.items[0] if of_all and len(block.items) == 1 else "|".join((construct, *one.group))
    else:
        name = one.of
    step = steps.get(name, 0)
    dropped = [kind for kinds in (*SHAPED, MOMENTS)[:step] for kind in kinds]
    if of_all and one.kind in dropped:
        return None
    if of_all and one.kind == "share":
        return coarser_share(one, block, step)
    if not of_all and (step >= 3 or (step and one.kind == "score_sd")):
        return None
    if (
        step >= 2
        and one.kind in ("mean", "score_mean", "complete_mean")
        and one.upper - one.lower < 2 * HALF_TENTH
    ):
        middle = round(own_mean(one, block), 1)
        return replace(one, lower=middle - HALF_TENTH, upper=middle + HALF_TENTH)
    return one


SHAPED = (("skew", "kurtosis"), ("sd", "score_sd"))
MOMENTS = ("mean", "score_mean", "complete_mean")


def own_mean(one: PrintedFigure, block: ScaleAnswers) -> float:
    """The mean of which a figure is a rounding."""
    sums, g = block.sums(block.answers[None]), block.groups.index(one.group)
    if one.kind != "mean":
        return float(of_scores(sums.scores[0, g, int(one.kind == "complete_mean")])[1])
    counts = sums.counts[0, g, block.items.index(one.of), :-1]
    return float(counts @ block.values / counts.sum())


def coarser_share(one: PrintedFigure, block: ScaleAnswers, step: int) -> PrintedFigure | None:
    """A share of answers to an item, rounded to the next step, or not shown."""
    if step < 4:
        return one
    if step > 4:
        return None
    counts = block.sums(block.answers[None]).counts[0, 0, block.items.index(one.of), :-1]
    chosen = [value in one.answers for value in block.values]
    width = share_step(len(block.answers), coarser=True)
    middle = np.floor(counts[chosen].sum() / counts.sum() / width + 0.5 + 1e-9) * width
    return replace(one, lower=middle - width / 2, upper=middle + width / 2)

"""Two sides in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from bouwen.claims import claim_label, claim_verdicts, weigh_claims
from bouwen.escaping import in_html, in_markdown
from bouwen.groups import (
    DIFFERENCES,
    FEWEST_PAIRS,
    PARTLY,
    RELIABLE,
    UNLIKE,
    Mirror,
    kinder_side,
)
from bouwen.report.audience import Reader, ReaderOptions, reader, reader_of
from bouwen.report.given import check_frame, check_given, check_study
from bouwen.report.tables.mirrored import FOUND, MIRRORED, side_names, unit_count
from bouwen.report.texts.conclusions import outcomes_text, sides_text
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study, unit_variable

if TYPE_CHECKING:
    from IPython.display import Markdown


def mirror_text(found: Mirror, study: Study) -> Markdown:
    """What both sides agree on, who thinks better of whom, and what cannot be told.

    Parameters
    ----------
    found : Mirror
        From `bouwen.mirror`.
    study : Study
        The first side.
    """
    check_given(found, Mirror, MIRRORED)
    to = reader(study)
    say, verdicts = to.words, found.constructs["verdict"]
    counts = {verdict: int((verdicts == verdict).sum()) for verdict in DIFFERENCES}
    told = [f"{n} {say(f'differences.{verdict}')}" for verdict, n in counts.items() if n]
    lines = [say("mirror.verdicts", n=len(verdicts), outcomes=say.listing(told))]
    agreed = found.agreed()
    lines.append(say("mirror.agreed" if agreed else "mirror.agreed_none", constructs=labels(to, agreed)))
    lines += kindness_lines(found, to, study)
    for kind, word in (("unlike", UNLIKE), ("partly", PARTLY)):
        names = list(found.invariance.index[found.invariance["invariance"] == word])
        lines += [say(f"mirror.{kind}", constructs=labels(to, names))] if names else []
    detectable = float(found.constructs["detectable"].median())
    smallest = float(found.constructs["smallest"].median())
    values = {"detectable": say.number(detectable), "smallest": say.number(smallest)}
    lines.append(say("mirror.detectable", **values))
    return markdown("\n".join(f"- {line}" for line in lines))


def labels(to: Reader, names: list[str]) -> str:
    """Constructs as a sentence names them."""
    return to.words.listing([in_markdown(to.label(name)) for name in names])


def kindness_lines(found: Mirror, to: Reader, study: Study) -> list[str]:
    """Which side thinks better of itself, of the other, or of what is the other's, a line each."""
    told = [name[:1].upper() + name[1:] for name in side_names(to, found.sides)]
    names = dict(zip(found.sides, told, strict=True))
    groups: dict[tuple[str, str], list[str]] = {}
    for construct in study.constructs:
        if (side := kinder_side(found, study, construct)) is None:
            continue
        judged = study.instrument.constructs[construct].judged
        kind = "mutual" if judged is None else "of_itself" if judged == side else "of_other"
        groups.setdefault((kind, side), []).append(construct)
    order = [(kind, side) for kind in ("of_itself", "of_other", "mutual") for side in found.sides]
    return [
        to.words(f"mirror.{kind}", side=in_markdown(names[side]), constructs=labels(to, groups[kind, side]))
        for kind, side in order
        if (kind, side) in groups
    ]


def mirror_sizes_text(found: Mirror, study: Study) -> Markdown:
    """How many respondents and units stand on either side, and how many units on both.

    Parameters
    ----------
    found : Mirror
        From `bouwen.mirror`.
    study : Study
        The first side.
    """
    check_given(found, Mirror, MIRRORED)
    to, name = reader(study), unit_variable(study)
    sides = [in_markdown(side[:1].upper() + side[1:]) for side in side_names(to, found.sides)]
    units = [unit_count(to, n, found.min_cell) for n in found.units]
    return markdown(
        to.words(
            "mirror.sizes",
            first=sides[0],
            second=sides[1],
            n=found.n[0],
            n_other=found.n[1],
            units=units[0],
            units_other=units[1],
            shared=units[2],
            unit=in_markdown(to.group(str(name))),
        )
    )


def mirror_findings_text(
    found: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown:
    """On which findings both sides' answers say the same, and on which they contradict each other.

    Parameters
    ----------
    found : DataFrame
        From `bouwen.mirror_findings`.
    study : Study, optional
        Gives the numbers of the findings and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_frame(found, ("claim", "first_verdict", "second_verdict", "verdict"), FOUND)
    to = reader_of(found, study, **options)
    sides = [claim_verdicts(found.assign(verdict=found[f"{side}_verdict"])) for side in ("first", "second")]
    names = list(sides[0].index)
    number = {name: claim_label(study, name) if study else f"{k + 1}" for k, name in enumerate(names)}

    def those(first: str, second: str) -> str:
        kept = [number[n] for n in names if sides[0][n].startswith(first) and sides[1][n].startswith(second)]
        return to.words.listing(kept)

    opposed = [n for n in names if {first_word(sides[0][n]), first_word(sides[1][n])} == OPPOSED]
    return markdown(
        to.words(
            "mirror.findings",
            supported=those("supported", "supported"),
            contradicted=those("contradicted", "contradicted"),
            opposed=to.words.listing([number[n] for n in opposed]),
        )
    )


OPPOSED = {"supported", "contradicted"}


def first_word(verdict: str) -> str:
    """What a verdict comes to, in part or not."""
    return verdict.partition(" ")[0]


def mirror_dyads_text(
    found: Mirror, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown:
    """For how many constructs it can be told how both sides of a unit go together, and what it would take.

    Parameters
    ----------
    found : Mirror
        From `bouwen.mirror`.
    study : Study, optional
        Gives the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_given(found, Mirror, MIRRORED)
    to, rows = reader_of(found, study, **options), found.dyads
    say, told = to.words, int(rows["corrected"].notna().sum())
    best = rows[["first_icc2", "second_icc2"]].min(axis=1).max()
    rule = {
        "pairs": FEWEST_PAIRS,
        "reliable": say.number(RELIABLE),
        "shared": unit_count(to, found.units[2], found.min_cell),
        "best": say.number(max(0.0, float(best)) if pd.notna(best) else float("nan")),
    }
    text = say("mirror.dyads" if told else "mirror.no_dyads", told=told, n=len(rows), **rule)
    needed = rows[["first_needed", "second_needed"]].max(axis=1)
    reached = needed[np.isfinite(needed)]
    if told < len(rows):
        ends = [say.number(np.ceil(x), 0) for x in (reached.min(), reached.max())] if len(reached) else []
        text += " " + (
            say("mirror.needed", low=ends[0], high=ends[1], known=len(reached), n=len(rows))
            if ends
            else say("mirror.needed_never", n=len(rows))
        )
    return markdown(text)


def summaries_text(study: Study, other: Study) -> Markdown:
    """The summary of both studies, each in the language of its own readers.

    Parameters
    ----------
    study, other : Study
    """
    parts = []
    for side in (study, other):
        check_study(side)
        own = side.in_language(side.file.language)
        weighed = weigh_claims(own)
        told = [sides_text(own)] if weighed.empty else [outcomes_text(weighed, own), sides_text(own)]
        title = in_markdown(own.instrument.perspectives[own.perspective][own.language])
        body = "\n\n".join(str(part.data) for part in told)
        parts.append(f'<div lang="{in_html(own.language)}">\n\n**{title}**\n\n{body}\n\n</div>')
    return markdown("\n\n".join(parts))

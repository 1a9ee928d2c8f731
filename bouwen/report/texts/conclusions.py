"""What the findings come to, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.claims import (
    PAGE,
    RATES,
    SIZE_WORDS,
    VERDICTS,
    claim_label,
    claim_sizes,
    claim_verdicts,
    score_sides,
)
from bouwen.escaping import in_markdown
from bouwen.report.audience import ReaderOptions, reader
from bouwen.report.given import check_frame, check_study
from bouwen.report.texts.wording import markdown
from bouwen.survey import Study
from bouwen.words import words

if TYPE_CHECKING:
    from IPython.display import Markdown

ALWAYS_TOLD = ("supported", "contradicted", "cannot tell")  # even where there are none
OFTEN_ENOUGH = 0.5  # a survey that sees what is there less often than not could not settle it


def outcomes_text(
    weighed: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> Markdown:
    """How many findings had each outcome, and what is said of the size of those that speak of it.

    Parameters
    ----------
    weighed : DataFrame
        From `bouwen.weigh_claims`.
    study : Study, optional
        Gives the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_frame(weighed, ("claim", "verdict", "size"), "the evidence for claims (bouwen.weigh_claims)")
    say, verdicts, sizes = reader(study, **options).words, claim_verdicts(weighed), claim_sizes(weighed)
    counts = {verdict: int((verdicts == verdict).sum()) for verdict in VERDICTS}
    told = [f"{n} {say(f'verdicts.{v}')}" for v, n in counts.items() if n or v in ALWAYS_TOLD]
    text = say("findings.outcomes", n=len(verdicts), outcomes=say.listing(told))
    if n := int((sizes != "").sum()):
        of_size = [f"{int((sizes == size).sum())} {say(f'sizes.{size}')}" for size in SIZE_WORDS]
        text += " " + say("findings.sizes", n=n, outcomes=say.listing(of_size))
    return markdown(text)


def settled_text(rates: pd.DataFrame | None, study: Study) -> Markdown:
    """Which findings a survey of this size could not settle, and how many answers could, as far as is known.

    Parameters
    ----------
    rates : DataFrame or None
        From `bouwen.read_error_rates`.
    study : Study
    """
    check_study(study)
    say = words(study.language)
    if rates is None:
        return markdown(say("findings.not_simulated"))
    check_frame(rates, RATES, "how often verdicts err (bouwen.read_error_rates)")
    together = rates[rates["claim"] == PAGE].iloc[0]
    asked = rates.dropna(subset="expected")
    holds, m = int((asked["expected"] == "supported").sum()), len(asked)
    every = {
        "n": int(together["n"]),
        "runs": say.number(together["power_runs"], 0),
        "population": say("findings.all_hold" if holds == m else "findings.some_hold", holds=holds, m=m),
    }
    weak = asked[asked["power"] < OFTEN_ENOUGH]
    if weak.empty:
        return markdown(say("findings.settled", **every))
    lines = []
    for _, row in weak.iterrows():
        told = say(f"findings.found_{row['expected']}", share=say.percent(row["power"], 1))
        known = pd.notna(row["needed"])
        enough = (
            say("findings.needed", needed=say.number(row["needed"], 0)) if known else say("findings.never")
        )
        lines.append(f"- {say('findings.weak', number=claim_label(study, row['claim']), told=told)} {enough}")
    return markdown(say("findings.unsettled", **every) + "\n\n" + "\n".join(lines))


def sides_text(study: Study) -> Markdown:
    """On which scales most respondents lie above the middle of the answers, and on which below it."""
    check_study(study)
    say, found = words(study.language), score_sides(study)
    parts = []
    for side in ("above", "below"):
        labels = [in_markdown(study.label(name)) for name in found.index[found[side] > 0.5]]
        parts.append(
            say(f"findings.{side}" if labels else f"findings.none_{side}", scales=say.listing(labels))
        )
    return markdown(" ".join(parts))

"""The published findings and the evidence for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.claims import claim_label, claim_verdicts
from bouwen.report.audience import Reader, ReaderOptions, reader, reader_of
from bouwen.report.given import check_frame
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

WEIGHED = "the evidence for claims (bouwen.weigh_claims)"


def findings_table(weighed: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """Every published finding with its verdict.

    Parameters
    ----------
    weighed : DataFrame
        From `bouwen.weigh_claims`.
    study : Study, optional
        Gives the words and the numbers of the findings, and the language.
    **options
        ``language``, ``labels`` (of findings) and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_frame(weighed, ("claim", "what", "verdict"), WEIGHED)
    to, verdicts = reader(study, **options), claim_verdicts(weighed)
    return lay_out(
        to,
        {
            "number": [claim_number(to, verdicts.index, name) for name in verdicts.index],
            "claim": [claim_text(to, name) for name in verdicts.index],
            "verdict": [to.words(f"verdicts.{verdict}") for verdict in verdicts],
        },
    )


def evidence_table(weighed: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """The estimates behind the verdicts.

    Parameters
    ----------
    weighed : DataFrame
        From `bouwen.weigh_claims`.
    study : Study, optional
        Gives the numbers of the findings and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`; ``confidence``, the level of the
        intervals in the table.
    """
    check_frame(weighed, ("claim", "what", "verdict", "estimate"), WEIGHED)
    to, names = reader_of(weighed, study, **options), weighed["claim"].drop_duplicates()
    estimated = weighed[weighed["estimate"].notna()]
    return lay_out(
        to,
        {
            "number": [claim_number(to, names, name) for name in estimated["claim"]],
            "evidence": estimated["what"],
            "estimate": number_texts(to, estimated["estimate"]),
            "interval": interval_texts(to, estimated),
            "verdict": [to.words(f"verdicts.{verdict}") for verdict in estimated["verdict"]],
        },
    )


def claim_number(to: Reader, names: pd.Index | pd.Series, name: str) -> str:
    """A claim's number in the instrument; without one its place among those that were weighed."""
    return claim_label(to.study, name) if to.study else f"{list(names).index(name) + 1}"


def claim_text(to: Reader, name: str) -> str:
    """A claim in the words of the study's perspective."""
    if to.study is None or name in to.labels:
        return to.name(name)
    return to.study.instrument.claims[name].text[to.study.perspective][to.study.language]

"""The published findings and the evidence for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.claims import PAGE, RATES, claim_label, claim_sizes, claim_verdicts, interval_alone
from bouwen.report.audience import Reader, ReaderOptions, reader, reader_of
from bouwen.report.given import check_frame
from bouwen.report.tables.layout import head, interval_texts, lay_out, number_texts, pvalue_texts
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

WEIGHED = "the evidence for claims (bouwen.weigh_claims)"
ADVISED = "what becomes of recommendations (bouwen.recommendation_verdicts)"
RECORDED = "how often verdicts err (bouwen.read_error_rates)"


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
    sizes = claim_sizes(weighed) if "size" in weighed else pd.Series("", verdicts.index)
    return lay_out(
        to,
        {
            "number": [claim_number(to, verdicts.index, name) for name in verdicts.index],
            "claim": [claim_text(to, name) for name in verdicts.index],
            "verdict": [to.words(f"verdicts.{verdict}") for verdict in verdicts],
            **size_column(to, sizes),
        },
    )


def evidence_table(weighed: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """The estimates behind the verdicts.

    Parameters
    ----------
    weighed : DataFrame
        From `bouwen.weigh_claims`.
    study : Study, optional
        Gives the words and the numbers of the findings, and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`; ``confidence``, the level of the
        intervals in the table.
    """
    check_frame(weighed, ("claim", "what", "verdict", "estimate", "padjusted", "smallest", "size"), WEIGHED)
    to, names = reader_of(weighed, study, **options), weighed["claim"].drop_duplicates()
    asked = weighed[weighed["verdict"] != "not asked here"]
    held_against_size = {"smallest_value": number_texts(to, asked["smallest"])} if asked["size"].any() else {}
    return lay_out(
        to,
        {
            "claim": [f"{claim_number(to, names, name)}. {claim_text(to, name)}" for name in asked["claim"]],
            "evidence": asked["what"],
            "verdict": evidence_verdicts(to, asked),
            **size_column(to, asked["size"]),
            "estimate": number_texts(to, asked["estimate"]),
            "interval": interval_texts(to, asked),
            **held_against_size,
            "p_one_sided": pvalue_texts(to, asked["pvalue"]),
            "p_adjusted": pvalue_texts(to, asked["padjusted"]),
        },
        rows="claim",
        note="evidence",
    )


def evidence_verdicts(to: Reader, asked: pd.DataFrame) -> list[str]:
    """Verdicts in words; where an interval alone would have told something, why nothing is told."""
    texts = []
    for verdict, alone in zip(asked["verdict"], interval_alone(asked), strict=True):
        key = "evidence.alone" if alone else f"verdicts.{verdict}"
        texts.append(to.words(key, n=len(asked)))
    return texts


def size_column(to: Reader, sizes: pd.Series) -> dict[str, list[str]]:
    """A column for the size of what claims call large; none where no claim does."""
    return {"size": [to.words(f"sizes.{size}") if size else "" for size in sizes]} if sizes.any() else {}


def recommendations_table(
    found: pd.DataFrame, weighed: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """What is advised, to whom, on which findings it rests, and what became of it.

    Parameters
    ----------
    found : DataFrame
        From `bouwen.recommendation_verdicts`.
    weighed : DataFrame
        From `bouwen.weigh_claims`.
    study : Study, optional
        Gives the numbers of the findings and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_frame(found, ("recommendation", "who", "what", "rests_on", "verdict"), ADVISED)
    check_frame(weighed, ("claim", "verdict"), WEIGHED)
    to, verdicts = reader(study, **options), claim_verdicts(weighed)

    def base(claims: Iterable[str]) -> str:
        said = [
            f"[{claim_number(to, verdicts.index, name)}](#findings-claims) "
            f"({to.words(f'verdicts.{verdicts[name]}')})"
            for name in claims
        ]
        return to.words.listing(said) if said else to.words("standings.no_base")

    laid_out = lay_out(
        to,
        {
            "advised": found["who"],
            "advice": found["what"],
            "rests_on": [base(claims) for claims in found["rests_on"]],
            "standing": [to.words(f"standings.{verdict}") for verdict in found["verdict"]],
        },
        note="recommendations",
    )
    return laid_out.fmt_markdown(columns=head(to, "rests_on"))


def error_rates_table(
    rates: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """How often a survey like this one says of each finding what is not so, and what is.

    Parameters
    ----------
    rates : DataFrame
        From `bouwen.read_error_rates`.
    study : Study, optional
        Gives the numbers of the findings and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`.
    """
    check_frame(rates, RATES, RECORDED)
    to = reader(study, **options)
    shown = rates[rates["claim"] != PAGE]

    def shares(name: str) -> list[str]:
        return [to.words.none if pd.isna(x) else to.words.percent(x, 1) for x in shown[name]]

    needed = [to.words.none if pd.isna(n) else to.words.number(n, 0) for n in shown["needed"]]
    return lay_out(
        to,
        {
            "number": [claim_number(to, shown["claim"], name) for name in shown["claim"]],
            "says_nothing": shares("nothing_supported"),
            "says_boundary": shares("boundary_supported"),
            "denies_boundary": shares("boundary_contradicted"),
            "size_boundary": shares("smallest_wrong"),
            "in_population": [
                to.words.none if pd.isna(x) else to.words(f"in_population.{x}") for x in shown["expected"]
            ],
            "found_there": shares("power"),
            "answers_needed": needed,
        },
        note="error_rates",
    )


def claim_number(to: Reader, names: pd.Index | pd.Series, name: str) -> str:
    """A claim's number in the instrument; without one its place among those that were weighed."""
    return claim_label(to.study, name) if to.study else f"{list(names).index(name) + 1}"


def claim_text(to: Reader, name: str) -> str:
    """A claim in the words of the study's perspective."""
    if to.study is None or name in to.labels:
        return to.name(name)
    return to.study.instrument.claims[name].text[to.study.perspective][to.study.language]

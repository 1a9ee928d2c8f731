"""Sentences that follow from results, where the results decide which sentence it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.escaping import in_markdown
from bouwen.report.audience import Reader, ReaderOptions, reader
from bouwen.report.texts.wording import markdown
from bouwen.scales import DataError, Structures, key_items, little_mcar
from bouwen.survey import Study
from bouwen.words import words

if TYPE_CHECKING:
    from IPython.display import Markdown


def missing_test_text(study: Study) -> Markdown:
    """Little's test in a sentence, or why there is none."""
    say = words(study.language)
    try:
        found = little_mcar(key_items(study))
    except DataError as error:
        return markdown(say("readings.no_little", reason=in_markdown(say.said(str(error)))))
    p = pvalue_text(found.pvalue, study.language)
    figures = say("readings.little", df=found.df, chisq=say.number(found.chisq, 1), p=p)
    depends = is_significant(reader(study), found.pvalue)
    return markdown(figures + say("readings.depends" if depends else "readings.no_sign"))


def is_significant(to: Reader, p: float) -> bool:
    """Whether a probability is below one minus the level of confidence."""
    return p < 1 - to.confidence


def pvalue_text(p: float, language: str) -> str:
    """A p-value with its sign of comparison.

    >>> from bouwen.words import ENGLISH
    >>> pvalue_text(0.0312, ENGLISH), pvalue_text(1e-8, ENGLISH)
    ('= 0.031', '< 0.001')
    """
    text = words(language).pvalue(p)
    return f"< {text[1:]}" if text.startswith("<") else f"= {text}"


def key_text(found: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]) -> Markdown:
    """Whether items run against their scale, and what to do then.

    Parameters
    ----------
    found : DataFrame
        From `bouwen.check_key`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    say = reader(study, **options).words
    return markdown(say("readings.key_wrong" if len(found) else "readings.key_holds"))


def apart_text(found: Structures, study: Study | None = None, **options: Unpack[ReaderOptions]) -> Markdown:
    """Whether facets can be told apart: one factor against several, and their largest correlation.

    .85 is where Henseler, Ringle & Sarstedt (2015) doubt that two constructs differ; below .70 they share
    less than half of their variance.

    Parameters
    ----------
    found : Structures
        From `bouwen.compare_structures`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    to, tests = reader(study, **options), found.tests()
    say = to.words
    row = tests[(tests["free"] == "facets") & (tests["restricted"] == "one_factor")].iloc[0]
    if pd.isna(row["pvalue"]):
        return markdown(say("readings.no_test", reason=in_markdown(say.said(row["note"]))))
    chisq, df = say.number(row["chisq_diff"], 1), int(row["df_diff"])
    highest = float(found.scales()["r_highest"].max())
    said = say(f"readings.{'far' if highest < 0.7 else 'near' if highest < 0.85 else 'nearest'}")
    verdict = "readings.several" if is_significant(to, row["pvalue"]) else "readings.one"
    test = f"Δχ²({df}) = {chisq}, p {pvalue_text(row['pvalue'], say.language)}"
    return markdown(say(verdict, test=test, r=say.number(highest), said=said))


def counted_text(counts: pd.Series, study: Study | None = None, **options: Unpack[ReaderOptions]) -> str:
    """The range of the numbers of factors that several rules give.

    Parameters
    ----------
    counts : Series
        The column ``n_factors`` of ``count_factors(…).table()``.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    return reader(study, **options).words.range(int(counts.min()), int(counts.max()))

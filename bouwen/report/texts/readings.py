"""Sentences that follow from results, where the results decide which sentence it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.texts.wording import markdown, number_range
from bouwen.scales import ScaleError, Structures, key_items, little_mcar
from bouwen.survey import Study
from bouwen.words import number, pvalue

if TYPE_CHECKING:
    from IPython.display import Markdown

WORDS = {
    "en": {
        "no little": "Little’s test does not apply: {}",
        "little": "Little’s (1988) test: χ²({df}) = {chisq}, p {p}. ",
        "depends": "So what is left open depends on the answers that were given; treatments that use "
        "those answers deserve more trust than leaving respondents out.",
        "no sign": "It gives no sign that what is left open depends on the answers that were given. "
        "That is not proof that it depends on nothing.",
        "key holds": "No statement runs against the others of its scale: the key of the instrument holds.",
        "key wrong": "**The key may be wrong.** These statements correlate negatively with the others of "
        "their scale, although they were turned where the instrument says so. Check the instrument and the "
        "coding of the answers before reading on.",
        "no test": "The test of one factor against several has no result: {}",
        "several": "One factor fits worse than several ({test}), so the facets are not one and the same. "
        "Their largest correlation is {r}: {said}.",
        "one": "One factor does not fit worse than several ({test}): these answers do not tell the facets "
        "apart. Their largest correlation is {r}: {said}.",
        "far": "there is room for a score per facet",
        "near": "scores per facet say something of their own, but less than their names promise",
        "nearest": "a total score says most of what can be said, and differences between facets call for "
        "restraint",
    },
    "nl": {
        "no little": "De toets van Little is niet van toepassing: {}",
        "little": "De toets van Little (1988): χ²({df}) = {chisq}, p {p}. ",
        "depends": "Wat wordt opengelaten, hangt dus samen met de antwoorden die wel zijn gegeven; "
        "behandelingen die deze antwoorden gebruiken, verdienen meer vertrouwen dan respondenten weglaten.",
        "no sign": "Die geeft geen aanwijzing dat wat wordt opengelaten samenhangt met de antwoorden die "
        "wel zijn gegeven. Dat bewijst niet dat het nergens mee samenhangt.",
        "key holds": "Geen stelling gaat tegen de andere van haar schaal in: de sleutel van het instrument "
        "klopt.",
        "key wrong": "**De sleutel is misschien onjuist.** Deze stellingen hangen negatief samen met de "
        "andere van hun schaal, ook al zijn ze omgekeerd waar het instrument dat zegt. Controleer eerst het "
        "instrument en de codering van de antwoorden.",
        "no test": "De toets van één factor tegen meer factoren heeft geen uitkomst: {}",
        "several": "Eén factor past slechter dan meer factoren ({test}), dus de facetten zijn niet "
        "hetzelfde. Hun grootste correlatie is {r}: {said}.",
        "one": "Eén factor past niet slechter dan meer factoren ({test}): deze antwoorden houden de "
        "facetten niet uit elkaar. Hun grootste correlatie is {r}: {said}.",
        "far": "er is ruimte voor een score per facet",
        "near": "scores per facet zeggen iets eigens, maar minder dan hun namen beloven",
        "nearest": "een totaalscore zegt het meeste, en verschillen tussen facetten vragen om "
        "terughoudendheid",
    },
}


def missing_test(study: Study) -> Markdown:
    """Little's test in a sentence, or why there is none."""
    words = WORDS[study.language]
    try:
        found = little_mcar(key_items(study))
    except ScaleError as error:
        return markdown(words["no little"].format(error))
    chisq = number(found.chisq, 1, study.language)
    figures = words["little"].format(df=found.df, chisq=chisq, p=pvalue_text(found.pvalue, study.language))
    return markdown(figures + words["depends" if is_small(study, found.pvalue) else "no sign"])


def is_small(study: Study, p: float) -> bool:
    """Whether a probability is below one minus the study's level of confidence."""
    return p < 1 - study.settings.confidence


def pvalue_text(p: float, language: str) -> str:
    """A p-value with its sign of comparison.

    >>> pvalue_text(0.0312, "en"), pvalue_text(1e-8, "nl")
    ('= 0.031', '< 0,001')
    """
    text = pvalue(p, language)
    return f"< {text[1:]}" if text.startswith("<") else f"= {text}"


def key(study: Study, found: pd.DataFrame) -> Markdown:
    """Whether items run against their scale (see `bouwen.scales.check_key`), and what to do then."""
    return markdown(WORDS[study.language]["key wrong" if len(found) else "key holds"])


def apart(study: Study, found: Structures) -> Markdown:
    """Whether facets can be told apart: one factor against several, and their largest correlation.

    .85 is where Henseler, Ringle & Sarstedt (2015) doubt that two constructs differ; below .70 they share
    less than half of their variance.
    """
    words, tests = WORDS[study.language], found.tests()
    row = tests[(tests["free"] == "facets") & (tests["restricted"] == "one_factor")].iloc[0]
    if pd.isna(row["pvalue"]):
        return markdown(words["no test"].format(row["note"]))
    chisq, df = number(row["chisq_diff"], 1, study.language), int(row["df_diff"])
    highest = float(found.scales()["r_highest"].max())
    said = words["far" if highest < 0.7 else "near" if highest < 0.85 else "nearest"]
    verdict = words["several" if is_small(study, row["pvalue"]) else "one"]
    test = f"Δχ²({df}) = {chisq}, p {pvalue_text(row['pvalue'], study.language)}"
    return markdown(verdict.format(test=test, r=number(highest, 2, study.language), said=said))


def counted(study: Study, counts: pd.Series) -> str:
    """The range of the numbers of factors that several rules give."""
    return number_range(int(counts.min()), int(counts.max()), study.language)

"""Sentences that follow from results, where the results decide which sentence it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.texts.wording import markdown, number_range
from bouwen.report.words import number, pvalue
from bouwen.scales import ScaleError, key_items, little_mcar
from bouwen.survey import Study

if TYPE_CHECKING:
    from IPython.display import Markdown


def missing_test(study: Study) -> Markdown:
    """Little's test in a sentence, or why there is none."""
    language = study.language
    try:
        found = little_mcar(key_items(study))
    except ScaleError as error:
        said = {"en": "Little’s test does not apply", "nl": "De toets van Little is niet van toepassing"}
        return markdown(f"{said[language]}: {error}")
    figures = f"χ²({found.df}) = {number(found.chisq, 1, language)}, p {pvalue_text(found.pvalue, language)}"
    depends = found.pvalue < 1 - study.settings.confidence
    words = {
        (
            "en",
            True,
        ): "So what is left open depends on the answers that were given; treatments that use those "
        "answers deserve more trust than leaving respondents out.",
        (
            "en",
            False,
        ): "The test gives no sign that what is left open depends on the answers that were given. That "
        "is not proof that it depends on nothing.",
        ("nl", True): "Wat wordt opengelaten, hangt dus samen met de antwoorden die wel zijn gegeven; "
        "behandelingen die deze antwoorden gebruiken, verdienen meer vertrouwen dan respondenten weglaten.",
        (
            "nl",
            False,
        ): "De toets geeft geen aanwijzing dat wat wordt opengelaten samenhangt met de antwoorden die "
        "wel zijn gegeven. Dat bewijst niet dat het nergens mee samenhangt.",
    }
    name = {"en": "Little’s (1988) test", "nl": "De toets van Little (1988)"}[language]
    return markdown(f"{name}: {figures}. {words[language, bool(depends)]}")


def pvalue_text(p: float, language: str) -> str:
    """A p-value with its sign of comparison.

    >>> pvalue_text(0.0312, "en"), pvalue_text(1e-8, "nl")
    ('= 0.031', '< 0,001')
    """
    text = pvalue(p, language)
    return f"< {text[1:]}" if text.startswith("<") else f"= {text}"


def key(study: Study, found: pd.DataFrame) -> Markdown:
    """How many items run against their scale (see `bouwen.scales.check_key`), and what to do then."""
    fine = {
        "en": "No statement runs against the others of its scale: the key of the instrument holds.",
        "nl": "Geen stelling gaat tegen de andere van haar schaal in: de sleutel van het instrument klopt.",
    }
    wrong = {
        "en": "**The key may be wrong.** These statements correlate negatively with the others of their scale, "
        "although they were turned where the instrument says so. Check the instrument and the coding of the "
        "answers before reading on.",
        "nl": "**De sleutel is misschien onjuist.** Deze stellingen hangen negatief samen met de andere van hun "
        "schaal, ook al zijn ze omgekeerd waar het instrument dat zegt. Controleer eerst het instrument en de "
        "codering van de antwoorden.",
    }
    return markdown((wrong if len(found) else fine)[study.language])


def apart(study: Study, tests: pd.DataFrame, highest: float) -> Markdown:
    """Whether facets can be told apart: one factor against correlated facets, and their largest correlation.

    Parameters
    ----------
    study : Study
    tests : DataFrame
        From `bouwen.groups.Structures.tests`.
    highest : float
        The largest correlation between two facets.
    """
    language = study.language
    row = tests[(tests["free"] == "facets") & (tests["restricted"] == "one_factor")].iloc[0]
    if pd.isna(row["pvalue"]):
        return markdown({"en": "The test of one factor against several has no result: ",
                         "nl": "De toets van één factor tegen meer factoren heeft geen uitkomst: "}[language]
                        + str(row["note"]))  # fmt: skip
    words = {
        (
            "en",
            True,
        ): "One factor fits worse than several ({test}), so the facets are not one and the same. Their "
        "largest correlation is {r}: {said}.",
        (
            "en",
            False,
        ): "One factor does not fit worse than several ({test}): these answers do not tell the facets "
        "apart. Their largest correlation is {r}: {said}.",
        (
            "nl",
            True,
        ): "Eén factor past slechter dan meer factoren ({test}), dus de facetten zijn niet hetzelfde. "
        "Hun grootste correlatie is {r}: {said}.",
        ("nl", False): "Eén factor past niet slechter dan meer factoren ({test}): deze antwoorden houden de "
        "facetten niet uit elkaar. Hun grootste correlatie is {r}: {said}.",
    }
    differ = bool(row["pvalue"] < 1 - study.settings.confidence)
    chisq = number(row["chisq_diff"], 1, language)
    test = f"Δχ²({row['df_diff']:.0f}) = {chisq}, p {pvalue_text(row['pvalue'], language)}"
    said = CLOSENESS[language][sum(highest >= bound for bound in (0.7, 0.85))]
    return markdown(words[language, differ].format(test=test, r=number(highest, 2, language), said=said))


CLOSENESS = {
    "en": (
        "there is room for a score per facet",
        "scores per facet say something of their own, but less than their names promise",
        "a total score says most of what can be said, and differences between facets call for restraint",
    ),
    "nl": (
        "er is ruimte voor een score per facet",
        "scores per facet zeggen iets eigens, maar minder dan hun namen beloven",
        "een totaalscore zegt het meeste, en verschillen tussen facetten vragen om terughoudendheid",
    ),
}


def counted(study: Study, counts: pd.Series) -> str:
    """The range of the numbers of factors that several rules give."""
    return number_range(int(counts.min()), int(counts.max()), study.language)

"""What stands above and below tables, in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bouwen.report.words import percent
from bouwen.survey import Study

if TYPE_CHECKING:
    pass

HEADS = {
    "acquiescence": ("With acquiescence", "Met ja-zeggen"),
    "choice": ("Choice", "Keuze"),
    "chosen": ("Chosen", "Gekozen"),
    "expected": ("Shuffled, median", "Geschud, mediaan"),
    "limit": ("Shuffled, 95th percentile", "Geschud, 95e percentiel"),
    "median": ("Median effect", "Mediaan"),
    "method": ("With a method factor", "Met methodefactor"),
    "observed": ("As answered", "Zoals beantwoord"),
    "own": ("As it is", "Zoals het is"),
    "range": ("From, to", "Van, tot"),
    "shift": ("Change", "Verschil"),
    "specifications": ("Specifications", "Specificaties"),
    "variance_share": ("Share of variance", "Aandeel variantie"),
    "alpha": ("α", "α"),
    "code": ("Code", "Code"),
    "code_name": ("Name in the data", "Naam in de data"),
    "dutch": ("Dutch", "Nederlands"),
    "english": ("English", "Engels"),
    "estimates": ("Estimates", "Schattingen"),
    "mean_all": ("Mean, all", "Gemiddelde, allen"),
    "mean_here": ("Mean, here", "Gemiddelde, hier"),
    "r_all": ("r, all", "r, allen"),
    "r_here": ("r, here", "r, hier"),
    "chisq_diff": ("Δχ²", "Δχ²"),
    "df_diff": ("Δdf", "Δdf"),
    "freer": ("Freer structure", "Vrijere structuur"),
    "omega": ("ω", "ω"),
    "omega_own": ("Its own share", "Eigen aandeel"),
    "r_highest": ("Highest r", "Hoogste r"),
    "stricter": ("Stricter structure", "Strengere structuur"),
    "answer": ("Answer scale", "Antwoordschaal"),
    "bouwen": ("bouwen", "bouwen"),
    "claim": ("Finding", "Bevinding"),
    "construct": ("Construct", "Construct"),
    "definition": ("Definition", "Definitie"),
    "estimate": ("Estimate", "Schatting"),
    "evidence": ("Evidence", "Bewijs"),
    "fit": ("Model", "Model"),
    "interval": ("{level} interval", "{level}-interval"),
    "interval_draws": ("{level} interval, bootstrap", "{level}-interval, bootstrap"),
    "interval_delta": ("{level} interval, delta method", "{level}-interval, deltamethode"),
    "draws": ("Draws", "Trekkingen"),
    "outcome": ("What became of them", "Wat ervan kwam"),
    "item": ("Item", "Item"),
    "items": ("Items", "Items"),
    "item_rest": ("Item-rest r", "Item-rest-r"),
    "file": ("File", "Bestand"),
    "hash": ("SHA-256 (first 16)", "SHA-256 (eerste 16)"),
    "highest": ("Highest mean", "Hoogste gemiddelde"),
    "lowest": ("Lowest mean", "Laagste gemiddelde"),
    "level": ("Group", "Groep"),
    "loading": ("Loading", "Lading"),
    "mean": ("Mean", "Gemiddelde"),
    "missing": ("Missing", "Ontbreekt"),
    "n": ("n", "n"),
    "number": ("No.", "Nr."),
    "omega_squared": ("ω²", "ω²"),
    "p": ("p", "p"),
    "p_holm": ("p (Holm)", "p (Holm)"),
    "path": ("Path", "Pad"),
    "r": ("r", "r"),
    "sd": ("SD", "SD"),
    "semopy": ("semopy", "semopy"),
    "share": ("Share", "Aandeel"),
    "source": ("Leans on", "Leunt op"),
    "std": ("Standardised", "Gestandaardiseerd"),
    "value": ("Value", "Waarde"),
    "variable": ("Variable", "Variabele"),
    "verdict": ("Verdict", "Oordeel"),
    "what": ("What", "Wat"),
    "wlsmv": ("WLSMV", "WLSMV"),
    "wording": ("Wording", "Formulering"),
}

# Columns that hold words stand left; all others hold numbers.
WORDY = {
    "answer", "choice", "chosen", "claim", "code_name", "construct", "definition", "dutch", "english",
    "evidence", "file", "fit", "freer", "hash", "item", "level", "outcome", "path", "source", "stricter",
    "value", "variable", "verdict", "what", "wording",
}  # fmt: skip

NOTES = {
    "steps": (
        "Change: the median difference from specifications that are equal but for having the first choice of "
        "the list; from, to: the smallest and the largest such difference.",
        "Verschil: de mediaan van het verschil met specificaties die gelijk zijn op de eerste keuze van de "
        "lijst na; van, tot: het kleinste en het grootste zulke verschil.",
    ),
    "joint": (
        "Shuffled: the outcome’s answers dealt out anew over the respondents. Effects here are those of "
        "factor scores; specifications by WLSMV take no part.",
        "Geschud: de antwoorden op de uitkomst opnieuw over de respondenten verdeeld. De effecten zijn hier "
        "die van factorscores; specificaties met WLSMV doen niet mee.",
    ),
    "structures": (
        "Chi-square is scaled; CFI, TLI and RMSEA (with its 90% interval) are robust; lower AIC and BIC are "
        "better. ω hierarchical: the share of the sum of all items that is due to the general factor.",
        "Chi-kwadraat is geschaald; CFI, TLI en RMSEA (met 90%-interval) zijn robuust; een lagere AIC en BIC "
        "is beter. ω hiërarchisch: het aandeel van de som van alle items dat van de algemene factor komt.",
    ),
    "structure_tests": (
        "A small p says that the stricter structure loses something. “–”: both fit alike, or one of them has "
        "no proper solution.",
        "Een kleine p zegt dat de strengere structuur iets verliest. “–”: beide passen even goed, of een van "
        "beide heeft geen goede oplossing.",
    ),
    "omega_own": (
        "Its own share: how much of the differences in a facet’s score is neither error nor common to all "
        "facets.",
        "Eigen aandeel: hoeveel van de verschillen in de score van een facet geen fout is en ook niet door "
        "alle facetten wordt gedeeld.",
    ),
    "small": (
        "Counts below {min_cell} are not shown; “–” hides a count that would give one of them away.",
        "Aantallen onder {min_cell} worden niet getoond; “–” verbergt een aantal dat er een zou verraden.",
    ),
    "few": (
        "Groups with fewer than {min_group} respondents get no estimates.",
        "Groepen met minder dan {min_group} respondenten krijgen geen schattingen.",
    ),
    "reversed": (
        "(R): agreeing means less of the construct; the answer is turned before it is used.",
        "(R): instemmen betekent minder van het construct; het antwoord wordt omgekeerd voor gebruik.",
    ),
    "welch": (
        "Welch’s analysis of variance; p-values corrected for the number of constructs by Holm’s method.",
        "Variantieanalyse volgens Welch; p-waarden volgens Holm gecorrigeerd voor het aantal constructen.",
    ),
    "robust": (
        "Robust variants correct for answers that are not normally distributed.",
        "Robuuste varianten corrigeren voor antwoorden die niet normaal verdeeld zijn.",
    ),
}


def head(study: Study, key: str) -> str:
    """A column head in the language of the book."""
    english, dutch = HEADS[key]
    level = percent(study.settings.confidence, study.language)
    return (dutch if study.language == "nl" else english).format(level=level)


def note_text(study: Study, key: str) -> str:
    """A note in the language of the book."""
    english, dutch = NOTES[key]
    settings = {"min_cell": study.settings.min_cell, "min_group": study.settings.min_group}
    return (dutch if study.language == "nl" else english).format(**settings)

"""What stands above and below tables, in both languages."""

from __future__ import annotations

from bouwen.report.words import percent
from bouwen.survey import Study

HEADS = {
    "alpha": ("α", "α"),
    "alpha_dropped": ("α without", "α zonder"),
    "alpha_listwise": ("α, listwise", "α, listwise"),
    "alpha_ml": ("α, maximum likelihood", "α, maximum likelihood"),
    "answer": ("Answer scale", "Antwoordschaal"),
    "asked": ("What a reader should be told", "Wat een lezer moet weten"),
    "ave": ("AVE", "AVE"),
    "bic": ("BIC", "BIC"),
    "bouwen": ("bouwen", "bouwen"),
    "ceiling": ("Highest answer", "Hoogste antwoord"),
    "cfi": ("CFI", "CFI"),
    "chisq": ("Chi-square", "Chi-kwadraat"),
    "claim": ("Finding", "Bevinding"),
    "code": ("Code", "Code"),
    "code_name": ("Name in the data", "Naam in de data"),
    "congruence": ("Congruence, median", "Congruentie, mediaan"),
    "congruence_good": ("Samples ≥ 0.95", "Steekproeven ≥ 0,95"),
    "congruence_lower": ("Lower end", "Ondergrens"),
    "construct": ("Construct", "Construct"),
    "count": ("Respondents", "Respondenten"),
    "definition": ("Definition", "Definitie"),
    "df": ("df", "df"),
    "dutch": ("Dutch", "Nederlands"),
    "english": ("English", "Engels"),
    "epc": ("Expected change", "Verwachte verandering"),
    "estimate": ("Estimate", "Schatting"),
    "estimates": ("Estimates", "Schattingen"),
    "evidence": ("Evidence", "Bewijs"),
    "factor": ("Factor", "Factor"),
    "factors": ("Factors", "Factoren"),
    "file": ("File", "Bestand"),
    "fit": ("Model", "Model"),
    "floor": ("Lowest answer", "Laagste antwoord"),
    "guideline": ("Guideline", "Richtlijn"),
    "hash": ("SHA-256 (first 16)", "SHA-256 (eerste 16)"),
    "highest": ("Highest mean", "Hoogste gemiddelde"),
    "holds": ("Holds", "Geldt"),
    "htmt": ("HTMT2", "HTMT2"),
    "htmt_interval": ("{level} interval of HTMT2", "{level}-interval van HTMT2"),
    "interval": ("{level} interval", "{level}-interval"),
    "item": ("Item", "Item"),
    "item_rest": ("Item-rest r", "Item-rest-r"),
    "items": ("Items", "Items"),
    "kurtosis": ("Kurtosis", "Kurtosis"),
    "largest": ("Largest difference", "Grootste verschil"),
    "level": ("Group", "Groep"),
    "loading": ("Loading", "Lading"),
    "loading_smallest": ("Smallest loading", "Kleinste lading"),
    "lowest": ("Lowest mean", "Laagste gemiddelde"),
    "mean": ("Mean", "Gemiddelde"),
    "mean_all": ("Mean, all", "Gemiddelde, allen"),
    "mean_here": ("Mean, here", "Gemiddelde, hier"),
    "mi": ("Modification index", "Modificatie-index"),
    "missing": ("Missing", "Ontbreekt"),
    "n": ("n", "n"),
    "number": ("No.", "Nr."),
    "omega": ("ω", "ω"),
    "omega_all": ("ω of all items", "ω van alle items"),
    "omega_dropped": ("ω without", "ω zonder"),
    "omega_h": ("ω general", "ω algemeen"),
    "omega_interval": ("{level} interval of ω", "{level}-interval van ω"),
    "omega_own": ("ω of its own", "ω van zichzelf"),
    "omega_squared": ("ω²", "ω²"),
    "p": ("p", "p"),
    "p_holm": ("p (Holm)", "p (Holm)"),
    "pair": ("Pair", "Paar"),
    "parameter": ("Parameter", "Parameter"),
    "path": ("Path", "Pad"),
    "r": ("r", "r"),
    "r_all": ("r, all", "r, allen"),
    "r_here": ("r, here", "r, hier"),
    "r_highest": ("Highest r", "Hoogste r"),
    "r_interval": ("{level} interval of r", "{level}-interval van r"),
    "residual": ("Residual correlation", "Residuele correlatie"),
    "rmsea": ("RMSEA [90%]", "RMSEA [90%]"),
    "rule": ("Rule", "Regel"),
    "says": ("How it decides", "Hoe de regel beslist"),
    "sd": ("SD", "SD"),
    "semopy": ("semopy", "semopy"),
    "share": ("Share", "Aandeel"),
    "skew": ("Skewness", "Scheefheid"),
    "source": ("Leans on", "Leunt op"),
    "srmr": ("SRMR", "SRMR"),
    "status": ("Solution", "Oplossing"),
    "std": ("Standardised", "Gestandaardiseerd"),
    "structure": ("Structure", "Structuur"),
    "treatment_half": ("Half answered", "Helft beantwoord"),
    "treatment_listwise": ("Listwise", "Listwise"),
    "treatment_mi": ("Multiple imputation", "Meervoudige imputatie"),
    "treatment_ml": ("Maximum likelihood", "Maximum likelihood"),
    "turned": ("When turned", "Na omkeren"),
    "value": ("Value", "Waarde"),
    "variable": ("Variable", "Variabele"),
    "verdict": ("Verdict", "Oordeel"),
    "what": ("What", "Wat"),
    "where": ("Answered in", "Beantwoord in"),
    "wlsmv": ("WLSMV", "WLSMV"),
    "wording": ("Wording", "Formulering"),
}

# Columns that hold words stand left; all others hold numbers.
WORDY = {
    "answer", "asked", "claim", "code_name", "construct", "definition", "dutch", "english", "evidence",
    "factor", "file", "fit", "guideline", "hash", "item", "level", "pair", "parameter", "path", "rule",
    "says", "source", "status", "structure", "value", "variable", "verdict", "what", "where", "wording",
}  # fmt: skip

NOTES = {
    "structures": (
        "Chi-square is scaled, CFI and RMSEA are robust; a lower BIC is better. ω is the reliability "
        "of the sum of all items, ω general the part of it that the general factor gives.",
        "Chi-kwadraat is geschaald, CFI en RMSEA zijn robuust; een lagere BIC is beter. ω is de "
        "betrouwbaarheid van de som van alle items, ω algemeen het deel daarvan dat de algemene "
        "factor geeft.",
    ),
    "nested": (
        "The first structure is a special case of the second; the test is that of Satorra and Bentler "
        "(2001). One factor lies on the edge of what the others allow, so its p is too large if "
        "anything.",
        "De eerste structuur is een bijzonder geval van de tweede; de toets is die van Satorra en "
        "Bentler (2001). Eén factor ligt op de rand van wat de andere toelaten, dus die p is eerder "
        "te groot dan te klein.",
    ),
    "facets": (
        "ω of its own is what a facet’s score says beside the general factor (bifactor model).",
        "ω van zichzelf is wat de score van een facet zegt naast de algemene factor (bifactormodel).",
    ),
    "imputed": (
        "Means on the answer scale. Listwise keeps those who answered every item of a scale; maximum "
        "likelihood and multiple imputation use the answers to all other items.",
        "Gemiddelden op de antwoordschaal. Listwise houdt wie elke stelling van een schaal "
        "beantwoordde; maximum likelihood en meervoudige imputatie gebruiken de antwoorden op alle "
        "andere stellingen.",
    ),
    "item_figures": (
        "Answers as given. Skewness and kurtosis are 0 for a normal distribution; the last two "
        "columns are the shares of the lowest and the highest answer.",
        "Antwoorden zoals gegeven. Scheefheid en kurtosis zijn 0 bij een normale verdeling; de "
        "laatste twee kolommen zijn de aandelen van het laagste en het hoogste antwoord.",
    ),
    "dropped": (
        "After turning the statements marked (R). α and ω “without” are those of the scale without "
        "the statement.",
        "Na omkeren van de stellingen met (R). α en ω “zonder” zijn die van de schaal zonder de stelling.",
    ),
    "reliability": (
        "α with Feldt’s (1965) interval; ω from a factor model of the scale (McDonald, 1999).",
        "α met het interval van Feldt (1965); ω uit een factormodel van de schaal (McDonald, 1999).",
    ),
    "adequacy": (
        "KMO above 0.8 is called meritorious, below 0.5 unacceptable (Kaiser, 1974).",
        "KMO boven 0,8 heet verdienstelijk, onder 0,5 onaanvaardbaar (Kaiser, 1974).",
    ),
    "sorted": (
        "Sorted by factor and loading; h² is the share of an item that the factors explain.",
        "Geordend naar factor en lading; h² is het deel van een item dat de factoren verklaren.",
    ),
    "samples": (
        "Bootstrap samples of respondents; a congruence of 0.95 or more makes two factors the same "
        "(Lorenzo-Seva & ten Berge, 2006).",
        "Bootstrapsteekproeven van respondenten; een congruentie van 0,95 of meer maakt twee factoren "
        "gelijk (Lorenzo-Seva & ten Berge, 2006).",
    ),
    "convergent": (
        "ω and AVE from the measurement model; AVE is the average share of an item that its factor explains.",
        "ω en AVE uit het meetmodel; AVE is het gemiddelde deel van een item dat zijn factor verklaart.",
    ),
    "distinct": (
        "r is the correlation between the factors, HTMT2 the ratio of correlations between and within "
        "scales (Roemer et al., 2021), with a bootstrap interval.",
        "r is de correlatie tussen de factoren, HTMT2 de verhouding van correlaties tussen en binnen "
        "schalen (Roemer e.a., 2021), met bootstrapinterval.",
    ),
    "fornell": (
        "Diagonal: root of the AVE; below it: correlations between factors (Fornell & Larcker, 1981). "
        "The rule holds for a factor whose diagonal entry exceeds its correlations.",
        "Diagonaal: wortel van de AVE; eronder: correlaties tussen factoren (Fornell & Larcker, "
        "1981). De regel geldt voor een factor waarvan de diagonaal zijn correlaties overtreft.",
    ),
    "misfit": (
        "What chi-square would lose if the parameter were freed, and the standardised value that it "
        "would take. To be read, not to be followed: freeing what the data suggest fits chance as "
        "well.",
        "Wat chi-kwadraat zou verliezen als de parameter vrij was, en de gestandaardiseerde waarde "
        "ervan. Om te lezen, niet om te volgen: vrijlaten wat de gegevens ingeven, past ook toeval.",
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
        "Chi-square is scaled and CFI, TLI and RMSEA (with a 90% interval) are robust: corrected for answers "
        "that are not normally distributed.",
        "Chi-kwadraat is geschaald en CFI, TLI en RMSEA (met 90%-interval) zijn robuust: gecorrigeerd voor "
        "antwoorden die niet normaal verdeeld zijn.",
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

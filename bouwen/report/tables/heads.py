"""What stands above and below tables, in both languages."""

from __future__ import annotations

from bouwen.survey import Study
from bouwen.words import percent

HEADS = {
    "cfi": ("CFI", "CFI"),
    "rmsea": ("RMSEA", "RMSEA"),
    "srmr": ("SRMR", "SRMR"),
    "cfi_change": ("ΔCFI", "ΔCFI"),
    "p_shuffled": ("p (shuffled)", "p (geschud)"),
    "solved": ("Solved", "Opgelost"),
    "step": ("Step", "Stap"),
    "acquiescence": ("With acquiescence", "Met ja-zeggen"),
    "alpha": ("α", "α"),
    "alpha_dropped": ("α without", "α zonder"),
    "alpha_interval": ("{level} of α", "{level} van α"),
    "alpha_listwise": ("α, listwise", "α, listwise"),
    "alpha_ml": ("α, ML", "α, ML"),
    "answer": ("Answer scale", "Antwoordschaal"),
    "asked": ("What a reader should be told", "Wat een lezer moet weten"),
    "ave": ("AVE", "AVE"),
    "bouwen": ("bouwen", "bouwen"),
    "ceiling": ("Highest answer", "Hoogste antwoord"),
    "chisq": ("Chi-square", "Chi-kwadraat"),
    "chisq_diff": ("Δχ²", "Δχ²"),
    "choice": ("Choice", "Keuze"),
    "chosen": ("Chosen", "Gekozen"),
    "claim": ("Finding", "Bevinding"),
    "code": ("Code", "Code"),
    "code_name": ("Name in the data", "Naam in de data"),
    "congruence": ("Congruence", "Congruentie"),
    "congruence_good": ("≥ 0.95", "≥ 0,95"),
    "congruence_lower": ("Lower", "Onder"),
    "construct": ("Construct", "Construct"),
    "count": ("Respondents", "Respondenten"),
    "definition": ("Definition", "Definitie"),
    "df": ("df", "df"),
    "df_diff": ("Δdf", "Δdf"),
    "dutch": ("Dutch", "Nederlands"),
    "english": ("English", "Engels"),
    "epc": ("Expected change", "Verwachte verandering"),
    "estimate": ("Estimate", "Schatting"),
    "estimates": ("Estimates", "Schattingen"),
    "evidence": ("Evidence", "Bewijs"),
    "interval_draws": ("{level} interval, bootstrap", "{level}-interval, bootstrap"),
    "interval_delta": ("{level} interval, delta method", "{level}-interval, deltamethode"),
    "draws": ("Draws", "Trekkingen"),
    "outcome": ("What became of them", "Wat ervan kwam"),
    "expected": ("Shuffled, median", "Geschud, mediaan"),
    "factor": ("Factor", "Factor"),
    "factors": ("Factors", "Factoren"),
    "file": ("File", "Bestand"),
    "fit": ("Model", "Model"),
    "floor": ("Lowest answer", "Laagste antwoord"),
    "freer": ("Freer structure", "Vrijere structuur"),
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
    "largest": ("Range", "Verschil"),
    "level": ("Group", "Groep"),
    "limit": ("Shuffled, 95th percentile", "Geschud, 95e percentiel"),
    "loading": ("Loading", "Lading"),
    "loading_smallest": ("Smallest loading", "Kleinste lading"),
    "lowest": ("Lowest mean", "Laagste gemiddelde"),
    "mean": ("Mean", "Gemiddelde"),
    "mean_all": ("Mean, all", "Gemiddelde, allen"),
    "mean_here": ("Mean, here", "Gemiddelde, hier"),
    "median": ("Median effect", "Mediaan"),
    "method": ("With a method factor", "Met methodefactor"),
    "mi": ("Modification index", "Modificatie-index"),
    "missing": ("Missing", "Ontbreekt"),
    "n": ("n", "n"),
    "number": ("No.", "Nr."),
    "observed": ("As answered", "Zoals beantwoord"),
    "omega": ("ω", "ω"),
    "omega_dropped": ("ω without", "ω zonder"),
    "omega_interval": ("{level} of ω", "{level} van ω"),
    "omega_own": ("Its own share", "Eigen aandeel"),
    "omega_squared": ("ω²", "ω²"),
    "own": ("As it is", "Zoals het is"),
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
    "range": ("From, to", "Van, tot"),
    "residual": ("Residual correlation", "Residuele correlatie"),
    "rule": ("Rule", "Regel"),
    "says": ("How it decides", "Hoe de regel beslist"),
    "sd": ("SD", "SD"),
    "semopy": ("semopy", "semopy"),
    "share": ("Share", "Aandeel"),
    "shift": ("Change", "Verschil"),
    "skew": ("Skewness", "Scheefheid"),
    "smallest": ("Smallest difference (SD)", "Kleinste verschil (SD)"),
    "source": ("Leans on", "Leunt op"),
    "specifications": ("Specifications", "Specificaties"),
    "std": ("Standardised", "Gestandaardiseerd"),
    "stricter": ("Stricter structure", "Strengere structuur"),
    "treatment_half": ("Half", "Helft"),
    "treatment_listwise": ("Listwise", "Listwise"),
    "treatment_mi": ("MI", "MI"),
    "treatment_ml": ("ML", "ML"),
    "turned": ("When turned", "Na omkeren"),
    "value": ("Value", "Waarde"),
    "variable": ("Variable", "Variabele"),
    "variance_share": ("Share of variance", "Aandeel variantie"),
    "verdict": ("Verdict", "Oordeel"),
    "what": ("What", "Wat"),
    "where": ("Answered in", "Beantwoord in"),
    "wlsmv": ("WLSMV", "WLSMV"),
    "wording": ("Wording", "Formulering"),
}

# Columns that hold words stand left; all others hold numbers.
WORDY = {
    "answer", "asked", "choice", "chosen", "claim", "code_name", "construct", "definition", "dutch",
    "english", "evidence", "factor", "file", "fit", "freer", "guideline", "hash", "item", "level", "outcome",
    "pair", "parameter", "path", "rule", "says", "source", "step", "stricter", "value", "variable", "verdict",
    "what", "where", "wording",
}  # fmt: skip

NOTES = {
    "invariance": (
        "Chi-square is scaled, CFI and RMSEA are robust. ΔCFI and p come from plain CFI: the share of "
        "shuffled groups that lose at least as much (in the first step: fit as badly). Solved: shuffled "
        "groups that could be fitted.",
        "Chi-kwadraat is geschaald, CFI en RMSEA zijn robuust. ΔCFI en p komen van de gewone CFI: het "
        "aandeel geschudde groepen dat minstens zoveel verliest (in de eerste stap: even slecht past). "
        "Opgelost: geschudde groepen die te schatten waren.",
    ),
    "adequacy": (
        "KMO above 0.8 is called meritorious, below 0.5 unacceptable (Kaiser, 1974).",
        "KMO boven 0,8 heet verdienstelijk, onder 0,5 onaanvaardbaar (Kaiser, 1974).",
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
    "dropped": (
        "After turning the statements marked (R). α and ω “without” are those of the scale without "
        "the statement.",
        "Na omkeren van de stellingen met (R). α en ω “zonder” zijn die van de schaal zonder de stelling.",
    ),
    "few": (
        "Groups with fewer than {min_group} respondents get no estimates.",
        "Groepen met minder dan {min_group} respondenten krijgen geen schattingen.",
    ),
    "fornell": (
        "Diagonal: root of the AVE; below it: correlations between factors (Fornell & Larcker, 1981). "
        "The rule holds for a factor whose diagonal entry exceeds its correlations.",
        "Diagonaal: wortel van de AVE; eronder: correlaties tussen factoren (Fornell & Larcker, "
        "1981). De regel geldt voor een factor waarvan de diagonaal zijn correlaties overtreft.",
    ),
    "imputed": (
        "Means on the answer scale. Listwise: those who answered every item of the scale. Half: those "
        "who answered at least half of them. ML and MI (maximum likelihood, multiple imputation) use "
        "the answers to all other items. Range: the largest mean less the smallest.",
        "Gemiddelden op de antwoordschaal. Listwise: wie elke stelling van de schaal beantwoordde. "
        "Helft: wie er ten minste de helft beantwoordde. ML en MI (maximum likelihood, meervoudige "
        "imputatie) gebruiken de antwoorden op alle andere stellingen. Verschil: grootste min "
        "kleinste gemiddelde.",
    ),
    "item_figures": (
        "Answers as given. Skewness and kurtosis are 0 for a normal distribution; the last two "
        "columns are the shares of the lowest and the highest answer.",
        "Antwoorden zoals gegeven. Scheefheid en kurtosis zijn 0 bij een normale verdeling; de "
        "laatste twee kolommen zijn de aandelen van het laagste en het hoogste antwoord.",
    ),
    "joint": (
        "Shuffled: the outcome’s answers dealt out anew over the respondents. Effects here are those "
        "of factor scores; specifications by WLSMV take no part.",
        "Geschud: de antwoorden op de uitkomst opnieuw over de respondenten verdeeld. De effecten "
        "zijn hier die van factorscores; specificaties met WLSMV doen niet mee.",
    ),
    "misfit": (
        "What chi-square would lose if the parameter were freed, and the standardised value that it "
        "would take. To be read, not to be followed: freeing what the data suggest fits chance as "
        "well.",
        "Wat chi-kwadraat zou verliezen als de parameter vrij was, en de gestandaardiseerde waarde "
        "ervan. Om te lezen, niet om te volgen: vrijlaten wat de gegevens ingeven, past ook toeval.",
    ),
    "omega_own": (
        "Its own share: how much of the differences in a facet’s score is neither error nor common to "
        "all facets.",
        "Eigen aandeel: hoeveel van de verschillen in de score van een facet geen fout is en ook niet "
        "door alle facetten wordt gedeeld.",
    ),
    "power": (
        "Power with two Monte Carlo errors; effects through other variables are tested by the "
        "percentile interval of drawn parameters.",
        "Power met tweemaal de Monte-Carlofout; effecten via andere variabelen worden getoetst met "
        "het percentielinterval van getrokken parameters.",
    ),
    "reliability": (
        "α with Feldt’s (1965) interval; ω from a factor model of the scale (McDonald, 1999).",
        "α met het interval van Feldt (1965); ω uit een factormodel van de schaal (McDonald, 1999).",
    ),
    "reversed": (
        "(R): agreeing means less of the construct; the answer is turned before it is used.",
        "(R): instemmen betekent minder van het construct; het antwoord wordt omgekeerd voor gebruik.",
    ),
    "rmsea_power": (
        "In closed form (MacCallum, Browne & Sugawara, 1996), at 0.05. Exact and close fit: the "
        "chance to notice that the model misses by this much. Not-close fit: the chance to show that "
        "it misses by less than 0.05.",
        "In gesloten vorm (MacCallum, Browne & Sugawara, 1996), bij 0,05. Exacte en goede passing: de "
        "kans om te merken dat het model er zoveel naast zit. Geen goede passing: de kans om te tonen "
        "dat het er minder dan 0,05 naast zit.",
    ),
    "robust": (
        "Chi-square is scaled and CFI, TLI and RMSEA (with a 90% interval) are robust: corrected for "
        "answers that are not normally distributed.",
        "Chi-kwadraat is geschaald en CFI, TLI en RMSEA (met 90%-interval) zijn robuust: gecorrigeerd "
        "voor antwoorden die niet normaal verdeeld zijn.",
    ),
    "samples": (
        "Congruence: median over bootstrap samples with its lower end; a congruence of 0.95 or more makes "
        "two factors the same "
        "(Lorenzo-Seva & ten Berge, 2006).",
        "Congruentie: mediaan over bootstrapsteekproeven en haar ondergrens; een congruentie van 0,95 of "
        "meer maakt twee factoren "
        "gelijk (Lorenzo-Seva & ten Berge, 2006).",
    ),
    "small": (
        "Counts below {min_cell} are not shown; “–” hides a count that would give one of them away.",
        "Aantallen onder {min_cell} worden niet getoond; “–” verbergt een aantal dat er een zou verraden.",
    ),
    "smallest": (
        "In standard deviations of a score; two-sided t-test, power 0.80. Groups with fewer than "
        "{min_group} respondents are left out.",
        "In standaarddeviaties van een score; tweezijdige t-toets, power 0,80. Groepen met minder dan "
        "{min_group} respondenten blijven buiten beschouwing.",
    ),
    "sorted": (
        "Sorted by factor and loading; h² is the share of an item that the factors explain.",
        "Geordend naar factor en lading; h² is het deel van een item dat de factoren verklaren.",
    ),
    "steps": (
        "Change: the median difference from specifications that are equal but for having the first "
        "choice of the list; from, to: the smallest and the largest such difference.",
        "Verschil: de mediaan van het verschil met specificaties die gelijk zijn op de eerste keuze "
        "van de lijst na; van, tot: het kleinste en het grootste zulke verschil.",
    ),
    "structure_tests": (
        "A small p says that the stricter structure loses something. “–”: both fit alike, or one of "
        "them has no proper solution.",
        "Een kleine p zegt dat de strengere structuur iets verliest. “–”: beide passen even goed, of "
        "een van beide heeft geen goede oplossing.",
    ),
    "structures": (
        "Chi-square is scaled; CFI, TLI and RMSEA (with its 90% interval) are robust; lower AIC and "
        "BIC are better. ω hierarchical: the share of the sum of all items that is due to the general "
        "factor.",
        "Chi-kwadraat is geschaald; CFI, TLI en RMSEA (met 90%-interval) zijn robuust; een lagere AIC "
        "en BIC is beter. ω hiërarchisch: het aandeel van de som van alle items dat van de algemene "
        "factor komt.",
    ),
    "welch": (
        "Welch’s analysis of variance; p-values corrected for the number of constructs by Holm’s method.",
        "Variantieanalyse volgens Welch; p-waarden volgens Holm gecorrigeerd voor het aantal constructen.",
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

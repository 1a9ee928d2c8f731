"""How many factors a set of items holds, and which items go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.tables.heads import head
from bouwen.report.tables.layout import lay_out, numbers, table
from bouwen.scales import Bartlett, Efa, FactorCounts, Kmo, LoadingStability, Mardia
from bouwen.survey import Study
from bouwen.words import number, percent, pvalue

if TYPE_CHECKING:
    from great_tables import GT

RULES = {
    "parallel_factors": (
        "Parallel analysis, factors",
        "Parallelle analyse, factoren",
        "eigenvalues above those of random answers",
        "eigenwaarden boven die van toevallige antwoorden",
    ),
    "parallel_components": (
        "Parallel analysis, components",
        "Parallelle analyse, componenten",
        "the same, of the full correlations",
        "hetzelfde, van de volledige correlaties",
    ),
    "empirical_kaiser": (
        "Empirical Kaiser criterion",
        "Empirisch Kaiser-criterium",
        "eigenvalues above what chance and earlier factors leave",
        "eigenwaarden boven wat toeval en eerdere factoren overlaten",
    ),
    "map": (
        "Minimum average partial (Velicer)",
        "Kleinste gemiddelde partiële correlatie (Velicer)",
        "where what is left over correlates least",
        "waar wat overblijft het minst samenhangt",
    ),
    "map_fourth": (
        "Minimum average partial, revised",
        "Kleinste gemiddelde partiële correlatie, herzien",
        "the same, with fourth powers",
        "hetzelfde, met vierde machten",
    ),
}


def suitability(study: Study, adequacy: Kmo, sphericity: Bartlett, normality: Mardia) -> GT:
    """Whether items share enough for a factor analysis, and whether they are multivariate normal."""
    dutch = study.language == "nl"
    lowest = str(adequacy.items.idxmin())
    rows = [
        ("KMO", adequacy.overall, "", float("nan")),
        (f"KMO, {'laagste' if dutch else 'lowest'}: {lowest}", adequacy.items[lowest], "", float("nan")),
        ("Bartlett χ²", sphericity.chisq, str(sphericity.df), sphericity.pvalue),
        (
            f"Mardia, {'scheefheid' if dutch else 'skewness'} χ²",
            normality.skew_chisq,
            str(normality.skew_df),
            normality.skew_pvalue,
        ),
        ("Mardia, kurtosis z", normality.kurtosis_z, "", normality.kurtosis_pvalue),
    ]
    return table(
        study,
        {
            "what": [what for what, _, _, _ in rows],
            "estimate": numbers(study, [value for _, value, _, _ in rows]),
            "df": [df for _, _, df, _ in rows],
            "p": ["" if pd.isna(p) else pvalue(p, study.language) for _, _, _, p in rows],
        },
        note="adequacy",
    )


def factor_counts(study: Study, counts: FactorCounts) -> GT:
    """How many factors, by which rule."""
    dutch = study.language == "nl"
    found = counts.table()["n_factors"]
    return table(
        study,
        {
            "rule": [RULES[str(rule)][dutch] for rule in found.index],
            "says": [RULES[str(rule)][2 + dutch] for rule in found.index],
            "factors": [str(k) for k in found],
        },
    )


def sorted_items(efa: Efa) -> list[str]:
    """Items by the factor on which they load most, and within it by the size of that loading."""
    strength = efa.loadings.abs()
    order = pd.DataFrame({"factor": strength.to_numpy().argmax(axis=1), "size": -strength.max(axis=1)})
    return list(order.sort_values(["factor", "size"], kind="stable").index)


def exploratory(study: Study, efa: Efa, *, smallest: float = 0.3) -> GT:
    """The sorted pattern of an exploratory factor analysis; loadings below ``smallest`` are left out."""
    order = sorted_items(efa)
    item, construct = head(study, "item"), head(study, "construct")
    columns = {item: order, construct: [study.label(study.instrument.construct_of(name)) for name in order]}
    for factor in efa.loadings.columns:
        loadings = efa.loadings.loc[order, factor]
        columns[str(factor)] = [number(x, 2, study.language) if abs(x) >= smallest else "" for x in loadings]
    columns["h²"] = numbers(study, efa.communalities[order])
    return lay_out(study, pd.DataFrame(columns), words=[item, construct], note="sorted")


def exploratory_factors(study: Study, stability: LoadingStability) -> GT:
    """The factors: what they explain, how they correlate, and how often bootstrap samples give them back."""
    efa, heading = stability.efa, head(study, "factor")
    columns = {heading: [str(name) for name in efa.phi.index]}
    columns |= {str(name): numbers(study, efa.phi[name]) for name in efa.phi}
    columns[head(study, "share")] = [percent(x, study.language) for x in efa.variance["proportion"]]
    found = stability.congruence
    columns[head(study, "congruence")] = numbers(study, found["median"])
    columns[head(study, "congruence_lower")] = numbers(study, found["lower"])
    columns[head(study, "congruence_good")] = [percent(x, study.language) for x in found["good"]]
    return lay_out(study, pd.DataFrame(columns), words=[heading], note="samples")

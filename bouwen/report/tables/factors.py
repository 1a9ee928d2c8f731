"""How many factors a set of items holds, and which items go together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.report.audience import ReaderOptions, reader
from bouwen.report.given import check_given
from bouwen.report.tables.layout import head, lay_out, lay_out_frame, number_texts
from bouwen.scales import Bartlett, Efa, FactorCounts, Kmo, LoadingStability, Mardia
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

EFA = "an exploratory factor analysis (bouwen.fit_efa)"
COUNTS = "counts of factors (bouwen.count_factors)"


def suitability_table(
    adequacy: Kmo,
    sphericity: Bartlett,
    normality: Mardia,
    study: Study | None = None,
    **options: Unpack[ReaderOptions],
) -> GT:
    """Whether items share enough for a factor analysis, and whether they are multivariate normal.

    Parameters
    ----------
    adequacy, sphericity, normality
        From `bouwen.kmo`, `bouwen.bartlett` and `bouwen.mardia`.
    study : Study, optional
        Gives the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    for found, kind in ((adequacy, Kmo), (sphericity, Bartlett), (normality, Mardia)):
        check_given(found, kind, "the results of bouwen.kmo, bouwen.bartlett and bouwen.mardia")
    to = reader(study, **options)
    lowest = str(adequacy.items.idxmin())
    rows = [
        ("kmo", adequacy.overall, "", float("nan")),
        ("kmo_lowest", adequacy.items[lowest], "", float("nan")),
        ("bartlett", sphericity.chisq, str(sphericity.df), sphericity.pvalue),
        ("skewness", normality.skew_chisq, str(normality.skew_df), normality.skew_pvalue),
        ("kurtosis", normality.kurtosis_z, "", normality.kurtosis_pvalue),
    ]
    return lay_out(
        to,
        {
            "what": [to.words(f"suitability.{key}", item=to.name(lowest)) for key, _, _, _ in rows],
            "estimate": number_texts(to, [value for _, value, _, _ in rows]),
            "df": [df for _, _, df, _ in rows],
            "p": ["" if pd.isna(p) else to.words.pvalue(p) for _, _, _, p in rows],
        },
        note="adequacy",
    )


def factor_counts_table(
    counts: FactorCounts, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """How many factors, by which rule.

    Parameters
    ----------
    counts : FactorCounts
        From `bouwen.count_factors`.
    study : Study, optional
        Gives the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(counts, FactorCounts, COUNTS)
    to = reader(study, **options)
    found = counts.table()["n_factors"]
    return lay_out(
        to,
        {
            "rule": [to.words(f"factor_rules.{rule}.name") for rule in found.index],
            "says": [to.words(f"factor_rules.{rule}.says") for rule in found.index],
            "factors": [str(k) for k in found],
        },
    )


def sorted_items(efa: Efa) -> list[str]:
    """Items by the factor on which they load most, and within it by the size of that loading."""
    check_given(efa, Efa, EFA)
    strength = efa.loadings.abs()
    order = pd.DataFrame({"factor": strength.to_numpy().argmax(axis=1), "size": -strength.max(axis=1)})
    return list(order.sort_values(["factor", "size"], kind="stable").index)


def exploratory_table(
    efa: Efa, study: Study | None = None, *, smallest: float = 0.3, **options: Unpack[ReaderOptions]
) -> GT:
    """The sorted pattern of an exploratory factor analysis; loadings below ``smallest`` are left out.

    Parameters
    ----------
    efa : Efa
        From `bouwen.fit_efa`.
    study : Study, optional
        Gives the language, and the construct of every item in a column.
    smallest : float
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    order = sorted_items(efa)
    to = reader(study, **options)
    columns = {head(to, "item"): [to.name(item) for item in order]}
    if study is not None:
        columns[head(to, "construct")] = [to.label(study.instrument.construct_of(item)) for item in order]
    left = list(columns)
    for factor in efa.loadings.columns:
        loadings = efa.loadings.loc[order, factor]
        columns[str(factor)] = [to.words.number(x) if abs(x) >= smallest else "" for x in loadings]
    columns["h²"] = number_texts(to, efa.communalities[order])
    return lay_out_frame(to, pd.DataFrame(columns), left=left, note="sorted")


def exploratory_factors_table(
    stability: LoadingStability, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """The factors: what they explain, how they correlate, and how often bootstrap samples give them back.

    Parameters
    ----------
    stability : LoadingStability
        From `bouwen.loading_stability`.
    study : Study, optional
        Gives the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(stability, LoadingStability, "the stability of loadings (bouwen.loading_stability)")
    to = reader(study, **options)
    efa, heading = stability.efa, head(to, "factor")
    columns = {heading: [str(name) for name in efa.phi.index]}
    columns |= {str(name): number_texts(to, efa.phi[name]) for name in efa.phi}
    columns[head(to, "share")] = [to.words.percent(x) for x in efa.variance["proportion"]]
    found = stability.congruence
    columns[head(to, "congruence")] = number_texts(to, found["median"])
    columns[head(to, "congruence_lower")] = number_texts(to, found["lower"])
    columns[head(to, "congruence_good")] = [to.words.percent(x) for x in found["good"]]
    return lay_out_frame(to, pd.DataFrame(columns), left=[heading], note="samples")

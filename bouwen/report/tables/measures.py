"""Items and scales: what was answered, and how well it measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.checks import check_choice
from bouwen.report.audience import Reader, ReaderOptions, reader, reader_of
from bouwen.report.given import check_frame, check_study
from bouwen.report.tables.layout import head, interval_texts, lay_out, number_texts
from bouwen.report.texts.wording import analysed_text
from bouwen.report.texts.wording import guarded_share_text as guarded_share
from bouwen.scales import item_statistics
from bouwen.survey import Study, pools, shown_moments

if TYPE_CHECKING:
    from great_tables import GT


def item_label(to: Reader, item: str) -> str:
    """An item's name, marked where agreeing means less of the construct."""
    turned = to.study is not None and item in to.study.items and to.study.instrument.items[item].reversed
    return to.name(item) + (" (R)" if turned else "")


def items_table(study: Study, found: pd.DataFrame | None = None) -> GT:
    """Every item: missing answers and the distribution of the others.

    Parameters
    ----------
    study : Study
    found : DataFrame, optional
        From `bouwen.item_statistics`, where that was asked for already.
    """
    check_study(study)
    found = item_statistics(study) if found is None else found
    to, total = reader(study), len(study.responses)
    moments = moment_texts(to, study, found)
    return lay_out(
        to,
        {
            "construct": map(to.label, found["construct"]),
            "item": [item_label(to, str(item)) for item in found.index],
            "missing": [guarded_share(study, total - n, total) for n in found["n"]],
            **moments,
            "floor": end_shares(study, found, "floor"),
            "ceiling": end_shares(study, found, "ceiling"),
        },
        rows="construct",
        note="item_figures",
    )


def scale_moments(to: Reader, found: pd.DataFrame) -> dict[str, list[str]]:
    """Mean and SD of scales; those of a scale of one item as fine as the item's own."""
    texts: dict[str, list[str]] = {"mean": [], "sd": []}
    for construct, row in found.iterrows():
        single = to.study is not None and row["n_items"] == 1
        digits = (
            item_decimals(to.study, to.study.items_of(str(construct))[0]) if single and to.study else (2, 2)
        )
        for (name, column), places in zip(texts.items(), digits[:2], strict=True):
            column.append(to.words.none if places is None else to.words.number(row[name], places))
    return texts


def item_decimals(study: Study, item: str) -> tuple[int | None, ...]:
    """Decimals that the moments of an item may have, see `bouwen.survey.disclosure.shown_moments`.

    Fewer where the audit of this build asks for it: without skewness and kurtosis, the mean to one
    decimal alone, nothing.
    """
    limits = study.settings.min_cell, study.settings.min_width
    places = shown_moments(answer_counts(study, item), int(study.responses[item].isna().sum()), *limits)
    mean = None if places[0] is None else min(places[0], 1)
    steps = [places, (*places[:2], None, None), (mean, None, None, None), (None, None, None, None)]
    return steps[min(study.coarser.get(item, 0), 3)]


def moment_texts(to: Reader, study: Study, found: pd.DataFrame) -> dict[str, list[str]]:
    """Mean, SD, skewness and kurtosis of items, as fine as leaves open what is not shown of their answers."""
    texts: dict[str, list[str]] = {name: [] for name in ("mean", "sd", "skew", "kurtosis")}
    for item, row in found.iterrows():
        places = item_decimals(study, str(item))
        for (name, column), digits in zip(texts.items(), places, strict=True):
            column.append(to.words.none if digits is None else to.words.number(row[name], digits))
    return texts


def end_shares(study: Study, found: pd.DataFrame, end: str) -> list[str]:
    """Shares of the answers at one end of the scale, small counts bounded.

    Parameters
    ----------
    study : Study
    found : DataFrame
        From `bouwen.item_statistics`.
    end : "floor" or "ceiling"
    """
    check_study(study)
    check_choice("end", end, ("floor", "ceiling"))
    counts = (found[end] * found["n"]).fillna(0).round().astype(int)
    none = reader(study).words.none
    texts = []
    for item, count, n in zip(found.index, counts, found["n"], strict=True):
        steps = study.coarser.get(str(item), 0)
        hidden = steps > 4 or joined_by_others(study, str(item), end)
        texts.append(none if hidden else guarded_share(study, count, n, answered=True, coarser=steps == 4))
    return texts


def joined_by_others(study: Study, item: str, end: str) -> bool:
    """Whether the figure counts other answers with that end of the scale, which its own share would tell."""
    counts = answer_counts(study, item)
    target, at = pools(list(counts), study.settings.min_cell), len(counts) - 1 if end == "ceiling" else 0
    return target.count(at) > 1


def answer_counts(study: Study, item: str) -> pd.Series[int]:
    """Respondents by answer, lowest first."""
    codes = list(study.instrument.scale_of(item).codes)
    return study.responses[item].value_counts().reindex(codes, fill_value=0)


def items_in_scales_table(study: Study, found: pd.DataFrame | None = None) -> GT:
    """Every item: wording, how it goes with the rest of its scale, and the scale without it.

    Parameters
    ----------
    study : Study
    found : DataFrame, optional
        From `bouwen.item_statistics`, where that was asked for already.
    """
    check_study(study)
    found = item_statistics(study) if found is None else found
    to = reader(study)
    return lay_out(
        to,
        {
            "construct": map(to.label, found["construct"]),
            "item": [item_label(to, str(item)) for item in found.index],
            "wording": [study.wording(str(item)) for item in found.index],
            "item_rest": number_texts(to, found["r_rest"]),
            "alpha_dropped": number_texts(to, found["alpha_dropped"]),
            "omega_dropped": number_texts(to, found["omega_dropped"]),
        },
        rows="construct",
        note="dropped",
    )


def key_table(found: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """Items that run against their scale, with the evidence.

    Parameters
    ----------
    found : DataFrame
        From `bouwen.check_key`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`; ``confidence``, the level of the
        intervals in the table.
    """
    check_frame(found, ("construct", "r_rest", "r_rest_turned"), "the table of bouwen.check_key")
    to = reader_of(found, study, **options)
    return lay_out(
        to,
        {
            "construct": map(to.label, found["construct"]),
            "item": [item_label(to, str(item)) for item in found.index],
            "item_rest": number_texts(to, found["r_rest"]),
            "interval": interval_texts(to, found),
            "turned": number_texts(to, found["r_rest_turned"]),
        },
    )


def scales_table(
    found: pd.DataFrame,
    reliability: pd.DataFrame,
    study: Study | None = None,
    **options: Unpack[ReaderOptions],
) -> GT:
    """Every scale: items, respondents, mean, spread and reliability.

    Parameters
    ----------
    found : DataFrame
        From `bouwen.scale_statistics`.
    reliability : DataFrame
        The table of `bouwen.scale_reliability`.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`; ``confidence``, the level of the
        intervals in the tables.
    """
    wanted = "the tables of bouwen.scale_statistics and bouwen.scale_reliability"
    check_frame(found, ("n_items", "mean", "alpha_ci_lower"), wanted)
    check_frame(reliability, ("omega", "omega_ci_lower"), wanted)
    to, beside = reader_of(found, study, **options), reader_of(reliability, study, **options)
    return lay_out(
        to,
        {
            "construct": map(to.label, found.index),
            "items": [str(k) for k in found["n_items"]],
            "n": [analysed_text(to, int(n)) for n in found["n"]],
            **scale_moments(to, found),
            "alpha": number_texts(to, found["alpha"]),
            "alpha_interval": interval_texts(to, found, "alpha_"),
            "omega": number_texts(to, reliability["omega"]),
            "omega_interval": interval_texts(to, reliability, "omega_"),
        },
        note="reliability_nested" if study is not None and study.clusters is not None else "reliability",
        heads={"omega_interval": head(beside, "omega_interval")},
    )

"""Items and scales: what was answered, and how well it measures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.tables.layout import intervals, numbers, table
from bouwen.report.texts import guarded_share
from bouwen.scales import item_statistics
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT


def item_label(study: Study, item: str) -> str:
    """An item's name, marked where agreeing means less of the construct."""
    return item + (" (R)" if study.instrument.items[item].reversed else "")


def items(study: Study, found: pd.DataFrame | None = None) -> GT:
    """Every item: missing answers and the distribution of the others."""
    found = item_statistics(study) if found is None else found
    total = len(study.responses)
    return table(
        study,
        {
            "construct": [study.label(c) for c in found["construct"]],
            "item": [item_label(study, str(item)) for item in found.index],
            "missing": [guarded_share(study, total - n, total) for n in found["n"]],
            "mean": numbers(study, found["mean"]),
            "sd": numbers(study, found["sd"]),
            "skew": numbers(study, found["skew"]),
            "kurtosis": numbers(study, found["kurtosis"]),
            "floor": end_shares(study, found, "floor"),
            "ceiling": end_shares(study, found, "ceiling"),
        },
        rows="construct",
        note="item_figures",
    )


def end_shares(study: Study, found: pd.DataFrame, end: str) -> list[str]:
    """Shares of the answers at one end of the scale, small counts bounded."""
    counts = (found[end] * found["n"]).fillna(0).round().astype(int)
    return [guarded_share(study, count, n) if n else "–" for count, n in zip(counts, found["n"], strict=True)]


def items_in_scales(study: Study, found: pd.DataFrame | None = None) -> GT:
    """Every item: wording, how it goes with the rest of its scale, and the scale without it."""
    found = item_statistics(study) if found is None else found
    return table(
        study,
        {
            "construct": [study.label(c) for c in found["construct"]],
            "item": [item_label(study, str(item)) for item in found.index],
            "wording": [study.wording(str(item)) for item in found.index],
            "item_rest": numbers(study, found["r_rest"]),
            "alpha_dropped": numbers(study, found["alpha_dropped"]),
            "omega_dropped": numbers(study, found["omega_dropped"]),
        },
        rows="construct",
        note="dropped",
    )


def key(study: Study, found: pd.DataFrame) -> GT:
    """Items that run against their scale, with the evidence (see `bouwen.scales.check_key`)."""
    return table(
        study,
        {
            "construct": [study.label(c) for c in found["construct"]],
            "item": [item_label(study, str(item)) for item in found.index],
            "item_rest": numbers(study, found["r_rest"]),
            "interval": intervals(study, found),
            "turned": numbers(study, found["r_rest_turned"]),
        },
    )


def scales(study: Study, found: pd.DataFrame, reliability: pd.DataFrame) -> GT:
    """Every scale: items, respondents, mean, spread and reliability.

    Parameters
    ----------
    study : Study
    found : DataFrame
        From `bouwen.scales.scale_statistics`.
    reliability : DataFrame
        The table of `bouwen.groups.scale_reliability`.
    """
    return table(
        study,
        {
            "construct": [study.label(c) for c in found.index],
            "items": [str(k) for k in found["n_items"]],
            "n": [str(n) for n in found["n"]],
            "mean": numbers(study, found["mean"]),
            "sd": numbers(study, found["sd"]),
            "alpha": numbers(study, found["alpha"]),
            "alpha_interval": intervals(study, found, "alpha_"),
            "omega": numbers(study, reliability["omega"]),
            "omega_interval": intervals(study, reliability, "omega_"),
        },
        note="reliability",
    )

"""What draws of a fitted model say: intervals, indirect effects, and what became of the draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pandas as pd

from bouwen.report.audience import Reader, ReaderOptions, reader, reader_of
from bouwen.report.given import check_frame, check_given
from bouwen.report.tables.layout import interval_texts, lay_out, number_texts, of_groups
from bouwen.sem import Bootstrap
from bouwen.survey import Study

if TYPE_CHECKING:
    from great_tables import GT

DRAWN = "draws (bouwen.bootstrap)"
EFFECTS = "the table of bouwen.indirect_effects"
TOTALS = "the table of bouwen.decompose_effects"
REASONS = (
    "negative variance",
    "latent covariances not positive definite",
    "residual covariances not positive definite",
)
OUTCOMES = ("drawn", "not converged", "no sample", "inadmissible", *REASONS, "used")


def drawn(boot: Bootstrap, op: str, confidence: float) -> pd.DataFrame:
    """Standardised parameters of one kind with percentile intervals: ``est_std ci_lower ci_upper``."""
    check_given(boot, Bootstrap, DRAWN)
    found = boot.intervals(of="std_all", confidence=confidence)
    return found[found["op"] == op].rename(columns={"est": "est_std"})


def indirect_effects_table(
    effects: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT | None:
    """Indirect effects with their intervals; nothing where the model has none.

    Parameters
    ----------
    effects : DataFrame
        From `bouwen.indirect_effects`, with draws or without.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`; ``confidence``, the level at
        which the effects were asked for.
    """
    check_frame(effects, ("predictor", "via", "outcome", "est"), EFFECTS)
    to = reader_of(effects, study, **options)
    if effects.empty:
        return None
    columns = of_groups(to, effects["group"])
    columns |= {"path": effect_chains(to, effects), "std": number_texts(to, effects["est"])}
    return lay_out(to, columns | both_intervals(to, effects))


def total_effects_table(
    effects: pd.DataFrame, study: Study | None = None, **options: Unpack[ReaderOptions]
) -> GT:
    """What each predictor does directly, through others, and altogether, with intervals of the latter.

    Parameters
    ----------
    effects : DataFrame
        From `bouwen.decompose_effects`, with draws or without.
    study : Study, optional
        Gives the labels and the language.
    **options
        ``language`` and ``labels``, see `bouwen.report.audience.reader`; ``confidence``, the level at
        which the effects were asked for.
    """
    check_frame(effects, ("predictor", "outcome", "direct", "indirect", "est"), TOTALS)
    to = reader_of(effects, study, **options)
    columns = of_groups(to, effects["group"])
    columns |= {
        "path": [to.chain(ends) for ends in zip(effects["predictor"], effects["outcome"], strict=True)],
        "direct": route_texts(to, effects["direct"]),
        "indirect": route_texts(to, effects["indirect"]),
        "total": number_texts(to, effects["est"]),
    }
    return lay_out(to, columns | both_intervals(to, effects), note="routes")


def route_texts(to: Reader, values: pd.Series) -> list[str]:
    """Effects along a route; none where the model has no such route, so that it is exactly zero."""
    texts = number_texts(to, values)
    return [to.words.none if value == 0 else text for value, text in zip(values, texts, strict=True)]


def both_intervals(to: Reader, effects: pd.DataFrame) -> dict[str, list[str]]:
    """Columns of intervals: those of draws where there are any, and those by formula."""
    columns = {}
    if "boot_lower" in effects:
        by_draws = effects.assign(ci_lower=effects["boot_lower"], ci_upper=effects["boot_upper"])
        columns["interval_draws"] = interval_texts(to, by_draws)
    return columns | {"interval_formula": interval_texts(to, effects)}


def effect_chains(to: Reader, effects: pd.DataFrame) -> list[str]:
    """Each effect as its variables in a row; an ellipsis stands for all ways between two together."""
    ends = zip(effects["predictor"], effects["via"], effects["outcome"], strict=True)
    return [to.chain((first, *(via or ("…",)), last)) for first, via, last in ends]


def account_table(boot: Bootstrap, study: Study | None = None, **options: Unpack[ReaderOptions]) -> GT:
    """What became of the draws.

    Parameters
    ----------
    boot : Bootstrap
    study : Study, optional
        Gives the language.
    **options
        ``language``, ``labels`` and ``confidence``, see `bouwen.report.audience.reader`.
    """
    check_given(boot, Bootstrap, DRAWN)
    to = reader(study, **options)
    shown = {key: boot.counts[key] for key in OUTCOMES if key in boot.counts}
    shown = {key: count for key, count in shown.items() if count or key not in REASONS}
    return lay_out(
        to,
        {
            "outcome": [to.words(f"draws.{key}") for key in shown],
            "draws": number_texts(to, shown.values(), 0),
            "share": [to.words.percent(count / boot.counts["drawn"], 1) for count in shown.values()],
        },
    )

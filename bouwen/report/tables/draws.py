"""What draws of a fitted model say: intervals, indirect effects, and what became of the draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from bouwen.report.tables.layout import intervals, numbers, table
from bouwen.report.texts import chain, share
from bouwen.sem import Bootstrap
from bouwen.survey import Study
from bouwen.words import number

if TYPE_CHECKING:
    from great_tables import GT

OUTCOMES = {
    "drawn": ("drawn", "getrokken"),
    "not converged": ("no solution found", "geen oplossing gevonden"),
    "no sample": ("no usable sample", "geen bruikbare steekproef"),
    "inadmissible": ("improper solution", "onmogelijke oplossing"),
    "negative variance": ("– a negative variance", "– een negatieve variantie"),
    "latent covariances not positive definite": (
        "– impossible covariances of factors",
        "– onmogelijke covarianties van factoren",
    ),
    "residual covariances not positive definite": (
        "– impossible covariances of residuals",
        "– onmogelijke covarianties van residuen",
    ),
    "used": ("in use", "in gebruik"),
}
REASONS = tuple(key for key, (english, _) in OUTCOMES.items() if english.startswith("–"))


def drawn(study: Study, boot: Bootstrap, op: str) -> pd.DataFrame:
    """Standardised parameters of one kind with percentile intervals: ``est_std ci_lower ci_upper``."""
    found = boot.intervals(of="std_all", confidence=study.settings.confidence)
    return found[found["op"] == op].rename(columns={"est": "est_std"})


def indirect_effects(study: Study, effects: pd.DataFrame) -> GT | None:
    """Indirect effects with both intervals; nothing where the model has none."""
    if effects.empty:
        return None
    by_draws = effects.assign(ci_lower=effects["boot_lower"], ci_upper=effects["boot_upper"])
    return table(
        study,
        {
            "path": chains(study, effects),
            "std": numbers(study, effects["est"]),
            "interval_draws": intervals(study, by_draws),
            "interval_delta": intervals(study, effects),
        },
    )


def chains(study: Study, effects: pd.DataFrame) -> list[str]:
    """Each effect as its variables in a row; an ellipsis stands for all ways between two together."""
    ends = zip(effects["predictor"], effects["via"], effects["outcome"], strict=True)
    return [chain(study, (first, *(via or ("…",)), last)) for first, via, last in ends]


def account(study: Study, boot: Bootstrap) -> GT:
    """What became of the draws."""
    shown = {key: count for key, count in boot.counts.items() if key in OUTCOMES}
    shown = {key: count for key, count in shown.items() if count or key not in REASONS}
    dutch = study.language == "nl"
    return table(
        study,
        {
            "outcome": [OUTCOMES[key][dutch] for key in shown],
            "draws": [number(count, 0, study.language) for count in shown.values()],
            "share": [share(study, count / boot.counts["drawn"], 1) for count in shown.values()],
        },
    )

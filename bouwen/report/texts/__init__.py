"""Results -> sentences and lists that a page shows as they are."""

from bouwen.report.texts.draws import account, indirect_effects
from bouwen.report.texts.passages import (
    about,
    how_to_cite,
    how_to_rerun,
    models,
    open_questions,
    remarks,
    too_few,
)
from bouwen.report.texts.wording import arrow, chain, guarded, guarded_share, markdown, power_of_ten, share

__all__ = [
    "about",
    "account",
    "arrow",
    "chain",
    "guarded",
    "guarded_share",
    "how_to_cite",
    "how_to_rerun",
    "indirect_effects",
    "markdown",
    "models",
    "open_questions",
    "power_of_ten",
    "remarks",
    "share",
    "too_few",
]

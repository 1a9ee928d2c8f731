"""Trust between municipalities and care providers: instrument, scales, models.

The names below are loaded when they are first used, so importing bouwen costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bouwen.errors import BouwenError
    from bouwen.groups import (
        compare_engines,
        fit_model,
        group_means,
        group_tests,
        outcome_correlations,
    )
    from bouwen.report import claims, plots, tables, texts
    from bouwen.report.words import tell
    from bouwen.scales import alpha, fit_efa, item_statistics, key_items, scale_statistics, score_scales
    from bouwen.sem import Fit, fit_sem
    from bouwen.survey import Study, group_sizes, read_study, screen

__all__ = [
    "BouwenError", "Fit", "Study", "alpha", "claims", "compare_engines", "fit_efa", "fit_model",
    "fit_sem", "group_means", "group_sizes", "group_tests", "item_statistics", "key_items",
    "outcome_correlations", "plots", "read_study", "scale_statistics", "score_scales", "screen",
    "tables", "tell", "texts",
]  # fmt: skip

__version__ = "0.1.0"

_HOME = {
    "bouwen.errors": ["BouwenError"],
    "bouwen.survey": ["Study", "group_sizes", "read_study", "screen"],
    "bouwen.scales": ["alpha", "fit_efa", "item_statistics", "key_items", "scale_statistics", "score_scales"],
    "bouwen.sem": ["Fit", "fit_sem"],
    "bouwen.groups": ["compare_engines", "fit_model", "group_means", "group_tests", "outcome_correlations"],
    "bouwen.report": ["claims", "plots", "tables", "texts"],
    "bouwen.report.words": ["tell"],
}
_ROOM = {name: room for room, names in _HOME.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name not in _ROOM:
        raise AttributeError(f"module 'bouwen' has no attribute {name!r}")
    room = importlib.import_module(_ROOM[name])
    if _ROOM[name] == "bouwen.report":
        return importlib.import_module(f"bouwen.report.{name}")
    return getattr(room, name)


def __dir__() -> list[str]:
    """Name what is public."""
    return sorted(__all__)

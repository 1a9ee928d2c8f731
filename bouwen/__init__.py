"""Trust between municipalities and care providers: instrument, scales, models.

The names below are loaded when they are first used, so importing bouwen costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bouwen.errors import (
        BouwenError,
    )
    from bouwen.groups import (
        check_invariance,
        common_method,
        compare_structures,
        fit_model,
        group_means,
        group_tests,
        outcome_correlations,
        permutation_invariance,
        plan_follow_up,
        scale_reliability,
        specification_curve,
        study_invariance,
        study_ladders,
    )
    from bouwen.report import (
        claims,
        plots,
        tables,
        texts,
    )
    from bouwen.report.words import (
        tell,
    )
    from bouwen.scales import (
        alpha,
        ave,
        bartlett,
        check_key,
        compare_treatments,
        count_factors,
        fit_efa,
        htmt,
        item_statistics,
        key_items,
        kmo,
        loading_stability,
        map_test,
        mardia,
        omega,
        parallel_analysis,
        scale_statistics,
        score_scales,
    )
    from bouwen.sem import (
        Bootstrap,
        Fit,
        Moments,
        bootstrap,
        compare_engines,
        compare_fits,
        fit_sam,
        fit_sem,
        indirect_effects,
        monte_carlo_ci,
    )
    from bouwen.sem.power import (
        Gaps,
        fit_cutoffs,
        power,
        rmsea_power,
        simulate,
    )
    from bouwen.survey import (
        Study,
        group_sizes,
        read_study,
        screen,
    )

__all__ = [
    "Bootstrap", "BouwenError", "Fit", "Gaps", "Moments", "Study", "alpha", "ave", "bartlett", "bootstrap",
    "check_invariance", "check_key", "claims", "common_method", "compare_engines", "compare_fits",
    "compare_structures", "compare_treatments", "count_factors", "fit_cutoffs", "fit_efa", "fit_model",
    "fit_sam", "fit_sem", "group_means", "group_sizes", "group_tests", "htmt", "indirect_effects",
    "item_statistics", "key_items", "kmo", "loading_stability", "map_test", "mardia", "monte_carlo_ci",
    "omega", "outcome_correlations", "parallel_analysis", "permutation_invariance", "plan_follow_up",
    "plots", "power", "read_study", "rmsea_power", "scale_reliability", "scale_statistics", "score_scales",
    "screen", "simulate", "specification_curve", "study_invariance", "study_ladders", "tables", "tell",
    "texts",
]  # fmt: skip

__version__ = "0.1.0"

_MODULES = {name: f"bouwen.report.{name}" for name in ("claims", "plots", "tables", "texts")}
_HOME = {
    "bouwen.errors": "BouwenError",
    "bouwen.survey": "Study group_sizes read_study screen",
    "bouwen.scales": "alpha ave bartlett check_key compare_treatments count_factors fit_efa htmt "
    "item_statistics key_items kmo loading_stability map_test mardia omega parallel_analysis "
    "scale_statistics score_scales",
    "bouwen.sem": "Bootstrap Fit Moments bootstrap compare_engines compare_fits fit_sam fit_sem "
    "indirect_effects monte_carlo_ci",
    "bouwen.sem.power": "Gaps fit_cutoffs power rmsea_power simulate",
    "bouwen.groups": "check_invariance common_method compare_structures fit_model group_means group_tests "
    "outcome_correlations permutation_invariance plan_follow_up scale_reliability "
    "specification_curve study_invariance study_ladders",
    "bouwen.report.words": "tell",
}
_ROOM = {name: room for room, names in _HOME.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Load a public name from its room."""
    if name in _MODULES:
        return importlib.import_module(_MODULES[name])
    if name in _ROOM:
        return getattr(importlib.import_module(_ROOM[name]), name)
    raise AttributeError(f"module 'bouwen' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Name what is public."""
    return sorted(__all__)

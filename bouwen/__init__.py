"""Trust between municipalities and care providers: instrument, scales, models.

The names below are loaded when they are first used, so importing bouwen costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bouwen.claims import (
        claim_verdicts,
        weigh_claims,
    )
    from bouwen.errors import (
        BouwenError,
    )
    from bouwen.groups import (
        check_invariance,
        group_means,
        group_tests,
        outcome_correlations,
        permutation_invariance,
        study_invariance,
        study_ladders,
    )
    from bouwen.path import (
        common_method,
        plan_follow_up,
        specification_curve,
    )
    from bouwen.report import (
        plots,
        tables,
        texts,
    )
    from bouwen.report.telling import (
        tell,
    )
    from bouwen.scales import (
        alpha,
        ave,
        bartlett,
        check_key,
        compare_structures,
        compare_treatments,
        count_factors,
        fit_efa,
        fit_model,
        htmt,
        item_statistics,
        key_items,
        kmo,
        loading_stability,
        map_test,
        mardia,
        omega,
        parallel_analysis,
        scale_reliability,
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
        load_fit,
        monte_carlo_ci,
    )
    from bouwen.sem.power import (
        Gaps,
        fit_cutoffs,
        model_power,
        rmsea_power,
        simulate_data,
    )
    from bouwen.survey import (
        Study,
        group_sizes,
        read_study,
        screen,
    )
    from bouwen.twin import (
        simulate,
    )

__all__ = [
    "Bootstrap", "BouwenError", "Fit", "Gaps", "Moments", "Study", "alpha", "ave", "bartlett",
    "bootstrap", "check_invariance", "check_key", "claim_verdicts", "common_method", "compare_engines",
    "compare_fits", "compare_structures", "compare_treatments", "count_factors", "fit_cutoffs", "fit_efa",
    "fit_model", "fit_sam", "fit_sem", "group_means", "group_sizes", "group_tests", "htmt",
    "indirect_effects", "item_statistics", "key_items", "kmo", "load_fit", "loading_stability",
    "map_test", "mardia", "model_power", "monte_carlo_ci", "omega", "outcome_correlations",
    "parallel_analysis", "permutation_invariance", "plan_follow_up", "plots", "read_study", "rmsea_power",
    "scale_reliability", "scale_statistics", "score_scales", "screen", "simulate", "simulate_data",
    "specification_curve", "study_invariance", "study_ladders", "tables", "tell", "texts", "weigh_claims",
]  # fmt: skip


_MODULES = {name: f"bouwen.report.{name}" for name in ("plots", "tables", "texts")}
_HOME = {
    "bouwen.errors": "BouwenError",
    "bouwen.version": "__version__",
    "bouwen.survey": "Study group_sizes read_study screen",
    "bouwen.sem": "Bootstrap Fit Moments bootstrap compare_engines compare_fits fit_sam fit_sem "
    "indirect_effects load_fit monte_carlo_ci",
    "bouwen.sem.power": "Gaps fit_cutoffs model_power rmsea_power simulate_data",
    "bouwen.scales": "alpha ave bartlett check_key compare_structures compare_treatments count_factors "
    "fit_efa fit_model htmt item_statistics key_items kmo loading_stability map_test mardia omega "
    "parallel_analysis scale_reliability scale_statistics score_scales",
    "bouwen.path": "common_method plan_follow_up specification_curve",
    "bouwen.groups": "check_invariance group_means group_tests outcome_correlations "
    "permutation_invariance study_invariance study_ladders",
    "bouwen.twin": "simulate",
    "bouwen.claims": "claim_verdicts weigh_claims",
    "bouwen.report.telling": "tell",
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

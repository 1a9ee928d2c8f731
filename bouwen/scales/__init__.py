"""Answers become scales: scores, reliability, dimensions."""

from bouwen.checks import DataError
from bouwen.scales.agreement import Intraclass, intraclass, nested_statistics, within_agreement
from bouwen.scales.composite import ave, factor_correlations, omega, omega_of_all
from bouwen.scales.correlations import CorrelationDifference, compare_correlations
from bouwen.scales.counting import FactorCounts, count_factors
from bouwen.scales.dimensionality import (
    EmpiricalKaiser,
    MapTest,
    ParallelAnalysis,
    empirical_kaiser,
    map_test,
    parallel_analysis,
)
from bouwen.scales.factors import Efa, fit_efa
from bouwen.scales.hierarchy import SchmidLeiman, schmid_leiman
from bouwen.scales.items import item_statistics, item_statistics_by_group
from bouwen.scales.key import check_key
from bouwen.scales.missing import (
    LittleTest,
    SaturatedMoments,
    common_patterns,
    little_mcar,
    missing_patterns,
    saturated_moments,
)
from bouwen.scales.models import fit_model
from bouwen.scales.normality import Mardia, mahalanobis, mardia
from bouwen.scales.omegas import Reliability, scale_reliability
from bouwen.scales.polychorics import Polychoric, polychoric
from bouwen.scales.reliability import Alpha, alpha, scale_statistics
from bouwen.scales.scoring import key_items, score_scales
from bouwen.scales.stability import LoadingStability, congruence, loading_stability
from bouwen.scales.structures import Structures, compare_structures
from bouwen.scales.suitability import Bartlett, Kmo, bartlett, kmo
from bouwen.scales.treatment import compare_treatments
from bouwen.scales.validity import Htmt, correlation_intervals, fornell_larcker, htmt

__all__ = [
    "Alpha",
    "Bartlett",
    "CorrelationDifference",
    "DataError",
    "Efa",
    "EmpiricalKaiser",
    "FactorCounts",
    "Htmt",
    "Intraclass",
    "Kmo",
    "LittleTest",
    "LoadingStability",
    "MapTest",
    "Mardia",
    "ParallelAnalysis",
    "Polychoric",
    "Reliability",
    "SaturatedMoments",
    "SchmidLeiman",
    "Structures",
    "alpha",
    "ave",
    "bartlett",
    "check_key",
    "common_patterns",
    "compare_correlations",
    "compare_structures",
    "compare_treatments",
    "congruence",
    "correlation_intervals",
    "count_factors",
    "empirical_kaiser",
    "factor_correlations",
    "fit_efa",
    "fit_model",
    "fornell_larcker",
    "htmt",
    "intraclass",
    "item_statistics",
    "item_statistics_by_group",
    "key_items",
    "kmo",
    "little_mcar",
    "loading_stability",
    "mahalanobis",
    "map_test",
    "mardia",
    "missing_patterns",
    "nested_statistics",
    "omega",
    "omega_of_all",
    "parallel_analysis",
    "polychoric",
    "saturated_moments",
    "scale_reliability",
    "scale_statistics",
    "schmid_leiman",
    "score_scales",
    "within_agreement",
]

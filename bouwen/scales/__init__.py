"""Answers become scales: scores, reliability, dimensions."""

from bouwen.scales.answers import ScaleError
from bouwen.scales.correlations import CorrelationDifference, compare_correlations
from bouwen.scales.factors import Efa, fit_efa
from bouwen.scales.items import item_statistics
from bouwen.scales.reliability import Alpha, alpha, scale_statistics
from bouwen.scales.scoring import key_items, score_scales
from bouwen.scales.suitability import Bartlett, Kmo, bartlett, kmo

__all__ = [
    "Alpha",
    "Bartlett",
    "CorrelationDifference",
    "Efa",
    "Kmo",
    "ScaleError",
    "alpha",
    "bartlett",
    "compare_correlations",
    "fit_efa",
    "item_statistics",
    "key_items",
    "kmo",
    "scale_statistics",
    "score_scales",
]

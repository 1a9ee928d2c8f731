"""Fits side by side: the same scales and models in several groups."""

from bouwen.groups.correlations import outcome_correlations
from bouwen.groups.fits import fit_model
from bouwen.groups.means import group_means, group_tests
from bouwen.groups.planning import FollowUp, plan_follow_up, smallest_difference, smallest_differences
from bouwen.groups.reliability import Reliability, scale_reliability
from bouwen.groups.specification import SpecificationCurve, specification_curve
from bouwen.groups.structures import Structures, compare_structures

__all__ = [
    "FollowUp",
    "Reliability",
    "SpecificationCurve",
    "Structures",
    "compare_structures",
    "fit_model",
    "group_means",
    "group_tests",
    "outcome_correlations",
    "plan_follow_up",
    "scale_reliability",
    "smallest_difference",
    "smallest_differences",
    "specification_curve",
]

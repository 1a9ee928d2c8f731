"""Fits side by side: the same scales and models in several groups."""

from bouwen.groups.correlations import outcome_correlations
from bouwen.groups.fits import fit_model
from bouwen.groups.invariance import Invariance, check_invariance
from bouwen.groups.ladders import study_invariance, study_ladders
from bouwen.groups.means import group_means, group_tests
from bouwen.groups.method import CommonMethod, common_method
from bouwen.groups.permutation import Permutations, permutation_invariance
from bouwen.groups.planning import FollowUp, plan_follow_up, smallest_difference, smallest_differences
from bouwen.groups.reliability import Reliability, scale_reliability
from bouwen.groups.specification import SpecificationCurve, specification_curve
from bouwen.groups.structures import Structures, compare_structures

__all__ = [
    "CommonMethod",
    "FollowUp",
    "Invariance",
    "Permutations",
    "Reliability",
    "SpecificationCurve",
    "Structures",
    "check_invariance",
    "common_method",
    "compare_structures",
    "fit_model",
    "group_means",
    "group_tests",
    "outcome_correlations",
    "permutation_invariance",
    "plan_follow_up",
    "scale_reliability",
    "smallest_difference",
    "smallest_differences",
    "specification_curve",
    "study_invariance",
    "study_ladders",
]

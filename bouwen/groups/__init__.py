"""Fits side by side: the same scales and models in several groups."""

from bouwen.groups.correlations import outcome_correlations
from bouwen.groups.fits import fit_model
from bouwen.groups.invariance import Invariance, check_invariance
from bouwen.groups.ladders import study_invariance
from bouwen.groups.means import group_means, group_tests
from bouwen.groups.permutation import Permutations, permutation_invariance
from bouwen.groups.structures import Structures, compare_structures

__all__ = [
    "Invariance",
    "Permutations",
    "Structures",
    "check_invariance",
    "compare_structures",
    "fit_model",
    "group_means",
    "group_tests",
    "outcome_correlations",
    "permutation_invariance",
    "study_invariance",
]

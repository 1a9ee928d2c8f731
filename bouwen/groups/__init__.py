"""Fits side by side: the same scales and models in several groups."""

from bouwen.groups.correlations import outcome_correlations
from bouwen.groups.invariance import Invariance, check_invariance
from bouwen.groups.ladders import RESPONDENTS, StudyInvariance, study_invariance, study_ladders
from bouwen.groups.means import group_means, group_tests
from bouwen.groups.permutation import Permutations, permutation_invariance

__all__ = [
    "RESPONDENTS",
    "Invariance",
    "Permutations",
    "StudyInvariance",
    "check_invariance",
    "group_means",
    "group_tests",
    "outcome_correlations",
    "permutation_invariance",
    "study_invariance",
    "study_ladders",
]

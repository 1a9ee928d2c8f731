"""A study's one path: how robust it is, what else could explain it, how many answers the next study needs."""

from bouwen.path.choices import CHOICES
from bouwen.path.follow_up import (
    WORTH_FINDING,
    FollowUp,
    plan_follow_up,
    smallest_difference,
    smallest_differences,
)
from bouwen.path.method import CommonMethod, common_method
from bouwen.path.specification import SpecificationCurve, specification_curve

__all__ = [
    "CHOICES",
    "WORTH_FINDING",
    "CommonMethod",
    "FollowUp",
    "SpecificationCurve",
    "common_method",
    "plan_follow_up",
    "smallest_difference",
    "smallest_differences",
    "specification_curve",
]

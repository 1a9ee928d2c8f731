"""Structural equation models: text and data to a fitted model, in agreement with lavaan.

`fit_sem` fits, `compare_fits` tests nested models, `fit_sam` estimates structure after
measurement, `compare_engines` sets semopy beside this engine; `bootstrap` and `monte_carlo_ci` draw,
`indirect_effects` multiplies along chains of regressions. The steps between text and
fit are modules of their own, in the order syntax, partable, moments, implied, derivatives,
discrepancy, estimate, inference, chisquare, measures, prepare, fit;
`bouwen.sem.resample` fits thousands of samples.
"""

from typing import TYPE_CHECKING, Any

from bouwen.sem.compare import NotNested, compare_fits
from bouwen.sem.effects import indirect_effects
from bouwen.sem.estimate import NotConverged, NotIdentified
from bouwen.sem.fit import Fit, fit_sem
from bouwen.sem.moments import (
    DataError,
    GroupTooSmall,
    Moments,
    NotNumeric,
    NotPositiveDefinite,
    NoVariance,
    UnknownItem,
)
from bouwen.sem.options import UnsupportedModel
from bouwen.sem.partable import ModelError, UnknownOption
from bouwen.sem.resample.bootstrapping import Bootstrap, NoAcceleration, bootstrap
from bouwen.sem.resample.monte_carlo import monte_carlo_ci
from bouwen.sem.sam import SamFit, fit_sam
from bouwen.sem.scanner import ModelSyntaxError
from bouwen.sem.syntax import parse_model

if TYPE_CHECKING:
    from bouwen.sem.semopy_engine import compare_engines

__all__ = [
    "Bootstrap",
    "DataError",
    "Fit",
    "GroupTooSmall",
    "ModelError",
    "ModelSyntaxError",
    "Moments",
    "NoAcceleration",
    "NoVariance",
    "NotConverged",
    "NotIdentified",
    "NotNested",
    "NotNumeric",
    "NotPositiveDefinite",
    "SamFit",
    "UnknownItem",
    "UnknownOption",
    "UnsupportedModel",
    "bootstrap",
    "compare_engines",
    "compare_fits",
    "fit_sam",
    "fit_sem",
    "indirect_effects",
    "monte_carlo_ci",
    "parse_model",
]


def __getattr__(name: str) -> Any:
    """Load the second engine only when somebody asks for it."""
    if name == "compare_engines":
        from bouwen.sem.semopy_engine import compare_engines

        return compare_engines
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Structural equation models: text and data to a fitted model, in agreement with lavaan.

`fit_sem` fits, `compare_fits` sets nested models side by side, `fit_sam` estimates structure after
measurement, `compare_engines` sets semopy beside this engine; `bootstrap` and `monte_carlo_ci` draw,
`indirect_effects` multiplies along chains of regressions.

What to use when (at length in ``docs/choose.md``):

=========================================  ========================================================
items of five or more points, with gaps    ``estimator="MLR", missing="fiml"``
items of two to four points, or piled up   ``ordered=True, estimator="WLSMV", missing="pairwise"``
a published covariance matrix              `Moments` with ML, GLS or ULS
respondents in clusters                    ``cluster=`` with MLR
does it fit, with 200 respondents or less  ``bootstrap(fit, kind="bollen_stine").pvalue``
which of several nested models             `compare_fits`
the interval of a path                     ``fit.table()``, ``fit.standardized()``
the interval of an indirect effect         ``indirect_effects(fit, draws=bootstrap(fit))``
the same without the respondents           `monte_carlo_ci`
many factors, few respondents              `fit_sam`
=========================================  ========================================================

Each floor takes only from those before it:

    model/      text -> structure
    normal/     rows -> discrepancy, information, tests of continuous items
    ordinal/    rows -> the same of ordered items
    options     what may be asked          solution   discrepancy -> solution
    family/     estimator of a model and sample       preparation text and data -> family
    fitted      family and solution -> estimates, errors, measures
    after/      what follows from a fit    fit        the fit itself and `fit_sem`
    sam         structure after measurement
    resample/   thousands of samples       power/     samples not yet drawn
"""

from typing import TYPE_CHECKING, Any

from bouwen.checks import ConstantItem, DataError, NotNumeric, UnknownOption
from bouwen.sem.after.compare import NotNested, compare_fits, difference_test
from bouwen.sem.after.effects import indirect_effects
from bouwen.sem.after.storage import NotAFit
from bouwen.sem.family.measures import rmsea_interval
from bouwen.sem.fit import Fit, fit_sem, load_fit
from bouwen.sem.model.identification import NotIdentified
from bouwen.sem.model.implied import Implied, Structure, implied_of_rows, total_effects
from bouwen.sem.model.scanner import ModelSyntaxError
from bouwen.sem.model.syntax import parse_model
from bouwen.sem.model.table import ModelError
from bouwen.sem.normal.moments import GroupTooSmall, Moments, NotPositiveDefinite, UnknownItem
from bouwen.sem.options import NoRows, UnsupportedModel
from bouwen.sem.resample.bootstrapping import Bootstrap, NoAcceleration, bootstrap
from bouwen.sem.resample.monte_carlo import monte_carlo_ci
from bouwen.sem.resample.workers import cluster
from bouwen.sem.sam import SamFit, fit_sam
from bouwen.sem.solution import NotConverged

if TYPE_CHECKING:
    from bouwen.sem.after.second_engine import compare_engines

__all__ = [
    "Bootstrap",
    "ConstantItem",
    "DataError",
    "Fit",
    "GroupTooSmall",
    "Implied",
    "ModelError",
    "ModelSyntaxError",
    "Moments",
    "NoAcceleration",
    "NoRows",
    "NotAFit",
    "NotConverged",
    "NotIdentified",
    "NotNested",
    "NotNumeric",
    "NotPositiveDefinite",
    "SamFit",
    "Structure",
    "UnknownItem",
    "UnknownOption",
    "UnsupportedModel",
    "bootstrap",
    "cluster",
    "compare_engines",
    "compare_fits",
    "difference_test",
    "fit_sam",
    "fit_sem",
    "implied_of_rows",
    "indirect_effects",
    "load_fit",
    "monte_carlo_ci",
    "parse_model",
    "rmsea_interval",
    "total_effects",
]


def __getattr__(name: str) -> Any:
    """Load the second engine only when somebody asks for it."""
    if name == "compare_engines":
        from bouwen.sem.after.second_engine import compare_engines

        return compare_engines
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Structural equation models: text and data to a fitted model, in agreement with lavaan."""

from bouwen.sem.fit import Fit, fit_sem
from bouwen.sem.moments import Moments
from bouwen.sem.syntax import ModelSyntaxError, parse_model

__all__ = ["Fit", "ModelSyntaxError", "Moments", "fit_sem", "parse_model"]

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

    model/      text and options -> structure
    normal/     rows -> discrepancy, information, tests of continuous items
    ordinal/    rows -> the same of ordered items
    solution    a discrepancy -> its minimum
    family/     estimator of a model and sample       preparation text and data -> family
    fitted      family and solution -> estimates, errors, measures
    after/      what follows from a fit    fit        the fit itself and `fit_sem`
    sam         structure after measurement
    resample/   thousands of samples       power/     samples not yet drawn
"""

from bouwen.doors import open_door

__getattr__, __dir__, __all__ = open_door(__name__, __file__)
